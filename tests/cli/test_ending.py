"""How commands end: exit codes, words on standard error, and no traceback for people."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trio

from goodword.cli.client import NodeNotRunning, NodeSilent, call
from goodword.cli.failure import (
    BUG,
    DISK,
    INTERRUPTED,
    NO_NETWORK,
    NOT_RUNNING,
    OK,
    REFUSED,
    USAGE,
    Failed,
)
from goodword.node.home import HomeError
from goodword.node.methods import Methods
from goodword.node.reading import Misunderstood, NotFound
from goodword.node.show import Json
from goodword.node.transport import PeerUnreachable
from goodword.protocol.errors import ListingGone
from tests.cli.conftest import Street
from tests.cli.desk import Desk, goodword

ENDINGS: dict[str, tuple[Exception, int, str]] = {
    "refused": (ListingGone(), REFUSED, "order.listing_gone"),
    "missing": (NotFound("no such peer"), REFUSED, "not_found"),
    "home": (HomeError("the file exists"), REFUSED, "home"),
    "usage": (Misunderstood("not an address", "write it so"), USAGE, "usage"),
    "network": (PeerUnreachable("nobody there"), NO_NETWORK, "network"),
    "slow": (trio.TooSlowError(), NO_NETWORK, "network"),
    "disk": (OSError(28, "No space left on device"), DISK, "disk"),
    "bug": (ZeroDivisionError("1/0"), BUG, "bug"),
}


def failing(error: Exception) -> Methods:
    def peers() -> Json:
        raise error

    methods = Methods()
    methods.expose("node.peers", peers)
    return methods


@pytest.mark.parametrize("name", ENDINGS)
async def test_each_failure_has_its_exit_code(
    tmp_path: Path, nursery: trio.Nursery, name: str
) -> None:
    error, status, code = ENDINGS[name]
    desk = Desk(tmp_path / "home", failing(error))
    await desk.start(nursery)
    done = await desk("peers")
    assert (done.status, done.out) == (status, "")
    assert done.err.startswith("goodword: ")
    assert "Traceback" not in done.err
    for_scripts = await desk("peers", "--json")
    assert (for_scripts.status, for_scripts.err) == (status, done.err)
    assert for_scripts.answer["error"]["code"] == code


async def test_an_older_node_is_told_apart(tmp_path: Path, nursery: trio.Nursery) -> None:
    desk = Desk(tmp_path / "home", Methods())
    await desk.start(nursery)
    done = await desk("peers")
    assert done.status == REFUSED
    assert "no method 'node.peers'" in done.err


async def test_what_the_node_says_cannot_control_the_terminal(
    tmp_path: Path, nursery: trio.Nursery
) -> None:
    desk = Desk(tmp_path / "home", failing(NotFound("\x1b[2Jgone", "\x1b]0;hint")))
    await desk.start(nursery)
    done = await desk("peers")
    assert "\x1b" not in done.err


def test_our_own_bug_has_words_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("1/0")

    monkeypatch.setattr("goodword.cli.main.make", broken)
    done = goodword("peers")
    assert done.status == BUG
    assert done.err.startswith("goodword: a bug of ours: ZeroDivisionError: 1/0\n")
    monkeypatch.setenv("GOODWORD_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        goodword("peers")


# --- whoever answers is no node ----------------------------------------------------------------


def answering(path: Path, reply: bytes) -> Callable[[], None]:
    """Listen at `path`; what is returned answers one client with `reply`, and hangs up."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()

    def serve() -> None:
        with listening:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(reply)

    return serve


@pytest.mark.parametrize(
    ("reply", "status", "words"),
    [
        (b"", NO_NETWORK, "hung up"),
        (b'{"jsonrpc"', NO_NETWORK, "hung up"),
        (b"HTTP/1.1 200 OK\r\n\r\n", BUG, "not a node of ours"),
        (b"[]\n", BUG, "not a node of ours"),
        (b'{"error": {"code": 1, "message": "what"}}\n', BUG, "what"),
    ],
)
async def test_an_answer_that_is_none_is_said(
    tmp_path: Path, nursery: trio.Nursery, reply: bytes, status: int, words: str
) -> None:
    serve = answering(tmp_path / "control.sock", reply)
    nursery.start_soon(trio.to_thread.run_sync, serve)
    done = await trio.to_thread.run_sync(goodword, "--home", str(tmp_path), "peers")
    assert (done.status, done.out) == (status, "")
    assert words in done.err


