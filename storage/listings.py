"""What is for sale now, and the index of its words. A view on the heap."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from goodword.crypto.keys import PublicKey
from goodword.protocol import listing as listings
from goodword.protocol.limits import REGION_CHARS_MAX
from goodword.protocol.listing import Listing
from goodword.protocol.money import Money
from goodword.protocol.record import Record, RecordId, Slot

from .database import Transaction
from .records import stored
from .words import query, spaced

RESULTS_MAX: Final = 200
"""Listings in one answer: more than a person reads, and about 100 KB of JSON."""

CANDIDATES_MAX: Final = 2_000
"""Listings that are compared with each other in one search: the last that came, of those that
fit. Every listing has the commonest words: to compare 100,000 takes longer than anyone waits."""

NEAR_MAX: Final = 64
"""Sellers of whom a search looks for listings beside those: each costs a look-up in the index."""

MERGES: Final = 3
"""How often a page of the index of words is written again, with 100,000 listings: once a level."""

TITLE_WEIGHT, CATEGORY_WEIGHT, TEXT_WEIGHT = 10.0, 5.0, 1.0
"""For bm25: a word in the title says more of what a thing is than one in its description."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A listing that stands, and the record that says so."""

    record: Record
    listing: Listing


class Candidate(NamedTuple):
    """A listing that fits a search: what it is compared with others by."""

    seq: int
    seller: PublicKey
    price_minor: int
    currency: str
    made_at: int
    place: float
    """The lower, the better it fits: bm25, which is below 0; without words, how old it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a searcher wants besides words."""

    category: str | None = None
    max_price: Money | None = None
    """Leaves only listings in the same currency."""
    seller: PublicKey | None = None
    region: str | None = None
    """The beginning of a region: `DE` finds `DE-BE`."""


def index(db: Transaction, record: Record, seq: int) -> None:
    """Show the listing that `record` makes."""
    listing = listings.read(record)
    db.execute(
        "INSERT INTO listing (seq, seller, price_minor, currency, quantity, region,"
        " categories, made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            seq,
            record.author,
            listing.price.minor,
            listing.price.code,
            listing.quantity,
            listing.region,
            f" {' '.join(listing.categories)} ",
            record.made_at,
        ),
    )
    db.execute(
        "INSERT INTO listing_words (rowid, title, categories, text) VALUES (?, ?, ?, ?)",
        (seq, *_words(listing, record.author)),
    )


def unindex(db: Transaction, record: Record, seq: int) -> None:
    """Take away the listing that `record` made."""
    db.execute("DELETE FROM listing WHERE seq = ?", (seq,))
    # A contentless index forgets a row only when told what was in it.
    db.execute(
        "INSERT INTO listing_words (listing_words, rowid, title, categories, text)"
        " VALUES ('delete', ?, ?, ?, ?)",
        (seq, *_words(listings.read(record), record.author)),
    )


