"""Candidates: the listings that fit a search, of which the best are shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from goodword.crypto.keys import PublicKey
from goodword.protocol.limits import REGION_CHARS_MAX
from goodword.protocol.money import Money

from . import chapters, marks
from .chapters import SEQ_MAX
from .database import Transaction
from .nearby import IS_THEIRS, Nearby
from .words import is_beginning, terms

CANDIDATES_MAX: Final = 2_000
"""Listings that are compared with each other in one search: the last that came, of those that
fit. Every listing has the commonest words: to compare 100,000 takes longer than anyone waits."""

NEW_CHAPTERS: Final = 4
"""The newest, in which a search goes on until it has CANDIDATES_MAX: 131,072 arrivals. For words
that are seldom together it would else ask every chapter that there is."""

ENOUGH: Final = 1_000
"""Candidates with which it goes no further back than these: more than one answer can hold, and
twice what one stranger may have here."""

NEAR_MAX: Final = 64
"""Sellers of whom a search looks for listings beside those."""

NEAR_LISTINGS_MAX: Final = 40
"""Listings of theirs that are compared as well: two screens. For more one goes further back."""

TITLE_WEIGHT, CATEGORY_WEIGHT, TEXT_WEIGHT, MARK_WEIGHT = 10.0, 5.0, 1.0, 0.0
"""For bm25: a word in the title says more of what a thing is than one in its description; and
whose it is says nothing of that."""


class Candidate(NamedTuple):
    """A listing that fits a search: what it is compared with others by."""

    seq: int
    seller: PublicKey
    price_minor: int
    currency: str
    made_at: int
    place: float
    """The lower, the better it fits, from -1 to 0; without words, how old it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a searcher wants besides words."""

    category: str | None = None
    max_price: Money | None = None
    """Leaves only listings in the same currency."""
    seller: PublicKey | None = None
    region: str | None = None
    """The beginning of a region: `DE` finds `DE-BE`."""


def find(
    db: Transaction,
    words: str,
    wanted: Filter,
    near: Sequence[PublicKey] = (),
    nearby: Nearby | None = None,
) -> list[Candidate]:
    """What fits, the last that came: at most CANDIDATES_MAX, and older than the NEW_CHAPTERS only
    until there are ENOUGH. Of what came before these at most NEAR_LISTINGS_MAX of the sellers
    `near` (at most NEAR_MAX), so that no flood of strangers' listings hides those of friends.
    `nearby` remembers these from one search to the next.
    """
    typed = terms(words)
    if words.strip() and not typed:
        return []  # only punctuation: nothing can be found by it
    search = _Search(db, typed, wanted)
    found, before = search.last()
    if near and before:
        theirs = (nearby or Nearby()).chapters(db, near[:NEAR_MAX])
        found += search.theirs(theirs, before)
    return found


def conditions(wanted: Filter) -> tuple[list[str], list[object]]:
    """What `wanted` means in SQL, of the table `listing`."""
    found: list[str] = []
    values: list[object] = []
    if wanted.category is not None:
        found.append("instr(listing.categories, ?)")
        values.append(f" {_slug(wanted.category)} ")
    if wanted.max_price is not None:
        found.append("currency = ? AND price_minor <= ?")
        values += [wanted.max_price.code, wanted.max_price.minor]
    if wanted.seller is not None:
        found.append("seller = ?")
        values.append(wanted.seller)
    if wanted.region is not None:
        found.append(r"region LIKE ? ESCAPE '\'")
        values.append(re.sub(r"([%_\\])", r"\\\1", _beginning(wanted.region)) + "%")
    return found, values


class _Search:
    def __init__(self, db: Transaction, typed: Sequence[str], wanted: Filter) -> None:
        """`typed`: terms of an FTS5 query, or none."""
        self._db = db
        self._place = _BY_WORDS if typed else "-made_at"
        self._conditions, self._values = conditions(wanted)
        self._terms = [*typed, *_marked(wanted)]
        whole = [each for each in self._terms if not is_beginning(each)]
        self._whole = " AND ".join(whole) if 0 < len(whole) < len(self._terms) else None
        self._telling = _telling(typed, self._terms)

    def last(self) -> tuple[list[Candidate], int]:
        """The last that came, and before which arrival there may be more; 0 where there is none."""
        found: list[Candidate] = []
        for place, number in enumerate(chapters.numbers(self._db)):
            is_old = place >= NEW_CHAPTERS
            if is_old and len(found) >= ENOUGH:
                return found, chapters.arrivals(number).stop
            left = CANDIDATES_MAX - len(found)
            found += self._of(number, SEQ_MAX, left, self._telling if is_old else None)
            if len(found) == CANDIDATES_MAX:
                return found, found[-1].seq
        return found, 0

    def theirs(self, theirs: Mapping[int, bytes], before: int) -> list[Candidate]:
        """Of those that came before that arrival the last that are `theirs`."""
        found: list[Candidate] = []
        for number in chapters.numbers(self._db, before):
            if number in theirs:
                left = NEAR_LISTINGS_MAX - len(found)
                found += self._of(number, before, left, self._telling, theirs[number])
            if len(found) == NEAR_LISTINGS_MAX:
                break
        return found

    def _of(
        self,
        number: int,
        before: int,
        limit: int,
        telling: str | None,
        theirs: bytes | None = None,
    ) -> list[Candidate]:
        """The last that came, of one chapter. `telling`: the word by which to say how well each
        fits, where it is not all of them."""
        table, arrivals = chapters.table(number), chapters.arrivals(number)
        seq = f"{table}.rowid" if self._terms else "listing.seq"
        within = f"{seq} >= ? AND {seq} < ?"
        values: list[object] = [arrivals.start, min(arrivals.stop, before)]
        if theirs is not None:  # before the listing is looked up
            within += f" AND {IS_THEIRS.format(seq=seq)}"
            values.append(theirs)
        source = "listing"
        if self._terms:
            # Not a plain JOIN: SQLite must go through the words, and look up the listings.
            source = f"{table} CROSS JOIN listing ON seq = {table}.rowid"
            within = f"{table} MATCH ? AND {within}"
            values.insert(0, " AND ".join(self._terms))
        if self._whole is not None:
            # Whether anything has these is soon known; of beginnings FTS5 makes lists first.
            select = f"SELECT 1 FROM {table} WHERE {within} LIMIT 1"  # noqa: S608
            if not self._db.execute(select, (self._whole, *values[1:])).fetchone():
                return []
        if telling is not None:
            # The plus: SQLite would ask FTS5 for each of these rows by itself.
            select = f"SELECT rowid FROM {table} WHERE {within}"  # noqa: S608
            within = f"{table} MATCH ? AND +{table}.rowid IN ({select})"
            values.insert(0, telling)
        select = (
            "SELECT seq, seller, price_minor, currency, made_at,"  # noqa: S608
            f" {self._place.format(words=table)} FROM {source}"
            f" WHERE {' AND '.join([within, *self._conditions])}"
            f" ORDER BY {seq} DESC LIMIT {limit}"
        )
        rows = self._db.execute(select, (*values, *self._values))
        return list(map(Candidate._make, rows))


def _telling(typed: Sequence[str], all_: Sequence[str]) -> str | None:
    """What alone says how well an older listing fits: whole words, or else the longest beginning.
    None where nothing is spared.

    Of a beginning FTS5 makes one list of all words that have it, before anything else; and bm25
    counts all that have a term, for which it makes that list again.
    """
    whole = [each for each in all_ if not is_beginning(each)]
    if typed and not any(each in typed for each in whole):
        whole.append(max(typed, key=len))
    is_spared = bool(typed) and len(whole) < len(all_)
    return " AND ".join(whole) if is_spared else None


_BY_WORDS: Final = (
    f"-bm25({{words}}, {TITLE_WEIGHT}, {CATEGORY_WEIGHT}, {TEXT_WEIGHT}, {MARK_WEIGHT})"
    f" / bm25({{words}}, 1e12, 1e12, 1e12, {MARK_WEIGHT})"
)
"""bm25 as a share of what a listing would have that says nothing else. So listings of two chapters
can be compared, in each of which a word is worth something else."""


def _marked(wanted: Filter) -> list[str]:
    """Terms that hold for all that fits, and for hardly anything else."""
    marked: list[str] = []
    if wanted.seller is not None:
        marked.append(marks.of([wanted.seller]))
    if wanted.category is not None:
        marked.append(f'marks : "{marks.category(_slug(wanted.category))}"')
    if wanted.region:
        marked.append(f'marks : "{marks.region(_beginning(wanted.region))}" *')
    return marked


def _slug(category: str) -> str:
    return "-".join(category.split()) or "-"  # a space would match two categories


def _beginning(region: str) -> str:
    # No region is longer; and from 50,000 bytes on SQLite fails, as if the disk had.
    return region[: REGION_CHARS_MAX + 1]
