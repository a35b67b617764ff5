"""Judgements and words: each rule of SPEC 6.3 and 6.5 as a claim."""

from __future__ import annotations

from dataclasses import replace
from math import fsum, sqrt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.protocol.breaches import MEANINGS, Wrong
from goodword.protocol.scope import Part, Scope
from goodword.protocol.trust import (
    BLOCKED,
    DOUBT,
    LIKING,
    OTHER_CATEGORY,
    SEVERITY,
    Found,
    Judgement,
    Why,
    judge,
    mix,
)
from goodword.protocol.voices import Voices, voices
from goodword.protocol.walk import DAMPING, HALF_LIFE_SECONDS, walk
from goodword.protocol.word import GOOD, Word, word
from tests.make import NOW
from tests.village import ANY, ME, Village, person

SELLER, TEA, BOOKS = (
    Scope(Part.SELLER),
    Scope(Part.SELLER, "tea"),
    Scope(Part.SELLER, "books"),
)
VERA = person("vera")
NAMES = ["me", *"abcdef", "vera"]
SAID = st.lists(
    st.tuples(
        st.sampled_from(NAMES[:-1]),
        st.sampled_from(NAMES[1:]),
        st.sampled_from([0.25, 0.5, 1.0, 0.0, -0.5, -1.0]),
        st.sampled_from([ANY, SELLER, TEA, Scope(None, "tea"), Scope(Part.BUYER)]),
        st.integers(0, 900),
    ).filter(lambda each: each[0] != each[1]),
    max_size=30,
    unique_by=lambda each: (each[0], each[1], each[3]),
)
Statements = list[tuple[str, str, float, Scope, int]]


def village(said: Statements) -> Village:
    made = Village()
    for by, about, strength, scope, days in said:
        made.say(by, about, strength, scope=scope, made_at=NOW - days * 86_400)
    return made


def friends(*names: str) -> Village:
    made = Village()
    for each in names:
        made.say("me", each)
    return made


def word_of(made: Village, subject: str = "vera", *found: Found) -> Word:
    judged = judge(made, walk(made, ME, NOW), person(subject), ANY, found)
    return word(judged, voices(judged))


def held(wrong: Wrong, at: int = NOW) -> Found:
    return Found(what=wrong, strength=MEANINGS[wrong].strength, found_at=at)


# --- the score ---------------------------------------------------------------------------------


def test_the_score_is_what_the_formula_makes_of_both_sides() -> None:
    made = friends("a", "b")
    made.say("a", "vera", 0.5)
    made.say("b", "vera", -0.5)
    judged = made.judged("vera")
    good, bad = DAMPING / 2 * sqrt(0.5), DAMPING / 2 * 0.5
    assert (judged.support, judged.against) == pytest.approx((good, bad))
    assert judged.score == pytest.approx((good - SEVERITY * bad) / (good + SEVERITY * bad + DOUBT))
    assert judged.reason == pytest.approx((good + bad) / (good + bad + DOUBT))


@given(SAID, st.sampled_from([ANY, SELLER, TEA, BOOKS, Scope(Part.BUYER)]))
def test_the_score_is_the_sum_of_what_is_shown(said: Statements, scope: Scope) -> None:
    judged = village(said).judged("vera", scope=scope)
    for each in judged.contributions:
        faded = each.strength * 2 ** (-each.age / HALF_LIFE_SECONDS)
        force = sqrt(faded) if faded > 0 else -faded
        assert each.amount == pytest.approx(each.trust * each.weight * force)
    shown = judged.counted
    assert judged.support == fsum(each.amount for each in shown if each.strength > 0)
    assert judged.against == fsum(each.amount for each in shown if each.strength < 0)
    assert -1 < judged.score < 1
    assert 0 <= judged.reason < 1


@given(SAID)
def test_each_rater_is_counted_once(said: Statements) -> None:
    judged = village(said).judged("vera", scope=TEA)
    raters = [each.rater for each in judged.contributions]
    assert len(set(raters)) == len(raters)


def test_an_old_word_counts_less() -> None:
    made = friends("a")
    made.say("a", "vera", 1.0, made_at=NOW - HALF_LIFE_SECONDS)
    assert made.judged("vera").support == pytest.approx(DAMPING * sqrt(0.5))


def test_what_she_says_of_others_does_not_come_back_to_her() -> None:
    made = friends("a")
    made.say("a", "vera", 0.5)
    alone = made.judged("vera").support
    made.say("vera", "b", 1.0)
    made.say("b", "vera", 1.0)
    judged = made.judged("vera")
    assert (judged.support, judged.unreached) == (alone, 1)


