"""Marketplaces with signed prices: two versions were told to two people, and nobody compared.

Here both ways are signed by one role: together they prove it, and neither way gains by it.
"""

from __future__ import annotations

from typing import Final

import pytest

from goodword.protocol.entry import Event, Role
from goodword.protocol.record import Record
from goodword.protocol.table import State
from tests.make import ANN, BEN, CHEN, contract, propose, say
from tests.protocol.ways import AT, step

from .door import APPLES, after, agreed_by_all, bring, home, minor, order_at

FUNDED: Final = AT[State.FUNDED]
SHIPPED: Final = AT[State.FULFILLED]


def told_the_moderator(known: list[Record], first: Record, part: int | None) -> list[Record]:
    """The other way, which the moderator believes: he consents, and decides if it is a dispute."""
    way = [first, after([*known, first], CHEN, Event.CONSENT)]
    if part is not None:
        way.append(after([*known, *way], CHEN, Event.VERDICT, to_seller=part))
    return way


def test_a_buyer_who_confirmed_wins_no_dispute() -> None:
    """The seller is told that it came, the moderator that it is broken."""
    confirm = after(SHIPPED, ANN, Event.CONFIRM)
    broken = after(SHIPPED, ANN, Event.DISPUTE)
    other = told_the_moderator(SHIPPED, broken, 0)
    for seen in ([], [after([*SHIPPED, confirm], BEN, Event.ACKNOWLEDGE)]):
        made = agreed_by_all([*SHIPPED, confirm, *seen], other)
        assert (made.state, minor(made)) == (State.COMPLETED, 2_500)
        assert made.forkers == {Role.BUYER}


def test_a_seller_who_gave_all_back_keeps_nothing() -> None:
    back = after(FUNDED, BEN, Event.REFUND)
    lie = after(FUNDED, BEN, Event.DISPUTE)
    other = told_the_moderator(FUNDED, lie, 2_500)
    for seen in ([], [after([*FUNDED, back], ANN, Event.ACKNOWLEDGE)]):
        made = agreed_by_all([*FUNDED, back, *seen], other)
        assert (made.state, minor(made)) == (State.REFUNDED, 0)
        assert made.forkers == {Role.SELLER}


def test_a_seller_who_gave_all_back_does_not_ship_after_all() -> None:
    """A moderator who says that he is ready, on that way, does not bring it back."""
    back = after(FUNDED, BEN, Event.REFUND)
    ship = after(FUNDED, BEN, Event.FULFIL)
    made = agreed_by_all([*FUNDED, back], told_the_moderator(FUNDED, ship, None))
    assert (made.state, minor(made)) == (State.REFUNDED, 0)


def test_who_agreed_does_not_dispute_instead() -> None:
    offer = after(SHIPPED, BEN, Event.OFFER, to_seller=2_000)
    known = [*SHIPPED, offer]
    agree = after(known, ANN, Event.AGREE, offer=offer.id)
    broken = after(known, ANN, Event.DISPUTE)
    made = agreed_by_all([*known, agree], told_the_moderator(known, broken, 0))
    assert (made.state, minor(made)) == (State.REFUNDED, 2_000)
    assert made.forkers == {Role.BUYER}


@pytest.mark.parametrize("count", [1, 5, 30])
def test_a_moderator_who_helps_outvotes_nobody(count: int) -> None:
    """He signs many ways himself, all on the one that the seller likes better now."""
    back = after(FUNDED, BEN, Event.REFUND)
    seen = after([*FUNDED, back], ANN, Event.ACKNOWLEDGE)
    ship = after(FUNDED, BEN, Event.FULFIL)
    with home(ANN, [*FUNDED, back, seen, ship]) as node:
        ways = [after([*FUNDED, ship], CHEN, Event.CONSENT, note=f"way {n}") for n in range(count)]
        assert bring(node, *ways) == ["new"] * count
        assert order_at(node).state is State.REFUNDED


def test_what_the_other_built_on_stands_whatever_the_moderator_was_told() -> None:
    """The buyer took more time to look at what was shipped; the moderator heard of a dispute."""
    ship = after(FUNDED, BEN, Event.FULFIL)
    longer = after([*FUNDED, ship], ANN, Event.EXTEND)
    lie = after(FUNDED, BEN, Event.DISPUTE)
    made = agreed_by_all([*FUNDED, ship, longer], told_the_moderator(FUNDED, lie, 2_500))
    assert (made.state, minor(made)) == (State.FULFILLED, None)
    assert made.forkers == {Role.SELLER}


def test_both_can_prove_it_with_what_they_have() -> None:
    """Two entries of one role, neither of which follows the other: no word of anybody is needed."""
    confirm, broken = (after(SHIPPED, ANN, each) for each in (Event.CONFIRM, Event.DISPUTE))
    for owner in (BEN, CHEN):
        with home(owner, [*SHIPPED, confirm, broken]) as node:
            made = order_at(node)
            proof = [line.entry for line in made.history] + [each.entry for each in made.void]
            assert {confirm.id, broken.id} <= {each.id for each in proof}
            assert made.forkers == {Role.BUYER}


def test_who_tells_the_same_to_all_forks_nothing() -> None:
    told = AT[State.RESOLVED]
    with home(ANN, told) as node:
        assert order_at(node).forkers == frozenset()


def test_a_seller_does_not_take_back_what_he_accepted() -> None:
    """Prices rose: he says no, as if he had not said yes. The buyer has paid by then."""
    known = [AT[State.PROPOSED][0]]
    yes, no = step(BEN, Event.ACCEPT, known), step(BEN, Event.REJECT, known)
    paid = step(ANN, Event.PAY_SENT, [*known, yes])
    made = agreed_by_all([*known, yes], [no, paid])
    assert made.state is State.PAY_CLAIMED
    assert made.forkers == {Role.SELLER}


def test_a_fork_of_one_order_does_not_touch_another() -> None:
    other = propose(contract(APPLES, nonce=b"2" * 32))
    with home(BEN, [*SHIPPED, other, say(BEN, Event.ACCEPT, [other])]) as node:
        assert bring(node, *(after(SHIPPED, ANN, e) for e in (Event.CONFIRM, Event.DISPUTE))) == [
            "new",
            "new",
        ]
        assert order_at(node, contract(APPLES, nonce=b"2" * 32)).forkers == frozenset()
