"""Real node processes, each with a home of its own: started, asked, waited for, stopped."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from goodword.cli.client import call

Json: TypeAlias = dict[str, Any]

LOOPBACK: Final = "/ip4/127.0.0.1/tcp/0"

COMMAND_SECONDS: Final = 60.0

START_SECONDS: Final = 30.0
"""Importing libp2p takes under a second; a machine that is busy with other tests, longer."""

STOP_SECONDS: Final = 10.0

ANSWER_SECONDS: Final = 30.0

LOOK_SECONDS: Final = 0.5
"""Between two looks at what makes no event, such as a counter."""


def goodword(
    home: Path,
    *words: str,
    text: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a person would; `text` is what she types.

    Not by `subprocess.run`: on Ctrl-C that leaves without waiting for what it has killed.
    """
    process: subprocess.Popen[str] | None = None
    try:
        with _known_before_interrupted():
            process = subprocess.Popen(
                [sys.executable, "-m", "goodword.cli", *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=environment(GOODWORD_HOME=str(home), **(variables or {})),
            )
        out, err = process.communicate(text or "", timeout=COMMAND_SECONDS)
    except BaseException:
        if process is not None:
            process.kill()
            process.communicate()
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@contextlib.contextmanager
def _known_before_interrupted() -> Generator[None]:
    """Put Ctrl-C off while a process is made: one that nobody knows of yet cannot be ended."""
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # no signal comes here
        yield
        return
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        signal.raise_signal(signal.SIGINT)


@contextlib.contextmanager
def folder() -> Generator[Path]:
    """A folder for homes, gone at the end. Its path is short: that of a socket must be."""
    path = Path(tempfile.mkdtemp(prefix="gw-"))
    try:
        yield path
    finally:
        shutil.rmtree(path)


@contextlib.contextmanager
def stopped_at_end(*nodes: Node) -> Generator[None]:
    """Whatever happens inside, no process is left behind."""
    try:
        yield
    finally:
        for node in nodes:
            if node.is_running:
                node.kill()


@dataclass(eq=False)
class Node:
    """One person's node: a home, and the process that runs in it."""

    home: Path
    process: subprocess.Popen[bytes] | None = None
    addresses: list[str] = field(default_factory=list[str])
    """Where it listens, as others dial it."""
    person: str = ""
    """Whose node it is: gw1…"""
    said: str = ""
    """All that the process has printed since its start."""
    within: tuple[str, ...] = ()
    """The command that runs its process, where that is to be in a network of its own."""

    @classmethod
    def new(cls, home: Path, name: str) -> Node:
        """A home with an identity in it, not locked."""
        done = goodword(home, "init", "--no-passphrase", "--name", name)
        assert done.returncode == 0, done.stderr
        return cls(home)

    @property
    def socket(self) -> Path:
        return self.home / "control.sock"

    @property
    def is_running(self) -> bool:
        return self.process is not None

    # --- its life ----------------------------------------------------------------------------

    def start(self, *peers: str, listen: str = LOOPBACK) -> Node:
        """Start the process; returns when it is ready."""
        self.begin(*peers, listen=listen)
        return self.ready()

    def begin(self, *peers: str, listen: str = LOOPBACK, words: tuple[str, ...] = ()) -> None:
        """Start the process, and do not wait for it."""
        assert self.process is None, "it runs already"
        command = [*self.within, sys.executable, "-m", "goodword.cli", "start", "--listen", listen]
        command += [word for peer in peers for word in ("--peer", peer)]
        with _known_before_interrupted():
            self.process = subprocess.Popen(
                [*command, *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment(GOODWORD_HOME=str(self.home)),
            )
        self.said = ""

    def ready(self) -> Node:
        """Wait until it answers. Raises AssertionError, and it is ended, where it does not."""
        if not self.is_ready(START_SECONDS):
            code = self.kill()
            raise AssertionError(f"the node did not start ({code}): {self.said}")
        lines = [line.split() for line in self.said.splitlines()]
        self.addresses = [words[-1] for words in lines if words[1:3] == ["listening", "on"]]
        self.person = next(words[-1] for words in lines if words[1:2] == ["ready:"])
        return self

    def is_ready(self, seconds: float = 0.0) -> bool:
        """Whether it answers, waiting for that at most `seconds`."""
        deadline = time.monotonic() + seconds
        while "goodword: ready: " not in self.said or not self.said.endswith("\n"):
            if not self._hear(deadline):
                return False
        return True

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it as a person does; the exit code."""
        self.signal(how)
        return self.ended()

    def kill(self) -> int:
        """End it as a power cut does."""
        return self.stop(signal.SIGKILL)

    def signal(self, how: signal.Signals) -> None:
        assert self.process is not None, "it does not run"
        self.process.send_signal(how)

    def ended(self) -> int:
        """Wait for the end that is under way; the exit code."""
        assert self.process is not None, "it does not run"
        try:
            self.process.wait(STOP_SECONDS)
        finally:
            self.process.kill()
            self.process.wait()
            while self._hear(float("inf")):
                pass
            assert self.process.stdout is not None
            self.process.stdout.close()
            code, self.process = self.process.returncode, None
        return code

    # --- asking it -----------------------------------------------------------------------------

    def ask(self, method: str, /, **params: object) -> Json:
        """One call of the local API. Raises what the client raises."""
        return dict(call(self.socket, method, timeout_seconds=ANSWER_SECONDS, **params))

    def cli(self, *words: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """One command, as its owner types it."""
        return goodword(self.home, *words, text=text)

    def order(self, order: str) -> Json:
        """An order as this side sees it; empty where it has not come."""
        known = {each["order"] for each in self.ask("order.list")["orders"]}
        return self.ask("order.show", order=order) if order in known else {}

    def state(self, order: str) -> str:
        return str(self.order(order).get("state", ""))

    def is_settled(self) -> bool:
        """Whether all its letters have been delivered."""
        return not self.ask("node.status")["letters_waiting"]

    def until(self, condition: Callable[[], bool], seconds: float = 20.0) -> float:
        """Wait for `condition`, asked again at every event; how many seconds it took.

        No sleep: the node's `watch` wakes us.
        """
        began = time.monotonic()
        while True:
            with self.watching() as events:
                while not events.is_over:
                    if condition():
                        return time.monotonic() - began
                    if time.monotonic() - began > seconds:
                        raise AssertionError(f"not within {seconds} s at {self.home.name}")
                    events.wait(LOOK_SECONDS)

    @contextlib.contextmanager
    def watching(self) -> Generator[Events]:
        """The node's events from now on."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(START_SECONDS)
            connection.connect(str(self.socket))
            connection.sendall(b'{"jsonrpc":"2.0","id":1,"method":"watch","params":{}}\n')
            events = Events(connection)
            assert events.next(START_SECONDS) is not None, "the node does not let us watch"
            yield events

    def _hear(self, deadline: float) -> bool:
        """Take in what it prints; false when it is silent past `deadline`, or closed its mouth."""
        assert self.process is not None
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            left = None if deadline == float("inf") else max(deadline - time.monotonic(), 0)
            if not selector.select(left):
                return False
        heard = os.read(self.process.stdout.fileno(), 65536)
        self.said += heard.decode(errors="replace")
        return bool(heard)


class Events:
    """The stream of `watch`."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffered = b""
        self.is_over = False
        """The node hung up: it stopped, or we read too slowly."""

    def wait(self, seconds: float) -> None:
        """Until something happens, at most for `seconds`. All that has happened is then read."""
        if self.next(seconds) is not None:
            while self.next(0) is not None:
                pass

    def first(self, seconds: float, **details: object) -> Json:
        """The first event that has all of `details`, within `seconds`."""
        deadline = time.monotonic() + seconds
        while (message := self.next(deadline - time.monotonic())) is not None:
            event: Json = message["params"]
            if details.items() <= event.items():
                return event
        raise AssertionError(f"no event {details} within {seconds} s")

    def next(self, seconds: float) -> Json | None:
        """The next message within `seconds`; None when none came."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._buffered:
            self._connection.settimeout(max(deadline - time.monotonic(), 0))
            try:
                received = self._connection.recv(65536)
            except (TimeoutError, BlockingIOError):
                return None
            except ConnectionError:
                received = b""
            if not received:
                self.is_over = True
                return None
            self._buffered += received
        line, _, self._buffered = self._buffered.partition(b"\n")
        return dict(json.loads(line))


def environment(**extra: str) -> dict[str, str]:
    """Ours, without what would change what a command prints or asks for."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GOODWORD_")}
    return {**ours, "NO_COLOR": "1", "PYTHONUTF8": "1", **extra}
