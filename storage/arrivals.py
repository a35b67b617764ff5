"""Arrivals: what one transaction keeps of what everybody may see, the simplest of it together.

Most that comes in a batch are listings of which we have nothing yet. Kept a table at a time they
take a third less than one by one: SQLite, and the index of words, then stay on the same pages.
Rule 1: whoever asks the database something in between calls `write` before.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import bounds, listing
from goodword.protocol.kinds import KINDS
from goodword.protocol.record import Record, Slot

from . import records, views
from .database import Transaction
from .holdings import NOTHING
from .views import EMPTY, Change, Place

TOGETHER: Final = 512
"""Listings that are written together, half a megabyte: of 64 each table is fetched into the
processor's caches again, of more no sooner."""


class Arrivals:
    def __init__(self, db: Transaction, me: PublicKey, now: int) -> None:
        """`now`: Unix seconds, our clock."""
        self._db = db
        self._me = me
        self._now = now
        self._empty: set[Slot] = set()
        """Slots of listings that come next, for which nothing stands yet."""
        self._waiting: dict[Slot, tuple[Record, bytes]] = {}
        """Kept, and not yet written."""
        self.are_offers = True
        """All that was kept: listings for whose slots nothing has stood."""

    def expect(self, coming: Iterable[Record]) -> None:
        """These are asked about next: one question for the slots of all of them. At most 500."""
        if len(self._waiting) >= TOGETHER:
            self.write()
        slots = {each.slot for each in coming if _is_listing(each)} - self._waiting.keys()
        self._empty = slots - records.standing_listings(self._db, slots) if slots else slots

    def place(self, record: Record) -> Place | None:
        """As `views.place`."""
        if record.slot in self._empty and _is_listing(record):
            return EMPTY
        self.write()
        self._empty.discard(record.slot)
        return views.place(self._db, record, KINDS[record.kind])

    def keep(self, record: Record, data: bytes, at: Place) -> Change:
        """As `views.keep`, at the place that was just found."""
        if record.slot not in self._empty:
            self.are_offers = False
            kind = KINDS[record.kind]
            return views.keep(self._db, record, data, kind, self._now, at, self._me)
        self._empty.remove(record.slot)
        self._waiting[record.slot] = (record, data)
        return Change(NOTHING, {bounds.place(record.made_at, record.id): True})

    def write(self) -> None:
        """Into the database with what waits."""
        if self._waiting:
            views.keep_first(self._db, list(self._waiting.values()), self._now)
            self._waiting.clear()


def _is_listing(record: Record) -> bool:
    return record.kind == listing.KIND and not record.is_withdrawal
