"""order.json: an order from proposal to end, and what happens where two things meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from goodword.crypto.hashing import derive
from goodword.crypto.keys import Identity, PublicKey
from goodword.crypto.person import Person
from goodword.protocol import entry, licence, order
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
)
from goodword.protocol.limits import DAY, HOUR, SEEN_MAX
from goodword.protocol.listing import Option
from goodword.protocol.money import Money
from goodword.protocol.record import Record
from tests.make import (
    ANN,
    BEN,
    CHEN,
    DAI,
    NOW,
    ROOTS,
    contract,
    entries_of,
    listing,
    profile,
    propose,
    say,
    terms,
    withdrawal,
    write,
)

from .notation import Document, Json, to_json

AGREED: Final = contract(quantity=2, note="by the gate")
OPENING: Final = propose(AGREED)


def orders() -> Document:
    return {
        "about": "SPEC 4: a contract, entries that join an order one by one, and its state",
        "roots": {
            "buyer": ROOTS["Ann"].hex(),
            "seller": ROOTS["Ben"].hex(),
            "moderator": ROOTS["Chen"].hex(),
        },
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
            for about, after, said in (*_refused(), *_more_refused())
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
    records.append(say(BEN, Event.ACKNOWLEDGE, records, now=NOW + 4 * DAY))
    return records


def _haggle() -> list[Record]:
    """Two counters, each with whole terms; what is agreed are the last."""
    records = [OPENING]
    dearer = terms(quantity=2, shipping=400, note="by the gate", moderator=CHEN.public_key, fee=100)
    records.append(
        say(BEN, Event.COUNTER, records, details={"terms": dearer.to_body()}, now=NOW + HOUR)
    )
    less = replace(dearer, shipping=200, total=Money(2_700, "EUR"), inspection=10 * DAY)
    records.append(
        say(ANN, Event.COUNTER, records, details={"terms": less.to_body()}, now=NOW + 2 * HOUR)
    )
    records.append(say(BEN, Event.ACCEPT, records, now=NOW + 3 * HOUR))
    return records


def _disputed() -> list[Record]:
    """The money did not come; the moderator is ready."""
    records = _haggle()
    records.append(say(CHEN, Event.CONSENT, records, now=NOW + 4 * HOUR))
    records.append(say(ANN, Event.PAY_SENT, records, now=NOW + 5 * HOUR))
    records.append(say(BEN, Event.PAY_DENIED, records, now=NOW + DAY))
    return records


def _judged(after: list[Record], part: int) -> Record:
    told: dict[str, Value] = {"to_seller": part, "reasons": "the bank says so"}
    return say(CHEN, Event.VERDICT, after, details=told, now=NOW + 2 * DAY)


def _stories() -> Iterator[tuple[str, list[Record]]]:
    one, two, three, four, five, *_ = _sale()
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
    yield "the seller gives everything back", [
        one, two, three, say(BEN, Event.REFUND, [one, two, three]),
    ]  # fmt: skip
    kept = say(BEN, Event.OFFER, [one, two, three], details={"to_seller": 500})
    yield "the seller offers to give back all but 5.00 EUR", [one, two, three, kept]
    agreed = say(ANN, Event.AGREE, [one, two, three, kept], details={"offer": kept.id})
    yield "the buyer agrees to that", [one, two, three, kept, agreed]
    ships = say(BEN, Event.PAY_RECEIVED, [one, two, three, kept])
    yield (
        "the buyer agrees while the seller goes on: what he offered holds",
        [one, two, three, kept, agreed, ships],
    )
    yield "two counters, and the seller accepts", _haggle()
    yield "the moderator is ready; the money did not come", _disputed()
    yield "the moderator decides", [*(case := _disputed()), _judged(case, 700)]
    decided = [*case, _judged(case, 700)]
    yield "it is done", [*decided, say(BEN, Event.EXECUTED, decided)]
    yield (
        "it is not done in three days: decided it stays",
        [*decided, say(ANN, Event.TIMEOUT, decided, now=NOW + 5 * DAY)],
    )
    yield "the moderator decides twice", [*case, _judged(case, 700), _judged(case, 0)]
    found = say(BEN, Event.PAY_RECEIVED, case, now=NOW + 2 * DAY)
    yield "a verdict meets money that came after all: the verdict", [*case, _judged(case, 0), found]
    back = say(BEN, Event.REFUND, case, now=NOW + 2 * DAY)
    yield "a verdict meets a refund: the refund", [*case, _judged(case, 700), back]
    longer = [*(sent := [one, two, three, four, five]), say(ANN, Event.EXTEND, sent)]
    yield "the buyer takes more time", longer
    yield (
        "that meets the seller's timeout",
        [*longer, say(BEN, Event.TIMEOUT, sent, now=NOW + 9 * DAY)],
    )
    over = [*sent, say(BEN, Event.TIMEOUT, sent, now=NOW + 9 * DAY)]
    broken = say(ANN, Event.DISPUTE, sent, details={"reasons": "broken"}, now=NOW + 9 * DAY)
    yield "a dispute leads out of an end that the buyer has not acknowledged", [*over, broken]
    yield (
        "and not of one that she has",
        [*over, say(ANN, Event.ACKNOWLEDGE, over), broken],
    )
    yield "the buyer proposes twice: the lower id stands", [one, propose(AGREED, now=NOW + 1)]
    yield (
        "the buyer proposes twice: the one that was accepted stands",
        [one, two, propose(AGREED, now=NOW + 1), propose(AGREED, now=NOW + 2)],
    )
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
    yield from _held_back()


def _held_back() -> Iterator[tuple[str, list[Record]]]:
    """What would be gained by telling the moderator another way, or by waiting for his verdict."""
    case = _disputed()
    paid = case[:6]
    sent = [*paid, say(BEN, Event.PAY_RECEIVED, paid, now=NOW + DAY)]
    came = [*sent, say(ANN, Event.CONFIRM, sent, now=NOW + DAY)]
    broken = say(ANN, Event.DISPUTE, sent, details={"reasons": "broken"}, now=NOW + DAY)
    yield (
        "the buyer confirms, and tells the moderator that it is broken: confirmed it stays",
        [*came, broken, _judged([*sent, broken], 0)],
    )
    back = say(BEN, Event.REFUND, sent, now=NOW + DAY)
    ships = say(BEN, Event.FULFIL, sent, now=NOW + DAY)
    wrong = say(BEN, Event.DISPUTE, sent, details={"reasons": "she lies"}, now=NOW + DAY)
    judged = [wrong, _judged([*sent, wrong], 2_700)]
    yield (
        "the seller gives all back, and tells the moderator that he disputes: given back it stays",
        [*sent, back, *judged],
    )
    yield (
        "the same, shipping: the moderator has built on the dispute",
        [*sent, ships, *judged],
    )
    yield (
        "the same, and the buyer has built on the shipment: shipped it stays",
        [*sent, ships, say(ANN, Event.EXTEND, [*sent, ships]), *judged],
    )
    offer = say(ANN, Event.OFFER, case, details={"to_seller": 100}, now=NOW + DAY)
    found = say(BEN, Event.PAY_RECEIVED, case, now=NOW + DAY)
    yield (
        "the verdict follows an offer; the money that the seller finds then does not undo it",
        [*case, offer, _judged([*case, offer], 0), found],
    )
    late = [*paid, say(ANN, Event.TIMEOUT, paid, now=NOW + 6 * DAY)]
    verdict = say(CHEN, Event.VERDICT, late, details={"to_seller": 0, "reasons": "no answer"})
    held = [*paid, say(BEN, Event.PAY_RECEIVED, paid, now=NOW + DAY)]
    held.append(say(BEN, Event.FULFIL, held))
    held.append(say(BEN, Event.TIMEOUT, held, now=NOW + 11 * DAY))
    yield (
        "the seller held back a whole deal until he heard the verdict: decided it stays",
        [*late, verdict, *held[len(paid) :]],
    )
    over = [*case, say(ANN, Event.TIMEOUT, case, now=NOW + 15 * DAY)]
    yield "a verdict overtakes the timeout that only the buyer has seen", [*over, _judged(case, 0)]
    yield (
        "a verdict comes when both have seen the time pass: it is void",
        [*over, say(BEN, Event.ACKNOWLEDGE, over), _judged(case, 0)],
    )


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
    later = say(BEN, Event.REFUND, [one, two, pays[0]])
    yield "both fork: the lower id of the one, the last word of the other", [
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
        "an offer of more than the total",
        [one, two, three],
        say(BEN, Event.OFFER, [one, two, three], details={"to_seller": 2_501}),
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


def _more_refused() -> Iterator[tuple[str, list[Record], Record]]:
    one, two, three, four, five, *_ = _sale()
    case = _disputed()
    yield "a verdict on more than the total", case, _judged(case, 2_701)
    yield (
        "a verdict by whom the terms do not name",
        case,
        say(
            DAI,
            Event.VERDICT,
            case,
            details={"to_seller": 0, "reasons": "so"},
            role=Role.MODERATOR,
        ),
    )
    yield "a verdict where nothing is disputed", case[:-1], _judged(case[:-1], 0)
    yield "a moderator where none is named", [one, two], say(CHEN, Event.CONSENT, [one, two])
    ready = _disputed()[:5]
    yield "the moderator consents twice", ready, say(CHEN, Event.CONSENT, ready)
    sent = [one, two, three, four, five]
    longer = [*sent, say(ANN, Event.EXTEND, sent)]
    yield "more time, a second time", longer, say(ANN, Event.EXTEND, longer)
    yield (
        "a timeout before the time that the buyer took is over",
        longer,
        say(BEN, Event.TIMEOUT, longer, now=NOW + 16 * DAY - 1),
    )
    offers = [one, two, three]
    for part in range(4):
        offers.append(say(BEN, Event.OFFER, offers, details={"to_seller": part}))
    yield "a fifth offer", offers, say(BEN, Event.OFFER, offers, details={"to_seller": 9})
    yield (
        "to agree to an offer that another has replaced",
        offers,
        say(ANN, Event.AGREE, offers, details={"offer": offers[3].id}),
    )
    yield (
        "to agree to one's own offer",
        offers,
        say(BEN, Event.AGREE, offers, details={"offer": offers[-1].id}),
    )
    shipped = [*offers, say(BEN, Event.PAY_RECEIVED, offers)]
    yield (
        "to agree to an offer of an earlier state",
        shipped,
        say(ANN, Event.AGREE, shipped, details={"offer": offers[-1].id}),
    )
    given = licence.give(BEN.identity, AGREED.id, CHEN.public_key, 1)
    yield (
        "a licence for a stranger",
        [one],
        say(BEN, Event.ACCEPT, [one], details={"licence": given}),
    )
    yield (
        "a licence with another count",
        [one],
        say(BEN, Event.ACCEPT, [one], details={"count": 2}),
    )
    wrong = licence.give(ANN.identity, AGREED.id, BEN.public_key, 1)
    yield "a proposal whose licence has a count", [], write(
        ANN, AGREED, Event.PROPOSE, role=Role.BUYER, details={"licence": wrong}
    )  # fmt: skip
    for about, person in (("buyer", ANN), ("seller", BEN)):
        own = terms(quantity=2, moderator=person.public_key)
        yield (
            f"a counter that makes the {about} moderator",
            [one],
            say(BEN, Event.COUNTER, [one], details={"terms": own.to_body()}),
        )
    ended = _sale()
    yield "to see the end a second time", ended, say(BEN, Event.ACKNOWLEDGE, ended)
    yield "to see the end to which one has led", ended, say(ANN, Event.ACKNOWLEDGE, ended)


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
    yield "a second proposal", [one, two], propose(AGREED, now=NOW + 1)
    yield "a timeout at the deadline", [one], say(ANN, Event.TIMEOUT, [one], now=NOW + 48 * HOUR)
    yield (
        "an offer of the total",
        [one, two, three],
        say(BEN, Event.OFFER, [one, two, three], details={"to_seller": 2_500}),
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
    ), None  # fmt: skip
    judged = propose(contract(moderator=CHEN.public_key))
    yield "whom the proposal names as moderator", CHEN.public_key, [], judged, None
    yield "a stranger, though there is a moderator", DAI.public_key, [sale], judged, NotAParty.code
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
        "quantity": contract(quantity=6),
        "options": contract(options=(("size", "L"),)),
        "answers": contract(answers=(("who?", "I"),)),
    }
    cheap = contract(price=Money(1_000, "USD"), handling=2 * DAY)
    yield (
        "another price and time than the listing's: an offer",
        seller,
        [sale],
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
