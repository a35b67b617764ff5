"""Is the database what it should be: its references, and its views against the heap."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from .database import Transaction
from .views import VIEWS


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What a view holds: two views with one fingerprint are the same."""

    rows: int
    digest: bytes


def broken_references(db: Transaction) -> list[str]:
    """The tables with rows that refer to records that are not there."""
    found = {table for table, *_ in db.execute("PRAGMA foreign_key_check")}
    return sorted(found)


def fingerprints(db: Transaction) -> dict[str, Fingerprint]:
    """Of every view, and of the index of words. Reads all of them, row by row."""
    found = {name: _fingerprint(db, _select(db, name)) for name in VIEWS}
    # The index keeps no text: its words are read through a table that is made for this alone.
    db.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.term"
        " USING fts5vocab ('main', 'listing_words', 'instance')"
    )
    found["listing_words"] = _fingerprint(
        db, 'SELECT term, doc, col, "offset" FROM temp.term ORDER BY 1, 2, 3, 4'
    )
    db.execute("DROP TABLE temp.term")
    return found


def _fingerprint(db: Transaction, select: str) -> Fingerprint:
    rows, digest = 0, hashlib.sha256()
    for row in db.execute(select):
        rows += 1
        digest.update(repr(row).encode())
    return Fingerprint(rows=rows, digest=digest.digest())


def _select(db: Transaction, view: str) -> str:
    """All of a view, in the order of its key: which of two equal views was filled first is no
    difference. Nor are the numbers that people were given: what was superseded may have named
    them first, and has left."""
    if view == "person":
        return f"SELECT key FROM person WHERE id IN ({_NUMBERED}) ORDER BY key"  # noqa: S608
    columns: list[tuple[int, str, str, int, object, int]]
    columns = db.execute(f"PRAGMA table_info ({view})").fetchall()
    shown = [_SHOWN.get(name, name) for _, name, *_ in columns]
    key = [_SHOWN.get(name, name) for _, name, _, _, _, is_key in columns if is_key]
    return f"SELECT {', '.join(shown)} FROM {view} ORDER BY {', '.join(key)}"  # noqa: S608


_SHOWN: Final = {
    "rater": "(SELECT key FROM person WHERE id = rater)",
    "subject": "(SELECT key FROM person WHERE id = subject)",
}
"""A number of a person as a key, which is the same in every database."""

_NUMBERED: Final = (
    "SELECT rater FROM endorsement UNION SELECT subject FROM endorsement"
    " UNION SELECT rater FROM opinion UNION SELECT subject FROM opinion"
)
