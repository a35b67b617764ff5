"""Catch-up over a real connection."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
import trio.testing

from goodword.node import declined, visit
from goodword.node.declined import Declined
from goodword.node.transport import RequestFailed
from goodword.protocol import bounds
from goodword.protocol.bounds import Bound, Gap, Place, id_of
from goodword.protocol.comparison import Compare, Compared
from goodword.protocol.exchange import Records, UnknownScope
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


async def test_who_has_nothing_fetches_all_without_a_comparison(tmp_path: Path) -> None:
    there = Peer(loaves(2_200))
    async with meeting(tmp_path, there) as met:
        assert await met.catch_up() == 2_200
        assert there.rounds == 0
        assert len(there.asked) == 2_200


async def test_who_was_away_fetches_what_came_meanwhile_without_its_ids(tmp_path: Path) -> None:
    before, meanwhile = loaves(300, now=NOW - DAY), loaves(2_000, first=300)
    there = Peer([*before, *meanwhile])
    async with meeting(tmp_path, there) as met:
        met.ann.admit(*before)
        assert await met.catch_up() == 2_000
        assert there.named == 0
        assert there.rounds < 6
        assert len(there.asked) == 2_000


async def test_who_has_one_record_does_not_hear_the_ids_of_all(tmp_path: Path) -> None:
    times = [NOW - n for n in range(1_000)]
    there = Peer([each for n in times for each in loaves(1, first=n, now=n)])
    async with meeting(tmp_path, there) as met:
        met.ann.admit(there.made[500])
        assert await met.catch_up() == 999
        assert there.named == 0
        assert there.rounds < 6


async def test_where_something_was_declined_the_ids_are_told(tmp_path: Path) -> None:
    """So that it does not come again; and of the rest they are not."""
    there = Peer(loaves(2_200))
    async with meeting(tmp_path, there) as met:
        met.syncer.declined.add(bounds.place(NOW, RecordId(b"\xff" * 32)), trio.current_time())
        assert await met.catch_up() == 2_200
        assert there.rounds < 8
        assert 0 < there.named < 300


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
        for ask, request in (
            (met.syncer.supplier.compare, b"\x61\xff"),
            (met.syncer.supplier.compare, said(b"\x61\xff")),
            (met.syncer.supplier.compare, Compared(message=b"\x61").to_bytes()),
            (met.syncer.supplier.compare, UnknownScope().to_bytes()),
            (met.syncer.supplier.answer, b"?"),
            (met.syncer.supplier.answer, Records(records=[]).to_bytes()),
        ):
            with pytest.raises(RequestFailed):
                await ask(met.peer, request)


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
    monkeypatch.setattr(visit, "DECLINED_MAX", 500)
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
    one, *others = (
        bounds.place(n, RecordId(n.to_bytes(32, "big"))) for n in range(declined.IDS_MAX + 1)
    )
    known.add(one, 0.0)
    assert known.has(id_of(one), 1.0)
    assert not known.has(id_of(one), declined.DECLINED_SECONDS)
    for each in others:
        known.add(each, 1.0)
    assert not known.has(id_of(one), 1.0)
    assert all(known.has(id_of(each), 1.0) for each in (others[0], others[-1]))


def test_where_something_was_declined_is_remembered_as_long() -> None:
    known = Declined()
    for n in (3, 5, 7):
        known.add(place(n), float(n))
    assert known.is_in(gap(3, 4), 8.0)
    assert known.is_in(gap(0, 100), 8.0)
    assert not known.is_in(gap(4, 5), 8.0)
    assert not known.is_in(gap(8, 100), 8.0)
    assert not known.is_in(gap(0, 4), declined.DECLINED_SECONDS + 4.0)
    assert known.is_in(gap(5, 6), declined.DECLINED_SECONDS + 4.0)
    known.add(place(5), 100.0)  # once more: it stays for longer
    assert known.is_in(gap(5, 6), declined.DECLINED_SECONDS + 99.0)
    known.clear()
    assert not known.is_in(gap(0, 100), 8.0)


# --- without end -------------------------------------------------------------------------------


async def test_a_peer_is_caught_up_with_once_at_a_time(tmp_path: Path) -> None:
    """However often it connects: a slow one would fill all places."""
    asked: list[str] = []

    async def answer(peer: str, request: bytes) -> bytes:
        asked.append(peer)
        await trio.sleep_forever()
        raise AssertionError

    there = Peer()
    there.hand_out = answer  # type: ignore[method-assign]
    async with meeting(tmp_path, there) as met, trio.open_nursery() as nursery:
        await nursery.start(met.syncer.run)
        for _ in range(10):
            met.syncer._greet(met.peer)
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert len(asked) == 1
        nursery.cancel_scope.cancel()


def said(message: bytes) -> bytes:
    return Compare(scope=b"", told=None, message=message).to_bytes()


def place(time: int) -> Place:
    return bounds.place(time, RecordId(time.to_bytes(32, "big")))


def gap(since: int, until: int) -> Gap:
    return Gap(*(Bound(each.to_bytes(8, "big")) for each in (since, until)))
