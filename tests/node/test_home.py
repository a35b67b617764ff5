from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from goodword.crypto.vault import (
    NONCE_BYTES,
    SALT_BYTES,
    BadVault,
    Cost,
    WrongPassphrase,
    lock,
)
from goodword.node import home
from goodword.node.home import SOCKET_PATH_BYTES_MAX, Home, HomeBusy, HomeError
from tests.make import ANN, ROOTS

PROJECT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def usual_umask() -> Generator[None]:
    """What most systems begin with: files that everybody can read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def ann(tmp_path: Path) -> Home:
    """Ann's home, whose identity is not locked."""
    path = tmp_path / "home"
    home.make_folder(path)
    home.write_private(path / "identity.json", vault(None))
    return Home(path)


def vault(passphrase: bytes | None) -> bytes:
    """Ann's root, locked in a moment: a real one takes a second."""
    salt, nonce = bytes(SALT_BYTES), bytes(NONCE_BYTES)
    cost = Cost(ops=1, memory_bytes=8_192)
    return lock(ROOTS["Ann"], passphrase, salt=salt, nonce=nonce, cost=cost)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


# --- what is where -----------------------------------------------------------------------------


def test_everything_lies_in_the_home(ann: Home) -> None:
    paths = {
        ann.identity: "identity.json",
        ann.peer_key: "peer.key",
        ann.database: "goodword.sqlite",
        ann.settings: "settings.toml",
        ann.first_profile: "profile.json",
        ann.control: "control.sock",
        ann.log: "node.log",
    }
    assert all(path == ann.path / name for path, name in paths.items())


def test_who_lives_here_is_in_the_vault(ann: Home) -> None:
    assert not ann.needs_passphrase()
    assert ann.person(None).public_key == ANN.public_key


def test_a_locked_identity_needs_its_passphrase(ann: Home) -> None:
    ann.identity.unlink()
    home.write_private(ann.identity, vault(b"correct horse"))
    assert ann.needs_passphrase()
    with pytest.raises(WrongPassphrase):
        ann.person(b"wrong horse")
    assert ann.person(b"correct horse").public_key == ANN.public_key


def test_a_damaged_identity_is_said_so(ann: Home) -> None:
    ann.identity.write_bytes(b"{")
    with pytest.raises(BadVault):
        ann.person(None)


def test_a_home_without_an_identity_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="no identity at") as caught:
        Home(tmp_path).check()
    assert "goodword init" in caught.value.hint


@pytest.mark.parametrize("letter", ["x", "é"])
def test_a_path_that_no_socket_can_have_is_refused(tmp_path: Path, letter: str) -> None:
    """In bytes, not in characters; before a node starts, not when it cannot listen."""
    room = SOCKET_PATH_BYTES_MAX - len(os.fsencode(tmp_path)) - len("//control.sock")
    longest = tmp_path / (letter * (room // len(letter.encode())))
    too_long = tmp_path / (letter * (room // len(letter.encode()) + 1))
    for path in (longest, too_long):
        path.mkdir()
        (path / "identity.json").touch()
    Home(longest).check()
    with pytest.raises(HomeError, match="is longer than a socket's may be") as caught:
        Home(too_long).check()
    assert "--home" in caught.value.hint


# --- for her eyes only -------------------------------------------------------------------------


def test_a_new_home_is_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    home.make_folder(path)
    assert mode(path) == 0o700


def test_an_open_folder_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    home.make_folder(tmp_path)
    assert mode(tmp_path) == 0o700


def test_a_private_file_is_closed_to_others(ann: Home) -> None:
    ann.peer_seed()
    assert mode(ann.identity) == mode(ann.peer_key) == 0o600


def test_a_private_file_is_never_overwritten(ann: Home) -> None:
    before = ann.identity.read_bytes()
    with pytest.raises(FileExistsError):
        home.write_private(ann.identity, b"another")
    assert ann.identity.read_bytes() == before
    assert [each.name for each in ann.path.iterdir()] == ["identity.json"]


def test_a_private_file_does_not_follow_a_link(ann: Home, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    ann.peer_key.symlink_to(target)
    with pytest.raises(FileExistsError):
        home.write_private(ann.peer_key, b"secret")
    assert not target.exists()
    assert sorted(each.name for each in ann.path.iterdir()) == ["identity.json", "peer.key"]


def test_a_device_keeps_its_key(ann: Home) -> None:
    seed = ann.peer_seed()
    assert len(seed) == 32
    assert ann.peer_seed() == Home(ann.path).peer_seed() == seed


def test_each_device_has_a_key_of_its_own(ann: Home, tmp_path: Path) -> None:
    assert Home(tmp_path).peer_seed() != ann.peer_seed()


def test_a_damaged_device_key_is_said_so(ann: Home) -> None:
    ann.peer_key.write_bytes(b"short")
    with pytest.raises(HomeError, match="5 bytes instead of 32") as caught:
        ann.peer_seed()
    assert "delete it" in caught.value.hint
    assert ann.peer_key.read_bytes() == b"short"


# --- one at a time -----------------------------------------------------------------------------


def test_a_home_is_used_by_one_at_a_time(ann: Home) -> None:
    with ann.locked():
        with pytest.raises(HomeBusy, match="a node is already running in"), ann.locked():
            pass
        assert mode(ann.path / "lock") == 0o600
    with ann.locked():
        pass


HOLD = """
import sys
from pathlib import Path
from goodword.node.home import Home
with Home(Path(sys.argv[1])).locked():
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_another_process_holds_the_home_until_it_dies(ann: Home) -> None:
    """However it dies: nobody has to delete a lock file by hand."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(ann.path)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        with pytest.raises(HomeBusy), ann.locked():
            pass
        process.kill()
    with ann.locked():
        pass


def test_a_program_that_the_node_starts_does_not_keep_the_home_locked(ann: Home) -> None:
    with ann.locked():
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with child, ann.locked():
        child.kill()
