from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager

import base58
import pytest
import trio

from goodword.node.events import Events
from goodword.node.keeper import BACKOFF_SECONDS_MAX, Keeper
from goodword.node.transport import PeerUnreachable, Transport, peer_of
from goodword.storage import peers
from goodword.storage.database import Database
from goodword.storage.peers import PEERS_MAX
from tests.make import ANN, CHEN, NOW, mailbox, presence, vouch, withdrawal
from tests.node.peer_process import Node, running
from tests.storage.memory import memory

WHERE = "/ip4/127.0.0.1/tcp/1"
PEER = Transport(b"\2" * 32, []).peer_id


@pytest.fixture
def database() -> Generator[Database]:
    database = Database()
    yield database
    database.close()


def keeper_of(node: Node, database: Database) -> Keeper:
    return Keeper(node.transport, database, lambda: NOW, Events())


@asynccontextmanager
async def keeping(node: Node, keeper: Keeper) -> AsyncGenerator[None]:
    async with trio.open_nursery() as nursery:
        await nursery.start(keeper.run)
        yield
        nursery.cancel_scope.cancel()


# --- what an owner may ask for -----------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["", "here", WHERE, f"{WHERE}/p2p/", f"{WHERE}/p2p/0OIl", f"{WHERE}/p2p/zzz", f"/p2p/{PEER}"],
)
async def test_what_is_no_address_is_not_remembered(address: str, database: Database) -> None:
    """A typing error in it ended the node, at this and at every later start."""
    async with running() as ann:
        with pytest.raises(PeerUnreachable):
            keeper_of(ann, database).want(address)
        with database.reading() as db:
            assert peers.every(db) == []


async def test_a_peer_id_has_one_spelling(database: Database) -> None:
    """Written as a CID it was never found among the connected, and dialled for ever."""
    cid = b"\x01\x72" + base58.b58decode(PEER)
    address = f"{WHERE}/p2p/z{base58.b58encode(cid).decode()}"
    assert peer_of(address) == PEER
    async with running() as ann:
        keeper_of(ann, database).want(address)
        with database.reading() as db:
            assert [each.id for each in peers.every(db)] == [PEER]


# --- whom it dials -----------------------------------------------------------------------------


async def test_the_owners_address_goes_before_what_strangers_say() -> None:
    """Anybody may claim a device, with addresses where nobody ever answers."""
    claim = presence(CHEN, peer=base58.b58decode(PEER), addresses=("/ip4/127.9.9.9/tcp/9",) * 16)
    async with running() as ann:
        with memory(CHEN, [claim]) as chen:
            keeper = keeper_of(ann, chen.database)
            keeper.want(f"{WHERE}/p2p/{PEER}")
            (peer,) = keeper._to_dial()
            assert keeper._addresses(peer) == [
                f"{WHERE}/p2p/{PEER}",
                f"/ip4/127.9.9.9/tcp/9/p2p/{PEER}",
            ]


async def test_a_peer_who_hangs_up_is_not_dialled_without_pause(database: Database) -> None:
    """One that refuses us lets us in, and closes: that was dialled again at once, for ever."""
    met: list[str] = []
    async with running() as ann, running(seed=2) as ben:

        async def hang_up(peer: str) -> None:
            await ben.transport.disconnect(peer)

        async with trio.open_nursery() as nursery:

            def came(peer: str) -> None:
                met.append(peer)
                nursery.start_soon(hang_up, peer)

            ben.transport.on_peer(came, lambda _: None)
            keeper = keeper_of(ann, database)
            keeper.want(ben.address)
            async with keeping(ann, keeper):
                with trio.move_on_after(0.7):
                    await trio.sleep_forever()
            nursery.cancel_scope.cancel()
    assert len(met) == 1


async def test_a_pause_that_is_over_is_not_waited_for(database: Database) -> None:
    """With all places taken, the keeper looked ten times a second at whom it had no place for."""
    async with running() as ann:
        keeper = keeper_of(ann, database)
        with database.transaction() as db:
            peers.remember(db, PEER, [f"{WHERE}/p2p/{PEER}"], is_wanted=True)
            (peer,) = peers.every(db)
        keeper._back_off(peer)
        assert 0 < keeper._seconds_to_wait() <= 1
        keeper._backoffs[PEER].not_before = trio.current_time() - 1
        assert keeper._seconds_to_wait() == BACKOFF_SECONDS_MAX


async def test_who_keeps_letters_for_me_is_dialled_unasked() -> None:
    """By her I hear from those who are off when I am on."""
    where = presence(CHEN, peer=base58.b58decode(PEER), addresses=(WHERE,))
    async with running() as node:
        with memory(ANN, [where, mailbox(ANN)]) as ann:
            keeper = keeper_of(node, ann.database)
            (host,) = keeper._to_dial()
            assert (host.id, keeper._addresses(host)) == (PEER, [f"{WHERE}/p2p/{PEER}"])
            ann.learn([withdrawal(mailbox(ANN), ANN)])
            assert keeper._to_dial() == []


async def test_friends_are_looked_for_where_they_say_and_strangers_are_not() -> None:
    """They keep what I keep: without them a shop is closed while its seller sleeps."""
    where = presence(CHEN, peer=base58.b58decode(PEER), addresses=(WHERE,))
    async with running() as node:
        with memory(ANN, [where]) as ann:
            keeper = keeper_of(node, ann.database)
            assert keeper._to_dial() == []
            ann.learn([vouch(ANN, CHEN.public_key)])
            (friend,) = keeper._to_dial()
            assert (friend.id, friend.is_wanted) == (PEER, False)
            assert keeper._addresses(friend) == [f"{WHERE}/p2p/{PEER}"]


def test_strangers_cannot_fill_the_table_of_peers(database: Database) -> None:
    with database.transaction() as db:
        peers.remember(db, "friend", ["/here"], is_wanted=True)
        for n in range(PEERS_MAX + 5):
            peers.met(db, f"stranger {n}", NOW + n)
        known = [each.id for each in peers.every(db)]
    assert len(known) == PEERS_MAX
    assert known[:2] == ["friend", f"stranger {PEERS_MAX + 4}"]
