from __future__ import annotations

import pytest
import trio

from goodword.node.transport import Guards, Limits
from tests.node.peer_process import ECHO, PeerProcess, leaf, running

BAD_PROTOBUF = "14" + "ff" * 20  # a length of 20, and then nothing that is protobuf


async def test_nobody_is_believed_in_plaintext(other: PeerProcess) -> None:
    """S1. Without the guard the stranger was taken for whoever he said he was."""
    heard: list[str] = []
    friend = await other.start()

    async def note(peer: str, data: bytes) -> bytes:
        heard.append(peer)
        return data

    for guards in (Guards(), Guards(noise_only=False)):
        async with running(guards=guards) as ann:
            ann.transport.serve(ECHO, note)
            if guards.noise_only:
                with pytest.raises(AssertionError, match="impersonate"):
                    await other.tell("impersonate", address=ann.address, victim=friend["peer"])
                assert heard == []
            else:
                await other.tell("impersonate", address=ann.address, victim=friend["peer"])
                assert heard == [friend["peer"]]


async def test_bad_protobuf_costs_only_its_stream(
    other: PeerProcess, caplog: pytest.LogCaptureFixture
) -> None:
    """S2."""
    async with running() as ann:
        assert await other.tell("send_on_mesh", address=ann.address, hex_bytes=BAD_PROTOBUF)
        friend = await other.start()
        await ann.transport.connect(friend["address"])
        assert await ann.transport.request(friend["peer"], ECHO, b"alive") == b"alive"
    assert "DecodeError" in caplog.text


async def test_without_the_guard_bad_protobuf_ends_the_node(other: PeerProcess) -> None:
    """S2, the fault itself: 21 bytes."""

    async def live_on() -> None:
        async with running(guards=Guards(contained_handlers=False)) as ann:
            await other.tell("send_on_mesh", address=ann.address, hex_bytes=BAD_PROTOBUF)
            await trio.sleep_forever()

    with trio.fail_after(5), pytest.raises(ExceptionGroup) as ended:
        await live_on()
    assert "DecodeError" in repr(leaf(ended.value))


async def test_enough_bad_protobuf_and_the_peer_is_refused(other: PeerProcess) -> None:
    friend = await other.start()
    async with running(limits=Limits(marks_max=2)) as ann:
        await other.tell("connect", address=ann.address)
        for _ in range(2):
            await other.tell("write_on_mesh", peer=ann.transport.peer_id, hex_bytes=BAD_PROTOBUF)
        await ann.until(lambda: ann.left == [friend["peer"]])


@pytest.mark.parametrize("is_guarded", [True, False])
async def test_a_connection_keeps_a_bounded_number_of_streams(
    other: PeerProcess, is_guarded: bool
) -> None:
    """R9. Without the guard all of them stay open, up to 10,000."""
    guards = Guards(streams_capped=is_guarded)
    async with running(guards=guards, limits=Limits(streams_per_connection_max=20)) as ann:
        held = await other.tell("hold_streams", address=ann.address, count=30)
        assert held == (20 if is_guarded else 30)


async def test_the_library_may_open_256_streams(other: PeerProcess) -> None:
    async with running() as ann:
        assert await other.tell("hold_streams", address=ann.address, count=270) == 256


async def test_a_handler_ends_with_its_connection(other: PeerProcess) -> None:
    """R9. Without the guard it slept on, and whoever comes and goes collects handlers."""
    entered, left = trio.Event(), trio.Event()

    async def wait(peer: str, data: bytes) -> bytes:
        entered.set()
        try:
            await trio.sleep_forever()
        finally:
            left.set()
        return data

    friend = await other.start()
    async with running() as ann:
        ann.transport.serve("/test/wait/1", wait)
        await other.tell("connect", address=ann.address)
        await ann.until(lambda: ann.came == [friend["peer"]])
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_ask, other, ann.transport.peer_id)
            await entered.wait()
            with trio.fail_after(2):
                await ann.transport.disconnect(friend["peer"])
                await left.wait()


async def _ask(other: PeerProcess, peer: str) -> None:
    answer = await other.tell("request", peer=peer, data="", protocol="/test/wait/1")
    assert answer == "RequestFailed"
