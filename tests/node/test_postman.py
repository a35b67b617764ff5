"""The postman on a road of the test's making: who answers, and what, is up to the test."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
import trio

from goodword.node.events import Events
from goodword.node.postman import Postman
from goodword.node.roads import Roads, peer_bytes
from goodword.protocol import letter
from goodword.protocol.letter import Fate, Receipt
from goodword.protocol.limits import DAY
from goodword.storage import outbox
from tests.make import ANN, BEN, PEER, presence
from tests.node.deal import Deal
from tests.node.peer_process import Node, eventually, running
from tests.world import Trader, gossip, traders


@pytest.fixture
def deal(tmp_path: Path) -> Generator[Deal]:
    with traders(tmp_path, [ANN, BEN]) as (ann, ben):
        yield Deal(ann, ben)


def postman_of(trader: Trader, node: Node) -> Postman:
    roads = Roads(node.transport, trader.database, trader.watch)
    return Postman(
        node.transport,
        roads,
        trader.intake,
        trader.database,
        trader.person,
        trader.watch,
        Events(),
    )


async def test_an_order_that_she_cannot_take_keeps_no_other_waiting(deal: Deal) -> None:
    """Ben lost an order, and may not open it again: the listing was withdrawn meanwhile. Ann has
    something to say in it; and after that she orders something else."""
    deal.place()
    deal.take(deal.ben, "accept")
    lost = deal.id
    with deal.ben.database.transaction() as db:
        db.execute("DELETE FROM trade")
        db.execute("DELETE FROM record WHERE kind = 'order'")
    deal.ben.market.withdraw(listing=str(deal.seen_by(deal.ann)["listing"]))
    apples = str(deal.ben.market.publish(title="apples", price="1 EUR")["listing"])
    gossip(deal.ben, deal.ann)
    deal.ann.trading.paid(order=lost)
    wanted = str(deal.ann.trading.place(listing=apples)["order"])
    async with running() as here, running(seed=2) as there:
        postman_of(deal.ben, there)
        there_peer = peer_bytes(there.transport.peer_id)
        deal.ann.admit(presence(BEN, peer=there_peer))
        postman = postman_of(deal.ann, here)
        await here.transport.connect(there.address)
        async with trio.open_nursery() as nursery:
            await nursery.start(postman.run)
            await eventually(lambda: bool(deal.ben.orders()))
            nursery.cancel_scope.cancel()
    assert [each["order"] for each in deal.ben.orders()] == [wanted]
    assert deal.ann.order(wanted)["history"][0]["delivery"] == "at the peer"
    assert deal.ann.order(lost)["history"][-1]["delivery"] == "queued"


async def test_a_receipt_without_the_token_settles_nothing(deal: Deal) -> None:
    deal.ann.trading.place(listing=str(deal.ben.listings()[0]["listing"]))

    async def lie(peer: str, data: bytes) -> bytes:
        return Receipt(fate=Fate.KEPT, token=bytes(32)).to_bytes()

    async with running() as here, running(seed=2) as there:
        there.transport.serve(letter.PROTOCOL, lie)
        deal.ann.admit(presence(BEN, peer=peer_bytes(there.transport.peer_id)))
        postman = postman_of(deal.ann, here)
        await here.transport.connect(there.address)
        await postman._serve(deal.ben.me)
    (debt,) = deal.ann.debts(deal.ben)
    assert debt.attempts == 1


def test_a_clock_that_ran_ahead_puts_nothing_off(deal: Deal) -> None:
    deal.ann.trading.place(listing=str(deal.ben.listings()[0]["listing"]))
    with deal.ann.database.transaction() as db:
        outbox.postpone(db, deal.ben.me, deal.watch() + 365 * DAY)
        assert outbox.recipients_due(db, deal.watch()) == [deal.ben.me]
        outbox.postpone(db, deal.ben.me, deal.watch() + outbox.WAIT_SECONDS_MAX)
        assert outbox.recipients_due(db, deal.watch()) == []


def test_only_who_is_owed_something_is_hastened_by_a_device(deal: Deal) -> None:
    deal.ann.trading.place(listing=str(deal.ben.listings()[0]["listing"]))
    now = deal.watch()
    with deal.ann.database.transaction() as db:
        outbox.postpone(db, deal.ben.me, now + 99)
        assert not outbox.hasten_at(db, PEER, now)
    deal.ann.admit(presence(BEN, peer=PEER))
    with deal.ann.database.transaction() as db:
        assert outbox.hasten_at(db, PEER, now)
        assert outbox.recipients_due(db, now) == [deal.ben.me]
