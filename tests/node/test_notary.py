"""The evidence that a node exports, of orders as they went."""

from __future__ import annotations

import base64
from collections.abc import Generator
from pathlib import Path

import pytest

from goodword.node.reading import NotFound
from goodword.protocol.evidence import Evidence, examine
from goodword.protocol.findings import Code
from goodword.protocol.table import State
from goodword.storage import orders, records
from tests.make import ANN, BEN, CHEN, DAI
from tests.node.deal import BREAD, Deal
from tests.protocol.ways import AGREED, AT, fold
from tests.world import Trader, traders


@pytest.fixture
def deal(tmp_path: Path) -> Generator[Deal]:
    with traders(tmp_path, [ANN, BEN]) as (ann, ben):
        yield Deal(ann, ben)


def exported(trader: Trader, order: str) -> Evidence:
    told = trader.notary.export(order=order)
    assert told["name"] == f"order-{told['order'][:8]}.evidence"  # type: ignore[index]
    return examine(base64.b64decode(str(told["evidence"])), trader.watch.now)


def test_a_sale_proves_itself_at_every_step(deal: Deal) -> None:
    deal.place(quantity=2, note="ring twice")
    for who, verb, state in (
        (deal.ben, "accept", State.ACCEPTED),
        (deal.ann, "paid", State.PAY_CLAIMED),
        (deal.ben, "received", State.FUNDED),
        (deal.ben, "ship", State.FULFILLED),
        (deal.ann, "confirm", State.COMPLETED),
    ):
        deal.take(who, verb)
        found = exported(deal.ann, deal.id)
        assert found == exported(deal.ben, deal.id)
        assert (found.is_sound, found.findings) == (True, ())
        assert found.order is not None
        assert found.order.state is state
        assert found.listing is not None
        assert found.listing.id == BREAD.id


def test_what_the_two_say_of_each_other_goes_with_it(deal: Deal) -> None:
    deal.place()
    for who, verb in (
        (deal.ben, "accept"),
        (deal.ben, "on_delivery"),
        (deal.ben, "ship"),
        (deal.ann, "confirm"),
    ):
        deal.take(who, verb)
    deal.ann.reviewing.review(order=deal.id, rating="good", text="crisp")
    found = exported(deal.ann, deal.id)
    assert found.findings == ()
    assert [(each.kind, each.author) for each in found.others] == [("review", deal.ann.me)]
    deal.ann.reviewing.withdraw(order=deal.id)
    assert exported(deal.ann, deal.id) == exported(deal.ben, deal.id)


def test_a_moderator_exports_what_he_has(tmp_path: Path) -> None:
    """He was never told of the listing; the file says so."""
    with traders(tmp_path, [CHEN]) as (chen,):
        chen.watch.forward(10_000)
        with chen.database.transaction() as db:
            for each in AT[State.DECIDED]:
                records.put(db, each, each.to_bytes(), chen.watch.now)
            orders.index(db, fold(AT[State.DECIDED]), chen.me)
        found = exported(chen, AGREED.id.hex())
    assert [each.code for each in found.findings] == [Code.NO_LISTING]
    assert found.is_sound


def test_an_order_between_others_is_not_here(tmp_path: Path) -> None:
    with traders(tmp_path, [DAI]) as (dai,), pytest.raises(NotFound):
        dai.notary.export(order=AGREED.id.hex())
