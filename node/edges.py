"""All opinions in force as arrays, in both directions: who forwards, and who says what.

Only this file and arrays.py know numpy.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from goodword.protocol.limits import REVISION_MAX
from goodword.protocol.scope import Part
from goodword.protocol.walk import DAMPING, HALF_LIFE_SECONDS

Ints: TypeAlias = npt.NDArray[np.int32] | npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Table: TypeAlias = npt.NDArray[np.void]

Row: TypeAlias = tuple[int, int, str, str, float, float, int, int]
"""An opinion as storage/opinions.py tells it: rater, subject, role, category, strength, forward,
made_at, expires_at. Rater and subject are its small numbers; empty text leaves a scope open."""

ROW: Final = np.dtype(
    [
        *(("rater", "i4"), ("subject", "i4"), ("role", "u1"), ("category", "i4")),
        *(("strength", "f8"), ("forward", "f8"), ("made_at", "i8"), ("expires_at", "i8")),
    ]
)
"""The same with numbers for roles and categories: 45 bytes, while edges are made of it."""

ANY: Final = 0
"""The number of no role, and of no category."""

ROLES: Final = {"": ANY, **{part.value: n for n, part in enumerate(Part, 1)}}

Categories: TypeAlias = dict[str, int]


class Edges:
    """All opinions in force at `built_at`, in both directions: about 20 bytes each.

    They are never changed, so that a thread can make the next ones. Of two opinions of one rater
    between which nothing else decides, the one that came first counts.
    """

    def __init__(self, table: Table, people: int, now: int, categories: Categories) -> None:
        """`people`: one more than the largest of their numbers; `now`: Unix seconds."""
        self.categories = categories
        table = table[(table["expires_at"] > now) & (table["rater"] != table["subject"])]
        self.people = people
        self.opinions = len(table)
        self.built_at = now
        self.lapses_at = int(table["expires_at"].min(initial=REVISION_MAX))
        """When the first of them lapses. It still counts until the next edges are made."""
        self._build_out(table)
        self._build_in(table)

    @classmethod
    def of(cls, rows: Iterable[Row], people: int, now: int) -> Edges:
        categories: Categories = {"": ANY}
        return cls(table_of(rows, categories), people, now, categories)

    def _build_out(self, table: Table) -> None:
        table = table[table["forward"] > 0]
        table = table[np.lexsort((table["subject"], table["rater"]))]
        strengths = table["forward"] * decay(table["made_at"], self.built_at)
        firsts = run_starts(table["rater"], table["subject"])
        weights = np.sqrt(np.maximum.reduceat(strengths, firsts) if len(firsts) else strengths)
        raters = table["rater"][firsts]
        self._out_start = _starts(raters, self.people)
        self._out_subject = table["subject"][firsts].astype(np.int32)
        self._out_weight = weights.astype(np.float32)
        total = np.bincount(raters, self._out_weight, minlength=self.people)
        self._out_total = total.astype(np.float32)

    def _build_in(self, table: Table) -> None:
        table = table[np.lexsort((-table["made_at"], table["rater"], table["subject"]))]
        self._in_start = _starts(table["subject"], self.people)
        self._in_rater = table["rater"].astype(np.int32)
        self._in_value = values_of(table, self.built_at).astype(np.float32)
        self._in_role = table["role"].astype(np.uint8)
        self._in_category = table["category"].astype(np.int32)

    @property
    def nbytes(self) -> int:
        return sum(each.nbytes for each in vars(self).values() if isinstance(each, np.ndarray))

    def spread(self, carried: Floats) -> Floats:
        """One step along the edges of whoever carries something: what comes to whom.

        At most FORWARDERS_MAX carry anything, and a person has a thousand endorsements at most.
        """
        carriers = np.flatnonzero(carried[: self.people])
        carriers = carriers[self._out_total[carriers] > 0]
        shares = carried[carriers] * DAMPING / self._out_total[carriers]
        owner, index = _ranges(self._out_start, carriers)
        reached = np.zeros(len(carried))
        np.add.at(reached, self._out_subject[index], shares[owner] * self._out_weight[index])
        return reached

    def handed_on(self, rater: int) -> tuple[Ints, Floats]:
        """Whom `rater` lets my trust through to, and the weight of each, in the order of ids."""
        if rater >= self.people:
            return _NOBODY, np.zeros(0)
        part = slice(self._out_start[rater], self._out_start[rater + 1])
        return self._out_subject[part], self._out_weight[part].astype(np.float64)

    def about(self, subjects: Ints) -> Heard:
        """All opinions of `subjects`; `owner` is the place in `subjects`."""
        places = np.flatnonzero(subjects < self.people)
        owner, index = _ranges(self._in_start, subjects[places])
        return Heard(
            places[owner],
            self._in_rater[index],
            self._in_value[index].astype(np.float64),
            self._in_role[index].astype(np.int32),
            self._in_category[index],
        )


class Heard(NamedTuple):
    """Opinions of several people: those of one together, by rater, his latest first."""

    owner: Ints
    """Whose they are: a place in the list that was asked for."""
    rater: Ints
    value: Floats
    """As `values_of` says."""
    role: Ints
    category: Ints

    def only(self, wanted: Bools | Ints) -> Heard:
        return Heard._make(each[wanted] for each in self)


def values_of(table: Table, moment: int) -> Floats:
    """What each opinion adds for a rater of T = 1, at `moment`: positive to S+, negative to S-.

    From there on all of the one decay by one factor, all of the other by its square.
    """
    strengths = table["strength"] * decay(table["made_at"], moment)
    return np.where(strengths > 0, np.sqrt(np.abs(strengths)), strengths)


def decay(made_at: Ints, moment: int) -> Floats:
    """How much of what was said at `made_at` is left at `moment`; above 1 if it came later."""
    left: Floats = np.exp2((made_at - moment) / HALF_LIFE_SECONDS)
    return left


def table_of(rows: Iterable[Row], categories: Categories) -> Table:
    """`rows` in numbers; a category that is new is given the next in `categories`."""
    return np.fromiter(
        (
            (rater, subject, ROLES[role], categories.setdefault(category, len(categories)), *rest)
            for rater, subject, role, category, *rest in rows
        ),
        dtype=ROW,
    )


def run_starts(*columns: Ints) -> Ints:
    """Where a run of equal entries begins."""
    changes = np.ones(len(columns[0]), dtype=np.bool_)
    if len(changes):
        changes[1:] = np.any([each[1:] != each[:-1] for each in columns], axis=0)
    return np.flatnonzero(changes)


def _starts(sorted_ids: Ints, people: int) -> Ints:
    """Where the entries of each person begin; those of `i` end where those of `i + 1` begin."""
    starts = np.zeros(people + 1, dtype=np.int32)
    np.cumsum(np.bincount(sorted_ids, minlength=people), out=starts[1:])
    return starts


def _ranges(starts: Ints, people: Ints) -> tuple[Ints, Ints]:
    """All entries of `people`: for each entry the place of its person, and its own."""
    first = starts[people].astype(np.int64)
    counts = starts[people + 1] - first
    owner = np.repeat(np.arange(len(people)), counts)
    before = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) + (first - before)[owner]


_NOBODY: Final = np.zeros(0, dtype=np.int64)
