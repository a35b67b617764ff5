"""Bisq, proposals#135: disputed money went to a "donation address"; Mostro: a solver could slash.

Here one integer says how much is the seller's. He alone can only give all back, the buyer alone
only give it all; anything between is signed by two of three, and it is never more than there is.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Final

import pytest

from goodword.protocol.codec import Value
from goodword.protocol.entry import Event
from goodword.protocol.errors import BadField, NoOffer
from goodword.protocol.limits import MINOR_MAX, OFFERS_MAX
from goodword.protocol.record import Record
from goodword.protocol.table import STEPS, State
from tests.make import ANN, BEN, CHEN
from tests.node.deal import Deal
from tests.protocol.ways import AT
from tests.storage import dump
from tests.world import traders

from .door import after, agreed_by_all, bring, home, minor, order_at

TOTAL: Final = 2_500
OFFERED_IN: Final = [state for state, event in STEPS if event is Event.OFFER]


def refused(told: list[Record], letter: Record, code: str) -> None:
    with home(ANN, told) as node:
        whole = dump.everything(node.database)
        assert bring(node, letter) == [code]
        assert dump.everything(node.database) == whole


@pytest.mark.parametrize("part", [0, 1, TOTAL - 1, TOTAL])
def test_the_seller_alone_keeps_nothing(part: int) -> None:
    """His offer is words: it moves no money, and no state."""
    told = AT[State.FUNDED]
    offer = after(told, BEN, Event.OFFER, to_seller=part)
    with home(ANN, [*told, offer]) as node:
        assert (order_at(node).state, minor(order_at(node))) == (State.FUNDED, None)
    refused([*told, offer], after([*told, offer], BEN, Event.AGREE, offer=offer.id), NoOffer.code)


def test_a_refund_holds_no_part_that_he_keeps() -> None:
    told = AT[State.FUNDED]
    refused(told, after(told, BEN, Event.REFUND, to_seller=500), BadField.code)
    refused(told, after(told, BEN, Event.REFUND, keep=500), BadField.code)
    with home(ANN, [*told, after(told, BEN, Event.REFUND)]) as node:
        assert minor(order_at(node)) == 0


def test_one_agrees_only_to_what_stands() -> None:
    """Not to an id that is no offer, nor to a former one, nor to one of an earlier state."""
    told = AT[State.PAY_CLAIMED]
    first = after(told, BEN, Event.OFFER, to_seller=100)
    second = after([*told, first], BEN, Event.OFFER, to_seller=2_400)
    received = after([*told, first, second], BEN, Event.PAY_RECEIVED)
    known = [*told, first, second]
    wrong: list[tuple[list[Record], Value]] = [
        (known, first.id),
        (known, told[0].id),
        (known, bytes(32)),
        ([*known, received], second.id),
    ]
    for way, offer in wrong:
        refused(way, after(way, ANN, Event.AGREE, offer=offer), NoOffer.code)
    with home(BEN, [*known, after(known, ANN, Event.AGREE, offer=second.id)]) as node:
        assert minor(order_at(node)) == 2_400


@pytest.mark.parametrize(("state", "person"), list(product(OFFERED_IN, (ANN, BEN))))
@pytest.mark.parametrize("part", [TOTAL + 1, MINOR_MAX])
def test_nobody_offers_more_than_there_is(state: State, person: object, part: int) -> None:
    told = AT[state]
    who = ANN if person is ANN else BEN
    refused(told, after(told, who, Event.OFFER, to_seller=part), BadField.code)


@pytest.mark.parametrize("part", [TOTAL + 1, MINOR_MAX, MINOR_MAX + 1, -1, None, "500", b"500"])
def test_a_verdict_is_a_part_of_the_total(part: Value) -> None:
    """The fee of the moderator is none of it: he cannot pay himself."""
    told = AT[State.DISPUTED]
    refused(told, after(told, CHEN, Event.VERDICT, to_seller=part), BadField.code)


def test_a_moderator_cannot_split_what_is_not_disputed() -> None:
    for state in (State.PAY_CLAIMED, State.FUNDED, State.FULFILLED):
        told = AT[state]
        refused(told, after(told, CHEN, Event.VERDICT, to_seller=0), "order.wrong_turn")
        refused(told, after(told, CHEN, Event.OFFER, to_seller=0), "order.not_yours")


def test_who_agreed_first_is_not_agreed_with_twice() -> None:
    """Both agree at once to the offer of the other: all see the same one of the two."""
    told = AT[State.FUNDED]
    hers = after(told, ANN, Event.OFFER, to_seller=0)
    his = after([*told, hers], BEN, Event.OFFER, to_seller=2_000)
    known = [*told, hers, his]
    both = [
        after(known, ANN, Event.AGREE, offer=his.id),
        after(known, BEN, Event.AGREE, offer=hers.id),
    ]
    made = agreed_by_all(known, both)
    assert made.state is State.REFUNDED
    assert minor(made) in (0, 2_000)


def test_an_offer_that_was_agreed_to_is_not_changed_by_another_that_was_held_back() -> None:
    """The seller offered 5.00; as soon as she agrees, he has offered 24.00 at the same time."""
    told = AT[State.FUNDED]
    offer = after(told, BEN, Event.OFFER, to_seller=500)
    agree = after([*told, offer], ANN, Event.AGREE, offer=offer.id)
    for note in ("a", "b", "c", "d"):
        other = after(told, BEN, Event.OFFER, to_seller=2_400, note=note)
        made = agreed_by_all([*told, offer], [agree, other])
        assert (made.state, minor(made)) == (State.REFUNDED, 500)


def test_offers_come_to_an_end() -> None:
    told = list(AT[State.FUNDED])
    for n in range(OFFERS_MAX):
        told.append(after(told, BEN, Event.OFFER, to_seller=n))
    refused(told, after(told, BEN, Event.OFFER, to_seller=9), "order.too_often")


def test_to_keep_a_part_is_an_offer_and_no_refund(tmp_path: Path) -> None:
    """`goodword order refund --keep`: what a seller would type."""
    with traders(tmp_path, [ANN, BEN]) as (ann, ben):
        deal = Deal(ann, ben)
        deal.place()
        deal.take(ben, "accept")
        deal.take(ann, "paid")
        assert deal.take(ben, "refund", keep="2.00 EUR")["state"] == "pay_claimed"
        assert deal.seen_by(ann)["to_seller"] is None
        assert deal.take(ann, "agree")["to_seller"]["minor"] == 200
