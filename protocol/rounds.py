"""The rounds of a negotiation: what each changed of the one before, from the listing on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from . import terms as terms_
from .codec import Value
from .entry import Entry, Event
from .listing import Listing
from .money import Money
from .order import Order
from .terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    entry: Entry
    """The proposal, or a counter."""
    before: Terms
    after: Terms

    @property
    def changes(self) -> Mapping[str, tuple[Value, Value]]:
        """field -> (what it was, what it is)."""
        return terms_.changes(self.before, self.after)


def rounds(order: Order, listing: Listing | None) -> Iterator[Round]:
    """Each round; the first departs from what the listing asks, where that is here."""
    opening = order.contract.terms
    before = opening
    if listing is not None:
        with suppress(ValueError):  # a haggled price of a listing that nobody could have paid
            before = as_listed(listing, opening)
    for line in order.history:
        entry = line.entry
        if entry.event in (Event.PROPOSE, Event.COUNTER):
            after = opening if entry.event is Event.PROPOSE else entry.terms
            yield Round(entry=entry, before=before, after=after)
            before = after


def as_listed(listing: Listing, terms: Terms) -> Terms:
    """The terms that the listing itself offers, for what the buyer chose and answered.

    Raises ValueError where that is more than money can be.
    """
    chosen = dict(terms.options)
    extra = sum(dict(each.choices).get(chosen.get(each.name, ""), 0) for each in listing.options)
    each = Money(listing.price.minor + extra, listing.price.code)
    return Terms(
        quantity=terms.quantity,
        price=each,
        shipping=listing.shipping,
        total=terms_.total_of(each, terms.quantity, listing.shipping),
        handling=listing.handling,
        options=terms.options,
        answers=terms.answers,
        note=terms.note,
        moderator=terms.moderator,
        fee=terms.fee,
    )
