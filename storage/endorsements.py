"""Who vouches for whom, and who warns of whom, in which scope. A view on the heap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import endorsement
from goodword.protocol.endorsement import Endorsement, Strength
from goodword.protocol.limits import ENDORSEMENTS_MAX
from goodword.protocol.record import Record, RecordId
from goodword.protocol.scope import Part, Scope

from . import numbers
from .database import Transaction
from .records import stored

IS_VOUCH: Final = f"strength <> '{Strength.WARN.value}'"
"""The condition, in SQL: whatever is positive."""

RESULTS_MAX: Final = 200
"""Endorsements of one person in one answer: anybody can be endorsed by millions of keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endorsed:
    """`rater` says `said`; the record `id` proves it."""

    rater: PublicKey
    said: Endorsement
    made_at: int
    id: RecordId


def index(db: Transaction, record: Record, seq: int) -> None:
    said = endorsement.read(record)
    db.execute(
        "INSERT OR REPLACE INTO endorsement (rater, subject, role, category, strength, has_deal,"
        " made_at, expires_at, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            numbers.give(db, record.author),
            numbers.give(db, said.about),
            *key(said.scope),
            said.strength.value,
            said.deal is not None,
            record.made_at,
            said.expires_at,
            seq,
        ),
    )


def unindex(db: Transaction, record: Record) -> None:
    said = endorsement.read(record)
    db.execute(
        f"DELETE FROM endorsement WHERE rater = {numbers.OF} AND subject = {numbers.OF}"  # noqa: S608
        " AND role = ? AND category = ?",
        (record.author, said.about, *key(said.scope)),
    )


def key(scope: Scope) -> tuple[str, str]:
    """(role, category) as the tables hold them: empty where the scope leaves it open."""
    return scope.part.value if scope.part else "", scope.category or ""


# --- what they say -----------------------------------------------------------------------------


def get(
    db: Transaction, rater: PublicKey, subject: PublicKey, scope: Scope, now: int
) -> Endorsed | None:
    """What `rater` says of `subject` in this very scope, in force at `now` (Unix seconds)."""
    condition = f"rater = {numbers.OF} AND subject = {numbers.OF} AND role = ? AND category = ?"
    found = _endorsed(db, condition, (rater, subject, *key(scope)), now, 1)
    return found[0] if found else None


def by(db: Transaction, rater: PublicKey, now: int) -> list[Endorsed]:
    """All in force at `now` that `rater` gave, warnings too, newest first."""
    return _endorsed(db, f"rater = {numbers.OF}", (rater,), now, ENDORSEMENTS_MAX)


def about(
    db: Transaction, subject: PublicKey, now: int, limit: int = RESULTS_MAX
) -> list[Endorsed]:
    """Those in force at `now` about `subject`, warnings too, newest first."""
    return _endorsed(db, f"subject = {numbers.OF}", (subject,), now, limit)


def count_about(db: Transaction, subject: PublicKey, now: int) -> tuple[int, int]:
    """How many people vouch for `subject` at `now`, and how many warn of her."""
    row = db.execute(
        f"SELECT count(DISTINCT rater) FILTER (WHERE {IS_VOUCH}),"  # noqa: S608
        f" count(DISTINCT rater) FILTER (WHERE NOT {IS_VOUCH})"
        f" FROM endorsement WHERE subject = {numbers.OF} AND expires_at > ?",
        (subject, now),
    ).fetchone()
    return int(row[0]), int(row[1])


def of_pair(db: Transaction, rater: PublicKey, subject: PublicKey, now: int) -> list[Endorsed]:
    """All in force at `now` that `rater` says of `subject`, newest first."""
    condition = f"rater = {numbers.OF} AND subject = {numbers.OF}"
    return _endorsed(db, condition, (rater, subject), now, ENDORSEMENTS_MAX)


def about_by_mine(db: Transaction, me: PublicKey, subject: PublicKey, now: int) -> list[Endorsed]:
    """Those about `subject`, warnings too, by the people that I vouch for: word of mouth, one
    step long."""
    condition = f"subject = {numbers.OF} AND rater IN (SELECT mine.subject {VOUCHED_FOR})"
    return _endorsed(db, condition, (subject, me, now), now, RESULTS_MAX)


def vouched_for_by(db: Transaction, rater: PublicKey, now: int, limit: int) -> list[PublicKey]:
    """Whom `rater` vouches for at `now`, by their keys; of more than `limit` the newest."""
    rows = db.execute(
        "SELECT key FROM (SELECT mine.subject, max(mine.made_at) AS latest"  # noqa: S608
        f" {VOUCHED_FOR} GROUP BY mine.subject ORDER BY latest DESC, mine.subject LIMIT ?)"
        " JOIN person ON id = subject ORDER BY key",
        (rater, now, limit),
    )
    return [PublicKey(subject) for (subject,) in rows]


