"""Marketplaces with signed prices: an old version was sent again, after it had changed.

Here an order is its contract: another word of it is another order, and the same one twice is one.
"""

from __future__ import annotations

from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import BadBinding, BadField
from goodword.protocol.limits import ROLE_ENTRIES_MAX
from goodword.protocol.table import State
from goodword.storage import orders
from tests.make import ANN, BEN, CHEN, NOW, contract, propose, say, write
from tests.protocol.ways import AGREED, AT, OPENING, fold
from tests.storage import dump

from .door import after, agreed_by_all, bring, home, order_at


def test_the_same_proposal_signed_twice_is_one_order() -> None:
    """And proves that the buyer signed twice; all agree which one it is that began."""
    made = agreed_by_all([OPENING], [propose(AGREED, now=NOW + 1), propose(AGREED, now=NOW + 2)])
    assert made.state is State.PROPOSED
    assert made.forkers == {Role.BUYER}
    assert len(made.void) == 2


def test_it_is_paid_and_shipped_once() -> None:
    told = AT[State.FUNDED]
    with home(BEN, told) as node:
        again = [propose(AGREED, now=NOW + n) for n in range(1, 4)]
        assert bring(node, *again) == ["new"] * 3
        assert order_at(node).history == fold(told).history
        with node.database.reading() as db:
            assert len(orders.every(db)) == 1
            assert orders.reserved(db, AGREED.slot, AGREED.listing) == AGREED.terms.quantity


def test_a_second_proposal_does_not_turn_the_clock_back() -> None:
    """Dated later, it would give the seller less time, or the buyer more."""
    told = AT[State.ACCEPTED]
    for seconds in (1, 10**6):
        made = agreed_by_all(told, [propose(AGREED, now=NOW + seconds)])
        assert (made.since, made.deadline) == (fold(told).since, fold(told).deadline)


def test_proposals_do_not_crowd_the_seller_out() -> None:
    told = AT[State.PROPOSED]
    with home(BEN, told) as node:
        again = [propose(AGREED, now=NOW + n) for n in range(1, ROLE_ENTRIES_MAX + 2)]
        assert bring(node, *again) == ["new"] * (ROLE_ENTRIES_MAX - 1) + ["order.full"] * 2
        assert bring(node, after([*told, again[0]], BEN, Event.ACCEPT)) == ["new"]
        assert order_at(node).state is State.ACCEPTED


def test_one_nonce_twice_makes_two_orders() -> None:
    """Other terms, another id: neither can be taken for the other."""
    one, two = contract(quantity=1), contract(quantity=2)
    assert one.nonce == two.nonce
    with home(BEN, [propose(one), propose(two)]) as node:
        assert bring(node, say(BEN, Event.ACCEPT, [propose(one)])) == ["new"]
        assert order_at(node, one).state is State.ACCEPTED
        assert order_at(node, two).state is State.PROPOSED


def test_nobody_proposes_for_another() -> None:
    with home(BEN) as node:
        whole = dump.everything(node.database)
        for_ann = write(CHEN, AGREED, Event.PROPOSE, role=Role.BUYER)
        by_seller = write(BEN, AGREED, Event.PROPOSE, role=Role.SELLER)
        assert bring(node, for_ann, by_seller) == [BadBinding.code] * 2
        assert dump.everything(node.database) == whole


def test_a_proposal_follows_nothing() -> None:
    """Else it could begin an order in the middle of it."""
    told = AT[State.ACCEPTED]
    with home(BEN, told) as node:
        seen = frozenset({told[-1].id})
        late = write(ANN, AGREED, Event.PROPOSE, role=Role.BUYER, seen=seen)
        assert bring(node, late) == [BadField.code]


def test_nobody_buys_from_himself() -> None:
    own = contract(buyer=BEN.public_key)
    with home(BEN) as node:
        whole = dump.everything(node.database)
        assert bring(node, write(BEN, own, Event.PROPOSE, role=Role.BUYER)) == [
            "order.bad_contract"
        ]
        assert dump.everything(node.database) == whole
