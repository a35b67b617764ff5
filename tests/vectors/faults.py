"""Two faults in one entry of order.json: which rule of the gate speaks first (SPEC 4.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from goodword.protocol.codec import Value
from goodword.protocol.entry import Event, Role
from goodword.protocol.limits import COUNTERS_MAX, OFFERS_MAX, ROLE_ENTRIES_MAX
from goodword.protocol.record import Record
from tests.make import ANN, BEN, CHEN, NOW, say, terms, write

from .deals import AGREED, disputed, haggled, offered, sale

Fault = tuple[str, list[Record], Record]

OWN: Final[Mapping[str, Value]] = {
    "terms": terms(quantity=2, moderator=ANN.public_key).to_body(),
}
"""A counter by which the buyer would moderate."""
UNGIVEN: Final[Mapping[str, Value]] = {"licence": bytes(64)}
ABOVE: Final[Mapping[str, Value]] = {"to_seller": 2_501}
NONE_SUCH: Final[Mapping[str, Value]] = {"offer": bytes(32)}


def two_faults() -> Iterator[Fault]:
    for about, after, said in (*_binding(), *_table(), *_times(), *_past(), *_full()):
        yield f"two faults: {about}", after, said


def _binding() -> Iterator[Fault]:
    one, two, three, *_ = sale()
    for about, event, after, details in (
        ("the other role's step", Event.PAY_SENT, [one, two], {}),
        ("more than the total", Event.OFFER, [one, two, three], ABOVE),
        ("the buyer would moderate", Event.COUNTER, [one], OWN),
        ("no licence", Event.ACCEPT, [one], UNGIVEN),
    ):
        said = say(CHEN, event, after, details=details, role=Role.SELLER)
        yield f"by a stranger, and {about}", after, said


def _table() -> Iterator[Fault]:
    one, two, *_ = sale()
    for about, event, details in (
        ("more than the total", Event.OFFER, ABOVE),
        ("the buyer would moderate", Event.COUNTER, OWN),
        ("no licence", Event.ACCEPT, UNGIVEN),
    ):
        yield (
            f"not in the table, and {about}",
            [one, two],
            say(BEN, event, [one, two], details=details),
        )
    case, most = disputed(), haggled(2 * COUNTERS_MAX - 1)
    over: dict[str, Value] = {"to_seller": 2_701, "reasons": "so"}
    for about, after, said in (
        ("said too often", most, say(BEN, Event.COUNTER, most)),
        ("more than the total", case, say(BEN, Event.VERDICT, case, details=over)),
        ("no such offer", case, say(CHEN, Event.AGREE, case, details=NONE_SUCH)),
        ("the buyer would moderate", [one], say(ANN, Event.COUNTER, [one], details=OWN)),
        ("no licence", most[:2], say(BEN, Event.ACCEPT, most[:2], details=UNGIVEN)),
    ):
        yield f"the other role's step, and {about}", after, said


def _times() -> Iterator[Fault]:
    offers, most = offered(OFFERS_MAX), haggled(2 * COUNTERS_MAX)
    for about, after, said in (
        (
            "older than what it follows",
            offers,
            say(BEN, Event.OFFER, offers, details={"to_seller": 9}, now=NOW),
        ),
        ("more than the total", offers, say(BEN, Event.OFFER, offers, details=ABOVE)),
        ("the buyer would moderate", most, say(BEN, Event.COUNTER, most, details=OWN)),
        ("no licence", most, say(BEN, Event.COUNTER, most, details=UNGIVEN)),
    ):
        yield f"said too often, and {about}", after, said
    entries = sum(each.author == offers[-1].author for each in offers)
    full = [*offers, *_accepts(ROLE_ENTRIES_MAX - entries)]
    yield (
        "said too often, and the thirty-third entry of the seller",
        full,
        say(BEN, Event.OFFER, offers, details={"to_seller": 9}),
    )


def _past() -> Iterator[Fault]:
    one, two, three, *_ = sale()
    claimed = [one, two, three]
    for about, after, said in (
        ("more than the total", claimed, say(BEN, Event.OFFER, claimed, details=ABOVE, now=NOW)),
        ("no such offer", claimed, say(ANN, Event.AGREE, claimed, details=NONE_SUCH, now=NOW)),
        (
            "the buyer would moderate",
            [one],
            say(BEN, Event.COUNTER, [one], details=OWN, now=NOW - 1),
        ),
        ("no licence", [one], say(BEN, Event.ACCEPT, [one], details=UNGIVEN, now=NOW - 1)),
        (
            "the thirty-third entry of the buyer",
            [one, two, *crowd(ROLE_ENTRIES_MAX - 1)],
            say(ANN, Event.PAY_SENT, [one, two], now=NOW),
        ),
    ):
        yield f"older than what it follows, and {about}", after, said


def _full() -> Iterator[Fault]:
    one, two, three, four, five, six, _ = sale()
    accepts = [one, *_accepts(ROLE_ENTRIES_MAX)]
    claimed, ended = [one, two, three], [one, two, three, four, five, six]
    full = [*claimed, *crowd(ROLE_ENTRIES_MAX - 2)]
    for about, after, said in (
        ("too early", full, say(ANN, Event.TIMEOUT, [one, two])),
        ("more than the total", full, say(ANN, Event.OFFER, claimed, details=ABOVE)),
        ("no such offer", full, say(ANN, Event.AGREE, claimed, details=NONE_SUCH)),
        (
            "to see the end to which one has led",
            [*ended, *crowd(ROLE_ENTRIES_MAX - 3)],
            say(ANN, Event.ACKNOWLEDGE, ended),
        ),
        ("a proposal without a licence", full, _unlicensed()),
        ("the buyer would moderate", accepts, say(BEN, Event.COUNTER, [one], details=OWN)),
        ("no licence", accepts, say(BEN, Event.ACCEPT, [one], details=UNGIVEN)),
    ):
        yield f"{about}, and the thirty-third entry of the role", after, said
    yield (
        "the buyer would moderate, and no licence",
        [one],
        say(BEN, Event.COUNTER, [one], details={**OWN, **UNGIVEN}),
    )


def _unlicensed() -> Record:
    return write(ANN, AGREED, Event.PROPOSE, role=Role.BUYER, details=UNGIVEN)


def _accepts(count: int) -> list[Record]:
    """So many of the seller, each another way."""
    one, *_ = sale()
    return [say(BEN, Event.ACCEPT, [one], details={"note": str(n)}) for n in range(count)]


def crowd(count: int) -> list[Record]:
    """So many of the buyer, each another way."""
    one, two, *_ = sale()
    return [say(ANN, Event.PAY_SENT, [one, two], details={"note": str(n)}) for n in range(count)]
