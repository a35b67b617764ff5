"""What the carrier counts is what two nodes would say."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio

from goodword.node.aside import Aside
from goodword.node.events import Events
from goodword.node.guards.gossip import GuardedGossip
from goodword.node.guards.limits import Guards
from goodword.node.syncer import Syncer
from goodword.node.visit import Visit as RealVisit
from goodword.protocol import bounds, comparison, exchange, interest
from goodword.protocol.accumulator import Accumulator
from goodword.protocol.bounds import END, START, Bound, Place, id_of, place
from goodword.protocol.exchange import AskRecords, Records
from goodword.protocol.interest import EVERYTHING, Interest
from goodword.protocol.limits import HOUR
from goodword.protocol.record import Record, parse
from goodword.storage import records
from tests.make import ANN, BEN, NOW, fresh, listing, profile
from tests.node.peer_process import running
from tests.scale import carrier
from tests.scale.again import Again, Change, again
from tests.scale.carrier import Stock
from tests.scale.market import record_id
from tests.scale.shelf import Shelf
from tests.world import Trader, traders

SELLERS = [fresh(f"seller {n}") for n in range(40)]
TWENTY = interest.make([each.public_key for each in SELLERS[:20]], ["ceramics"])

Handler = Callable[[str, bytes], Awaitable[bytes]]


def places(numbers: range) -> list[Place]:
    return sorted(place(1_600_000_000 + n // 3, record_id(n, 1)) for n in numbers)


def stock(numbers: range, listings: int = 0) -> Stock:
    """The first so many are listings."""
    some = places(numbers)
    return Stock(some, [300] * len(some), dict.fromkeys(map(id_of, some[:listings]), 1))


def test_a_shelf_says_what_an_accumulator_says() -> None:
    some = places(range(700))
    shelf, accumulator = Shelf(some), Accumulator(some)
    dice = random.Random(1)
    for _ in range(100):
        begin, end = sorted((dice.randrange(701), dice.randrange(701)))
        assert shelf.fingerprint(begin, end) == accumulator.fingerprint(begin, end)
        assert list(shelf.iterate(begin, end)) == list(accumulator.iterate(begin, end))
        bound = Bound(dice.choice(some)[: dice.choice((8, 12, 40))])
        assert shelf.find_lower_bound(bound) == accumulator.find_lower_bound(bound)
    assert shelf.size() == accumulator.size() == 700
    assert shelf.at(699) == accumulator.at(699)
    assert (shelf.find_lower_bound(START), shelf.find_lower_bound(END)) == (0, 700)


# --- as two real nodes do it ---------------------------------------------------------------------


class Line:
    """Between a real node that catches up and one that supplies: counts what goes over it."""

    def __init__(self) -> None:
        self.compared = 0
        self.fetched = 0

    def comparing(self, handler: Handler) -> Handler:
        async def heard(peer: str, request: bytes) -> bytes:
            answer = await handler(peer, request)
            self.compared += len(request) + len(answer)
            return answer

        return heard

    def fetching(self, handler: Handler) -> Handler:
        async def heard(peer: str, request: bytes) -> bytes:
            answer = await handler(peer, request)
            self.fetched += len(request) + len(answer)
            return answer

        return heard


def held(records: list[Record], scope: Interest) -> Stock:
    """Those of them that a scope of people holds, or one of everything."""
    some = [each for each in records if scope.is_everything or each.author in scope.people]
    rows = sorted((bounds.place(each.made_at, each.id), len(each.to_bytes())) for each in some)
    listings = {each.id: each.revision for each in some if each.kind == "listing"}
    return Stock([where for where, _ in rows], [size for _, size in rows], listings)


def said_by(numbers: range, *, is_by_hour: bool = True) -> list[Record]:
    """What each of the sellers says about himself, and sells."""
    made = [
        listing(
            SELLERS[n % len(SELLERS)],
            title=f"pot {n}",
            nonce=n.to_bytes(16, "big"),
            categories=["pots"],
            now=NOW - n * HOUR // 20 if is_by_hour else NOW,
        )
        for n in numbers
    ]
    return made + [profile(SELLERS[n % len(SELLERS)], now=NOW - 9) for n in numbers[:10]]


@pytest.mark.parametrize("scope", [EVERYTHING, TWENTY], ids=["everything", "twenty"])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (range(0), range(80)),
        (range(60), range(60)),
        (range(60), range(20, 90)),
        (range(0, 90, 2), range(0, 90, 3)),
    ],
)
async def test_a_visit_counts_what_two_real_nodes_say(
    tmp_path: Path, scope: Interest, ours: range, theirs: range
) -> None:
    line = Line()
    with traders(tmp_path, [ANN, BEN]) as (ann, ben):
        ann.admit(*said_by(ours))
        ben.admit(*said_by(theirs))
        expected = carrier.visit(scope, held(kept(ann), scope), held(kept(ben), scope))
        assert expected.messages or not ours
        async with running() as here, running(seed=2) as there:
            asks = Syncer(
                here.transport, ann.intake, ann.database, Aside(ann.reader), Events(), lambda: scope
            )
            supplies = Syncer(
                there.transport, ben.intake, ben.database, Aside(ben.reader), Events()
            )
            await ann.intake.catalogue.make(Aside(ann.reader))
            await ben.intake.catalogue.make(Aside(ben.reader))
            supplier = supplies.supplier
            there.transport.serve(comparison.PROTOCOL, line.comparing(supplier.compare))
            there.transport.serve(exchange.PROTOCOL, line.fetching(supplier.answer))
            peer = await here.transport.connect(there.address)
            first = await _visited(asks, peer)
            assert line.compared == expected.told + expected.compared
            assert line.fetched == expected.records + expected.newer
            assert first.messages == expected.messages
            assert first.new == len(expected.need) + len(expected.filled)
            after = carrier.visit(scope, held(kept(ann), scope), held(kept(ben), scope))
            before, line.fetched = line.compared, 0
            second = await _visited(asks, peer)
            assert second.new == 0
            if first.new:
                assert line.compared - before == after.compared
                assert line.fetched == after.newer
            before, line.fetched = line.compared, 0
            assert (await _visited(asks, peer)).messages == 1
            assert (line.compared - before, line.fetched) == (after.first, 0)


async def _visited(syncer: Syncer, peer: str) -> RealVisit:
    with trio.fail_after(20):
        return await syncer.catch_up(peer)


def kept(trader: Trader) -> list[Record]:
    with trader.database.reading() as db:
        found = list(records.public_bytes(db, [id_of(each) for each in records.offered(db)]))
    return [parse(each) for each in found if each is not None]


# --- what else is counted ------------------------------------------------------------------------


def test_a_comparison_finds_all() -> None:
    ours, theirs = stock(range(100)), stock(range(40, 130))
    visit = carrier.visit(TWENTY, ours, theirs)
    ids = {each: {id_of(p) for p in places(each)} for each in (range(100), range(40, 130))}
    assert {*visit.need, *visit.filled} == ids[range(40, 130)] - ids[range(100)]
    assert set(visit.have) == ids[range(100)] - ids[range(40, 130)]


def test_two_who_have_the_same_say_little_and_two_who_do_not_say_more() -> None:
    same = carrier.visit(TWENTY, stock(range(500)), stock(range(500)))
    other = carrier.visit(TWENTY, stock(range(0, 1_000, 2)), stock(range(1_000)))
    assert (same.messages, same.first) == (1, same.compared)
    assert same.compared < 600
    assert other.compared > 10 * same.compared


@pytest.mark.parametrize("count", [1, 7, 511, 512, 513, 1_300])
def test_fetching_counts_the_messages_of_the_exchange(count: int) -> None:
    ids = [record_id(n, 1) for n in range(count)]
    expected = 0
    for begin in range(0, count, 512):
        page = ids[begin : begin + 512]
        expected += len(AskRecords(ids=page).to_bytes())
        expected += len(Records(records=[bytes(300)] * len(page)).to_bytes())
    assert carrier.fetch(ids, [300] * count) == expected


def test_what_a_page_does_not_hold_is_asked_for_again() -> None:
    ids = [record_id(n, 1) for n in range(2)]
    large = 200_000
    asked_twice = len(AskRecords(ids=ids[:1]).to_bytes())
    assert carrier.fetch(ids, [large] * 2) > 2 * large + 2 * asked_twice + 30


def test_asking_for_what_is_newer_counts_each_listing_up_to_a_bound() -> None:
    assert carrier.newer([]) == 0
    assert 36 * 100 < carrier.newer([1] * 100) < 37 * 100
    assert carrier.newer([1] * 512) == 2 * carrier.newer([1] * 256)
    less = carrier.visit(TWENTY, stock(range(2_048), 2_048), stock(range(3_000, 3_001)))
    more = carrier.visit(TWENTY, stock(range(2_600), 2_600), stock(range(3_000, 3_001)))
    assert 0 < more.newer <= less.newer * 1.01


def test_many_topics_are_announced_less_often_than_few() -> None:
    one, five = carrier.announcements(1, 0), carrier.announcements(5, 0)
    assert 52 <= one < 64
    assert 5 * one - 20 < five < 5 * one
    assert carrier.announcements(1, 59) == 3 * one
    assert carrier.announcements(5, 59) == 3 * five
    assert carrier.announcements(5, 599) == 3 * five
    assert carrier.announcements(5, HOUR) == (1 + 2 + 6) * five


def test_gossip_is_the_records_and_less_than_300_bytes_around_them() -> None:
    assert 500 < carrier.gossip([500]) < 800
    assert 1_500 < carrier.gossip([500] * 3) < 1_800
    assert GuardedGossip(Guards()).degree == carrier.MESH_DEGREE


# --- how often -----------------------------------------------------------------------------------


def repeated(
    seconds: float,
    *changes: Change,
    messages: int = 5,
    first_messages: int = 5,
    first_is_new: bool = False,
) -> Again:
    return again(
        since=100.0,
        until=100.0 + seconds,
        server=7,
        changes=changes,
        messages=messages,
        first_messages=first_messages,
        first_is_new=first_is_new,
    )


def test_where_nothing_changes_one_comparison_is_followed_by_looks() -> None:
    assert repeated(29) == Again(looks=0, comparisons=0)
    assert repeated(30) == Again(looks=0, comparisons=1)
    # Two were in vain, so 60 s follow one; after what took two messages it is 120 s at most.
    assert repeated(30 + 60 + 120 + 120 - 1) == Again(looks=2, comparisons=1)
    assert repeated(30 + 60 + 120 + 120) == Again(looks=3, comparisons=1)
    # The first two agreed.
    agreed = repeated(30 + 60 + 120 + 120, messages=1, first_messages=1)
    assert agreed == Again(looks=3, comparisons=1)


def test_what_gossip_brings_is_compared_in_vain_and_pauses_double() -> None:
    """A change before each visit: after 30, 60, 120, 240, 480 s, and 480 s from then on."""
    always = [Change(at=100.0 + n) for n in range(1, 8 * HOUR)]
    visits = repeated(8 * HOUR - 1, *always)
    assert visits == Again(looks=0, comparisons=5 + (8 * HOUR - 1 - 930) // 480)


def test_after_what_the_server_brought_one_compares_soon() -> None:
    brought = Change(at=110.0, giver=7)
    assert repeated(30 + 60 + 30, brought) == Again(looks=1, comparisons=2)
    by_another = Change(at=110.0, giver=8)
    assert repeated(30 + 60 + 119, by_another) == Again(looks=1, comparisons=1)
