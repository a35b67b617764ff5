"""order.json: an order from proposal to end, and what happens where two things meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from goodword.crypto.hashing import derive
from goodword.crypto.keys import Identity, PublicKey
from goodword.crypto.person import Person
from goodword.protocol import entry, order
from goodword.protocol.codec import Value, encode
from goodword.protocol.contract import Contract
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import (
    BadContract,
    ListingGone,
    MissingEntries,
    NotAParty,
    OutOfStock,
    Refusal,
    UnknownOrder,
    WrongTurn,
)
from goodword.protocol.limits import DAY, HOUR, SEEN_MAX
from goodword.protocol.money import Money
from goodword.protocol.record import Record
from tests.make import (
    ANN,
    BEN,
    CHEN,
    NOW,
    ROOTS,
    contract,
    entries_of,
    listing,
    profile,
    propose,
    say,
    withdrawal,
    write,
)

from .notation import Document, Json, to_json

AGREED: Final = contract(quantity=2, note="by the gate")
OPENING: Final = propose(AGREED)


def orders() -> Document:
    return {
        "about": "SPEC 4: a contract, entries that join an order one by one, and its state",
        "roots": {"buyer": ROOTS["Ann"].hex(), "seller": ROOTS["Ben"].hex()},
        "listing": listing().to_bytes().hex(),
        "contract": to_json(AGREED.to_body()),
        "contract_hex": encode(AGREED.to_body()).hex(),
        "order": AGREED.id.hex(),
        "sale": _sale_told(),
        "stories": [
            {
                "about": about,
                "entries": [_entry(each) for each in records],
                "after": standing(records),
            }
            for about, records in _stories()
        ],
        "refused": [
            {
                "about": about,
                "after": [each.to_bytes().hex() for each in after],
                "entry": said.to_bytes().hex(),
                "code": _code(said, after),
            }
            for about, after, said in _refused()
        ],
        "let_in": [
            {
                "about": about,
                "after": [each.to_bytes().hex() for each in after],
                "entry": said.to_bytes().hex(),
                "then": standing([*after, _passed(said, after)])["state"],
            }
            for about, after, said in _let_in()
        ],
        "taken_up": [
            {
                "about": about,
                "me": me.hex(),
                "here": [each.to_bytes().hex() for each in here],
                "entry": said.to_bytes().hex(),
                "code": code,
            }
            for about, me, here, said, code in _taken_up()
        ],
    }


def _passed(said: Record, after: Sequence[Record]) -> Record:
    order.check(entry.read(said), entries_of(after))
    return said


def _sale_told() -> list[Json]:
    """The entries as they come, and the order after each."""
    records = _sale()
    return [
        {**_entry(record), "after": standing(records[: count + 1])}
        for count, record in enumerate(records)
    ]


def _entry(record: Record) -> Document:
    said = entry.read(record)
    return {
        "hex": record.to_bytes().hex(),
        "id": record.id.hex(),
        "role": said.role.value,
        "event": said.event.value,
        "made_at": said.made_at,
        "seen": [each.hex() for each in sorted(said.seen)],
    }


def standing(records: Sequence[Record]) -> Document:
    made = order.fold(entries_of(records).values())
    decided: Json = None
    if made.to_seller is not None:
        decided = [made.to_seller.minor, made.to_seller.code]
    return {
        "state": made.state.value,
        "since": made.since,
        "deadline": made.deadline,
        "heads": [each.hex() for each in sorted(made.heads)],
        "history": [line.entry.id.hex() for line in made.history],
        "void": [void.entry.id.hex() for void in made.void],
        "forkers": [role.value for role in sorted(made.forkers)],
        "to_seller": decided,
    }


def _sale() -> list[Record]:
    told: dict[str, Value] = {
        "method": "bank transfer",
        "reference": "apples",
        "amount": [2_500, "EUR"],
    }
    records = [OPENING]
    records.append(say(BEN, Event.ACCEPT, records, details={"note": "gladly"}, now=NOW + HOUR))
    records.append(say(ANN, Event.PAY_SENT, records, details=told, now=NOW + 2 * HOUR))
    records.append(say(BEN, Event.PAY_RECEIVED, records, now=NOW + DAY))
    records.append(say(BEN, Event.FULFIL, records, details={"tracking": "A1"}, now=NOW + 2 * DAY))
    records.append(say(ANN, Event.CONFIRM, records, now=NOW + 4 * DAY))
    return records


def _stories() -> Iterator[tuple[str, list[Record]]]:
    one, two, three, four, five, _ = _sale()
    accept, withdraw = two, say(ANN, Event.WITHDRAW, [one])
    yield "accept meets withdraw: both apply, so the buyer is out", [one, accept, withdraw]
    yield "the same, in the other order of arrival", [one, withdraw, accept]
    yield (
        "fulfil meets confirm: the buyer said it came, and it did",
        [one, two, three, four, five, say(ANN, Event.CONFIRM, [one, two, three, four])],
    )
    yield (
        "the buyer forks: the seller has built on the payment, so the withdrawal is void",
        [one, two, say(ANN, Event.WITHDRAW, [one, two]), three, four],
    )
    yield (
        "the seller forks: nothing is built on either, so the lower id stands",
        [one, accept, say(BEN, Event.REJECT, [one])],
    )
    yield "nobody answers: it expires", [one, say(ANN, Event.TIMEOUT, [one], now=NOW + 48 * HOUR)]
    late = say(BEN, Event.ACCEPT, [one], now=NOW + 48 * HOUR)
    yield (
        "a late accept overtakes the timeout, whose time begins anew",
        [one, say(ANN, Event.TIMEOUT, [one], now=NOW + 48 * HOUR), late],
    )
    kept = say(BEN, Event.REFUND, [one, two, three], details={"to_seller": 500})
    yield "the seller gives back all but 5.00 EUR", [one, two, three, kept]
    shipped = [one, two, three, four, five]
    yield (
        "the buyer falls silent: seven days after shipping the money is the seller's",
        [*shipped, say(BEN, Event.TIMEOUT, shipped, now=NOW + 9 * DAY)],
    )
    forks = [say(ANN, Event.PAY_SENT, [one, two], details={"note": str(n)}) for n in range(20)]
    yield (
        f"the buyer forks twenty times: {SEEN_MAX} heads are named, first the one that stands",
        [one, two, *forks],
    )
    yield from _forked(one, two)


def _noted(person: Person, event: Event, after: list[Record], count: int) -> list[Record]:
    """The same step said `count` times, each with a note of its own; the lowest id first."""
    made = (say(person, event, after, details={"note": str(n)}) for n in range(count))
    return sorted(made, key=lambda each: each.id)


def _paid(after: list[Record], note: str) -> Record:
    return say(ANN, Event.PAY_SENT, after, details={"note": note})


def _forked(one: Record, two: Record) -> Iterator[tuple[str, list[Record]]]:
    accepts, rejects = (_noted(BEN, event, [one], 8) for event in (Event.ACCEPT, Event.REJECT))
    for kept, lost in [(accepts[0], rejects[-1]), (rejects[0], accepts[-1])]:
        said = entry.read(kept).event
        yield f"the seller forks: {said} has the lower id, the other is lost", [one, kept, lost]
    pays, outs = (
        _noted(ANN, Event.PAY_SENT, [one, two], 8),
        _noted(ANN, Event.WITHDRAW, [one, two], 20),
    )
    yield "the buyer forks: pay_sent has the lower rank, not the lower id", [
        one, two, pays[-1], outs[0],
    ]  # fmt: skip
    yield "the buyer forks twice in one event: the lower id stands", [one, two, pays[0], pays[1]]
    answer = say(BEN, Event.PAY_RECEIVED, [one, two, pays[1]])
    yield (
        "the seller has built on the higher id, so that stands",
        [one, two, pays[0], pays[1], answer],
    )
    later = say(BEN, Event.REFUND, [one, two, pays[0]], details={"to_seller": 0})
    yield "both fork: the lower id of each stands, or what was built on", [
        one, two, pays[0], pays[1], answer, later,
    ]  # fmt: skip
    first, other = accepts[1], accepts[0]
    paid = say(ANN, Event.PAY_SENT, [one, first])
    got = say(BEN, Event.PAY_RECEIVED, [one, first, paid])
    done = say(ANN, Event.CONFIRM, [one, first, paid, got])
    out = say(ANN, Event.WITHDRAW, [one, other])
    yield "both fork: what is followed through others counts as followed", [
        one, other, out, first, paid, got, done,
    ]  # fmt: skip
    both = say(BEN, Event.PAY_RECEIVED, [one, two, pays[0], pays[1]])
    yield "the seller follows both ways of a fork: that decides nothing", [
        one, two, pays[0], pays[1], both,
    ]  # fmt: skip
    tried = (_paid([one, two], str(n)) for n in range(10_000))
    highest = next(each for each in tried if each.id > outs[-1].id)
    yield "twenty withdrawals of lower ids: the payment that stands is named all the same", [
        one, two, *outs, highest,
    ]  # fmt: skip


def _refused() -> Iterator[tuple[str, list[Record], Record]]:
    one, two, three, *_ = _sale()
    yield "an entry whose past is not here", [one], three
    yield "a second proposal", [one], propose(AGREED, now=NOW + 1)
    yield "a step that the table does not have", [one], say(ANN, Event.CONFIRM, [one])
    yield "a step of the other role", [one], say(ANN, Event.ACCEPT, [one])
    yield (
        "a step after the end",
        [one, *(ends := [say(ANN, Event.WITHDRAW, [one])])],
        say(BEN, Event.ACCEPT, [one, *ends]),
    )
    yield "a timeout a second early", [one], say(ANN, Event.TIMEOUT, [one], now=NOW + 48 * HOUR - 1)
    yield (
        "an entry older than what it follows",
        [one, two],
        say(ANN, Event.PAY_SENT, [one, two], now=NOW),
    )
    yield (
        "a refund that keeps more than the total",
        [one, two, three],
        say(BEN, Event.REFUND, [one, two, three], details={"to_seller": 2_501}),
    )
    yield "a stranger as seller", [one], say(CHEN, Event.ACCEPT, [one], role=Role.SELLER)
    key = Identity.from_seed(derive(ROOTS["Dai"], b"another device"))
    own = write(BEN, AGREED, Event.CONFIRM, role=Role.SELLER, key=key, seen=frozenset({one.id}))
    yield "a step that the table does not have, by a second key", [one], own
    yield (
        "two faults: by a stranger, and its past is not here",
        [one],
        say(CHEN, Event.PAY_RECEIVED, [one, two], role=Role.SELLER),
    )
    yield (
        "two faults: by a stranger, and not in the table",
        [one],
        say(CHEN, Event.CONFIRM, [one], role=Role.SELLER),
    )
    yield (
        "two faults: the other role's step, and older than what it follows",
        [one, two],
        say(BEN, Event.PAY_SENT, [one, two], now=NOW),
    )
    yield (
        "two faults: older than what it follows, and too early",
        [one, two],
        say(ANN, Event.TIMEOUT, [one, two], now=NOW),
    )
    yield "the thirty-third entry of the buyer", [one, two, *_crowd(31)], _crowd(32)[-1]
    yield (
        "two faults: the thirty-third entry of the buyer, and the other role's step",
        [one, two, *_crowd(31)],
        say(ANN, Event.ON_DELIVERY, [one, two]),
    )


def _crowd(count: int) -> list[Record]:
    one, two, *_ = _sale()
    return [say(ANN, Event.PAY_SENT, [one, two], details={"note": str(n)}) for n in range(count)]


def _let_in() -> Iterator[tuple[str, list[Record], Record]]:
    one, two, three, *_ = _sale()
    yield "the thirty-second entry of the buyer", [one, two, *_crowd(30)], _crowd(31)[-1]
    yield (
        "an entry of the seller, where the buyer has no room",
        [one, two, *_crowd(31)],
        say(BEN, Event.ON_DELIVERY, [one, two]),
    )
    late = say(BEN, Event.ACCEPT, [one], now=NOW + 48 * HOUR)
    void = say(ANN, Event.TIMEOUT, [one], now=NOW + 49 * HOUR)
    yield (
        "an entry older than one of its past that is void",
        [one, late, void],
        say(ANN, Event.PAY_SENT, [one, late, void], now=NOW + 48 * HOUR + 1),
    )
    yield (
        "an entry as old as what it follows",
        [one, two],
        say(ANN, Event.PAY_SENT, [one, two], now=NOW + HOUR),
    )
    yield "a timeout at the deadline", [one], say(ANN, Event.TIMEOUT, [one], now=NOW + 48 * HOUR)
    yield (
        "a refund that keeps the total",
        [one, two, three],
        say(BEN, Event.REFUND, [one, two, three], details={"to_seller": 2_500}),
    )
    key = Identity.from_seed(derive(ROOTS["Ben"], b"another device"))
    yield (
        "a step by a second key that the seller bound",
        [one],
        write(BEN, AGREED, Event.ACCEPT, role=Role.SELLER, key=key, seen=frozenset({one.id})),
    )
    yield (
        "a step that ignores what has come: signed in the state that its past makes",
        [one, two, three],
        say(ANN, Event.WITHDRAW, [one]),
    )


TakingUp: TypeAlias = tuple[str, PublicKey, list[Record], Record, str | None]
"""What it is about; who takes up; what is here; what comes; the code, or None where it is kept."""

GONE, UNLIKE, LACKS = ListingGone.code, BadContract.code, MissingEntries.code


def _taken_up() -> Iterator[TakingUp]:
    sale, mine, seller, buyer = listing(), OPENING, BEN.public_key, ANN.public_key
    yield "the seller takes it up", seller, [sale], mine, None
    yield "the buyer takes it up", buyer, [sale], mine, None
    yield "a stranger", CHEN.public_key, [sale], mine, NotAParty.code
    yield "two faults: a stranger, and no listing", CHEN.public_key, [], mine, NotAParty.code
    yield "an order begins with another step", seller, [sale], _sale()[1], UnknownOrder.code
    yield (
        "an order that has begun lacks a step",
        seller,
        [sale, mine],
        _sale()[2],
        MissingEntries.code,
    )
    yield "another proposal of the same contract", seller, [sale, mine], propose(
        AGREED, now=NOW + 1
    ), WrongTurn.code  # fmt: skip
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
    yield "a later revision came besides", seller, [sale, dearer], mine, None
    yield "the listing is withdrawn", seller, [sale, withdrawal(sale, BEN)], mine, GONE
    named = {
        "a profile, not a listing": profile(BEN, name="Ben"),
        "a withdrawal, not a listing": withdrawal(sale, BEN),
    }
    for about, record in named.items():
        other = propose(replace(AGREED, listing=record.id))
        yield f"the contract names {about}", seller, [record], other, GONE
    unlike: dict[str, Contract] = {
        "slot": replace(AGREED, slot=listing(nonce=b"m" * 16).slot),
        "title": replace(AGREED, title="a crate of pears"),
        "price": replace(AGREED, price=Money(1_000, "EUR"), total=Money(2_000, "EUR")),
        "currency": replace(AGREED, price=Money(1_250, "USD"), total=Money(2_500, "USD")),
        "handling": replace(AGREED, handling=AGREED.handling + 1),
        "quantity": replace(AGREED, quantity=6, total=Money(7_500, "EUR")),
    }
    for name, agreed in unlike.items():
        yield f"another {name} than the listing's", seller, [sale], propose(agreed), UNLIKE
    by_chen = listing(CHEN)
    agreed = replace(AGREED, listing=by_chen.id, slot=by_chen.slot)
    yield "another seller than the listing's", seller, [by_chen], propose(agreed), UNLIKE
    yield (
        "two faults: the listing is withdrawn, and another title",
        seller,
        [sale, withdrawal(sale, BEN)],
        propose(unlike["title"]),
        UNLIKE,
    )
    one = propose(contract(quantity=5, nonce=b"1" * 32))
    two = propose(contract(quantity=1, nonce=b"2" * 32))
    first = [sale, one, say(BEN, Event.ACCEPT, [one]), two]
    yield "the seller accepts more than is left", seller, first, say(
        BEN, Event.ACCEPT, [two]
    ), OutOfStock.code  # fmt: skip
    yield "the buyer does not ask how much is left", buyer, first, say(
        BEN, Event.ACCEPT, [two]
    ), None  # fmt: skip


def _code(said: Record, after: Sequence[Record]) -> str:
    try:
        order.check(entry.read(said), entries_of(after))
    except Refusal as refusal:
        return refusal.code
    raise AssertionError(f"the gate lets in {said.id.hex()}")
