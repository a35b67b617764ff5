"""An opinion: what one person holds of another in a scope, as a number made of what she signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from goodword.crypto.keys import PublicKey

from .limits import REVISION_MAX
from .record import RecordId
from .scope import Part, Scope

STRENGTHS: Final[Mapping[str, float]] = {"know": 0.25, "trust": 0.5, "warn": -0.5}
"""Of an endorsement without a deal. Finer levels moved the ranking of real ratings by 0.004."""
DEALT: Final = 1.0
"""Of one by somebody who has proof that they dealt, in either direction."""
RATINGS: Final[Mapping[str, float]] = {"good": 1.0, "mixed": 0.0, "bad": -1.0}
NEVER: Final = REVISION_MAX
"""Unix seconds: when a review expires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """Of one statement that stands. Two may be in one scope, an endorsement and a review: the
    later counts, and when the endorsement expires the review is still there."""

    rater: PublicKey
    subject: PublicKey
    role: Part | None
    category: str | None
    strength: float
    """-1…1, as evidence, of the day when it was signed."""
    forward: float
    """0…1, as referral, of that day; 0 forwards nothing, as do warnings and all reviews."""
    made_at: int
    """Unix seconds, the rater's clock."""
    expires_at: int
    """Unix seconds."""
    sources: tuple[RecordId, ...]
    """The records that prove it: first the statement itself, then what shows that they dealt."""

    @property
    def scope(self) -> Scope:
        return Scope(self.role, self.category)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the rater endorsed, of a record that stands."""

    role: Part | None
    category: str | None
    strength: str
    """A key of STRENGTHS."""
    made_at: int
    expires_at: int
    has_deal: bool
    """It carries a licence of the subject: they had an order."""
    source: RecordId


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What the rater said of one order with the subject, of a record that stands."""

    role: Part
    """Of the subject, in that order."""
    rating: str | None
    """A key of RATINGS; None in a receipt, or a review that does not rate."""
    made_at: int
    source: RecordId


def opinions(
    rater: PublicKey, subject: PublicKey, said: Iterable[Said], reviewed: Iterable[Reviewed]
) -> tuple[Opinion, ...]:
    """All that `rater` holds of `subject`, by scope; in whatever order her records came."""
    endorsed: dict[Scope, Said] = {}
    for word in sorted(said, key=_latest_last):
        endorsed[Scope(word.role, word.category)] = word
    orders = sorted(reviewed, key=_latest_last)
    rated = {each.role: each for each in orders if each.rating is not None}
    found = [_of_endorsement(rater, subject, each, orders) for each in endorsed.values()]
    found += [_of_review(rater, subject, each) for each in rated.values()]
    return tuple(sorted(found, key=lambda each: (_spelled(each.scope), each.sources)))


def _latest_last(each: Said | Reviewed) -> tuple[int, bytes]:
    """By time; of two of one second the one with the lower id comes later."""
    return each.made_at, bytes(255 - byte for byte in each.source)


def _spelled(scope: Scope) -> tuple[str, str]:
    return scope.part or "", scope.category or ""


def _of_endorsement(
    rater: PublicKey, subject: PublicKey, said: Said, orders: list[Reviewed]
) -> Opinion:
    proofs = [] if said.has_deal else [each for each in orders if _is_of(said.role, each)]
    strength = STRENGTHS[said.strength]
    if said.has_deal or proofs:
        strength = DEALT if strength > 0 else -DEALT
    return Opinion(
        rater=rater,
        subject=subject,
        role=said.role,
        category=said.category,
        strength=strength,
        forward=max(0.0, strength),
        made_at=said.made_at,
        expires_at=said.expires_at,
        sources=(said.source, *(each.source for each in proofs[-1:])),
    )


def _is_of(role: Part | None, order: Reviewed) -> bool:
    """Whether an order shows something of her in this role."""
    # SPEC 6.1: "For the other three roles only a deal is proof"
    return role is None or role is order.role


def _of_review(rater: PublicKey, subject: PublicKey, review: Reviewed) -> Opinion:
    assert review.rating is not None
    return Opinion(
        rater=rater,
        subject=subject,
        role=review.role,
        category=None,
        strength=RATINGS[review.rating],
        forward=0.0,
        made_at=review.made_at,
        expires_at=NEVER,
        sources=(review.source,),
    )
