"""What parties say of each other after an order, and what the counts in it prove. A view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import review as reviews
from goodword.protocol.contract import OrderId
from goodword.protocol.entry import Role
from goodword.protocol.record import Record, RecordId
from goodword.protocol.review import Review
from goodword.protocol.scope import Part

from .database import Transaction
from .endorsements import VOUCHED_FOR
from .records import stored

RESULTS_MAX: Final = 200
"""Reviews in one answer."""

TWICE_MAX: Final = 20
"""Numbers that were given twice, in one answer: one would be enough to ask why."""

MISSING_MAX: Final = 100
"""Missing numbers that are named; a seller can make gaps as large as he likes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """`author` says `review` of `order`; the record `id` proves it."""

    author: PublicKey
    order: OrderId
    review: Review
    made_at: int
    id: RecordId


@dataclass(frozen=True, slots=True, kw_only=True)
class Twice:
    """One number of a seller's, for two orders: the two records prove it."""

    count: int
    one: RecordId
    other: RecordId


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """What all reviews of a seller that came here say of his counting."""

    orders: int
    """Distinct ones."""
    count_up_to: int
    """The largest number that he gave; 0 where none is known."""
    twice: list[Twice]
    """At most TWICE_MAX, the lowest numbers first."""
    missing: list[int]
    """Numbers below `count_up_to` that no review shows: at most MISSING_MAX, the lowest first."""
    missing_count: int
    """All of them."""


def index(db: Transaction, record: Record, seq: int) -> None:
    review = reviews.read(record)
    db.execute(
        "INSERT OR REPLACE INTO review (author, trade, about, role, count, rating, is_bare,"
        " made_at, id, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            record.author,
            record.slot,
            review.about,
            review.role.value,
            review.count,
            review.rating.value if review.rating else "",
            review.is_bare,
            record.made_at,
            record.id,
            seq,
        ),
    )


def unindex(db: Transaction, record: Record) -> None:
    db.execute("DELETE FROM review WHERE author = ? AND trade = ?", (record.author, record.slot))


# --- what they say -----------------------------------------------------------------------------


def get(db: Transaction, author: PublicKey, order: OrderId) -> Reviewed | None:
    found = _reviews(db, "review.author = ? AND trade = ?", (author, order), limit=1)
    return found[0] if found else None


def starting_with(
    db: Transaction, author: PublicKey, first: bytes, last: bytes, limit: int = 2
) -> list[OrderId]:
    """At most `limit` orders between `first` and `last` that `author` reviews."""
    rows = db.execute(
        "SELECT trade FROM review WHERE author = ? AND trade BETWEEN ? AND ? LIMIT ?",
        (author, first, last, limit),
    )
    return [OrderId(order) for (order,) in rows]


def by(db: Transaction, author: PublicKey, limit: int = RESULTS_MAX) -> list[Reviewed]:
    """All that `author` published, bare receipts too, newest first."""
    return _reviews(db, "review.author = ?", (author,), limit)


def about(db: Transaction, subject: PublicKey, limit: int = RESULTS_MAX) -> list[Reviewed]:
    """All about `subject`, bare receipts too, newest first."""
    return _reviews(db, "about = ?", (subject,), limit)


def by_authors(
    db: Transaction, authors: Sequence[PublicKey], since: int, limit: int
) -> list[Reviewed]:
    """What any of `authors` said since then (Unix seconds), newest first; no bare receipts."""
    places = ", ".join("?" * len(authors))
    # First which, and then what: else the words of all of them would be sorted.
    rows = db.execute(
        "SELECT bytes FROM (SELECT seq, made_at AS at FROM review"  # noqa: S608  # our own words
        f" WHERE author IN ({places}) AND NOT is_bare AND made_at >= ?"
        " ORDER BY at DESC, author, trade LIMIT ?)"
        " JOIN record USING (seq) ORDER BY at DESC, author, slot",
        (*authors, since, min(limit, RESULTS_MAX)),
    )
    return [_reviewed(stored(data)) for (data,) in rows]


def about_by_mine(
    db: Transaction, me: PublicKey, subject: PublicKey, now: int, limit: int
) -> list[Reviewed]:
    """Those that say something, by people whom I vouch for at `now`, and by me; newest first."""
    return _reviews(db, f"about = ? AND NOT is_bare AND {_MINE}", (subject, me, me, now), limit)


