"""Bisq, April 2020: the address of a payout was not verified: 3 BTC and 4,000 XMR gone.

Here who accepts names what he accepts by its hash, and terms that do not hold are never accepted.
"""

from __future__ import annotations

from itertools import product
from typing import Any, Final

import pytest

from goodword.protocol.codec import Value
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import BadContract, BadField
from goodword.protocol.limits import COUNTERS_MAX, DAY, HOUR
from goodword.protocol.money import Money
from goodword.protocol.record import Record
from goodword.protocol.table import State
from goodword.protocol.terms import Terms
from tests.make import ANN, BEN, CHEN, DAI, contract, terms, write
from tests.protocol.ways import AGREED, OPENING
from tests.storage import dump

from .door import APPLES, after, agreed_by_all, bring, home, order_at, void


def countered(known: list[Record], person: object, asked: Terms, seconds: int = 60) -> Record:
    who = ANN if person is ANN else BEN
    return after(known, who, Event.COUNTER, seconds, terms=asked.to_body())


JUDGE: Final[dict[str, Any]] = {"moderator": CHEN.public_key, "fee": 100}
DEAR: Final = terms(quantity=2, price=Money(99_00, "EUR"), **JUDGE)
FAIR: Final = terms(quantity=2, shipping=300, **JUDGE)


# --- what was agreed -----------------------------------------------------------------------------


def test_an_accept_is_of_the_terms_that_its_author_had_seen() -> None:
    """She says yes to his counter; he has made another, dearer one at the same moment."""
    fair = countered([OPENING], BEN, FAIR)
    yes = after([OPENING, fair], ANN, Event.ACCEPT)
    for seconds in range(60, 66):  # some of these ids are lower, some higher
        dear = countered([OPENING], BEN, DEAR, seconds)
        made = agreed_by_all([OPENING, fair], [yes, dear])
        assert (made.state, made.terms) == (State.ACCEPTED, FAIR)
        assert made.forkers == {Role.SELLER}


def test_a_seller_who_accepts_does_so_on_the_terms_before_him() -> None:
    """She haggled; as soon as he says yes, she has asked for less at the same moment."""
    dear = countered([OPENING], BEN, DEAR)
    known = [OPENING, dear]
    fair = countered(known, ANN, FAIR)
    yes = after([*known, fair], BEN, Event.ACCEPT, count=1)
    for seconds in range(60, 66):
        less = countered(known, ANN, terms(quantity=2, price=Money(1, "EUR"), **JUDGE), seconds)
        made = agreed_by_all([*known, fair], [yes, less])
        assert (made.state, made.terms) == (State.ACCEPTED, FAIR)
        assert made.forkers == {Role.BUYER}


def test_a_seller_does_not_accept_what_he_has_just_countered() -> None:
    """Both at once would make the buyer agree to what he asked, unasked."""
    yes = after([OPENING], BEN, Event.ACCEPT)
    dear = countered([OPENING], BEN, DEAR)
    made = agreed_by_all([OPENING], [yes, dear])
    assert made.forkers == {Role.SELLER}
    assert (made.state, made.terms) == (State.ACCEPTED, AGREED.terms)
    with home(ANN, [OPENING, dear]) as node:
        assert bring(node, after([OPENING, dear], BEN, Event.ACCEPT)) == ["order.not_yours"]


def test_a_counter_that_is_overtaken_changes_nothing() -> None:
    """He countered, and she withdrew: neither had heard of the other."""
    dear = countered([OPENING], BEN, DEAR)
    out = after([OPENING], ANN, Event.WITHDRAW)
    made = agreed_by_all([OPENING], [dear, out])
    assert (made.state, made.terms) == (State.CANCELLED, AGREED.terms)
    assert void(made) == [("seller", "counter")]


def test_nothing_is_countered_once_it_is_accepted() -> None:
    yes = after([OPENING], BEN, Event.ACCEPT)
    with home(ANN, [OPENING, yes]) as node:
        assert bring(node, countered([OPENING, yes], BEN, DEAR)) == ["order.wrong_turn"]
        assert order_at(node).terms == AGREED.terms


def test_haggling_comes_to_an_end() -> None:
    known = [OPENING]
    for n in range(COUNTERS_MAX):
        for person in (BEN, ANN):
            known.append(countered(known, person, terms(quantity=2, shipping=n)))
    with home(ANN, known) as node:
        assert bring(node, countered(known, BEN, DEAR)) == ["order.too_often"]
        assert bring(node, after(known, BEN, Event.ACCEPT)) == ["new"]


