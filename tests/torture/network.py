"""What connects the nodes: a switch of their own where we may make one, else loopback.

Rule 1: nothing leaves this machine. Addresses of 10.77.0.x exist only inside the network
namespaces that a run has made itself, which have no way out.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from enum import StrEnum
from types import TracebackType
from typing import Final

from tests.nodes import Node

PORTS: Final = range(10_000, 32_000)
"""Below the ports that the system hands out: while our node is dead, nobody is given its own."""

WARDEN_SECONDS: Final = 10.0

# Waits for the end of its input, which comes however we end: by Ctrl-C, by kill -9, by a crash.
WARDEN: Final = """
cat
for each in "$@"; do
    ip netns pids "$each" | xargs -r kill -9
    ip netns del "$each"
done
"""


class Cut(StrEnum):
    """How a line is lost while the nodes at its ends live on."""

    LINK = "cut links"
    PARTITION = "partitions of two and two"
    FREEZE = "frozen nodes"


class NoNetwork(Exception):
    """Namespaces cannot be made here."""


class Network(ABC):
    """What connects the nodes, and can be cut."""

    caption: str
    """For the first line of the output."""
    cuts: tuple[Cut, ...]
    """What can be done to it."""

    def __enter__(self) -> Network:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    @abstractmethod
    def move_in(self, node: Node, name: str) -> None:
        """Let the node that `name` calls start in here."""

    @abstractmethod
    def address(self, name: str, rng: random.Random) -> str:
        """Where the node can listen, at a port that is free."""

    @abstractmethod
    def cut(self, how: Cut, nodes: Sequence[Node]) -> None:
        """Part `nodes` from all others."""

    @abstractmethod
    def mend(self, how: Cut, nodes: Sequence[Node]) -> None:
        """Undo `cut`."""

    @abstractmethod
    def close(self) -> None:
        """Leave nothing behind."""


class Loopback(Network):
    """One network for all. A line cannot be cut here, but one can stop to answer: a frozen node
    keeps all its connections and says nothing, as over a dead line."""

    caption = "on loopback: frozen nodes instead of cut links, no partitions"
    cuts = (Cut.FREEZE,)

    def move_in(self, node: Node, name: str) -> None:
        pass

    def address(self, name: str, rng: random.Random) -> str:
        return f"/ip4/127.0.0.1/tcp/{_free_port(rng)}"

    def cut(self, how: Cut, nodes: Sequence[Node]) -> None:
        for node in nodes:
            node.signal(signal.SIGSTOP)

    def mend(self, how: Cut, nodes: Sequence[Node]) -> None:
        for node in nodes:
            node.signal(signal.SIGCONT)

    def close(self) -> None:
        pass


class Switch(Network):
    """A namespace for each node, with one wire to a bridge in a namespace of its own.

    Raises NoNetwork where that cannot be made.
    """

    caption = "each node in a network namespace of its own, joined by a bridge"
    cuts = (Cut.LINK, Cut.PARTITION)

    def __init__(self, names: Iterable[str]) -> None:
        run = f"gw{os.getpid()}"
        self._switch = f"{run}-switch"
        self._homes = {name: f"{run}-{name}" for name in names}
        self._hosts = {name: f"10.77.0.{n}" for n, name in enumerate(self._homes, 1)}
        self._names: dict[Node, str] = {}
        if os.geteuid() != 0 or not shutil.which("ip"):
            raise NoNetwork("it takes root and iproute2")
        self._warden = subprocess.Popen(
            ["sh", "-c", WARDEN, "sh", self._switch, *self._homes.values()],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us
        )
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def move_in(self, node: Node, name: str) -> None:
        self._names[node] = name
        node.within = ("ip", "netns", "exec", self._homes[name])

    def address(self, name: str, rng: random.Random) -> str:
        return f"/ip4/{self._hosts[name]}/tcp/{rng.choice(PORTS)}"

    def cut(self, how: Cut, nodes: Sequence[Node]) -> None:
        for node in nodes:
            match how:
                case Cut.LINK:
                    self._set(node, "down")
                case _:
                    self._set(node, "master", "away")

    def mend(self, how: Cut, nodes: Sequence[Node]) -> None:
        for node in nodes:
            match how:
                case Cut.LINK:
                    self._set(node, "up")
                case _:
                    self._set(node, "master", "here")

    def close(self) -> None:
        assert self._warden.stdin is not None
        self._warden.stdin.close()
        self._warden.wait(WARDEN_SECONDS)

    def _build(self) -> None:
        _ip("netns", "add", self._switch)
        for bridge in ("here", "away"):
            _ip("-n", self._switch, "link", "add", "name", bridge, "type", "bridge")
            _ip("-n", self._switch, "link", "set", bridge, "up")
        for name, home in self._homes.items():
            wire = ("type", "veth", "peer", "name", "eth0", "netns", home)
            _ip("netns", "add", home)
            _ip("-n", self._switch, "link", "add", "name", f"to-{name}", *wire)
            _ip("-n", self._switch, "link", "set", f"to-{name}", "master", "here", "up")
            _ip("-n", home, "address", "add", f"{self._hosts[name]}/24", "dev", "eth0")
            _ip("-n", home, "link", "set", "lo", "up")
            _ip("-n", home, "link", "set", "eth0", "up")

    def _set(self, node: Node, *words: str) -> None:
        _ip("-n", self._switch, "link", "set", f"to-{self._names[node]}", *words)


def network(names: Iterable[str]) -> Network:
    """The best that can be had here."""
    try:
        return Switch(names)
    except NoNetwork:
        return Loopback()


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoNetwork(f"ip {' '.join(words)}: {done.stderr.strip()}")


def _free_port(rng: random.Random) -> int:
    while True:
        port = rng.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
