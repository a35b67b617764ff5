"""A party who lies: signs both ways, holds words back, says what he may not say."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Final

from goodword.protocol.codec import Value
from goodword.protocol.entry import Event, Role
from goodword.protocol.order import Order, open_steps
from goodword.protocol.record import Record
from goodword.protocol.table import STEPS
from goodword.protocol.terms import Terms, total_of
from tests.make import write
from tests.sim.house import House

EVENTS: Final = [each for each in Event if each is not Event.PROPOSE]


def other_word(house: House, order: Order, rng: random.Random, *, but: str) -> Record | None:
    """One more lawful entry on the heads that the order has now, another than `but`."""
    role = order.role_of(house.me)
    if role is None:
        return None
    open_to_him = open_steps(order, role, house.clock())
    steps = [each for each in open_to_him if each.value != but] or open_to_him
    return _write(house, order, rng.choice(steps), role, rng) if steps else None


def forbidden_word(house: House, order: Order, rng: random.Random) -> Record:
    """What he would like to say: any event, in any role, at any time. Often it is not allowed."""
    own = order.role_of(house.me)
    steps = open_steps(order, own, house.clock()) if own else []
    if own and steps and rng.random() < 0.2:
        return _write(house, order, rng.choice(steps), own, rng, is_backdated=True)
    role = rng.choice(list(Role)) if own is None or rng.random() < 0.3 else own
    tempting = [event for state, event in STEPS if state is order.state]
    event = rng.choice(tempting if rng.random() < 0.7 else EVENTS)
    return _write(house, order, event, role, rng, is_greedy=True)


def _write(
    house: House,
    order: Order,
    event: Event,
    role: Role,
    rng: random.Random,
    *,
    is_greedy: bool = False,
    is_backdated: bool = False,
) -> Record:
    said = [line.entry.made_at for line in order.history]
    return write(
        house.person,
        order.contract,
        event,
        role=role,
        seen=order.heads,
        details=_details(order, event, role, rng, is_greedy=is_greedy),
        now=min(said) - 1 if is_backdated else max(house.clock(), *said),
    )


def _details(
    order: Order, event: Event, role: Role, rng: random.Random, *, is_greedy: bool
) -> dict[str, Value]:
    total = order.terms.total.minor
    part = total + 1 if is_greedy and rng.random() < 0.5 else rng.randint(0, total)
    match event:
        case Event.OFFER:
            return {"to_seller": part}
        case Event.VERDICT:
            return {"to_seller": part, "reasons": "because"}
        case Event.DISPUTE:
            return {"reasons": "because"}
        case Event.COUNTER:
            return {"terms": _dearer(order.terms).to_body()}
        case Event.AGREE:
            offers = [each for by, each in order.offers.items() if (by is role) is is_greedy]
            return {"offer": offers[0].id if offers else bytes(32)}
        case _:
            return {}


def _dearer(terms: Terms) -> Terms:
    price = replace(terms.price, minor=terms.price.minor + 1)
    return replace(terms, price=price, total=total_of(price, terms.quantity, terms.shipping))