def test_raters_whom_nobody_knows_are_only_numbered() -> None:
    made = friends("a")
    for n in range(50):
        made.say(f"stranger-{n}", "vera", 1.0)
    judged = made.judged("vera")
    assert (judged.contributions, judged.unreached, judged.score) == ((), 50, 0)


def test_whom_i_distrust_is_shown_and_not_counted() -> None:
    made = friends("a")
    made.say("a", "bad", 1.0)
    made.say("me", "bad", -0.5)
    made.say("bad", "vera", 1.0)
    (shown,) = made.judged("vera").contributions
    assert (shown.left_out, shown.trust) == (Why.DISTRUSTED, 0)
    assert made.judged("vera").score == 0


# --- scopes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "counts"),
    [
        (ANY, -1.0),
        (SELLER, 0.5),
        (TEA, 1.0),
        (BOOKS, 0.5),
        (Scope(Part.BUYER), -1.0),
        (Scope(Part.BUYER, "tea"), 0.25),
        (Scope(Part.MODERATOR), 0.0),
    ],
)
def test_of_one_rater_the_opinion_that_speaks_most_to_it_counts(
    asked: Scope, counts: float
) -> None:
    made = friends("a")
    made.say("a", "vera", 0.0, scope=ANY, made_at=NOW - 1)
    made.say("a", "vera", 0.5, scope=SELLER, made_at=NOW - 2)
    made.say("a", "vera", 1.0, scope=TEA, made_at=NOW - 3)
    made.say("a", "vera", 0.25, scope=Scope(None, "tea"), made_at=NOW - 4)
    made.say("a", "vera", -1.0, scope=Scope(Part.BUYER))
    (shown,) = made.judged("vera", scope=asked).contributions
    assert (shown.strength, shown.weight) == (counts, 1)


def test_another_category_counts_less_and_another_role_not_at_all() -> None:
    made = friends("a")
    made.say("a", "vera", 1.0, scope=TEA)
    (shown,) = made.judged("vera", scope=BOOKS).contributions
    assert shown.weight == OTHER_CATEGORY
    assert made.judged("vera", scope=BOOKS).support == pytest.approx(DAMPING * OTHER_CATEGORY)
    assert made.judged("vera", scope=Scope(Part.BUYER)).contributions == ()


# --- my own experience -------------------------------------------------------------------------


def test_my_own_experience_decides_and_others_are_shown() -> None:
    made = friends("a", "b")
    made.say("a", "vera", -1.0)
    made.say("me", "vera", 0.5, scope=SELLER)
    judged = made.judged("vera", scope=SELLER)
    assert [(each.rater, each.left_out) for each in judged.contributions] == [
        (ME, None),
        (person("a"), Why.OWN_EXPERIENCE),
    ]
    assert (judged.support, judged.against, judged.is_own) == (sqrt(0.5), 0, True)
    assert not made.judged("vera", scope=Scope(Part.BUYER)).is_own


@pytest.mark.parametrize("wrong", Wrong)
def test_a_breach_stands_beside_my_own_word(wrong: Wrong) -> None:
    made = friends("vera")
    judged = judge(made, walk(made, ME, NOW), VERA, ANY, [held(wrong)])
    assert (judged.support, judged.against) == (sqrt(0.5), -MEANINGS[wrong].strength)
    assert [each.found.what for each in judged.counted if each.found] == [wrong]


@pytest.mark.parametrize("wrong", Wrong)
def test_a_breach_fades(wrong: Wrong) -> None:
    made = Village()
    old = held(wrong, NOW - HALF_LIFE_SECONDS)
    judged = judge(made, walk(made, ME, NOW), VERA, ANY, [old])
    assert judged.against == -MEANINGS[wrong].strength / 2


def test_whom_i_blocked_is_avoided() -> None:
    block = Found(what="blocked", strength=BLOCKED, found_at=NOW)
    assert word_of(friends("vera"), "vera", block) is Word.AVOID


# --- words -------------------------------------------------------------------------------------


def test_nothing_said_is_no_opinion_and_neither_a_warning_nor_a_zero() -> None:
    assert word_of(friends("a")) is Word.NO_OPINION


