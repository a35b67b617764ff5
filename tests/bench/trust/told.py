"""Ratings as the pure rules look them up: each one an opinion, with keys for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from goodword.crypto.hashing import digest
from goodword.crypto.keys import PublicKey
from goodword.protocol.opinion import NEVER, Opinion
from goodword.protocol.record import RecordId

from .otc import Rating


def key(person: int) -> PublicKey:
    """No key that anybody could sign with, and no two alike."""
    return PublicKey(person.to_bytes(32, "big"))


def person(key: PublicKey) -> int:
    return int.from_bytes(key, "big")


class Told:
    """A graph as protocol/walk.py wants it."""

    def __init__(self, ratings: Iterable[Rating], over: Told | None = None) -> None:
        """`over`: who has said something besides."""
        self._over = over
        self._by: dict[PublicKey, list[Opinion]] = {}
        self._about: dict[PublicKey, list[Opinion]] = {}
        for rating in ratings:
            opinion = _opinion(rating)
            self._by.setdefault(opinion.rater, []).append(opinion)
            self._about.setdefault(opinion.subject, []).append(opinion)

    def by(self, rater: PublicKey) -> Sequence[Opinion]:
        ours = self._by.get(rater, [])
        return [*self._over.by(rater), *ours] if self._over else ours

    def about(self, subject: PublicKey) -> Sequence[Opinion]:
        ours = self._about.get(subject, [])
        return [*self._over.about(subject), *ours] if self._over else ours


def _opinion(rating: Rating) -> Opinion:
    name = digest(b"goodword/bench", key(rating.rater) + key(rating.subject))
    return Opinion(
        rater=key(rating.rater),
        subject=key(rating.subject),
        role=None,
        category=None,
        strength=rating.strength,
        forward=max(rating.strength, 0.0),
        made_at=rating.made_at,
        expires_at=NEVER,
        sources=(RecordId(name),),
    )
