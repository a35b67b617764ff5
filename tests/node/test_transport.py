from __future__ import annotations

import logging
import socket
from contextlib import suppress
from itertools import pairwise

import pytest
import trio
from libp2p.abc import INetStream
from libp2p.exceptions import BaseLibp2pError

from goodword.node.transport import (
    FRAME_BYTES_MAX,
    GOSSIP_BYTES_MAX,
    CannotListen,
    Limits,
    PeerUnreachable,
    RequestFailed,
    Transport,
)
from tests.node.peer_process import BROKEN, ECHO, LOOPBACK, SLOW, TOPIC, Node, running


async def _pair(left: Node, right: Node) -> str:
    return await left.transport.connect(right.address)


async def test_a_response_comes_back() -> None:
    async with running() as ann, running(seed=2) as ben:
        peer = await _pair(ann, ben)
        assert peer == ben.transport.peer_id
        assert await ann.transport.request(peer, ECHO, b"hello") == b"hello"


@pytest.mark.parametrize("size", [0, 1, FRAME_BYTES_MAX])
async def test_a_frame_of_any_allowed_size_passes(size: int) -> None:
    async with running() as ann, running(seed=2) as ben:
        peer = await _pair(ann, ben)
        assert await ann.transport.request(peer, ECHO, bytes(size)) == bytes(size)


async def test_a_request_that_is_too_large_is_our_bug() -> None:
    async with running() as ann, running(seed=2) as ben:
        peer = await _pair(ann, ben)
        with pytest.raises(ValueError, match="too many for a request"):
            await ann.transport.request(peer, ECHO, bytes(FRAME_BYTES_MAX + 1))


async def test_the_peer_id_follows_from_the_seed() -> None:
    assert Transport(b"\1" * 32, []).peer_id == Transport(b"\1" * 32, []).peer_id
    assert Transport(b"\1" * 32, []).peer_id != Transport(b"\2" * 32, []).peer_id


async def test_a_broken_handler_costs_only_its_request(caplog: pytest.LogCaptureFixture) -> None:
    async with running() as ann, running(seed=2) as ben:
        peer = await _pair(ann, ben)
        with pytest.raises(RequestFailed):
            await ann.transport.request(peer, BROKEN, b"")
        assert await ann.transport.request(peer, ECHO, b"still here") == b"still here"
    assert any(
        record.exc_info and record.exc_info[0] is ZeroDivisionError for record in caplog.records
    )


async def test_a_handler_that_takes_too_long_is_stopped() -> None:
    async with running() as ann, running(seed=2, limits=Limits(answer_seconds=0.1)) as ben:
        peer = await _pair(ann, ben)
        with trio.fail_after(2), pytest.raises(RequestFailed):
            await ann.transport.request(peer, SLOW, b"60")


async def test_an_unknown_protocol_is_a_failed_request() -> None:
    async with running() as ann, running(seed=2) as ben:
        peer = await _pair(ann, ben)
        with pytest.raises(RequestFailed):
            await ann.transport.request(peer, "/nobody/serves/this", b"")


async def test_a_handler_can_be_added_while_running() -> None:
    async def shout(peer: str, data: bytes) -> bytes:
        return data.upper()

    async with running() as ann, running(seed=2) as ben:
        ben.transport.serve("/test/shout/1", shout)
        assert await ann.transport.request(await _pair(ann, ben), "/test/shout/1", b"a") == b"A"


async def test_a_handler_learns_who_asks() -> None:
    async def whoami(peer: str, data: bytes) -> bytes:
        return peer.encode()

    async with running() as ann, running(seed=2) as ben:
        ben.transport.serve("/test/whoami/1", whoami)
        answer = await ann.transport.request(await _pair(ann, ben), "/test/whoami/1", b"")
        assert answer.decode() == ann.transport.peer_id


async def test_a_request_never_dials() -> None:
    async with running() as ann, running(seed=2) as ben:
        await _pair(ann, ben)
        await ann.transport.disconnect(ben.transport.peer_id)
        with pytest.raises(PeerUnreachable, match="not connected"):
            await ann.transport.request(ben.transport.peer_id, ECHO, b"")


