from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from goodword.crypto.person import Person
from goodword.protocol.contract import OrderId
from goodword.protocol.entry import Event, Role
from goodword.protocol.limits import DAY, HOUR
from goodword.protocol.money import Money
from goodword.protocol.record import Record
from goodword.protocol.table import State
from goodword.storage import orders
from goodword.storage.orders import Trade
from tests.make import (
    ANN,
    BEN,
    CHEN,
    DAI,
    NOW,
    chain,
    contract,
    entries_of,
    listing,
    propose,
    review,
    say,
    terms,
)
from tests.storage.memory import Memory, memory

BREAD = listing(title="bread", quantity=100)

E = Event
WAYS: dict[State, list[tuple[Person, Event]]] = {
    State.PROPOSED: [],
    State.COUNTERED: [(BEN, E.COUNTER)],
    State.ACCEPTED: [(BEN, E.ACCEPT)],
    State.PAY_CLAIMED: [(BEN, E.ACCEPT), (ANN, E.PAY_SENT)],
    State.FUNDED: [(BEN, E.ACCEPT), (BEN, E.ON_DELIVERY)],
    State.FULFILLED: [(BEN, E.ACCEPT), (BEN, E.ON_DELIVERY), (BEN, E.FULFIL)],
    State.COMPLETED: [(BEN, E.ACCEPT), (BEN, E.ON_DELIVERY), (ANN, E.CONFIRM)],
    State.CANCELLED: [(BEN, E.REJECT)],
    State.REFUNDED: [(BEN, E.ACCEPT), (BEN, E.ON_DELIVERY), (BEN, E.REFUND)],
}
"""How an order comes to each state that needs no deadline."""


def order(state: State, *, of: Record = BREAD, now: int = NOW, **asked: Any) -> list[Record]:
    nonce = bytes([list(State).index(state)]) * 32
    agreed = contract(of, nonce=nonce, **asked)
    return chain(propose(agreed, now=now), *WAYS[state], seconds=0)


def every(of: Memory) -> list[Trade]:
    with of.database.reading() as db:
        return orders.every(db)


def reserved(came: Sequence[Record]) -> int:
    with memory(BEN, [BREAD, *came]) as ben, ben.database.reading() as db:
        return orders.reserved(db, BREAD.slot, BREAD.id)


@pytest.mark.parametrize(
    ("me", "role"), [(BEN, Role.SELLER), (ANN, Role.BUYER), (CHEN, Role.MODERATOR)]
)
def test_an_order_is_shown_from_my_side(me: Person, role: Role) -> None:
    said = order(State.ACCEPTED, quantity=2, moderator=CHEN.public_key)
    with memory(me, [BREAD, *said]) as mine:
        assert every(mine) == [
            Trade(
                id=OrderId(said[0].slot),
                role=role,
                buyer=ANN.public_key,
                seller=BEN.public_key,
                state=State.ACCEPTED,
                since=NOW,
                deadline=NOW + 24 * HOUR,
                title="bread",
                quantity=2,
                total=Money(2_500, "EUR"),
            )
        ]


def test_an_order_is_the_fold_of_its_entries() -> None:
    said = order(State.FULFILLED)
    order_id = OrderId(said[0].slot)
    with memory(ANN, [BREAD, *said]) as ann, ann.database.reading() as db:
        assert orders.entries_of(db, order_id) == entries_of(said)
        loaded = orders.load(db, order_id)
        assert loaded is not None
        assert loaded.state is State.FULFILLED
        assert orders.load(db, OrderId(bytes(32))) is None
        assert orders.starting_with(db, order_id, order_id) == [order_id]


def test_open_orders_come_first_by_deadline_then_the_others_latest_first() -> None:
    shuffled = [State.COMPLETED, State.FULFILLED, State.CANCELLED, State.ACCEPTED, State.PROPOSED]
    with memory(BEN, [BREAD]) as ben:
        ben.now += 10
        for at, state in enumerate(shuffled):
            ben.learn(order(state, now=NOW + at))
        assert [each.state for each in every(ben)] == [
            State.ACCEPTED,
            State.PROPOSED,
            State.FULFILLED,
            State.CANCELLED,
            State.COMPLETED,
        ]
        with ben.database.reading() as db:
            assert orders.count_by_state(db) == dict.fromkeys(sorted(shuffled), 1)


def test_what_is_due_follows_from_the_deadlines() -> None:
    with memory(BEN, [BREAD, *order(State.ACCEPTED), *order(State.PROPOSED)]) as ben:
        ben.learn(order(State.COMPLETED))
        with ben.database.reading() as db:
            first, last = NOW + 24 * HOUR, NOW + 48 * HOUR
            assert orders.next_deadline(db, NOW) == first
            assert orders.next_deadline(db, first) == last
            assert orders.next_deadline(db, last) is None
            ended = [State.COMPLETED]  # and Ben has not said yet that he saw it
            assert [each.state for each in orders.due(db, first - 1)] == ended
            assert [each.state for each in orders.due(db, first)] == [*ended, State.ACCEPTED]
            assert len(orders.due(db, NOW + 365 * DAY)) == 3


