"""Plain storages to hold ours against: a list, a table of SQL, and one that counts questions."""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from goodword.protocol.bounds import Bound, Place, id_of
from goodword.protocol.fingerprint import fingerprint, total
from goodword.protocol.reconcile import Storage


class PlainVector:
    def __init__(self, places: Sequence[Place]) -> None:
        self._places = places

    def size(self) -> int:
        return len(self._places)

    def at(self, index: int) -> Place:
        return self._places[index]

    def fingerprint(self, begin: int, end: int) -> bytes:
        ids = [int.from_bytes(id_of(each), "little") for each in self._places[begin:end]]
        return fingerprint(sum(ids), len(ids))

    def find_lower_bound(self, bound: Bound) -> int:
        return bisect_left(self._places, bound)

    def iterate(self, begin: int, end: int) -> Iterator[Place]:
        return iter(self._places[begin:end])


class SqlTable:
    """What SQLite can say of a table by itself. It would be slow where there are many."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._db = sqlite3.connect(":memory:")
        self._db.execute("CREATE TABLE place (place BLOB PRIMARY KEY) WITHOUT ROWID")
        self._db.executemany("INSERT INTO place VALUES (?)", [(each,) for each in places])

    def size(self) -> int:
        return self._count("1")

    def at(self, index: int) -> Place:
        return next(self.iterate(index, index + 1))

    def fingerprint(self, begin: int, end: int) -> bytes:
        return fingerprint(total(b"".join(self.iterate(begin, end))), end - begin)

    def find_lower_bound(self, bound: Bound) -> int:
        return self._count("place < ?", bound)

    def iterate(self, begin: int, end: int) -> Iterator[Place]:
        rows = self._db.execute(
            "SELECT place FROM place ORDER BY place LIMIT ? OFFSET ?", (end - begin, begin)
        )
        return iter([Place(each) for (each,) in rows.fetchall()])

    def _count(self, condition: str, *bounds: bytes) -> int:
        query = f"SELECT count(*) FROM place WHERE {condition}"
        (found,) = self._db.execute(query, bounds).fetchone()
        return int(found)


class Counted:
    """Another storage, and how much it was asked: a place that is told counts as a question."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.questions = 0

    def size(self) -> int:
        return self._storage.size()

    def at(self, index: int) -> Place:
        self.questions += 1
        return self._storage.at(index)

    def fingerprint(self, begin: int, end: int) -> bytes:
        self.questions += 1
        return self._storage.fingerprint(begin, end)

    def find_lower_bound(self, bound: Bound) -> int:
        self.questions += 1
        return self._storage.find_lower_bound(bound)

    def iterate(self, begin: int, end: int) -> Iterator[Place]:
        self.questions += end - begin
        return self._storage.iterate(begin, end)
