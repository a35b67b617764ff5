"""A database in memory that somebody owns, and the door to it."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager

from goodword.crypto.person import Person
from goodword.node.intake import Intake, Outcome
from goodword.protocol.record import Record
from goodword.storage import listings, meta
from goodword.storage.database import Database
from goodword.storage.listings import Filter
from tests.make import BEN, NOW


class Memory:
    """What `owner` has learned, and nothing of it on disk."""

    def __init__(self, owner: Person = BEN) -> None:
        self.owner = owner.public_key
        self.now = NOW
        self.database = Database()
        self.intake = Intake(self.database, self.owner, lambda: self.now)
        with self.database.transaction() as db:
            meta.claim(db, self.owner)

    def learn(self, made: Iterable[Record]) -> list[Outcome]:
        """Let records in one by one, in this order; what became of each."""
        return [self.intake.admit_many([each.to_bytes()])[0] for each in made]

    def found(self, words: str, wanted: Filter | None = None, limit: int = 50) -> list[str]:
        """The titles that a search finds, the best first."""
        with self.database.reading() as db:
            found = listings.search(db, words, wanted or Filter(), limit)
        return [each.listing.title for each in found]


@contextmanager
def memory(owner: Person = BEN, made: Iterable[Record] = ()) -> Generator[Memory]:
    """A fresh one that has learned `made`, for a block."""
    fresh = Memory(owner)
    fresh.learn(made)
    yield fresh
    fresh.database.close()
