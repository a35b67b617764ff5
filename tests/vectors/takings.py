"""Orders that begin: what a party takes up, and what it does not (taken_up of order.json)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeAlias

from goodword.crypto.keys import PublicKey
from goodword.protocol.contract import Contract
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import (
    BadContract,
    BadLicence,
    ListingGone,
    MissingEntries,
    NotAParty,
    UnknownOrder,
)
from goodword.protocol.limits import DAY
from goodword.protocol.listing import Option
from goodword.protocol.money import Money
from goodword.protocol.record import Record
from tests.make import (
    ANN,
    BEN,
    CHEN,
    DAI,
    NOW,
    contract,
    listing,
    profile,
    propose,
    withdrawal,
    write,
)

from .deals import AGREED, OPENING, sale
from .stock import left

TakingUp: TypeAlias = tuple[str, PublicKey, list[Record], Record, str | None]
"""What it is about; who takes up; what is here; what comes; the code, or None where it is kept."""

GONE, UNLIKE, LACKS = ListingGone.code, BadContract.code, MissingEntries.code


def taken_up() -> Iterator[TakingUp]:
    offered, mine, seller, buyer = listing(), OPENING, BEN.public_key, ANN.public_key
    yield "the seller takes it up", seller, [offered], mine, None
    yield "the buyer takes it up", buyer, [offered], mine, None
    yield "a stranger", CHEN.public_key, [offered], mine, NotAParty.code
    yield "two faults: a stranger, and no listing", CHEN.public_key, [], mine, NotAParty.code
    yield "an order begins with another step", seller, [offered], sale()[1], UnknownOrder.code
    yield (
        "an order that has begun lacks a step",
        seller,
        [offered, mine],
        sale()[2],
        MissingEntries.code,
    )
    yield "another proposal of the same contract", seller, [offered, mine], propose(
        AGREED, now=NOW + 1
    ), None  # fmt: skip
    judged = propose(contract(moderator=CHEN.public_key))
    yield "whom the proposal names as moderator", CHEN.public_key, [], judged, None
    yield (
        "a stranger, though there is a moderator",
        DAI.public_key,
        [offered],
        judged,
        NotAParty.code,
    )
    yield "the listing never came", seller, [], mine, GONE
    yield (
        "the buyer's own proposal, where her home lost the listing",
        ANN.public_key,
        [],
        mine,
        None,
    )
    dearer = listing(price="13.00 EUR", revision=1)
    yield "only a later revision of the listing came", seller, [dearer], mine, GONE
    yield "a later revision came besides", seller, [offered, dearer], mine, None
    yield "the listing is withdrawn", seller, [offered, withdrawal(offered, BEN)], mine, GONE
    named = {
        "a profile, not a listing": profile(BEN, name="Ben"),
        "a withdrawal, not a listing": withdrawal(offered, BEN),
    }
    for about, record in named.items():
        other = propose(replace(AGREED, listing=record.id))
        yield f"the contract names {about}", seller, [record], other, GONE
    unlike: dict[str, Contract] = {
        "slot": replace(AGREED, slot=listing(nonce=b"m" * 16).slot),
        "title": replace(AGREED, title="a crate of pears"),
        "quantity": contract(quantity=6),
        "options": contract(options=(("size", "L"),)),
        "answers": contract(answers=(("who?", "I"),)),
    }
    cheap = contract(price=Money(1_000, "USD"), handling=2 * DAY)
    yield (
        "another price and time than the listing's: an offer",
        seller,
        [offered],
        propose(cheap),
        None,
    )
    asks = listing(
        questions=["who?"], options=[Option(name="size", choices=(("S", 0), ("L", 100)))]
    )
    fits = contract(asks, options=(("size", "L"),), answers=(("who?", "I"),))
    yield "what the listing asks is answered", seller, [asks], propose(fits), None
    without = {
        "options": replace(fits.terms, options=()),
        "answers": replace(fits.terms, answers=()),
    }
    for name, less in without.items():
        lacks = replace(fits, terms=less)
        yield (
            f"without the {name} that the listing asks for",
            seller,
            [asks],
            propose(lacks),
            UNLIKE,
        )
    for name, agreed in unlike.items():
        yield f"another {name} than the listing's", seller, [offered], propose(agreed), UNLIKE
    by_chen = listing(CHEN)
    agreed = replace(AGREED, listing=by_chen.id, slot=by_chen.slot)
    yield "another seller than the listing's", seller, [by_chen], propose(agreed), UNLIKE
    yield (
        "two faults: the listing is withdrawn, and another title",
        seller,
        [offered, withdrawal(offered, BEN)],
        propose(unlike["title"]),
        UNLIKE,
    )
    yield from _asked()
    yield from _gated()
    yield from left()


def _asked() -> Iterator[TakingUp]:
    """Of a listing with two options and two questions."""
    asks = listing(
        questions=["who?", "where?"],
        options=[
            Option(name="size", choices=(("S", 0), ("L", 100))),
            Option(name="colour", choices=(("blue", 0),)),
        ],
    )
    options = (("size", "L"), ("colour", "blue"))
    answers = (("who?", "I"), ("where?", "here"))
    fits = contract(asks, options=options, answers=answers)
    yield "two options, two questions", BEN.public_key, [asks], propose(fits), None
    others: dict[str, dict[str, Any]] = {
        "options in another order": {"options": options[::-1]},
        "answers in another order": {"answers": answers[::-1]},
        "a choice that the option does not have": {"options": (("size", "M"), options[1])},
        "a choice of the other option": {"options": (("size", "blue"), options[1])},
        "an option chosen twice": {"options": (("size", "S"), *options)},
        "a question answered twice": {"answers": (answers[0], *answers)},
    }
    for about, changes in others.items():
        unlike = replace(fits, terms=replace(fits.terms, **changes))
        yield about, BEN.public_key, [asks], propose(unlike), UNLIKE


def _gated() -> Iterator[TakingUp]:
    """4.1 comes before the gate, and the gate knows but one order."""
    seller, given = BEN.public_key, {"licence": bytes(64)}
    bare = write(ANN, AGREED, Event.PROPOSE, role=Role.BUYER, details=given)
    yield "a proposal without a licence", seller, [listing()], bare, BadLicence.code
    yield "two faults: no listing, and no licence", seller, [], bare, GONE
    other = propose(contract(nonce=b"1" * 32))
    said = write(BEN, AGREED, Event.ACCEPT, role=Role.SELLER, seen=frozenset({other.id}))
    yield "a step that follows another order's", seller, [listing(), OPENING, other], said, LACKS
    both = frozenset({OPENING.id, other.id})
    said = write(BEN, AGREED, Event.ACCEPT, role=Role.SELLER, seen=both)
    yield "a step that follows two orders", seller, [listing(), OPENING, other], said, LACKS
