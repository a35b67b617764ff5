"""What the moderator of an order is told of it: all of it, once it is agreed, and not before."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.make import ANN, BEN, CHEN
from tests.node.deal import Deal, agree
from tests.world import KEPT, Trader, deliver, gossip, traders


@pytest.fixture
def three(tmp_path: Path) -> Generator[tuple[Deal, Trader]]:
    """Ann has asked Ben for bread, and named Chen."""
    with traders(tmp_path, [ANN, BEN, CHEN]) as (ann, ben, chen):
        deal = Deal(ann, ben)
        deal.place(moderator=chen.address)
        yield deal, chen


def test_he_hears_nothing_before_they_agree(three: tuple[Deal, Trader]) -> None:
    deal, chen = three
    assert deliver(deal.ann, chen) == []
    assert chen.orders() == []


def test_he_has_all_that_was_said_before(three: tuple[Deal, Trader]) -> None:
    deal, chen = three
    deal.take(deal.ben, "counter", price="5 EUR")
    deal.take(deal.ann, "accept")
    assert deliver(deal.ann, chen) == [KEPT] * 3
    deal.take(deal.ann, "paid")
    assert deliver(deal.ann, chen) == [KEPT]
    assert agree(deal.ben, chen, deal.id)


def test_a_listing_that_he_never_saw_does_not_matter(three: tuple[Deal, Trader]) -> None:
    deal, chen = three
    deal.take(deal.ben, "accept")
    deliver(deal.ben, chen)
    assert chen.listings() == []
    assert chen.order(deal.id)["title"] == "bread"


@pytest.mark.parametrize("is_countered", [False, True])
def test_he_has_what_was_said_at_the_same_time_as_the_acceptance(
    three: tuple[Deal, Trader], *, is_countered: bool
) -> None:
    """One accepts while the other takes it back: a buyer may do so, a seller's word is void."""
    deal, chen = three
    one, other = deal.ben, deal.ann
    if is_countered:
        deal.take(deal.ben, "counter", price="5 EUR")
        one, other = deal.ann, deal.ben
    one.trading.accept(order=deal.id)
    other.trading.withdraw(order=deal.id)
    deliver(one, other)
    deliver(other, one)
    assert set(deliver(one, chen) + deliver(other, chen)) == {KEPT}
    state, void = ("accepted", 1) if is_countered else ("cancelled", 0)
    shown = chen.order(deal.id)
    assert (shown["state"], len(shown["void"])) == (state, void)
    assert agree(one, other, deal.id)
    assert agree(one, chen, deal.id)


def test_his_fee_follows_the_total(three: tuple[Deal, Trader]) -> None:
    deal, chen = three
    chen.moderation.offer(fee="10%")
    gossip(chen, deal.ann, deal.ben)
    shown = deal.take(deal.ben, "counter", price="5 EUR")
    assert shown["terms"]["fee"]["text"] == "0.50 EUR"
    shown = deal.take(deal.ann, "counter", quantity=2)
    assert shown["terms"]["fee"]["text"] == "1.00 EUR"


def test_he_is_asked_whether_he_is_ready(three: tuple[Deal, Trader]) -> None:
    deal, chen = three
    deal.take(deal.ben, "accept")
    deliver(deal.ben, chen)
    deliver(deal.ann, chen)
    assert chen.orders()[0]["is_my_turn"]
    chen.trading.consent(order=deal.id)
    assert not chen.orders()[0]["is_my_turn"]
