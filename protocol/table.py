"""The order table: who may say what in which state, where it leads, and by when.

Rule 1: this file is all that decides an order; the gate, the fold, the open steps of the command
line, the diagram in SPEC.md and the tests are made from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from .entry import Event, Role
from .limits import ANSWER_SECONDS, COUNTERS_MAX, DECIDED_SECONDS, OFFERS_MAX


class State(StrEnum):
    PROPOSED = "proposed"
    COUNTERED = "countered"
    ACCEPTED = "accepted"
    PAY_CLAIMED = "pay_claimed"
    FUNDED = "funded"
    FULFILLED = "fulfilled"
    DISPUTED = "disputed"
    DECIDED = "decided"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    COMPLETED = "completed"
    REFUNDED = "refunded"
    RESOLVED = "resolved"
    UNRESOLVED = "unresolved"


SETTLED: Final = frozenset({State.COMPLETED, State.REFUNDED, State.RESOLVED, State.UNRESOLVED})
"""Ends of a deal that was agreed and begun: after these there is something to review."""

TERMINAL: Final = SETTLED | {State.CANCELLED, State.EXPIRED}


class Step(NamedTuple):
    """Who may take it, where it leads, and which of two concurrent ones comes first."""

    by: frozenset[Role]
    to: State
    """The same state again: something is said, and neither the state nor its time changes."""
    precedence: int
    """Lower first; chosen so that nobody gains by holding an entry back."""


_B: Final = frozenset({Role.BUYER})
_S: Final = frozenset({Role.SELLER})
_M: Final = frozenset({Role.MODERATOR})
_BS: Final = _B | _S

STEPS: Final[dict[tuple[State, Event], Step]] = {
    (State.PROPOSED, Event.ACCEPT): Step(_S, State.ACCEPTED, 1),
    (State.PROPOSED, Event.REJECT): Step(_S, State.CANCELLED, 1),
    (State.PROPOSED, Event.WITHDRAW): Step(_B, State.CANCELLED, 2),
    (State.PROPOSED, Event.COUNTER): Step(_S, State.COUNTERED, 3),
    (State.PROPOSED, Event.TIMEOUT): Step(_BS, State.EXPIRED, 9),
    (State.COUNTERED, Event.ACCEPT): Step(_B, State.ACCEPTED, 1),
    (State.COUNTERED, Event.REJECT): Step(_B, State.CANCELLED, 1),
    (State.COUNTERED, Event.WITHDRAW): Step(_S, State.CANCELLED, 2),
    (State.COUNTERED, Event.COUNTER): Step(_B, State.PROPOSED, 3),
    (State.COUNTERED, Event.TIMEOUT): Step(_BS, State.EXPIRED, 9),
    (State.ACCEPTED, Event.CONSENT): Step(_M, State.ACCEPTED, 8),
    (State.ACCEPTED, Event.PAY_SENT): Step(_B, State.PAY_CLAIMED, 1),
    (State.ACCEPTED, Event.PAY_RECEIVED): Step(_S, State.FUNDED, 1),
    (State.ACCEPTED, Event.ON_DELIVERY): Step(_S, State.FUNDED, 1),
    (State.ACCEPTED, Event.WITHDRAW): Step(_B, State.CANCELLED, 3),
    (State.ACCEPTED, Event.REJECT): Step(_S, State.CANCELLED, 3),
    (State.ACCEPTED, Event.TIMEOUT): Step(_BS, State.EXPIRED, 9),
    (State.PAY_CLAIMED, Event.CONSENT): Step(_M, State.PAY_CLAIMED, 8),
    (State.PAY_CLAIMED, Event.OFFER): Step(_BS, State.PAY_CLAIMED, 8),
    (State.PAY_CLAIMED, Event.PAY_RECEIVED): Step(_S, State.FUNDED, 1),
    (State.PAY_CLAIMED, Event.PAY_DENIED): Step(_S, State.DISPUTED, 2),
    (State.PAY_CLAIMED, Event.AGREE): Step(_BS, State.REFUNDED, 3),
    (State.PAY_CLAIMED, Event.REFUND): Step(_S, State.REFUNDED, 3),
    (State.PAY_CLAIMED, Event.DISPUTE): Step(_BS, State.DISPUTED, 4),
    (State.PAY_CLAIMED, Event.TIMEOUT): Step(_BS, State.DISPUTED, 9),
    (State.FUNDED, Event.CONSENT): Step(_M, State.FUNDED, 8),
    (State.FUNDED, Event.OFFER): Step(_BS, State.FUNDED, 8),
    (State.FUNDED, Event.FULFIL): Step(_S, State.FULFILLED, 1),
    (State.FUNDED, Event.CONFIRM): Step(_B, State.COMPLETED, 2),
    (State.FUNDED, Event.AGREE): Step(_BS, State.REFUNDED, 3),
    (State.FUNDED, Event.REFUND): Step(_S, State.REFUNDED, 3),
    (State.FUNDED, Event.DISPUTE): Step(_BS, State.DISPUTED, 4),
    (State.FUNDED, Event.TIMEOUT): Step(_B, State.DISPUTED, 9),
    (State.FULFILLED, Event.CONSENT): Step(_M, State.FULFILLED, 8),
    (State.FULFILLED, Event.OFFER): Step(_BS, State.FULFILLED, 8),
    (State.FULFILLED, Event.EXTEND): Step(_B, State.FULFILLED, 8),
    (State.FULFILLED, Event.CONFIRM): Step(_B, State.COMPLETED, 1),
    (State.FULFILLED, Event.AGREE): Step(_BS, State.REFUNDED, 3),
    (State.FULFILLED, Event.REFUND): Step(_S, State.REFUNDED, 3),
    (State.FULFILLED, Event.DISPUTE): Step(_BS, State.DISPUTED, 4),
    (State.FULFILLED, Event.TIMEOUT): Step(_S, State.COMPLETED, 9),
    (State.DISPUTED, Event.CONSENT): Step(_M, State.DISPUTED, 8),
    (State.DISPUTED, Event.OFFER): Step(_BS, State.DISPUTED, 8),
    (State.DISPUTED, Event.CONFIRM): Step(_B, State.COMPLETED, 2),
    (State.DISPUTED, Event.AGREE): Step(_BS, State.REFUNDED, 3),
    (State.DISPUTED, Event.REFUND): Step(_S, State.REFUNDED, 3),
    (State.DISPUTED, Event.VERDICT): Step(_M, State.DECIDED, 5),
    (State.DISPUTED, Event.PAY_RECEIVED): Step(_S, State.FUNDED, 6),
    (State.DISPUTED, Event.FULFIL): Step(_S, State.FULFILLED, 6),
    (State.DISPUTED, Event.TIMEOUT): Step(_BS, State.UNRESOLVED, 9),
    (State.DECIDED, Event.EXECUTED): Step(_BS, State.RESOLVED, 1),
    (State.DECIDED, Event.TIMEOUT): Step(_BS, State.UNRESOLVED, 9),
    **{(end, Event.ACKNOWLEDGE): Step(_BS, end, 0) for end in State if end in TERMINAL},
}

WINDOWS: Final[Mapping[State, int | str]] = {
    State.PROPOSED: ANSWER_SECONDS,
    State.COUNTERED: ANSWER_SECONDS,
    State.ACCEPTED: "payment",
    State.PAY_CLAIMED: "clearing",
    State.FUNDED: "handling",
    State.FULFILLED: "inspection",
    State.DISPUTED: "dispute",
    State.DECIDED: DECIDED_SECONDS,
}
"""Seconds until TIMEOUT becomes possible, or which of the terms says how many."""

TIMES: Final[Mapping[Event, int]] = {
    Event.COUNTER: COUNTERS_MAX,
    Event.PAY_RECEIVED: 1,
    Event.FULFIL: 1,
    Event.EXTEND: 1,
    Event.OFFER: OFFERS_MAX,
    Event.CONSENT: 1,
    Event.ACKNOWLEDGE: 1,
}
"""How often one party may say it in one order. Each way around in the table, and each step that
leads nowhere, goes through one of these: so every order comes to an end."""

WAITS_FOR: Final[Mapping[State, frozenset[Role]]] = {
    State.PROPOSED: _S,
    State.COUNTERED: _B,
    State.ACCEPTED: _B,
    State.PAY_CLAIMED: _S,
    State.FUNDED: _S,
    State.FULFILLED: _B,
    State.DISPUTED: frozenset(Role),
    State.DECIDED: _BS,
}
"""Whose move brings the order forward; the others can only stop it."""
