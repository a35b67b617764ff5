"""A1 to A5: who is rated badly next, told from what the rater's own friends said before.

Each of the last ratings is foretold from its rater's position, from what was said before it. AUC:
how often, of one rating that became positive and one that became negative, the first was foretold
the higher score. Covered: somebody whom the rater's trust reaches had said something.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from goodword.node.arrays import Arrays, Reach
from goodword.protocol.trust import DOUBT

from .bar import Bar
from .baselines import PageRank, standing, tally
from .otc import Otc, Rating, edges

CHUNKS: Final = 20
"""The graph is made anew before each of so many parts of the last ratings."""

COVERED_MIN: Final = 1e-9
"""Below it is what rounding leaves of a path through the person herself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """A rating, and what was to be expected of it."""

    rating: Rating
    said_at: int
    """How many ratings were known."""
    score: float
    is_covered: bool
    positive_only: float = 0.0
    overall: float = 0.0
    """The same person's standing with everybody, (pos - neg) / (n + 2)."""
    page_rank: float = 0.0


def measure(otc: Otc, refreshed: Covered) -> Iterator[Bar]:
    ours = auc(refreshed.pairs, "score")
    pages, positive, overall = (
        auc(refreshed.pairs, each) for each in ("page_rank", "positive_only", "overall")
    )
    yield Bar.at_least("A1", "AUC, refreshed", ours, 0.79, f"{pages:.3f} PageRank - distrust")
    yield Bar.at_least("A1", "coverage, refreshed", refreshed.share, 0.62)
    static = covered(foretell(otc, 1))
    pages = auc(static.pairs, "page_rank")
    yield Bar.at_least(
        "A2", "AUC, 80/20", auc(static.pairs, "score"), 0.67, f"{pages:.3f} PageRank - distrust"
    )
    yield Bar.at_least("A2", "coverage, 80/20", static.share, 0.42)
    left_out = covered(leave_one_out(otc))
    everybody = auc(left_out.pairs, "overall")
    yield Bar.at_least(
        "A3", "AUC, leave one out", auc(left_out.pairs, "score"), 0.895, f"{everybody:.3f} overall"
    )
    yield Bar.at_least("A3", "coverage, leave one out", left_out.share, 0.85)
    yield Bar.at_least(
        "A4", "AUC above the overall standing", ours - overall, 0.05, f"{overall:.3f} overall"
    )
    yield Bar.at_least(
        "A5", "AUC above positives alone", ours - positive, 0.08, f"{positive:.3f} positives"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    pairs: list[Foretold]
    share: float


def covered(all_of_them: Sequence[Foretold]) -> Covered:
    pairs = [each for each in all_of_them if each.is_covered]
    return Covered(pairs=pairs, share=len(pairs) / len(all_of_them))


def auc(pairs: Sequence[Foretold], field: str) -> float:
    scores = np.array([getattr(each, field) for each in pairs])
    good = np.array([each.rating.strength > 0 for each in pairs])
    _, place, times = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(times) - (times - 1) / 2)[place]  # equals share the mean of their ranks
    count, others = int(good.sum()), int((~good).sum())
    return float((ranks[good].sum() - count * (count + 1) / 2) / (count * others))


def foretell(otc: Otc, chunks: int) -> list[Foretold]:
    """The last fifth, the graph made anew before each of `chunks` equal parts of it."""
    found: list[Foretold] = []
    start, end = len(otc.old), len(otc.ratings)
    cuts = [start + (end - start) * each // chunks for each in range(chunks + 1)]
    for first, last in pairwise(cuts):
        found.extend(_chunk(otc, first, last))
    return found


def _chunk(otc: Otc, first: int, last: int) -> Iterator[Foretold]:
    known = otc.ratings[:first]
    now = otc.ratings[first].made_at
    graph = Arrays(edges(known, otc.people, now))
    pages = PageRank(known, otc.people, now)
    overall = standing(known, otc.people)
    distrusted = distrust(known)
    reaches: dict[int, tuple[Reach, Reach]] = {}
    for rating in otc.ratings[first:last]:
        me = rating.rater
        if me not in reaches:
            reaches[me] = graph.reach(me, distrusted.get(me, ())), graph.reach(me)
        mine, trusting = reaches[me]
        said = graph.scores(mine, [rating.subject], now=rating.made_at)
        plus = graph.scores(trusting, [rating.subject], now=rating.made_at).plus
        yield Foretold(
            rating=rating,
            said_at=first,
            score=float(said.score[0]),
            is_covered=bool(said.plus[0] + said.minus[0] > COVERED_MIN),
            positive_only=float(plus[0] / (plus[0] + DOUBT)),
            overall=float(overall[rating.subject]),
            page_rank=pages.score(me, rating.subject),
        )


def leave_one_out(otc: Otc) -> list[Foretold]:
    """Each rating from all others, whenever they were made; nothing decays."""
    whole = edges(_undated(otc.ratings), otc.people, 0)
    distrusted = distrust(otc.ratings)
    count, balance = tally(otc.ratings, otc.people)
    found: list[Foretold] = []
    for rating in otc.ratings:
        graph = Arrays(whole)
        graph.put(rating.rater, rating.subject, [])
        silent = distrusted.get(rating.rater, set()) - {rating.subject}
        reach = graph.reach(rating.rater, silent)
        said = graph.scores(reach, [rating.subject], now=0)
        sign = 1 if rating.strength > 0 else -1
        found.append(
            Foretold(
                rating=rating,
                said_at=len(otc.ratings),
                score=float(said.score[0]),
                is_covered=bool(said.plus[0] + said.minus[0] > COVERED_MIN),
                overall=(balance[rating.subject] - sign) / (count[rating.subject] + 1),
            )
        )
    return found


def distrust(ratings: Sequence[Rating]) -> dict[int, set[int]]:
    """Whom each person warns of."""
    found: dict[int, set[int]] = {}
    for each in ratings:
        if each.strength < 0:
            found.setdefault(each.rater, set()).add(each.subject)
    return found


def _undated(ratings: Sequence[Rating]) -> list[Rating]:
    return [replace(each, made_at=0) for each in ratings]
