"""Write our own records: the next revision of a slot, signed, through the one door."""

from __future__ import annotations

from collections.abc import Mapping

from goodword.crypto.keys import PublicKey
from goodword.crypto.person import Person
from goodword.protocol.codec import Value
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
        with self._database.reading() as db:
            revision = records.revision(db, identity.public_key, kind, slot) + 1
        record = make(identity, kind, body, slot=slot, revision=revision, now=self._clock())
        self._intake.admit(record.to_bytes())
        return record