@pytest.mark.parametrize(
    "address",
    ["", "hello", "/ip4/127.0.0.1/tcp/1", "/ip4/127.0.0.1/tcp/1/p2p/hello", "/ip4/1/tcp/x"],
)
async def test_a_malformed_address_is_unreachable(address: str) -> None:
    async with running() as ann:
        with pytest.raises(PeerUnreachable, match="is not an address with a peer id"):
            await ann.transport.connect(address)


async def test_our_own_address_is_unreachable() -> None:
    async with running() as ann:
        with pytest.raises(PeerUnreachable, match="our own"):
            await ann.transport.connect(ann.address)


async def test_somebody_else_at_the_address_is_not_the_peer() -> None:
    async with running() as ann, running(seed=2) as ben:
        stranger = Transport(b"\3" * 32, []).peer_id
        address = ben.address.replace(ben.transport.peer_id, stranger)
        with pytest.raises(PeerUnreachable):
            await ann.transport.connect(address)
        assert ann.transport.peers() == []


async def test_nobody_at_the_address_is_said_at_once() -> None:
    async with running() as ann:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
        stranger = Transport(b"\3" * 32, []).peer_id
        with trio.fail_after(1), pytest.raises(PeerUnreachable):
            await ann.transport.connect(f"/ip4/127.0.0.1/tcp/{port}/p2p/{stranger}")


async def test_both_sides_are_told_who_comes_and_goes() -> None:
    async with running() as ann, running(seed=2) as ben:
        await _pair(ann, ben)
        await ben.until(lambda: ben.came == [ann.transport.peer_id])
        assert ann.came == ann.transport.peers() == [ben.transport.peer_id]
        await ann.transport.disconnect(ben.transport.peer_id)
        await ben.until(lambda: ben.left == [ann.transport.peer_id])
        assert ann.left == [ben.transport.peer_id]
        assert ann.transport.peers() == ben.transport.peers() == []


async def test_a_cancelled_disconnect_is_finished() -> None:
    async with running() as ann, running(seed=2) as ben:
        await _pair(ann, ben)
        with trio.CancelScope() as scope:
            scope.cancel()
            await ann.transport.disconnect(ben.transport.peer_id)
        assert ann.transport.peers() == []
        await ben.until(lambda: ben.left == [ann.transport.peer_id])


async def test_connecting_twice_is_one_peer() -> None:
    async with running() as ann, running(seed=2) as ben:
        assert await _pair(ann, ben) == await _pair(ann, ben)
        assert ann.came == [ben.transport.peer_id]


async def test_every_listen_address_answers() -> None:
    listen = [LOOPBACK, f"/ip4/127.0.0.1/tcp/{_free_port()}"]
    async with running() as ann, running(seed=2, listen=listen) as ben:
        assert len(ben.transport.addresses) == 2
        for address in ben.transport.addresses:
            peer = await ann.transport.connect(address)
            assert await ann.transport.request(peer, ECHO, b"x") == b"x"
            await ann.transport.disconnect(peer)


async def test_a_wildcard_is_listed_as_the_addresses_of_the_interfaces() -> None:
    async with running(listen=["/ip4/0.0.0.0/tcp/0"]) as ann:
        assert ann.transport.addresses
        for address in ann.transport.addresses:
            assert "/ip4/0.0.0.0/" not in address
            assert "/tcp/0/" not in address
            assert address.endswith(f"/p2p/{ann.transport.peer_id}")


@pytest.mark.parametrize("address", ["", "tcp", "/ip4/127.0.0.1/udp/0", "/ip4/192.0.2.1/tcp/0"])
async def test_an_address_that_is_not_ours_is_refused(address: str) -> None:
    with pytest.raises(CannotListen):
        await Transport(b"\1" * 32, [address]).run()


async def test_two_nodes_do_not_share_a_port() -> None:
    async with running() as ann:
        with pytest.raises(CannotListen, match="taken"):
            await Transport(b"\2" * 32, [f"/ip4/127.0.0.1/tcp/{ann.port}"]).run()


async def test_a_verb_without_a_running_transport_says_so() -> None:
    idle = Transport(b"\1" * 32, [LOOPBACK])
    assert idle.addresses == idle.peers() == []
    with pytest.raises(PeerUnreachable, match="not running"):
        await idle.gossip(TOPIC, b"")


async def test_topics_are_joined_before_running() -> None:
    async with running() as ann:
        with pytest.raises(RuntimeError):
            ann.transport.join("late", lambda _peer, _data: True)


