"""Voices: how many do not all depend on one other, and who is the one."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from goodword.crypto.keys import PublicKey
from goodword.protocol.voices import VOICES_MAX, voices
from goodword.protocol.walk import walk
from tests.make import NOW
from tests.village import ME, Village, person

NAMES = ["me", *"abcdefgh"]
EDGES = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES[1:])).filter(lambda e: e[0] != e[1]),
    max_size=24,
    unique=True,
)
SPEAKERS = st.sets(st.sampled_from(NAMES[1:]), max_size=6)


def vouching(edges: list[tuple[str, str]], speakers: set[str]) -> Village:
    made = Village()
    for by, about in edges:
        made.say(by, about)
    for each in speakers:
        made.say(each, "vera", 1.0)
    return made


def test_friends_who_speak_are_a_voice_each_up_to_the_most() -> None:
    for count in range(VOICES_MAX + 3):
        names = [f"friend-{n}" for n in range(count)]
        heard = voices(vouching([("me", each) for each in names], set(names)).judged("vera"))
        assert heard.support == min(count, VOICES_MAX)
        assert heard.against == 0


def test_all_who_come_through_one_friend_are_one_voice() -> None:
    fakes = [f"fake-{n}" for n in range(30)]
    edges = [("me", "ben"), ("me", "chen"), *(("ben", each) for each in fakes)]
    heard = voices(vouching(edges, set(fakes)).judged("vera"))
    assert (heard.support, heard.only_support) == (1, person("ben"))


def test_the_one_who_is_named_is_the_nearest_to_me() -> None:
    heard = voices(
        vouching([("me", "ben"), ("ben", "chen"), ("chen", "dora")], {"dora"}).judged("vera")
    )
    assert heard.only_support == person("ben")


def test_one_speaker_to_whom_several_ways_lead_is_named_himself() -> None:
    edges = [("me", "ben"), ("me", "chen"), ("ben", "dora"), ("chen", "dora")]
    heard = voices(vouching(edges, {"dora"}).judged("vera"))
    assert (heard.support, heard.only_support) == (1, person("dora"))


def test_a_way_is_led_elsewhere_to_make_room_for_a_second() -> None:
    edges = [("me", "a"), ("me", "b"), ("a", "c"), ("a", "d"), ("b", "c")]
    heard = voices(vouching(edges, {"c", "d"}).judged("vera"))
    assert (heard.support, heard.only_support) == (2, None)


def test_a_speaker_on_the_way_to_another_is_one_of_two() -> None:
    edges = [("me", "a"), ("a", "b"), ("me", "c"), ("c", "b")]
    assert voices(vouching(edges, {"a", "b"}).judged("vera")).support == 2


def test_no_voice_comes_through_whom_it_is_about() -> None:
    made = vouching([("me", "a"), ("a", "vera"), ("vera", "b")], set())
    made.say("b", "vera", -1.0)
    heard = voices(made.judged("vera"))
    assert (heard.support, heard.against) == (1, 0)


def test_my_own_word_is_no_voice_and_others_are_heard_beside_it() -> None:
    made = vouching([("me", "a"), ("me", "b")], {"a", "me"})
    made.say("b", "vera", -1.0)
    heard = voices(made.judged("vera"))
    assert (heard.support, heard.against) == (1, 1)


def test_whom_i_distrust_is_no_voice_and_leads_to_none() -> None:
    made = vouching([("me", "a"), ("a", "b"), ("b", "c")], {"b", "c"})
    made.say("me", "b", -0.5)
    assert voices(made.judged("vera")).support == 0


@given(EDGES, SPEAKERS)
def test_the_count_is_that_of_the_fewest_who_part_me_from_all_speakers(
    edges: list[tuple[str, str]], speakers: set[str]
) -> None:
    """Menger's theorem, by trying: the same count by removing people instead of adding paths."""
    made = vouching(edges, speakers)
    judged = made.judged("vera")
    heard = voices(judged)
    rows = _between(made, {each.rater for each in judged.contributions})
    reached = {each.rater for each in judged.contributions}
    cuts = [
        {person(each) for each in cut}
        for size in range(VOICES_MAX + 1)
        for cut in combinations(NAMES[1:], size)
        if not _reach(rows, {person(each) for each in cut}) & reached
    ]
    assert heard.support == (len(cuts[0]) if cuts else VOICES_MAX)
    if heard.support == 1:
        ones = [next(iter(cut)) for cut in cuts if len(cut) == 1]
        assert heard.only_support in ones
        before = _reach(rows, {heard.only_support}) - {ME}
        assert not before & set(ones)


def _between(made: Village, speakers: set[PublicKey]) -> dict[PublicKey, set[PublicKey]]:
    """Whom each vouches for, of those who are on a way of three steps to a speaker."""
    levels = walk(made, ME, NOW).without(person("vera")).walk.levels
    rows = {
        by: {each.subject for each in made.by(by) if each.forward}
        for by in map(person, [*NAMES, "vera"])
    }
    one = {by for by in levels[1].keys() | levels[2].keys() if rows[by] & speakers}
    two = {by for by in levels[1] if rows[by] & one}
    inside = speakers | one | two
    forwards = {ME} | levels[1].keys() | levels[2].keys()
    return {by: (row & inside if by in forwards else set()) for by, row in rows.items()}


def _reach(rows: dict[PublicKey, set[PublicKey]], cut: set[PublicKey | None]) -> set[PublicKey]:
    found, last = {ME}, {ME}
    while last:
        last = {about for by in last for about in rows.get(by, ())} - found - cut
        found |= last
    return found
