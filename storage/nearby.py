"""Which listings are of a few sellers, remembered from one search to the next.

A search for the listings of friends beside a flood of others' asks of each listing that has the
words whose it is. To ask the index for 64 sellers at once takes longer than all else in a search;
here it is a look at one byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Final

from goodword.crypto.keys import PublicKey

from . import chapters, marks
from .chapters import ARRIVALS
from .database import Transaction

IS_THEIRS: Final = f"substr(?, {{seq}} % {ARRIVALS} + 1, 1) = x'01'"
"""In SQL: whether the listing `seq` has a 1 in what `Nearby.chapters` tells of its chapter."""


class Nearby:
    """Used by one thread at a time."""

    def __init__(self) -> None:
        self._listings: dict[PublicKey, list[int]] = {}
        """Of each seller; some have been taken out since."""
        self._last = 0
        """The newest listing that was looked at."""
        self._bytes: Mapping[int, bytes] = {}

    def chapters(self, db: Transaction, sellers: Iterable[PublicKey]) -> Mapping[int, bytes]:
        """For each chapter that has any, a byte for each arrival: 1 where there is, or was, a
        listing of one of `sellers`."""
        wanted = frozenset(sellers)
        (last,) = db.execute("SELECT ifnull(max(seq), 0) FROM listing").fetchone()
        kept = {each: seqs for each, seqs in self._listings.items() if each in wanted}
        came = list(_of(db, wanted - kept.keys()))
        if kept:
            came += _since(db, self._last, kept.keys())
        if came or len(kept) < len(self._listings):
            self._listings = kept
            for seller, seq in came:
                kept.setdefault(seller, []).append(seq)
            self._bytes = _bytes(kept.values())
        # Who sells nothing is remembered as well.
        self._listings = {each: kept.get(each, []) for each in wanted}
        self._last = int(last)
        return self._bytes


def _since(db: Transaction, last: int, sellers: Set[PublicKey]) -> Iterator[tuple[PublicKey, int]]:
    for seller, seq in db.execute("SELECT seller, seq FROM listing WHERE seq > ?", (last,)):
        if seller in sellers:
            yield seller, seq


def _of(db: Transaction, sellers: Set[PublicKey]) -> Iterator[tuple[PublicKey, int]]:
    if not sellers:
        return
    match = marks.of(sorted(sellers))
    for name in chapters.tables(db):
        rows = db.execute(
            f"SELECT seller, seq FROM {name} CROSS JOIN listing ON seq = {name}.rowid"  # noqa: S608
            f" WHERE {name} MATCH ?",
            (match,),
        )
        for seller, seq in rows:
            if seller in sellers:
                yield seller, seq


def _bytes(listings: Iterable[Sequence[int]]) -> Mapping[int, bytes]:
    found: dict[int, bytearray] = {}
    for seqs in listings:
        for seq in seqs:
            number, place = divmod(seq, ARRIVALS)
            if number not in found:
                found[number] = bytearray(ARRIVALS)
            found[number][place] = 1
    return {number: bytes(each) for number, each in found.items()}
