"""A connection on which the power can fail at any statement, and what is on the disk then."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, cast

from goodword.storage.database import Database

WRITES_MAX: Final = 12
"""Statements of transactions until a lit fuse has burnt down: one entry takes about eight."""


ENDS_MAX: Final = 3
"""Transactions, where their ends are counted."""


class Crash(BaseException):
    """The power failed. No handler of the node may catch it."""


class Fuse:
    """When the power fails: not at all, until it is lit."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._left: int | None = None
        self._is_at_end = False
        """Only the ends of transactions count: before and after them is where mistakes show."""
        self.is_blown = False

    def light(self) -> None:
        self._is_at_end = self._rng.random() < 0.5
        self._left = self._rng.randrange(ENDS_MAX if self._is_at_end else WRITES_MAX)

    def put_out(self) -> None:
        self._left = None

    def burn(self, *, is_end: bool) -> bool:
        """One more statement of a transaction; whether it is the last one."""
        if self._left is None or (self._is_at_end and not is_end):
            return False
        self._left -= 1
        return self._left < 0

    def blow(self) -> None:
        self.is_blown = True
        raise Crash

    def is_after(self) -> bool:
        """Whether a COMMIT reaches the disk before the power fails."""
        return self._rng.random() < 0.5


class Fragile:
    """As much of a connection as `storage` uses."""

    def __init__(self, connection: sqlite3.Connection, fuse: Fuse) -> None:
        self._connection = connection
        self._fuse = fuse
        self._is_writing = False

    @property
    def in_transaction(self) -> bool:
        """Without power nothing can be rolled back."""
        return not self._fuse.is_blown and self._connection.in_transaction

    @property
    def total_changes(self) -> int:
        return self._connection.total_changes

    def execute(self, statement: str, parameters: Any = ()) -> sqlite3.Cursor:
        if self._fuse.is_blown:
            raise Crash
        self._is_writing = self._is_writing or statement == "BEGIN IMMEDIATE"
        is_end = statement in ("COMMIT", "ROLLBACK")
        is_last = self._is_writing and self._fuse.burn(is_end=is_end)
        if is_last and not (is_end and self._fuse.is_after()):
            self._fuse.blow()
        cursor = self._connection.execute(statement, parameters)
        if is_last:
            self._fuse.blow()
        self._is_writing = self._is_writing and not is_end
        return cursor

    def executemany(self, statement: str, rows: Iterable[Any]) -> None:
        for row in rows:
            self.execute(statement, row)

    def close(self) -> None:
        self._connection.close()


def make_fragile(database: Database, fuse: Fuse) -> None:
    """From now on `fuse` decides when the power of `database` fails."""
    database._connection = cast("sqlite3.Connection", Fragile(database._connection, fuse))


def image(path: Path, to: Path) -> None:
    """Copy what is on the disk while the connection is still open: as a power cut leaves it."""
    shutil.copyfile(path, to)
    log = path.with_name(path.name + "-wal")
    if log.exists():
        shutil.copyfile(log, to.with_name(to.name + "-wal"))
