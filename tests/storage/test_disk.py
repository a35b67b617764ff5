"""What the disk can do to us, done to a real file: nothing of it may leave a half of anything."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

import pytest

from goodword.node.intake import Intake
from goodword.protocol.record import Record
from goodword.storage import listings, orders, outbox, records, views
from goodword.storage.database import Database, Reader, StorageFailed, Transaction
from goodword.storage.listings import Filter
from tests.make import ANN, BEN, NOW, contract, listing, profile, propose
from tests.storage import dump, rights
from tests.storage.writer import BATCH, batch

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "goodword.sqlite"


def admit(database: Database, *made: Record) -> None:
    intake = Intake(database, BEN.public_key, lambda: NOW)
    intake.admit_many([record.to_bytes() for record in made])


@contextmanager
def writer(*arguments: str) -> Generator[IO[str]]:
    """What a writing process says; it is killed at the end of the block, if it still lives."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.storage.writer", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process.stdout
        process.kill()


def check_sound(path: Path, batches_promised: int) -> None:
    """All that was promised is there, no batch is there in part, and the views agree."""
    database = Database(path)
    assert database.problems() == []
    with database.reading() as db:
        kept, rest = divmod(listings.count(db), BATCH)
        assert records.count(db) == {"listing": kept * BATCH}
    assert (rest, kept in (batches_promised, batches_promised + 1)) == (0, True)
    shown = dump.views(database)
    with database.transaction() as db:
        views.rebuild(db, BEN.public_key)
    assert dump.views(database) == shown
    database.close()


# --- full --------------------------------------------------------------------------------------


