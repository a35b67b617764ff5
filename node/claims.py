"""Claims: which gaps are being filled by whom, so that nothing comes twice.

Several peers at once fill what nobody else does; who has nothing left takes over the later half of
what another has still before him.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import trio

from goodword.protocol.bounds import START, Bound, Gap, whole
from goodword.protocol.record import RecordId

SHARE_RECORDS_MIN: Final = 2_048
"""Left to whoever fills them: four pages. For fewer it is not worth it to ask another peer."""


@dataclass(slots=True, eq=False)
class Claim:
    """What one visit fills, from its beginning on. Others may take of its end."""

    gaps: list[Gap]
    """What lies in them is not kept yet."""
    reached: Bound = START
    """Below it all has come, if it is not kept yet."""
    left: int = 0
    """Records above, as the peer said with the last page; 0 before the first."""
    is_shared: bool = False
    """Another is about to take of its end."""
    is_cut: bool = False
    """Another has taken of its end, after the page under way was asked for."""

    @property
    def rest(self) -> list[Gap]:
        """What is to be asked for."""
        return above(self.gaps, self.reached)

    def reach(self, bound: Bound, came: int, left: int) -> None:
        """So many records came, and so many are left, by a peer who does not know what others
        took since he was asked."""
        self.reached = bound
        self.left = max(self.left - came, 0) if self.is_cut else left

    def keep(self) -> None:
        """What has come is kept."""
        self.gaps = self.rest


@dataclass(slots=True, eq=False)
class Share:
    """The later half of what another has still before him; where it begins, our peer says."""

    of: Claim
    gaps: list[Gap]
    """In these."""
    skip: int
    """After so many records."""


class Claims:
    def __init__(self) -> None:
        self._held: list[Claim] = []
        self._ids: set[RecordId] = set()
        self._changed = trio.Event()

    @contextmanager
    def ids(self, wanted: Iterable[RecordId]) -> Generator[list[RecordId]]:
        """Those of `wanted` that nobody else asks for; ours during the block."""
        mine = [each for each in wanted if each not in self._ids]
        self._ids.update(mine)
        try:
            yield mine
        finally:
            self._ids.difference_update(mine)

    def untaken(self, gaps: Sequence[Gap]) -> list[Gap]:
        """What of `gaps` nobody fills now. A moment later it may be filled."""
        return without(gaps, self._taken())

    @contextmanager
    def of(self, gaps: Sequence[Gap]) -> Generator[Claim]:
        """What of `gaps` nobody fills, perhaps nothing; ours during the block."""
        with self._held_as(Claim(self.untaken(gaps))) as claim:
            yield claim

    @contextmanager
    def share(self, gaps: Sequence[Gap]) -> Generator[Share | None]:
        """What of `gaps` another can do without. During the block nobody else takes it."""
        for claim in sorted(self._held, key=lambda each: -each.left):
            wanted = common(claim.rest, gaps)
            if claim.left < SHARE_RECORDS_MIN or claim.is_shared or not wanted:
                continue
            claim.is_shared = True
            try:
                yield Share(claim, wanted, claim.left // 2)
            finally:
                claim.is_shared = False
            return
        yield None

    @contextmanager
    def taken_over(self, share: Share, since: Bound) -> Generator[Claim]:
        """From there on it is ours, during the block."""
        spared = common(above(share.gaps, since), share.of.rest)
        share.of.gaps = without(share.of.gaps, spared)
        share.of.left = min(share.of.left, share.skip)
        share.of.is_shared, share.of.is_cut = False, True
        with self._held_as(Claim(spared)) as claim:
            yield claim

    def are_taken(self, gaps: Sequence[Gap]) -> bool:
        """Whether somebody fills a part of them."""
        return bool(common(gaps, self._taken()))

    async def changed(self) -> None:
        """Until a page has come to anybody, or somebody has come to his end."""
        await self._changed.wait()

    def tell(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

    @contextmanager
    def _held_as(self, claim: Claim) -> Generator[Claim]:
        self._held.append(claim)
        try:
            yield claim
        finally:
            self._held.remove(claim)
            self.tell()

    def _taken(self) -> list[Gap]:
        every = (gap for claim in self._held for gap in claim.gaps)
        return sorted(every, key=lambda each: whole(each.since))


# --- stretches, ascending and apart --------------------------------------------------------------


def above(gaps: Iterable[Gap], bound: Bound) -> list[Gap]:
    """What of them is not below `bound`."""
    return _real(Gap(_later(each.since, bound), each.until) for each in gaps)


def common(ones: Sequence[Gap], others: Sequence[Gap]) -> list[Gap]:
    """What is in both."""
    return _real(
        Gap(_later(one.since, other.since), _earlier(one.until, other.until))
        for one in ones
        for other in others
    )


def without(gaps: Sequence[Gap], others: Sequence[Gap]) -> list[Gap]:
    """What is in none of the others."""
    left = list(gaps)
    for other in others:
        left = _real(
            part
            for each in left
            for part in (
                Gap(each.since, _earlier(each.until, other.since)),
                Gap(_later(each.since, other.until), each.until),
            )
        )
    return left


def _real(gaps: Iterable[Gap]) -> list[Gap]:
    return [each for each in gaps if each]


def _later(one: Bound, other: Bound) -> Bound:
    return max(one, other, key=whole)


def _earlier(one: Bound, other: Bound) -> Bound:
    return min(one, other, key=whole)
