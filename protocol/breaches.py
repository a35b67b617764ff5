"""Breaches: what somebody did that he should not have done, as signed records prove it.

Rule 1: only what cannot be otherwise. Where the entries leave open whose fault it is, there is
none: trust that is lost undeservedly is worse than a rogue who is found out one order later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import combinations
from typing import Final, NamedTuple

from goodword.crypto.keys import PublicKey

from .entry import Entry, Event
from .forks import past
from .order import Order
from .record import RecordId
from .table import State


class Wrong(StrEnum):
    """What somebody did. A code never changes once released: scripts match it."""

    TWO_VERSIONS = "two_versions"
    SIGNED_BOTH_WAYS = "signed_both_ways"
    TWO_VERDICTS = "two_verdicts"
    NOT_DELIVERED = "not_delivered"
    VERDICT_NOT_EXECUTED = "verdict_not_executed"
    NEVER_PAID = "never_paid"


class Meaning(NamedTuple):
    strength: float
    """Of the opinion that it makes of him who did it, from -1 to 0."""
    text: str
    """What he did, after his name."""


MEANINGS: Final[Mapping[Wrong, Meaning]] = {
    # A home that was restored badly says two things too: it is no proof of malice.
    Wrong.TWO_VERSIONS: Meaning(-0.25, "said two things at once"),
    Wrong.SIGNED_BOTH_WAYS: Meaning(-1.0, "signed both ways in an order"),
    Wrong.TWO_VERDICTS: Meaning(-1.0, "gave two verdicts in one order"),
    Wrong.NOT_DELIVERED: Meaning(-1.0, "had the money and did not ship in time"),
    Wrong.VERDICT_NOT_EXECUTED: Meaning(-1.0, "did not give back what the verdict says"),
    # It cost the seller some days, and no money.
    Wrong.NEVER_PAID: Meaning(-0.25, "agreed to buy and never paid"),
}


class Breach(NamedTuple):
    """What a party of an order did in it."""

    person: PublicKey
    wrong: Wrong
    made_at: int
    """Unix seconds, by the clock of who led there."""


def breaches(order: Order) -> list[Breach]:
    """What the entries of `order` prove of its parties. Those of an order that goes on can be
    taken back by what is said next."""
    found = [*_forks(order)]
    if _is_not_delivered(order):
        found.append(Breach(order.contract.seller, Wrong.NOT_DELIVERED, order.since))
    if _is_verdict_not_executed(order):
        found.append(Breach(order.contract.seller, Wrong.VERDICT_NOT_EXECUTED, order.since))
    if _is_never_paid(order):
        found.append(Breach(order.contract.buyer, Wrong.NEVER_PAID, order.since))
    return found


def _forks(order: Order) -> Iterator[Breach]:
    if not order.forkers:
        return
    known = {each.id: each for each in _entries(order)}
    for person in sorted({each.identity for each in known.values()}):
        own = [each for each in known.values() if each.identity == person]
        # By person, not by role: where another party forks, two branches can each have a moderator.
        if any(_is_rival(one, two, known) for one, two in combinations(own, 2)):
            verdicts = [each for each in own if each.event is Event.VERDICT]
            wrong = Wrong.TWO_VERDICTS if len(verdicts) > 1 else Wrong.SIGNED_BOTH_WAYS
            yield Breach(person, wrong, max(each.made_at for each in own))


def _is_rival(one: Entry, two: Entry, known: Mapping[RecordId, Entry]) -> bool:
    return one.id not in past(two, known) and two.id not in past(one, known)


def _is_not_delivered(order: Order) -> bool:
    """He said that the money is here, and until the time that was agreed neither that he
    shipped, nor did he settle it."""
    received = _time_of(Event.PAY_RECEIVED, order)
    if received is None or order.state not in (State.DISPUTED, State.UNRESOLVED):
        return False
    # Overtaken or not: who said that he shipped did not keep silent. And a verdict settles it.
    is_answered = _has(Event.FULFIL, order) or _has(Event.VERDICT, order)
    return not is_answered and order.since >= received + order.terms.handling


def _is_verdict_not_executed(order: Order) -> bool:
    """He has the money, the verdict gives some of it back, and nobody says that this was done.

    Where the money is with the buyer, or nobody said where it is, the entries do not tell whose
    turn it was.
    """
    return (
        order.state is State.UNRESOLVED
        and order.to_seller is not None
        and order.to_seller.minor < order.terms.total.minor
        and _time_of(Event.PAY_RECEIVED, order) is not None
        and _time_of(Event.VERDICT, order) is not None
    )


def _is_never_paid(order: Order) -> bool:
    """She agreed, and the time to pay went by; unless a moderator was agreed on who never said
    that he is ready, without whom she need not pay."""
    moves = [line.state for line in order.history]
    return (
        order.state is State.EXPIRED
        and State.ACCEPTED in moves
        and not _has(Event.PAY_SENT, order)
        and (order.terms.moderator is None or order.has_consent)
    )


def _time_of(event: Event, order: Order) -> int | None:
    """When the order came as far as this event; the latest time of all that led there."""
    times: list[int] = []
    for line in order.history:
        times.append(line.entry.made_at)
        if line.entry.event is event:
            return max(times)
    return None


def _has(event: Event, order: Order) -> bool:
    return any(each.event is event for each in _entries(order))


def _entries(order: Order) -> list[Entry]:
    return [entry for entry, _ in (*order.history, *order.void)]
