"""The trust graph in memory: how far my trust reaches, and many people scored at once.

Rule 1: what a number means is said in protocol/trust.py; here is the same, for many, in bulk. A
test holds the two together to a millionth.
Rule 2: numpy takes 0.1 s and 15 MB: import this file where arrays are first asked for, not at the
top of another.
Rule 3: no threads, no database. People are the small numbers that storage gives.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from goodword.protocol.scope import Scope
from goodword.protocol.trust import DOUBT, OTHER_CATEGORY, SEVERITY
from goodword.protocol.walk import DAMPING, FORWARDERS_MAX, HALF_LIFE_SECONDS, LEVELS

from .edges import (
    ANY,
    ROLES,
    Bools,
    Edges,
    Floats,
    Heard,
    Ints,
    Row,
    decay,
    run_starts,
    table_of,
    values_of,
)

NOWHERE: Final = -1
"""The number of a category in which nobody has said anything."""

REBUILD_SECONDS: Final = 10
"""Newer opinions wait in the overlay for that long at least, unless there are many."""

GROWTH_PERCENT: Final = 1
"""As many as that in the overlay, and looking into it begins to cost more than a new graph."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reach:
    """How far my trust reaches: T, as protocol/trust.py says it, for everybody at once."""

    me: int
    levels: Sequence[Floats]
    """What comes to whom after 0, 1, 2, 3 steps."""
    total: Floats
    """T. I am a rater as well: mine is 1."""
    generation: int

    def __getitem__(self, person: int) -> float:
        return float(self.total[person]) if person < len(self.total) else 0.0

    def passes(self, person: int) -> bool:
        """Whether `person` hands anything on: what comes with the last step goes no further."""
        return person < len(self.total) and any(level[person] > 0 for level in self.levels[:-1])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """What is said of each of the people that were asked about, in their order."""

    plus: Floats
    minus: Floats
    is_mine: Bools
    """My own experience decides alone."""

    @property
    def score(self) -> Floats:
        warned = SEVERITY * self.minus
        return (self.plus - warned) / (self.plus + warned + DOUBT)

    @property
    def reason(self) -> Floats:
        """How much reason there is for the score at all: 0 where nobody says anything."""
        said = self.plus + self.minus
        return said / (said + DOUBT)


