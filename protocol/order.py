"""An order is a set of signed entries; its state is what the table says of the set.

Rule 1: everything that decides a state lives in table.py. The code here only reads it.
Rule 2: this file does not know who we are. The same rules bind us and them.
Rule 3: the state is a fold over the *set*: buyer, seller and any third party compute the same
from the same entries, in whatever order they arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Final, NamedTuple, cast

from goodword.crypto.keys import PublicKey, Signature

from . import contract as contracts
from . import licence, settlement
from .contract import Contract, OrderId
from .entry import Entry, Event, Role
from .errors import (
    BadBinding,
    BadLicence,
    BeforeItsPast,
    MissingEntries,
    NoOffer,
    NotYours,
    OrderFull,
    TooEarly,
    TooOften,
    WrongTurn,
)
from .forks import Branches, branches, past
from .limits import ROLE_ENTRIES_MAX
from .money import Money
from .record import RecordId
from .settlement import Offer
from .table import SETTLED, STEPS, TERMINAL, TIMES, WINDOWS, State, Step
from .terms import Terms

_RANK: Final = {Event.PROPOSE: 0} | {
    event: min(step.precedence for (_, each), step in STEPS.items() if each is event)
    for _, event in STEPS
}
"""Which of two words of one author stands, where nobody could build on either."""

_NOT_ALLOWED: Final = inf
"""Precedence of what the table does not allow now: taken when nothing else is ready."""


_UNSEALED: Final = inf
"""Place of what no last word follows: after all that one does."""


class Line(NamedTuple):
    """One entry of the history, and the state that it led to."""

    entry: Entry
    state: State


class Void(NamedTuple):
    """An entry that changed nothing, and why: kept as evidence."""

    entry: Entry
    why: str


@dataclass(frozen=True, slots=True)
class Licence:
    """The word of a party that the other may review it."""

    count: int
    """Of the giver's agreements as a seller; 0 from a buyer."""
    signature: Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Where an order stands."""

    contract: Contract
    terms: Terms
    """The latest: agreed on, once the order is accepted."""
    state: State
    since: int
    """Unix seconds: when the state began, by the clock of who led there."""
    history: tuple[Line, ...]
    void: tuple[Void, ...] = ()
    heads: frozenset[RecordId]
    """What the next entry names: the entries that none follows yet, at most SEEN_MAX."""
    offers: Mapping[Role, Offer] = field(default_factory=dict[Role, Offer])
    """The latest of each party, made in the state as it is now."""
    licences: Mapping[Role, Licence] = field(default_factory=dict[Role, Licence])
    """Who gave the other the right to review him."""
    has_consent: bool = False
    """The moderator has said that he is ready."""
    is_extended: bool = False
    """The buyer has taken more time to look at it."""
    to_seller: Money | None = None
    """How much of the total is the seller's, once that is decided; the rest goes back."""
    forkers: frozenset[Role] = frozenset()
    """Who signed two entries that do not follow one another: proof of signing both ways."""

    @property
    def id(self) -> OrderId:
        return self.history[0].entry.order

    @property
    def is_over(self) -> bool:
        return self.state in TERMINAL

    @property
    def is_settled(self) -> bool:
        """Whether there was a deal, and it is over: what a review is for."""
        return self.state in SETTLED

    @property
    def is_agreed(self) -> bool:
        """Whether both have accepted the same terms, whatever came of it."""
        return any(line.entry.event is Event.ACCEPT for line in self.history)

    @property
    def deadline(self) -> int | None:
        """Unix seconds from which TIMEOUT is possible; None when the order is over."""
        if self.is_over:
            return None
        window = WINDOWS[self.state]
        seconds = window if isinstance(window, int) else cast("int", getattr(self.terms, window))
        return self.since + seconds + (self.terms.extension if self.is_extended else 0)

    @property
    def parties(self) -> Mapping[Role, PublicKey]:
        """Who may speak: buyer, seller, and the moderator whom the terms name."""
        two = {Role.BUYER: self.contract.buyer, Role.SELLER: self.contract.seller}
        judge = self.terms.moderator
        return two if judge is None else {**two, Role.MODERATOR: judge}

    def role_of(self, person: PublicKey) -> Role | None:
        return next((role for role, each in self.parties.items() if each == person), None)


def open_steps(order: Order, role: Role, now: int) -> list[Event]:
    """What `role` may say at `now` (Unix seconds), in the table's order."""
    return [
        event
        for (state, event), step in STEPS.items()
        if state is order.state and role in step.by and _is_open(order, role, event, now)
    ]