def test_silence_has_an_end(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "control.sock"))
        silent.listen()
        with pytest.raises(NodeSilent, match="in time") as failed:
            call(tmp_path / "control.sock", "node.peers", timeout_seconds=0.01)
    assert failed.value.status == NO_NETWORK


def test_without_a_home_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NodeNotRunning, match="nobody lives") as failed:
        call(tmp_path / "control.sock", "node.peers")
    assert failed.value.status == NOT_RUNNING
    assert "goodword init" in failed.value.hint


def test_a_path_too_long_for_a_socket_is_no_bug(tmp_path: Path) -> None:
    with pytest.raises(NodeNotRunning):
        call(tmp_path / ("x" * 200) / "control.sock", "node.peers")


def test_every_failure_is_one_kind(tmp_path: Path) -> None:
    with pytest.raises(Failed):
        call(tmp_path / "control.sock", "node.peers")


# --- watch, Ctrl-C, a closed pipe --------------------------------------------------------------


def started(desk: Desk, *arguments: str, **settings: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "goodword.cli", "--home", str(desk.home), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **settings,
    )


async def finished(process: subprocess.Popen[str]) -> tuple[str, str]:
    out, err = await trio.to_thread.run_sync(process.communicate)
    return str(out), str(err)


@pytest.mark.parametrize(
    ("options", "shown"),
    [([], "record: kind listing, connected no"), (["--json"], '"kind": "listing"')],
)
async def test_watch_prints_what_happens_until_ctrl_c(
    street: Street, options: list[str], shown: str
) -> None:
    process = started(street.ann, "watch", *options)
    await street.ann.events.is_watched.wait()
    street.ann.events.tell("record", kind="listing", is_connected=False, code=None)
    assert process.stdout is not None
    line = await trio.to_thread.run_sync(process.stdout.readline)
    assert shown in line
    process.send_signal(signal.SIGINT)
    assert await finished(process) == ("", "")
    assert process.returncode == INTERRUPTED


async def test_watch_says_when_the_node_has_stopped(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "home", Methods())
    async with trio.open_nursery() as node:
        await desk.start(node)
        process = started(desk, "watch")
        await desk.events.is_watched.wait()
        node.cancel_scope.cancel()
    _, err = await finished(process)
    assert "the node has stopped" in err
    assert process.returncode == NOT_RUNNING


async def test_a_closed_pipe_is_quiet(street: Street) -> None:
    process = started(street.ann, "api")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = await trio.to_thread.run_sync(process.stderr.read)
    process.stderr.close()
    assert (err, await trio.to_thread.run_sync(process.wait)) == ("", OK)


def test_completion_knows_the_verbs(tmp_path: Path) -> None:
    line = "goodword order re"
    environment = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(tmp_path / "found"),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
    }
    command = [sys.executable, "-m", "goodword.cli"]
    process = subprocess.run(command, env=environment, check=False, capture_output=True)
    assert process.returncode == OK
    assert set((tmp_path / "found").read_text().split()) == {
        "reject",
        "received",
        "refund",
        "review",
    }


# --- the node's own commands -------------------------------------------------------------------


async def test_the_status_is_readable_whatever_is_in_it(street: Street) -> None:
    lines = (await street.ann("status")).out.splitlines()
    assert "uptime     1 d 1 h" in lines
    assert "addresses  /ip4/127.0.0.1/tcp/1 /ip4/127.0.0.1/tcp/2" in lines
    assert "listening  yes" in lines
    assert (
        "room       mine 550 B (1 record), of people near me 1.1 MB (2000 records),"
        " of strangers 55 MB (100000 records) of 256 MB"
    ) in lines
    assert "records    listing 2" in lines


async def test_peers_and_connect_and_api_are_readable(street: Street) -> None:
    assert "12D3KooWA" in (await street.ann("peers")).out
    done = await street.ann("connect", "/ip4/127.0.0.1/tcp/1/p2p/12D3KooWB")
    assert done.out == "connected to 12D3KooWB\n"
    assert (
        "node.connect\n    Connect to a node.\n    address  string, required"
        in (await street.ann("api")).out
    )


async def test_a_record_is_shown_and_cannot_control_the_terminal(street: Street) -> None:
    done = await street.ann("record", "show", "3fa2bc10")
    assert "kind       listing" in done.out
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out
    assert "a withdrawal" in (await street.ann("record", "show", "deadbeef")).out
