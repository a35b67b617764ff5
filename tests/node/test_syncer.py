"""Catch-up over a real connection, with a peer who may answer whatever he likes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio
import trio.testing

from goodword.node import syncer
from goodword.node.events import Events
from goodword.node.syncer import Syncer
from goodword.protocol import exchange
from goodword.protocol.errors import Malformed
from goodword.protocol.exchange import AskIds, AskRecords, Ids, Records
from goodword.protocol.limits import DAY
from goodword.protocol.record import Record, RecordId
from goodword.storage import peers
from tests.make import ANN, BEN, NOW, contract, listing, propose
from tests.node.peer_process import running
from tests.world import Trader, Watch, traders

Handler = Callable[[str, bytes], Awaitable[bytes]]

EPOCH = b"e" * exchange.EPOCH_BYTES


@dataclass
class Meeting:
    """Ann, who catches up, and the peer that she is connected with."""

    ann: Trader
    syncer: Syncer
    peer: str

    @property
    def mark(self) -> tuple[bytes, int]:
        with self.ann.database.reading() as db:
            return peers.mark(db, self.peer)

    async def catch_up(self) -> int:
        with trio.fail_after(10):
            return await self.syncer.catch_up(self.peer)


@asynccontextmanager
async def meeting(
    folder: Path, handler: Handler, watch: Watch | None = None
) -> AsyncGenerator[Meeting]:
    with traders(folder, [ANN], watch) as (ann,):
        async with running() as here, running(seed=2) as there:
            there.transport.serve(exchange.PROTOCOL, handler)
            catching_up = Syncer(here.transport, ann.intake, ann.database, Events())
            peer = await here.transport.connect(there.address)
            with ann.database.transaction() as db:
                peers.met(db, peer, NOW)
            yield Meeting(ann, catching_up, peer)


def answering(made: Sequence[Record]) -> Handler:
    """An honest peer who has `made`, one on each page of ids."""

    async def answer(peer: str, request: bytes) -> bytes:
        match exchange.read(request):
            case AskIds(epoch=epoch, after=after):
                at = after if epoch == EPOCH else 0
                ids = [each.id for each in made[at : at + 1]]
                is_end = at + 1 >= len(made)
                return Ids(epoch=EPOCH, ids=ids, after=at + len(ids), is_end=is_end).to_bytes()
            case AskRecords(ids=ids):
                kept = {each.id: each.to_bytes() for each in made}
                return Records(records=[kept[each] for each in ids if each in kept]).to_bytes()
            case _:
                raise AssertionError

    return answer


async def test_what_a_peer_has_comes_and_is_marked(tmp_path: Path) -> None:
    made = [listing(BEN, title=f"bread {n}", nonce=bytes([n]) * 16) for n in range(3)]
    async with meeting(tmp_path, answering(made)) as met:
        assert await met.catch_up() == 3
        assert met.mark == (EPOCH, 3)
        assert await met.catch_up() == 0


async def test_what_came_from_the_future_is_asked_for_again(tmp_path: Path) -> None:
    """Ann's clock was a day behind: a mark above the record would have lost it for ever."""
    watch = Watch(NOW - DAY)
    made = [
        listing(BEN, title="old", nonce=b"1" * 16, now=NOW - 2 * DAY),
        listing(BEN, title="new", nonce=b"2" * 16, now=NOW),
        listing(BEN, title="also old", nonce=b"3" * 16, now=NOW - 2 * DAY),
    ]
    async with meeting(tmp_path, answering(made), watch) as met:
        assert await met.catch_up() == 2
        assert met.mark == (EPOCH, 1)
        watch.forward(DAY)
        assert await met.catch_up() == 1
        assert met.mark == (EPOCH, 3)


async def test_what_is_not_public_is_not_taken(tmp_path: Path) -> None:
    bread = listing(BEN, title="bread")
    opening = propose(contract(bread))
    async with meeting(tmp_path, answering([bread, opening])) as met:
        assert await met.catch_up() == 1
        assert met.ann.orders() == []


# --- without end -------------------------------------------------------------------------------


async def test_a_peer_who_begins_anew_with_every_page_speaks_nonsense(tmp_path: Path) -> None:
    epochs = [bytes([n]) * exchange.EPOCH_BYTES for n in range(2)]
    asked: list[bytes] = []

    async def answer(peer: str, request: bytes) -> bytes:
        asked.append(request)
        return Ids(epoch=epochs[len(asked) % 2], ids=[], after=1, is_end=False).to_bytes()

    async with meeting(tmp_path, answer) as met:
        with pytest.raises(Malformed, match="leads nowhere"):
            await met.catch_up()
        assert len(asked) == 2


async def test_pages_that_bring_nothing_have_an_end(tmp_path: Path) -> None:
    """He counts on and on, and hands out nothing of what he names."""
    asked: list[bytes] = []

    async def answer(peer: str, request: bytes) -> bytes:
        asked.append(request)
        match exchange.read(request):
            case AskIds(after=after):
                made_up = RecordId(after.to_bytes(32, "big"))
                return Ids(epoch=EPOCH, ids=[made_up], after=after + 1, is_end=False).to_bytes()
            case _:
                return Records(records=[]).to_bytes()

    async with meeting(tmp_path, answer) as met:
        assert await met.catch_up() == 0
        assert len(asked) == 2 * (syncer.IDLE_PAGES_MAX + 1)
        assert met.mark == (EPOCH, syncer.IDLE_PAGES_MAX + 1)  # where the next visit begins


async def test_a_peer_is_caught_up_with_once_at_a_time(tmp_path: Path) -> None:
    """However often it connects: a slow one would fill all places."""
    asked: list[str] = []

    async def answer(peer: str, request: bytes) -> bytes:
        asked.append(peer)
        await trio.sleep_forever()
        raise AssertionError

    async with meeting(tmp_path, answer) as met, trio.open_nursery() as nursery:
        await nursery.start(met.syncer.run)
        for _ in range(10):
            met.syncer._greet(met.peer)
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert len(asked) == 1
        nursery.cancel_scope.cancel()
