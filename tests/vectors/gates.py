"""What the gate lets in, and what it does not: entries that come to an order of order.json."""

from __future__ import annotations

from collections.abc import Iterator

from goodword.crypto.hashing import derive
from goodword.crypto.keys import Identity
from goodword.protocol import licence
from goodword.protocol.entry import Event, Role
from goodword.protocol.limits import COUNTERS_MAX, DAY, HOUR, OFFERS_MAX, ROLE_ENTRIES_MAX
from goodword.protocol.record import Record
from tests.make import ANN, BEN, CHEN, DAI, NOW, ROOTS, propose, say, terms, write

from .deals import AGREED, disputed, haggled, judged, offered, sale
from .faults import crowd, two_faults


def refused() -> Iterator[tuple[str, list[Record], Record]]:
    yield from _refused()
    yield from _more_refused()
    yield from _bounds()
    yield from two_faults()


def _refused() -> Iterator[tuple[str, list[Record], Record]]:
    one, two, three, *_ = sale()
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
    yield "the thirty-third entry of the buyer", [one, two, *crowd(31)], crowd(32)[-1]
    yield (
        "two faults: the thirty-third entry of the buyer, and the other role's step",
        [one, two, *crowd(31)],
        say(ANN, Event.ON_DELIVERY, [one, two]),
    )


def _more_refused() -> Iterator[tuple[str, list[Record], Record]]:
    one, two, three, four, five, *_ = sale()
    case = disputed()
    yield "a verdict on more than the total", case, judged(case, 2_701)
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
    yield "a verdict where nothing is disputed", case[:-1], judged(case[:-1], 0)
    yield "a moderator where none is named", [one, two], say(CHEN, Event.CONSENT, [one, two])
    ready = disputed()[:5]
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
    ended = sale()
    yield "to see the end a second time", ended, say(BEN, Event.ACKNOWLEDGE, ended)
    yield "to see the end to which one has led", ended, say(ANN, Event.ACKNOWLEDGE, ended)


def _bounds() -> Iterator[tuple[str, list[Record], Record]]:
    one, two, three, four, five, *_ = sale()
    most = haggled(2 * COUNTERS_MAX)
    yield "a ninth counter of the seller", most, say(BEN, Event.COUNTER, most)
    yield (
        "a counter with another count than its licence",
        [one],
        say(BEN, Event.COUNTER, [one], details={"count": 2}),
    )
    sent = [one, two, three, four]
    came = [*sent, say(ANN, Event.DISPUTE, sent, details={"reasons": "late"})]
    yield "the money comes a second time", came, say(BEN, Event.PAY_RECEIVED, came)
    shipped = [*sent, five]
    shipped.append(say(ANN, Event.DISPUTE, shipped, details={"reasons": "broken"}))
    yield "it is shipped a second time", shipped, say(BEN, Event.FULFIL, shipped)
    offers = offered(1)
    offers.append(say(BEN, Event.OFFER, offers[:3], details={"to_seller": 7}))
    for part in range(2):
        offers.append(say(BEN, Event.OFFER, offers, details={"to_seller": part}))
    yield (
        "a fifth offer, of which one lost a fork: that counts too",
        offers,
        say(BEN, Event.OFFER, offers, details={"to_seller": 9}),
    )
    ready = disputed()[:5]
    yield (
        "an entry older than a consent that it follows, and not than the state",
        ready,
        say(ANN, Event.PAY_SENT, ready, now=NOW + 4 * HOUR - 1),
    )
    full = [one, two, *crowd(ROLE_ENTRIES_MAX - 1)]
    key = Identity.from_seed(derive(ROOTS["Ann"], b"another device"))
    yield (
        "the thirty-third entry of the buyer, by a second key",
        full,
        write(
            ANN,
            AGREED,
            Event.PAY_SENT,
            role=Role.BUYER,
            key=key,
            seen=frozenset({two.id}),
            now=NOW + HOUR,
        ),
    )
    yield "the thirty-third entry of the buyer is a proposal", full, propose(AGREED, now=NOW + 1)


def let_in() -> Iterator[tuple[str, list[Record], Record]]:
    one, two, three, *_ = sale()
    yield "the thirty-second entry of the buyer", [one, two, *crowd(30)], crowd(31)[-1]
    yield (
        "an entry of the seller, where the buyer has no room",
        [one, two, *crowd(31)],
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
    yield from _let_in_at_the_bounds()


def _let_in_at_the_bounds() -> Iterator[tuple[str, list[Record], Record]]:
    one, two, three, *_ = sale()
    many = haggled(2 * COUNTERS_MAX - 2)
    yield "the eighth counter of the seller", many, say(BEN, Event.COUNTER, many)
    offers = offered(OFFERS_MAX)
    fifth = say(BEN, Event.OFFER, offers[:-1], details={"to_seller": 9})
    yield "a fifth offer here, of which only three are in its past", offers, fifth
    yield (
        "the first offer of the buyer after four of the seller",
        offers,
        say(ANN, Event.OFFER, offers, details={"to_seller": 9}),
    )
    claimed = [one, two, three]
    offer = say(BEN, Event.OFFER, claimed, details={"to_seller": 9}, now=NOW + 3 * HOUR)
    wrong = say(ANN, Event.DISPUTE, claimed, details={"reasons": "no"}, now=NOW + 4 * HOUR)
    crossed = [*claimed, offer, wrong]
    yield (
        "to agree to an offer that crossed with one's own dispute: it is taken after that",
        crossed,
        say(ANN, Event.AGREE, crossed, details={"offer": offer.id}),
    )
