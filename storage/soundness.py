"""Is the database what it should be: its references, and its views against the heap."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from . import chapters
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
    found["listing_words"] = _told(_words(db))
    return found


def _words(db: Transaction) -> Iterator[object]:
    # The index keeps no text: its words are read through tables that are made for this alone.
    for name in chapters.tables(db):
        db.execute(f"CREATE VIRTUAL TABLE temp.term USING fts5vocab (main, {name}, instance)")
        yield from db.execute('SELECT term, doc, col, "offset" FROM temp.term ORDER BY 1, 2, 3, 4')
        db.execute("DROP TABLE temp.term")


def _fingerprint(db: Transaction, select: str) -> Fingerprint:
    return _told(db.execute(select))


def _told(rows: Iterable[object]) -> Fingerprint:
    number, digest = 0, hashlib.sha256()
    for row in rows:
        number += 1
        digest.update(repr(row).encode())
    return Fingerprint(rows=number, digest=digest.digest())


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
