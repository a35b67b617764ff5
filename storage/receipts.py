"""What became of the entries that were brought to us, until those who sent them know it.

One row for each (sender, entry). What we keep stays, so that a look at the order can be told
with the token of the letter; what we refuse leaves once it was said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol.contract import OrderId
from goodword.protocol.letter import Fate
from goodword.protocol.limits import LETTER_RECORDS_MAX
from goodword.protocol.record import RecordId

from .database import Transaction
from .outbox import WAIT_SECONDS_MAX

REFUSED_MAX: Final = 256
"""Refusals that wait to be told. Anybody can cause one, in anybody's name: the oldest give way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One receipt that is to be sent."""

    sender: PublicKey
    token: bytes
    fate: Fate
    code: str
    ids: Sequence[RecordId]
    """For a refusal, the entry that it is about."""
    attempts: int


def note(
    db: Transaction,
    sender: PublicKey,
    order: OrderId,
    token: bytes,
    ids: Sequence[RecordId],
    *,
    told_at: int | None,
) -> None:
    """The entries `ids` that `sender` brought are kept.

    `told_at`: he is to be told from then on (Unix seconds); None where he is told already.
    """
    db.executemany(
        "INSERT INTO receipt (sender, record, trade, token, fate, code, next_at)"
        " VALUES (:sender, :record, :trade, :token, 'kept', '', :at)"
        " ON CONFLICT DO UPDATE SET token = excluded.token, code = '',"
        " fate = CASE fate WHEN 'read' THEN 'read' ELSE 'kept' END,"
        " next_at = coalesce(excluded.next_at, next_at)",
        [
            {"sender": sender, "record": each, "trade": order, "token": token, "at": told_at}
            for each in ids
        ],
    )


def note_refused(
    db: Transaction,
    sender: PublicKey,
    order: OrderId,
    token: bytes,
    record: RecordId,
    code: str,
    now: int,
) -> None:
    """`record`, which `sender` left at a mailbox, is refused: he is to be told."""
    db.execute(
        "INSERT INTO receipt (sender, record, trade, token, fate, code, next_at)"
        " VALUES (?, ?, ?, ?, 'refused', ?, ?)"
        " ON CONFLICT DO UPDATE SET token = excluded.token, code = excluded.code,"
        " next_at = excluded.next_at WHERE fate = 'refused'",
        (sender, record, order, token, code, now),
    )
    db.execute(
        "DELETE FROM receipt WHERE fate = 'refused' AND (sender, record) NOT IN (SELECT sender,"
        " record FROM receipt WHERE fate = 'refused' ORDER BY next_at DESC LIMIT ?)",
        (REFUSED_MAX,),
    )


def look(db: Transaction, order: OrderId, now: int) -> bool:
    """The owner looks at the order: whoever brought an entry of it is to be told, once for each.

    False where all of them know.
    """
    cursor = db.execute(
        "UPDATE receipt SET fate = 'read', next_at = ?, attempts = 0 WHERE trade = ?"
        " AND fate = 'kept'",
        (now, order),
    )
    return cursor.rowcount > 0


def senders_due(db: Transaction, now: int) -> list[PublicKey]:
    """Whom to tell something at `now` (Unix seconds)."""
    rows = db.execute(
        "SELECT DISTINCT sender FROM receipt WHERE next_at NOT BETWEEN ? AND ?",
        (now + 1, now + WAIT_SECONDS_MAX),
    )
    return [PublicKey(sender) for (sender,) in rows]


def next_at(db: Transaction) -> int | None:
    """Unix seconds of the earliest that is due; None where everybody knows."""
    (at,) = db.execute("SELECT min(next_at) FROM receipt WHERE next_at IS NOT NULL").fetchone()
    return None if at is None else int(at)


def count(db: Transaction) -> int:
    """Entries of which somebody is still to be told."""
    (number,) = db.execute("SELECT count(*) FROM receipt WHERE next_at IS NOT NULL").fetchone()
    return int(number)


def due(db: Transaction, sender: PublicKey) -> list[Due]:
    """What `sender` is to be told: at most LETTER_RECORDS_MAX entries a receipt."""
    rows = db.execute(
        "SELECT token, fate, code, record, attempts FROM receipt WHERE sender = ?"
        " AND next_at IS NOT NULL ORDER BY trade, fate, record",
        (sender,),
    )
    found: dict[tuple[bytes, str, str], list[tuple[bytes, int]]] = {}
    for token, fate, code, record, attempts in rows:
        found.setdefault((token, fate, code), []).append((record, attempts))
    return [
        Due(
            sender=sender,
            token=token,
            fate=Fate(fate),
            code=code,
            ids=[RecordId(record) for record, _ in entries[:LETTER_RECORDS_MAX]],
            attempts=min(attempts for _, attempts in entries),
        )
        for (token, fate, code), entries in found.items()
    ]


def kept(db: Transaction, sender: PublicKey, token: bytes) -> list[RecordId]:
    """What we keep of the letters of one token, at most LETTER_RECORDS_MAX entries."""
    rows = db.execute(
        "SELECT record FROM receipt WHERE sender = ? AND token = ? AND fate <> 'refused' LIMIT ?",
        (sender, token, LETTER_RECORDS_MAX),
    )
    return [RecordId(record) for (record,) in rows]


def told(db: Transaction, receipt: Due, *, is_held: bool) -> None:
    """He has it, or (`is_held`) a host keeps it for him: then he is told again when we meet."""
    for each in receipt.ids:
        db.execute(
            "UPDATE receipt SET next_at = NULL, is_held = ? WHERE sender = ? AND record = ?"
            " AND fate = ?",
            (is_held, receipt.sender, each, receipt.fate.value),
        )
        db.execute(
            "DELETE FROM receipt WHERE sender = ? AND record = ? AND fate = 'refused'"
            " AND next_at IS NULL",
            (receipt.sender, each),
        )


def postpone(db: Transaction, sender: PublicKey, next_at: int) -> None:
    """He could not be reached: try again at `next_at` (Unix seconds)."""
    db.execute(
        "UPDATE receipt SET attempts = attempts + 1, next_at = ? WHERE sender = ?"
        " AND next_at IS NOT NULL",
        (next_at, sender),
    )


def hasten_at(db: Transaction, peer: bytes, now: int) -> bool:
    """The device `peer` is here: tell whoever says that it is his what he may not know yet."""
    cursor = db.execute(
        "UPDATE receipt SET next_at = :now WHERE (next_at IS NOT NULL OR is_held) AND EXISTS"
        " (SELECT 1 FROM presence WHERE person = receipt.sender AND presence.peer = :peer"
        "  AND expires_at > :now)",
        {"now": now, "peer": peer},
    )
    return cursor.rowcount > 0


def hasten(db: Transaction, sender: PublicKey, now: int) -> bool:
    """He is back: as `hasten_at`."""
    cursor = db.execute(
        "UPDATE receipt SET next_at = ? WHERE sender = ? AND (next_at IS NOT NULL OR is_held)",
        (now, sender),
    )
    return cursor.rowcount > 0
