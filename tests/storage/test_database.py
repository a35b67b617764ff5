from __future__ import annotations

import sqlite3
import threading
from collections.abc import Generator
from importlib.resources import files
from pathlib import Path

import pytest

from goodword.storage import meta, people
from goodword.storage.database import Database, Reader, StorageFailed, Transaction
from tests.make import ANN, BEN
from tests.storage import dump

SCRIPTS = len(list((files("goodword.storage") / "schema").iterdir()))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "goodword.sqlite"


@pytest.fixture
def database(path: Path) -> Generator[Database]:
    opened = Database(path)
    yield opened
    opened.close()


def version(path: Path) -> int:
    connection = sqlite3.connect(path)
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(number)


def set_version(path: Path, number: int) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {number}")
    connection.close()


def name_ann(database: Database, petname: str = "Ann") -> None:
    with database.transaction() as db:
        people.name(db, ANN.public_key, petname)


def name_and_fail(db: Transaction) -> None:
    people.name(db, ANN.public_key, "Ann")
    raise ZeroDivisionError


def petname_of_ann(source: Database | Reader) -> str | None:
    with source.reading() as db:
        return people.petname(db, ANN.public_key)


# --- opening and migrations --------------------------------------------------------------------


def test_a_fresh_file_has_the_newest_schema(database: Database, path: Path) -> None:
    assert version(path) == SCRIPTS
    assert database.problems() == []


def test_what_was_written_is_there_when_it_is_opened_again(path: Path) -> None:
    first = Database(path)
    name_ann(first)
    before = dump.everything(first)
    first.close()
    second = Database(path)
    assert dump.everything(second) == before
    assert petname_of_ann(second) == "Ann"
    second.close()


def test_a_file_of_a_newer_goodword_is_refused_and_left_as_it_is(path: Path) -> None:
    Database(path).close()
    set_version(path, SCRIPTS + 1)
    with pytest.raises(StorageFailed, match=f"the file has schema {SCRIPTS + 1}") as caught:
        Database(path)
    assert caught.value.hint == "install a newer goodword"
    assert version(path) == SCRIPTS + 1


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path: Path) -> None:
    path.write_bytes(b"dear diary " * 1_000)
    with pytest.raises(StorageFailed, match="not a database") as caught:
        Database(path)
    assert "restore a backup" in caught.value.hint
    assert path.read_bytes() == b"dear diary " * 1_000


def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match="unable to open") as caught:
        Database(tmp_path / "nowhere" / "goodword.sqlite")
    assert caught.value.hint == "check that the home exists and is yours"


def test_a_migration_that_fails_halfway_leaves_an_empty_file(path: Path) -> None:
    # A table of the same name stands in for whatever makes a script fail in its middle.
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE peer (id TEXT)")
    connection.close()
    with pytest.raises(StorageFailed, match="already exists"):
        Database(path)
    connection = sqlite3.connect(path)
    tables = connection.execute("SELECT name FROM sqlite_schema").fetchall()
    connection.close()
    assert (tables, version(path)) == ([("peer",)], 0)


# --- transactions ------------------------------------------------------------------------------


@pytest.mark.parametrize("is_promise", [True, False])
def test_a_transaction_keeps_all_or_nothing(database: Database, is_promise: bool) -> None:
    before = dump.everything(database)
    with pytest.raises(ZeroDivisionError), database.transaction(is_promise=is_promise) as db:
        name_and_fail(db)
    assert dump.everything(database) == before
    with database.transaction(is_promise=is_promise) as db:
        people.name(db, ANN.public_key, "Ann")
    assert petname_of_ann(database) == "Ann"


def test_a_promise_is_synced_and_bulk_is_not(database: Database) -> None:
    asked: list[int] = []
    for is_promise in (True, False, True):
        with database.transaction(is_promise=is_promise) as db:
            asked.append(db.execute("PRAGMA synchronous").fetchone()[0])
    normal, full = 1, 2
    assert asked == [full, normal, full]


