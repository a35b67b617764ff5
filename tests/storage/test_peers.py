from __future__ import annotations

from collections.abc import Generator

import pytest

from goodword.storage import peers
from goodword.storage.database import Database
from goodword.storage.peers import PEERS_MAX, Peer
from tests.make import NOW

HOME = ("/ip4/192.0.2.1/tcp/4001/p2p/12D3a", "/ip6/::1/tcp/4001/p2p/12D3a")


@pytest.fixture
def database() -> Generator[Database]:
    opened = Database()
    yield opened
    opened.close()


def every(database: Database) -> list[Peer]:
    with database.reading() as db:
        return peers.every(db)


def test_a_peer_is_remembered_where_it_was_last(database: Database) -> None:
    with database.transaction() as db:
        peers.remember(db, "12D3a", HOME)
        peers.remember(db, "12D3a", HOME[:1])
        peers.met(db, "12D3a", NOW)
    assert every(database) == [
        Peer(id="12D3a", addresses=HOME[:1], is_wanted=False, met_at=NOW),
    ]


def test_who_was_asked_for_stays_asked_for_and_comes_first(database: Database) -> None:
    with database.transaction() as db:
        peers.remember(db, "wanted", HOME, is_wanted=True)
        peers.remember(db, "wanted", HOME)
        for at, peer in enumerate(["first", "last"]):
            peers.met(db, peer, NOW + at)
    assert [(each.id, each.is_wanted) for each in every(database)] == [
        ("wanted", True),
        ("last", False),
        ("first", False),
    ]


def test_the_memory_of_peers_is_bounded_and_keeps_the_wanted_and_the_latest(
    database: Database,
) -> None:
    with database.transaction() as db:
        peers.remember(db, "wanted", HOME, is_wanted=True)
        for n in range(PEERS_MAX):
            peers.met(db, f"peer {n}", NOW + n)
        peers.remember(db, "one more", HOME)
        peers.met(db, "one more", NOW + PEERS_MAX)
    kept = [each.id for each in every(database)]
    assert len(kept) <= PEERS_MAX + 1
    assert {"wanted", f"peer {PEERS_MAX - 1}"} <= set(kept)
    assert "peer 0" not in kept
