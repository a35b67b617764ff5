"""Catch-up with several peers at once: each gives a part, nothing comes twice, nothing is lost."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import trio

from goodword.node.aside import Aside
from goodword.node.events import Events
from goodword.node.syncer import Syncer
from goodword.node.visit import Stage, Visit
from goodword.protocol.bounds import END, START, Gap
from goodword.protocol.exchange import AskGaps, Filling
from goodword.protocol.record import Record
from goodword.storage import records
from tests.make import ANN, BEN, NOW, listing, vouch
from tests.node.catching_up import Peer
from tests.node.peer_process import running
from tests.world import Trader, traders

COUNT = 6_000


def market(count: int = COUNT) -> list[Record]:
    """All of one seller whom Ann knows: each in a second of its own."""
    return [
        listing(BEN, title=f"bread {n}", nonce=n.to_bytes(16, "big"), now=NOW - count + n)
        for n in range(count)
    ]


class Leaving(Peer):
    """Goes after so many pages, in the middle of everything."""

    pages = 3

    async def hand_out(self, peer: str, request: bytes) -> bytes:
        self.pages -= 1
        if self.pages < 0:
            raise ConnectionError
        return await super().hand_out(peer, request)


class Gathering(Peer):
    """After the first page hands out none until two lanes ask at once."""

    first = True
    waiting = 0

    async def hand_out(self, peer: str, request: bytes) -> bytes:
        if self.first:
            self.first, self.all_wait = False, trio.Event()
        else:
            self.waiting += 1
            if self.waiting == 2:
                self.all_wait.set()
            await self.all_wait.wait()
        return await super().hand_out(peer, request)


class Lying(Peer):
    """Says that there is nothing where the others have something."""

    def fill(self, ask: AskGaps) -> Filling:
        end = ask.gaps[-1].until
        return Filling(records=[], begun=end, settled=end, left=0)


@asynccontextmanager
async def beside(folder: Path, *there: Peer) -> AsyncGenerator[tuple[Trader, Syncer, list[str]]]:
    """Ann knows the seller, and is connected with all of these."""
    async with AsyncExitStack() as stack:
        (ann,) = stack.enter_context(traders(folder, [ANN]))
        ann.admit(vouch(ANN, BEN.public_key))
        aside = Aside(ann.reader)
        here = await stack.enter_async_context(running())
        syncer = Syncer(here.transport, ann.intake, ann.database, aside, Events())
        await ann.intake.catalogue.make(aside)
        peers: list[str] = []
        for number, each in enumerate(there):
            other = await stack.enter_async_context(running(seed=2 + number))
            each.serve(other)
            peers.append(await here.transport.connect(other.address))
        yield ann, syncer, peers


async def visit_all(syncer: Syncer, peers: Sequence[str]) -> list[Visit]:
    """With all at once; how it went with each."""
    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:
            visits = [syncer._begin(each) for each in peers]
            for each in visits:
                nursery.start_soon(syncer._follow, each)
    return visits


def kept(ann: Trader) -> int:
    with ann.database.reading() as db:
        return records.count(db).get("listing", 0)


async def test_each_gives_a_part_and_nothing_comes_twice(tmp_path: Path) -> None:
    made = market()
    there = [Peer(made) for _ in range(3)]
    async with beside(tmp_path, *there) as (ann, syncer, peers):
        visits = await visit_all(syncer, peers)
        assert kept(ann) == COUNT
        assert [each.stage for each in visits] == [Stage.DONE] * 3
        assert all(each.new > COUNT // 10 for each in visits)
        assert sum(len(each.asked) for each in there) == COUNT
        assert sum(each.known for each in visits) == 0


async def test_one_who_has_much_gives_it_in_lanes_and_nothing_twice(tmp_path: Path) -> None:
    there = Gathering(market())
    async with beside(tmp_path, there) as (ann, syncer, peers):
        (visit,) = await visit_all(syncer, peers)
        assert (visit.new, visit.known) == (COUNT, 0)
        assert kept(ann) == len(there.asked) == COUNT


async def test_who_goes_while_two_lanes_wait_for_him_is_left(tmp_path: Path) -> None:
    class Gone(Gathering):
        async def hand_out(self, peer: str, request: bytes) -> bytes:
            answer = await super().hand_out(peer, request)
            if self.waiting:
                raise ConnectionError
            return answer

    async with beside(tmp_path, Gone(market())) as (ann, syncer, peers):
        (visit,) = await visit_all(syncer, peers)
        assert visit.stage is Stage.FAILED
        assert 0 < kept(ann) == visit.new < COUNT
        assert not syncer._claims.are_taken([Gap(START, END)])


async def test_what_one_has_not_comes_from_the_other(tmp_path: Path) -> None:
    made = market()
    there = [Peer(made[: COUNT * 2 // 3]), Peer(made[COUNT // 3 :])]
    async with beside(tmp_path, *there) as (ann, syncer, peers):
        await visit_all(syncer, peers)
        assert kept(ann) == COUNT
        assert sum(len(each.asked) for each in there) == COUNT


async def test_who_goes_half_way_leaves_the_rest_to_the_others(tmp_path: Path) -> None:
    made = market()
    leaving, staying = Leaving(made), Peer(made)
    async with beside(tmp_path, leaving, staying) as (ann, syncer, peers):
        gone, stayed = await visit_all(syncer, peers)
        assert (gone.stage, stayed.stage) == (Stage.FAILED, Stage.DONE)
        assert kept(ann) == COUNT
        assert 0 < len(leaving.asked) < COUNT // 2


async def test_what_came_before_a_break_is_not_fetched_again(tmp_path: Path) -> None:
    made = market()
    leaving, next_ = Leaving(made), Peer(made)
    async with beside(tmp_path, leaving, next_) as (ann, syncer, peers):
        (gone,) = await visit_all(syncer, peers[:1])
        assert gone.stage is Stage.FAILED
        assert (before := kept(ann)) > 0
        (came,) = await visit_all(syncer, peers[1:])
        assert came.new == len(next_.asked) == COUNT - before
        assert kept(ann) == COUNT


async def test_who_claims_a_part_and_gives_nothing_of_it_costs_no_record(tmp_path: Path) -> None:
    made = market()
    async with beside(tmp_path, Lying(made), Peer(made)) as (ann, syncer, peers):
        await visit_all(syncer, peers)
        assert kept(ann) == COUNT


async def test_how_far_it_has_come_is_told(tmp_path: Path) -> None:
    made = market(1_200)
    async with beside(tmp_path, Peer(made)) as (_, syncer, peers):
        assert syncer.visits() == []
        (visit,) = await visit_all(syncer, peers)
        (told,) = syncer.visits()
        assert (told["peer"], told["stage"]) == (peers[0], "done")
        assert (told["new"], told["left"], told["known"]) == (1_200, 0, 0)
        assert told["bytes"] == visit.size == sum(len(each.to_bytes()) for each in made)
