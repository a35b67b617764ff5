"""An accumulator is a sorted list that adds up any part of itself at once."""

from __future__ import annotations

import random
from bisect import bisect_left
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.protocol.accumulator import BLOCK_PLACES_MAX, Accumulator
from goodword.protocol.bounds import END, START, Bound, Place, id_of, place
from goodword.protocol.fingerprint import fingerprint
from goodword.protocol.record import RecordId

places = st.builds(place, st.integers(0, 5), st.binary(min_size=32, max_size=32).map(RecordId))
MANY = 6 * BLOCK_PLACES_MAX


def some(count: int, seconds: int = 50) -> list[Place]:
    dice = random.Random(count)
    return sorted(
        place(dice.randrange(seconds), RecordId(dice.randbytes(32))) for _ in range(count)
    )


def plain_fingerprint(known: list[Place]) -> bytes:
    return fingerprint(sum(int.from_bytes(id_of(each), "little") for each in known), len(known))


def is_like(made: Accumulator, known: list[Place]) -> None:
    """It says the same as the plain list, wherever it is asked."""
    dice = random.Random(len(known))
    assert made.size() == len(known)
    assert list(made.iterate(0, len(known))) == known
    for _ in range(20):
        begin, end = sorted(dice.choices(range(len(known) + 1), k=2))
        assert made.fingerprint(begin, end) == plain_fingerprint(known[begin:end])
        assert list(made.iterate(begin, end)) == known[begin:end]
        bound = Bound(dice.choice([*known, START])[: dice.randint(8, 40)])
        assert made.find_lower_bound(bound) == bisect_left(known, bound)
    assert made.find_lower_bound(END) == len(known)
    assert [made.at(index) for index in range(0, len(known), 37)] == known[::37]


@pytest.mark.parametrize("count", [0, 1, 2, BLOCK_PLACES_MAX, BLOCK_PLACES_MAX + 1, MANY])
def test_what_is_built_at_once_adds_up(count: int) -> None:
    is_like(Accumulator(some(count)), some(count))


@given(st.lists(st.tuples(st.booleans(), places), max_size=60))
def test_what_comes_and_goes_leaves_no_trace(changes: list[tuple[bool, Place]]) -> None:
    made, known = Accumulator(), set[Place]()
    for is_coming, each in changes:
        if is_coming:
            assert made.insert(each) is (each not in known)
            known.add(each)
        else:
            assert made.erase(each) is (each in known)
            known.discard(each)
        assert made.size() == len(known)
    is_like(made, sorted(known))


@pytest.mark.parametrize("way", ["as they come", "backwards", "shuffled"])
def test_in_whatever_order_they_come_it_is_the_same(way: str) -> None:
    known = some(MANY)
    coming = known[::-1] if way == "backwards" else list(known)
    if way == "shuffled":
        random.Random(0).shuffle(coming)
    made = Accumulator()
    for count, each in enumerate(coming, 1):
        assert made.insert(each)
        if count % 500 == 0:
            is_like(made, sorted(coming[:count]))
    is_like(made, known)


def test_half_of_them_go_and_the_rest_adds_up() -> None:
    known = some(MANY)
    going = random.Random(1).sample(known, MANY // 2)
    made = Accumulator(known)
    for each in going:
        assert made.erase(each)
        assert not made.erase(each)
    is_like(made, sorted(set(known) - set(going)))


@pytest.mark.parametrize("way", [1, -1])
def test_blocks_are_neither_large_nor_too_many(way: int) -> None:
    known = some(MANY)
    made = Accumulator(known)
    going = [each for index, each in enumerate(known[::way]) if index % 40]
    for each in going:
        made.erase(each)
    sizes = [len(each) // 40 for each in made._blocks]
    assert sum(sizes) == MANY - len(going)
    assert max(sizes) <= BLOCK_PLACES_MAX
    assert all(one + other > BLOCK_PLACES_MAX // 2 for one, other in pairwise(sizes))
    for each in going:
        made.insert(each)
    assert max(len(each) // 40 for each in made._blocks) <= BLOCK_PLACES_MAX
    is_like(made, known)


def test_what_is_not_there_is_not_told() -> None:
    made = Accumulator(some(3))
    for index in (-1, 3):
        with pytest.raises(IndexError):
            made.at(index)


def test_places_that_do_not_ascend_are_our_bug() -> None:
    with pytest.raises(AssertionError):
        Accumulator([*some(300), *some(10)])