def merge(db: Transaction, changed: int) -> None:
    """Merge segments of the index of words, as many pages as `changed` listings make due."""
    # Each transaction leaves a segment: about one page, and one for every eight listings. On its
    # way through the levels of the index each page is written again MERGES times.
    pages = MERGES * (1 + changed // 8)
    db.execute("INSERT INTO listing_words (listing_words, rank) VALUES ('merge', ?)", (pages,))


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
    marks = " OR ".join(f'"{_mark(each)}"' for each in sellers)
    # The mark is half of a key: somebody can make one that has it too.
    places = ", ".join("?" * len(sellers))
    rows = db.execute(
        "SELECT bytes FROM (SELECT seq, at FROM ("  # noqa: S608  # our own words
        " SELECT listing.seq AS seq, made_at AS at"
        " FROM listing_words CROSS JOIN listing ON listing.seq = listing_words.rowid"
        f" WHERE listing_words MATCH ? AND seller IN ({places})"
        f" ORDER BY listing_words.rowid DESC LIMIT {CANDIDATES_MAX})"
        " WHERE at >= ? ORDER BY at DESC, seq DESC LIMIT ?)"
        " JOIN record USING (seq) ORDER BY at DESC, seq DESC",
        (marks, *sellers, since, min(limit, RESULTS_MAX)),
    )
    return [_found(data) for (data,) in rows]


def search(db: Transaction, words: str, wanted: Filter, limit: int) -> list[Found]:
    """At most `limit` (and RESULTS_MAX) listings; the best first, without words the newest."""
    found = sorted(candidates(db, words, wanted), key=lambda each: (each.place, -each.seq))
    return at(db, [each.seq for each in found[: min(limit, RESULTS_MAX)]])


def candidates(
    db: Transaction, words: str, wanted: Filter, near: Sequence[PublicKey] = ()
) -> list[Candidate]:
    """What fits, at most CANDIDATES_MAX, the last that came; beside them as many of the sellers
    `near` (at most NEAR_MAX), so that no flood of strangers' listings hides those of friends.
    """
    found = _candidates(db, words, wanted, ())
    if near and len(found) == CANDIDATES_MAX:
        found += _candidates(db, words, wanted, near[:NEAR_MAX])
    return list({each.seq: each for each in found}.values())


def _candidates(
    db: Transaction, words: str, wanted: Filter, among: Sequence[PublicKey]
) -> list[Candidate]:
    typed = query(words)
    if words.strip() and not typed:
        return []  # only punctuation: nothing can be found by it
    conditions, values = _conditions(wanted)
    source = "listing"
    terms = [typed] * bool(typed)
    if sellers := [wanted.seller] if wanted.seller else among:
        terms.append(f"({' OR '.join(_quoted(each) for each in sellers)})")
    if terms:
        # Not a plain JOIN: SQLite must go through the words, and look up the listings.
        source = "listing_words CROSS JOIN listing ON listing.seq = listing_words.rowid"
        conditions.insert(0, "listing_words MATCH ?")
        values.insert(0, " AND ".join(terms))
    rows = db.execute(
        "SELECT listing.seq, seller, price_minor, currency, made_at,"  # noqa: S608  # our own words
        f" {_BY_WORDS if typed else '-made_at'} FROM {source}"
        f" WHERE {' AND '.join(conditions) or 'TRUE'}"
        f" ORDER BY {'listing_words.rowid' if terms else 'seq'} DESC LIMIT {CANDIDATES_MAX}",
        values,
    )
    return [Candidate(*row) for row in rows]


def _quoted(seller: PublicKey) -> str:
    return f'"{_mark(seller)}"'


def at(db: Transaction, seqs: Sequence[int]) -> list[Found]:
    """The listings of these records, in this order."""
    rows = db.execute(
        f"SELECT seq, bytes FROM record WHERE seq IN ({', '.join('?' * len(seqs))})",  # noqa: S608
        seqs,
    )
    found = {seq: _found(data) for seq, data in rows}
    return [found[seq] for seq in seqs]


_BY_WORDS: Final = f"bm25(listing_words, {TITLE_WEIGHT}, {CATEGORY_WEIGHT}, {TEXT_WEIGHT})"


def count(db: Transaction) -> int:
    (number,) = db.execute("SELECT count(*) FROM listing").fetchone()
    return int(number)


def _conditions(wanted: Filter) -> tuple[list[str], list[object]]:
    conditions: list[str] = []
    values: list[object] = []
    if wanted.category is not None:
        conditions.append("instr(listing.categories, ?)")
        slug = "-".join(wanted.category.split()) or "-"  # a space would match two categories
        values.append(f" {slug} ")
    if wanted.max_price is not None:
        conditions.append("currency = ? AND price_minor <= ?")
        values += [wanted.max_price.code, wanted.max_price.minor]
    if wanted.seller is not None:
        conditions.append("seller = ?")
        values.append(wanted.seller)
    if wanted.region is not None:
        # No region is longer; and from 50,000 bytes on SQLite fails, as if the disk had.
        beginning = wanted.region[: REGION_CHARS_MAX + 1]
        conditions.append(r"region LIKE ? ESCAPE '\'")
        values.append(re.sub(r"([%_\\])", r"\\\1", beginning) + "%")
    return conditions, values


def _words(listing: Listing, seller: PublicKey) -> tuple[str, str, str]:
    return (
        spaced(listing.title),
        spaced(" ".join((*listing.categories, listing.region, _mark(seller)))),
        spaced(listing.text),
    )


def _mark(seller: PublicKey) -> str:
    """A word that is in every listing of `seller`, and that nobody can type.

    An index of sellers would cost a tenth of the time to admit a record: each goes to another
    page of it. Its first character is private (U+E000): a word to the index, none to `query`.
    """
    return f"\ue000{seller[:8].hex()}"


def _found(data: bytes) -> Found:
    record = stored(data)
    return Found(record=record, listing=listings.read(record))


def ids(db: Transaction) -> list[RecordId]:
    """Of all that is for sale, for those who compare two nodes."""
    rows = db.execute("SELECT id FROM listing JOIN record USING (seq) ORDER BY id")
    return [RecordId(each) for (each,) in rows]
