"""What simpler metrics say of the same pairs: one standing for all, and PageRank from me on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy import sparse

from goodword.node.edges import Floats
from goodword.protocol.walk import DAMPING, HALF_LIFE_SECONDS

from .otc import Rating

ROUNDS: Final = 50
"""0.85 to the 50th is 0.0003: more rounds change no order."""


def standing(ratings: Sequence[Rating], people: int) -> Floats:
    """(pos - neg) / (n + 2) of each person: what all say, whoever they are."""
    count, balance = tally(ratings, people)
    return balance / (count + 2)


def tally(ratings: Sequence[Rating], people: int) -> tuple[Floats, Floats]:
    """How many rated each person, and how many more of them well than badly."""
    subjects = np.array([each.subject for each in ratings])
    signs = np.sign([each.strength for each in ratings])
    count = np.bincount(subjects, minlength=people).astype(np.float64)
    balance = np.bincount(subjects, signs, minlength=people).astype(np.float64)
    return count, balance


class PageRank:
    """Personalised PageRank over positive ratings, less what those it reaches warn of."""

    def __init__(self, ratings: Sequence[Rating], people: int, now: int) -> None:
        raters = np.array([each.rater for each in ratings])
        subjects = np.array([each.subject for each in ratings])
        ages = np.maximum(0, now - np.array([each.made_at for each in ratings]))
        strengths = np.array([each.strength for each in ratings]) * 2 ** (-ages / HALF_LIFE_SECONDS)
        shape = (people, people)
        self._people = people
        good = np.sqrt(np.maximum(strengths, 0))
        total = np.bincount(raters, good, minlength=people)
        share = good / np.where(total > 0, total, 1)[raters]
        self._forward = sparse.csr_matrix((share, (subjects, raters)), shape=shape)
        self._warned = sparse.csr_matrix((np.maximum(-strengths, 0), (subjects, raters)), shape)
        self._found: dict[int, Floats] = {}

    def score(self, me: int, subject: int) -> float:
        return float(self.scores(me)[subject])

    def scores(self, me: int) -> Floats:
        """Of everybody."""
        if me not in self._found:
            rank = self._rank(me)
            self._found[me] = rank - times(self._warned, rank)
        return self._found[me]

    def _rank(self, me: int) -> Floats:
        start = np.zeros(self._people)
        start[me] = 1.0
        rank: Floats = start
        for _ in range(ROUNDS):
            rank = DAMPING * times(self._forward, rank) + (1 - DAMPING) * start
        return rank


def times(matrix: sparse.csr_matrix, vector: Floats) -> Floats:
    """The product, with a type: scipy tells none."""
    return np.asarray(matrix @ vector, dtype=np.float64)
