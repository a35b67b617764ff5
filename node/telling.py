"""What a judgement is told as: people, records and voices as JSON, each looked up once."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import endorsement, review
from goodword.protocol.breaches import MEANINGS, Wrong
from goodword.protocol.entry import Role
from goodword.protocol.record import RecordId
from goodword.protocol.scope import Part, Scope
from goodword.protocol.trust import Contribution, Found, Judgement
from goodword.protocol.voices import Voices
from goodword.protocol.walk import Step, Walk
from goodword.storage import records, reviews
from goodword.storage.database import Transaction, moment

from . import show
from .show import Json

BLOCK: Final = "blocked"
"""What my node holds against whom I blocked."""

STATEMENTS_MAX: Final = 4_096
"""Remembered from one answer to the next; 4 MB."""


BRIEFS_MAX: Final = 1_024
"""Told again while nothing changes; 5 MB."""


class Gone(Exception):
    """A record that a walk goes along has left since it was walked."""


class Page:
    """What is told of people and records in one moment of the database, each looked up once."""

    def __init__(self, db: Transaction, walked: Walk, statements: dict[RecordId, Json]) -> None:
        """`statements`: what was looked up for earlier pages; an id never means anything else."""
        self.db = db
        self._walked = walked
        self._moment = moment(db)
        self.briefs: dict[tuple[PublicKey, Scope], Json] = {}
        self._people: dict[PublicKey, Json] = {}
        self._legs: dict[Step, Json] = {}
        self._statements = statements
        self._here: set[RecordId] = set()
        """Of these, what has not left."""

    def is_of(self, db: Transaction, walked: Walk) -> bool:
        """Whether all that was told would be told again: no word of people has come."""
        is_same = db is self.db and walked is self._walked and moment(db) == self._moment
        return is_same and len(self.briefs) < BRIEFS_MAX

    def person(self, key: PublicKey) -> Json:
        if key not in self._people:
            self._people[key] = show.person(self.db, key)
        return self._people[key]

    def leg(self, step: Step) -> Json:
        if step not in self._legs:
            self._legs[step] = {
                "from": self.person(step.by),
                "to": self.person(step.about),
                "says": self.statement(step.sources[0])["says"],
                "records": [each.hex() for each in step.sources],
            }
        return self._legs[step]

    def statement(self, record_id: RecordId) -> Json:
        """What an endorsement or a review says. Raises Gone where it has left."""
        known = self._statements
        if record_id in self._here:
            return known[record_id]
        if record_id in known:
            if not records.has(self.db, record_id):
                raise Gone
        else:
            known[record_id] = _statement(self.db, record_id)
            if len(known) > STATEMENTS_MAX:
                gone = next(iter(known))
                del known[gone]
                self._here.discard(gone)
        self._here.add(record_id)
        return known[record_id]

    def voices(self, heard: Voices) -> Json:
        only = {"for_through": heard.only_support, "against_through": heard.only_against}
        return {
            "for": heard.support,
            "against": heard.against,
            **{side: self.person(key) if key else None for side, key in only.items()},
        }

    def voice(self, judged: Judgement, said: Contribution) -> Json:
        path = judged.path(said)
        return {
            "rater": self.person(said.rater),
            "is_me": said.rater == judged.me,
            "steps": len(path),
            "path": [self.leg(each) for each in path],
            **self.statement(said.sources[0]),
            "orders": reviews.count_between(self.db, said.rater, judged.subject, said.scope.part),
            "trust": said.trust,
            "strength": said.strength,
            "weight": said.weight,
            "amount": said.amount if said.strength > 0 else -said.amount,
            "is_counted": said.left_out is None,
            "records": [each.hex() for each in said.sources],
        }


def finding(said: Contribution, found: Found) -> Json:
    is_record = len(found.sources) > 1
    return {
        "what": found.what,
        "text": "is blocked by you" if found.what == BLOCK else MEANINGS[Wrong(found.what)].text,
        "amount": -said.amount,
        "found_at": found.found_at,
        "records": [each.hex() for each in found.sources] if is_record else [],
        "order": found.sources[0].hex() if found.sources and not is_record else None,
    }


def rest(said: Sequence[Contribution]) -> Json:
    counted = [each for each in said if each.left_out is None]
    return {
        "people": len(counted),
        "support": fsum(each.amount for each in counted if each.strength > 0),
        "against": fsum(each.amount for each in counted if each.strength < 0),
    }


def _statement(db: Transaction, record_id: RecordId) -> Json:
    """What an endorsement or a review says, in the same names."""
    record = records.get(db, record_id)
    if record is None:
        raise Gone
    if record.kind == endorsement.KIND:
        said = endorsement.read(record)
        return {
            "says": said.strength.value,
            "text": said.how,
            "role": said.scope.part.value if said.scope.part else None,
            "category": said.scope.category,
            "made_at": record.made_at,
        }
    reviewed = review.read(record)
    return {
        "says": reviewed.rating.value if reviewed.rating else None,
        "text": reviewed.text,
        "role": Part.SELLER.value if reviewed.role is Role.BUYER else Part.BUYER.value,
        "category": None,
        "made_at": record.made_at,
    }
