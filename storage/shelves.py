"""Shelves: what of the records here an interest holds, kept up with each that comes or leaves.

Rule 1: a shelf is what `build` would make of the database now; SPEC 5.9 says what that is.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from goodword.crypto.keys import PUBLIC_KEY_BYTES, PublicKey
from goodword.protocol import bounds, listing
from goodword.protocol.accumulator import Accumulator
from goodword.protocol.bounds import Place
from goodword.protocol.interest import Interest
from goodword.protocol.kinds import PUBLIC_KINDS
from goodword.protocol.record import RecordId

from . import excerpt
from .database import Transaction
from .holdings import Holding

ROWS: Final = 256
"""Looked up in one query."""

_PUBLIC: Final = ", ".join(f"'{name}'" for name in PUBLIC_KINDS)


class Row(NamedTuple):
    """What decides on which shelves a record is that we hand to others."""

    place: Place
    kind: str
    author: PublicKey
    about: PublicKey | None
    """Of a review or endorsement that stands."""
    categories: str | None
    """As the table has them; None of what is not for sale."""
    region: str | None


class Shelf:
    """Not for two threads at once."""

    def __init__(
        self, interest: Interest, places: Iterable[Place], offers: Mapping[RecordId, PublicKey]
    ) -> None:
        """`places`: ascending. `offers`: the listings that fit, with their sellers; but none of the
        interest's people, of whom everything is held in any case."""
        self.interest = interest
        self.places = Accumulator(places)
        self._people = frozenset(interest.people)
        self._offers = dict(offers)
        self._sellers = Counter(self._offers.values())

    def change(self, db: Transaction, offered: Mapping[Place, bool], came: Iterable[Row]) -> None:
        """Which records are handed to others from now on (true), and which no more; of the former
        `came` tells more. `db` is as they left it. To be told twice does no harm."""
        were = self._change_offers(offered, came)
        for place, is_offered in offered.items():
            if not is_offered:
                self._put(place, is_held=False)
        for row in came:
            self._put(row.place, is_held=self._holds(row))
        moved = [each for each, was in were.items() if was is not self._sells(each)]
        for row in around(db, moved) if moved else ():
            self._put(row.place, is_held=self._holds(row))

    def _change_offers(
        self, offered: Mapping[Place, bool], came: Iterable[Row]
    ) -> dict[PublicKey, bool]:
        """Of whom something is for sale here from now on, or no more: whether they were sellers."""
        were: dict[PublicKey, bool] = {}
        for place, is_offered in offered.items():
            if not is_offered:
                self._take_away(bounds.id_of(place), were)
        for row in came:
            if row.kind != listing.KIND or row.author in self._people:
                continue
            offer = bounds.id_of(row.place)
            if not self._fits(row):
                self._take_away(offer, were)
            elif offer not in self._offers:
                were.setdefault(row.author, self._sells(row.author))
                self._offers[offer] = row.author
                self._sellers[row.author] += 1
        return were

    def _take_away(self, offer: RecordId, were: dict[PublicKey, bool]) -> None:
        if (seller := self._offers.pop(offer, None)) is None:
            return
        were.setdefault(seller, True)
        self._sellers[seller] -= 1
        if not self._sellers[seller]:
            del self._sellers[seller]

    def _put(self, place: Place, *, is_held: bool) -> None:
        if is_held:
            self.places.insert(place)
        else:
            self.places.erase(place)

    def _holds(self, row: Row) -> bool:
        if row.author in self._people:
            return True
        if row.kind == listing.KIND:
            return bounds.id_of(row.place) in self._offers
        return self._sells(row.author) or (
            row.about is not None and (row.about in self._people or self._sells(row.about))
        )

    def _fits(self, row: Row) -> bool:
        if row.categories is None or row.region is None:
            return False
        return self.interest.fits(row.categories.split(), row.region)

    def _sells(self, person: PublicKey) -> bool:
        return person in self._sellers


