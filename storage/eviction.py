"""What can leave the heap to make room, the oldest arrivals first, and how far we have got.

A hand goes round the heap in the order of arrival, and remembers where it is: so that each row is
looked at once a round, and not again for each record that must go.
Rule 1: a slot leaves as a whole, with its evidence: what remained would stand after a rebuild.
Rule 2: the last arrival stays: its number would be given again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import entry, listing, mailbox, presence
from goodword.protocol.record import Slot

from . import orders, records, views
from .database import Transaction
from .holdings import Holding
from .views import UNCHANGED, Change

ROWS: Final = 64
"""Read at once: a few pages of the heap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A row of the heap that the hand has come to."""

    seq: int
    kind: str
    author: PublicKey
    slot: Slot
    age: int
    """Unix seconds: when it was made, or when it came, whichever was earlier: else an author whose
    clock runs ahead would make others' records look old."""


def after(db: Transaction, hand: int, until: int, rows_max: int) -> Iterator[Candidate]:
    """Rows that came after `hand` and before `until`, then from the beginning on: in a round, and
    at most `rows_max`. Those whose turn has not come when the caller drops them may be gone."""
    at, is_second = hand, False
    left = rows_max
    while left > 0:
        end = hand + 1 if is_second else until
        rows = db.execute(
            "SELECT seq, kind, author, slot, min(made_at, came_at) FROM record"
            " WHERE seq > ? AND seq < ? ORDER BY seq LIMIT ?",
            (at, min(end, until), min(ROWS, left)),
        ).fetchall()
        for seq, kind, author, slot, age in rows:
            yield Candidate(seq=seq, kind=kind, author=PublicKey(author), slot=Slot(slot), age=age)
        left -= len(rows)
        if rows:
            at = rows[-1][0]
        elif is_second:
            return
        else:
            at, is_second = 0, True


def may_go(db: Transaction, candidate: Candidate) -> bool:
    """Whether no order needs it: its entries, the listing that it is about, and how its parties
    are reached while it is open."""
    match candidate.kind:
        case entry.KIND:
            return False
        case listing.KIND:
            return not orders.names_slot(db, candidate.slot)
        case presence.KIND | mailbox.KIND:
            return not orders.is_open_with(db, candidate.author)
        case _:
            return True


def evict(db: Transaction, candidate: Candidate, until: int) -> Change:
    """Forget all of the candidate's slot, in the heap and in every view.

    Nothing, where a part of it came at `until` or later, or where it is gone already, with an
    older record of its slot. Known weakness: of a slot with more than two withdrawals at one
    revision a record may be left, until the hand comes to it.
    """
    slot = (candidate.author, candidate.kind, candidate.slot)
    seqs = {*records.of_slot(db, *slot), candidate.seq}
    if max(seqs) >= until or not records.is_here(db, candidate.seq):
        return UNCHANGED
    views.hide(db, *slot)
    offered = {records.place_at(db, each): False for each in seqs}
    return Change(Holding(len(seqs), sum(records.drop(db, each) for each in seqs)), offered)
