from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from goodword.crypto import vault
from goodword.crypto.address import to_address
from goodword.crypto.vault import Cost, WrongPassphrase
from goodword.node import archive
from goodword.node.archive import CHUNK_BYTES, FIXED, HEAD_BYTES, MAGIC, BadArchive
from goodword.node.home import Home, HomeError, make_folder, write_private
from goodword.storage import meta, people, records
from goodword.storage.database import Database, StorageFailed
from goodword.storage.people import Contact
from tests.make import ANN, BEN, ROOTS
from tests.world import Trader

FAST = Cost(ops=1, memory_bytes=8_192)
PASSPHRASE = b"correct horse"
SETTINGS = 'listen = ["/ip4/127.0.0.1/tcp/0"]\n'


def make_home(path: Path, listings: int = 3) -> Home:
    """Ann's home, with a few records in it."""
    home = Home(path)
    make_folder(path)
    document = vault.lock(ROOTS["Ann"], None, salt=b"s" * 16, nonce=b"n" * 24)
    write_private(home.identity, document)
    write_private(home.peer_key, b"k" * 32)
    write_private(home.settings, SETTINGS.encode())
    ann = Trader(ANN, path)
    for number in range(listings):
        ann.market.publish(title=f"listing {number}", price="1 EUR", text=f"{number} " * 900)
    ann.reputation.name(person=to_address(BEN.public_key), petname="Ben")
    ann.reputation.note(person="Ben", text="pays late, but pays")
    ann.reputation.block(person="Ben")
    ann.close()
    ann.path.rename(home.database)
    return home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


@pytest.fixture
def file(home: Home, tmp_path: Path) -> Path:
    path = tmp_path / "backup"
    archive.write(home, PASSPHRASE, path, cost=FAST)
    return path


def known(home: Home) -> dict[str, int]:
    """How many records of each kind."""
    with closing(Database(home.database)) as database, database.reading() as db:
        return records.count(db)


def files(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def test_a_backup_becomes_the_same_home(home: Home, file: Path, tmp_path: Path) -> None:
    restored = Home(tmp_path / "new" / "home")
    archive.restore(file, PASSPHRASE, restored)
    assert restored.identity.read_bytes() == home.identity.read_bytes()
    assert restored.person(None) == ANN
    assert restored.settings.read_text() == SETTINGS
    assert known(restored) == known(home) == {"listing": 3}


def test_notes_and_blocks_come_through_though_nobody_else_has_them(
    file: Path, tmp_path: Path
) -> None:
    restored = Home(tmp_path / "new")
    archive.restore(file, PASSPHRASE, restored)
    with closing(Database(restored.database)) as database, database.reading() as db:
        contact = people.contact(db, BEN.public_key)
    assert contact == Contact(note="pays late, but pays", is_blocked=True)


def test_a_restored_home_is_another_device(file: Path, tmp_path: Path) -> None:
    restored = Home(tmp_path / "new")
    archive.restore(file, PASSPHRASE, restored)
    assert not restored.peer_key.exists()


def test_only_its_owner_can_open_what_is_written(file: Path, tmp_path: Path) -> None:
    archive.restore(file, PASSPHRASE, Home(tmp_path / "new"))
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    for path in (tmp_path / "new").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


def test_nothing_is_left_behind(home: Home, file: Path, tmp_path: Path) -> None:
    archive.restore(file, PASSPHRASE, Home(tmp_path / "new"))
    assert files(tmp_path) == {"home", "backup", "new"}
    assert files(tmp_path / "new") == {"identity.json", "settings.toml", "goodword.sqlite"}
    assert not any(name.startswith(".") for name in files(home.path))


def test_a_home_that_never_ran_can_be_backed_up(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    make_folder(home.path)
    write_private(home.identity, b"{}")
    archive.write(home, PASSPHRASE, tmp_path / "backup", cost=FAST)
    archive.restore(tmp_path / "backup", PASSPHRASE, Home(tmp_path / "new"))
    assert files(tmp_path / "new") == {"identity.json"}


def test_a_backup_is_whole_while_a_node_writes(home: Home, tmp_path: Path) -> None:
    with closing(Database(home.database)) as running, running.transaction() as db:
        meta.set_hand(db, 0, 0)
        archive.write(home, PASSPHRASE, tmp_path / "backup", cost=FAST)
    archive.restore(tmp_path / "backup", PASSPHRASE, Home(tmp_path / "new"))
    assert known(Home(tmp_path / "new")) == {"listing": 3}


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 100, CHUNK_BYTES, 3 * CHUNK_BYTES])
def test_any_size_comes_through(tmp_path: Path, size: int) -> None:
    home = Home(tmp_path / "home")
    make_folder(home.path)
    for extra in range(20):
        home.identity.unlink(missing_ok=True)
        write_private(home.identity, b"x" * (size + extra))
        path, new = tmp_path / f"backup{extra}", Home(tmp_path / f"new{extra}")
        archive.write(home, PASSPHRASE, path, cost=FAST)
        archive.restore(path, PASSPHRASE, new)
        assert new.identity.read_bytes() == home.identity.read_bytes()


def test_nothing_of_it_can_be_read_without_the_passphrase(file: Path) -> None:
    data = file.read_bytes()
    for secret in (ROOTS["Ann"].hex().encode(), b"listing", b"SQLite", b"identity"):
        assert secret not in data


# --- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize("passphrase", [b"wrong horse", b"", b"x" * 2_000])
def test_a_wrong_passphrase_opens_nothing(file: Path, tmp_path: Path, passphrase: bytes) -> None:
    with pytest.raises(WrongPassphrase):
        archive.restore(file, passphrase, Home(tmp_path / "new"))
    assert files(tmp_path) == {"home", "backup"}


