"""Ways through the order table: records that lead to each of its states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from goodword.crypto.person import Person
from goodword.protocol import order
from goodword.protocol.codec import Value
from goodword.protocol.entry import Event, Role
from goodword.protocol.order import Order
from goodword.protocol.record import Record
from goodword.protocol.table import STEPS, State
from tests.make import ANN, BEN, CHEN, contract, entries_of, propose, say, terms

AGREED: Final = contract(quantity=2, moderator=CHEN.public_key, fee=100)
OPENING: Final = propose(AGREED)
PEOPLE: Final = {Role.BUYER: ANN, Role.SELLER: BEN, Role.MODERATOR: CHEN}

DETAILS: Final[Mapping[Event, Mapping[str, Value]]] = {
    Event.COUNTER: {
        "terms": terms(quantity=2, shipping=300, moderator=CHEN.public_key, fee=100).to_body()
    },
    Event.OFFER: {"to_seller": 500},
    Event.DISPUTE: {"reasons": "it is broken"},
    Event.VERDICT: {"to_seller": 700, "reasons": "it was packed badly"},
}


def fold(records: Sequence[Record]) -> Order:
    return order.fold(entries_of(records).values())


def step(person: Person, event: Event, after: Sequence[Record], role: Role | None = None) -> Record:
    """A step a minute after the last, or a TIMEOUT as soon as it is possible."""
    deadline = fold(after).deadline
    now = max(each.made_at for each in after) + 60
    if event is Event.TIMEOUT and deadline is not None:
        now = max(now, deadline)
    details = DETAILS.get(event)
    if event is Event.AGREE:
        details = {"offer": _offer_for(person, after)}
    return say(person, event, after, details=details, role=role, now=now)


def _offer_for(person: Person, after: Sequence[Record]) -> bytes:
    """The one that the other side has made, or any id."""
    offers = [each.id for by, each in fold(after).offers.items() if PEOPLE[by] is not person]
    return offers[0] if offers else bytes(32)


def way(*steps: tuple[Person, Event]) -> list[Record]:
    records = [OPENING]
    for person, event in steps:
        records.append(step(person, event, records))
    return records


_ACCEPTED: Final = ((BEN, Event.ACCEPT),)
_CLAIMED: Final = (*_ACCEPTED, (ANN, Event.PAY_SENT))
_FUNDED: Final = (*_ACCEPTED, (BEN, Event.ON_DELIVERY))
_FULFILLED: Final = (*_FUNDED, (BEN, Event.FULFIL))
_DISPUTED: Final = (*_CLAIMED, (BEN, Event.PAY_DENIED))
_DECIDED: Final = (*_DISPUTED, (CHEN, Event.VERDICT))

AT: Final[dict[State, list[Record]]] = {
    State.PROPOSED: way(),
    State.COUNTERED: way((BEN, Event.COUNTER)),
    State.ACCEPTED: way(*_ACCEPTED),
    State.PAY_CLAIMED: way(*_CLAIMED),
    State.FUNDED: way(*_FUNDED),
    State.FULFILLED: way(*_FULFILLED),
    State.DISPUTED: way(*_DISPUTED),
    State.DECIDED: way(*_DECIDED),
    State.CANCELLED: way((BEN, Event.REJECT)),
    State.EXPIRED: way((ANN, Event.TIMEOUT)),
    State.COMPLETED: way(*_FULFILLED, (ANN, Event.CONFIRM)),
    State.REFUNDED: way(*_CLAIMED, (BEN, Event.OFFER), (ANN, Event.AGREE)),
    State.RESOLVED: way(*_DECIDED, (BEN, Event.EXECUTED)),
    State.UNRESOLVED: way(*_DISPUTED, (ANN, Event.TIMEOUT)),
}

OFFERED: Final[dict[State, list[Record]]] = {
    state: [*(both := [*records, step(ANN, Event.OFFER, records)]), step(BEN, Event.OFFER, both)]
    for state, records in AT.items()
    if (state, Event.OFFER) in STEPS
}
"""The same, where each side has made an offer, so that the other can agree."""


def before(state: State, event: Event) -> list[Record]:
    """Records that lead to `state`, in which `event` has what it needs."""
    return OFFERED.get(state, AT[state]) if event is Event.AGREE else AT[state]


def open_to(state: State) -> list[tuple[Role, Event]]:
    """All that the table allows, by anybody, in the table's order."""
    return [
        (role, event)
        for (at, event), allowed in STEPS.items()
        if at is state
        for role in sorted(allowed.by)
    ]
