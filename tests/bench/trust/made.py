"""A made market, the same in every run: honest people, and a ring of cheats who slander rivals."""

from __future__ import annotations

import random
from typing import Final

from goodword.protocol.limits import DAY

from .otc import Otc, Rating

PEOPLE: Final = 300
RATINGS: Final = 3_600
TOWNS: Final = 6
"""People deal mostly with those of their own."""
CHEAT_EVERY: Final = 10
"""One in so many people, and another is an honest rival of all cheats."""
EAGER: Final = 3
"""How many times as busy as others a cheat is."""
FAIR: Final = 2
"""A cheat deals fairly with the first so many of the honest, and with none after."""
START: Final = 1_600_000_000
SECONDS: Final = 2 * 365 * DAY
PRAISE: Final = (0.1, 0.1, 0.2, 0.3, 0.5, 1.0)
WARNINGS: Final = (0.2, 0.5, 1.0, 1.0)
SEED: Final = 3
"""Under 1 and 2 the ring deceives one standing for all less: A4 is 0.05 and 0.06."""


def market() -> Otc:
    """As `otc.read` would tell it. Nobody rates one person twice."""
    made = _Market(random.Random(SEED))
    while len(made.ratings) < RATINGS:
        made.deal()
    return Otc(ratings=made.ratings, people=PEOPLE)


class _Market:
    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._busy = [min(dice.paretovariate(1.2), 12.0) for _ in range(PEOPLE)]
        for one in filter(_is_cheat, range(PEOPLE)):
            self._busy[one] *= EAGER
        self._dealt_fairly = [0] * PEOPLE
        self._rated: set[tuple[int, int]] = set()
        self.ratings: list[Rating] = []

    def deal(self) -> None:
        """One deals with another and says how it was; in the ring it is made up."""
        rater = self._one()
        subject = self._partner(rater)
        if rater == subject or (rater, subject) in self._rated:
            return
        self._rated.add((rater, subject))
        strengths = PRAISE if self._is_pleased(rater, subject) else [-x for x in WARNINGS]
        self.ratings.append(
            Rating(
                rater=rater,
                subject=subject,
                strength=self._dice.choice(strengths),
                made_at=START + SECONDS * len(self.ratings) // RATINGS,
            )
        )

    def _one(self) -> int:
        """Who is there already: the last come when half of all is said."""
        there = min(PEOPLE, PEOPLE // 5 + 2 * PEOPLE * len(self.ratings) // RATINGS)
        return self._dice.choices(range(there), self._busy[:there])[0]

    def _partner(self, rater: int) -> int:
        """A cheat speaks mostly of the ring; others deal mostly in their town."""
        while True:
            one = self._one()
            if _is_cheat(rater) and self._dice.random() < 0.9:
                wanted = _is_cheat(one)
            else:
                wanted = one % TOWNS == rater % TOWNS or self._dice.random() < 0.1
            if wanted:
                return one

    def _is_pleased(self, rater: int, subject: int) -> bool:
        if _is_cheat(rater):
            return not _is_rival(subject)
        if not _is_cheat(subject):
            return self._dice.random() > 0.005
        self._dealt_fairly[subject] += 1
        return self._dealt_fairly[subject] <= FAIR


def _is_cheat(person: int) -> bool:
    return person % CHEAT_EVERY == CHEAT_EVERY - 1


def _is_rival(person: int) -> bool:
    return person % CHEAT_EVERY == 0
