"""An excerpt: which public records are of some people, or of some listings; and their bytes."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol.kinds import PUBLIC_KINDS

from . import listings
from .database import Transaction
from .listings import Filter

ROWS: Final = 256
"""Records read at once: of usual size 128 KB, of the largest 8 MB."""

_PUBLIC: Final = ", ".join(f"'{name}'" for name in PUBLIC_KINDS)

_AMONG: Final = "IN (SELECT value FROM json_each(:people))"
"""For a hex() of a key: as a list of parameters, a thousand people would be too many."""


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


def for_sale(db: Transaction, wanted: Filter) -> list[int]:
    """Every listing that fits."""
    return listings.all_seqs(db, wanted)


def sellers(db: Transaction, seqs: Iterable[int]) -> list[PublicKey]:
    """Whose listings are among these records."""
    rows = db.execute(
        "SELECT DISTINCT seller FROM listing WHERE seq IN (SELECT value FROM json_each(?))",
        (json.dumps(list(seqs)),),
    )
    return [PublicKey(seller) for (seller,) in rows]


def about(db: Transaction, people: Iterable[PublicKey], now: int) -> list[int]:
    """The reviews of `people`, and the endorsements in force at `now` (Unix seconds)."""
    return _seqs(
        db,
        f"SELECT seq FROM review WHERE hex(about) {_AMONG}"  # noqa: S608  # our own words
        " UNION SELECT seq FROM endorsement WHERE expires_at > :now"
        f" AND subject IN (SELECT id FROM person WHERE hex(key) {_AMONG})",
        {"people": _named(people), "now": now},
    )


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
    return _seqs(
        db,
        f"SELECT seq FROM standing WHERE hex(author) {_AMONG} AND {condition}"  # noqa: S608
        f" UNION SELECT one FROM fork WHERE hex(author) {_AMONG} AND {condition}"
        f" UNION SELECT other FROM fork WHERE hex(author) {_AMONG} AND {condition}",
        {"people": _named(people)},
    )


def _named(people: Iterable[PublicKey]) -> str:
    return json.dumps([each.hex().upper() for each in people])


def _seqs(db: Transaction, query: str, values: Sequence[object] | dict[str, object]) -> list[int]:
    return [int(seq) for (seq,) in db.execute(query, values)]
