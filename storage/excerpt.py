"""An excerpt: which public records are of some people, or of some listings; and their bytes."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from goodword.crypto.keys import PUBLIC_KEY_BYTES, PublicKey
from goodword.protocol.interest import Interest
from goodword.protocol.kinds import PUBLIC_KINDS
from goodword.protocol.record import Slot

from .database import Transaction

ROWS: Final = 256
"""Records read at once: of usual size 128 KB, of the largest 8 MB."""

PEOPLE_AT_ONCE: Final = 2_000
"""Keys in one query: of 32,766 parameters that SQLite takes."""

_PUBLIC: Final = ", ".join(f"'{name}'" for name in PUBLIC_KINDS)


def everybody(db: Transaction) -> list[int]:
    """What stands of all, and every proof of two things said at once: their seqs."""
    return _seqs(
        db, "SELECT seq FROM standing UNION SELECT one FROM fork UNION SELECT other FROM fork", ()
    )


def of_people(db: Transaction, people: Iterable[PublicKey]) -> list[int]:
    """The same of `people` alone."""
    return _of(db, people, "TRUE")


def besides_listings(db: Transaction, people: Iterable[PublicKey]) -> list[int]:
    """The same, without what they sell."""
    return _of(db, people, "kind <> 'listing'")


def for_sale(db: Transaction, interest: Interest) -> list[int]:
    """Every listing with one of its categories or regions."""
    condition, values = fitting(interest)
    return _seqs(db, f"SELECT seq FROM listing WHERE {condition}", values)  # noqa: S608


def fitting(interest: Interest) -> tuple[str, list[str]]:
    """The condition on `listing`, and what goes with it. As `Interest.fits`: LIKE, too, takes the
    capitals A to Z for small letters, and no other."""
    conditions = ["instr(listing.categories, ?)"] * len(interest.categories)
    conditions += [r"listing.region LIKE ? ESCAPE '\'"] * len(interest.regions)
    values = [f" {each} " for each in interest.categories]
    values += [re.sub(r"([%_\\])", r"\\\1", each) + "%" for each in interest.regions]
    return f"({' OR '.join(conditions) or 'FALSE'})", values


def sellers(db: Transaction, seqs: Iterable[int]) -> list[PublicKey]:
    """Whose listings are among these records."""
    rows = db.execute(
        "SELECT DISTINCT seller FROM listing WHERE seq IN (SELECT value FROM json_each(?))",
        (json.dumps(list(seqs)),),
    )
    return [PublicKey(seller) for (seller,) in rows]


def about(db: Transaction, people: Iterable[PublicKey]) -> list[int]:
    """The reviews of `people`, the endorsements of them, and those that were taken back."""
    found: list[int] = []
    for some, among in _among(people):
        found += _seqs(
            db,
            f"SELECT seq FROM review WHERE about {among}"  # noqa: S608  # our own words
            " UNION SELECT seq FROM endorsement WHERE subject IN"
            f" (SELECT id FROM person WHERE key {among})"
            " UNION SELECT seq FROM standing WHERE kind = 'endorsement' AND is_withdrawn"
            f" AND substr(slot, 1, {PUBLIC_KEY_BYTES}) {among}",
            some,
        )
    return found


def goods_of(db: Transaction, seller: PublicKey) -> dict[Slot, tuple[tuple[str, ...], str]]:
    """The categories and the region of each of her listings. Looks at all: 10 ms for 100,000."""
    rows = db.execute(
        "SELECT slot, categories, region FROM listing JOIN standing USING (seq) WHERE seller = ?",
        (seller,),
    )
    return {Slot(slot): (tuple(categories.split()), region) for slot, categories, region in rows}


def handed_on(db: Transaction, seqs: Iterable[int], now: int) -> Iterator[bytes]:
    """The wire form of these records: endorsements first, then the rest, as they came.

    Left out is what is over at `now`, and whatever is not for everybody.
    """
    chosen = array("q", sorted(set(seqs)))
    for is_endorsement in (True, False):
        for start in range(0, len(chosen), ROWS):
            few = chosen[start : start + ROWS].tolist()
            rows = db.execute(
                f"SELECT bytes FROM record WHERE seq IN ({', '.join('?' * len(few))})"  # noqa: S608
                f" AND kind IN ({_PUBLIC}) AND (kind = 'endorsement') = ? AND NOT EXISTS (SELECT 1"
                " FROM endorsement WHERE endorsement.seq = record.seq AND expires_at <= ?)"
                " ORDER BY seq",
                (*few, is_endorsement, now),
            )
            for (data,) in rows:
                yield bytes(data)


def _of(db: Transaction, people: Iterable[PublicKey], condition: str) -> list[int]:
    found: list[int] = []
    for some, among in _among(people):
        found += _seqs(
            db,
            f"SELECT seq FROM standing WHERE author {among} AND {condition}"  # noqa: S608
            f" UNION SELECT one FROM fork WHERE author {among} AND {condition}"
            f" UNION SELECT other FROM fork WHERE author {among} AND {condition}",
            some,
        )
    return found


def _among(people: Iterable[PublicKey]) -> Iterator[tuple[Sequence[PublicKey], str]]:
    """Some of them after the other, and the condition that a key is one of these."""
    keys = list(people)
    for start in range(0, len(keys), PEOPLE_AT_ONCE):
        some = keys[start : start + PEOPLE_AT_ONCE]
        marks = ", ".join(f"?{number}" for number in range(1, len(some) + 1))
        yield some, f"IN ({marks})"


def _seqs(db: Transaction, query: str, values: Sequence[object]) -> list[int]:
    return [int(seq) for (seq,) in db.execute(query, values)]
