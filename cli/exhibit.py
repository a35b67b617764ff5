"""An exhibit: what an evidence file proves, as JSON, in the names of the local API.

Rule 1: no home, no node, no database: names of people are addresses, which nobody can borrow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from goodword.crypto.address import to_address, to_did
from goodword.crypto.keys import PublicKey
from goodword.protocol import listing as listings
from goodword.protocol import review as reviews
from goodword.protocol.codec import Value
from goodword.protocol.entry import Entry
from goodword.protocol.evidence import LIMITS, Evidence
from goodword.protocol.findings import Finding
from goodword.protocol.listing import Listing
from goodword.protocol.money import Money
from goodword.protocol.order import Order, default_outcome, has_seen_the_end
from goodword.protocol.record import Record
from goodword.protocol.rounds import Round, rounds
from goodword.protocol.terms import Terms

from .client import Json

HIDDEN = frozenset({"contract", "terms", "licence", "count"})
"""What an entry carries that is shown with the order."""


def exhibit(found: Evidence) -> Json:
    """All there is to say of a file."""
    record = found.listing
    listing = listings.read(record) if record else None
    return {
        "is_sound": found.is_sound,
        "order": found.id.hex() if found.id else None,
        "entries": len(found.entries),
        "findings": [_finding(each) for each in found.findings],
        "proves": _order(found.order, listing) if found.order else None,
        "listing": _listing(record, listing) if record and listing else None,
        "others": [_other(each) for each in found.others],
        "cannot_tell": list(LIMITS),
    }


def _finding(finding: Finding) -> Json:
    return {
        "code": finding.code.value,
        "is_fatal": finding.is_fatal,
        "text": str(finding),
        "record": finding.record.hex() if finding.record else None,
        "other": finding.other_record.hex() if finding.other_record else None,
        "rule": finding.rule or None,
    }


def _order(order: Order, listing: Listing | None) -> Json:
    contract, terms = order.contract, order.terms
    default = default_outcome(order)
    return {
        "order": order.id.hex(),
        "role": "",
        "buyer": _person(contract.buyer),
        "seller": _person(contract.seller),
        "moderator": _person(terms.moderator) if terms.moderator else None,
        "has_consent": order.has_consent,
        "state": order.state.value,
        "since": order.since,
        "deadline": order.deadline,
        "default": default.to.value if default else None,
        "is_agreed": order.is_agreed,
        "listing": contract.slot.hex(),
        "listing_record": contract.listing.hex(),
        "title": contract.title,
        "quantity": terms.quantity,
        "price": _money(terms.price),
        "total": _money(terms.total),
        "to_seller": _money(order.to_seller) if order.to_seller else None,
        "handling_seconds": terms.handling,
        "extension_seconds": terms.extension,
        "terms": _terms(terms),
        "has_listing": listing is not None,
        "rounds": [_round(each) for each in rounds(order, listing)],
        "offers": [
            {"by": by.value, "record": each.id.hex(), "to_seller": _money(each.to_seller)}
            for by, each in sorted(order.offers.items())
        ],
        "note": terms.note,
        "ship_to": "sealed: the seller alone can read it" if contract.ship_to else "",
        "history": [
            {**_entry(line.entry), "state": line.state.value, "details": _details(line.entry)}
            for line in order.history
        ],
        "void": [
            {**_entry(void.entry), "why": void.why, "details": _details(void.entry)}
            for void in order.void
        ],
        "signed_both_ways": sorted(role.value for role in order.forkers),
        "seen_the_end": [
            role.value for role in sorted(order.parties) if has_seen_the_end(order, role)
        ],
        "heads": sorted(head.hex() for head in order.heads),
    }


def _terms(terms: Terms) -> Json:
    return {
        "shipping": _money(Money(terms.shipping, terms.price.code)),
        "payment_seconds": terms.payment,
        "clearing_seconds": terms.clearing,
        "inspection_seconds": terms.inspection,
        "dispute_seconds": terms.dispute,
        "options": dict(terms.options),
        "answers": [{"question": asked, "answer": said} for asked, said in terms.answers],
        "fee": _money(Money(terms.fee, terms.total.code)),
    }


def _round(round_: Round) -> Json:
    return {
        "record": round_.entry.id.hex(),
        "by": round_.entry.role.value,
        "made_at": round_.entry.made_at,
        "changes": {
            name: {"was": _term(name, was, round_.before), "is": _term(name, now, round_.after)}
            for name, (was, now) in round_.changes.items()
        },
    }


def _term(name: str, value: Value, terms: Terms) -> object:
    """One of the terms, as it is written in the record; the moderator as a person."""
    if name != "moderator" or terms.moderator is None:
        return _plain(value)
    fee = _money(Money(terms.fee, terms.total.code))
    return {"person": _person(terms.moderator), "fee": fee}


def _entry(said: Entry) -> Json:
    return {
        "record": said.id.hex(),
        "event": said.event.value,
        "role": said.role.value,
        "made_at": said.made_at,
        "seen": sorted(each.hex() for each in said.seen),
    }


def _details(said: Entry) -> object:
    return _plain({name: value for name, value in said.details.items() if name not in HIDDEN})


def _listing(record: Record, listing: Listing) -> Json:
    return {
        "listing": record.slot.hex(),
        "record": record.id.hex(),
        "revision": record.revision,
        "made_at": record.made_at,
        "title": listing.title,
        "price": _money(listing.price),
        "quantity": listing.quantity,
        "region": listing.region,
        "categories": list(listing.categories),
        "text": listing.text,
    }


def _other(record: Record) -> Json:
    shown: Json = {
        "record": record.id.hex(),
        "kind": record.kind,
        "author": _person(record.author),
        "made_at": record.made_at,
        "is_withdrawal": record.is_withdrawal,
    }
    if record.kind != reviews.KIND or record.is_withdrawal:
        return shown
    said = reviews.read(record)
    rating = said.rating.value if said.rating else None
    return {**shown, "role": said.role.value, "rating": rating, "text": said.text}


def _person(key: PublicKey) -> Json:
    return {"address": to_address(key), "did": to_did(key), "petname": None, "name": None}


def _money(amount: Money) -> Json:
    return {"minor": amount.minor, "code": amount.code, "text": str(amount)}


def _plain(value: Value) -> object:
    """As JSON: bytes become {"hex": …}, so that nobody takes them for text."""
    match value:
        case bytes():
            return {"hex": value.hex()}
        case Mapping():
            return {name: _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in cast("Sequence[Value]", value)]
        case _:
            return value
