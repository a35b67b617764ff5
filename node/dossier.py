"""An order as the local API tells it: where it stands, what was agreed and how, what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from goodword.crypto.person import Person
from goodword.crypto.sealing import NotForUs
from goodword.protocol import listing as listings
from goodword.protocol.codec import Value
from goodword.protocol.contract import Contract
from goodword.protocol.entry import Entry, Event, Role
from goodword.protocol.money import Money
from goodword.protocol.order import Order, default_outcome, has_seen_the_end, open_steps
from goodword.protocol.rounds import rounds
from goodword.protocol.table import STEPS, WAITS_FOR
from goodword.protocol.terms import Terms
from goodword.storage import orders, outbox, records
from goodword.storage.database import Transaction
from goodword.storage.orders import Trade

from . import delivery, show
from .show import Json

AUTOMATIC: Final = (Event.TIMEOUT, Event.ACKNOWLEDGE)
"""Steps that the clerk takes."""


def summary(db: Transaction, trade: Trade, order: Order, now: int) -> Json:
    """One line of the list of my orders."""
    return {
        "order": trade.id.hex(),
        "role": trade.role.value,
        "buyer": show.person(db, trade.buyer),
        "seller": show.person(db, trade.seller),
        "state": trade.state.value,
        "title": trade.title,
        "quantity": trade.quantity,
        "total": show.money(trade.total),
        "since": trade.since,
        "deadline": trade.deadline,
        "is_my_turn": is_turn_of(order, trade.role),
        "open_steps": decisions(order, trade.role, now),
        "undelivered": len(outbox.undelivered(db, trade.id)),
    }


def whole(db: Transaction, order: Order, person: Person, now: int) -> Json:
    """All there is to say of an order of mine."""
    contract, terms = order.contract, order.terms
    role = order.role_of(person.public_key)
    assert role is not None, "only my own orders are shown"
    default = default_outcome(order)
    return {
        "order": order.id.hex(),
        "role": role.value,
        "buyer": show.person(db, contract.buyer),
        "seller": show.person(db, contract.seller),
        "moderator": show.person(db, terms.moderator) if terms.moderator else None,
        "has_consent": order.has_consent,
        "state": order.state.value,
        "since": order.since,
        "deadline": order.deadline,
        "default": default.to.value if default else None,
        "listing": contract.slot.hex(),
        "listing_record": contract.listing.hex(),
        "title": contract.title,
        "quantity": terms.quantity,
        "price": show.money(terms.price),
        "total": show.money(terms.total),
        "to_seller": show.money(order.to_seller) if order.to_seller else None,
        "handling_seconds": terms.handling,
        "extension_seconds": terms.extension,
        "terms": _terms(terms),
        "rounds": list(_rounds(db, order)),
        "offers": [
            {"by": by.value, "record": each.id.hex(), "to_seller": show.money(each.to_seller)}
            for by, each in sorted(order.offers.items())
        ],
        "note": terms.note,
        "ship_to": _ship_to(contract, person),
        "is_my_turn": is_turn_of(order, role),
        "is_sealed": order.is_over
        and all(has_seen_the_end(order, each) for each in (Role.BUYER, Role.SELLER)),
        "open_steps": decisions(order, role, now),
        "history": [
            {
                "record": line.entry.id.hex(),
                "event": line.entry.event.value,
                "role": line.entry.role.value,
                "made_at": line.entry.made_at,
                "state": line.state.value,
                "details": _details(line.entry),
                "delivery": delivery.shown(db, person.public_key, line.entry),
            }
            for line in order.history
        ],
        "void": [
            {
                "record": void.entry.id.hex(),
                "event": void.entry.event.value,
                "role": void.entry.role.value,
                "made_at": void.entry.made_at,
                "why": void.why,
            }
            for void in order.void
        ],
        "signed_both_ways": sorted(role.value for role in order.forkers),
        "heads": sorted(head.hex() for head in order.heads),
    }


def decisions(order: Order, role: Role, now: int) -> list[str]:
    """The steps that are a person's to take; the others are the clerk's."""
    return [step.value for step in open_steps(order, role, now) if step not in AUTOMATIC]


def is_turn_of(order: Order, role: Role) -> bool:
    """Whether `role` is waited for: to go on; or, as moderator, to say whether he is ready."""
    if role in WAITS_FOR.get(order.state, ()):
        return True
    is_asked = (order.state, Event.CONSENT) in STEPS and not order.has_consent
    return role is Role.MODERATOR and is_asked


def _rounds(db: Transaction, order: Order) -> Iterator[Json]:
    """Each round of the negotiation, as what it changed of the one before."""
    record = records.get(db, order.contract.listing)
    listing = listings.read(record) if record else None  # a moderator may never have had it
    for each in rounds(order, listing):
        yield {
            "record": each.entry.id.hex(),
            "by": each.entry.role.value,
            "made_at": each.entry.made_at,
            "changes": {
                name: {
                    "was": _term(db, name, was, each.before),
                    "is": _term(db, name, now, each.after),
                }
                for name, (was, now) in each.changes.items()
            },
        }


def _term(db: Transaction, name: str, value: Value, terms: Terms) -> object:
    """One of the terms, as it is written in the record; the moderator as a person."""
    if name != "moderator" or terms.moderator is None:
        return show.plain(value)
    fee = show.money(Money(terms.fee, terms.total.code))
    return {"person": show.person(db, terms.moderator), "fee": fee}


def _terms(terms: Terms) -> Json:
    return {
        "shipping": show.money(Money(terms.shipping, terms.price.code)),
        "payment_seconds": terms.payment,
        "clearing_seconds": terms.clearing,
        "inspection_seconds": terms.inspection,
        "dispute_seconds": terms.dispute,
        "options": dict(terms.options),
        "answers": [{"question": asked, "answer": said} for asked, said in terms.answers],
        "fee": show.money(Money(terms.fee, terms.total.code)),
    }


def _details(said: Entry) -> object:
    """What the entry carries; contract, terms and licence are shown with the order."""
    hidden = ("contract", "terms", "licence", "count")
    return show.plain({k: v for k, v in said.details.items() if k not in hidden})


def _ship_to(contract: Contract, person: Person) -> str:
    """Readable by the seller alone: even the buyer has only the seal."""
    if not contract.ship_to or contract.seller != person.public_key:
        return ""
    try:
        return person.open_sealed(contract.ship_to).decode(errors="replace")
    except NotForUs:
        return ""


def every(db: Transaction, now: int) -> list[Json]:
    """My orders: what waits for me first, by deadline."""
    shown: list[Json] = []
    for trade in orders.every(db):
        order = orders.load(db, trade.id)
        assert order is not None, "its entries are in the heap"
        shown.append(summary(db, trade, order, now))
    # The sort is stable, so that within both halves the order by deadline stays.
    shown.sort(key=lambda each: not each["is_my_turn"])
    return shown