def build(db: Transaction, interest: Interest) -> Shelf:
    """0.1 s with 200,000 records: by the indexes, and once through all listings."""
    near = set(interest.people)
    offers = {id_: seller for id_, seller in _offers(db, interest) if seller not in near}
    rows = db.execute(
        "SELECT made_at, id FROM record WHERE seq IN (SELECT value FROM json_each(?))"  # noqa: S608
        f" AND kind IN ({_PUBLIC})",
        (json.dumps(sorted(seqs(db, interest))),),
    )
    places = sorted(bounds.place(made_at, RecordId(id_)) for made_at, id_ in rows)
    return Shelf(interest, places, offers)


def seqs(db: Transaction, interest: Interest) -> set[int]:
    """The records that a scope holds, by their seqs."""
    offered = excerpt.for_sale(db, interest)
    sellers = set(excerpt.sellers(db, offered))
    found = {*offered, *excerpt.besides_listings(db, sellers)}
    found.update(excerpt.of_people(db, interest.people))
    found.update(excerpt.about(db, {*interest.people, *sellers}))
    return found


def holding(db: Transaction, some: Iterable[int]) -> Holding:
    """How many records these are that we hand to others, and how many bytes."""
    row = db.execute(
        "SELECT count(*), coalesce(sum(length(bytes)), 0) FROM record"  # noqa: S608
        f" WHERE seq IN (SELECT value FROM json_each(?)) AND kind IN ({_PUBLIC})",
        (json.dumps(sorted(some)),),
    ).fetchone()
    return Holding(*row)


def rows(db: Transaction, places: Iterable[Place]) -> list[Row]:
    """Of these records, which are here."""
    ids = [bounds.id_of(each) for each in places]
    found: list[Row] = []
    for start in range(0, len(ids), ROWS):
        some = ids[start : start + ROWS]
        marks = [f"?{number}" for number in range(1, len(some) + 1)]
        prefixes = ", ".join(f"substr({each}, 1, 8)" for each in marks)
        # As the index is made, or SQLite would not use it.
        condition = f"substr(record.id, 1, 8) IN ({prefixes}) AND record.id IN ({', '.join(marks)})"
        found += _rows(db, condition, some)
    return found


def around(db: Transaction, people: Sequence[PublicKey]) -> Iterator[Row]:
    """What comes and goes with a listing of theirs: what else is here of them, and what is said
    about them."""
    found = {*excerpt.besides_listings(db, people), *excerpt.about(db, people)}
    yield from _rows(
        db, "record.seq IN (SELECT value FROM json_each(?1))", [json.dumps(sorted(found))]
    )


def _rows(db: Transaction, condition: str, values: Sequence[object]) -> list[Row]:
    found = db.execute(
        "SELECT record.made_at, record.id, record.kind, record.author,"  # noqa: S608
        f" CASE standing.kind WHEN 'endorsement' THEN substr(standing.slot, 1, {PUBLIC_KEY_BYTES})"
        " WHEN 'review' THEN (SELECT about FROM review WHERE review.seq = record.seq) END,"
        " listing.categories, listing.region FROM record"
        " LEFT JOIN standing ON standing.seq = record.seq"
        " LEFT JOIN listing ON listing.seq = record.seq"
        f" WHERE {condition} AND record.kind IN ({_PUBLIC})",
        values,
    )
    return [
        Row(
            place=bounds.place(made_at, RecordId(record_id)),
            kind=kind,
            author=PublicKey(author),
            about=PublicKey(about) if about else None,
            categories=categories,
            region=region,
        )
        for made_at, record_id, kind, author, about, categories, region in found
    ]


def _offers(db: Transaction, interest: Interest) -> Iterator[tuple[RecordId, PublicKey]]:
    """The listings that fit, with their sellers."""
    condition, values = excerpt.fitting(interest)
    found = db.execute(
        f"SELECT id, seller FROM listing JOIN record USING (seq) WHERE {condition}",  # noqa: S608
        values,
    )
    for record_id, seller in found:
        yield RecordId(record_id), PublicKey(seller)
