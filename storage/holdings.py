"""How much of the heap is whose: records and bytes of each author, orders left out. A view.

Counted once for each transaction and author, by whoever opened it, and not once a record: the
sum of a page is one row for each of its authors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from goodword.crypto.keys import PublicKey

from .database import Transaction


class Holding(NamedTuple):
    records: int
    bytes: int

    def plus(self, records: int, size: int) -> Holding:
        """With so many more; fewer where negative."""
        return Holding(self.records + records, self.bytes + size)


NOTHING: Final = Holding(0, 0)


def of(db: Transaction, author: PublicKey) -> Holding:
    row = db.execute("SELECT records, bytes FROM holding WHERE author = ?", (author,)).fetchone()
    return Holding(*row) if row else NOTHING


def of_all(db: Transaction) -> Holding:
    """All authors together."""
    row = db.execute("SELECT coalesce(sum(records), 0), coalesce(sum(bytes), 0) FROM holding")
    return Holding(*row.fetchone())


def of_these(db: Transaction, authors: Iterable[PublicKey]) -> Holding:
    """All of `authors` together, each of whom is named once."""
    found = NOTHING
    for each in authors:
        found = found.plus(*of(db, each))
    return found


def put(
    db: Transaction, before: Mapping[PublicKey, Holding], after: Mapping[PublicKey, Holding]
) -> None:
    """Each author who has `before` has `after` from now on; who has nothing leaves the table."""
    new = [(*held, who) for who, held in after.items() if held.records and not before[who].records]
    old = [(*held, who) for who, held in after.items() if held.records and before[who].records]
    # Not one upsert, for the reason that `records.stand` gives.
    db.executemany("INSERT INTO holding (records, bytes, author) VALUES (?, ?, ?)", new)
    db.executemany("UPDATE holding SET records = ?, bytes = ? WHERE author = ?", old)
    if len(new) + len(old) < len(after):
        gone = [(who,) for who, held in after.items() if not held.records]
        db.executemany("DELETE FROM holding WHERE author = ?", gone)


def count_anew(db: Transaction) -> None:
    """Fill the empty view from the heap."""
    db.execute(
        "INSERT INTO holding (author, records, bytes)"
        " SELECT author, count(*), sum(length(bytes)) FROM record WHERE kind <> 'order'"
        " GROUP BY author"
    )
