"""All that is in a database, as values that can be compared."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from goodword.storage import chapters
from goodword.storage.database import Database, Transaction
from goodword.storage.views import VIEWS

Row: TypeAlias = tuple[object, ...]
Dump: TypeAlias = dict[str, list[Row]]

_ARRIVALS: Final = frozenset({"seq", "one", "other"})
"""Columns that number arrivals; `trade.other` is a key, and no number."""

_PEOPLE: Final = frozenset({"rater", "subject"})
"""Columns that number people."""

WORDS: Final = "listing_words"

_CHAPTER: Final = re.compile(rf"{WORDS}_\d+")

_MARKS: Final = ("\ue000", "\ue001", "\ue002")


def everything(database: Database) -> Dump:
    """Every row of every table, SQLite's own of the full text included."""
    with database.reading() as db:
        return {name: _rows(db, name) for name in _tables(db)}


def views(database: Database) -> Dump:
    """The views, words included. Arrivals appear as the ids of what came, people as their keys.

    So two databases that learned the same in another order look the same.
    """
    with database.reading() as db:
        ids = dict[object, object](db.execute("SELECT seq, id FROM record").fetchall())
        keys = dict[object, object](db.execute("SELECT id, key FROM person").fetchall())
        shown = [name for name in VIEWS if name != "person"]  # numbers that were given out, no more
        dump = {name: _by_id(db, name, ids, keys) for name in shown}
        dump[WORDS] = sorted(((ids[doc], *rest) for doc, *rest in _words(db)), key=repr)
        return dump


def words(database: Database) -> set[str]:
    """Every word that the index knows, but for marks."""
    with database.reading() as db:
        return {word for _, term, *_ in _words(db) if not (word := str(term)).startswith(_MARKS)}


def _tables(db: Transaction) -> list[str]:
    rows = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    return [name for (name,) in rows if not _CHAPTER.fullmatch(name)]


def _rows(db: Transaction, name: str) -> list[Row]:
    return sorted(db.execute(f"SELECT * FROM {name}").fetchall(), key=repr)


def _by_id(
    db: Transaction, name: str, ids: dict[object, object], keys: dict[object, object]
) -> list[Row]:
    cursor = db.execute(f"SELECT * FROM {name}")
    columns = [column for column, *_ in cursor.description]
    rows = (
        tuple(_told(column, value, ids, keys) for column, value in zip(columns, row, strict=True))
        for row in cursor.fetchall()
    )
    return sorted(rows, key=repr)


def _told(
    column: str, value: object, ids: dict[object, object], keys: dict[object, object]
) -> object:
    if column in _ARRIVALS and isinstance(value, int):
        return ids[value]
    return keys[value] if column in _PEOPLE else value


def _words(db: Transaction) -> list[Row]:
    """(rowid, word, column, position): a contentless index shows only this of itself."""
    found: list[Row] = []
    for name in chapters.tables(db):
        db.execute(f"CREATE VIRTUAL TABLE temp.dump USING fts5vocab(main, {name}, instance)")
        found += db.execute("SELECT doc, term, col, offset FROM temp.dump")
        db.execute("DROP TABLE temp.dump")
    return found