async def _meshed(*nodes: Node) -> None:
    """Connect in a line and gossip until the last hears the first."""
    for left, right in pairwise(nodes):
        await _pair(left, right)
    with trio.fail_after(10):
        while not nodes[-1].has_message("hello"):
            await nodes[0].transport.gossip(TOPIC, b"hello")
            with trio.move_on_after(0.2):
                await nodes[-1].until(lambda: nodes[-1].has_message("hello"))


async def test_gossip_is_forwarded_and_names_the_forwarder() -> None:
    async with running() as ann, running(seed=2) as ben, running(seed=3) as eve:
        await _meshed(ann, ben, eve)
        assert {peer for peer, _ in eve.messages} == {ben.transport.peer_id}
        assert ann.messages == []  # never our own


async def test_what_is_not_admitted_is_not_forwarded() -> None:
    async with running() as ann, running(seed=2) as ben, running(seed=3) as eve:
        await _meshed(ann, ben, eve)
        admit = ben._take
        ben.refuses = lambda data: data == b"bad"
        assert admit(ann.transport.peer_id, b"bad") is False
        await ann.transport.gossip(TOPIC, b"bad")
        await ann.transport.gossip(TOPIC, b"good")
        await eve.until(lambda: eve.has_message("good"))
        assert not eve.has_message("bad")


async def test_an_admit_that_raises_costs_only_its_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def judge(data: bytes) -> bool:
        if data == b"bad":
            raise ZeroDivisionError
        return False

    async with running() as ann, running(seed=2) as ben:
        await _meshed(ann, ben)
        ben.refuses = judge
        await ann.transport.gossip(TOPIC, b"bad")
        await ann.transport.gossip(TOPIC, b"good")
        await ben.until(lambda: ben.has_message("good"))
    assert "not judged" in caplog.text


async def test_gossip_that_is_too_large_is_our_bug() -> None:
    async with running() as ann:
        with pytest.raises(ValueError, match="too many for gossip"):
            await ann.transport.gossip(TOPIC, bytes(GOSSIP_BYTES_MAX + 1))


async def test_one_mark_too_many_and_the_peer_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    limits = Limits(marks_max=3)
    async with running(limits=limits) as ann, running(seed=2) as ben:
        await _pair(ann, ben)
        for _ in range(3):
            ann.transport.mark(ben.transport.peer_id, "lies")
        await ann.until(lambda: ann.left == [ben.transport.peer_id])
        with pytest.raises(PeerUnreachable, match="refused"):
            await ann.transport.connect(ben.address)
        with suppress(PeerUnreachable):  # ben may learn only afterwards that he was refused
            await ben.transport.connect(ann.address)
        with pytest.raises((PeerUnreachable, RequestFailed)):
            await ben.transport.request(ann.transport.peer_id, ECHO, b"")
        assert ann.transport.peers() == []
    assert "lies" in caplog.text


async def test_a_refused_peer_may_come_back_later() -> None:
    limits = Limits(marks_max=1, ban_seconds=0.2)
    async with running(limits=limits) as ann, running(seed=2) as ben:
        await _pair(ann, ben)
        ann.transport.mark(ben.transport.peer_id, "lies")
        await ann.until(lambda: ann.left == [ben.transport.peer_id])
        with trio.fail_after(2):
            while not ann.transport.peers():
                try:
                    await ann.transport.connect(ben.address)
                except PeerUnreachable:
                    await trio.sleep(0.05)  # the refusal ends by the clock alone


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.parametrize("answer", [b"\x03\xff\xfe\n", b"\x13/multistream/1.0.0\n\x03\xff\xfe\n"])
async def test_a_negotiation_that_is_not_text_is_a_failed_request(answer: bytes) -> None:
    """S6. What the library raised was no error of the network: it ended the node."""

    async def negotiate(stream: INetStream) -> None:
        with suppress(BaseLibp2pError):
            await stream.write(answer)
            await stream.close()

    async with running() as ann, running(seed=2) as ben:
        assert ben.transport._live is not None
        ben.transport._live.host.swarm.set_stream_handler(negotiate)
        peer = await _pair(ann, ben)
        with pytest.raises(RequestFailed):
            await ann.transport.request(peer, ECHO, b"")
