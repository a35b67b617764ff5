"""Open the node's file, bring its schema up to date, and group writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Final, TypeAlias

Transaction: TypeAlias = sqlite3.Connection
"""An open transaction: what the functions of this folder read from and write to."""

BUSY_SECONDS: Final = 5.0
"""How long to wait for another process's write: `goodword doctor` beside a node."""

CACHE_KIB: Final = 32 * 1024
"""SQLite's page cache. With 100,000 listings the hot part of the indexes is about 20 MB."""

READER_CACHE_KIB: Final = 16 * 1024
"""The same of a reader, who meets what the writer has in memory in the system's cache."""

LOG_PAGES: Final = 16_000
"""Pages of 4 KB that the log may hold before they are copied into the file. A batch of records
touches pages all over the indexes: with SQLite's 1,000 each of them was copied every time."""


class StorageFailed(Exception):
    """The disk, or the file on it, does not do its work: full, read-only, or damaged."""

    def __init__(self, doing: str, error: sqlite3.Error) -> None:
        super().__init__(f"{doing}: {error}")
        self.hint = _hint(str(error))


class Database:
    """One SQLite file. Calls are short and block: never hold a transaction across an await."""

    def __init__(self, path: Path | None = None) -> None:
        """Open `path`, or a database in memory, and apply the migrations it lacks.

        Raises StorageFailed where the file cannot be used.
        """
        self.path = path
        self._is_full: bool | None = None
        """What `synchronous` is set to; None before the first transaction."""
        self.on_failure: Callable[[StorageFailed], None] = lambda _: None
        """Told before StorageFailed is raised by a transaction: whatever a handler in between
        makes of it, the node must not go on with a disk that does not keep its promises."""
        with _failures(f"cannot open {path or 'a database in memory'}"):
            self._connection = _connect(str(path or ":memory:"))
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
                self._migrate()
            except BaseException:
                self._connection.close()
                raise

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(
        self, *, is_promise: bool = True, is_offers: Callable[[], bool] = lambda: False
    ) -> Generator[Transaction]:
        """All of the block's writes, or none.

        `is_promise`: on disk when this returns, even if the power fails then; for all that we
        answer for to others. Without it the last few transactions may be lost together, which
        catch-up repairs.
        `is_offers`: asked at the end, whether nothing changed but that more is for sale; else the
        `moment` that the database is of is another one.
        """
        db = self._connection
        with _failures("cannot write to the database", self._tell):
            if is_promise is not self._is_full:  # asked for again, it costs as much as a write
                db.execute(f"PRAGMA synchronous = {'FULL' if is_promise else 'NORMAL'}")
                self._is_full = is_promise
            db.execute("BEGIN IMMEDIATE")
            before = db.total_changes
            try:
                yield db
                if db.total_changes != before and not is_offers():
                    db.execute("UPDATE moment SET number = number + 1")
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:  # SQLite itself rolls back when the disk is full
                    db.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Generator[Transaction]:
        """One moment of the database, without a lock on writers."""
        with _failures("cannot read the database", self._tell):
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("COMMIT")

    def copy_to(self, path: Path) -> None:
        """A whole and consistent copy at `path`, which must not exist."""
        with _failures(f"cannot copy the database to {path}"):
            self._connection.execute("VACUUM INTO ?", (str(path),))

    def problems(self) -> list[str]:
        """What SQLite finds wrong with the file; empty when it is sound.

        Raises StorageFailed where the damage does not even let it look.
        """
        with _failures("cannot check the database"):
            rows = self._connection.execute("PRAGMA integrity_check").fetchall()
        return [line for (line,) in rows if line != "ok"]

    def _tell(self, failed: StorageFailed) -> None:
        self.on_failure(failed)

    def _migrate(self) -> None:
        schema = files("goodword.storage") / "schema"
        scripts = sorted(schema.iterdir(), key=lambda each: each.name)
        (done,) = self._connection.execute("PRAGMA user_version").fetchone()
        if done > len(scripts):
            raise sqlite3.DatabaseError(
                f"the file has schema {done}, this goodword knows {len(scripts)}"
            )
        for number, script in enumerate(scripts[done:], start=done + 1):
            statements = script.read_text(encoding="utf-8")
            self._connection.executescript(
                f"BEGIN IMMEDIATE; {statements} PRAGMA user_version = {number}; COMMIT;"
            )


class Reader:
    """A second, read-only connection, for long reads in a worker thread beside the writer."""

    def __init__(self, path: Path, cache_kib: int = READER_CACHE_KIB) -> None:
        with _failures(f"cannot open {path}"):
            # Used by one worker thread at a time, not always the same one.
            self._connection = _connect(f"{path.absolute().as_uri()}?mode=ro", is_uri=True)
            self._connection.execute("PRAGMA query_only = ON")
            self._connection.execute(f"PRAGMA cache_size = -{cache_kib}")

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def reading(self) -> Generator[Transaction]:
        with _failures("cannot read the database"):
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                self._connection.execute("COMMIT")


def _connect(name: str, *, is_uri: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(
        name,
        isolation_level=None,
        timeout=BUSY_SECONDS,
        uri=is_uri,
        check_same_thread=not is_uri,
        cached_statements=256,
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    except BaseException:
        connection.close()
        raise
    return connection


def moment(db: Transaction) -> int:
    """The same number as before while nothing has changed but that more is for sale."""
    (number,) = db.execute("SELECT number FROM moment").fetchone()
    return int(number)


@contextmanager
def _failures(
    doing: str, tell: Callable[[StorageFailed], None] = lambda _: None
) -> Generator[None]:
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise  # our bug, not the disk's
    except sqlite3.DatabaseError as error:
        failed = StorageFailed(doing, error)
        tell(failed)
        raise failed from error


def _hint(message: str) -> str:
    for found, hint in _HINTS.items():
        if found in message:
            return hint
    return "`goodword doctor` checks the file"


_HINTS: Final = {
    "full": "free some space on the disk and start again; nothing is half-written",
    "disk I/O": "free some space on the disk, and look for its errors in the system's log",
    "readonly": "give yourself write access to the home and its files",
    "malformed": "restore a backup with `goodword restore`, or ask `goodword doctor`",
    "not a database": "the file was overwritten by something else; restore a backup",
    "knows": "install a newer goodword",
    "locked": "another process holds the file; wait for it or end it",
    "unable to open": "check that the home exists and is yours",
}
