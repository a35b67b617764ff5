"""Write our own records: the next revision of a slot, signed, through the one door."""

from __future__ import annotations

from collections.abc import Mapping

from goodword.crypto.keys import PublicKey
from goodword.crypto.person import Person
from goodword.protocol import listing
from goodword.protocol.codec import Value
from goodword.protocol.kinds import KINDS
from goodword.protocol.record import Body, Record, Slot, make
from goodword.storage import records
from goodword.storage.database import Database

from .clock import Clock
from .intake import Intake


class Author:
    def __init__(self, person: Person, intake: Intake, database: Database, clock: Clock) -> None:
        self._person = person
        self._intake = intake
        self._database = database
        self._clock = clock

    @property
    def public_key(self) -> PublicKey:
        return self._person.public_key

    def say(self, kind: str, slot: Slot, body: Mapping[str, Value]) -> Record:
        """The next revision of `slot`. Raises the Refusal that the rules answer with."""
        return self._write(kind, slot, body)

    def withdraw(self, kind: str, slot: Slot) -> Record:
        """The revision that says no more."""
        return self._write(kind, slot, None)

    def _write(self, kind: str, slot: Slot, body: Body | None) -> Record:
        identity = self._person.identity
        now = self._clock()
        with self._database.reading() as db:
            before = records.revision(db, identity.public_key, kind, slot)
        # Not from 1 on: a home that was restored from the words knows nothing of what it said, and
        # would say its first word twice. That is a fork, and the proof of it is for ever. The slot
        # of a listing is made of fresh dice.
        revision = before + 1 if before or kind == listing.KIND else now
        if KINDS[kind].is_dated:
            revision = now = max(now, before + 1)  # said twice in a second: dated a second later
        record = make(identity, kind, body, slot=slot, revision=revision, now=now)
        self._intake.admit(record.to_bytes())
        return record
