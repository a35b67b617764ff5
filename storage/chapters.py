"""The index of words of what is for sale, in chapters: one for each 32,768 arrivals.

FTS5 looks at every listing that has a word before it tells the first: to count them, for bm25, and
to bring those of all words with one beginning into order. So a search goes through one chapter
after the other, the newest first, until it has found enough. Each is a table of its own, which is
made when something of it comes. One of which nothing is left is over, and not asked any more: its
empty table stays until all is made anew, since SQLite drops none while anything is being read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple

from .database import Transaction

ARRIVALS: Final = 32_768
"""In a chapter. The commonest beginning of a word takes 8 ms in one; to ask one more for a word
that is rare, a tenth of a millisecond."""

MERGES: Final = 3
"""How often a page of a chapter is written again: once a level."""

SEQ_MAX: Final = 2**63 - 1
"""No arrival has this number: SQLite's largest."""


class Words(NamedTuple):
    """What the index knows of a listing: each as the tokenizer is to see it."""

    title: str
    categories: str
    text: str
    marks: str
    """Words that nobody can type, by which listings are told apart."""


_COLUMNS: Final = ", ".join(Words._fields)
_PLACES: Final = ", ".join("?" * len(Words._fields))


def numbers(db: Transaction, before: int = SEQ_MAX) -> list[int]:
    """The chapters that there are, the newest first; of what came before that arrival."""
    rows = db.execute(
        "SELECT number FROM chapter WHERE number <= ? AND NOT is_over ORDER BY number DESC",
        ((before - 1) // ARRIVALS,),
    )
    return [int(number) for (number,) in rows]


def table(number: int) -> str:
    """Its name in SQL."""
    return f"listing_words_{number}"


def tables(db: Transaction) -> list[str]:
    """The names of all, the newest first."""
    return [table(number) for number in numbers(db)]


def arrivals(number: int) -> range:
    return range(number * ARRIVALS, (number + 1) * ARRIVALS)


def put(db: Transaction, arrived: Iterable[tuple[int, Words]]) -> None:
    """The listings that came as these numbers, one after the other."""
    for number, some in groupby(arrived, key=lambda each: each[0] // ARRIVALS):
        rows = [(seq, *words) for seq, words in some]
        insert = _insert(number)
        try:
            db.executemany(insert, rows)
        except sqlite3.OperationalError:  # one in 32,768 begins a chapter
            if db.execute("SELECT 1 FROM chapter WHERE number = ?", (number,)).fetchone():
                raise
            _begin(db, number)
            db.executemany(insert, rows)


def take_out(db: Transaction, seq: int, words: Words) -> None:
    """Forget the listing `seq`, of which exactly `words` were put in; after its row has gone."""
    number = seq // ARRIVALS
    name, came = table(number), arrivals(number)
    # A contentless index forgets a row only when told what was in it.
    db.execute(
        f"INSERT INTO {name} ({name}, rowid, {_COLUMNS}) VALUES ('delete', ?, {_PLACES})",  # noqa: S608
        (seq, *words),
    )
    left = db.execute(
        "SELECT 1 FROM listing WHERE seq >= ? AND seq < ? LIMIT 1", (came.start, came.stop)
    )
    if left.fetchone():
        db.execute("UPDATE chapter SET removed = removed + 1 WHERE number = ?", (number,))
    else:
        _end(db, number)


def merge(db: Transaction, changed: int) -> None:
    """Merge segments of the chapters that a transaction changed, as many pages as are due: in the
    newest for `changed` listings, in each other for those that were taken out of it."""
    rows = db.execute(
        "SELECT number, removed FROM chapter"
        " WHERE removed > 0 OR number = (SELECT max(number) FROM chapter)"
        " ORDER BY number DESC"
    ).fetchall()
    for place, (number, removed) in enumerate(rows):
        # Each transaction leaves a segment: about one page, and one for every eight listings. On
        # its way through the levels of the index each page is written again MERGES times.
        pages = MERGES * (1 + (removed if place else changed) // 8)
        name = table(number)
        db.execute(f"INSERT INTO {name} ({name}, rank) VALUES ('merge', ?)", (pages,))  # noqa: S608
        if removed:
            db.execute("UPDATE chapter SET removed = 0 WHERE number = ?", (number,))


def empty(db: Transaction) -> None:
    """Forget all of them."""
    for (number,) in db.execute("SELECT number FROM chapter").fetchall():
        db.execute(f"DROP TABLE {table(number)}")
    db.execute("DELETE FROM chapter")


@lru_cache(1)  # it is asked for the same again and again
def _insert(number: int) -> str:
    return f"INSERT INTO {table(number)} (rowid, {_COLUMNS}) VALUES (?, {_PLACES})"  # noqa: S608


def _begin(db: Transaction, number: int) -> None:
    name = table(number)
    # Contentless: the text is in the heap already.
    db.execute(
        f"CREATE VIRTUAL TABLE {name} USING fts5 ({_COLUMNS},"
        " content = '', tokenize = 'unicode61 remove_diacritics 2')"
    )
    # Merge 16 segments at a time: fewer would write every word about twice as often. And not by
    # itself: a commit that comes after a flood would do the flood's work. `merge` does each's own.
    for option, value in (("automerge", 0), ("usermerge", 16), ("crisismerge", 256)):
        db.execute(f"INSERT INTO {name} ({name}, rank) VALUES (?, ?)", (option, value))  # noqa: S608
    db.execute("INSERT INTO chapter (number) VALUES (?)", (number,))


def _end(db: Transaction, number: int) -> None:
    """Nothing of it is left, and nothing more can come, unless it is the newest."""
    name = table(number)
    db.execute(f"INSERT INTO {name} ({name}) VALUES ('delete-all')")  # noqa: S608
    db.execute(
        "UPDATE chapter SET removed = 0, is_over = number < (SELECT max(number) FROM chapter)"
        " WHERE number = ?",
        (number,),
    )
