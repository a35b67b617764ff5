"""Stories of order.json: what happens where two things meet, or a party signs both ways."""

from __future__ import annotations

from collections.abc import Iterator

from goodword.crypto.person import Person
from goodword.protocol import entry
from goodword.protocol.codec import Value
from goodword.protocol.entry import Event
from goodword.protocol.limits import DAY, HOUR, SEEN_MAX
from goodword.protocol.record import Record
from tests.make import ANN, BEN, CHEN, NOW, propose, say

from .clocks import timed
from .deals import AGREED, disputed, haggle, judged, sale
from .forkings import forkings


def stories() -> Iterator[tuple[str, list[Record]]]:
    one, two, three, four, five, *_ = sale()
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
    yield "two counters, and the seller accepts", haggle()
    yield "the moderator is ready; the money did not come", disputed()
    yield "the moderator decides", [*(case := disputed()), judged(case, 700)]
    decided = [*case, judged(case, 700)]
    yield "it is done", [*decided, say(BEN, Event.EXECUTED, decided)]
    yield (
        "it is not done in three days: decided it stays",
        [*decided, say(ANN, Event.TIMEOUT, decided, now=NOW + 5 * DAY)],
    )
    yield "the moderator decides twice", [*case, judged(case, 700), judged(case, 0)]
    found = say(BEN, Event.PAY_RECEIVED, case, now=NOW + 2 * DAY)
    yield "a verdict meets money that came after all: the verdict", [*case, judged(case, 0), found]
    back = say(BEN, Event.REFUND, case, now=NOW + 2 * DAY)
    yield "a verdict meets a refund: the refund", [*case, judged(case, 700), back]
    told: dict[str, Value] = {"to_seller": 900}
    bid = say(ANN, Event.OFFER, case, details=told, now=NOW + 2 * DAY)
    yielded = say(ANN, Event.CONFIRM, [*case, bid], now=NOW + 2 * DAY)
    met = [*case, judged(case, 700), bid, yielded]
    yield "a verdict meets a confirmation that follows an offer: the confirmation", met
    yield (
        "the seller acknowledges that, and turns nothing around",
        [*met, say(BEN, Event.ACKNOWLEDGE, met, now=NOW + 2 * DAY)],
    )
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
    yield from timed()
    yield from forkings()


def _held_back() -> Iterator[tuple[str, list[Record]]]:
    """What would be gained by telling the moderator another way, or by waiting for his verdict."""
    case = disputed()
    paid = case[:6]
    sent = [*paid, say(BEN, Event.PAY_RECEIVED, paid, now=NOW + DAY)]
    came = [*sent, say(ANN, Event.CONFIRM, sent, now=NOW + DAY)]
    broken = say(ANN, Event.DISPUTE, sent, details={"reasons": "broken"}, now=NOW + DAY)
    yield (
        "the buyer confirms, and tells the moderator that it is broken: confirmed it stays",
        [*came, broken, judged([*sent, broken], 0)],
    )
    back = say(BEN, Event.REFUND, sent, now=NOW + DAY)
    ships = say(BEN, Event.FULFIL, sent, now=NOW + DAY)
    wrong = say(BEN, Event.DISPUTE, sent, details={"reasons": "she lies"}, now=NOW + DAY)
    heard = [wrong, judged([*sent, wrong], 2_700)]
    yield (
        "the seller gives all back, and tells the moderator that he disputes: given back it stays",
        [*sent, back, *heard],
    )
    yield (
        "the same, shipping: the moderator has built on the dispute",
        [*sent, ships, *heard],
    )
    yield (
        "the same, and the buyer has built on the shipment: shipped it stays",
        [*sent, ships, say(ANN, Event.EXTEND, [*sent, ships]), *heard],
    )
    offer = say(ANN, Event.OFFER, case, details={"to_seller": 100}, now=NOW + DAY)
    found = say(BEN, Event.PAY_RECEIVED, case, now=NOW + DAY)
    yield (
        "the verdict follows an offer; the money that the seller finds then does not undo it",
        [*case, offer, judged([*case, offer], 0), found],
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
    yield "a verdict overtakes the timeout that only the buyer has seen", [*over, judged(case, 0)]
    yield (
        "a verdict comes when both have seen the time pass: it is void",
        [*over, say(BEN, Event.ACKNOWLEDGE, over), judged(case, 0)],
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
