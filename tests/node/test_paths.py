"""Paths along vouches are the shortest, bounded, and the same whatever came first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodword.crypto.keys import PublicKey
from goodword.crypto.person import Person
from goodword.node.paths import PEOPLE_MAX, STEPS_MAX, VOUCHES_MAX, Path, paths
from goodword.protocol.record import Record
from tests.make import ANN, BEN, CHEN, DAI, NOW, fresh, vouch, withdrawal
from tests.storage.memory import Memory, memory

EVE = fresh("Eve")
CROWD = [fresh(f"crowd {n}") for n in range(6)]


def words(*chains: Sequence[Person]) -> list[Record]:
    """Each person of a chain vouches for the next."""
    return [vouch(giver, about.public_key) for chain in chains for giver, about in pairwise(chain)]


def found(of: Memory, now: int = NOW, without: Person | None = None) -> dict[PublicKey, Path]:
    """From Ann."""
    key = without.public_key if without else None
    with of.database.reading() as db:
        return dict(paths(db, ANN.public_key, now, without=key))


def test_a_path_leads_along_vouches_that_were_given() -> None:
    with memory(made=words([ANN, BEN, CHEN, DAI, EVE])) as kept:
        assert found(kept) == {
            BEN.public_key: Path(1, BEN.public_key),
            CHEN.public_key: Path(2, BEN.public_key),
            DAI.public_key: Path(3, BEN.public_key),
        }
    with memory(made=words([BEN, ANN])) as kept:
        assert found(kept) == {}


def test_the_shortest_path_counts() -> None:
    with memory(made=words([ANN, BEN, CHEN], [ANN, DAI, EVE, CHEN])) as kept:
        assert found(kept)[CHEN.public_key] == Path(2, BEN.public_key)


def test_nobody_is_reached_through_whom_is_left_out_nor_oneself_at_all() -> None:
    with memory(made=words([ANN, BEN, CHEN, ANN])) as kept:
        assert found(kept, without=BEN) == {}
        assert set(found(kept)) == {BEN.public_key, CHEN.public_key}


@pytest.mark.parametrize("which", [0, 1])
def test_a_vouch_that_is_over_leads_nowhere(which: int) -> None:
    first = vouch(ANN, BEN.public_key, seconds=5 if which == 0 else 100)
    second = vouch(BEN, CHEN.public_key, seconds=5 if which == 1 else 100)
    with memory(made=[first, second]) as kept:
        assert len(found(kept)) == 2
        assert len(found(kept, NOW + 5)) == which
        kept.learn([withdrawal(first, ANN)])
        assert found(kept) == {}


def test_one_person_who_vouches_for_a_crowd_does_not_take_all_room() -> None:
    crowd = [fresh(f"hired {n}") for n in range(VOUCHES_MAX + 5)]
    hired = [vouch(BEN, each.public_key, now=NOW - n) for n, each in enumerate(crowd)]
    with memory(made=[*words([ANN, BEN], [ANN, CHEN, DAI]), *hired]) as kept:
        reached = found(kept)
        assert reached[DAI.public_key] == Path(2, CHEN.public_key)
        newest = {each.public_key for each in crowd[:VOUCHES_MAX]}
        others = {BEN.public_key, CHEN.public_key, DAI.public_key}
        assert set(reached) == newest | others


def test_a_fool_with_a_farm_does_not_push_others_out() -> None:
    """His people have the lowest keys, and each vouches for as many as are looked at."""
    farm = sorted((fresh(f"farm {n}") for n in range(200)), key=lambda each: each.public_key)[:10]
    rows = [[ANN, BEN, each] for each in farm] + [
        [each, fresh(f"crop {place}.{n}")]
        for place, each in enumerate(farm)
        for n in range(VOUCHES_MAX)
    ]
    honest = [[ANN, CHEN, DAI, fresh(f"far {n}")] for n in range(20)]
    made = {each.id: each for each in words(*rows, *honest)}
    with memory(made=list(made.values())) as kept:
        reached = found(kept)
        assert len(reached) == PEOPLE_MAX
        assert all(reached[way[-1].public_key] == Path(3, CHEN.public_key) for way in honest)


def test_only_so_many_people_are_looked_at() -> None:
    near = [fresh(f"friend {n}") for n in range(10)]
    far = [fresh(f"acquaintance {n}") for n in range(PEOPLE_MAX)]
    between = ([near[n // VOUCHES_MAX], each] for n, each in enumerate(far))
    made = words(*([ANN, each] for each in near), *between)
    with memory(made=made) as kept:
        assert len(found(kept)) == PEOPLE_MAX


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=14, unique=True))
@settings(max_examples=40)
def test_paths_are_the_shortest_and_arrival_order_does_not_matter(
    edges: list[tuple[int, int]],
) -> None:
    everybody = [ANN, *CROWD]
    given_ = [(a, b) for a, b in edges if a != b]
    made = [vouch(everybody[a], everybody[b].public_key) for a, b in given_]
    with memory(made=made) as one, memory(made=made[::-1]) as two:
        reached = found(one)
        assert reached == found(two)
    steps = {0: 0}
    for step in range(1, STEPS_MAX + 1):
        for b in [b for a, b in given_ if steps.get(a) == step - 1]:
            steps.setdefault(b, step)
    told = {everybody[n].public_key: step for n, step in steps.items() if n}
    assert {key: path.steps for key, path in reached.items()} == told
    firsts = {everybody[b].public_key for a, b in given_ if a == 0}
    assert {path.first for path in reached.values()} <= firsts
