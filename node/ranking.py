"""In which order listings are shown: by what fits and whom I trust together, or by one thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol.limits import DAY
from goodword.protocol.trust import AVOIDED, mix
from goodword.storage.candidates import Candidate

FRESH_SECONDS: Final = 30 * DAY
"""Without words nothing fits better than the rest: then what is new stands for what fits, and
halves in a month."""


class Sort(StrEnum):
    TRUST = "trust"
    """What fits and whom I trust, together."""
    RELEVANCE = "relevance"
    NEWEST = "newest"
    PRICE = "price"


Scores = Callable[[Sequence[PublicKey]], Mapping[PublicKey, float]]
"""How much reason I have to trust each of these sellers, from -1 to 1."""


def ordered(
    found: Sequence[Candidate], sort: Sort, *, has_words: bool, scores: Scores, now: int
) -> list[Candidate]:
    """The best first; of equal ones the last that came."""
    match sort:
        case Sort.TRUST:
            return _by_trust(found, relevance(found, now, has_words=has_words), scores)
        case Sort.RELEVANCE:
            return sorted(found, key=lambda each: (each.place, -each.seq))
        case Sort.NEWEST:
            return sorted(found, key=lambda each: (-each.made_at, -each.seq))
        case Sort.PRICE:
            # Nobody here knows what a currency is worth in another: each by itself.
            return sorted(found, key=lambda each: (each.currency, each.price_minor, -each.seq))


def relevance(found: Sequence[Candidate], now: int, *, has_words: bool) -> list[float]:
    """How well each fits, from 0 to 1: 1 is the best of these."""
    if has_words:
        best = min((each.place for each in found), default=0.0)
        return [each.place / best if best else 1.0 for each in found]
    return [2.0 ** (-max(0, now - each.made_at) / FRESH_SECONDS) for each in found]


def _by_trust(found: Sequence[Candidate], fits: Sequence[float], scores: Scores) -> list[Candidate]:
    sellers = list({each.seller for each in found})
    trusted = scores(sellers)
    # Of each seller once, and not of each listing: what is mixed is a sum.
    lifts = {each: _lift(trusted.get(each, 0.0)) for each in sellers}
    mixed = [
        (-fit - lifts[each.seller], -each.seq, each) for each, fit in zip(found, fits, strict=True)
    ]
    mixed.sort()  # no two have the same seq
    return [each for _, _, each in mixed]


def _lift(score: float) -> float:
    """What trust adds to how well something fits."""
    return mix(0.0, score, is_avoided=score <= AVOIDED)
