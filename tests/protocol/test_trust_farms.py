"""Farms: a liar invents a thousand people who praise each other. What it brings him is bounded by
how many real people vouch for one of them, and not by how many he invents."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.protocol.trust import judge
from goodword.protocol.voices import VOICES_MAX, voices
from goodword.protocol.walk import walk
from tests.make import NOW
from tests.village import ME, Village, person

FRIENDS, OTHERS = 5, 4
"""Of me, and of each of my friends: real people, 26 with me."""
NEIGHBOURS = 30
"""Whom one of a dense farm praises: a thousand who all praise all would only dilute it more."""
SHAPES = ["dense", "star", "chain"]
ATTACKS = [1, 5, 20]
NEAR = [f"friend-{n}" for n in range(FRIENDS)]
FAR = [f"{near}-{n}" for near, n in product(NEAR, range(OTHERS))]


def honest() -> Village:
    made = Village()
    for near in NEAR:
        made.say("me", near)
        made.say(near, "me")
        for n in range(OTHERS):
            made.say(near, f"{near}-{n}")
            made.say(f"{near}-{n}", near)
    return made


def fooled(attacks: int, *, near: bool) -> list[str]:
    """Real people whom the liar talked into a vouch: friends of mine first, or far ones."""
    people = [*NEAR, *FAR] if near else [*FAR[::OTHERS], *FAR]
    return list(dict.fromkeys(people))[:attacks]


def farm(made: Village, shape: str, fakes: int, attacks: int, *, near: bool) -> None:
    """Fakes who all praise `vera`; real people vouch for the first of them."""
    for n, by in enumerate(fooled(attacks, near=near)):
        made.say(by, "fake-0" if shape == "star" else f"fake-{n % fakes}", 1.0)
    for n in range(fakes):
        made.say(f"fake-{n}", "vera", 1.0)
        match shape:
            case "dense":
                others = [(n + each) % fakes for each in range(1, min(fakes, NEIGHBOURS + 1))]
            case "star":
                others = list(range(1, fakes)) if n == 0 else [0]
            case _:
                others = [n + 1] if n + 1 < fakes else []
        for each in others:
            made.say(f"fake-{n}", f"fake-{each}", 1.0)


def support(made: Village) -> float:
    return judge(made, walk(made, ME, NOW), person("vera")).support


def with_farm(shape: str, fakes: int, attacks: int, *, near: bool) -> Village:
    made = honest()
    farm(made, shape, fakes, attacks, near=near)
    return made


@pytest.mark.parametrize("near", [True, False], ids=["near", "far"])
@pytest.mark.parametrize("attacks", ATTACKS)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_thousand_fakes_bring_no_more_than_ten(shape: str, attacks: int, near: bool) -> None:
    few, many = (support(with_farm(shape, n, attacks, near=near)) for n in (10, 1_000))
    assert 0 < many <= 1.10 * few


@pytest.mark.parametrize("near", [True, False], ids=["near", "far"])
@pytest.mark.parametrize("attacks", ATTACKS)
@pytest.mark.parametrize("shape", SHAPES)
def test_fakes_bring_little_more_than_praise_from_whom_they_fooled(
    shape: str, attacks: int, near: bool
) -> None:
    plain = honest()
    for by in fooled(attacks, near=near):
        plain.say(by, "vera", 1.0)
    assert support(with_farm(shape, 1_000, attacks, near=near)) <= 1.60 * support(plain)


@pytest.mark.parametrize("attacks", [1, 2, 3, 5, 20])
@pytest.mark.parametrize("shape", SHAPES)
def test_fakes_gain_no_more_voices_than_people_they_fooled(shape: str, attacks: int) -> None:
    heard = voices(with_farm(shape, 200, attacks, near=True).judged("vera"))
    assert heard.support <= min(attacks, VOICES_MAX)
    if shape != "star":
        assert heard.support == min(attacks, VOICES_MAX)


@pytest.mark.parametrize("shape", SHAPES)
def test_who_fooled_one_friend_is_only_through_him(shape: str) -> None:
    heard = voices(with_farm(shape, 200, 1, near=True).judged("vera"))
    assert (heard.support, heard.only_support) == (1, person(NEAR[0]))


@given(
    st.lists(st.tuples(st.sampled_from(["me", *"abcdef"]), st.sampled_from("abcdef")), max_size=20),
    st.lists(st.sampled_from("abcdef"), max_size=4),
    st.sets(st.sampled_from("abcdef"), max_size=4, min_size=0),
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=30),
    st.sampled_from([1.0, -1.0]),
)
def test_fakes_behind_some_edges_never_add_more_voices_than_edges(
    edges: list[tuple[str, str]],
    praise: list[str],
    taken_in: set[str],
    among: list[tuple[int, int]],
    sign: float,
) -> None:
    made = Village()
    for by, about in edges:
        if by != about:
            made.say(by, about)
    for by in praise:
        made.say(by, "vera", sign)
    before = voices(made.judged("vera"))
    for n, by in enumerate(sorted(taken_in)):
        made.say(by, f"fake-{n}")
    for n in range(8):
        made.say(f"fake-{n}", "vera", sign)
    for one, other in among:
        if one != other:
            made.say(f"fake-{one}", f"fake-{other}")
    after = voices(made.judged("vera"))
    assert after.support - before.support <= len(taken_in)
    assert after.against - before.against <= len(taken_in)
