"""The walk: who is listened to, how much, and through whom."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.protocol import walk as walks
from goodword.protocol.walk import DAMPING, HALF_LIFE_SECONDS, distrusted_by, walk
from tests.make import NOW
from tests.village import ME, Village, person

NAMES = ["me", *"abcdefg"]
EDGES = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.sampled_from([0.25, 0.5, 1.0, -0.5, -1.0]),
        st.integers(0, 900),
    ).filter(lambda edge: edge[0] != edge[1]),
    max_size=30,
    unique_by=lambda edge: edge[:2],
)
Edges = list[tuple[str, str, float, int]]


def village(edges: Edges, *, silent: str = "") -> Village:
    """Of whom is `silent`, no vouch leads on."""
    made = Village()
    for by, about, strength, days in edges:
        forward = 0.0 if by == silent else None
        made.say(by, about, strength, made_at=NOW - days * 86_400, forward=forward)
    return made


def weights(made: Village, *, blocked: frozenset[str] = frozenset()) -> dict[str, float]:
    walked = walk(made, ME, NOW, frozenset(map(person, blocked)))
    found = {name: walked.weight(person(name)) for name in NAMES}
    return {name: weight for name, weight in found.items() if weight}


def test_what_a_person_hands_on_is_split_by_the_roots_of_the_strengths() -> None:
    found = weights(village([("me", "a", 1.0, 0), ("me", "b", 0.25, 0)]))
    assert found == {"a": pytest.approx(DAMPING * 2 / 3), "b": pytest.approx(DAMPING / 3)}


def test_three_steps_lead_on_and_no_fourth() -> None:
    found = weights(
        village([("me", "a", 1, 0), ("a", "b", 1, 0), ("b", "c", 1, 0), ("c", "d", 1, 0)])
    )
    assert list(found) == ["a", "b", "c"]
    assert list(found.values()) == pytest.approx([DAMPING, DAMPING**2, DAMPING**3])


def test_an_old_vouch_hands_on_less() -> None:
    made = Village()
    made.say("me", "a")
    made.say("me", "b", made_at=NOW - HALF_LIFE_SECONDS)
    found = weights(made)
    assert found["b"] == pytest.approx(found["a"] * sqrt(0.5))


def test_the_future_counts_as_now_and_what_has_expired_not_at_all() -> None:
    made = Village()
    made.say("me", "a", made_at=NOW + 500)
    made.say("me", "b")
    made.say("me", "c", expires_at=NOW)
    assert weights(made) == {"a": pytest.approx(DAMPING / 2), "b": pytest.approx(DAMPING / 2)}


@pytest.mark.parametrize("strength", [-0.5, -1.0])
def test_a_warning_leads_nowhere_and_takes_nothing_from_others(strength: float) -> None:
    edges: Edges = [("me", "a", 0.5, 0), ("me", "b", 0.5, 0), ("b", "c", 0.5, 0)]
    assert weights(village(edges)) == weights(village([*edges, ("a", "c", strength, 0)]))


@pytest.mark.parametrize("way", ["blocked", "warned"])
def test_whom_i_distrust_is_not_listened_to_and_hands_on_nothing(way: str) -> None:
    edges: Edges = [("me", "a", 1, 0), ("a", "b", 1, 0), ("b", "c", 1, 0)]
    if way == "warned":
        assert list(weights(village([*edges, ("me", "b", -0.5, 0)]))) == ["a"]
    else:
        assert list(weights(village(edges), blocked=frozenset("b"))) == ["a"]


def test_a_later_word_in_the_same_scope_ends_my_distrust() -> None:
    made = Village()
    bad = made.say("me", "a", -1.0, made_at=NOW - 10)
    good = made.say("me", "a", 0.5)
    for mine in ([bad, good], [good, bad]):
        assert distrusted_by(mine, NOW) == frozenset()
    assert distrusted_by([bad], NOW) == {person("a")}


def test_nobody_has_more_weight_than_came_to_her_friends_in_three_steps() -> None:
    ring: Edges = [("me", "a", 1, 0), ("a", "b", 1, 0), ("b", "a", 1, 0)]
    assert sum(weights(village(ring)).values()) <= DAMPING + DAMPING**2 + DAMPING**3


@given(EDGES)
def test_a_second_implementation_in_plain_floats_comes_to_the_same(edges: Edges) -> None:
    root = {
        (by, about): sqrt(strength * 2 ** (-days / 365))
        for by, about, strength, days in edges
        if strength > 0
    }
    row = {by: sum(root[each] for each in root if each[0] == by) for by, _ in root}
    out = {"me", *(about for by, about, strength, _ in edges if by == "me" and strength < 0)}
    level, total = {"me": 1.0}, dict.fromkeys(NAMES, 0.0)
    for _ in range(3):
        level = {
            name: DAMPING
            * sum(level.get(by, 0) * r / row[by] for (by, to), r in root.items() if to == name)
            for name in set(NAMES) - out
        }
        total = {name: total[name] + level.get(name, 0) for name in NAMES}
    found = weights(village(edges))
    assert {name: found.get(name, 0.0) for name in NAMES} == pytest.approx(total, abs=1e-12)


@given(EDGES)
def test_arrival_order_does_not_matter(edges: Edges) -> None:
    assert weights(village(edges)) == weights(village(edges[::-1]))


@given(EDGES, st.sampled_from(NAMES[1:]))
def test_a_walk_without_one_is_exactly_that_in_which_she_hands_on_nothing(
    edges: Edges, subject: str
) -> None:
    warm = walk(village(edges), ME, NOW).without(person(subject))
    cold = walk(village(edges, silent=subject), ME, NOW)
    for name in set(NAMES) - {"me", subject}:
        assert warm.weight(person(name)) == cold.weight(person(name))


@given(EDGES, st.sampled_from(NAMES[1:]), st.sampled_from(NAMES[1:]))
def test_a_path_leads_from_me_to_whom_i_listen_to_along_vouches(
    edges: Edges, subject: str, rater: str
) -> None:
    made = village(edges)
    without = walk(made, ME, NOW).without(person(subject))
    path = without.path(person(rater))
    if rater != subject:
        assert bool(path) == bool(without.weight(person(rater)))
    people = [ME, *(step.about for step in path)]
    assert [step.by for step in path] == people[:-1]
    assert len(set(people)) == len(people) <= 4
    for step in path:
        assert step.by != person(subject)
        (vouch,) = (each for each in made.by(step.by) if each.subject == step.about)
        assert vouch.forward > 0
        assert step.sources == vouch.sources
    if path:
        assert people[-1] == person(rater)


def test_only_those_of_most_weight_hand_on_where_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(walks, "FORWARDERS_MAX", 2)
    made = village([("me", "a", 1, 0), ("me", "b", 0.25, 0), ("me", "c", 0.5, 0)])
    for by, about in [("a", "d"), ("b", "e"), ("c", "f")]:
        made.say(by, about)
    assert set(weights(made)) == {*"acdf"}
