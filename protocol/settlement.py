"""Settlement: one integer decides. So much of the total is the seller's, the rest goes back.

Rule 1: a party gives away what is its own: the seller a refund of everything, the buyer the total.
Anything between needs two of three: an offer and who agrees to it, or a moderator's verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple, cast

from .entry import Entry, Event
from .errors import BadField
from .money import Money
from .record import RecordId
from .table import State


class Offer(NamedTuple):
    """What one party would agree to, should the other agree too."""

    id: RecordId
    to_seller: Money


def check(entry: Entry, total: Money) -> None:
    """Raises BadField where an offer or a verdict is on more than there is."""
    if entry.event in (Event.OFFER, Event.VERDICT) and _split(entry) > total.minor:
        raise BadField(field="to_seller", why="is more than the total")


def offered(entry: Entry, total: Money) -> Offer:
    """What an OFFER puts on the table."""
    return Offer(entry.id, _part(total, _split(entry)))


def decided(entry: Entry, to: State, total: Money, known: Mapping[RecordId, Entry]) -> Money | None:
    """How much is the seller's, where `entry`, by leading to the state `to`, decides it.

    `known`: the entries of the order; an AGREE names one of them.
    """
    match to, entry.event:
        case State.COMPLETED, _:
            return total
        case State.REFUNDED, Event.AGREE:
            return _part(total, _split(known[cast("RecordId", entry.details["offer"])]))
        case State.REFUNDED, _:
            return _part(total, 0)
        case State.DECIDED, _:
            return _part(total, _split(entry))
        case _:
            return None


def _part(total: Money, minor: int) -> Money:
    return replace(total, minor=minor)


def _split(entry: Entry) -> int:
    return cast("int", entry.details["to_seller"])