class Arrays:
    """The edges, and what came since: each pair of people of whom something newer is known.

    Threads that share one take turns.
    """

    def __init__(self, edges: Edges, generation: int = 0) -> None:
        self.edges = edges
        self._first = generation
        self._log: list[tuple[int, int]] = []
        self._given: dict[int, dict[int, Sequence[Row]]] = {}
        self._got: dict[int, dict[int, Sequence[Row]]] = {}
        self._rows: dict[int, tuple[Ints, Floats]] = {}
        self._columns: dict[int, Heard] = {}
        self._people = edges.people
        self._categories = dict(edges.categories)
        self._lapses_at = edges.lapses_at

    @property
    def generation(self) -> int:
        """Rises with every change."""
        return self._first + len(self._log)

    def put(self, rater: int, subject: int, rows: Sequence[Row]) -> None:
        """All that `rater` holds of `subject` from now on; nothing, if it was taken back.

        Costs its row alone. How many are put between two renewals is up to the caller.
        """
        rows = [each for each in rows if each[-1] > self.edges.built_at]
        self._log.append((rater, subject))
        self._given.setdefault(rater, {})[subject] = rows
        self._got.setdefault(subject, {})[rater] = rows
        self._rows.pop(rater, None)
        self._columns.pop(subject, None)
        self._people = max(self._people, rater + 1, subject + 1)
        self._lapses_at = min([self._lapses_at, *(each[-1] for each in rows)])

    def is_stale(self, now: int) -> bool:
        """Whether to build a new graph: of many changes soon, of few after some seconds."""
        if not self._log and now < self._lapses_at:
            return False
        is_old = now - self.edges.built_at >= REBUILD_SECONDS
        return is_old or len(self._log) * 100 >= self.edges.opinions * GROWTH_PERCENT

    def renewed(self, edges: Edges, read_at: int) -> Arrays:
        """The same over `edges`, whose rows were read at generation `read_at`."""
        fresh = Arrays(edges, self.generation + 1)
        for rater, subject in dict.fromkeys(self._log[max(0, read_at - self._first) :]):
            fresh.put(rater, subject, self._given[rater][subject])
        return fresh

    def reach(self, me: int, distrusted: Collection[int] = ()) -> Reach:
        """How far my trust reaches; of `distrusted` nobody hands on or is listened to."""
        people = max(self._people, me + 1)
        out = np.array([me, *(each for each in distrusted if each < people)])
        levels = [np.zeros(people)]
        levels[0][me] = 1.0
        for _ in range(LEVELS):
            levels[-1] = _most(levels[-1])
            reached = self._spread(levels[-1].copy())
            reached[out] = 0.0
            levels.append(reached)
        total = np.sum(levels[1:], axis=0)
        total[me] = 1.0
        return Reach(me=me, levels=tuple(levels), total=total, generation=self.generation)

    def is_current(self, reach: Reach) -> bool:
        """Whether `reach` still holds: nobody whom it passes through has said anything since."""
        if reach.generation < self._first:
            return False
        changes = self._log[reach.generation - self._first :]
        return not any(reach.passes(rater) for rater, _ in changes)

    def scores(
        self,
        reach: Reach,
        subjects: Sequence[int] | Ints,
        *,
        now: int,
        scope: Scope = Scope(),  # noqa: B008  it is frozen
        found: Mapping[int, float] | None = None,
    ) -> Scores:
        """What `subjects` are said to be in `scope` at `now` (Unix seconds).

        `found`: what the faults that my node found of somebody add to S-.
        """
        asked = np.asarray(subjects, dtype=np.int64)
        role = ROLES[scope.part or ""]
        category = self._categories.get(scope.category or "", NOWHERE)
        heard, weights = _chosen(self._about(asked), role, category)
        is_mine = np.zeros(len(asked), dtype=np.bool_)
        is_mine[heard.owner[heard.rater == reach.me]] = True
        against = np.array([(found or {}).get(each, 0.0) for each in asked.tolist()])
        is_mine |= against > 0
        counts = ~is_mine[heard.owner] | (heard.rater == reach.me)
        heard, weights = heard.only(counts), weights[counts]
        weights = weights * self._trust(reach, asked, heard)
        age = max(0, now - self.edges.built_at) / HALF_LIFE_SECONDS
        plus = _sums(heard.owner, weights * np.maximum(heard.value, 0), len(asked))
        minus = _sums(heard.owner, weights * np.maximum(-heard.value, 0), len(asked))
        return Scores(plus=plus * 2 ** (-age / 2), minus=minus * 2**-age + against, is_mine=is_mine)

    def _spread(self, carried: Floats) -> Floats:
        newer = [each for each in self._given if carried[each] > 0]
        kept = carried[newer].tolist()
        carried[newer] = 0.0
        reached = self.edges.spread(carried)
        for rater, amount in zip(newer, kept, strict=True):
            subjects, weights = self._handed_on(rater)
            reached[subjects] += weights * (DAMPING * amount)
        return reached

    def _handed_on(self, rater: int) -> tuple[Ints, Floats]:
        """Whom `rater` hands my trust on to, and which share of it each gets."""
        if rater not in self._given:
            subjects, weights = self.edges.handed_on(rater)
            return subjects, weights / (weights.sum() or 1.0)
        if rater not in self._rows:
            self._rows[rater] = self._merged_row(rater)
        return self._rows[rater]

    def _merged_row(self, rater: int) -> tuple[Ints, Floats]:
        subjects, weights = self.edges.handed_on(rater)
        row = dict(zip(subjects.tolist(), weights.tolist(), strict=True))
        for subject, rows in self._given[rater].items():
            table = table_of(rows, self._categories)
            strengths = table["forward"] * decay(table["made_at"], self.edges.built_at)
            row[subject] = float(np.sqrt(strengths.max(initial=0.0)))
        found = sorted(each for each in row if row[each] > 0 and each != rater)
        merged = np.array([row[each] for each in found])
        return np.array(found, dtype=np.int64), merged / (merged.sum() or 1.0)

    def _about(self, asked: Ints) -> Heard:
        if not self._got:
            return self.edges.about(asked)
        newer = [place for place, each in enumerate(asked.tolist()) if each in self._got]
        ids = asked.copy()
        ids[newer] = self.edges.people  # asked of the overlay instead
        parts = [self.edges.about(ids)]
        for place in newer:
            column = self._column(int(asked[place]))
            parts.append(column._replace(owner=np.full(len(column.owner), place)))
        return Heard._make(np.concatenate(each) for each in zip(*parts, strict=True))

    def _column(self, subject: int) -> Heard:
        if subject not in self._columns:
            newer = self._got[subject]
            old = self.edges.about(np.array([subject]))
            old = old.only(~np.isin(old.rater, list(newer)))
            rows = [row for rows in newer.values() for row in rows]
            table = table_of(rows, self._categories)
            table = table[table["rater"] != subject]
            table = table[np.lexsort((-table["made_at"], table["rater"]))]
            new = Heard(
                np.zeros(len(table), dtype=np.int64),
                table["rater"],
                values_of(table, self.edges.built_at),
                table["role"].astype(np.int32),
                table["category"],
            )
            both = zip(old, new, strict=True)
            self._columns[subject] = Heard._make(np.concatenate(each) for each in both)
        return self._columns[subject]

    def _trust(self, reach: Reach, asked: Ints, heard: Heard) -> Floats:
        """T of each rater, less what reaches him only through the person he speaks of."""
        known = heard.rater < len(reach.total)
        trust = np.where(known, reach.total[np.where(known, heard.rater, 0)], 0.0)
        starts = run_starts(heard.owner)
        for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(trust)], strict=False):
            subject = int(asked[heard.owner[start]])
            if subject != reach.me and reach.passes(subject):
                through = self._through(reach, subject, heard.rater[start:end])
                trust[start:end] = np.maximum(trust[start:end] - through, 0.0)
        return trust

    def _through(self, reach: Reach, subject: int, raters: Ints) -> Floats:
        """How much of T of `raters` came through `subject`, in two steps and in three."""
        near, far = (float(level[subject]) * DAMPING for level in reach.levels[1:-1])
        handed, shares = self._handed_on(subject)
        came = np.minimum(reach.levels[2][handed], near * shares)  # 0 to whom _most left out
        through = _picked(handed, came + far * shares, raters)
        if near > 0:
            for each, amount in zip(handed.tolist(), came.tolist(), strict=True):
                if amount > 0:
                    through += _picked(*self._handed_on(each), raters) * (amount * DAMPING)
        through[raters == reach.me] = 0.0
        return through


