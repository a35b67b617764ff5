"""An order is a set of signed entries; its state is what the table says of the set.

Rule 1: everything that decides a state lives in STEPS and WINDOWS. The code only reads them.
Rule 2: this file does not know who we are. The same rules bind us and them.
Rule 3: the state is a fold over the *set*: buyer, seller and any third party compute the same
from the same entries, in whatever order they arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple, cast

from goodword.crypto.keys import PublicKey

from .contract import Contract, OrderId
from .entry import Entry, Event, Role
from .errors import (
    BadBinding,
    BadField,
    BeforeItsPast,
    MissingEntries,
    NotYours,
    OrderFull,
    TooEarly,
    WrongTurn,
)
from .forks import branches, past
from .limits import DAY, HOUR, ROLE_ENTRIES_MAX
from .money import Money
from .record import RecordId


class State(StrEnum):
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    PAY_CLAIMED = "pay_claimed"
    FUNDED = "funded"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    COMPLETED = "completed"
    REFUNDED = "refunded"
    UNRESOLVED = "unresolved"


TERMINAL: Final = frozenset(
    {State.CANCELLED, State.EXPIRED, State.COMPLETED, State.REFUNDED, State.UNRESOLVED}
)


class Step(NamedTuple):
    """Who may take it, where it leads, and which of two concurrent ones comes first."""

    by: frozenset[Role]
    to: State
    precedence: int
    """Lower first; chosen so that nobody gains by holding an entry back."""


_B: Final = frozenset({Role.BUYER})
_S: Final = frozenset({Role.SELLER})
_BS: Final = _B | _S

STEPS: Final[dict[tuple[State, Event], Step]] = {
    (State.PROPOSED, Event.ACCEPT): Step(_S, State.ACCEPTED, 1),
    (State.PROPOSED, Event.REJECT): Step(_S, State.CANCELLED, 1),
    (State.PROPOSED, Event.WITHDRAW): Step(_B, State.CANCELLED, 2),
    (State.PROPOSED, Event.TIMEOUT): Step(_BS, State.EXPIRED, 9),
    (State.ACCEPTED, Event.PAY_SENT): Step(_B, State.PAY_CLAIMED, 1),
    (State.ACCEPTED, Event.PAY_RECEIVED): Step(_S, State.FUNDED, 1),
    (State.ACCEPTED, Event.ON_DELIVERY): Step(_S, State.FUNDED, 1),
    (State.ACCEPTED, Event.WITHDRAW): Step(_B, State.CANCELLED, 3),
    (State.ACCEPTED, Event.REJECT): Step(_S, State.CANCELLED, 3),
    (State.ACCEPTED, Event.TIMEOUT): Step(_BS, State.EXPIRED, 9),
    (State.PAY_CLAIMED, Event.PAY_RECEIVED): Step(_S, State.FUNDED, 1),
    (State.PAY_CLAIMED, Event.REFUND): Step(_S, State.REFUNDED, 3),
    (State.PAY_CLAIMED, Event.TIMEOUT): Step(_BS, State.UNRESOLVED, 9),
    (State.FUNDED, Event.FULFIL): Step(_S, State.FULFILLED, 1),
    (State.FUNDED, Event.CONFIRM): Step(_B, State.COMPLETED, 2),
    (State.FUNDED, Event.REFUND): Step(_S, State.REFUNDED, 3),
    (State.FUNDED, Event.TIMEOUT): Step(_B, State.UNRESOLVED, 9),
    (State.FULFILLED, Event.CONFIRM): Step(_B, State.COMPLETED, 1),
    (State.FULFILLED, Event.REFUND): Step(_S, State.REFUNDED, 3),
    (State.FULFILLED, Event.TIMEOUT): Step(_S, State.COMPLETED, 9),
}

WINDOWS: Final[dict[State, int | None]] = {
    State.PROPOSED: 48 * HOUR,
    State.ACCEPTED: 24 * HOUR,
    State.PAY_CLAIMED: 5 * DAY,
    State.FUNDED: None,
    State.FULFILLED: 7 * DAY,
}
"""Seconds until TIMEOUT becomes possible; None: the handling time of the contract."""

WAITS_FOR: Final[dict[State, Role]] = {
    State.PROPOSED: Role.SELLER,
    State.ACCEPTED: Role.BUYER,
    State.PAY_CLAIMED: Role.SELLER,
    State.FUNDED: Role.SELLER,
    State.FULFILLED: Role.BUYER,
}
"""Whose move brings the order forward; the other can only stop it."""

_RANK: Final = {Event.PROPOSE: 0} | {
    event: min(step.precedence for (_, each), step in STEPS.items() if each is event)
    for _, event in STEPS
}
"""Which of two words of one author stands, where nobody could build on either."""

_NOT_ALLOWED: Final = 99
"""Precedence of what the table does not allow now: taken when nothing else is ready."""


class Line(NamedTuple):
    """One entry of the history, and the state that it led to."""

    entry: Entry
    state: State


class Void(NamedTuple):
    """An entry that changed nothing, and why: kept as evidence."""

    entry: Entry
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Where an order stands."""

    contract: Contract
    state: State
    since: int
    """Unix seconds: when the state began, by the clock of who led there."""
    history: tuple[Line, ...]
    void: tuple[Void, ...] = ()
    heads: frozenset[RecordId]
    """What the next entry names: the entries that none follows yet, at most SEEN_MAX."""
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
    def deadline(self) -> int | None:
        """Unix seconds from which TIMEOUT is possible; None when the order is over."""
        if self.is_over:
            return None
        window = WINDOWS[self.state]
        return self.since + (self.contract.handling if window is None else window)

    def party(self, role: Role) -> PublicKey:
        match role:
            case Role.BUYER:
                return self.contract.buyer
            case Role.SELLER:
                return self.contract.seller

    def role_of(self, person: PublicKey) -> Role | None:
        return next((role for role in Role if self.party(role) == person), None)


