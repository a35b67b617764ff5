"""Keep a record in the heap and in every view; make the views anew from the heap.

Rule 1: both go through `_show` and what it is made of, so that what is rebuilt is what was built.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from goodword.crypto.keys import PUBLIC_KEY_BYTES, PublicKey
from goodword.protocol import (
    bounds,
    endorsement,
    entry,
    listing,
    mailbox,
    moderator,
    presence,
    profile,
    review,
    slots,
)
from goodword.protocol.contract import OrderId
from goodword.protocol.kinds import KINDS, Kind
from goodword.protocol.record import Record, Slot

from . import (
    chapters,
    endorsements,
    holdings,
    listings,
    mailboxes,
    moderators,
    numbers,
    opinions,
    orders,
    people,
    records,
    reviews,
)
from .database import Transaction
from .holdings import NOTHING, Holding

VIEWS: Final = (
    "standing",
    "fork",
    "listing",
    "profile",
    "presence",
    "person",
    "endorsement",
    "opinion",
    "mailbox",
    "moderator",
    "review",
    "trade",
    "breach",
    "holding",
)
"""The tables that hold nothing of their own; the index of words, in its chapters, is one too."""


class Place(NamedTuple):
    """Where a record goes: what has stood for its slot until now."""

    before: slots.Standing | None
    seq: int
    """Of what has stood; 0 where nothing has."""
    is_taken: bool
    """The record will stand there; else it is evidence."""

    @property
    def replaces(self) -> bool:
        return self.is_taken and self.before is not None


EMPTY: Final = Place(None, 0, is_taken=True)
"""Where nothing has stood."""


class Change(NamedTuple):
    """What a record that came, or a slot that left, has changed besides itself."""

    freed: Holding
    """How much has left the heap, all of one author."""
    offered: Mapping[bounds.Place, bool]
    """Which records we hand to others from now on (true), and which no more."""


UNCHANGED: Final = Change(NOTHING, {})


def place(db: Transaction, record: Record, kind: Kind) -> Place | None:
    """Where a public `record` goes; None where it is here already.

    Raises StaleRevision or Withdrawn where its slot does not take it.
    """
    found = records.standing(db, record)
    # Where nothing stands nothing came: the first record of a slot need not be looked up.
    if found is None:
        return EMPTY
    if records.has(db, record.id):
        return None
    before, seq = found
    return Place(before, seq, slots.takes(kind, before, record))


def keep(
    db: Transaction, record: Record, data: bytes, kind: Kind, now: int, at: Place, me: PublicKey
) -> Change:
    """Keep `record`, whose wire form is `data`, at its place. What it supersedes leaves, unless
    it is needed still."""
    seq = records.put(db, record, data, now)
    _show(db, record, kind, seq, at)
    here = bounds.place(record.made_at, record.id)
    if not at.replaces:
        return Change(NOTHING, {here: at.is_taken or records.is_evidence(db, seq)})
    replaced = records.place_at(db, at.seq)
    is_evidence = records.is_evidence(db, at.seq)
    offered = {here: True, replaced: is_evidence}
    return Change(NOTHING if is_evidence else _drop_superseded(db, record, at, me), offered)


def keep_first(db: Transaction, came: Sequence[tuple[Record, bytes]], now: int) -> None:
    """Keep listings, each with its wire form, for whose slots nothing has stood: as `keep` each
    at EMPTY, but a table at a time."""
    _show_first(db, records.put_all(db, came, now))


def _drop_superseded(db: Transaction, record: Record, at: Place, me: PublicKey) -> Holding:
    """Nobody is handed an old revision any more. Mine stay: who asks for one of my listings may
    not have seen the next yet; and those that an order is about."""
    is_ordered = record.kind == listing.KIND and orders.names_slot(db, record.slot)
    if record.author == me or is_ordered:
        return NOTHING
    return Holding(1, records.drop(db, at.seq))


def hide(db: Transaction, author: PublicKey, kind: str, slot: Slot) -> None:
    """Show nothing of the slot in any view; its records may leave the heap then."""
    current = records.current(db, author, kind, slot)
    if current and not current.is_withdrawal:
        _unindex(db, current, records.seq(db, current.id))
    records.stand_no_more(db, author, kind, slot)
    if kind == endorsement.KIND:  # of which a withdrawal, too, names its person
        numbers.forget(db, PublicKey(slot[:PUBLIC_KEY_BYTES]))
    elif current and kind == review.KIND and not current.is_withdrawal:
        numbers.forget(db, review.read(current).about)
    else:
        return
    numbers.forget(db, author)


def rebuild(db: Transaction, me: PublicKey) -> None:
    """Empty every view, and make it again from the heap."""
    for name in reversed(VIEWS):
        db.execute(f"DELETE FROM {name}")  # noqa: S608  # our own words
    chapters.empty(db)
    mine: set[OrderId] = set()
    for seq, record in records.everything(db):
        if record.kind == entry.KIND:
            mine.add(OrderId(record.slot))
        else:
            kind = KINDS[record.kind]
            before, seq_before = records.standing(db, record) or (None, 0)
            is_taken = slots.takes(kind, before, record)
            _show(db, record, kind, seq, Place(before, seq_before, is_taken))
    for order_id in sorted(mine):
        order = orders.load(db, order_id)
        assert order is not None, "its entries are in the heap"
        orders.index(db, order, me)
    holdings.count_anew(db)


def _show(db: Transaction, record: Record, kind: Kind, seq: int, at: Place) -> None:
    """Let `record`, just come as `seq`, change the views."""
    is_fork = slots.is_fork(kind, at.before, record)
    if at.is_taken:
        if at.before and not at.before.is_withdrawn:
            _unindex(db, records.at(db, at.seq), at.seq)
        if not record.is_withdrawal:
            _index(db, record, seq)
        if at.before:
            records.stand_next(db, record, seq, is_forked=is_fork)
        else:
            records.stand_first(db, [(record, seq)])
    if is_fork:
        records.note_fork(db, record, at.seq, seq)


def _show_first(db: Transaction, arrived: Sequence[tuple[Record, int]]) -> None:
    """The same for listings, just come as these numbers, for whose slots nothing has stood."""
    listings.index(db, arrived)
    records.stand_first(db, arrived)


def _index(db: Transaction, record: Record, seq: int) -> None:
    match record.kind:
        case listing.KIND:
            listings.index(db, [(record, seq)])
        case profile.KIND:
            people.index_profile(db, record)
        case presence.KIND:
            people.index_presence(db, record)
        case endorsement.KIND:
            endorsements.index(db, record, seq)
            opinions.endorsed(db, record)
        case moderator.KIND:
            moderators.index(db, record, seq)
        case review.KIND:
            reviews.index(db, record, seq)
            opinions.reviewed(db, record)
        case mailbox.KIND:
            mailboxes.index(db, record)
        case _:
            raise AssertionError(f"no view for {record.kind}")


def _unindex(db: Transaction, record: Record, seq: int) -> None:
    match record.kind:
        case listing.KIND:
            listings.unindex(db, record, seq)
        case profile.KIND:
            people.unindex_profile(db, record)
        case presence.KIND:
            people.unindex_presence(db, record)
        case endorsement.KIND:
            endorsements.unindex(db, record)
            opinions.endorsed(db, record)
        case moderator.KIND:
            moderators.unindex(db, record)
        case review.KIND:
            reviews.unindex(db, record)
            opinions.reviewed(db, record)
        case mailbox.KIND:
            mailboxes.unindex(db, record)
        case _:
            raise AssertionError(f"no view for {record.kind}")
