"""What each person holds of each, as endorsements and reviews make it. A view on the two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import Final, NamedTuple, TypeVar

from goodword.crypto.hashing import DIGEST_BYTES
from goodword.crypto.keys import PublicKey
from goodword.protocol import endorsement, opinion, review
from goodword.protocol.entry import Role
from goodword.protocol.opinion import Opinion, Reviewed, Said
from goodword.protocol.record import Record, RecordId
from goodword.protocol.scope import Part, Scope

from . import numbers
from .database import Transaction
from .endorsements import key
from .numbers import id_of as id_of
from .numbers import key_of as key_of

T = TypeVar("T")

ASKED_AT_ONCE: Final = 1_000
"""People in one query: SQLite takes no more than 32,766 values."""


class Row(NamedTuple):
    """An opinion with numbers for people, and empty text where its scope is open."""

    rater: int
    subject: int
    role: str
    category: str
    strength: float
    forward: float
    made_at: int
    expires_at: int


# --- what is asked -----------------------------------------------------------------------------


def by(db: Transaction, rater: PublicKey, now: int) -> list[Opinion]:
    """All in force at `now` (Unix seconds) that `rater` holds, by subject and scope."""
    return _opinions(db, f"rater = {numbers.OF} AND expires_at > ?", (rater, now))


def about(db: Transaction, subject: PublicKey, now: int) -> list[Opinion]:
    """All in force at `now` of `subject`, by rater and scope."""
    return _opinions(db, f"subject = {numbers.OF} AND expires_at > ?", (subject, now))


def about_by(db: Transaction, subject: PublicKey, raters: Set[int], now: int) -> list[Opinion]:
    """As `about`, of these raters alone: anybody can be spoken of by a million keys, of which only
    the numbers are read here."""
    query = f"SELECT DISTINCT rater FROM opinion WHERE subject = {numbers.OF} ORDER BY rater"  # noqa: S608
    wanted = [each for (each,) in db.execute(query, (subject,)) if each in raters]
    found: list[Opinion] = []
    for some in _batches(wanted):
        condition = f"rater IN ({_marks(some)}) AND subject = {numbers.OF} AND expires_at > ?"
        found += _opinions(db, condition, (*some, subject, now))
    return found


def of_pair(db: Transaction, rater: PublicKey, subject: PublicKey, now: int) -> list[Opinion]:
    """All in force at `now` that `rater` holds of `subject`, by scope."""
    condition = f"rater = {numbers.OF} AND subject = {numbers.OF} AND expires_at > ?"
    return _opinions(db, condition, (rater, subject, now))


def everything(db: Transaction) -> Iterator[Row]:
    """All rows, those that are over too; of one pair by the ids of the records that prove them."""
    return map(
        Row._make,
        db.execute(
            "SELECT rater, subject, role, category, strength, forward, made_at, expires_at"
            " FROM opinion ORDER BY rater, subject, sources"
        ),
    )


def rows_of(db: Transaction, rater: int, subject: int) -> list[Row]:
    """As in `everything`, of one pair."""
    rows = db.execute(
        "SELECT rater, subject, role, category, strength, forward, made_at, expires_at"
        " FROM opinion WHERE rater = ? AND subject = ? ORDER BY sources",
        (rater, subject),
    )
    return [Row._make(row) for row in rows]


def ids_of(db: Transaction, keys: Sequence[PublicKey]) -> dict[PublicKey, int]:
    """The numbers of those who have one, in the order of `keys`."""
    found: dict[PublicKey, int] = {}
    for some in _batches(keys):
        rows = db.execute(f"SELECT key, id FROM person WHERE key IN ({_marks(some)})", some)  # noqa: S608
        found |= {PublicKey(key): int(number) for key, number in rows}
    return {each: found[each] for each in keys if each in found}


def has_many(db: Transaction, number: int) -> bool:
    """Whether there are at least `number` opinions."""
    query = "SELECT count(*) FROM (SELECT 1 FROM opinion LIMIT ?)"
    return bool(db.execute(query, (number,)).fetchone()[0] == number)


def people(db: Transaction) -> int:
    """The highest number of a person; 0 where nobody has one."""
    return int(db.execute("SELECT ifnull(max(id), 0) FROM person").fetchone()[0])


def _opinions(db: Transaction, condition: str, values: tuple[object, ...]) -> list[Opinion]:
    rows = db.execute(
        "SELECT one.key, other.key, role, category, strength, forward, made_at, expires_at, sources"  # noqa: S608
        " FROM opinion JOIN person one ON one.id = rater JOIN person other ON other.id = subject"
        f" WHERE {condition} ORDER BY rater, subject, role, category, sources",
        values,
    )
    return [
        Opinion(
            rater=PublicKey(rater),
            subject=PublicKey(subject),
            role=Part(role) if role else None,
            category=category or None,
            strength=strength,
            forward=forward,
            made_at=made_at,
            expires_at=expires_at,
            sources=_split(sources),
        )
        for rater, subject, role, category, strength, forward, made_at, expires_at, sources in rows
    ]


def _batches(asked: Sequence[T]) -> Iterator[Sequence[T]]:
    return (asked[at : at + ASKED_AT_ONCE] for at in range(0, len(asked), ASKED_AT_ONCE))


def _marks(asked: Sequence[object]) -> str:
    return ", ".join("?" * len(asked))


def _split(sources: bytes) -> tuple[RecordId, ...]:
    starts = range(0, len(sources), DIGEST_BYTES)
    return tuple(RecordId(sources[at : at + DIGEST_BYTES]) for at in starts)


# --- what changes it ---------------------------------------------------------------------------


def endorsed(db: Transaction, record: Record) -> None:
    """The endorsement `record` has just come or gone: its scope is made anew."""
    said = endorsement.read(record)
    _make(db, record.author, said.about, said.scope)


def reviewed(db: Transaction, record: Record) -> None:
    """The review `record` has just come or gone: it scales what its author says of the other in
    every scope, so all are made anew.

    These are at most ENDORSEMENTS_OF_ONE_MAX, and it looks at four reviews: however many there
    are, what a new one costs is the same.
    """
    _make(db, record.author, review.read(record).about, None)


def _make(db: Transaction, rater: PublicKey, subject: PublicKey, scope: Scope | None) -> None:
    """The rows of the pair in `scope`, or in all."""
    made = opinion.opinions(
        rater, subject, _said(db, rater, subject, scope), _reviewed(db, rater, subject)
    )
    in_scope, named = (" AND role = ? AND category = ?", key(scope)) if scope else ("", ())
    db.execute(
        f"DELETE FROM opinion WHERE rater = {numbers.OF} AND subject = {numbers.OF}{in_scope}",  # noqa: S608
        (rater, subject, *named),
    )
    db.executemany(
        "INSERT INTO opinion (rater, subject, role, category, strength, forward, made_at,"
        " expires_at, sources) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                numbers.give(db, rater),
                numbers.give(db, subject),
                *key(each.scope),
                each.strength,
                each.forward,
                each.made_at,
                each.expires_at,
                b"".join(each.sources),
            )
            for each in made
            if scope is None or each.scope == scope
        ],
    )


def _said(db: Transaction, rater: PublicKey, subject: PublicKey, scope: Scope | None) -> list[Said]:
    in_scope, named = (" AND role = ? AND category = ?", key(scope)) if scope else ("", ())
    rows = db.execute(
        "SELECT role, category, strength, endorsement.made_at, expires_at, has_deal, id"  # noqa: S608
        f" FROM endorsement JOIN record USING (seq) WHERE rater = {numbers.OF}"
        f" AND subject = {numbers.OF}{in_scope}",
        (rater, subject, *named),
    )
    return [
        Said(
            role=Part(role) if role else None,
            category=category or None,
            strength=strength,
            made_at=made_at,
            expires_at=expires_at,
            has_deal=bool(has_deal),
            source=RecordId(record_id),
        )
        for role, category, strength, made_at, expires_at, has_deal, record_id in rows
    ]


_PARTS: Final = {Role.BUYER: Part.SELLER, Role.SELLER: Part.BUYER}
"""What the subject of a review was, by the role of its author."""


def _reviewed(db: Transaction, rater: PublicKey, subject: PublicKey) -> list[Reviewed]:
    """The latest with a rating and the latest without one, in each role: no other counts."""
    return [
        Reviewed(role=part, rating=rating or None, made_at=made_at, source=RecordId(record_id))
        for role, part in _PARTS.items()
        for is_unrated in (False, True)
        for rating, made_at, record_id in db.execute(
            "SELECT rating, made_at, id FROM review WHERE author = ? AND about = ? AND role = ?"
            " AND (rating = '') = ? ORDER BY made_at DESC, id LIMIT 1",
            (rater, subject, role.value, is_unrated),
        )
    ]
