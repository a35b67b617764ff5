"""`backup` and `restore`, with a node and without."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from goodword.cli.failure import OK, REFUSED
from goodword.node.home import Home
from goodword.node.methods import Methods
from goodword.node.show import Json
from tests.cli.desk import Desk, at, made
from tests.cli.terminal import typed

SECRET = "correct horse"


def test_a_backup_comes_back_elsewhere(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOODWORD_PASSPHRASE", SECRET)
    made(home)
    file, new = tmp_path / "backup", Home(tmp_path / "new")
    assert at(home, "backup", str(file)).out.startswith(f"written: {file}\n")
    assert at(home, "backup", str(file)).status == REFUSED
    assert at(new, "restore", str(file)).out.startswith(f"restored: {new.path}\n")
    assert new.person(None) == home.person(None)
    assert at(new, "restore", str(file)).status == REFUSED
    monkeypatch.setenv("GOODWORD_PASSPHRASE", "wrong")
    done = at(Home(tmp_path / "third"), "restore", str(file))
    assert (done.status, done.out) == (REFUSED, "")
    assert "the passphrase is wrong" in done.err
    assert not (tmp_path / "third").exists()


def test_the_passphrase_of_a_backup_is_asked_for_once(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(home)
    monkeypatch.setenv("GOODWORD_PASSPHRASE", SECRET)
    at(home, "backup", str(tmp_path / "backup"))
    monkeypatch.delenv("GOODWORD_PASSPHRASE")
    done = typed(
        tmp_path / "new",
        ["restore", str(tmp_path / "backup")],
        [("passphrase of the backup: ", SECRET)],
    )
    assert done.status == OK, done.out


def test_without_a_home_there_is_nothing_to_back_up(home: Home, tmp_path: Path) -> None:
    done = at(home, "backup", str(tmp_path / "backup"))
    assert done.status == REFUSED
    assert "no identity at" in done.err


def test_what_is_no_backup_is_not_restored(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOODWORD_PASSPHRASE", SECRET)
    (tmp_path / "file").write_text("what is this")
    for name in ("file", "nothing"):
        done = at(home, "restore", str(tmp_path / name))
        assert (done.status, done.out) == (REFUSED, "")
        assert not home.path.exists()


async def test_a_running_node_makes_its_own_backup(
    tmp_path: Path, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Json] = []

    def backup(*, file: str, passphrase: str) -> Json:
        asked.append({"file": file, "passphrase": passphrase})
        return {"file": file}

    methods = Methods()
    methods.expose("node.backup", backup)
    desk = Desk(tmp_path / "home", methods)
    await desk.start(nursery)
    monkeypatch.setenv("GOODWORD_PASSPHRASE", SECRET)
    monkeypatch.chdir(tmp_path)
    done = await desk("backup", "here")
    assert done.status == OK, done.err
    assert asked == [{"file": str(tmp_path / "here"), "passphrase": SECRET}]


def test_a_home_in_use_without_a_socket_is_busy(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOODWORD_PASSPHRASE", SECRET)
    made(home)
    with home.locked():
        done = at(home, "backup", str(tmp_path / "backup"))
    assert (done.status, done.out) == (REFUSED, "")
    assert "running" in done.err
