"""What we owe to somebody: order entries that she has not acknowledged yet.

A row is written in the same transaction as the entry, and leaves only when her receipt says
that she keeps it: so a crash at any moment loses nothing, and sends at worst twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol.contract import OrderId

from .database import Transaction

WAIT_SECONDS_MAX: Final = 600
"""Between two attempts. One that is further away was put off by a clock that ran ahead: it is
due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """One entry owed to one person."""

    seq: int
    recipient: PublicKey
    order: OrderId
    record: bytes
    attempts: int


def owe(db: Transaction, seq: int, recipient: PublicKey, order: OrderId, now: int) -> None:
    """`recipient` must have the record `seq`; try from `now` on (Unix seconds)."""
    db.execute(
        "INSERT INTO outbox (seq, recipient, trade, next_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET next_at = excluded.next_at, refused = NULL",
        (seq, recipient, order, now),
    )


def owe_all(db: Transaction, recipient: PublicKey, order: OrderId, now: int) -> None:
    """She lost the order, or a part of it: owe her every entry of it again."""
    rows = db.execute("SELECT seq FROM record WHERE slot = ? AND kind = 'order'", (order,))
    for (seq,) in rows.fetchall():
        owe(db, seq, recipient, order, now)


def recipients_due(db: Transaction, now: int) -> list[PublicKey]:
    """To whom something is to be tried at `now`."""
    rows = db.execute(
        "SELECT DISTINCT recipient FROM outbox WHERE refused IS NULL"
        " AND next_at NOT BETWEEN ? AND ?",
        (now + 1, now + WAIT_SECONDS_MAX),
    )
    return [PublicKey(recipient) for (recipient,) in rows]


def owed_to(db: Transaction, recipient: PublicKey, limit: int, after: int = 0) -> list[Debt]:
    """At most `limit` debts to `recipient`, in the order in which the entries came to be.

    `after`: the seq of the last one before these.
    """
    rows = db.execute(
        "SELECT seq, trade, bytes, attempts FROM outbox JOIN record USING (seq)"
        " WHERE recipient = ? AND refused IS NULL AND seq > ? ORDER BY seq LIMIT ?",
        (recipient, after, limit),
    )
    return [
        Debt(
            seq=seq,
            recipient=recipient,
            order=OrderId(trade),
            record=data,
            attempts=attempts,
        )
        for seq, trade, data, attempts in rows
    ]


def settle(db: Transaction, debt: Debt) -> None:
    """The recipient has it."""
    db.execute("DELETE FROM outbox WHERE recipient = ? AND seq = ?", (debt.recipient, debt.seq))


def refuse(db: Transaction, debt: Debt, code: str) -> None:
    """The recipient's rules refuse it for good: keep the fact, stop trying."""
    db.execute(
        "UPDATE outbox SET refused = ? WHERE recipient = ? AND seq = ?",
        (code, debt.recipient, debt.seq),
    )


def postpone(db: Transaction, recipient: PublicKey, next_at: int) -> None:
    """She could not be reached: try everything for her again at `next_at` (Unix seconds)."""
    db.execute(
        "UPDATE outbox SET attempts = attempts + 1, next_at = ? WHERE recipient = ?"
        " AND refused IS NULL",
        (next_at, recipient),
    )


def postpone_order(db: Transaction, recipient: PublicKey, order: OrderId, next_at: int) -> None:
    """She cannot take what belongs to `order` yet: try that again at `next_at`."""
    db.execute(
        "UPDATE outbox SET attempts = attempts + 1, next_at = ? WHERE recipient = ? AND trade = ?"
        " AND refused IS NULL",
        (next_at, recipient, order),
    )


def hasten_at(db: Transaction, peer: bytes, now: int) -> bool:
    """The device `peer` is here: everything is due for whoever says that it is hers.

    However many say so: only those to whom something is owed are looked at.
    """
    cursor = db.execute(
        "UPDATE outbox SET next_at = :now WHERE refused IS NULL AND EXISTS"
        " (SELECT 1 FROM presence WHERE person = outbox.recipient AND presence.peer = :peer"
        "  AND expires_at > :now)",
        {"now": now, "peer": peer},
    )
    return cursor.rowcount > 0


def hasten(db: Transaction, recipient: PublicKey, now: int) -> bool:
    """She is back: everything for her is due at `now`. False where there is nothing."""
    cursor = db.execute(
        "UPDATE outbox SET next_at = ? WHERE recipient = ? AND refused IS NULL", (now, recipient)
    )
    return cursor.rowcount > 0


def next_at(db: Transaction) -> int | None:
    """Unix seconds of the earliest attempt; None where nothing is owed."""
    (at,) = db.execute("SELECT min(next_at) FROM outbox WHERE refused IS NULL").fetchone()
    return None if at is None else int(at)


def undelivered(db: Transaction, order: OrderId) -> dict[int, str | None]:
    """seq -> code of the refusal, or None while we still try, of what the order still owes."""
    rows = db.execute("SELECT seq, refused FROM outbox WHERE trade = ?", (order,))
    return dict(rows.fetchall())


def count(db: Transaction) -> int:
    (number,) = db.execute("SELECT count(*) FROM outbox WHERE refused IS NULL").fetchone()
    return int(number)
