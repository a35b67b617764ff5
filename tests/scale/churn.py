"""Churn: who is online when, as in the one market of this kind that was measured.

Arps and Christin, "Open Market or Ghost Town? The Curious Case of OpenBazaar" (Financial
Cryptography 2020), crawled it daily for 14 months: of 6,651 people 3,521 were seen on a single
day or less, and about 80 were online at once. Both numbers are met by one heavy-tailed law of how
long a person is online in all: a lognormal one, with its two parameters solved for.

What is not measured there is assumed: who stays less than a day comes once; others come for about
eight hours, every fifth day, and stay away when they have had their time.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist
from typing import Final

from goodword.protocol.limits import DAY, HOUR, MINUTE

HORIZON_DAYS: Final = 435
"""25 June 2018 to 3 September 2019."""
HORIZON: Final = HORIZON_DAYS * DAY

ONE_DAY_SHARE: Final = 3_521 / 6_651
ONLINE_SHARE: Final = 80 / 6_651
"""Of all who were ever seen: online at once."""

SESSION_SECONDS: Final = 8 * HOUR
"""An evening, or a working day."""
EVERY_DAYS: Final = 5
"""One such session in so many days, for who comes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    person: int
    start: float
    end: float
    """Seconds since the first day."""


def sessions(people: int, dice: random.Random, helpers: int = 0) -> list[list[Session]]:
    """Of each person, in order. The first `helpers`, chosen by dice, are always online."""
    totals = online_seconds(people)
    dice.shuffle(totals)
    lives = [_live(person, total, dice) for person, total in enumerate(totals)]
    for person in dice.sample(range(people), helpers):
        lives[person] = [Session(person=person, start=0.0, end=HORIZON)]
    return lives


def online_seconds(people: int) -> list[float]:
    """How long each is online in all, ascending: the same quantiles of the law for any number."""
    spread = _spread()
    return [_quantile((rank + 0.5) / people, spread) for rank in range(people)]


def one_day_share(lives: Sequence[Sequence[Session]]) -> float:
    """Of people: whose first moment and last lie within one day."""
    return sum(each[-1].end - each[0].start <= DAY for each in lives) / len(lives)


def online_share(lives: Sequence[Sequence[Session]]) -> float:
    """Of people: online at once, on average."""
    seconds = sum(each.end - each.start for life in lives for each in life)
    return seconds / HORIZON / len(lives)


def _live(person: int, total: float, dice: random.Random) -> list[Session]:
    if total <= DAY:
        start = dice.uniform(0, HORIZON - total)
        return [Session(person=person, start=start, end=start + total)]
    count = math.ceil(total / SESSION_SECONDS)
    days = min(count * EVERY_DAYS, HORIZON_DAYS - 1)
    count = min(count, days)
    length = min(total / count, DAY - MINUTE)
    # A day of one's own begins at any hour: else nobody would be online at midnight.
    first = dice.uniform(0, HORIZON - days * DAY)
    starts = [
        first + day * DAY + dice.uniform(0, DAY - length)
        for day in sorted(dice.sample(range(days), count))
    ]
    made = [Session(person=person, start=start, end=start + length) for start in starts]
    assert all(one.end <= other.start for one, other in pairwise(made))
    return made


def _quantile(share: float, spread: float) -> float:
    """Seconds. The law is such that ONE_DAY_SHARE of all are below a day."""
    normal = NormalDist()
    above = normal.inv_cdf(share) - normal.inv_cdf(ONE_DAY_SHARE)
    return min(DAY * math.exp(spread * above), float(HORIZON))


def _spread() -> float:
    """Of the logarithm: such that ONLINE_SHARE of all are online at once. By bisection."""
    low, high = 0.1, 6.0
    for _ in range(40):
        middle = (low + high) / 2
        mean = sum(_quantile((n + 0.5) / 2_000, middle) for n in range(2_000)) / 2_000
        low, high = (middle, high) if mean < ONLINE_SHARE * HORIZON else (low, middle)
    return low
