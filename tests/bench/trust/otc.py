"""Bitcoin-OTC: real people who rated those with whom they traded, from 2010 to 2016."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from goodword.node.edges import ANY, ROW, Edges, Table
from goodword.protocol.limits import REVISION_MAX

VARIABLE: Final = "GOODWORD_DATA"
FILE: Final = "bitcoin-otc/soc-sign-bitcoinotc.csv"

RATING_MAX: Final = 10
TESTED_FROM: Final = 0.8
"""The last fifth of the ratings is foretold from what was there before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    rater: int
    subject: int
    strength: float
    """-1 to 1: a tenth of the rating."""
    made_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Otc:
    ratings: list[Rating]
    """In the order of time."""
    people: int

    @property
    def old(self) -> list[Rating]:
        return self.ratings[: int(len(self.ratings) * TESTED_FROM)]

    @property
    def new(self) -> list[Rating]:
        return self.ratings[len(self.old) :]


def find() -> Path | None:
    folder = os.environ.get(VARIABLE)
    path = Path(folder) / FILE if folder else None
    return path if path and path.is_file() else None


def read(path: Path) -> Otc:
    ids: dict[str, int] = {}
    ratings: list[Rating] = []
    with path.open(newline="", encoding="ascii") as file:
        for rater, subject, rating, time in list(csv.reader(file))[1:]:
            ratings.append(
                Rating(
                    rater=ids.setdefault(rater, len(ids)),
                    subject=ids.setdefault(subject, len(ids)),
                    strength=int(rating) / RATING_MAX,
                    made_at=int(float(time)),
                )
            )
    ratings.sort(key=lambda each: each.made_at)
    return Otc(ratings=ratings, people=len(ids))


def edges(ratings: Iterable[Rating], people: int, now: int) -> Edges:
    return Edges(rows(ratings), people, now, {"": ANY})


def rows(ratings: Iterable[Rating]) -> Table:
    """As opinions without a scope, of which the positive ones let trust through."""
    found = [
        (
            *(each.rater, each.subject, ANY, ANY),
            *(each.strength, max(each.strength, 0.0), each.made_at, REVISION_MAX),
        )
        for each in ratings
    ]
    return np.array(found, dtype=ROW)
