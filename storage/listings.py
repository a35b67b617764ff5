"""What is for sale now. A view on the heap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import listing as listings
from goodword.protocol.listing import Listing
from goodword.protocol.record import Record, RecordId, Slot

from . import candidates, chapters, marks
from .candidates import CANDIDATES_MAX
from .candidates import Filter as Filter
from .chapters import Words
from .database import Transaction
from .records import stored
from .words import spaced

RESULTS_MAX: Final = 200
"""Listings in one answer: more than a person reads, and about 100 KB of JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A listing that stands, and the record that says so."""

    record: Record
    listing: Listing


def index(db: Transaction, arrived: Iterable[tuple[Record, int]]) -> None:
    """Show the listings that these records make, each of which came as this number."""
    found = [(record, seq, listings.read(record)) for record, seq in arrived]
    db.executemany(
        "INSERT INTO listing (seq, seller, price_minor, currency, quantity, region,"
        " categories, made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                seq,
                record.author,
                each.price.minor,
                each.price.code,
                each.quantity,
                each.region,
                f" {' '.join(each.categories)} ",
                record.made_at,
            )
            for record, seq, each in found
        ],
    )
    chapters.put(db, [(seq, _words(each, record.author)) for record, seq, each in found])


def unindex(db: Transaction, record: Record, seq: int) -> None:
    """Take away the listing that `record` made."""
    db.execute("DELETE FROM listing WHERE seq = ?", (seq,))
    chapters.take_out(db, seq, _words(listings.read(record), record.author))


def get(db: Transaction, slot: Slot) -> Found | None:
    row = db.execute(
        "SELECT bytes FROM standing JOIN record USING (seq)"
        " WHERE standing.kind = 'listing' AND standing.slot = ? AND NOT is_withdrawn",
        (slot,),
    ).fetchone()
    return _found(row[0]) if row else None


def starting_with(db: Transaction, first: bytes, last: bytes, limit: int = 2) -> list[Slot]:
    """At most `limit` slots between `first` and `last`, both included."""
    rows = db.execute(
        "SELECT slot FROM standing WHERE kind = 'listing' AND slot BETWEEN ? AND ?"
        " AND NOT is_withdrawn LIMIT ?",
        (first, last, limit),
    )
    return [Slot(slot) for (slot,) in rows]


def by_seller(db: Transaction, seller: PublicKey, limit: int = RESULTS_MAX) -> list[Found]:
    """Newest first."""
    return search(db, "", Filter(seller=seller), limit)


def by_sellers(
    db: Transaction, sellers: Sequence[PublicKey], since: int, limit: int
) -> list[Found]:
    """What any of `sellers` published or revised since then (Unix seconds), newest first.

    Of more than CANDIDATES_MAX the last that came stand for all.
    """
    if not sellers:
        return []
    # The mark is half of a key: somebody can make one that has it too.
    places = ", ".join("?" * len(sellers))
    came: list[tuple[int, int]] = []
    for name in chapters.tables(db):
        came += db.execute(
            f"SELECT listing.made_at, seq FROM {name} CROSS JOIN listing"  # noqa: S608  # our own words
            f" ON seq = {name}.rowid WHERE {name} MATCH ? AND seller IN ({places})"
            f" ORDER BY {name}.rowid DESC LIMIT ?",
            (marks.of(sellers), *sellers, CANDIDATES_MAX - len(came)),
        )
        if len(came) == CANDIDATES_MAX:
            break
    new = sorted((each for each in came if each[0] >= since), reverse=True)
    return at(db, [seq for _, seq in new[: min(limit, RESULTS_MAX)]])


def search(db: Transaction, words: str, wanted: Filter, limit: int) -> list[Found]:
    """At most `limit` (and RESULTS_MAX) listings; the best first, without words the newest."""
    found = sorted(candidates.find(db, words, wanted), key=lambda each: (each.place, -each.seq))
    return at(db, [each.seq for each in found[: min(limit, RESULTS_MAX)]])


def at(db: Transaction, seqs: Sequence[int]) -> list[Found]:
    """The listings of these records, in this order."""
    rows = db.execute(
        f"SELECT seq, bytes FROM record WHERE seq IN ({', '.join('?' * len(seqs))})",  # noqa: S608
        seqs,
    )
    found = {seq: _found(data) for seq, data in rows}
    return [found[seq] for seq in seqs]


def count(db: Transaction) -> int:
    (number,) = db.execute("SELECT count(*) FROM listing").fetchone()
    return int(number)


def _words(listing: Listing, seller: PublicKey) -> Words:
    marked = [marks.seller(seller), *map(marks.category, listing.categories)]
    if listing.region:
        marked.append(marks.region(listing.region))
    return Words(
        spaced(listing.title),
        spaced(" ".join((*listing.categories, listing.region))),
        spaced(listing.text),
        " ".join(marked),
    )


def _found(data: bytes) -> Found:
    record = stored(data)
    return Found(record=record, listing=listings.read(record))


def ids(db: Transaction) -> list[RecordId]:
    """Of all that is for sale, for those who compare two nodes."""
    rows = db.execute("SELECT id FROM listing JOIN record USING (seq) ORDER BY id")
    return [RecordId(each) for (each,) in rows]
