"""Who offers to moderate, and for how much. A view on the heap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import moderator as moderators
from goodword.protocol.moderator import Moderator
from goodword.protocol.record import Record, RecordId

from .database import Transaction

OFFERS_MAX: Final = 200
"""Offers in one answer: anybody may offer, and nobody reads more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """`person` offers to moderate; the record `id` says so."""

    person: PublicKey
    moderator: Moderator
    made_at: int
    id: RecordId


def index(db: Transaction, record: Record, seq: int) -> None:
    moderator = moderators.read(record)
    db.execute(
        "INSERT OR REPLACE INTO moderator (person, fee, categories, about, made_at, seq)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            record.author,
            moderator.fee,
            f" {' '.join(moderator.categories)} ",
            moderator.about,
            record.made_at,
            seq,
        ),
    )


def unindex(db: Transaction, record: Record) -> None:
    db.execute("DELETE FROM moderator WHERE person = ?", (record.author,))


def get(db: Transaction, person: PublicKey) -> Offer | None:
    found = _offers(db, "person = ?", (person,), limit=1)
    return found[0] if found else None


def among(db: Transaction, people: Iterable[PublicKey], category: str = "") -> list[Offer]:
    """The offers of `people`, in their order; only those who would take `category`, if any."""
    found = (get(db, each) for each in people)
    return [each for each in found if each and _takes(each.moderator, category)]


def cheapest(db: Transaction, category: str = "", limit: int = OFFERS_MAX) -> list[Offer]:
    """At most `limit` (and OFFERS_MAX), the lowest fee first; of equal ones the lowest key."""
    condition, values = "TRUE", tuple[object, ...]()
    if category:
        condition, values = "(categories = '  ' OR instr(categories, ?))", (f" {category} ",)
    return _offers(db, condition, values, limit=min(limit, OFFERS_MAX))


def _takes(moderator: Moderator, category: str) -> bool:
    """Who names no category takes any."""
    return not category or not moderator.categories or category in moderator.categories


def _offers(
    db: Transaction, condition: str, values: tuple[object, ...], *, limit: int
) -> list[Offer]:
    rows = db.execute(
        "SELECT person, fee, categories, about, moderator.made_at, id FROM moderator"  # noqa: S608
        f" JOIN record USING (seq) WHERE {condition} ORDER BY fee, person LIMIT ?",
        (*values, limit),
    )
    return [
        Offer(
            person=PublicKey(person),
            moderator=Moderator(fee=fee, categories=tuple(categories.split()), about=about),
            made_at=made_at,
            id=RecordId(record_id),
        )
        for person, fee, categories, about, made_at, record_id in rows
    ]
