"""A shelf: records by their places for one comparison, with the sum of the ids before each.

The accumulator of a node is made to be changed; this one is made anew for each comparison, of a few
hundred places, and then every fingerprint is one subtraction. Both say the same (a test holds it).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Final

from goodword.protocol import fingerprint
from goodword.protocol.bounds import Bound, Place

REMEMBERED_MAX: Final = 500_000


class Shelf:
    """What a Reconciler needs of its records."""

    def __init__(self, places: Sequence[Place]) -> None:
        """`places`: ascending, each once."""
        self._places = places
        self._sums = list(accumulate(map(_number, places), initial=0))

    def size(self) -> int:
        return len(self._places)

    def at(self, index: int) -> Place:
        return self._places[index]

    def fingerprint(self, begin: int, end: int) -> bytes:
        return fingerprint.fingerprint(self._sums[end] - self._sums[begin], end - begin)

    def find_lower_bound(self, bound: Bound) -> int:
        return bisect_left(self._places, bound)

    def iterate(self, begin: int, end: int) -> Iterator[Place]:
        return iter(self._places[begin:end])


@lru_cache(REMEMBERED_MAX)
def _number(place: Place) -> int:
    return fingerprint.total(place)