def test_a_moderator_who_was_countered_away_decides_nothing() -> None:
    other = terms(quantity=2, moderator=DAI.public_key)
    known = [OPENING, countered([OPENING], BEN, other)]
    known.append(after(known, ANN, Event.ACCEPT))
    for event in (Event.PAY_SENT, Event.DISPUTE):
        known.append(after(known, ANN, event))
    with home(BEN, known) as node:
        late = after(known, CHEN, Event.VERDICT, to_seller=0)
        assert bring(node, late) == ["order.bad_binding"]
        assert bring(node, after(known, DAI, Event.VERDICT, to_seller=0)) == ["new"]
        assert order_at(node).state is State.DECIDED


# --- terms that do not hold ----------------------------------------------------------------------

GOOD: Final = terms(quantity=2).to_body()
WRONG: Final[dict[str, tuple[dict[str, Value], str]]] = {
    "a total below": ({"total": [2_499, "EUR"]}, BadContract.code),
    "a total above": ({"total": [2_501, "EUR"]}, BadContract.code),
    "a total without the shipping": ({"shipping": 1}, BadContract.code),
    "a total in another currency": ({"total": [2_500, "JPY"]}, BadContract.code),
    "a price in no currency": ({"price": [1_250, "XXX"]}, BadField.code),
    "a price that is no integer": ({"price": ["1250", "EUR"]}, BadField.code),
    "a price below nothing": ({"price": [-1, "EUR"]}, BadField.code),
    "no pieces": ({"quantity": 0}, BadField.code),
    "a second less than an hour to pay": ({"payment": HOUR - 1}, BadField.code),
    "a month to pay": ({"payment": 30 * DAY}, BadField.code),
    "a year to ship": ({"handling": 365 * DAY}, BadField.code),
    "no time to look at it": ({"inspection": 0}, BadField.code),
    "no time to dispute": ({"dispute": DAY}, BadField.code),
    "deadlines that are too long together": (
        {"handling": 18 * DAY, "inspection": 14 * DAY, "dispute": 21 * DAY},
        BadContract.code,
    ),
    "the seller as moderator": ({"moderator": [BEN.public_key, 0]}, BadContract.code),
    "the buyer as moderator": ({"moderator": [ANN.public_key, 0]}, BadContract.code),
    "a moderator who is nobody": ({"moderator": [bytes(32), 0]}, BadField.code),
    "a fee below nothing": ({"moderator": [CHEN.public_key, -1]}, BadField.code),
    "a term that nobody knows": ({"discount": 5}, BadField.code),
}
"""What of good terms is changed, and the code of the refusal."""


@pytest.mark.parametrize(("how", "person"), list(product(WRONG, ("buyer", "seller"))))
def test_a_counter_that_does_not_hold_is_refused(how: str, person: str) -> None:
    changed, code = WRONG[how]
    who, other, known = (BEN, ANN, [OPENING])
    if person == "buyer":
        who, other, known = (ANN, BEN, [OPENING, countered([OPENING], BEN, FAIR)])
    with home(other, known) as node:
        whole = dump.everything(node.database)
        letter = after(known, who, Event.COUNTER, terms={**GOOD, **changed})
        assert bring(node, letter) == [code]
        assert dump.everything(node.database) == whole
        assert bring(node, after(known, who, Event.COUNTER, terms=GOOD)) == ["new"]


@pytest.mark.parametrize("how", WRONG)
def test_a_proposal_that_does_not_hold_is_refused(how: str) -> None:
    changed, code = WRONG[how]
    first = contract(APPLES, quantity=2)
    body: dict[str, Value] = {**first.to_body(), "terms": {**GOOD, **changed}}
    with home(BEN) as node:
        whole = dump.everything(node.database)
        letter = write(ANN, first, Event.PROPOSE, role=Role.BUYER, details={"contract": body})
        assert bring(node, letter) == [code]
        assert dump.everything(node.database) == whole


@pytest.mark.parametrize("wrong", [{}, {"quantity": 2}, [], b"", None], ids=repr)
def test_what_is_no_terms_is_refused(wrong: Value) -> None:
    with home(ANN, [OPENING]) as node:
        whole = dump.everything(node.database)
        assert bring(node, after([OPENING], BEN, Event.COUNTER, terms=wrong)) == [BadField.code]
        assert dump.everything(node.database) == whole


def test_another_currency_is_seen_as_another_price() -> None:
    """It may be asked for: then the total is in it too, and each part of it."""
    yen = terms(quantity=2, price=Money(1_250, "JPY"))
    counter = countered([OPENING], BEN, yen)
    known = [OPENING, counter]
    known.append(after(known, ANN, Event.ACCEPT))
    with home(ANN, known) as node:
        assert order_at(node).terms.total == Money(2_500, "JPY")
