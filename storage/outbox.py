"""What we owe to somebody: order entries, and how far each has come on its way to her.

A row is written in the same transaction as the entry, and is tried until her receipt says that
she keeps it: so a crash at any moment loses nothing, and sends at worst twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol.contract import OrderId
from goodword.protocol.limits import DAY, LETTER_RECORDS_MAX
from goodword.protocol.record import RecordId

from .database import Transaction

WAIT_SECONDS_MAX: Final = 600
"""Between two attempts. One that is further away was put off by a clock that ran ahead: it is
due."""

AGAIN_SECONDS_FIRST: Final = DAY
AGAIN_SECONDS_MAX: Final = 16 * DAY
"""How long a letter may lie at a mailbox without a receipt, doubling; then it is left at the next
one. A host that drops everything costs days, and never the letter."""


class State(StrEnum):
    """How far an entry has come. Never part of what the order's state is made of."""

    QUEUED = "queued"
    HELD = "held"
    """At a mailbox, by the word of its host."""
    KEPT = "kept"
    READ = "read"
    REFUSED = "refused"
    """Her rules refuse it for good."""


_UNDELIVERED: Final = "state IN ('queued', 'held')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """One entry owed to one person."""

    seq: int
    recipient: PublicKey
    order: OrderId
    id: RecordId
    record: bytes
    state: State
    attempts: int
    deposits: int
    again_at: int
    """Unix seconds: leave it at a mailbox again, not before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How far an entry has come on its way to one person."""

    recipient: PublicKey
    state: State
    code: str


def owe(db: Transaction, seq: int, recipient: PublicKey, order: OrderId, now: int) -> None:
    """`recipient` must have the record `seq`; try from `now` on (Unix seconds)."""
    db.execute(
        "INSERT INTO outbox (seq, recipient, trade, next_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET next_at = excluded.next_at, state = 'queued', code = '',"
        " again_at = 0",
        (seq, recipient, order, now),
    )


def owe_all(db: Transaction, recipient: PublicKey, order: OrderId, now: int) -> None:
    """She lost the order, or a part of it: owe her every entry of it again."""
    rows = db.execute("SELECT seq FROM record WHERE slot = ? AND kind = 'order'", (order,))
    for (seq,) in rows.fetchall():
        owe(db, seq, recipient, order, now)


def has_any(db: Transaction, recipient: PublicKey, seqs: Iterable[int]) -> bool:
    """Whether `recipient` has said of any of the records `seqs` that she keeps it."""
    return any(
        db.execute(
            "SELECT 1 FROM outbox WHERE recipient = ? AND seq = ? AND state IN ('kept', 'read')",
            (recipient, seq),
        ).fetchone()
        for seq in seqs
    )


# --- what is to be sent ------------------------------------------------------------------------


def recipients_due(db: Transaction, now: int) -> list[PublicKey]:
    """To whom something is to be tried at `now`."""
    rows = db.execute(
        f"SELECT DISTINCT recipient FROM outbox WHERE {_UNDELIVERED}"  # noqa: S608  # our own words
        " AND next_at NOT BETWEEN ? AND ?",
        (now + 1, now + WAIT_SECONDS_MAX),
    )
    return [PublicKey(recipient) for (recipient,) in rows]


def next_at(db: Transaction) -> int | None:
    """Unix seconds of the earliest attempt; None where nothing is owed."""
    (at,) = db.execute(f"SELECT min(next_at) FROM outbox WHERE {_UNDELIVERED}").fetchone()  # noqa: S608
    return None if at is None else int(at)


def orders_owed(db: Transaction, recipient: PublicKey) -> list[OrderId]:
    """The orders of which something is owed to `recipient`; what came first is first."""
    rows = db.execute(
        f"SELECT trade FROM outbox WHERE recipient = ? AND {_UNDELIVERED}"  # noqa: S608
        " GROUP BY trade ORDER BY min(seq)",
        (recipient,),
    )
    return [OrderId(trade) for (trade,) in rows]


def owed(db: Transaction, recipient: PublicKey, order: OrderId) -> list[Debt]:
    """Of one order, what one letter may hold, in the order in which the entries came to be."""
    rows = db.execute(
        "SELECT seq, id, bytes, state, attempts, deposits, again_at"  # noqa: S608
        f" FROM outbox JOIN record USING (seq) WHERE recipient = ? AND trade = ? AND {_UNDELIVERED}"
        " ORDER BY seq LIMIT ?",
        (recipient, order, LETTER_RECORDS_MAX),
    )
    return [
        Debt(
            seq=seq,
            recipient=recipient,
            order=order,
            id=RecordId(record_id),
            record=data,
            state=State(state),
            attempts=attempts,
            deposits=deposits,
            again_at=again_at,
        )
        for seq, record_id, data, state, attempts, deposits, again_at in rows
    ]


def owed_to(db: Transaction, recipient: PublicKey) -> list[Debt]:
    """All that is owed to `recipient`, order by order."""
    return [debt for order in orders_owed(db, recipient) for debt in owed(db, recipient, order)]


def is_whole(db: Transaction, recipient: PublicKey, order: OrderId) -> bool:
    """Whether all that is here of the order is owed to `recipient`: sent, it is all we can say."""
    (missing,) = db.execute(
        "SELECT count(*) FROM record WHERE slot = ? AND kind = 'order' AND seq NOT IN"  # noqa: S608
        f" (SELECT seq FROM outbox WHERE recipient = ? AND {_UNDELIVERED})",
        (order, recipient),
    ).fetchone()
    return not missing


# --- what became of it -------------------------------------------------------------------------


def keep(
    db: Transaction,
    recipient: PublicKey,
    order: OrderId,
    ids: Iterable[RecordId],
    *,
    is_read: bool = False,
) -> int:
    """`recipient` has those of `ids` that are entries of `order`; how many that is news of.

    `is_read`: and she has looked at them.
    """
    state = State.READ if is_read else State.KEPT
    settled = 0
    for each in ids:
        settled += db.execute(
            "UPDATE outbox SET state = ?, code = '' WHERE recipient = ? AND trade = ?"
            " AND state NOT IN ('read', ?) AND seq = (SELECT seq FROM record"
            " WHERE substr(id, 1, 8) = substr(?, 1, 8) AND id = ?)",
            (state.value, recipient, order, state.value, each, each),
        ).rowcount
    return settled


def refuse(db: Transaction, debt: Debt, code: str) -> None:
    """The recipient's rules refuse it for good: keep the fact, stop trying."""
    db.execute(
        "UPDATE outbox SET state = 'refused', code = ? WHERE recipient = ? AND seq = ?"  # noqa: S608
        f" AND {_UNDELIVERED}",
        (code, debt.recipient, debt.seq),
    )


