"""T1 to T3 and M1: how long it takes, and how much memory.

The raw limit of a cold walk is scipy multiplying the whole graph with a vector, as often as the
walk has levels. The graphs are made up: a few are known to many.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Final

import numpy as np
from scipy import sparse

from goodword.node.arrays import Arrays
from goodword.node.edges import ANY, ROW, Edges, Table
from goodword.protocol.limits import REVISION_MAX
from goodword.protocol.trust import judge
from goodword.protocol.voices import voices
from goodword.protocol.walk import LEVELS, walk

from .bar import Bar
from .baselines import times
from .otc import Otc
from .told import Told, key
from .viewers import Viewer, viewers

BARS: Final = {10**5: 3.0, 10**6: 2.5, 10**7: 1.5}
"""How many times the raw limit, by edges."""
DEGREE: Final = 10
"""Edges a person."""
ROUNDS: Final = 15
"""The fastest counts: others share the machine."""
NOW: Final = 1_700_000_000
LISTENED: Final = 20
SELLERS: Final = 10


def measure(otc: Otc, sizes: Sequence[int]) -> Iterator[Bar]:
    for size in sizes:
        made = Edges(_table(size), size // DEGREE, NOW, {"": ANY})
        yield _cold(made, size)
        if size == sizes[-1]:
            yield _memory(made)
            yield _stranger(made)
    yield from _explained(otc)


def _cold(made: Edges, size: int) -> Bar:
    arrays = Arrays(made)
    someone = size // DEGREE // 100  # with forty friends
    ours, raw = _seconds(lambda: arrays.reach(someone), _products(size))
    name = f"cold walk, {size:,} edges"
    beside = f"{_milliseconds(ours)}; {LEVELS} SpMV {_milliseconds(raw)}"
    return Bar.at_most("T1", name, ours / raw, BARS[size], beside, " x")


def _products(size: int) -> Callable[[], object]:
    """As many products with the whole graph as a walk has levels, by scipy."""
    table = _table(size)
    table = table[table["forward"] > 0]
    weights = np.sqrt(table["forward"]).astype(np.float32)
    people = size // DEGREE
    matrix = sparse.csr_matrix(
        (weights, (table["subject"], table["rater"])), shape=(people, people)
    )
    vector = np.ones(people)

    def multiply() -> object:
        found = vector
        for _ in range(LEVELS):
            found = times(matrix, found)
        return found

    return multiply


def _memory(made: Edges) -> Bar:
    return Bar.at_most("M1", "bytes an edge, both ways", made.nbytes / made.opinions, 24)


def _stranger(made: Edges) -> Bar:
    """A new opinion of somebody whom my trust does not reach: put, and the walk still holds."""
    arrays = Arrays(made)
    reach = arrays.reach(0)
    strangers = iter(range(made.people, made.people + ROUNDS))

    def hear() -> None:
        rater = next(strangers)
        arrays.put(rater, 1, [(rater, 1, "", "", 1.0, 1.0, NOW, REVISION_MAX)])
        assert arrays.is_current(reach)

    (ours,) = _seconds(hear)
    return Bar.at_most("T3", "a stranger's new opinion", ours * 1000, 0.2, unit=" ms")


def _explained(otc: Otc) -> Iterator[Bar]:
    """By the pure rules, from people with friends: sellers in the middle of what they know."""
    told, now = Told(otc.ratings), otc.ratings[-1].made_at
    judged: list[float] = []
    counted: list[float] = []
    for viewer in viewers(otc, LISTENED, 1):
        walked = walk(told, key(viewer.me), now)
        for seller in _some(viewer):
            began = time.perf_counter()
            judgement = judge(told, walked, key(seller))
            middle = time.perf_counter()
            voices(judgement)
            judged.append((middle - began) * 1000)
            counted.append((time.perf_counter() - middle) * 1000)
    yield Bar.at_most("T2", "one seller and her paths", median(judged), 1, unit=" ms")
    yield Bar.at_most("T2", "her voices", median(counted), 20, unit=" ms")


def _some(viewer: Viewer) -> list[int]:
    known = viewer.is_known
    return known[:: max(1, len(known) // SELLERS)][:SELLERS]


def _table(size: int) -> Table:
    dice = np.random.default_rng(1)
    people = size // DEGREE
    table = np.zeros(size, dtype=ROW)
    for side in ("rater", "subject"):
        table[side] = (people * dice.random(size) ** 2).astype(np.int32)
    table["strength"] = dice.choice([0.25, 0.5, 1.0, 1.0, 1.0, -0.5], size)
    table["forward"] = np.maximum(table["strength"], 0.0)
    table["made_at"] = NOW - dice.integers(0, 10**8, size)
    table["expires_at"] = REVISION_MAX
    return table


def _seconds(*works: Callable[[], object]) -> list[float]:
    """How long each takes, in turns, so that what else runs slows all alike."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, times_taken in zip(works, taken, strict=True):
            began = time.perf_counter()
            work()
            times_taken.append(time.perf_counter() - began)
    return [min(each) for each in taken]


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"
