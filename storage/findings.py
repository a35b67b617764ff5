"""Findings: what this node found against somebody, in public records and in my own orders."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol.breaches import MEANINGS, Wrong, breaches
from goodword.protocol.contract import OrderId
from goodword.protocol.order import Order
from goodword.protocol.record import RecordId

from .database import Transaction

FINDINGS_MAX: Final = 200
"""In one answer: more than anybody reads, and one is enough to be careful."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    against: PublicKey
    wrong: Wrong
    made_at: int
    """Unix seconds: in an order by the clocks of its parties; else by ours, when the second of the
    two came, for who says two things can date both as he likes."""
    records: tuple[RecordId, ...] = ()
    """The two that prove it, where they are public."""
    order: OrderId | None = None
    """Mine, in which it happened."""

    @property
    def strength(self) -> float:
        """Of the opinion that it makes of him, from -1 to 0."""
        return MEANINGS[self.wrong].strength

    @property
    def text(self) -> str:
        """What he did, to be read after his name."""
        return MEANINGS[self.wrong].text

    @property
    def evidence(self) -> bytes:
        """What tells this finding from others of its kind."""
        return self.order if self.order is not None else min(self.records)


def index(db: Transaction, order: Order, me: PublicKey) -> None:
    """Keep what `order`, as it stands now, proves of the others, if I am a party of it."""
    db.execute("DELETE FROM breach WHERE trade = ?", (order.id,))
    if order.role_of(me) is None:
        return
    db.executemany(
        "INSERT INTO breach (person, trade, wrong, made_at) VALUES (?, ?, ?, ?)",
        [
            (each.person, order.id, each.wrong.value, each.made_at)
            for each in breaches(order)
            if each.person != me
        ],
    )


def against(db: Transaction, *people: PublicKey) -> list[Finding]:
    """All that was found against any of `people`, the latest first; at most FINDINGS_MAX."""
    found = [*_breaches(db, people), *_forks(db, people)]
    found.sort(key=lambda each: (-each.made_at, each.against, each.wrong, each.evidence))
    return found[:FINDINGS_MAX]


def whom(db: Transaction, people: Collection[PublicKey]) -> set[PublicKey]:
    """Those of `people` against whom anything was found: all of them, however many."""
    marks = _marks(people)
    rows = db.execute(
        f"SELECT person FROM breach WHERE person IN ({marks})"  # noqa: S608  # our own words
        f" UNION SELECT author FROM fork WHERE author IN ({marks})",
        (*people, *people),
    )
    return {PublicKey(key) for (key,) in rows}


def _breaches(db: Transaction, people: Collection[PublicKey]) -> list[Finding]:
    rows = db.execute(
        "SELECT person, trade, wrong, made_at FROM breach"  # noqa: S608  # our own words
        f" WHERE person IN ({_marks(people)}) ORDER BY made_at DESC, trade LIMIT {FINDINGS_MAX}",
        tuple(people),
    )
    return [
        Finding(
            against=PublicKey(person), wrong=Wrong(wrong), made_at=made_at, order=OrderId(trade)
        )
        for person, trade, wrong, made_at in rows
    ]


def _forks(db: Transaction, people: Collection[PublicKey]) -> list[Finding]:
    rows = db.execute(
        "SELECT fork.author, a.id, b.id, max(a.came_at, b.came_at) AS came_at"  # noqa: S608
        " FROM fork JOIN record a ON a.seq = one JOIN record b ON b.seq = other"
        f" WHERE fork.author IN ({_marks(people)})"
        f" ORDER BY came_at DESC, a.id LIMIT {FINDINGS_MAX}",
        tuple(people),
    )
    return [
        Finding(
            against=PublicKey(author),
            wrong=Wrong.TWO_VERSIONS,
            made_at=came_at,
            records=(RecordId(one), RecordId(other)),
        )
        for author, one, other, came_at in rows
    ]


def _marks(people: Collection[PublicKey]) -> str:
    return ", ".join("?" * len(people))
