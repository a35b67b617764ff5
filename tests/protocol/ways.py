"""Ways through the order table: records that lead to each of its states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from goodword.crypto.person import Person
from goodword.protocol import order
from goodword.protocol.codec import Value
from goodword.protocol.entry import Event, Role
from goodword.protocol.order import STEPS, Order, State
from goodword.protocol.record import Record
from tests.make import ANN, BEN, contract, entries_of, propose, say

AGREED: Final = contract(quantity=2)
OPENING: Final = propose(AGREED)
PEOPLE: Final = {Role.BUYER: ANN, Role.SELLER: BEN}

DETAILS: Final[Mapping[Event, Mapping[str, Value]]] = {
    Event.PROPOSE: {"contract": AGREED.to_body()},
    Event.REFUND: {"to_seller": 500},
}


def fold(records: Sequence[Record]) -> Order:
    return order.fold(entries_of(records).values())


def step(person: Person, event: Event, after: Sequence[Record], role: Role | None = None) -> Record:
    """A step a minute after the last, or a TIMEOUT as soon as it is possible."""
    deadline = fold(after).deadline
    now = max(each.made_at for each in after) + 60
    if event is Event.TIMEOUT and deadline is not None:
        now = max(now, deadline)
    return say(person, event, after, details=DETAILS.get(event), role=role, now=now)


def way(*steps: tuple[Person, Event]) -> list[Record]:
    records = [OPENING]
    for person, event in steps:
        records.append(step(person, event, records))
    return records


_ACCEPTED: Final = ((BEN, Event.ACCEPT),)
_CLAIMED: Final = (*_ACCEPTED, (ANN, Event.PAY_SENT))
_FUNDED: Final = (*_ACCEPTED, (BEN, Event.ON_DELIVERY))
_FULFILLED: Final = (*_FUNDED, (BEN, Event.FULFIL))

AT: Final[dict[State, list[Record]]] = {
    State.PROPOSED: way(),
    State.ACCEPTED: way(*_ACCEPTED),
    State.PAY_CLAIMED: way(*_CLAIMED),
    State.FUNDED: way(*_FUNDED),
    State.FULFILLED: way(*_FULFILLED),
    State.CANCELLED: way((BEN, Event.REJECT)),
    State.EXPIRED: way((ANN, Event.TIMEOUT)),
    State.COMPLETED: way(*_FULFILLED, (ANN, Event.CONFIRM)),
    State.REFUNDED: way(*_CLAIMED, (BEN, Event.REFUND)),
    State.UNRESOLVED: way(*_CLAIMED, (ANN, Event.TIMEOUT)),
}


def open_to(state: State) -> list[tuple[Role, Event]]:
    """All that the table allows, by anybody, in the table's order."""
    return [
        (role, event)
        for (at, event), allowed in STEPS.items()
        if at is state
        for role in sorted(allowed.by)
    ]
