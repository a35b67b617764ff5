"""A bare peer in a process of its own: the transport and nothing above it, for the raw limits.

A script drives it: one JSON line in, `["command", argument…]`; one JSON line out, `["event",
detail…]`. It exists to be compared with a node, which does the same and keeps what it hears. Like
a node it tells of events from a task of their own: what watching costs is no part of a figure.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Sequence
from queue import Queue
from typing import Any, Final

import trio

from goodword.node.transport import Guards, Transport

TOPIC: Final = "/goodword/bench/1"
PROTOCOL: Final = "/goodword/bench/1"
RECEIPT: Final = bytes(48)
"""The answer to a request: as long as a postman's receipt."""

UNGUARDED: Final = "--unguarded"
"""py-libp2p as it comes, but for what keeps every message from being lost."""

ANSWER_SECONDS: Final = 20.0
MARK_BYTES: Final = 8


# --- inside the process ------------------------------------------------------------------------


class _Peer:
    def __init__(self, guards: Guards) -> None:
        seed = secrets.token_bytes(32)
        self._transport = Transport(seed, ["/ip4/127.0.0.1/tcp/0"], guards=guards)
        self._transport.serve(PROTOCOL, self._answer)
        self._transport.join(TOPIC, self._hear)
        self._told, self._events = trio.open_memory_channel[tuple[object, ...]](1_000)

    async def run(self) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._report)
            await nursery.start(self._transport.run)
            self._tell("ready", self._transport.addresses[0])
            async with trio.lowlevel.FdStream(os.dup(0)) as commands:
                await self._obey(commands)
            nursery.cancel_scope.cancel()

    async def _obey(self, commands: trio.lowlevel.FdStream) -> None:
        buffered = b""
        async for chunk in commands:
            *lines, buffered = (buffered + chunk).split(b"\n")
            for line in lines:
                command, argument = json.loads(line)
                await getattr(self, command)(argument)

    async def connect(self, address: str) -> None:
        await self._transport.connect(address)
        self._tell("connected")

    async def gossip(self, size: int) -> None:
        message = secrets.token_bytes(size)
        self._tell("kept", message[:MARK_BYTES].hex())
        await trio.lowlevel.checkpoint()  # in a node too the crier is another task
        await self._transport.gossip(TOPIC, message)

    async def request(self, size: int) -> None:
        began = time.perf_counter()
        await self._transport.request(self._transport.peers()[0], PROTOCOL, bytes(size))
        self._tell("answered", time.perf_counter() - began)

    def _hear(self, peer: str, message: bytes) -> bool:
        self._tell("kept", message[:MARK_BYTES].hex())
        return True

    async def _answer(self, peer: str, request: bytes) -> bytes:
        return RECEIPT

    def _tell(self, *event: object) -> None:
        self._told.send_nowait(event)

    async def _report(self) -> None:
        async with trio.lowlevel.FdStream(os.dup(1)) as script:
            async for event in self._events:
                await script.send_all(json.dumps(event).encode() + b"\n")


def _guards(options: Sequence[str]) -> Guards:
    if UNGUARDED not in options:
        return Guards()
    none = {each.name: False for each in dataclasses.fields(Guards)}
    return Guards(**{**none, "noise_only": True, "bursts_allowed": True, "heartbeat_steady": True})


# --- outside -----------------------------------------------------------------------------------


class RawPeer:
    """The process, as the script that drives it sees it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._events: Queue[tuple[float, list[Any]]] = Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.address = str(self.wait("ready")[1])

    def tell(self, command: str, argument: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([command, argument]).encode() + b"\n")
        self._process.stdin.flush()

    def wait(self, event: str, seconds: float = ANSWER_SECONDS) -> tuple[float, Any]:
        """(when it was heard, its detail) of the next `event`; the ones before it are dropped.

        Raises queue.Empty after `seconds`.
        """
        while True:
            at, (name, *details) = self._events.get(timeout=seconds)
            if name == event:
                return at, details[0] if details else None

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(ANSWER_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()
        self._listener.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._events.put((time.perf_counter(), json.loads(line)))


@contextlib.contextmanager
def two_peers(*options: str) -> Generator[tuple[RawPeer, RawPeer]]:
    """Two processes that are connected; ended at the end."""
    with contextlib.ExitStack() as stack:
        one, other = (stack.enter_context(_peer(*options)) for _ in range(2))
        one.tell("connect", other.address)
        one.wait("connected")
        yield one, other


@contextlib.contextmanager
def _peer(*options: str) -> Generator[RawPeer]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.raw", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    peer = RawPeer(process)
    try:
        yield peer
    finally:
        peer.end()


if __name__ == "__main__":
    trio.run(_Peer(_guards(sys.argv[1:])).run)
