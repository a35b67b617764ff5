"""What a seller has promised already, and letters that are taken in as a whole (order.json)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from goodword.crypto.keys import PublicKey
from goodword.node.registrar import HOLDS_MAX
from goodword.protocol.entry import Event
from goodword.protocol.errors import (
    HoldsTooMuch,
    Malformed,
    NotAParty,
    OutOfStock,
    UnknownKind,
    UnknownOrder,
    WrongTurn,
)
from goodword.protocol.record import Record
from tests.make import ANN, BEN, CHEN, chain, contract, listing, profile, propose, say, terms

from .deals import OPENING, haggle

Stocked: TypeAlias = tuple[str, PublicKey, list[Record], Record, str | None]
Letter: TypeAlias = tuple[str, PublicKey, list[Record], list[Record], list[int], str | None]
"""What it is about; to whom; what is here; what comes; which of it is kept; the code, or None."""

OUT: Final = OutOfStock.code


def left() -> Iterator[Stocked]:
    """Of five pieces."""
    offered, seller, buyer = listing(), BEN.public_key, ANN.public_key
    one = propose(contract(quantity=5, nonce=b"1" * 32))
    two = propose(contract(quantity=1, nonce=b"2" * 32))
    accept = say(BEN, Event.ACCEPT, [two])
    taken = say(BEN, Event.ACCEPT, [one])
    first = [offered, one, taken, two]
    yield "the seller accepts more than is left", seller, first, accept, OUT
    yield "the buyer does not ask how much is left", buyer, first, accept, None
    yield (
        "the seller counters with more than is left",
        seller,
        first,
        say(BEN, Event.COUNTER, [two], details={"terms": terms(quantity=1).to_body()}),
        OUT,
    )
    yield "what is only proposed is left", seller, [offered, one, two], accept, None
    less = say(BEN, Event.COUNTER, [one], details={"terms": terms(quantity=4).to_body()})
    yield "a counter holds its own quantity", seller, [offered, one, less, two], accept, None
    all_ = say(BEN, Event.COUNTER, [one])
    yield "a counter holds what it asks for", seller, [offered, one, all_, two], accept, OUT
    out = chain(one, (BEN, Event.ACCEPT), (ANN, Event.WITHDRAW))
    yield "what came to nothing is left again", seller, [offered, *out, two], accept, None
    sold = chain(one, (BEN, Event.ACCEPT), (BEN, Event.ON_DELIVERY), (ANN, Event.CONFIRM))
    yield "what this revision sold is not left", seller, [offered, *sold, two], accept, OUT
    anew = listing(revision=1)
    yield "a revision counts anew", seller, [offered, *sold, two, anew], accept, None
    yield "but for what is under way", seller, [*first, anew], accept, OUT
    many = listing(quantity=1_000)
    asked = [propose(contract(many, nonce=bytes([n]) * 32)) for n in range(HOLDS_MAX + 1)]
    held = [each for one in asked[:-1] for each in (one, say(BEN, Event.ACCEPT, [one]))]
    last = [many, *held, asked[-1]]
    yield (
        "the buyer holds pieces with eight unpaid orders",
        seller,
        last,
        say(BEN, Event.ACCEPT, asked[-1:]),
        HoldsTooMuch.code,
    )
    claimed = say(ANN, Event.PAY_SENT, held[:2])
    yield (
        "the buyer says that one of them is paid",
        seller,
        [*last, claimed],
        say(BEN, Event.ACCEPT, asked[-1:]),
        HoldsTooMuch.code,
    )
    yield (
        "the money for one of them has come",
        seller,
        [*last, claimed, say(BEN, Event.PAY_RECEIVED, [*held[:2], claimed])],
        say(BEN, Event.ACCEPT, asked[-1:]),
        None,
    )


def letters() -> Iterator[Letter]:
    offered, seller, buyer, moderator = listing(), BEN.public_key, ANN.public_key, CHEN.public_key
    agreed = haggle()
    yield (
        "a moderator whom a counter in the letter names",
        moderator,
        [],
        agreed,
        [0, 1, 2, 3],
        None,
    )
    yield "named before it is agreed", moderator, [], agreed[:2], [0, 1], None
    yield "a moderator whom nobody has named yet", moderator, [], agreed[:1], [], NotAParty.code
    early = say(ANN, Event.PAY_SENT, [OPENING])
    yield (
        "an entry is refused before one names the moderator",
        moderator,
        [],
        [OPENING, early, *agreed[1:]],
        [],
        WrongTurn.code,
    )
    dropped = [*agreed[:2], say(ANN, Event.COUNTER, agreed[:2])]
    yield "named, and not in the end", moderator, [], dropped, [], NotAParty.code
    yield "the beginning is missing", moderator, [], agreed[1:], [], UnknownOrder.code
    later = say(ANN, Event.WITHDRAW, [OPENING])
    yield (
        "what comes before the entry that is refused is kept",
        seller,
        [offered],
        [OPENING, early, later],
        [0],
        WrongTurn.code,
    )
    yield "an entry that is here already is kept", seller, [offered, OPENING], agreed, [
        0, 1, 2, 3,
    ], None  # fmt: skip
    own = [OPENING, say(BEN, Event.ACCEPT, [OPENING])]
    yield "the buyer's own order comes back to her, the listing not", buyer, [], own, [0, 1], None
    one = propose(contract(quantity=5, nonce=b"1" * 32))
    here = [offered, one, say(BEN, Event.ACCEPT, [one]), OPENING]
    yield "the seller's own word comes back: how much is left is not asked", seller, here, own[
        1:
    ], [0], None  # fmt: skip
    yield "entries of two orders", seller, [offered], [OPENING, one], [], Malformed.code
    yield "a profile among them", seller, [offered], [OPENING, profile(BEN)], [
        0,
    ], UnknownKind.code  # fmt: skip
