"""Inventions: people who are one liar, speak well of one another, and got k honest vouches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .otc import Rating

SHAPES: Final = ("dense", "star", "chain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Farm:
    """`count` inventions with numbers from `first` on. The seller is the last of them."""

    shape: str
    """dense: each vouches for each. star: the first for all. chain: each for the next. And all of
    them for the seller."""
    first: int
    count: int
    now: int
    victim: int | None = None
    """Of whom all of them warn."""

    @property
    def seller(self) -> int:
        return self.first + self.count - 1

    @property
    def people(self) -> int:
        """One more than the largest number."""
        return self.first + self.count

    def door(self, n: int) -> int:
        """Whom the nth honest person vouches for: one who helps the seller. Where there are no
        more helpers, two vouch for one."""
        return self.first + n % (self.count - 1)

    def ratings(self) -> Iterator[Rating]:
        helpers = range(self.first, self.seller)
        for one in helpers:
            yield self.vouch(one, self.seller)
            for other in self._vouched(one):
                if other not in (one, self.seller):
                    yield self.vouch(one, other)
        if self.victim is not None:
            for one in helpers:
                yield self.vouch(one, self.victim, -1.0)

    def vouch(self, rater: int, subject: int, strength: float = 1.0) -> Rating:
        return Rating(rater=rater, subject=subject, strength=strength, made_at=self.now)

    def _vouched(self, one: int) -> range:
        match self.shape:
            case "dense":
                return range(self.first, self.seller)
            case "star":
                return range(self.first, self.seller) if one == self.first else range(0)
            case _:
                return range(one + 1, min(one + 2, self.seller))