def _is_open(order: Order, role: Role, event: Event, now: int) -> bool:
    match event:
        case Event.TIMEOUT:
            return now >= cast("int", order.deadline)
        case Event.AGREE:
            return any(each is not role for each in order.offers)
        case Event.ACKNOWLEDGE:
            return not has_seen_the_end(order, role)
        case _:
            said = [entry for entry, _ in (*order.history, *order.void)]
            return event not in TIMES or _times(said, role, event) < TIMES[event]


def has_seen_the_end(order: Order, role: Role) -> bool:
    """Whether `role` led to the end, or has said that he saw it: then he cannot go back on it."""
    end = max(n for n in range(len(order.history)) if _is_move(order.history, n))
    return order.is_over and any(line.entry.role is role for line in order.history[end:])


def duties(order: Order, role: Role, now: int) -> list[Event]:
    """What is due of `role` at `now` without anybody deciding: the default outcome, or to say
    that he has seen the end.

    Derived, never stored: a restart, or a month away, loses nothing.
    """
    automatic = (Event.TIMEOUT, Event.ACKNOWLEDGE)
    return [event for event in open_steps(order, role, now) if event in automatic]


def default_outcome(order: Order) -> Step | None:
    """Where the order goes if nobody does anything; None when it is over."""
    return STEPS.get((order.state, Event.TIMEOUT))


# --- the gate ----------------------------------------------------------------------------------


def check(entry: Entry, known: Mapping[RecordId, Entry]) -> None:
    """The gate: may `entry` join the `known` entries of its order?

    It is judged in the state that its author had before him when he signed, which the entries
    that it follows make: so what is refused here is refused everywhere and for ever, and what
    is only overtaken by something concurrent is kept.

    Raises:
        WrongTurn, NotYours, TooEarly: the table has no such step, for this role, at that time.
        MissingEntries: entries that it follows have not arrived yet.
        BadBinding: who signed is not the party of that role.
        TooOften, NoOffer, BadLicence, BeforeItsPast, BadField, BadContract, OrderFull: see
            their words.
    """
    if entry.seen - known.keys():
        raise MissingEntries
    if entry.event is Event.PROPOSE:
        _check_licence(entry, entry.contract)
    else:
        before = [known[each] for each in past(entry, known)]
        _check_step(entry, fold(before), before)
    if sum(each.role is entry.role for each in known.values()) >= ROLE_ENTRIES_MAX:
        raise OrderFull


def _check_step(entry: Entry, order: Order, before: Iterable[Entry]) -> None:
    if entry.identity != order.parties.get(entry.role):
        raise BadBinding
    step = STEPS.get((order.state, entry.event))
    # SPEC 4.4: "An entry that the table does not allow in the state its own past makes is refused"
    if step is None:
        raise WrongTurn(state=order.state, event=entry.event)
    if entry.role not in step.by:
        raise NotYours(role=entry.role, event=entry.event, state=order.state)
    limit = TIMES.get(entry.event)
    if limit is not None and _times(before, entry.role, entry.event) >= limit:
        raise TooOften(event=entry.event, limit=limit)
    if entry.made_at < max(line.entry.made_at for line in order.history):
        raise BeforeItsPast
    _check_details(entry, order)


def _check_details(entry: Entry, order: Order) -> None:
    """What an event must hold besides its fields, given the order that it follows."""
    match entry.event:
        case Event.TIMEOUT if (early := _seconds_early(entry, order)) > 0:
            raise TooEarly(seconds=early)
        case Event.ACKNOWLEDGE if has_seen_the_end(order, entry.role):
            raise NotYours(role=entry.role, event=entry.event, state=order.state)
        case Event.OFFER | Event.VERDICT:
            settlement.check(entry, order.terms.total)
        case Event.AGREE if entry.details["offer"] not in _offered_to(entry.role, order):
            raise NoOffer
        case Event.COUNTER:
            contracts.check_terms(order.contract, entry.terms)
            _check_licence(entry, order.contract)
        case Event.ACCEPT:
            _check_licence(entry, order.contract)
        case _:
            pass


def _offered_to(role: Role, order: Order) -> set[RecordId]:
    return {offer.id for by, offer in order.offers.items() if by is not role}


def _check_licence(entry: Entry, contract: Contract) -> None:
    signature = entry.details.get("licence")
    if signature is None:
        return  # the buyer gave hers with the proposal
    to = contract.seller if entry.role is Role.BUYER else contract.buyer
    if not licence.is_given(
        cast("Signature", signature),
        order=entry.order,
        by=entry.identity,
        to=to,
        count=_count(entry),
    ):
        raise BadLicence


def _times(entries: Iterable[Entry], role: Role, event: Event) -> int:
    return sum(each.role is role and each.event is event for each in entries)


# --- the fold ----------------------------------------------------------------------------------