@pytest.mark.parametrize("passphrase", [b"", b"x" * 2_000])
def test_a_backup_is_not_locked_with_no_passphrase(
    home: Home, tmp_path: Path, passphrase: bytes
) -> None:
    with pytest.raises(HomeError, match="passphrase"):
        archive.write(home, passphrase, tmp_path / "backup", cost=FAST)
    assert not (tmp_path / "backup").exists()


def test_no_byte_of_it_can_be_changed(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", listings=0)
    path = tmp_path / "backup"
    archive.write(home, PASSPHRASE, path, cost=FAST)
    data = path.read_bytes()
    places = [
        *range(len(MAGIC), HEAD_BYTES + 300, 7),
        *range(HEAD_BYTES + 300, len(data), 9_973),
        len(data) - 1,
    ]
    for place in places:
        changed = bytearray(data)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises((BadArchive, WrongPassphrase, HomeError)):
            archive.restore(path, PASSPHRASE, Home(tmp_path / "new"))
        assert files(tmp_path) == {"home", "backup"}


def test_nothing_can_be_cut_off_or_added(file: Path, tmp_path: Path) -> None:
    data = file.read_bytes()
    sealed = CHUNK_BYTES + 17
    ends = [0, 10, HEAD_BYTES, HEAD_BYTES + 5, HEAD_BYTES + sealed, len(data) - 1]
    for changed in (*(data[:end] for end in ends), data + b"x", data + data[-sealed:]):
        file.write_bytes(changed)
        with pytest.raises((BadArchive, WrongPassphrase)):
            archive.restore(file, PASSPHRASE, Home(tmp_path / "new"))
        assert not (tmp_path / "new").exists()


def test_chunks_cannot_be_swapped(file: Path, tmp_path: Path) -> None:
    data = file.read_bytes()
    sealed = CHUNK_BYTES + 17
    first, second = HEAD_BYTES + sealed, HEAD_BYTES + 2 * sealed
    assert len(data) > second
    file.write_bytes(
        data[:HEAD_BYTES] + data[first:second] + data[HEAD_BYTES:first] + data[second:]
    )
    with pytest.raises((BadArchive, WrongPassphrase)):
        archive.restore(file, PASSPHRASE, Home(tmp_path / "new"))


@pytest.mark.parametrize(("ops", "memory_bytes"), [(1_000, 8_192), (1, 1 << 40), (0, 8_192)])
def test_a_hostile_header_takes_no_memory(tmp_path: Path, ops: int, memory_bytes: int) -> None:
    file = tmp_path / "backup"
    file.write_bytes(FIXED.pack(MAGIC, ops, memory_bytes, b"s" * 16) + bytes(1_000))
    with pytest.raises(BadArchive, match="more time or memory"):
        archive.restore(file, PASSPHRASE, Home(tmp_path / "new"))


def test_what_is_no_backup_is_said_to_be_none(home: Home, tmp_path: Path) -> None:
    for path in (home.identity, home.database, home.peer_key):
        with pytest.raises(BadArchive, match="not a backup"):
            archive.restore(path, PASSPHRASE, Home(tmp_path / "new"))
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(BadArchive, match="cannot read"):
            archive.restore(path, PASSPHRASE, Home(tmp_path / "new"))


def sealed(folder: Path, *names: str) -> Path:
    """An authentic archive of files with these names, as no `write` of ours makes one."""
    path = folder / "backup"
    sources = [folder / name for name in names]
    for each in sources:
        each.write_bytes(b"x" * 5_000)
    with path.open("wb") as target:
        archive._seal(sources, PASSPHRASE, FAST, target)
    return path


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["identity.json", "peer.key"], "does not belong"),
        (["identity.json", "identity.json"], "does not belong"),
        (["settings.toml"], "no identity"),
        ([], "no identity"),
    ],
)
def test_only_what_belongs_in_a_home_is_unpacked(
    tmp_path: Path, names: list[str], words: str
) -> None:
    with pytest.raises(BadArchive, match=words):
        archive.restore(sealed(tmp_path, *names), PASSPHRASE, Home(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_a_database_that_is_none_is_not_restored(tmp_path: Path) -> None:
    path = sealed(tmp_path, "identity.json", "goodword.sqlite")
    with pytest.raises(StorageFailed):
        archive.restore(path, PASSPHRASE, Home(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_nothing_is_overwritten(home: Home, file: Path, tmp_path: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(HomeError, match="exists"):
        archive.write(home, PASSPHRASE, file, cost=FAST)
    assert file.read_bytes() == before
    with pytest.raises(HomeError, match="not empty"):
        archive.restore(file, PASSPHRASE, home)
    with pytest.raises(HomeError, match="not empty"):
        archive.restore(file, PASSPHRASE, Home(file))


def test_an_empty_folder_becomes_a_home(file: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    archive.restore(file, PASSPHRASE, Home(tmp_path / "new"))
    assert Home(tmp_path / "new").person(None) == ANN
    assert Home(tmp_path / "new").person(None) != BEN


def test_a_folder_that_is_not_there_is_named(home: Home, tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="no folder"):
        archive.write(home, PASSPHRASE, tmp_path / "no" / "backup", cost=FAST)


def test_a_draft_of_a_backup_that_fails_is_removed(home: Home, tmp_path: Path) -> None:
    shutil.rmtree(home.settings, ignore_errors=True)
    home.settings.unlink()
    home.settings.mkdir()
    with pytest.raises(OSError, match="directory"):
        archive.write(home, PASSPHRASE, tmp_path / "backup", cost=FAST)
    assert files(tmp_path) == {"home"}
    assert not any(name.startswith(".") for name in files(home.path))