def test_one_near_voice_never_makes_avoid_and_two_do() -> None:
    made = friends("a", "b")
    made.say("a", "vera", -1.0)
    for n in range(20):
        made.say("a", f"fake-{n}")
        made.say(f"fake-{n}", "vera", -1.0)
    assert made.judged("vera").score < -0.9
    assert word_of(made) is Word.WARNED
    made.say("b", "vera", -0.5)
    assert word_of(made) is Word.AVOID


def test_one_voice_is_some_reason_and_two_are_known_good() -> None:
    made = friends("a", "b", "c")
    made.say("a", "vera", 1.0)
    assert word_of(made) is Word.SOME_REASON
    made.say("b", "vera", 1.0)
    assert word_of(made) is Word.KNOWN_GOOD
    made.say("c", "vera", -0.5, made_at=NOW - 8 * HALF_LIFE_SECONDS)
    assert made.judged("vera").score > GOOD
    assert word_of(made) is Word.SOME_REASON


def test_a_mixed_review_alone_is_little_known() -> None:
    made = friends("a")
    made.say("a", "vera", 0.0)
    assert word_of(made) is Word.LITTLE_KNOWN


def test_my_own_trust_and_distrust_need_no_second_voice() -> None:
    made = friends("a")
    made.say("me", "vera", 0.5)
    assert word_of(made) is Word.KNOWN_GOOD
    made.say("me", "vera", 0.25)
    assert word_of(made) is Word.SOME_REASON
    made.say("me", "vera", -0.5)
    assert word_of(made) is Word.AVOID


@pytest.mark.parametrize("wrong", Wrong)
def test_a_grave_breach_makes_avoid_and_a_small_one_a_warning(wrong: Wrong) -> None:
    for made in (Village(), friends("vera")):
        is_grave = MEANINGS[wrong].strength == -1
        assert word_of(made, "vera", held(wrong)) is (Word.AVOID if is_grave else Word.WARNED)


def test_a_small_breach_long_ago_leaves_some_reason() -> None:
    old = held(Wrong.NEVER_PAID, NOW - 3 * HALF_LIFE_SECONDS)
    assert word_of(friends("vera"), "vera", old) is Word.SOME_REASON


@given(SAID)
def test_avoid_needs_two_voices_or_me(said: Statements) -> None:
    judged = village(said).judged("vera")
    heard = voices(judged)
    if word(judged, replace(heard, against=min(1, heard.against))) is Word.AVOID:
        assert judged.is_avoided


def test_every_word_can_be_said_of_a_score() -> None:
    none = Voices(support=0, against=0, only_support=None, only_against=None)
    assert word(friends("a").judged("a"), none) is Word.KNOWN_GOOD


# --- what an attacker or an accident cannot change ---------------------------------------------


def figures(judged: Judgement) -> tuple[object, ...]:
    return judged.contributions, judged.score, judged.reason, judged.unreached, voices(judged)


@given(SAID, st.randoms(use_true_random=False))
def test_arrival_order_does_not_matter(said: Statements, chance: Random) -> None:
    mixed = list(said)
    chance.shuffle(mixed)
    assert figures(village(said).judged("vera")) == figures(village(mixed).judged("vera"))


@given(SAID, st.sampled_from(NAMES[:-1]), st.sampled_from([0.5, 1.0, -0.5, -1.0]))
def test_what_is_taken_back_leaves_no_trace(said: Statements, by: str, strength: float) -> None:
    made, other = village(said), Scope(None, "salt")
    before = figures(made.judged("vera"))
    for about in {"vera", "f"} - {by}:
        made.say(by, about, strength, scope=other)
    made.judged("vera")
    for about in {"vera", "f"} - {by}:
        made.revoke(by, about, other)
    assert figures(made.judged("vera")) == before


@given(SAID, st.sampled_from([-0.5, -1.0]))
def test_a_first_warning_of_somebody_else_never_raises_a_score(
    said: Statements, strength: float
) -> None:
    made = village([each for each in said if each[:2] != ("a", "vera")])
    before = made.judged("vera").score
    made.say("a", "vera", strength)
    assert made.judged("vera").score <= before


# --- lists -------------------------------------------------------------------------------------


def test_a_list_puts_whom_i_distrust_last_and_trust_before_relevance_only_so_far() -> None:
    assert mix(0.5, 0.5) == 0.5 + LIKING * 0.5
    assert mix(0.5, -0.5) == 0.0
    assert mix(0.5, 0.0) == 0.5
    assert mix(1.0, 0.99, is_avoided=True) < mix(0.01, -0.99)
    assert mix(1.0, 0.0) > mix(0.5, 0.9)
