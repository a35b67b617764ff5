"""One real memory supplies, another asks, in a scope: what is told, and what is not."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio

from goodword.node.aside import Aside
from goodword.node.events import Events
from goodword.node.syncer import Syncer
from goodword.node.transport import RequestFailed
from goodword.protocol import comparison, exchange, interest
from goodword.protocol.accumulator import Accumulator
from goodword.protocol.bounds import END, START, Bound, Gap, place
from goodword.protocol.comparison import Compare, Compared
from goodword.protocol.exchange import (
    AskGaps,
    AskNewer,
    AskRecords,
    Filling,
    Records,
    UnknownScope,
)
from goodword.protocol.interest import EVERYTHING, Interest
from goodword.protocol.reconcile import Reconciler
from goodword.protocol.record import Record, RecordId
from goodword.storage import records
from tests.make import ANN, BEN, CHEN, NOW, contract, fresh, listing, profile, propose, withdrawal
from tests.node.peer_process import running
from tests.world import Trader, traders

CERAMICS = interest.make((), ["ceramics"])


@dataclass
class Pair:
    """Ann asks Ben."""

    ann: Trader
    ben: Trader
    asks: Syncer
    supplies: Syncer
    peer: str
    wanted: Interest = EVERYTHING

    async def catch_up(self) -> int:
        with trio.fail_after(20):
            return (await self.asks.catch_up(self.peer)).new

    async def ask(self, question: exchange.Question) -> exchange.Message:
        return exchange.read(await self.supplies.supplier.answer("peer", question.to_bytes()))

    async def compare(self, said: Compare) -> comparison.Message:
        return comparison.read(await self.supplies.supplier.compare("peer", said.to_bytes()))


@asynccontextmanager
async def pair(folder: Path) -> AsyncGenerator[Pair]:
    with traders(folder, [ANN, BEN]) as (ann, ben):
        async with running() as here, running(seed=2) as there:
            both: list[Syncer] = []
            found: Pair | None = None

            def wanted() -> Interest:
                return found.wanted if found else EVERYTHING

            for who, node in ((ann, here), (ben, there)):
                aside = Aside(who.reader)
                both.append(
                    Syncer(node.transport, who.intake, who.database, aside, Events(), wanted)
                )
                await who.intake.catalogue.make(aside)
            peer = await here.transport.connect(there.address)
            found = Pair(ann, ben, both[0], both[1], peer)
            yield found


def sold(count: int, *categories: str, revision: int = 1) -> list[Record]:
    return [
        listing(
            CHEN if n % 3 == 1 else fresh(f"potter {n}"),
            title=f"piece {n} of {'-'.join(categories)}",
            categories=list(categories),
            nonce=n.to_bytes(8, "big") + "-".join(categories).encode()[:8].ljust(8, b"."),
            revision=revision,
            now=NOW - 1_000 + n,
        )
        for n in range(count)
    ]


def here(of: Trader, *made: Record) -> list[bool]:
    with of.database.reading() as db:
        return [records.has(db, each.id) for each in made]


async def test_who_keeps_a_part_is_told_and_handed_that_part(tmp_path: Path) -> None:
    bowls, books = sold(600, "ceramics"), sold(600, "books")
    async with pair(tmp_path) as met:
        met.ben.admit(*bowls, *books, profile(CHEN))
        met.wanted = CERAMICS
        assert await met.catch_up() == 601
        assert all(here(met.ann, *bowls, profile(CHEN)))
        assert not any(here(met.ann, *books))
        assert await met.catch_up() == 0


async def test_what_left_the_category_or_was_withdrawn_is_heard_of(tmp_path: Path) -> None:
    (moved, gone, stays) = sold(3, "ceramics")
    async with pair(tmp_path) as met:
        for each in (met.ann, met.ben):
            each.admit(moved, gone, stays)
        later = listing(
            fresh("potter 0"),
            title="a book after all",
            categories=["books"],
            nonce=moved.slot[:16],
            revision=2,
        )
        gone_for_good = withdrawal(gone, CHEN)
        met.ben.admit(later, gone_for_good)
        met.wanted = CERAMICS
        assert await met.catch_up() == 2
        assert all(here(met.ann, later, gone_for_good, stays))
        assert await met.catch_up() == 0


async def test_gaps_are_filled_in_order_within_bounds(tmp_path: Path) -> None:
    made = sorted(sold(40, "ceramics"), key=lambda each: place(each.made_at, each.id))
    at = [Bound(place(each.made_at, each.id)) for each in made]
    async with pair(tmp_path) as met:
        met.ben.admit(*made)
        filled = await met.ask(AskGaps(scope=b"", gaps=[Gap(at[3], at[7]), Gap(at[20], END)]))
        assert filled == Filling(
            records=[each.to_bytes() for each in (*made[3:7], *made[20:])],
            begun=at[3],
            settled=END,
            left=0,
        )
        skipped = await met.ask(AskGaps(scope=b"", gaps=[Gap(at[3], at[7])], skip=3))
        assert skipped == Filling(records=[made[6].to_bytes()], begun=at[6], settled=at[7], left=0)
        beyond = await met.ask(AskGaps(scope=b"", gaps=[Gap(at[3], at[7])], skip=4))
        assert beyond == Filling(records=[], begun=at[7], settled=at[7], left=0)


async def test_a_page_of_a_gap_says_where_the_next_begins(tmp_path: Path) -> None:
    made = sold(1_300, "ceramics")
    async with pair(tmp_path) as met:
        met.ben.admit(*made)
        gap, found, left = Gap(START, END), list[bytes](), [1_300]
        while gap:
            page = await met.ask(AskGaps(scope=b"", gaps=[gap]))
            assert isinstance(page, Filling)
            found += page.records
            left.append(page.left)
            gap = Gap(page.settled, END)
        assert len(found) == len(set(found)) == 1_300
        assert left == sorted(left, reverse=True)
        assert left[-1] == 0


async def test_a_scope_that_was_not_told_is_unknown(tmp_path: Path) -> None:
    async with pair(tmp_path) as met:
        message = Reconciler(storage=Accumulator(), is_client=True).initiate()
        gaps = AskGaps(scope=CERAMICS.id, gaps=[Gap(START, END)])
        assert await met.ask(gaps) == UnknownScope()
        named = Compare(scope=CERAMICS.id, told=None, message=message)
        assert await met.compare(named) == UnknownScope()
        told = Compare(scope=CERAMICS.id, told=CERAMICS.to_bytes(), message=message)
        assert isinstance(await met.compare(told), Compared)
        assert isinstance(await met.compare(named), Compared)
        assert isinstance(await met.ask(gaps), Filling)


async def test_a_scope_with_another_id_is_refused(tmp_path: Path) -> None:
    async with pair(tmp_path) as met:
        message = Reconciler(storage=Accumulator(), is_client=True).initiate()
        for scope, told in ((bytes(32), CERAMICS.to_bytes()), (CERAMICS.id, b"nothing")):
            with pytest.raises(RequestFailed):
                await met.compare(Compare(scope=scope, told=told, message=message))


async def test_what_is_not_public_or_not_newer_is_not_handed_out(tmp_path: Path) -> None:
    (bowl,) = sold(1, "ceramics")
    async with pair(tmp_path) as met:
        met.ben.admit(bowl)
        bread = listing(BEN, title="bread")
        met.ben.admit(bread, opening := propose(contract(bread)))
        asked = AskRecords(ids=[opening.id, RecordId(bytes(32)), bowl.id])
        assert await met.ask(asked) == Records(records=[bowl.to_bytes()])
        for known, found in ((0, [bowl.to_bytes()]), (1, []), (2, [])):
            assert await met.ask(AskNewer(known=[(bowl.slot, known)])) == Records(records=found)
