from __future__ import annotations

from collections.abc import Sequence

import pytest

from goodword.crypto.person import Person
from goodword.protocol.contract import OrderId
from goodword.protocol.entry import Event, Role
from goodword.protocol.limits import DAY, HOUR
from goodword.protocol.money import Money
from goodword.protocol.order import State
from goodword.protocol.record import Record
from goodword.storage import orders
from goodword.storage.orders import Trade
from tests.make import ANN, BEN, CHEN, NOW, chain, contract, entries_of, listing, propose
from tests.storage.memory import Memory, memory

BREAD = listing(title="bread", quantity=100)

E = Event
WAYS: dict[State, list[tuple[Person, Event]]] = {
    State.PROPOSED: [],
    State.ACCEPTED: [(BEN, E.ACCEPT)],
    State.PAY_CLAIMED: [(BEN, E.ACCEPT), (ANN, E.PAY_SENT)],
    State.FUNDED: [(BEN, E.ACCEPT), (BEN, E.ON_DELIVERY)],
    State.FULFILLED: [(BEN, E.ACCEPT), (BEN, E.ON_DELIVERY), (BEN, E.FULFIL)],
    State.COMPLETED: [(BEN, E.ACCEPT), (BEN, E.ON_DELIVERY), (ANN, E.CONFIRM)],
    State.CANCELLED: [(BEN, E.REJECT)],
    State.REFUNDED: [(BEN, E.ACCEPT), (BEN, E.ON_DELIVERY), (BEN, E.REFUND)],
}
"""How an order comes to each state that needs no deadline."""


def order(state: State, *, quantity: int = 1, of: Record = BREAD, now: int = NOW) -> list[Record]:
    nonce = bytes([list(State).index(state)]) * 32
    agreed = contract(of, quantity=quantity, nonce=nonce)
    return chain(propose(agreed, now=now), *WAYS[state], seconds=0)


def every(of: Memory) -> list[Trade]:
    with of.database.reading() as db:
        return orders.every(db)


def reserved(came: Sequence[Record]) -> int:
    with memory(BEN, [BREAD, *came]) as ben, ben.database.reading() as db:
        return orders.reserved(db, BREAD.slot, BREAD.id)


@pytest.mark.parametrize(("me", "role", "other"), [(BEN, Role.SELLER, ANN), (ANN, Role.BUYER, BEN)])
def test_an_order_is_shown_from_my_side(me: Person, role: Role, other: Person) -> None:
    said = order(State.ACCEPTED, quantity=2)
    with memory(me, [BREAD, *said]) as mine:
        assert every(mine) == [
            Trade(
                id=OrderId(said[0].slot),
                role=role,
                other=other.public_key,
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
            assert orders.due(db, first - 1) == []
            assert [each.state for each in orders.due(db, first)] == [State.ACCEPTED]
            assert len(orders.due(db, NOW + 365 * DAY)) == 2


@pytest.mark.parametrize(
    ("state", "pieces"),
    [
        (State.PROPOSED, 0),
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
