from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from goodword.node.intake import Came
from goodword.protocol import errors
from goodword.protocol.entry import Event
from goodword.protocol.errors import (
    OutOfStock,
)
from goodword.protocol.record import Record
from goodword.storage import outbox
from tests.make import (
    ANN,
    BEN,
    NOW,
    chain,
    contract,
    listing,
    propose,
    say,
    withdrawal,
)
from tests.node.deal import BREAD, Deal
from tests.storage.memory import memory
from tests.world import traders

APPLES = listing()


@pytest.fixture
def deal(tmp_path: Path) -> Generator[Deal]:
    with traders(tmp_path, [ANN, BEN]) as (ann, ben):
        yield Deal(ann, ben)


# --- by records ----------------------------------------------------------------------------------


def asked(quantity: int, label: bytes) -> Record:
    return propose(contract(APPLES, quantity=quantity, nonce=label * 32))


def test_proposals_hold_nothing_and_an_accept_over_stock_is_out_of_stock() -> None:
    first, second = asked(3, b"1"), asked(3, b"2")
    with memory(BEN, [APPLES, first, second]) as ben:
        assert ben.learn([say(BEN, Event.ACCEPT, [first])]) == [Came.NEW]
        (refusal,) = ben.learn([say(BEN, Event.ACCEPT, [second])])
        assert isinstance(refusal, errors.OutOfStock)
        assert (refusal.left, refusal.wanted, refusal.is_fault) == (2, 3, False)
        with ben.database.reading() as db:
            assert outbox.count(db) == 1


def test_a_cancelled_order_gives_back() -> None:
    first, second = asked(3, b"1"), asked(3, b"2")
    accepted = say(BEN, Event.ACCEPT, [first])
    with memory(BEN, [APPLES, first, second, accepted]) as ben:
        ben.learn([say(ANN, Event.WITHDRAW, [first, accepted])])
        assert ben.learn([say(BEN, Event.ACCEPT, [second])]) == [Came.NEW]


def test_a_revision_counts_the_stock_anew() -> None:
    first = chain(
        asked(5, b"1"), (BEN, Event.ACCEPT), (BEN, Event.ON_DELIVERY), (ANN, Event.CONFIRM)
    )
    second = asked(5, b"2")
    accept = say(BEN, Event.ACCEPT, [second])
    with memory(BEN, [APPLES, first[0], second]) as ben:
        ben.now = NOW + 999
        ben.learn(first)
        assert isinstance(ben.learn([accept])[0], errors.OutOfStock)
        assert ben.learn([listing(quantity=4, revision=1)]) == [Came.NEW]
        assert isinstance(ben.learn([accept])[0], errors.OutOfStock)
        assert ben.learn([listing(quantity=5, revision=2)]) == [Came.NEW]
        assert ben.learn([accept]) == [Came.NEW]


def test_what_was_asked_for_before_the_listing_was_withdrawn_may_still_be_granted() -> None:
    first = asked(5, b"1")
    with memory(BEN, [APPLES, first, withdrawal(APPLES, BEN)]) as ben:
        assert ben.learn([say(BEN, Event.ACCEPT, [first])]) == [Came.NEW]


def test_the_revision_that_the_buyer_saw_can_be_ordered_while_the_listing_stands() -> None:
    dearer = listing(price="99.00 EUR", revision=1)
    with memory(BEN, [APPLES, dearer]) as ben:
        assert ben.learn([asked(1, b"1")]) == [Came.NEW]


def test_a_buyer_does_not_judge_the_stock_of_a_seller() -> None:
    """Her node sees only her own orders; the seller's word is enough."""
    first, second = asked(3, b"1"), asked(3, b"2")
    with memory(ANN, [APPLES, first, second]) as ann:
        accepts = [say(BEN, Event.ACCEPT, [each]) for each in (first, second)]
        assert ann.learn(accepts) == [Came.NEW] * 2


# --- by verbs ------------------------------------------------------------------------------------


def test_a_seller_cannot_accept_more_than_there_is(deal: Deal) -> None:
    ids: list[str] = []
    for quantity in (6, 5, 4):
        deal.place(quantity=quantity)
        ids.append(deal.id)
    deal.ben.trading.accept(order=ids[0])
    with pytest.raises(OutOfStock, match="4 left, 5 wanted"):
        deal.ben.trading.accept(order=ids[1])
    deal.ben.trading.accept(order=ids[2])
    deal.ben.trading.reject(order=ids[0])
    deal.ben.trading.accept(order=ids[1])
    assert [each["state"] for each in deal.ben.orders()].count("accepted") == 2


def test_a_revision_restocks(deal: Deal) -> None:
    deal.place(quantity=10)
    deal.take(deal.ben, "accept")
    deal.take(deal.ben, "received")
    deal.take(deal.ann, "confirm")
    deal.place(quantity=3)
    with pytest.raises(OutOfStock, match="0 left, 3 wanted"):
        deal.ben.trading.accept(order=deal.id)
    deal.ben.market.revise(listing=BREAD.slot.hex(), quantity=3)
    assert deal.take(deal.ben, "accept")["state"] == "accepted"