def fold(entries: Iterable[Entry]) -> Order:
    """The order that a set of entries makes. Every entry must have passed `check`.

    Raises MissingEntries where the set lacks its proposal, or an entry that another follows.
    """
    known = {entry.id: entry for entry in entries}
    if not known or any(entry.seen - known.keys() for entry in known.values()):
        raise MissingEntries
    found = branches(known, _RANK)
    root = next(each for each in known.values() if _is_root(each, found.lost))
    order = _begun(root, found.heads, found.forkers)
    waiting = {key: entry for key, entry in known.items() if key != order.history[0].entry.id}
    done = {order.history[0].entry.id}
    while waiting:
        ready = [entry for entry in waiting.values() if entry.seen <= done]
        entry = min(ready, key=lambda each: _turn(order, each, found))
        order = _take(order, waiting.pop(entry.id), known, is_lost=entry.id in found.lost)
        done.add(entry.id)
    return order


def _is_root(entry: Entry, lost: frozenset[RecordId]) -> bool:
    """Of several proposals of one contract all but one are lost."""
    return entry.event is Event.PROPOSE and entry.id not in lost


def _begun(root: Entry, heads: frozenset[RecordId], forkers: frozenset[Role]) -> Order:
    contract = root.contract
    return Order(
        contract=contract,
        terms=contract.terms,
        state=State.PROPOSED,
        since=root.made_at,
        history=(Line(root, State.PROPOSED),),
        heads=heads,
        licences={Role.BUYER: _licence(root)},
        forkers=forkers,
    )


def _take(order: Order, entry: Entry, known: Mapping[RecordId, Entry], *, is_lost: bool) -> Order:
    """The order after `entry`; where it does not apply, the same order with a void entry."""
    step = STEPS.get((order.state, entry.event))
    if is_lost:
        why = "its author signed both ways"
    elif step is None or entry.role not in step.by:
        why = f"overtaken: the order was {order.state}"
    elif entry.event is Event.TIMEOUT and not _is_default(entry, order, known):
        why = "overtaken: somebody did something"
    else:
        return _applied(order, entry, step, known)
    return replace(order, void=(*order.void, Void(entry, why)))


def _applied(order: Order, entry: Entry, step: Step, known: Mapping[RecordId, Entry]) -> Order:
    after = replace(order, history=(*order.history, Line(entry, step.to)))
    if step.to is not order.state:
        since = max(order.since, entry.made_at)
        after = replace(after, state=step.to, since=since, offers={}, is_extended=False)
    match entry.event:
        case Event.COUNTER:
            after = replace(after, terms=entry.terms)
        case Event.OFFER:
            offer = settlement.offered(entry, order.terms.total)
            after = replace(after, offers={**after.offers, entry.role: offer})
        case Event.EXTEND:
            after = replace(after, is_extended=True)
        case Event.CONSENT:
            after = replace(after, has_consent=True)
        case _:
            pass
    if "licence" in entry.details:
        after = replace(after, licences={**after.licences, entry.role: _licence(entry)})
    if step.to is order.state:
        return after
    decided = settlement.decided(entry, step.to, order.terms.total, known)
    return after if decided is None else replace(after, to_seller=decided)


def _is_default(timeout: Entry, order: Order, known: Mapping[RecordId, Entry]) -> bool:
    """Whether nobody did anything else, and the time is over, so that the default is due."""
    # SPEC 4.5: "if all of the history that changed the state is in its past"
    did = {line.entry.id for n, line in enumerate(order.history) if _is_move(order.history, n)}
    return did <= past(timeout, known) and _seconds_early(timeout, order) <= 0


def _is_move(history: tuple[Line, ...], at: int) -> bool:
    """Whether this line changed the state: what is only said keeps nobody from a deadline."""
    return at == 0 or history[at].state is not history[at - 1].state


def _turn(order: Order, entry: Entry, found: Branches) -> tuple[float, bool, float, RecordId]:
    """Which of the ready entries is taken next: that of the lowest."""
    # SPEC 4.5: "Of the ready entries what a last word follows is taken first, then what a verdict
    # follows, then the one of lowest precedence, then of lowest id"
    place = found.sealed.get(entry.id, _UNSEALED)
    return place, entry.id not in found.judged, _precedence(order, entry), entry.id


def _precedence(order: Order, entry: Entry) -> float:
    step = STEPS.get((order.state, entry.event))
    return step.precedence if step and entry.role in step.by else _NOT_ALLOWED


def _count(entry: Entry) -> int:
    return cast("int", entry.details.get("count", 0))


def _licence(entry: Entry) -> Licence:
    return Licence(_count(entry), cast("Signature", entry.details["licence"]))


def _seconds_early(entry: Entry, order: Order) -> int:
    return 0 if order.deadline is None else order.deadline - entry.made_at
