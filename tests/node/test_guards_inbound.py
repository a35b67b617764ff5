from __future__ import annotations

import pytest
import trio
from libp2p.peer.id import ID
from multiaddr import Multiaddr

from goodword.node.transport import Guards, Limits, PeerUnreachable
from tests.node.peer_process import PeerProcess, eventually, running


async def test_the_251st_connection_is_as_welcome_as_the_first(other: PeerProcess) -> None:
    """S4."""
    async with running() as ann:
        assert await other.tell("come_and_go", address=ann.address, times=251) == 251


async def test_without_the_guard_a_slot_is_never_given_back(other: PeerProcess) -> None:
    """S4, the fault itself; with 10 slots, for 250 take longer."""
    limits = Limits(connections_max=60, connections_inbound_max=10)
    async with running(guards=Guards(slots_released=False), limits=limits) as ann:
        assert await other.tell("come_and_go", address=ann.address, times=12) == 10


@pytest.mark.parametrize("is_guarded", [True, False])
async def test_idle_sockets_do_not_keep_others_out(other: PeerProcess, is_guarded: bool) -> None:
    """R9: 260 sockets that say nothing. Without the guard nobody came in for 10 s."""
    friend = await other.start()
    limits = Limits(handshake_seconds=30)
    async with running(guards=Guards(inbound_gated=is_guarded), limits=limits) as ann:
        await other.tell("hold_sockets", port=ann.port, count=260)
        if is_guarded:
            with trio.fail_after(3):
                await other.tell("connect", address=ann.address)
                await ann.until(lambda: ann.came == [friend["peer"]])
        else:
            with pytest.raises(AssertionError, match="PeerUnreachable"):
                await other.tell("connect", address=ann.address)


async def test_an_idle_socket_is_closed_when_its_time_is_up(other: PeerProcess) -> None:
    async with running(limits=Limits(handshake_seconds=0.2)) as ann:
        await other.tell("hold_sockets", port=ann.port, count=3)
        assert await other.tell("sockets_closed", seconds=3) == 3


@pytest.mark.parametrize("is_guarded", [True, False])
async def test_many_identities_of_one_address_do_not_fill_the_node(
    other: PeerProcess, is_guarded: bool
) -> None:
    """R9. Without the guard one address took every slot, 250 of them."""
    guards = Guards(inbound_gated=is_guarded)
    async with running(guards=guards, limits=Limits(connections_per_network_max=8)) as ann:
        admitted = await other.tell("hold_identities", address=ann.address, count=12)
        assert admitted == (8 if is_guarded else 12)
        assert len(ann.transport.peers()) == admitted


async def test_250_identities_of_one_address_get_64_places(other: PeerProcess) -> None:
    async with running() as ann:
        await other.tell("hold_identities", address=ann.address, count=250)
        assert len(ann.transport.peers()) == Limits().connections_per_network_max


@pytest.mark.parametrize("is_guarded", [True, False])
async def test_the_library_dials_nobody_by_itself(other: PeerProcess, is_guarded: bool) -> None:
    """R10. Without the guard it dials whomever it has heard of."""
    friend = await other.start()
    async with running(guards=Guards(dials_ours=is_guarded)) as ann:
        live = ann.transport._live
        assert live is not None
        known = Multiaddr(friend["address"].split("/p2p/")[0])
        live.host.peerstore.add_addrs(ID.from_string(friend["peer"]), [known], 60)
        await live.host.swarm.auto_connector.maybe_connect()
        assert ann.came == ([] if is_guarded else [friend["peer"]])


@pytest.mark.parametrize("is_guarded", [True, False])
async def test_a_peer_that_comes_back_is_reached_at_once(
    other: PeerProcess, is_guarded: bool
) -> None:
    """R11. Without the guard a peer that was away is refused for 60 s."""
    friend = await other.start()
    await other.tell("stop")
    listen = friend["address"].split("/p2p/")[0]
    async with running(guards=Guards(dials_direct=is_guarded)) as ann:
        with pytest.raises(PeerUnreachable):
            await ann.transport.connect(friend["address"])
        await other.start(listen=listen)
        if is_guarded:
            with trio.fail_after(0.25):  # what the library would wait in any case
                await ann.transport.connect(friend["address"])
        else:
            with pytest.raises(PeerUnreachable, match="negative cache"):
                await ann.transport.connect(friend["address"])


async def test_some_connections_are_kept_for_those_whom_we_dial(other: PeerProcess) -> None:
    friend = await other.start()
    async with running(limits=Limits(connections_max=6, connections_inbound_max=5)) as ann:
        assert await other.tell("hold_identities", address=ann.address, count=8) == 5
        await ann.transport.connect(friend["address"])


async def test_a_closed_connection_leaves_no_trace(other: PeerProcess) -> None:
    async with running() as ann:
        await other.tell("come_and_go", address=ann.address, times=5)
        live = ann.transport._live
        assert live is not None
        store = live.host.peerstore
        await eventually(lambda: len(ann.left) == len(ann.came) == 5)
        assert [str(peer) for peer in store.peer_ids()] == [ann.transport.peer_id]