def open_steps(order: Order, role: Role, now: int) -> list[Event]:
    """What `role` may say at `now` (Unix seconds), in the table's order."""
    return [
        event
        for (state, event), step in STEPS.items()
        if state is order.state
        and role in step.by
        and (event is not Event.TIMEOUT or now >= cast("int", order.deadline))
    ]


def duties(order: Order, role: Role, now: int) -> list[Event]:
    """What is due of `role` at `now` without anybody deciding: the default outcome.

    Derived, never stored: a restart, or a month away, loses nothing.
    """
    return [event for event in open_steps(order, role, now) if event is Event.TIMEOUT]


def default_outcome(order: Order) -> Step | None:
    """Where the order goes if nobody does anything; None when it is over."""
    return STEPS.get((order.state, Event.TIMEOUT))


def check(entry: Entry, known: Mapping[RecordId, Entry]) -> None:
    """The gate: may `entry` join the `known` entries of its order?

    It is judged in the state that its author had before him when he signed, which the entries
    that it follows make: so what is refused here is refused everywhere and for ever, and what
    is only overtaken by something concurrent is kept.

    Raises:
        WrongTurn, NotYours, TooEarly: the table has no such step, for this role, at that time.
        MissingEntries: entries that it follows have not arrived yet.
        BadBinding: who signed is not the party of that role.
        BeforeItsPast, BadField, OrderFull: see their words.
    """
    if entry.seen - known.keys():
        raise MissingEntries
    if entry.event is Event.PROPOSE:
        if known:  # it follows nothing, so no state of its past says that an order has one
            raise WrongTurn(state=State.PROPOSED, event=entry.event)
        return
    before = fold(known[each] for each in past(entry, known))
    _check_step(entry, before)
    if sum(each.role is entry.role for each in known.values()) >= ROLE_ENTRIES_MAX:
        raise OrderFull


def _check_step(entry: Entry, before: Order) -> None:
    if entry.identity != before.party(entry.role):
        raise BadBinding
    step = STEPS.get((before.state, entry.event))
    # SPEC 4.4: "An entry that the table does not allow in the state its own past makes is refused"
    if step is None:
        raise WrongTurn(state=before.state, event=entry.event)
    if entry.role not in step.by:
        raise NotYours(role=entry.role, event=entry.event, state=before.state)
    if entry.made_at < max(line.entry.made_at for line in before.history):
        raise BeforeItsPast
    if entry.event is Event.TIMEOUT and (early := _seconds_early(entry, before)) > 0:
        raise TooEarly(seconds=early)
    if entry.event is Event.REFUND and _refund(entry) > before.contract.total.minor:
        raise BadField(field="to_seller", why="is more than the total")


def fold(entries: Iterable[Entry]) -> Order:
    """The order that a set of entries makes. Every entry must have passed `check`.

    Raises MissingEntries where the set lacks its proposal, or an entry that another follows.
    """
    known = {entry.id: entry for entry in entries}
    root = next((entry for entry in known.values() if entry.event is Event.PROPOSE), None)
    if root is None or any(entry.seen - known.keys() for entry in known.values()):
        raise MissingEntries
    lost, forkers, heads = branches(known, _RANK)
    order = Order(
        contract=root.contract,
        state=State.PROPOSED,
        since=root.made_at,
        history=(Line(root, State.PROPOSED),),
        heads=heads,
        forkers=forkers,
    )
    waiting = {key: entry for key, entry in known.items() if entry is not root}
    done = {root.id}
    while waiting:
        ready = [entry for entry in waiting.values() if entry.seen <= done]
        # SPEC 4.5: "Of the ready entries the one of lowest precedence is taken, then of lowest id"
        entry = min(ready, key=lambda each: (_precedence(order, each), each.id))
        order = _take(order, waiting.pop(entry.id), known, is_lost=entry.id in lost)
        done.add(entry.id)
    return order


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
        return replace(
            order,
            state=step.to,
            since=max(order.since, entry.made_at),
            history=(*order.history, Line(entry, step.to)),
            to_seller=_decided(order.contract, entry, step.to),
        )
    return replace(order, void=(*order.void, Void(entry, why)))


def _is_default(timeout: Entry, order: Order, known: Mapping[RecordId, Entry]) -> bool:
    """Whether nobody did anything else, and the time is over, so that the default is due."""
    # SPEC 4.5: "if all of the history is in its past"
    did = {line.entry.id for line in order.history}
    return did <= past(timeout, known) and _seconds_early(timeout, order) <= 0


def _precedence(order: Order, entry: Entry) -> int:
    step = STEPS.get((order.state, entry.event))
    return step.precedence if step and entry.role in step.by else _NOT_ALLOWED


def _decided(contract: Contract, entry: Entry, to: State) -> Money | None:
    match to:
        case State.COMPLETED:
            return contract.total
        case State.REFUNDED:
            return replace(contract.total, minor=_refund(entry))
        case _:
            return None


def _refund(entry: Entry) -> int:
    return cast("int", entry.details["to_seller"])


def _seconds_early(entry: Entry, order: Order) -> int:
    return 0 if order.deadline is None else order.deadline - entry.made_at
