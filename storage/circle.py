"""My circle: whom I follow, and whom I vouch for. What they publish is my feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from goodword.crypto.keys import PublicKey

from . import endorsements, people
from .database import Transaction

FOLLOWS_MAX: Final = 1_000
"""People that I can follow: more than anybody reads, and a feed looks for each of them."""

MEMBERS_MAX: Final = 2_000
"""People in one circle: a feed asks the index of words for each of them, in about 15 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    person: PublicKey
    followed_at: int
    """Unix seconds, our clock."""


def follow(db: Transaction, person: PublicKey, now: int) -> None:
    """From now on; whom I follow already, since when I did."""
    db.execute(
        "INSERT INTO follow (person, followed_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (person, now),
    )


def unfollow(db: Transaction, person: PublicKey) -> bool:
    """False where I did not follow her."""
    return db.execute("DELETE FROM follow WHERE person = ?", (person,)).rowcount == 1


def follows(db: Transaction, person: PublicKey) -> bool:
    return db.execute("SELECT 1 FROM follow WHERE person = ?", (person,)).fetchone() is not None


def count(db: Transaction) -> int:
    (number,) = db.execute("SELECT count(*) FROM follow").fetchone()
    return int(number)


def followed(db: Transaction) -> list[Follow]:
    """The latest first."""
    rows = db.execute("SELECT person, followed_at FROM follow ORDER BY followed_at DESC, person")
    return [
        Follow(person=PublicKey(person), followed_at=followed_at) for person, followed_at in rows
    ]


def members(db: Transaction, me: PublicKey, now: int) -> list[PublicKey]:
    """Whom I follow, and whom I vouch for at `now` (Unix seconds), if I blocked them not; of more
    than MEMBERS_MAX those whom I follow come first."""
    follows_ = [each.person for each in followed(db)]
    vouched = endorsements.vouched_for_by(db, me, now, MEMBERS_MAX)
    blocked = set(people.blocked(db))
    both = dict.fromkeys([*follows_, *vouched])
    return [each for each in both if each not in blocked][:MEMBERS_MAX]