def test_who_runs_the_node_is_told_that_the_disk_failed(database: Database) -> None:
    """Before anybody can make something else of it."""
    told: list[StorageFailed] = []
    database.on_failure = told.append
    for use in (database.transaction, database.reading):
        with pytest.raises(StorageFailed) as caught, use() as db:
            db.execute("SELECT * FROM nowhere")
        assert told.pop() is caught.value
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        name_and_fail(db)
    assert told == []


def test_our_own_bug_is_not_called_the_disks(database: Database) -> None:
    name_ann(database)
    with pytest.raises(sqlite3.IntegrityError), database.transaction() as db:
        people.name(db, BEN.public_key, "ann")
    assert petname_of_ann(database) == "Ann"


def test_a_lock_of_another_process_is_said_so(database: Database, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with database.reading() as db:
        db.execute("PRAGMA busy_timeout = 1")  # not the five seconds that a person waits
    with pytest.raises(StorageFailed, match="locked") as caught:
        name_ann(database)
    assert "another process" in caught.value.hint
    other.close()
    name_ann(database)
    assert petname_of_ann(database) == "Ann"


# --- beside the writer -------------------------------------------------------------------------


def test_a_reader_sees_what_is_committed_while_a_transaction_is_open(
    database: Database, path: Path
) -> None:
    reader = Reader(path)
    name_ann(database, "Ann")
    with database.transaction() as db:
        people.name(db, ANN.public_key, "Annie")
        assert petname_of_ann(reader) == "Ann"
    assert petname_of_ann(reader) == "Annie"
    reader.close()


def test_a_reader_sees_one_moment(database: Database, path: Path) -> None:
    reader = Reader(path)
    name_ann(database, "Ann")
    with reader.reading() as db:
        assert people.petname(db, ANN.public_key) == "Ann"
        name_ann(database, "Annie")
        assert people.petname(db, ANN.public_key) == "Ann"
    reader.close()


def test_a_reader_cannot_write(database: Database, path: Path) -> None:
    reader = Reader(path)
    with pytest.raises(StorageFailed, match="readonly"), reader.reading() as db:
        people.name(db, ANN.public_key, "Ann")
    assert petname_of_ann(reader) is None
    reader.close()


def test_a_reader_works_in_any_thread(database: Database, path: Path) -> None:
    reader = Reader(path)
    name_ann(database)
    seen: list[str | None] = []
    for _ in range(2):
        thread = threading.Thread(target=lambda: seen.append(petname_of_ann(reader)))
        thread.start()
        thread.join()
    assert seen == ["Ann", "Ann"]
    reader.close()


def test_a_reader_of_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match="unable to open"):
        Reader(tmp_path / "goodword.sqlite")


def test_a_path_with_every_odd_character_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a b?c#d%20é&mode=rw.sqlite"
    database, reader = Database(path), Reader(path)
    name_ann(database)
    assert petname_of_ann(reader) == "Ann"
    reader.close()
    database.close()


# --- copies ------------------------------------------------------------------------------------


def test_a_copy_is_whole_and_stands_alone(database: Database, tmp_path: Path) -> None:
    name_ann(database)
    database.copy_to(tmp_path / "copy")
    name_ann(database, "Annie")
    copy = Database(tmp_path / "copy")
    assert petname_of_ann(copy) == "Ann"
    assert copy.problems() == []
    copy.close()


def test_a_copy_never_overwrites(database: Database, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("mine")
    with pytest.raises(StorageFailed, match="cannot copy the database to"):
        database.copy_to(tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "mine"


# --- whose it is -------------------------------------------------------------------------------


def test_a_database_has_one_owner(database: Database) -> None:
    with database.transaction() as db:
        assert meta.owner(db) is None
        meta.claim(db, ANN.public_key)
        meta.claim(db, ANN.public_key)
        assert meta.owner(db) == ANN.public_key
    with pytest.raises(meta.WrongOwner), database.transaction() as db:
        meta.claim(db, BEN.public_key)
    with database.reading() as db:
        assert meta.owner(db) == ANN.public_key


def test_a_database_in_memory_leaves_no_file(tmp_path: Path) -> None:
    database = Database()
    name_ann(database)
    assert petname_of_ann(database) == "Ann"
    database.close()
    assert list(tmp_path.iterdir()) == []