def test_an_end_that_i_have_not_acknowledged_is_due() -> None:
    said = order(State.COMPLETED)
    with memory(BEN, [BREAD, *said]) as ben:
        with ben.database.reading() as db:
            assert [each.state for each in orders.due(db, NOW)] == [State.COMPLETED]
        ben.learn([say(BEN, E.ACKNOWLEDGE, said)])
        with ben.database.reading() as db:
            assert orders.due(db, NOW) == []


def test_an_order_that_i_was_only_to_moderate_is_not_shown() -> None:
    """The terms named me once, and another in the end."""
    said = order(State.PROPOSED, moderator=CHEN.public_key)
    other = terms(BREAD, moderator=DAI.public_key)
    said.append(say(BEN, E.COUNTER, said, details={"terms": other.to_body()}))
    with memory(CHEN, [BREAD, said[0]]) as chen:
        assert [each.role for each in every(chen)] == [Role.MODERATOR]
        chen.learn(said[1:])
        assert every(chen) == []


def test_the_number_of_an_agreement_rises_with_each() -> None:
    first, second = order(State.ACCEPTED), order(State.PROPOSED)
    ids = [OrderId(each[0].slot) for each in (first, second)]
    with memory(BEN, [BREAD, *first, *second]) as ben, ben.database.reading() as db:
        assert [orders.next_count(db, each, BEN.public_key) for each in ids] == [1, 2]


def test_the_number_of_an_agreement_that_was_overtaken_is_not_given_again() -> None:
    """The buyer withdrew meanwhile, and has the licence all the same."""
    said = order(State.PROPOSED)
    told = [say(BEN, E.COUNTER, said), say(ANN, E.WITHDRAW, said)]
    with memory(BEN, [BREAD, *said, *told]) as ben, ben.database.reading() as db:
        assert [each.state for each in orders.every(db)] == [State.CANCELLED]
        assert orders.next_count(db, OrderId(bytes(32)), BEN.public_key) == 2


def test_a_number_that_a_published_receipt_has_is_not_given_again() -> None:
    """To a home that was restored from the words."""
    said = order(State.PROPOSED)
    came = [BREAD, *said, review(ANN, BEN, count=7)]
    with memory(BEN, came) as ben, ben.database.reading() as db:
        assert orders.next_count(db, OrderId(said[0].slot), BEN.public_key) == 8


def test_what_a_buyer_holds_unpaid_is_counted() -> None:
    said = [*order(State.ACCEPTED), *order(State.FUNDED), *order(State.PROPOSED)]
    with memory(BEN, [BREAD, *said]) as ben, ben.database.reading() as db:
        assert orders.held_by(db, BREAD.slot, ANN.public_key) == 1
        assert orders.held_by(db, BREAD.slot, CHEN.public_key) == 0


@pytest.mark.parametrize(
    ("state", "pieces"),
    [
        (State.PROPOSED, 0),
        (State.COUNTERED, 7),
        (State.ACCEPTED, 7),
        (State.PAY_CLAIMED, 7),
        (State.FUNDED, 7),
        (State.FULFILLED, 7),
        (State.COMPLETED, 7),
        (State.CANCELLED, 0),
        (State.REFUNDED, 0),
    ],
)
def test_what_is_promised_or_sold_is_not_for_sale(state: State, pieces: int) -> None:
    assert reserved(order(state, quantity=7)) == pieces


def test_a_revision_counts_anew_what_was_sold_but_not_what_is_promised() -> None:
    revised = listing(title="bread", quantity=100, revision=1)
    said = [*order(State.COMPLETED, quantity=7), *order(State.FUNDED, quantity=4)]
    with memory(BEN, [BREAD, *said, revised]) as ben, ben.database.reading() as db:
        assert orders.reserved(db, BREAD.slot, BREAD.id) == 11
        assert orders.reserved(db, BREAD.slot, revised.id) == 4


def test_what_i_buy_takes_nothing_from_what_i_sell() -> None:
    said = order(State.FUNDED, quantity=7)
    with memory(ANN, [BREAD, *said]) as ann, ann.database.reading() as db:
        assert orders.reserved(db, BREAD.slot, BREAD.id) == 0


def test_other_peoples_orders_are_not_kept() -> None:
    with memory(CHEN, [BREAD, *order(State.ACCEPTED)]) as chen:
        assert every(chen) == []
