"""Notices: what I am told of people for whom I vouch, until I say that I have seen it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol.contract import OrderId
from goodword.protocol.limits import ENDORSEMENTS_MAX
from goodword.protocol.record import RecordId

from . import circle, endorsements, findings, people
from .database import Transaction
from .endorsements import Endorsed
from .findings import Finding

NOTICES_MAX: Final = 100
"""In one answer. Who has more to read withdraws some vouches first."""

WARNED: Final = "warned"
"""What a notice is called that is a warning by somebody; else it is called as the finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    person: PublicKey
    """For whom I vouch."""
    what: str
    text: str
    """What he did, to be read after his name; or the words of who warns of him."""
    made_at: int
    """Unix seconds."""
    evidence: bytes
    """What tells it from others of its kind: the id of a record, or of an order."""
    records: tuple[RecordId, ...] = ()
    order: OrderId | None = None
    by: PublicKey | None = None
    """Who warns; None where this node found it itself."""


def standing(db: Transaction, me: PublicKey, now: int) -> list[Notice]:
    """All about people for whom I vouch at `now` (Unix seconds) that I have not dismissed, the
    latest first; at most NOTICES_MAX."""
    vouched = watched(db, me, now)
    found = [_found(each) for each in findings.against(db, *vouched)]
    near = circle.members(db, me, now)
    blocked = set(people.blocked(db))
    said = endorsements.warnings(db, vouched, near, now, NOTICES_MAX)
    found += [_warning(each) for each in said if each.rater != me and each.rater not in blocked]
    found.sort(key=lambda each: (-each.made_at, each.person, each.what, each.evidence))
    return [each for each in found if not _is_dismissed(db, each)][:NOTICES_MAX]


def watched(db: Transaction, me: PublicKey, now: int) -> list[PublicKey]:
    """Whom a notice can be about."""
    return endorsements.vouched_for_by(db, me, now, ENDORSEMENTS_MAX)


def _found(finding: Finding) -> Notice:
    return Notice(
        person=finding.against,
        what=finding.wrong.value,
        text=finding.text,
        made_at=finding.made_at,
        evidence=finding.evidence,
        records=finding.records,
        order=finding.order,
    )


def _warning(given: Endorsed) -> Notice:
    return Notice(
        person=given.said.about,
        what=WARNED,
        text=given.said.how,
        made_at=given.made_at,
        evidence=given.id,
        records=(given.id,),
        by=given.rater,
    )


def note(db: Transaction, notice: Notice) -> None:
    """Remember that I was told of it."""
    db.execute(
        "INSERT INTO notice (person, what, evidence) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (notice.person, notice.what, notice.evidence),
    )


def dismiss(db: Transaction, notice: Notice) -> None:
    """I have seen it; it is not told again."""
    note(db, notice)
    db.execute(
        "UPDATE notice SET is_dismissed = 1 WHERE person = ? AND what = ? AND evidence = ?",
        (notice.person, notice.what, notice.evidence),
    )


def is_noted(db: Transaction, notice: Notice) -> bool:
    """Whether I was told of it."""
    return _is_dismissed(db, notice) is not None


def _is_dismissed(db: Transaction, notice: Notice) -> bool | None:
    """None where I was not told of it yet."""
    row = db.execute(
        "SELECT is_dismissed FROM notice WHERE person = ? AND what = ? AND evidence = ?",
        (notice.person, notice.what, notice.evidence),
    ).fetchone()
    return bool(row[0]) if row else None