def fill_up(database: Database, pages: int) -> None:
    """No more than `pages` pages may be added from now on."""
    with database.reading() as db:
        (now,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {now + pages}")


def test_a_full_disk_is_said_so_and_keeps_nothing_of_the_batch(path: Path) -> None:
    database = Database(path)
    admit(database, *batch(0))
    before = dump.everything(database)
    fill_up(database, 5)
    with pytest.raises(StorageFailed, match="full") as caught:
        admit(database, *batch(1))
    assert caught.value.hint.startswith("free some space on the disk")
    assert dump.everything(database) == before
    database.close()
    check_sound(path, 1)


def test_once_there_is_room_again_the_same_node_goes_on(path: Path) -> None:
    database = Database(path)
    fill_up(database, 5)
    with pytest.raises(StorageFailed):
        admit(database, *batch(0))
    fill_up(database, 1_000)
    admit(database, *batch(0))
    database.close()
    check_sound(path, 1)


def test_an_entry_and_its_debt_are_kept_together_or_not_at_all(path: Path) -> None:
    """The disk fills at every page in turn: never is there one without the other."""
    offered = listing(text="x" * 3_000)
    order = propose(contract(offered, note="n" * 280, ship_to=b"s" * 1_024))
    database = Database(path)
    admit(database, offered)
    before = dump.everything(database)
    intake = Intake(database, ANN.public_key, lambda: NOW)
    failures = 0
    for pages in range(20):
        fill_up(database, pages)
        try:
            intake.admit(order.to_bytes())
            break
        except StorageFailed:
            failures += 1
            assert dump.everything(database) == before
    assert failures > 0
    with database.reading() as db:
        assert outbox.count(db) == len(orders.every(db)) == 1
    database.close()


def test_when_no_file_may_grow_what_was_promised_is_kept(path: Path) -> None:
    with writer("full", str(path), str(600 * 1024)) as said:
        lines = said.read().splitlines()
    *kept, failed, sound = lines
    assert kept == [f"kept {number}" for number in range(1, len(kept) + 1)]
    assert failed.startswith("failed cannot write to the database: disk I/O error | ")
    assert "free some space" in failed
    assert sound == "sound []"
    check_sound(path, len(kept))


# --- killed ------------------------------------------------------------------------------------


def test_a_kill_in_the_middle_of_a_transaction_leaves_nothing_of_it(path: Path) -> None:
    with writer("stay", str(path)) as said:
        assert said.readline() == "kept 1\n"
        wal = path.with_name(path.name + "-wal")
        assert wal.stat().st_size > 100_000, "much of the transaction is on disk already"
    check_sound(path, 1)


@pytest.mark.parametrize("promises", [1, 7])
def test_a_kill_at_any_moment_loses_no_promise(path: Path, promises: int) -> None:
    with writer("for-ever", str(path)) as said:
        lines = [said.readline() for _ in range(promises)]
    assert lines[-1] == f"kept {promises}\n"
    database = Database(path)
    with database.reading() as db:
        kept = listings.count(db) // BATCH
    database.close()
    assert kept >= promises
    check_sound(path, kept)


# --- read-only ---------------------------------------------------------------------------------


def test_a_read_only_file_is_said_so(path: Path) -> None:
    first = Database(path)
    admit(first, *batch(0))
    before = dump.everything(first)
    first.close()
    path.chmod(0o400)
    with rights.of_an_owner():
        database = Database(path)
        with pytest.raises(StorageFailed, match="readonly") as caught:
            admit(database, *batch(1))
        assert caught.value.hint == "give yourself write access to the home and its files"
        assert dump.everything(database) == before
        database.close()


def test_a_read_only_folder_is_said_so(path: Path) -> None:
    path.parent.chmod(0o500)
    with rights.of_an_owner(), pytest.raises(StorageFailed, match="unable to open") as caught:
        Database(path)
    path.parent.chmod(0o700)
    assert caught.value.hint == "check that the home exists and is yours"


def test_a_file_of_somebody_else_is_said_so(path: Path) -> None:
    Database(path).close()
    path.chmod(0)
    with rights.of_an_owner(), pytest.raises(StorageFailed, match="unable to open"):
        Database(path)


# --- damaged -----------------------------------------------------------------------------------

PAGE = 4_096
DAMAGE = b"\xa5" * PAGE


def placed(path: Path, data: bytes) -> None:
    """A closed database with these bytes, and nothing beside it of one that was there before."""
    for beside in path.parent.glob(f"{path.name}-*"):
        beside.unlink()
    path.write_bytes(data)


def damaged(path: Path, page: int) -> None:
    """Overwrite the `page`-th page of a closed database."""
    for end in ("-wal", "-shm"):  # of the damaged file before, which could not be closed well
        path.with_name(path.name + end).unlink(missing_ok=True)
    with path.open("r+b") as file:
        file.seek(page * PAGE)
        file.write(DAMAGE)


def use(db: Transaction) -> list[object]:
    """Read all of it, in the ways in which a node does."""
    return [
        [record for _, record in records.everything(db)],
        listings.search(db, "", Filter(), 1_000),
        listings.search(db, "wallet", Filter(), 1_000),
        records.offered(db),
        listings.ids(db),
    ]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a closed file with forty listings."""
    path = tmp_path_factory.mktemp("sound") / "goodword.sqlite"
    database = Database(path)
    admit(database, *batch(0), *batch(1))
    admit(database, listing(nonce=b"long" * 4, text="长" * 8_000))  # on pages of its own
    database.close()
    return path.read_bytes()


def test_whichever_page_is_damaged_is_said_so_or_does_not_matter(sound: bytes, path: Path) -> None:
    """Never another exception, and never something else than what was there."""
    path.write_bytes(sound)
    database = Database(path)
    with database.reading() as db:
        before = use(db)
    database.close()
    failures: list[str] = []
    for page in range(len(sound) // PAGE):
        placed(path, sound)
        damaged(path, page)
        try:
            database = Database(path)
        except StorageFailed as error:
            failures.append(error.hint)
            continue
        try:
            with database.reading() as db:
                assert use(db) == before
        except StorageFailed as error:
            failures.append(error.hint)
        database.close()
    assert len(failures) > len(sound) // PAGE // 2
    assert all("restore a backup" in hint for hint in failures)


def test_a_check_finds_the_damage(sound: bytes, path: Path) -> None:
    for page in range(1, len(sound) // PAGE, 5):
        placed(path, sound)
        damaged(path, page)
        assert problems(path)


def problems(path: Path) -> list[str]:
    try:
        with closing(Database(path)) as database:
            return database.problems()
    except StorageFailed as error:  # too damaged to be looked at
        return [error.hint]


def test_writing_to_a_damaged_file_keeps_all_or_nothing(sound: bytes, path: Path) -> None:
    looked_at = 0
    for page in range(1, len(sound) // PAGE):
        placed(path, sound)
        damaged(path, page)
        before = arrivals(path)
        is_kept = is_admitted(path, profile(), listing(text="a new one"))
        if before is not None:  # else the damage is in the heap, which cannot be counted
            after = arrivals(path)
            assert after == (before + 2 if is_kept else before)
            looked_at += 1
    assert looked_at > 10


def is_admitted(path: Path, *made: Record) -> bool:
    try:
        with closing(Database(path)) as database:
            admit(database, *made)
    except StorageFailed:
        return False
    return True


def arrivals(path: Path) -> int | None:
    """How many records are in the heap itself, not in an index of it; None if it is damaged."""
    try:
        with closing(Reader(path)) as reader, reader.reading() as db:
            (number,) = db.execute("SELECT count(seq) FROM record NOT INDEXED").fetchone()
            return int(number)
    except StorageFailed:
        return None