def _chosen(heard: Heard, role: int, category: int) -> tuple[Heard, Floats]:
    """One opinion of each rater, the one that fits the scope best, and what it weighs."""
    if role:
        heard = heard.only((heard.role == ANY) | (heard.role == role))
    misfit = np.zeros(len(heard.owner), dtype=np.int64)
    if category:
        misfit += np.where(heard.category == category, 0, np.where(heard.category == ANY, 2, 4))
    if role:
        misfit += heard.role == ANY
    firsts = run_starts(heard.owner, heard.rater)
    if len(firsts) < len(misfit):
        group = np.repeat(np.arange(len(firsts)), np.diff(firsts, append=len(misfit)))
        best = np.lexsort((misfit, group))[firsts]
        heard, misfit = heard.only(best), misfit[best]
    return heard, np.where(misfit >= 4, OTHER_CATEGORY, 1.0)


def _most(level: Floats) -> Floats:
    """Those of a level who hand on. Of equals at the end, the pure walk may take others."""
    reached = np.flatnonzero(level)
    if len(reached) <= FORWARDERS_MAX:
        return level
    first = reached[np.argpartition(level[reached], -FORWARDERS_MAX)[-FORWARDERS_MAX:]]
    kept = np.zeros(len(level))
    kept[first] = level[first]
    return kept


def _picked(ids: Ints, values: Floats, wanted: Ints) -> Floats:
    """The value of each of `wanted`, 0 where `ids`, which are in order, lack it."""
    if not len(ids):
        return np.zeros(len(wanted))
    place = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[place] == wanted, values[place], 0.0)


def _sums(owner: Ints, amounts: Floats, count: int) -> Floats:
    return np.bincount(owner, amounts, minlength=count).astype(np.float64)
