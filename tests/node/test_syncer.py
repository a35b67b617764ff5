"""Catch-up over a real connection."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
import trio.testing

from goodword.node import declined, syncer
from goodword.node.declined import Declined
from goodword.node.transport import RequestFailed
from goodword.protocol.exchange import Records
from goodword.protocol.limits import DAY
from goodword.protocol.record import RecordId
from goodword.storage import meta
from tests.make import ANN, BEN, NOW, contract, listing, propose, vouch
from tests.node.catching_up import Peer, loaves, meeting
from tests.world import Watch


async def test_what_a_peer_has_comes_and_is_not_asked_for_again(tmp_path: Path) -> None:
    there = Peer(loaves(3))
    async with meeting(tmp_path, there) as met:
        assert await met.catch_up() == 3
        assert sorted(there.asked) == sorted(each.id for each in there.made)
        assert await met.catch_up() == 0
        assert len(there.asked) == 3
        there.made += loaves(1, first=3)
        assert await met.catch_up() == 1
        assert len(there.asked) == 4


async def test_only_what_differs_is_fetched(tmp_path: Path) -> None:
    there = Peer(loaves(200))
    async with meeting(tmp_path, there) as met:
        met.ann.admit(*there.made[:150], *loaves(20, first=500))
        there.rounds = 0
        assert await met.catch_up() == 50
        assert len(there.asked) == 50
        assert there.rounds < 10


async def test_more_than_one_message_tells_comes_all_the_same(tmp_path: Path) -> None:
    there = Peer(loaves(2_200))
    async with meeting(tmp_path, there) as met:
        assert await met.catch_up() == 2_200
        assert there.rounds == 2


async def test_what_came_from_the_future_is_asked_for_again(tmp_path: Path) -> None:
    """Ann's clock was a day behind: a record that she declined for good would be lost."""
    watch = Watch(NOW - DAY)
    made = [
        listing(BEN, title="old", nonce=b"1" * 16, now=NOW - 2 * DAY),
        listing(BEN, title="new", nonce=b"2" * 16, now=NOW),
        listing(BEN, title="also old", nonce=b"3" * 16, now=NOW - 2 * DAY),
    ]
    async with meeting(tmp_path, Peer(made), watch) as met:
        assert await met.catch_up() == 2
        watch.forward(DAY)
        assert await met.catch_up() == 1


async def test_what_is_not_public_is_not_taken_and_asked_for_once(tmp_path: Path) -> None:
    bread = listing(BEN, title="bread")
    opening = propose(contract(bread))
    there = Peer([bread, opening])
    async with meeting(tmp_path, there) as met:
        assert await met.catch_up() == 1
        assert met.ann.orders() == []
        assert await met.catch_up() == 0
        assert there.asked.count(opening.id) == 1


async def test_a_request_that_is_none_is_not_answered(tmp_path: Path) -> None:
    async with meeting(tmp_path, Peer()) as met:
        for ask, said in (
            (met.syncer.compare, b"\x61\xff"),
            (met.syncer.answer, b"?"),
            (met.syncer.answer, Records(records=[]).to_bytes()),
        ):
            with pytest.raises(RequestFailed):
                await ask(met.peer, said)


# --- no room -----------------------------------------------------------------------------------


async def test_what_there_is_no_room_for_is_not_fetched_again_and_again(tmp_path: Path) -> None:
    """Ann has room for a dozen strangers' records, and the peer a hundred."""
    there = Peer([each for n in range(100) for each in loaves(1, first=n, now=NOW - 200 + n)])
    async with meeting(tmp_path, there, pot_bytes=4_000) as met:
        for _ in range(3):
            await met.catch_up()
        asked = len(there.asked)
        for _ in range(5):
            assert await met.catch_up() == 0
        assert len(there.asked) == asked
        assert asked <= 200
        there.made += loaves(1, first=100)
        assert await met.catch_up() == 1
        assert len(there.asked) == asked + 1


async def test_of_a_friend_what_is_old_comes_in_a_sweep(tmp_path: Path) -> None:
    """It is older than the horizon, as is much that there is no room for."""
    there = Peer(loaves(30, now=NOW - DAY))
    there.made.append(listing(BEN, title="a friend's", now=NOW - DAY))
    async with meeting(tmp_path, there) as met:
        with met.ann.database.transaction() as db:
            meta.set_hand(db, 0, NOW - 60)
        met.ann.admit(vouch(ANN, BEN.public_key))
        assert await met.catch_up() == 1
        assert len(there.asked) == 31
        assert await met.catch_up() == 0
        assert len(there.asked) == 31


async def test_a_sweep_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much of what is old is of no use, what is useful behind it comes in the end."""
    monkeypatch.setattr(syncer, "DECLINED_MAX", 500)
    there = Peer(loaves(3_000, now=NOW - DAY))
    there.made.append(listing(BEN, title="a friend's", now=NOW - DAY + 1))
    async with meeting(tmp_path, there) as met:
        with met.ann.database.transaction() as db:
            meta.set_hand(db, 0, NOW - 60)
        met.ann.admit(vouch(ANN, BEN.public_key))
        came = [await met.catch_up() for _ in range(8)]
        assert sum(came) == 1
        assert len(there.asked) == len(set(there.asked))


def test_what_was_declined_is_forgotten_after_a_while() -> None:
    known = Declined()
    one, *others = (RecordId(n.to_bytes(32, "big")) for n in range(declined.IDS_MAX + 1))
    known.add(one, 0.0)
    assert known.has(one, 1.0)
    assert not known.has(one, declined.DECLINED_SECONDS)
    for each in others:
        known.add(each, 1.0)
    assert not known.has(one, 1.0)
    assert all(known.has(each, 1.0) for each in (others[0], others[-1]))


# --- without end -------------------------------------------------------------------------------


async def test_a_peer_is_caught_up_with_once_at_a_time(tmp_path: Path) -> None:
    """However often it connects: a slow one would fill all places."""
    asked: list[str] = []

    async def answer(peer: str, request: bytes) -> bytes:
        asked.append(peer)
        await trio.sleep_forever()
        raise AssertionError

    there = Peer()
    there.compare = answer  # type: ignore[method-assign]
    async with meeting(tmp_path, there) as met, trio.open_nursery() as nursery:
        await nursery.start(met.syncer.run)
        for _ in range(10):
            met.syncer._greet(met.peer)
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert len(asked) == 1
        nursery.cancel_scope.cancel()
