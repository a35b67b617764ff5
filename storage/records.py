"""The heap of accepted records, in the order of arrival, and which of them stands for each slot."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import bounds, listing
from goodword.protocol.errors import Refusal
from goodword.protocol.kinds import PUBLIC_KINDS
from goodword.protocol.record import Record, RecordId, Slot, parse
from goodword.protocol.slots import Standing

from .database import Transaction

PAGE_ROWS: Final = 500
"""Read at once by who reads the whole heap: some 300 KB."""

LOOKED_UP: Final = 64
"""Records asked for by one statement: that takes half the time of one each, and 2 MB at most."""

_PUBLIC: Final = ", ".join(f"'{name}'" for name in PUBLIC_KINDS)


def put(db: Transaction, record: Record, data: bytes, now: int) -> int:
    """Keep `record`, whose wire form is `data`; the number of its arrival. `now`: our clock."""
    ((_, seq),) = put_all(db, [(record, data)], now)
    return seq


def put_all(
    db: Transaction, came: Sequence[tuple[Record, bytes]], now: int
) -> list[tuple[Record, int]]:
    """As `put` each, in this order; each with the number of its arrival."""
    arrived = list(enumerate(came, start=last(db) + 1))
    db.executemany(
        "INSERT INTO record (seq, id, kind, author, slot, revision, made_at, came_at, bytes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                seq,
                each.id,
                each.kind,
                each.author,
                each.slot,
                each.revision,
                each.made_at,
                now,
                data,
            )
            for seq, (each, data) in arrived
        ],
    )
    return [(each, seq) for seq, (each, _) in arrived]


# As the index is made, or SQLite would not use it.
_HAS_ID: Final = "substr(id, 1, 8) = substr(:id, 1, 8) AND id = :id"


def has(db: Transaction, record_id: RecordId) -> bool:
    return seq_of(db, record_id) is not None


def get(db: Transaction, record_id: RecordId) -> Record | None:
    row = db.execute(f"SELECT bytes FROM record WHERE {_HAS_ID}", {"id": record_id}).fetchone()  # noqa: S608
    return stored(row[0]) if row else None


def seq_of(db: Transaction, record_id: RecordId) -> int | None:
    row = db.execute(f"SELECT seq FROM record WHERE {_HAS_ID}", {"id": record_id}).fetchone()  # noqa: S608
    return int(row[0]) if row else None


def is_here(db: Transaction, seq: int) -> bool:
    return db.execute("SELECT 1 FROM record WHERE seq = ?", (seq,)).fetchone() is not None


def seq(db: Transaction, record_id: RecordId) -> int:
    """As `seq_of`, of a record that must be here."""
    found = seq_of(db, record_id)
    assert found is not None, "it is in the heap"
    return found


def at(db: Transaction, seq: int) -> Record:
    """The record that came `seq`-th, which must be here."""
    (data,) = db.execute("SELECT bytes FROM record WHERE seq = ?", (seq,)).fetchone()
    return stored(data)


def place_at(db: Transaction, seq: int) -> bounds.Place:
    """Where in the order of reconciliation the record is that came `seq`-th, which is here."""
    made_at, record_id = db.execute(
        "SELECT made_at, id FROM record WHERE seq = ?", (seq,)
    ).fetchone()
    return bounds.place(made_at, RecordId(record_id))


def of_order(db: Transaction, slot: bytes) -> list[Record]:
    """Every entry of the order `slot`, in the order in which they came."""
    rows = db.execute(
        "SELECT bytes FROM record WHERE slot = ? AND kind = 'order' ORDER BY seq", (slot,)
    )
    return [stored(data) for (data,) in rows]


def size(db: Transaction, seq: int) -> int:
    """Bytes of the record that came `seq`-th, which must be here."""
    (found,) = db.execute("SELECT length(bytes) FROM record WHERE seq = ?", (seq,)).fetchone()
    return int(found)


def drop(db: Transaction, seq: int) -> int:
    """Forget the record that came `seq`-th, which no view shows any more; how many bytes it had.

    Never the last that came: its number would be given again, and be another record's.
    """
    freed = size(db, seq)
    db.execute("DELETE FROM record WHERE seq = ?", (seq,))
    return freed


def last(db: Transaction) -> int:
    """The number of the last arrival; 0 before the first."""
    (found,) = db.execute("SELECT coalesce(max(seq), 0) FROM record").fetchone()
    return int(found)


def starting_with(db: Transaction, first: bytes, last: bytes, limit: int = 2) -> list[RecordId]:
    """At most `limit` ids between `first` and `last`, both included."""
    rows = db.execute(
        "SELECT id FROM record WHERE substr(id, 1, 8) BETWEEN substr(:first, 1, 8) AND"
        " substr(:last, 1, 8) AND id BETWEEN :first AND :last LIMIT :limit",
        {"first": first, "last": last, "limit": limit},
    )
    return [RecordId(each) for (each,) in rows]


def everything(db: Transaction) -> Iterator[tuple[int, Record]]:
    """(seq, record) of the whole heap, in the order of arrival."""
    at = 0
    # Not one statement: while it ran SQLite would refuse to drop a table, such as a chapter.
    while rows := db.execute(
        "SELECT seq, bytes FROM record WHERE seq > ? ORDER BY seq LIMIT ?", (at, PAGE_ROWS)
    ).fetchall():
        for at, data in rows:  # where the next page begins
            yield at, stored(data)


def count(db: Transaction) -> dict[str, int]:
    """How many records of each kind."""
    return dict(db.execute("SELECT kind, count(*) FROM record GROUP BY kind ORDER BY kind"))


def stored(data: bytes) -> Record:
    """The record in bytes of our own heap.

    Raises sqlite3.DatabaseError, as SQLite does on a damaged page, where they are none any more.
    """
    try:
        return parse(data)
    except Refusal as refusal:
        raise sqlite3.DatabaseError(f"malformed record in the heap: {refusal}") from refusal


# --- what stands -------------------------------------------------------------------------------


def standing(db: Transaction, record: Record) -> tuple[Standing, int] | None:
    """What stands for the slot of `record`, and its seq."""
    row = db.execute(
        "SELECT id, standing.revision, is_withdrawn, is_forked, seq FROM standing"  # noqa: S608
        f" JOIN record USING (seq) WHERE {_is_in_slot(record.kind)}",
        {"author": record.author, "kind": record.kind, "slot": record.slot},
    ).fetchone()
    if row is None:
        return None
    record_id, revision, is_withdrawn, is_forked, seq = row
    return Standing(RecordId(record_id), revision, bool(is_withdrawn), bool(is_forked)), seq


def standing_listings(db: Transaction, slots: Collection[Slot]) -> set[Slot]:
    """Those of `slots` for which a listing stands, or its withdrawal; at most 500."""
    rows = db.execute(
        "SELECT slot FROM standing WHERE kind = 'listing'"  # noqa: S608  # our own words
        f" AND slot IN ({', '.join('?' * len(slots))})",
        (*slots,),
    )
    return {Slot(slot) for (slot,) in rows}


# Two functions and not one upsert: SQLite guards that with a savepoint, at which FTS5 writes out
# the words of the transaction so far. A segment for every record took twice the time of all else.


def stand_first(db: Transaction, arrived: Iterable[tuple[Record, int]]) -> None:
    """From now on each of these, which came as this number, stands for its slot, where nothing
    stood until now."""
    db.executemany(
        "INSERT INTO standing (seq, kind, slot, author, revision, is_withdrawn, is_forked)"
        " VALUES (?, ?, ?, ?, ?, ?, FALSE)",
        [
            (seq, each.kind, each.slot, each.author, each.revision, each.is_withdrawal)
            for each, seq in arrived
        ],
    )


def stand_next(db: Transaction, record: Record, seq: int, *, is_forked: bool) -> None:
    """From now on `record` stands for its slot, instead of another one."""
    db.execute(
        "UPDATE standing SET seq = :seq, revision = :revision,"  # noqa: S608  # our own words
        f" is_withdrawn = :is_withdrawn, is_forked = :is_forked WHERE {_is_in_slot(record.kind)}",
        {
            "author": record.author,
            "kind": record.kind,
            "slot": record.slot,
            "seq": seq,
            "revision": record.revision,
            "is_withdrawn": record.is_withdrawal,
            "is_forked": is_forked,
        },
    )


def _is_in_slot(kind: str) -> str:
    """The condition, as the index for `kind` is made: it holds for one row at most."""
    if kind == listing.KIND:
        return "standing.kind = 'listing' AND standing.slot = :slot"
    return (
        "standing.kind <> 'listing' AND standing.author = :author AND standing.kind = :kind"
        " AND standing.slot = :slot"
    )


def note_fork(db: Transaction, record: Record, one: int, other: int) -> None:
    """Keep the proof that the author said two things at one revision; the first proof stays."""
    key = {"author": record.author, "kind": record.kind, "slot": record.slot}
    db.execute(
        "INSERT INTO fork (author, kind, slot, revision, one, other)"
        " VALUES (:author, :kind, :slot, :revision, :one, :other) ON CONFLICT DO NOTHING",
        {**key, "revision": record.revision, "one": one, "other": other},
    )
    db.execute(
        f"UPDATE standing SET is_forked = 1 WHERE {_is_in_slot(record.kind)}",  # noqa: S608
        key,
    )


def is_evidence(db: Transaction, seq: int) -> bool:
    """Whether the record proves that its author said two things at one revision."""
    row = db.execute(
        "SELECT EXISTS (SELECT 1 FROM fork WHERE one = :seq OR other = :seq)", {"seq": seq}
    ).fetchone()
    return bool(row[0])


def of_slot(db: Transaction, author: PublicKey, kind: str, slot: Slot) -> list[int]:
    """The seqs of what stands for the slot, and of what proves two things at once in it."""
    rows = db.execute(
        f"SELECT seq FROM standing WHERE {_is_in_slot(kind)}"  # noqa: S608  # our own words
        " UNION SELECT one FROM fork WHERE author = :author AND kind = :kind AND slot = :slot"
        " UNION SELECT other FROM fork WHERE author = :author AND kind = :kind AND slot = :slot"
        " ORDER BY 1",
        {"author": author, "kind": kind, "slot": slot},
    )
    return [int(seq) for (seq,) in rows]


def stand_no_more(db: Transaction, author: PublicKey, kind: str, slot: Slot) -> None:
    """Nothing stands for the slot any more, nor proves anything of it."""
    key = {"author": author, "kind": kind, "slot": slot}
    db.execute("DELETE FROM fork WHERE author = :author AND kind = :kind AND slot = :slot", key)
    db.execute(f"DELETE FROM standing WHERE {_is_in_slot(kind)}", key)  # noqa: S608


def forks(db: Transaction, author: PublicKey) -> list[tuple[RecordId, RecordId]]:
    """The pairs of records with which `author` said two things at once."""
    rows = db.execute(
        "SELECT a.id, b.id FROM fork JOIN record a ON a.seq = one JOIN record b ON b.seq = other"
        " WHERE fork.author = ?",
        (author,),
    )
    return [(RecordId(one), RecordId(other)) for one, other in rows]


def revision(db: Transaction, author: PublicKey, kind: str, slot: Slot) -> int:
    """The revision that stands; 0 where there is none, so that the next is 1."""
    row = db.execute(
        f"SELECT revision FROM standing WHERE {_is_in_slot(kind)}",  # noqa: S608  # our own words
        {"author": author, "kind": kind, "slot": slot},
    ).fetchone()
    return int(row[0]) if row else 0


def current(db: Transaction, author: PublicKey, kind: str, slot: Slot) -> Record | None:
    """The record that stands, withdrawals included."""
    row = db.execute(
        "SELECT bytes FROM standing JOIN record USING (seq)"  # noqa: S608  # our own words
        f" WHERE {_is_in_slot(kind)}",
        {"author": author, "kind": kind, "slot": slot},
    ).fetchone()
    return stored(row[0]) if row else None


# --- catch-up ----------------------------------------------------------------------------------


def offered(db: Transaction) -> list[bounds.Place]:
    """Where in the order of reconciliation is what we hand to others: what stands, and evidence."""
    rows = db.execute(
        "SELECT made_at, id FROM record WHERE seq IN ("  # noqa: S608  # our own words
        " SELECT seq FROM standing UNION SELECT one FROM fork UNION SELECT other FROM fork"
        f") AND kind IN ({_PUBLIC})"
    )
    return sorted(bounds.place(made_at, RecordId(each)) for made_at, each in rows)


def lacking(db: Transaction, ids: Sequence[RecordId]) -> list[RecordId]:
    """Those of `ids` that are not here."""
    return [each for each in ids if not has(db, each)]


def public_bytes(db: Transaction, ids: Sequence[RecordId]) -> Iterator[bytes | None]:
    """The wire forms of records that may be handed to anybody, in this order; None of others."""
    for n in range(0, len(ids), LOOKED_UP):
        some = ids[n : n + LOOKED_UP]
        rows = db.execute(
            "SELECT id, bytes FROM record"  # noqa: S608  # our own words
            f" WHERE substr(id, 1, 8) IN ({', '.join('?' * len(some))}) AND kind IN ({_PUBLIC})",
            [each[:8] for each in some],
        )
        found: dict[RecordId, bytes] = dict(rows)
        yield from map(found.get, some)


def listings_at(db: Transaction, ids: Sequence[RecordId]) -> list[tuple[Slot, int]]:
    """Of those of `ids` that are listings: which, and at which revision."""
    found: list[tuple[Slot, int]] = []
    for each in ids:
        row = db.execute(
            f"SELECT slot, revision FROM record WHERE {_HAS_ID} AND kind = 'listing'",  # noqa: S608
            {"id": each},
        ).fetchone()
        if row:
            found.append((Slot(row[0]), int(row[1])))
    return found


def newer_listing(db: Transaction, slot: Slot, revision: int) -> bytes | None:
    """The wire form of what stands for a listing, withdrawn or not, if it came after `revision`."""
    row = db.execute(
        "SELECT bytes FROM standing JOIN record USING (seq) WHERE standing.kind = 'listing'"
        " AND standing.slot = ? AND standing.revision > ?",
        (slot, revision),
    ).fetchone()
    return bytes(row[0]) if row else None
