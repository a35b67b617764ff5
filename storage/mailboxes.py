"""Who keeps letters for whom, as people say; and the letters that we keep ourselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from goodword.crypto.keys import PublicKey
from goodword.protocol import mailbox as mailboxes
from goodword.protocol.letter import EnvelopeId
from goodword.protocol.record import Record

from .database import Transaction

# --- what people say ---------------------------------------------------------------------------


def index(db: Transaction, record: Record) -> None:
    unindex(db, record)
    hosts = mailboxes.read(record).hosts
    db.executemany(
        "INSERT INTO mailbox (person, place, host) VALUES (?, ?, ?)",
        [(record.author, place, host) for place, host in enumerate(hosts)],
    )


def unindex(db: Transaction, record: Record) -> None:
    db.execute("DELETE FROM mailbox WHERE person = ?", (record.author,))


def hosts(db: Transaction, person: PublicKey) -> list[PublicKey]:
    """Who keeps letters for `person`, by her own word; whom to ask first comes first."""
    rows = db.execute("SELECT host FROM mailbox WHERE person = ? ORDER BY place", (person,))
    return [PublicKey(host) for (host,) in rows]


# --- those for whom we keep letters ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    person: PublicKey
    quota_bytes: int
    letters: int
    bytes: int
    oldest_at: int | None
    """Unix seconds, when the oldest letter came; None without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What is taken of a guest's quota."""

    bytes: int
    of_depositor: int
    """Of these, bytes of one peer's."""


def welcome(db: Transaction, person: PublicKey, quota_bytes: int) -> None:
    """Keep letters for `person` from now on, or keep more or fewer."""
    db.execute(
        "INSERT INTO guest (person, quota_bytes) VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET quota_bytes = excluded.quota_bytes",
        (person, quota_bytes),
    )


def evict(db: Transaction, person: PublicKey) -> bool:
    """Keep nothing for `person` any more; False where nothing was."""
    return db.execute("DELETE FROM guest WHERE person = ?", (person,)).rowcount == 1


def quota(db: Transaction, person: PublicKey) -> int | None:
    """Bytes that we keep for `person`; None where she is no guest of ours."""
    row = db.execute("SELECT quota_bytes FROM guest WHERE person = ?", (person,)).fetchone()
    return int(row[0]) if row else None


def guests(db: Transaction) -> list[Guest]:
    """In the order of their keys."""
    rows = db.execute(
        "SELECT guest.person, quota_bytes, count(seq), coalesce(sum(length(bytes)), 0),"
        " min(came_at) FROM guest LEFT JOIN kept_letter USING (person)"
        " GROUP BY guest.person ORDER BY guest.person"
    )
    return [
        Guest(
            person=PublicKey(person),
            quota_bytes=quota_bytes,
            letters=letters,
            bytes=size,
            oldest_at=oldest_at,
        )
        for person, quota_bytes, letters, size, oldest_at in rows
    ]


# --- their letters -----------------------------------------------------------------------------


def has(db: Transaction, letter: EnvelopeId) -> bool:
    return db.execute("SELECT 1 FROM kept_letter WHERE id = ?", (letter,)).fetchone() is not None


def keep(
    db: Transaction,
    person: PublicKey,
    letter: EnvelopeId,
    data: bytes,
    depositor: str,
    now: int,
    *,
    is_stranger: bool,
) -> None:
    """Keep the envelope `data` for a guest; it must not be here yet."""
    db.execute(
        "INSERT INTO kept_letter (id, person, depositor, is_stranger, came_at, bytes)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (letter, person, depositor, is_stranger, now, data),
    )


def room(db: Transaction, person: PublicKey, depositor: str) -> Room:
    row = db.execute(
        "SELECT coalesce(sum(length(bytes)), 0),"
        " coalesce(sum(length(bytes)) FILTER (WHERE depositor = ?), 0)"
        " FROM kept_letter WHERE person = ?",
        (depositor, person),
    ).fetchone()
    return Room(bytes=row[0], of_depositor=row[1])


def drop_strangers(db: Transaction, person: PublicKey, wanted: int) -> int:
    """Make room: drop the oldest letters of strangers until `wanted` bytes are free.

    How many bytes were freed; fewer than wanted, where strangers left no more.
    """
    freed = 0
    rows = db.execute(
        "SELECT seq, length(bytes) FROM kept_letter WHERE person = ? AND is_stranger ORDER BY seq",
        (person,),
    ).fetchall()
    for seq, size in rows:
        if freed >= wanted:
            break
        db.execute("DELETE FROM kept_letter WHERE seq = ?", (seq,))
        freed += size
    return freed


def page(
    db: Transaction, person: PublicKey, letters_max: int, bytes_max: int
) -> tuple[list[bytes], bool]:
    """(the oldest envelopes for `person`, at least one if there is any; whether they are all)."""
    rows = db.execute(
        "SELECT bytes FROM kept_letter WHERE person = ? ORDER BY seq LIMIT ?",
        (person, letters_max + 1),
    )
    found: list[bytes] = []
    size = 0
    for (data,) in rows:
        size += len(data)
        if found and (size > bytes_max or len(found) == letters_max):
            return found, False
        found.append(data)
    return found, True


def discard(db: Transaction, person: PublicKey, letters: Sequence[EnvelopeId]) -> None:
    """She has them. What is another's stays."""
    db.executemany(
        "DELETE FROM kept_letter WHERE id = ? AND person = ?", [(each, person) for each in letters]
    )


def expire(db: Transaction, before: int) -> None:
    """Drop what came before `before` (Unix seconds)."""
    db.execute("DELETE FROM kept_letter WHERE came_at < ?", (before,))
