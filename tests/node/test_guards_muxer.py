from __future__ import annotations

import random
from collections.abc import Generator
from contextlib import contextmanager

import pytest
import trio
from libp2p.stream_muxer.yamux.yamux import Yamux

from goodword.node.transport import Guards, Limits, RequestFailed
from tests.node.peer_process import ECHO, Node, PeerProcess, open_streams, running, stuff

SEED = 20260611
CANCELLED_REQUESTS = 400


def _muxer(node: Node) -> Yamux:
    live = node.transport._live
    assert live is not None
    (connection,) = live.host.swarm.get_connections()
    assert isinstance(connection.muxed_conn, Yamux)
    return connection.muxed_conn


@pytest.mark.parametrize("is_guarded", [True, False])
async def test_a_peer_can_not_make_us_hold_more_than_we_allow(
    other: PeerProcess, is_guarded: bool
) -> None:
    """S5. Without the guard one stream made us hold all of it; 200 MB were measured."""
    guards = Guards(buffers_bounded=is_guarded)
    async with running(guards=guards, limits=Limits(received_bytes_max=2**20)) as ann:
        is_patient = await other.tell("overrun", address=ann.address, megabytes=8)
        assert is_patient is not is_guarded


@pytest.mark.parametrize("is_guarded", [True, False])
async def test_a_cancelled_request_does_not_break_the_connection(
    other: PeerProcess, is_guarded: bool
) -> None:
    """R1. Without the guard the connection, which all requests share, broke within 400."""
    friend = await other.start()
    dice = random.Random(SEED)
    async with running(guards=Guards(frames_whole=is_guarded)) as ann:
        await ann.transport.connect(friend["address"])
        broken = False
        async with trio.open_nursery() as nursery:
            for _ in range(8):
                nursery.start_soon(_request_and_cancel, ann, friend["peer"], dice)
        try:
            with trio.fail_after(5):
                await ann.transport.request(friend["peer"], ECHO, b"whole")
        except (RequestFailed, trio.TooSlowError):
            broken = True
        assert (broken or ann.left != []) is not is_guarded


async def test_a_cancelled_request_costs_no_stream(other: PeerProcess) -> None:
    """R1: of the 256 that a connection may have, each cancel between two frames lost one."""
    friend = await other.start()
    dice = random.Random(SEED)
    async with running() as ann:
        await ann.transport.connect(friend["address"])
        await _request_and_cancel(ann, friend["peer"], dice)
        assert _muxer(ann).stream_backlog_semaphore.value == 255  # one for gossip
        assert len(_muxer(ann).streams) <= 2  # gossip, one in each direction


async def _request_and_cancel(node: Node, peer: str, dice: random.Random) -> None:
    for _ in range(CANCELLED_REQUESTS // 8):
        with trio.move_on_after(dice.uniform(0, 0.02)):
            try:
                await node.transport.request(peer, ECHO, bytes(200_000))
            except RequestFailed:
                return


async def test_small_messages_cost_few_window_updates(other: PeerProcess) -> None:
    """R16. Without the guard each of the reads of a response sent one."""
    counts = {}
    friend = await other.start()
    for is_guarded in (True, False):
        async with running(guards=Guards(windows_batched=is_guarded)) as ann:
            await ann.transport.connect(friend["address"])
            with _counted(_muxer(ann)) as frames:
                for _ in range(20):
                    await ann.transport.request(friend["peer"], ECHO, b"x")
            counts[is_guarded] = len(frames)
    assert counts[False] - counts[True] >= 2 * 20  # the length, the body, and the negotiation


async def test_large_responses_arrive_with_few_window_updates(other: PeerProcess) -> None:
    friend = await other.start()
    async with running() as ann:
        await ann.transport.connect(friend["address"])
        for _ in range(20):
            answer = await ann.transport.request(friend["peer"], ECHO, bytes(500_000))
            assert len(answer) == 500_000


async def test_a_peer_that_reads_nothing_is_dropped(other: PeerProcess) -> None:
    friend = await other.start()
    async with running(limits=Limits(frame_write_seconds=0.3)) as ann:
        await ann.transport.connect(friend["address"])
        streams = await open_streams(ann, friend["peer"])
        other.freeze()
        try:
            async with trio.open_nursery() as nursery:
                for stream in streams:
                    nursery.start_soon(stuff, stream)
            await ann.until(lambda: ann.left == [friend["peer"]])
        finally:
            other.thaw()


@contextmanager
def _counted(muxer: Yamux) -> Generator[list[int]]:
    """The sizes of the frames that `muxer` sends within the block."""
    sizes: list[int] = []
    send = muxer.secured_conn.write

    async def count(data: bytes) -> None:
        sizes.append(len(data))
        await send(data)

    muxer.secured_conn.write = count  # type: ignore[method-assign]
    yield sizes
    muxer.secured_conn.write = send  # type: ignore[method-assign]
