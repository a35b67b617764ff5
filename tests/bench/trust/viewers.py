"""From whose position an attack is looked at, and whom of the honest the liar fools."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from goodword.node.arrays import Arrays, Reach
from goodword.node.edges import Floats
from goodword.protocol.limits import REVISION_MAX

from .accuracy import COVERED_MIN, distrust
from .otc import Otc, Rating, edges

KNOWN_MIN: Final = 100
"""People whom a viewer must know something of: a place among fewer says little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    me: int
    distrusted: frozenset[int]
    near: list[int]
    """Friends, in a random order: the liar fools the first."""
    far: list[int]
    """All others, in a random order: the liar cannot know who listens to whom."""
    reached: list[int]
    """Of those the ones whom my trust reaches."""
    score: Floats
    """Of everybody, before the attack."""
    is_known: list[int]
    """Of whom anybody I listen to says anything, and I do not."""

    def percentile(self, score: float) -> float:
        """The share of the known with a lower score."""
        return float((self.score[self.is_known] < score).mean())

    def reach(self, arrays: Arrays) -> Reach:
        return arrays.reach(self.me, self.distrusted)


def viewers(otc: Otc, count: int, friends_min: int) -> list[Viewer]:
    """`count` people with at least so many friends, the same in every run."""
    return list(islice(_viewers(otc, friends_min), count))


def fool(arrays: Arrays, vouches: Collection[Rating]) -> Arrays:
    """The same arrays, after these vouches have come."""
    fooled = Arrays(arrays.edges)
    for each in vouches:
        strengths = each.strength, max(each.strength, 0.0)
        row = (each.rater, each.subject, "", "", *strengths, each.made_at, REVISION_MAX)
        fooled.put(each.rater, each.subject, [row])
    return fooled


def _viewers(otc: Otc, friends_min: int) -> Iterator[Viewer]:
    dice = random.Random(1)
    now = otc.ratings[-1].made_at
    warned = distrust(otc.ratings)
    arrays = Arrays(edges(otc.ratings, otc.people, now))
    for me in dice.sample(range(otc.people), otc.people):
        distrusted = frozenset(warned.get(me, ()))
        reach = arrays.reach(me, distrusted)
        near = np.flatnonzero(reach.levels[1]).tolist()
        if len(near) < friends_min:
            continue
        far = sorted(set(range(otc.people)) - {me, *near, *distrusted})
        dice.shuffle(near)
        dice.shuffle(far)
        scores = arrays.scores(reach, range(otc.people), now=now)
        is_known = (scores.plus + scores.minus > COVERED_MIN) & ~scores.is_mine
        if is_known.sum() < KNOWN_MIN:
            continue
        yield Viewer(
            me=me,
            distrusted=distrusted,
            near=near,
            far=far,
            reached=[each for each in far if reach[each] > 0],
            score=scores.score,
            is_known=np.flatnonzero(is_known).tolist(),
        )