def has_vouch(db: Transaction, rater: PublicKey, subject: PublicKey, now: int) -> bool:
    """Whether `rater` vouches for `subject` at `now`, in whatever scope."""
    row = db.execute(
        f"SELECT 1 {VOUCHED_FOR} AND mine.subject = {numbers.OF} LIMIT 1",
        (rater, now, subject),
    ).fetchone()
    return row is not None


VOUCHED_FOR: Final = (
    f"FROM endorsement mine WHERE mine.rater = {numbers.OF} AND mine.{IS_VOUCH}"
    " AND mine.expires_at > ?"
)
"""Takes a rater and the time."""


def is_full(db: Transaction, rater: PublicKey, now: int, limit: int) -> bool:
    """Whether `limit` endorsements of `rater` are in force at `now`."""
    row = db.execute(
        f"SELECT 1 FROM endorsement WHERE rater = {numbers.OF} AND expires_at > ?"  # noqa: S608
        " LIMIT 1 OFFSET ?",
        (rater, now, limit - 1),
    ).fetchone()
    return row is not None


def by_raters(
    db: Transaction,
    raters: Sequence[PublicKey],
    since: int,
    now: int,
    limit: int,
    *,
    is_vouch: bool,
) -> list[Endorsed]:
    """The vouches, or the warnings, in force at `now` that any of `raters` gave since then (Unix
    seconds), newest first."""
    strength = IS_VOUCH if is_vouch else f"NOT {IS_VOUCH}"
    rows = db.execute(
        "SELECT bytes FROM (SELECT seq, made_at AS at FROM endorsement"  # noqa: S608
        f" WHERE rater IN (SELECT id FROM person WHERE key IN ({_places(raters)}))"
        f" AND made_at >= ? AND expires_at > ? AND {strength} ORDER BY at DESC, seq DESC LIMIT ?)"
        " JOIN record USING (seq) ORDER BY at DESC, author, slot",
        (*raters, since, now, limit),
    )
    return [_read(stored(data)) for (data,) in rows]


def warnings(
    db: Transaction,
    subjects: Sequence[PublicKey],
    raters: Sequence[PublicKey],
    now: int,
    limit: int,
) -> list[Endorsed]:
    """Those in force at `now` about any of `subjects` by any of `raters`, or by whoever has dealt
    with the person, newest first.

    Any other could be one of a million keys of one who wants my friend to look bad.
    """
    about_ = f"subject IN (SELECT id FROM person WHERE key IN ({_places(subjects)}))"  # noqa: S608
    rows = db.execute(
        "SELECT bytes FROM (SELECT seq, made_at AS at FROM"  # noqa: S608
        # Not a plain JOIN: SQLite must begin with the raters, for a subject can have millions.
        f" (SELECT id FROM person WHERE key IN ({_places(raters)})) AS near"
        f" CROSS JOIN endorsement ON rater = near.id WHERE {about_}"
        "  AND strength = 'warn' AND expires_at > ?"
        " UNION SELECT seq, made_at AS at FROM endorsement INDEXED BY endorsement_warning"
        f" WHERE {about_} AND strength = 'warn' AND has_deal AND expires_at > ?"
        " ORDER BY at DESC, seq DESC LIMIT ?)"
        " JOIN record USING (seq) ORDER BY at DESC, author, slot",
        (*raters, *subjects, now, *subjects, now, limit),
    )
    return [_read(stored(data)) for (data,) in rows]


def _places(people: Sequence[PublicKey]) -> str:
    return ", ".join("?" * len(people))


def scopes_of_pair(
    db: Transaction, rater: PublicKey, subject: PublicKey, now: int
) -> dict[Scope, bool]:
    """Each scope in which `rater` says something of `subject`; whether it is in force at `now`."""
    rows = db.execute(
        "SELECT role, category, expires_at > ? FROM endorsement"  # noqa: S608
        f" WHERE rater = {numbers.OF} AND subject = {numbers.OF}",
        (now, rater, subject),
    )
    return {
        Scope(Part(role) if role else None, category or None): bool(is_in_force)
        for role, category, is_in_force in rows
    }


def _endorsed(
    db: Transaction, condition: str, values: tuple[object, ...], now: int, limit: int
) -> list[Endorsed]:
    rows = db.execute(
        f"SELECT bytes FROM endorsement JOIN record USING (seq) WHERE {condition}"  # noqa: S608
        " AND expires_at > ? ORDER BY endorsement.made_at DESC, author, slot LIMIT ?",
        (*values, now, limit),
    )
    return [_read(stored(data)) for (data,) in rows]


def _read(record: Record) -> Endorsed:
    return Endorsed(
        rater=record.author,
        said=endorsement.read(record),
        made_at=record.made_at,
        id=record.id,
    )
