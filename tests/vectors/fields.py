"""fields.json: every field of every kind at its bounds, and just over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from goodword.crypto.hashing import digest
from goodword.crypto.person import Person
from goodword.protocol import contract as contracts
from goodword.protocol import entry, kinds, licence
from goodword.protocol.codec import Value, encode
from goodword.protocol.contract import OrderId
from goodword.protocol.endorsement import SCOPE_BYTES, SCOPE_DOMAIN
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import Refusal
from goodword.protocol.fields import Check, line, prose
from goodword.protocol.limits import DAY, HOUR
from goodword.protocol.record import Record, make, read
from goodword.protocol.scope import Part
from tests.crypto.points import SMALL_ORDER
from tests.make import (
    ANN,
    BEN,
    CHEN,
    DAI,
    NOW,
    altered,
    deal,
    fresh,
    listing,
    mailbox,
    moderator,
    presence,
    profile,
    review,
    vouch,
)

from .notation import Document, Json

NOBODY: Final = bytes.fromhex(SMALL_ORDER["order 8, first"])
MAX: Final = 2**53 - 1
APPLE: Final = "🍎"
"""One character, four bytes, in UTF-16 two units."""

Cases = Mapping[str, Sequence[Value]]
ORDER: Final = OrderId(digest(b"goodword/test-order", b""))


def fields() -> Document:
    return {
        "about": "SPEC 2.6, 3 and 4.2: fields at their bounds and over; code null where it is read",
        "now": NOW,
        "not_in_a_line": _forbidden(line(1)),
        "not_in_prose": _forbidden(prose(1)),
        "fields": [
            {"about": about, "code": code_of(record), "hex": record.to_bytes().hex()}
            for about, record in _fields()
        ],
    }


def _forbidden(check: Check) -> list[Json]:
    """All code points, but for those that another rule refuses by themselves."""
    found: list[Json] = []
    for point in [*range(0x300), *range(0x2000, 0x2100)]:
        try:
            check("text", chr(point))
        except Refusal as refusal:
            if "control" in str(refusal):
                found.append(point)
    return found


def code_of(record: Record) -> str | None:
    try:
        kinds.check(read(record.to_bytes()), NOW)
    except Refusal as refusal:
        return refusal.code
    return None


def _fields() -> Iterator[tuple[str, Record]]:
    yield from _public()
    for size in (31, 32, 42, 43):
        yield f"presence: a slot and peer of {size} bytes", presence(peer=bytes(size))
    for name, value in _each(CONTRACT):
        yield _about("contract", name, value), _proposal(name, value)
    for name in _contract():
        yield f"contract: without {name}", _proposal(name, absent=True)
    for name, value in _each(TERMS):
        yield _about("terms", name, value), _termed(name, value)
    for name in _terms():
        yield f"terms: without {name}", _termed(name, absent=True)
    for event, cases in DETAILS.items():
        for name, value in _each(cases):
            yield _about(event, name, value), _said(event, {**_least(event), name: value})
    for name, value in _each(ENTRY):
        yield _about("order", name, value), _said(Event.ACCEPT, _least(Event.ACCEPT), {name: value})
    for name in ("count", "licence"):
        less = {key: each for key, each in _least(Event.ACCEPT).items() if key != name}
        yield f"accept by the seller: without {name}", _said(Event.ACCEPT, less)
        only = {name: _least(Event.ACCEPT)[name]}
        yield f"accept by the buyer: with {name}", _entry(
            ANN, Role.BUYER, ORDER, Event.ACCEPT, [IDS[1]], only, {}
        )  # fmt: skip


def _public() -> Iterator[tuple[str, Record]]:
    told = [
        (profile(), ANN, PROFILE),
        (listing(), BEN, LISTING),
        (presence(), ANN, PRESENCE),
        (vouch(), CHEN, ENDORSEMENT),
        (moderator(), DAI, MODERATOR),
        (review(), ANN, REVIEW),
        (mailbox(), BEN, MAILBOX),
    ]
    for of, by, cases in told:
        for name, value in _each(cases):
            yield _about(of.kind, name, value), altered(of, by, **{name: value})
    for name, value in _each(SCOPE):
        yield _about("endorsement", name, value), _scoped(name, value)


def _scoped(name: str, value: Value) -> Record:
    """An endorsement whose slot is that of what it says, whatever that is."""
    scope = {"role": "", "category": "", name: value}
    named = encode([scope["role"], scope["category"]])
    slot = ANN.public_key + digest(SCOPE_DOMAIN, named)[:SCOPE_BYTES]
    body = {**(vouch().body or {}), name: value}
    return make(CHEN.identity, "endorsement", body, slot=slot, revision=NOW, now=NOW)


def _each(cases: Cases) -> Iterator[tuple[str, Value]]:
    return ((name, value) for name, values in cases.items() for value in values)


def _about(kind: str, name: str, value: Value) -> str:
    match value:
        case str() | bytes() if len(value) > 12:
            unit = "characters" if isinstance(value, str) else "bytes"
            return f"{kind}.{name}: {len(value):,} {unit}"
        case bytes():
            return f"{kind}.{name}: {len(value)} bytes"
        case [first, *_] if len(value) > 2 or isinstance(first, bytes):
            return f"{kind}.{name}: {len(value)} items"
        case [str() as only]:
            return f"{kind}.{name}: one item of {len(only)} characters" + (
                f", {only}" if len(only) < 12 else ""
            )
        case _:
            return f"{kind}.{name}: {value!r}"


def _texts(low: int, high: int) -> list[Value]:
    """At the bounds, over them, and of another type; the last two are one bytes, one nil."""
    return [*([] if not low else [""]), "a" * low, APPLE * high, "a" * (high + 1), b"a", None]


def _numbers(low: int, high: int) -> list[Value]:
    return [low, high, low - 1, high + 1, True, "1", None]


def _sizes(low: int, high: int) -> list[Value]:
    return [bytes(size) for size in (low - 1, low, high, high + 1)]


MONEY: Final[list[Value]] = [
    [0, "EUR"], [MAX, "BTC"], [MAX, "HOUR"], [-1, "EUR"], [MAX + 1, "EUR"], [True, "EUR"],
    ["1", "EUR"], [1, "eur"], [1, ""], [1, "XAU"], [1, "XXX"], [1, "EURO"], [1, b"EUR"], [1],
    [], [1, "EUR", 1], {"minor": 1}, "1 EUR", None,
]  # fmt: skip
WORDS: Final = (
    "a-b", "a-b-c", "-a", "a-", "a--b", "-", "a b", "a_b", "a.b", "ß", "2nd", "²", "ⅳ", "Ⅳ", "ⓐ",
    "ǆ", "ǅ", "किताब", "水果", "é", "e\u0301", "İ", "a\n", "🍎",
)  # fmt: skip
TEXT_OF_MANY: Final[list[Value]] = ["a\nb", "a\tb", "a\rb", "\u2028", "e\u0301", "\ufeff"]

PROFILE: Final[Cases] = {
    "name": [*_texts(1, 60), *TEXT_OF_MANY, "\u00a0", " "],
    "about": [*_texts(0, 2_000), *TEXT_OF_MANY],
    "region": _texts(1, 80),
    "roles": [
        [],
        *([each.value] for each in Part),
        ["buyer", "seller"],
        [*map(str, sorted(Part))],
        ["seller", "buyer"],
        ["seller", "seller"],
        ["Seller"],
        ["endorser"],
        [""],
        [b"seller"],
        [1],
        "seller",
        None,
    ],
    "colour": ["red", None],
}
LISTING: Final[Cases] = {
    "title": _texts(1, 140),
    "price": MONEY,
    "quantity": _numbers(0, 1_000_000),
    "handling": _numbers(HOUR, 18 * DAY),
    "text": ["", "a" * 8_000, "a" * 8_001, "a\nb", "a\tb", None],
    "region": _texts(1, 80),
    "categories": [
        [], [f"{n}" for n in range(8)], [f"{n}" for n in range(9)], ["a" * 40], ["a" * 41], [""],
        ["b", "a"], ["a", "a"], ["🍀"], "a", {}, None, *([each] for each in WORDS),
        ["a", "a-b", "b"], ["\ue000", "a"], [1], ["口", "𠮷"], ["𠮷", "口"],
    ],
    "shipping": [0, MAX, -1, MAX + 1, True, "1", None],
    "options": [
        [],
        [["size", [["S", 0]]]],
        [["size", [["S", 0], ["L", MAX]]], ["colour", [["blue", 5]]]],
        [["size", [[str(n), 0] for n in range(32)]]],
        [["size", [[str(n), 0] for n in range(33)]]],
        [[str(n), [["S", 0]]] for n in range(8)],
        [[str(n), [["S", 0]]] for n in range(9)],
        [["size", [["S", 0]]], ["size", [["L", 0]]]],
        [["size", [["S", 0], ["S", 1]]]],
        [["size", []]],
        [["size", [["S"]]]],
        [["size", [["S", -1]]]],
        [["size", [["S", True]]]],
        [["size", [["", 0]]]],
        [["size", ["S"]]],
        [["size"]],
        [["", [["S", 0]]]],
        ["size"],
        None,
    ],
    "questions": [
        [],
        ["who?"],
        [f"{n}?" for n in range(8)],
        [f"{n}?" for n in range(9)],
        ["who?", "who?"],
        [""],
        ["a" * 281],
        "who?",
        None,
    ],
}  # fmt: skip
PRESENCE: Final[Cases] = {
    "addresses": [
        [], ["a" * 256], ["a" * 257], [""], ["no address"], ["b", "a"], ["a", "a"],
        ["/ip4/192.0.2.1/tcp/1"] * 16, ["/ip4/192.0.2.1/tcp/1"] * 17, "a", [b"a"], None,
    ],
    "expires_at": [NOW, NOW + 1, NOW + 30 * DAY, NOW + 30 * DAY + 1, -1, MAX + 1, True, None],
    "peer": [bytes(38), None],
}  # fmt: skip
YEARS: Final = 5 * 365 * DAY
DEAL: Final = deal()
ENDORSEMENT: Final[Cases] = {
    "strength": ["know", "trust", "warn", "", "Know", b"know", None],
    "how": _texts(1, 280),
    "expires_at": [NOW, NOW + 1, NOW + YEARS, NOW + YEARS + 1, True, None],
    "about": [bytes(32), NOBODY, BEN.public_key, None],
    "deal": [
        [DEAL.order, 1, DEAL.licence], [DEAL.order, 2, DEAL.licence], [DEAL.order, 1],
        [DEAL.order, -1, DEAL.licence], [DEAL.order, True, DEAL.licence],
        [bytes(31), 1, DEAL.licence], [DEAL.order, 1, bytes(63)], [], DEAL.order, None,
    ],
    "colour": ["red"],
}  # fmt: skip
SCOPE: Final[Cases] = {
    "role": [*(each.value for each in Part), "", "Seller", "owner", b"seller", None],
    "category": ["a", "a" * 40, "a" * 41, "slow-food", "किताब", "", "A", "a b", "a--b", b"a", None],
}
MODERATOR: Final[Cases] = {
    "fee": _numbers(0, 2_000),
    "categories": [[], ["a" * 40], ["a" * 41], ["b", "a"], [f"{n}" for n in range(9)], None],
    "about": [*_texts(0, 2_000), "a\nb"],
    "colour": ["red"],
}
REVIEW: Final[Cases] = {
    "about": [bytes(32), NOBODY, ANN.public_key, None],
    "role": ["seller", "moderator", "", "Buyer", b"buyer", None],
    "count": [0, 2, -1, MAX, MAX + 1, True, "1", None],
    "licence": [*_sizes(64, 64), "a" * 64, None],
    "rating": ["good", "mixed", "bad", "", "Good", "best", b"good", 5, None],
    "text": [*_texts(0, 2_000), "a\nb", "a\tb"],
    "colour": ["red"],
}
CONTRACT: Final[Cases] = {
    "buyer": [NOBODY, bytes(31), "a" * 32, None],
    "seller": [NOBODY, bytes(33), CHEN.public_key, ANN.public_key, None],
    "listing": [*_sizes(32, 32), None],
    "slot": [*_sizes(32, 32), None],
    "title": _texts(1, 140),
    "rail": ["oob", "", "OOB", b"oob", None],
    "terms": [{}, [], None],
    "ship_to": [*_sizes(1, 1_024), "a", None],
    "nonce": [*_sizes(32, 32), None],
    "colour": ["red"],
}
_PAIRS: Final[list[Value]] = [
    [],
    [["a", "b"]] * 8,
    [["a", "b"]] * 9,
    [["a"]],
    [["a", "b", "c"]],
    [["", "b"]],
    [["a", None]],
    ["ab"],
    {"a": "b"},
    None,
]
TERMS: Final[Cases] = {
    "quantity": _numbers(1, 1_000_000),
    "price": [[0, "EUR"], [-1, "EUR"], [1, "eur"], [MAX, "EUR"], None],
    "shipping": [0, 300, -1, MAX + 1, True, "1", None],
    "total": [[0, "EUR"], [1_250, "USD"], [1_251, "EUR"], [MAX + 1, "EUR"], None],
    "payment": _numbers(HOUR, 7 * DAY),
    "clearing": _numbers(HOUR, 10 * DAY),
    "handling": _numbers(HOUR, 18 * DAY),
    "inspection": _numbers(DAY, 14 * DAY),
    "dispute": _numbers(3 * DAY, 21 * DAY),
    "options": [*_PAIRS, [["a" * 60, "b" * 60]], [["a" * 61, "b"]], [["a", "b" * 61]]],
    "answers": [*_PAIRS, [["a" * 280, "b" * 280]], [["a" * 281, "b"]], [["a", "b" * 281]]],
    "note": _texts(1, 280),
    "moderator": [
        [CHEN.public_key, 0],
        [CHEN.public_key, MAX],
        [CHEN.public_key, MAX + 1],
        [CHEN.public_key, -1],
        [CHEN.public_key, True],
        [CHEN.public_key],
        [CHEN.public_key, 0, 0],
        [NOBODY, 0],
        [bytes(31), 0],
        ["a" * 32, 0],
        [ANN.public_key, 0],
        [BEN.public_key, 0],
        CHEN.public_key,
        None,
    ],
    "colour": ["red"],
}
_NOTE: Final[Cases] = {"note": _texts(1, 280), "colour": ["red"]}
_SPLIT: Final[Cases] = {"to_seller": _numbers(0, MAX), "note": ["a"]}
_REASONS: Final[list[Value]] = [*_texts(1, 2_000), "a\nb"]
_LICENCE: Final[list[Value]] = [*_sizes(64, 64), "a" * 64, None]
DETAILS: Final[Mapping[Event, Cases]] = {
    Event.COUNTER: {
        "terms": [{}, [], None],
        "count": _numbers(1, MAX),
        "licence": _LICENCE,
        "note": ["a"],
    },
    Event.ACCEPT: {**_NOTE, "count": _numbers(1, MAX), "licence": _LICENCE},
    Event.PAY_SENT: {
        "method": _texts(1, 60),
        "payer": _texts(1, 60),
        "reference": _texts(1, 60),
        "amount": [[0, "EUR"], [MAX, "JPY"], [MAX + 1, "JPY"], [1, "eur"], None],
    },
    Event.FULFIL: {"tracking": _texts(1, 60)},
    Event.REFUND: {"to_seller": [0], "note": ["a"]},
    Event.OFFER: _SPLIT,
    Event.AGREE: {"offer": [*_sizes(32, 32), "a" * 32, None], "note": ["a"]},
    Event.DISPUTE: {"reasons": _REASONS, "note": ["a"]},
    Event.VERDICT: {**_SPLIT, "reasons": _REASONS},
    Event.EXECUTED: {"method": ["cash", ""], "amount": [[0, "EUR"], None]},
    Event.ACKNOWLEDGE: {"note": ["a"]},
    Event.TIMEOUT: {"note": ["a"]},
}
FRIENDS: Final = [fresh(str(n)).public_key for n in range(5)]
MAILBOX: Final[Cases] = {
    "hosts": [
        *(FRIENDS[:1], FRIENDS[:4], FRIENDS, FRIENDS[1::-1], [FRIENDS[0]] * 2, []),
        *([BEN.public_key], [bytes(31)], [bytes(32)], ["a" * 32], FRIENDS[0], None),
    ],
    "quota": [1],
}
IDS: Final = [bytes([n]) * 32 for n in range(17)]
ENTRY: Final[Cases] = {
    "role": ["Seller", "", b"seller", None],
    "identity": [bytes(31), bytes(33), "a" * 32, None],
    "binding": [bytes(63), bytes(64), bytes(65), None],
    "event": ["", "Accept", "propose", "cancel", None],
    "seen": [IDS[:1], IDS[:16], IDS, IDS[1::-1], [IDS[0]] * 2, [bytes(31)], ["a"], [], b"", None],
    "details": [[], "", None, True],
    "colour": ["red"],
}


def _contract() -> dict[str, Value]:
    sale = listing()
    return {
        "buyer": ANN.public_key,
        "seller": BEN.public_key,
        "listing": sale.id,
        "slot": sale.slot,
        "title": "a crate of apples",
        "rail": "oob",
        "terms": _terms(),
        "nonce": b"o" * 32,
    }


def _terms() -> dict[str, Value]:
    return {
        "quantity": 1,
        "price": [1_250, "EUR"],
        "shipping": 0,
        "total": [1_250, "EUR"],
        "payment": DAY,
        "clearing": 5 * DAY,
        "handling": 3 * DAY,
        "inspection": 7 * DAY,
        "dispute": 14 * DAY,
    }


def _proposal(name: str, value: Value = None, *, absent: bool = False) -> Record:
    """A proposal whose slot is the hash of the contract, whatever that says."""
    body = _contract()
    if absent:
        del body[name]
    else:
        body[name] = value
    return _proposed(body)


def _proposed(body: Mapping[str, Value]) -> Record:
    agreed = OrderId(digest(contracts.DOMAIN, encode(body)))
    given = licence.give(ANN.identity, agreed, BEN.public_key, 0)
    details: dict[str, Value] = {"contract": body, "licence": given}
    return _entry(ANN, Role.BUYER, agreed, Event.PROPOSE, [], details, {})


def _termed(name: str, value: Value = None, *, absent: bool = False) -> Record:
    """A proposal in which one of the terms is otherwise, and the sum right where it can be."""
    terms = _terms()
    if absent:
        del terms[name]
    else:
        terms[name] = value
    match name, value:
        case "quantity", int() if type(value) is int and value > 0:
            terms["total"] = [1_250 * value, "EUR"]
        case "price", [0, _]:
            terms["total"] = [0, "EUR"]
        case "shipping", int() if type(value) is int and 0 <= value < MAX:
            terms["total"] = [1_250 + value, "EUR"]
        case _:
            pass
    return _proposed({**_contract(), "terms": terms})


def _least(event: Event) -> dict[str, Value]:
    """What the event cannot be without."""
    match event:
        case Event.COUNTER:
            return {"terms": _terms(), "count": 1, "licence": bytes(64)}
        case Event.ACCEPT:
            return {"count": 1, "licence": bytes(64)}
        case Event.OFFER:
            return {"to_seller": 0}
        case Event.AGREE:
            return {"offer": bytes(32)}
        case Event.DISPUTE:
            return {"reasons": "a"}
        case Event.VERDICT:
            return {"to_seller": 0, "reasons": "a"}
        case _:
            return {}


def _said(
    event: Event, details: Mapping[str, Value], body: Mapping[str, Value] | None = None
) -> Record:
    role, by = (Role.BUYER, ANN) if event is Event.PAY_SENT else (Role.SELLER, BEN)
    return _entry(by, role, ORDER, event, [IDS[1]], details, body or {})


def _entry(
    person: Person,
    role: Role,
    order: OrderId,
    event: Event,
    seen: list[Value],
    details: Mapping[str, Value],
    body: Mapping[str, Value],
) -> Record:
    key = person.order_identity(b"o" * 32)
    said: dict[str, Value] = {
        "role": role.value,
        "identity": person.public_key,
        "binding": entry.bind(person.identity, order, role, key.public_key),
        "event": event.value,
        "seen": seen,
        "details": details,
        **body,
    }
    return make(key, entry.KIND, said, slot=order, revision=0, now=NOW)
