from __future__ import annotations

import gc

import psutil
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from goodword.node.transport import STOP_SECONDS, Guards, Limits, RequestFailed
from tests.node.peer_process import (
    ECHO,
    SLOW,
    Node,
    PeerProcess,
    eventually,
    open_streams,
    running,
    stuff,
)


def _tasks() -> int:
    """Every task of this trio run."""
    count, root = 0, trio.lowlevel.current_root_task()
    found = [root] if root else []
    while found:
        task = found.pop()
        count += 1
        for nursery in task.child_nurseries:
            found.extend(nursery.child_tasks)
    return count


def _sockets() -> int:
    return len(psutil.Process().net_connections())


@pytest.mark.parametrize("is_guarded", [True, False])
async def test_whoever_was_connected_sees_us_go(other: PeerProcess, is_guarded: bool) -> None:
    """R2. Without the guard they take us for alive."""
    friend = await other.start()
    async with running(guards=Guards(sockets_closed=is_guarded)) as ann:
        me = ann.transport.peer_id
        await ann.transport.connect(friend["address"])
        assert await other.tell("await_peer", what="came", peer=me)
        live = ann.transport._live
        assert live is not None
    assert await other.tell("await_peer", what="left", peer=me, seconds=1) is is_guarded
    live.host.swarm._sockets.cut_all()


async def test_a_stopped_node_leaves_nothing_behind(other: PeerProcess) -> None:
    """R2. ResourceWarnings are errors here, so nothing may be left to the collector either."""
    friend = await other.start()
    tasks, sockets = _tasks(), _sockets()
    for _ in range(3):
        async with running() as ann:
            await ann.transport.connect(friend["address"])
            await ann.transport.request(friend["peer"], ECHO, b"x")
        assert ann.left == [friend["peer"]]
    await eventually(lambda: _tasks() == tasks)
    assert _sockets() == sockets
    gc.collect()


async def test_a_stop_waits_for_no_request(other: PeerProcess) -> None:
    friend = await other.start()
    with trio.fail_after(3):
        async with trio.open_nursery() as outer, running() as ann:
            await ann.transport.connect(friend["address"])
            assert await other.tell("await_peer", what="came", peer=ann.transport.peer_id)
            outer.start_soon(_ask_in_vain, ann, friend["peer"])
            outer.start_soon(_be_asked_in_vain, other, ann.transport.peer_id)
            await ann.until(lambda: bool(ann.waiting))


async def _ask_in_vain(node: Node, peer: str) -> None:
    with pytest.raises(RequestFailed):
        await node.transport.request(peer, SLOW, b"60")


async def _be_asked_in_vain(other: PeerProcess, peer: str) -> None:
    assert await other.tell("request", peer=peer, data="60", protocol=SLOW) == "RequestFailed"


async def test_a_stop_waits_for_no_frozen_peer(other: PeerProcess) -> None:
    friend = await other.start()
    try:
        async with trio.open_nursery() as outer, running() as ann:
            await ann.transport.connect(friend["address"])
            streams = await open_streams(ann, friend["peer"])
            other.freeze()
            for stream in streams:
                outer.start_soon(stuff, stream)
            await wait_all_tasks_blocked(0.05)
            stopped = trio.current_time()
        assert trio.current_time() - stopped < STOP_SECONDS
    finally:
        other.thaw()


async def test_a_stop_while_starting_leaves_nothing_behind() -> None:
    tasks, sockets = _tasks(), _sockets()
    for steps in range(12):
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_cancel_after, scope, steps)
                async with running():
                    await trio.sleep_forever()
    await eventually(lambda: _tasks() == tasks)
    assert _sockets() == sockets


async def _cancel_after(scope: trio.CancelScope, steps: int) -> None:
    for _ in range(steps):
        await trio.lowlevel.checkpoint()
    scope.cancel()


@pytest.mark.parametrize("is_guarded", [True, False])
async def test_a_frozen_peer_is_noticed(other: PeerProcess, is_guarded: bool) -> None:
    """R12. Without the guard it stayed connected, and in the mesh, for ever."""
    friend = await other.start()
    limits = Limits(ping_every_seconds=0.2, ping_answer_seconds=0.3)
    async with running(guards=Guards(peers_pinged=is_guarded), limits=limits) as ann:
        await ann.transport.connect(friend["address"])
        other.freeze()
        try:
            with trio.move_on_after(3 if is_guarded else 1):
                await ann.until(lambda: ann.left == [friend["peer"]])
        finally:
            other.thaw()
        assert ann.transport.peers() == ([] if is_guarded else [friend["peer"]])


async def test_a_peer_that_answers_stays(other: PeerProcess) -> None:
    friend = await other.start()
    limits = Limits(ping_every_seconds=0.05, ping_answer_seconds=2)
    async with running(limits=limits) as ann:
        await ann.transport.connect(friend["address"])
        with trio.move_on_after(0.5):
            await ann.until(lambda: ann.left != [])
        assert ann.transport.peers() == [friend["peer"]]
