"""Keep a record in the heap and in every view; make the views anew from the heap.

Rule 1: both go through `_show`, so that what is rebuilt is what was built.
"""

from __future__ import annotations

from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import (
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
from goodword.protocol.record import Record

from . import (
    endorsements,
    listings,
    mailboxes,
    moderators,
    opinions,
    orders,
    people,
    records,
    reviews,
)
from .database import Transaction

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
)
"""The tables that hold nothing of their own; `listing_words`, the index of words, is one too."""


def keep(db: Transaction, record: Record, data: bytes, kind: Kind, now: int) -> bool:
    """Keep a public `record` (wire form `data`) if its slot takes it; False if it is here already.

    Raises StaleRevision or Withdrawn, having written nothing.
    """
    found = records.standing(db, record)
    # Where nothing stands nothing came: the first record of a slot need not be looked up.
    if found and records.has(db, record.id):
        return False
    slots.takes(kind, found[0] if found else None, record)
    seq = records.put(db, record, data, now)
    _show(db, record, kind, seq, found)
    return True


def rebuild(db: Transaction, me: PublicKey) -> None:
    """Empty every view, and make it again from the heap."""
    for name in reversed(VIEWS):
        db.execute(f"DELETE FROM {name}")  # noqa: S608  # our own words
    db.execute("INSERT INTO listing_words (listing_words) VALUES ('delete-all')")
    mine: set[OrderId] = set()
    for seq, record in records.everything(db):
        if record.kind == entry.KIND:
            mine.add(OrderId(record.slot))
        else:
            _show(db, record, KINDS[record.kind], seq, records.standing(db, record))
    for order_id in sorted(mine):
        order = orders.load(db, order_id)
        assert order is not None, "its entries are in the heap"
        orders.index(db, order, me)


def _show(
    db: Transaction, record: Record, kind: Kind, seq: int, found: tuple[slots.Standing, int] | None
) -> None:
    """Let `record`, just come as `seq`, change the views; `found` is what stood until now."""
    before, seq_before = found or (None, 0)
    is_fork = slots.is_fork(kind, before, record)
    if slots.takes(kind, before, record):
        if before and not before.is_withdrawn:
            _unindex(db, records.at(db, seq_before), seq_before)
        if not record.is_withdrawal:
            _index(db, record, seq)
        records.stand(db, record, seq, is_first=before is None, is_forked=is_fork)
    if is_fork:
        records.note_fork(db, record, seq_before, seq)


def _index(db: Transaction, record: Record, seq: int) -> None:
    match record.kind:
        case listing.KIND:
            listings.index(db, record, seq)
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
