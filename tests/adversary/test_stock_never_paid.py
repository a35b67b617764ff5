"""Marketplaces of first takers: who took an offer and never paid had locked it for all others.

Here a proposal holds nothing, what is accepted holds for a while, and one buyer holds not much.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest

from goodword.node.registrar import HOLDS_MAX
from goodword.protocol.errors import BadField, HoldsTooMuch, OutOfStock
from goodword.protocol.limits import DAY, PAYMENT_SECONDS_MAX
from tests.make import ANN, BEN, CHEN, vouch
from tests.node.deal import BREAD
from tests.world import KEPT, Trader, deliver, gossip, traders

STOCK: Final = 10


@pytest.fixture
def shop(tmp_path: Path) -> Generator[tuple[Trader, Trader, Trader]]:
    """Ben has ten loaves; Ann, whom he knows, never pays; Chen would like to buy."""
    with traders(tmp_path, [ANN, BEN, CHEN]) as (ann, ben, chen):
        ben.admit(BREAD, vouch(BEN, ANN.public_key))
        gossip(ben, ann, chen)
        yield ann, ben, chen


def ask(buyer: Trader, ben: Trader, quantity: int = 1, price: str = "") -> str:
    shown = buyer.trading.place(listing=BREAD.slot.hex(), quantity=quantity, price=price)
    assert deliver(buyer, ben) == [KEPT]
    return str(shown["order"])


def test_to_ask_for_all_holds_nothing(shop: tuple[Trader, Trader, Trader]) -> None:
    ann, ben, chen = shop
    for _ in range(20):
        ask(ann, ben, STOCK)
    wanted = ask(chen, ben, STOCK)
    ben.trading.accept(order=wanted)
    assert ben.order(wanted)["state"] == "accepted"


def test_one_buyer_holds_only_so_many_unpaid(shop: tuple[Trader, Trader, Trader]) -> None:
    ann, ben, chen = shop
    held = [ask(ann, ben) for _ in range(HOLDS_MAX + 1)]
    for order in held[:HOLDS_MAX]:
        ben.trading.accept(order=order)
    with pytest.raises(HoldsTooMuch, match=f"holds pieces with {HOLDS_MAX} unpaid orders"):
        ben.trading.accept(order=held[-1])
    with pytest.raises(HoldsTooMuch):
        ben.trading.counter(order=held[-1], price="5 EUR")
    other = ask(chen, ben)
    ben.trading.accept(order=other)
    assert ben.order(other)["state"] == "accepted"


def test_to_say_that_one_has_paid_makes_no_room(shop: tuple[Trader, Trader, Trader]) -> None:
    """It costs nothing to say: what counts is that the seller has seen the money."""
    ann, ben, _ = shop
    held = [ask(ann, ben) for _ in range(HOLDS_MAX + 1)]
    for order in held[:HOLDS_MAX]:
        ben.trading.accept(order=order)
        deliver(ben, ann)
        ann.trading.paid(order=order)
        deliver(ann, ben)
        assert ben.order(order)["state"] == "pay_claimed"
    with pytest.raises(HoldsTooMuch):
        ben.trading.accept(order=held[-1])
    ben.trading.received(order=held[0])
    ben.trading.accept(order=held[-1])


def test_a_claim_that_is_not_true_is_ended_by_the_seller_at_once(
    shop: tuple[Trader, Trader, Trader],
) -> None:
    """To give back a payment that never came costs him nothing, and frees the pieces."""
    ann, ben, chen = shop
    held = ask(ann, ben, STOCK)
    ben.trading.accept(order=held)
    deliver(ben, ann)
    ann.trading.paid(order=held)
    deliver(ann, ben)
    wanted = ask(chen, ben, STOCK)
    with pytest.raises(OutOfStock):
        ben.trading.accept(order=wanted)
    ben.trading.refund(order=held)
    ben.trading.accept(order=wanted)
    assert ben.order(wanted)["state"] == "accepted"


def test_what_is_not_paid_is_free_again_when_the_time_is_over(
    shop: tuple[Trader, Trader, Trader],
) -> None:
    ann, ben, chen = shop
    held = ask(ann, ben, STOCK)
    ben.trading.accept(order=held)
    ben.watch.forward(DAY)
    assert ben.clerk.look() == 1
    wanted = ask(chen, ben, STOCK)
    ben.trading.accept(order=wanted)
    assert [ben.order(each)["state"] for each in (held, wanted)] == ["expired", "accepted"]


def test_nobody_can_ask_for_a_longer_hold_than_a_week(
    shop: tuple[Trader, Trader, Trader],
) -> None:
    ann, _, _ = shop
    assert PAYMENT_SECONDS_MAX == 7 * DAY
    with pytest.raises(BadField, match="payment"):
        ann.trading.place(listing=BREAD.slot.hex(), payment="8d")


def test_a_counter_is_a_hold_too_and_ends_with_its_answer(
    shop: tuple[Trader, Trader, Trader],
) -> None:
    """The buyer may say yes to it, so the pieces must be there; in two days she has, or not."""
    ann, ben, chen = shop
    countered = ask(ann, ben, STOCK, price="4 EUR")
    ben.trading.counter(order=countered, price="4.20 EUR")
    wanted = ask(chen, ben, STOCK)
    with pytest.raises(OutOfStock):
        ben.trading.accept(order=wanted)
    ben.watch.forward(2 * DAY)
    ben.trading.withdraw(order=countered)
    ben.trading.accept(order=wanted)
    assert ben.order(wanted)["state"] == "accepted"