def refuse_order(db: Transaction, recipient: PublicKey, order: OrderId, code: str) -> None:
    """She takes nothing of `order`: stop trying, with all of it that is owed to her now."""
    db.execute(
        "UPDATE outbox SET state = 'refused', code = ? WHERE recipient = ? AND trade = ?"  # noqa: S608
        f" AND {_UNDELIVERED}",
        (code, recipient, order),
    )


def hold(db: Transaction, debts: Sequence[Debt], now: int) -> None:
    """A host says that it keeps them for the recipient: leave them there again when it is time."""
    for debt in debts:
        wait = min(AGAIN_SECONDS_FIRST << min(debt.deposits, 16), AGAIN_SECONDS_MAX)
        db.execute(
            "UPDATE outbox SET state = 'held', deposits = deposits + 1, again_at = ?"  # noqa: S608
            f" WHERE recipient = ? AND seq = ? AND {_UNDELIVERED}",
            (now + wait, debt.recipient, debt.seq),
        )


def postpone(db: Transaction, recipient: PublicKey, next_at: int) -> None:
    """She could not be reached: try everything for her again at `next_at` (Unix seconds)."""
    db.execute(
        "UPDATE outbox SET attempts = attempts + 1, next_at = ? WHERE recipient = ?"  # noqa: S608
        f" AND {_UNDELIVERED}",
        (next_at, recipient),
    )


def postpone_order(db: Transaction, recipient: PublicKey, order: OrderId, next_at: int) -> None:
    """She cannot take what belongs to `order` yet: try that again at `next_at`."""
    db.execute(
        "UPDATE outbox SET attempts = attempts + 1, next_at = ? WHERE recipient = ? AND trade = ?"  # noqa: S608
        f" AND {_UNDELIVERED}",
        (next_at, recipient, order),
    )


def hasten_at(db: Transaction, peer: bytes, now: int) -> bool:
    """The device `peer` is here: everything is due for whoever says that it is hers.

    However many say so: only those to whom something is owed are looked at.
    """
    cursor = db.execute(
        f"UPDATE outbox SET next_at = :now WHERE {_UNDELIVERED} AND EXISTS"  # noqa: S608
        " (SELECT 1 FROM presence WHERE person = outbox.recipient AND presence.peer = :peer"
        "  AND expires_at > :now)",
        {"now": now, "peer": peer},
    )
    return cursor.rowcount > 0


def hasten(db: Transaction, recipient: PublicKey, now: int) -> bool:
    """She is back: everything for her is due at `now`. False where there is nothing."""
    cursor = db.execute(
        f"UPDATE outbox SET next_at = ? WHERE recipient = ? AND {_UNDELIVERED}",  # noqa: S608
        (now, recipient),
    )
    return cursor.rowcount > 0


# --- what is shown -----------------------------------------------------------------------------


def deliveries(db: Transaction, seq: int) -> list[Delivery]:
    """To whom the entry `seq` is owed, and how far it has come to each."""
    rows = db.execute(
        "SELECT recipient, state, code FROM outbox WHERE trade ="
        " (SELECT slot FROM record WHERE seq = :seq) AND seq = :seq ORDER BY recipient",
        {"seq": seq},
    )
    return [
        Delivery(recipient=PublicKey(recipient), state=State(state), code=code)
        for recipient, state, code in rows
    ]


def recipients(db: Transaction, order: OrderId) -> list[PublicKey]:
    """To whom something of `order` is, or was, owed."""
    rows = db.execute("SELECT DISTINCT recipient FROM outbox WHERE trade = ?", (order,))
    return [PublicKey(recipient) for (recipient,) in rows]


def waiting(db: Transaction) -> list[tuple[PublicKey, OrderId]]:
    """(recipient, order) of all that is under way."""
    rows = db.execute(f"SELECT DISTINCT recipient, trade FROM outbox WHERE {_UNDELIVERED}")  # noqa: S608
    return [(PublicKey(recipient), OrderId(trade)) for recipient, trade in rows]


def undelivered(db: Transaction, order: OrderId) -> list[int]:
    """The seq of each entry that somebody does not have yet."""
    rows = db.execute(
        f"SELECT DISTINCT seq FROM outbox WHERE trade = ? AND {_UNDELIVERED} ORDER BY seq",  # noqa: S608
        (order,),
    )
    return [seq for (seq,) in rows]


def count(db: Transaction) -> int:
    (number,) = db.execute(f"SELECT count(*) FROM outbox WHERE {_UNDELIVERED}").fetchone()  # noqa: S608
    return int(number)
