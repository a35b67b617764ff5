"""A long life in a short time: what comes and goes must leave nothing behind."""

from __future__ import annotations

import gc
import logging
from collections.abc import Generator
from dataclasses import dataclass

import psutil
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from goodword.node.transport import Limits
from tests.node.peer_process import ECHO, Node, PeerProcess, eventually, running

AT_ONCE = 20
MEMORY_GROWTH_MAX = 5 * 1024 * 1024  # bytes; a leak of 25 KiB a connection would be 7 MiB


@dataclass(frozen=True, slots=True)
class Usage:
    """What the process holds."""

    tasks: int
    sockets: int
    files: int


@pytest.fixture
def soaking() -> Generator[PeerProcess]:
    """The process at the other end."""
    process = PeerProcess()
    yield process
    process.end()


async def test_requests_and_reconnects_leave_nothing_behind(
    soaking: PeerProcess, caplog: pytest.LogCaptureFixture
) -> None:
    """2,000 requests; 300 connections that come and go, 30 of them dialled by us."""
    caplog.set_level(logging.CRITICAL, "libp2p")  # what is captured is kept, and looks like a leak
    friend = await soaking.start()
    async with running(limits=Limits(ping_every_seconds=600)) as ann:
        await _soak(ann, soaking, friend, requests=200, guests=30, redials=5)  # warms the caches
        before, memory = await _settled(ann), _memory()
        await _soak(ann, soaking, friend, requests=2000, guests=270, redials=30)
        await eventually(lambda: _usage() == before)
        gc.collect()
        assert _memory() - memory < MEMORY_GROWTH_MAX
        assert sorted(ann.left) == sorted(ann.came)


async def _soak(
    ann: Node,
    soaking: PeerProcess,
    friend: dict[str, str],
    *,
    requests: int,
    guests: int,
    redials: int,
) -> None:
    """Ask over connections of ours, while others come and go."""
    for _ in range(redials):
        await ann.transport.connect(friend["address"])
        limiter = trio.CapacityLimiter(AT_ONCE)
        async with trio.open_nursery() as nursery:
            for _ in range(requests // redials + 1):
                nursery.start_soon(_ask, ann, friend["peer"], limiter)
        await ann.transport.disconnect(friend["peer"])
    assert await soaking.tell("come_and_go", address=ann.address, times=guests) == guests
    await ann.until(lambda: len(ann.left) == len(ann.came))


async def _settled(ann: Node) -> Usage:
    """The usage once all that comes and goes is gone."""
    assert ann.transport.peers() == []
    await wait_all_tasks_blocked(0.2)
    return _usage()


async def _ask(ann: Node, peer: str, limiter: trio.CapacityLimiter) -> None:
    async with limiter:
        assert await ann.transport.request(peer, ECHO, b"x" * 1000) == b"x" * 1000


def _usage() -> Usage:
    process = psutil.Process()
    return Usage(_tasks(), len(process.net_connections()), process.num_fds())


def _memory() -> int:
    return int(psutil.Process().memory_info().rss)


def _tasks() -> int:
    count, root = 0, trio.lowlevel.current_root_task()
    found = [root] if root else []
    while found:
        task = found.pop()
        count += 1
        for nursery in task.child_nurseries:
            found.extend(nursery.child_tasks)
    return count
