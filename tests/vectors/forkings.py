"""Stories of order.json: which way of a fork stands, and what is taken first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from goodword.protocol.entry import Event
from goodword.protocol.limits import DAY, HOUR
from goodword.protocol.record import Record
from tests.make import ANN, BEN, CHEN, NOW, propose, say

from .deals import AGREED, disputed, haggle, judged, sale

Story = tuple[str, list[Record]]


def forkings() -> Iterator[Story]:
    yield from _taken_in_turn()
    yield from _timeouts()
    yield from _offers()
    yield from _ways()
    yield from _ranks()
    yield from _last_words()
    yield from _sealed()


def _first(makes: Callable[[int], Record], fits: Callable[[Record], bool]) -> Record:
    """The first of those that `makes` makes that fits."""
    return next(each for each in map(makes, range(10_000)) if fits(each))


def _taken_in_turn() -> Iterator[Story]:
    one, two, three, four, five, *_ = sale()
    late = say(ANN, Event.TIMEOUT, [one, two, three, four], now=NOW + 4 * DAY)
    shipped = [one, two, three, four, five]
    offers = [
        _first(
            lambda n: say(BEN, Event.OFFER, shipped, details={"to_seller": n}),
            lambda each: each.id > late.id,
        ),
        say(BEN, Event.OFFER, shipped, details={"to_seller": 2_500}),
    ]
    yield (
        "a lost offer, which the table has now, is taken before a timeout, which it has not",
        [*shipped, *offers, late],
    )
    counters = sorted(
        (say(BEN, Event.COUNTER, [one], now=NOW + n) for n in (1, 2)), key=lambda each: each.id
    )
    out = _first(
        lambda n: say(BEN, Event.WITHDRAW, [one, counters[0]], details={"note": str(n)}),
        lambda each: each.id > counters[1].id,
    )
    yield (
        "what is only the other role's step is taken as what the table has not: by its id",
        [one, two, *counters, out],
    )


def _timeouts() -> Iterator[Story]:
    one, two, three, four, *_ = sale()
    claimed = [one, two, three]
    wrong = say(ANN, Event.DISPUTE, claimed, details={"reasons": "no"}, now=NOW + DAY)
    over = say(ANN, Event.TIMEOUT, [*claimed, wrong], now=NOW + 15 * DAY)
    yield (
        "a timeout knows the last change of the state, and not the one before: it is void",
        [*claimed, four, wrong, over],
    )
    low, high = sorted((propose(AGREED, now=NOW + n) for n in (0, 1)), key=lambda each: each.id)
    end = say(BEN, Event.TIMEOUT, [low], now=NOW + 3 * DAY)
    other = _first(
        lambda n: say(BEN, Event.TIMEOUT, [high], now=NOW + 3 * DAY + n),
        lambda each: each.id < end.id,
    )
    yield "a timeout that follows the other proposal is void", [low, high, end, other]


def _offers() -> Iterator[Story]:
    one, two, three, *_ = sale()
    claimed = [one, two, three]
    offer = say(BEN, Event.OFFER, claimed, details={"to_seller": 500})
    own = say(ANN, Event.OFFER, [*claimed, offer], details={"to_seller": 100})
    crossed = [*claimed, offer, own]
    yield (
        "to agree means the offer that it names, not one's own later one",
        [*crossed, say(ANN, Event.AGREE, crossed, details={"offer": offer.id})],
    )
    case = disputed()
    first = say(BEN, Event.OFFER, case, details={"to_seller": 500})
    agreed = say(ANN, Event.AGREE, [*case, first], details={"offer": first.id})
    second = say(BEN, Event.OFFER, [*case, first], details={"to_seller": 900})
    yield (
        "nor a later one of the other, though a verdict follows that and it is taken first",
        [*case, first, agreed, second, judged([*case, first, second], 0)],
    )


def _ways() -> Iterator[Story]:
    one, two, *_ = sale()
    pays = sorted(
        (say(ANN, Event.PAY_SENT, [one, two], details={"note": str(n)}) for n in range(2)),
        key=lambda each: each.id,
    )
    own = say(ANN, Event.OFFER, [one, two, pays[1]], details={"to_seller": 1})
    yield (
        "the buyer builds on the higher id herself: that counts for nothing",
        [one, two, *pays, own],
    )
    agreed = haggle()
    ready = [*agreed, say(CHEN, Event.CONSENT, agreed)]
    later = say(BEN, Event.ON_DELIVERY, agreed)
    came = say(BEN, Event.PAY_RECEIVED, ready)
    done = say(ANN, Event.CONFIRM, [*agreed, later])
    yield (
        "what only a lost entry follows is a head, and so is the lost one",
        [*ready, later, came, done],
    )
    paid = [*ready[:-1], say(ANN, Event.PAY_SENT, agreed)]
    got = say(BEN, Event.PAY_RECEIVED, paid)
    wrong = say(ANN, Event.DISPUTE, [*paid, got], details={"reasons": "broken"})
    back = say(BEN, Event.REFUND, [*paid, ready[-1]])
    yield (
        "a last word that is lost puts nothing before its time",
        [*paid, ready[-1], got, wrong, back],
    )


def _ranks() -> Iterator[Story]:
    one, *_ = sale()
    other = _first(lambda n: propose(AGREED, now=NOW + 1 + n), lambda each: each.id < one.id)
    out = _first(
        lambda n: say(ANN, Event.WITHDRAW, [one], details={"note": str(n)}),
        lambda each: each.id < other.id,
    )
    yield "a second proposal of a lower id stands, not the withdrawal", [one, other, out]
    counters = sorted(
        (say(BEN, Event.COUNTER, [one], now=NOW + n) for n in (1, 2)), key=lambda each: each.id
    )
    gone = _first(
        lambda n: say(BEN, Event.WITHDRAW, [one, counters[1]], details={"note": str(n)}),
        lambda each: each.id > counters[0].id,
    )
    yield (
        "the seller withdraws one counter and makes another: the withdrawal has the lower rank",
        [one, *counters, gone],
    )
    yield (
        "four ways of the seller: all but the lowest are lost, and what follows them",
        [one, *counters, gone, say(BEN, Event.REJECT, [one])],
    )


def _last_words() -> Iterator[Story]:
    case = disputed()
    offer = say(BEN, Event.OFFER, case, details={"to_seller": 500})
    open_ = [*case, offer]
    agreed = say(ANN, Event.AGREE, open_, details={"offer": offer.id})
    other = say(ANN, Event.OFFER, open_, details={"to_seller": 0})
    yield (
        "the buyer agrees, and tells the moderator another offer: agreed it stays",
        [*open_, agreed, other, judged([*open_, other], 0)],
    )
    over = [*case, say(ANN, Event.TIMEOUT, case, now=NOW + 15 * DAY)]
    seen = say(BEN, Event.ACKNOWLEDGE, over)
    yield (
        "the seller saw the end, and tells the moderator an offer: the end it stays",
        [*over, seen, offer, judged([*case, offer], 2_700)],
    )
    back = _first(
        lambda n: say(BEN, Event.REFUND, case, details={"note": str(n)}),
        lambda each: each.id < seen.id,
    )
    yield (
        "the seller saw the end, and gives all back as if he had not: the end has the lower rank",
        [*over, seen, back],
    )
    paid = case[:6]
    got = [*paid, say(BEN, Event.PAY_RECEIVED, paid, now=NOW + DAY)]
    ships = say(BEN, Event.FULFIL, got)
    yield (
        "the buyer has built on the shipment, nobody on the refund: shipped it stays",
        [*got, say(BEN, Event.REFUND, got), ships, say(ANN, Event.EXTEND, [*got, ships])],
    )


def _sealed() -> Iterator[Story]:
    """What a last word follows goes before a verdict, and before what a verdict follows."""
    case = disputed()
    bare = [*case[:4], *_without_consent(case)]
    offer = say(BEN, Event.OFFER, bare, details={"to_seller": 500})
    agreed = say(ANN, Event.AGREE, [*bare, offer], details={"offer": offer.id})
    done = say(ANN, Event.CONFIRM, [*bare, offer])
    ready = _first(
        lambda n: say(CHEN, Event.CONSENT, bare, details={"note": str(n)}),
        lambda each: each.id < offer.id,
    )
    verdict = judged([*bare, ready], 700)
    yield (
        "an offer that was agreed to is taken before the moderator's word and verdict",
        [*bare, ready, verdict, offer, agreed],
    )
    yield "and one after which the buyer confirmed", [*bare, ready, verdict, offer, done]
    own = say(ANN, Event.OFFER, bare, details={"to_seller": 100})
    back = say(BEN, Event.REFUND, [*bare, own])
    yield "and one after which the seller gave all back", [*bare, ready, verdict, own, back]


def _without_consent(case: list[Record]) -> list[Record]:
    """The rest of the case, said again as if the moderator had not consented."""
    agreed = case[:4]
    paid = say(ANN, Event.PAY_SENT, agreed, now=NOW + 5 * HOUR)
    return [paid, say(BEN, Event.PAY_DENIED, [*agreed, paid], now=NOW + DAY)]
