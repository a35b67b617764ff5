"""Wanted: what the door keeps out because nobody here declared an interest in it."""

from __future__ import annotations

from goodword.protocol import listing
from goodword.protocol.errors import OutOfInterest
from goodword.protocol.interest import EVERYTHING, Interest
from goodword.protocol.record import Record
from goodword.storage import orders
from goodword.storage.database import Transaction
from goodword.storage.views import Place

from .nearness import Distance, Nearness


class Wanted:
    def __init__(self, nearness: Nearness, interest: Interest = EVERYTHING) -> None:
        self._nearness = nearness
        self._interest = interest
        self._people = frozenset(interest.people)

    def check(self, db: Transaction, record: Record, place: Place) -> None:
        """Raises OutOfInterest for a stranger's listing that is outside of what is kept.

        Not for what is here already: that it was withdrawn, or left the category, must be known.
        Nor for what an order of mine is about.
        """
        if (
            self._interest.is_everything
            or record.kind != listing.KIND
            or record.is_withdrawal
            or place.before is not None
            or record.author in self._people
        ):
            return
        said = listing.read(record)
        if self._interest.fits(said.categories, said.region):
            return
        if self._nearness.of(db, record.author) is not Distance.STRANGER:
            return
        if not orders.names_slot(db, record.slot):
            raise OutOfInterest