def about_by_others(
    db: Transaction, me: PublicKey, subject: PublicKey, now: int, limit: int
) -> list[Reviewed]:
    """Those that say something, by all other people; newest first."""
    condition = f"about = ? AND NOT is_bare AND NOT {_MINE}"
    return _reviews(db, condition, (subject, me, me, now), limit)


def count_between(db: Transaction, author: PublicKey, subject: PublicKey, part: Part | None) -> int:
    """Orders with `subject` that `author` published a review or a receipt of, in which `subject`
    had this part, where it is one that an order has."""
    roles = {Part.SELLER: Role.BUYER, Part.BUYER: Role.SELLER}
    role = roles.get(part) if part else None
    (number,) = db.execute(
        "SELECT count(*) FROM review WHERE author = ? AND about = ? AND (? IS NULL OR role = ?)",
        (author, subject, role, role),
    ).fetchone()
    return int(number) if part is None or role else 0


def count_by_others(db: Transaction, me: PublicKey, subject: PublicKey, now: int) -> int:
    (number,) = db.execute(
        f"SELECT count(*) FROM review WHERE about = ? AND NOT is_bare AND NOT {_MINE}",  # noqa: S608
        (subject, me, me, now),
    ).fetchone()
    return int(number)


_MINE: Final = (
    "(review.author = ? OR review.author IN"  # noqa: S608
    f" (SELECT key FROM person WHERE id IN (SELECT mine.subject {VOUCHED_FOR})))"
)


def _reviews(
    db: Transaction, condition: str, values: tuple[object, ...], limit: int
) -> list[Reviewed]:
    rows = db.execute(
        f"SELECT bytes FROM review JOIN record USING (seq) WHERE {condition}"  # noqa: S608
        " ORDER BY review.made_at DESC, review.author, trade LIMIT ?",
        (*values, min(limit, RESULTS_MAX)),
    )
    return [_reviewed(stored(data)) for (data,) in rows]


def _reviewed(record: Record) -> Reviewed:
    return Reviewed(
        author=record.author,
        order=OrderId(record.slot),
        review=reviews.read(record),
        made_at=record.made_at,
        id=record.id,
    )


# --- what the counts prove ---------------------------------------------------------------------


def receipts(db: Transaction, seller: PublicKey) -> Receipts:
    """What his buyers' reviews show together, bare ones too."""
    orders, highest, different = db.execute(
        f"SELECT count(DISTINCT trade), ifnull(max(count), 0), count(DISTINCT count) {_SOLD}",
        (seller,),
    ).fetchone()
    return Receipts(
        orders=orders,
        count_up_to=highest,
        twice=_twice(db, seller),
        missing=_missing(db, seller),
        missing_count=highest - different,
    )


def bought(db: Transaction, buyer: PublicKey) -> int:
    """Distinct orders in which sellers say that `buyer` bought."""
    (number,) = db.execute(
        "SELECT count(DISTINCT trade) FROM review WHERE about = ? AND role = ?",
        (buyer, Role.SELLER.value),
    ).fetchone()
    return int(number)


_SOLD: Final = f"FROM review WHERE about = ? AND role = '{Role.BUYER.value}'"


def _twice(db: Transaction, seller: PublicKey) -> list[Twice]:
    rows = db.execute(
        f"SELECT count, min(trade), max(trade) {_SOLD}"
        " GROUP BY count HAVING min(trade) <> max(trade) ORDER BY count LIMIT ?",
        (seller, TWICE_MAX),
    ).fetchall()
    return [
        Twice(
            count=count,
            one=_proof(db, seller, count, one),
            other=_proof(db, seller, count, other),
        )
        for count, one, other in rows
    ]


def _proof(db: Transaction, seller: PublicKey, count: int, order: bytes) -> RecordId:
    """Of several reviews of the order the one of the lowest author."""
    (found,) = db.execute(
        "SELECT id FROM review WHERE about = ? AND role = ?"
        " AND count = ? AND trade = ? ORDER BY author LIMIT 1",
        (seller, Role.BUYER.value, count, order),
    ).fetchone()
    return RecordId(found)


def _missing(db: Transaction, seller: PublicKey) -> list[int]:
    missing: list[int] = []
    expected = 1
    for (count,) in db.execute(f"SELECT DISTINCT count {_SOLD} ORDER BY count", (seller,)):
        room = MISSING_MAX - len(missing)
        if room == 0:
            break
        missing += range(expected, min(count, expected + room))
        expected = count + 1
    return missing
