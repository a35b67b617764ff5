"""The walk: how much I listen to each person, because of who vouches for whom from me on.

Rule 1: what flows is counted in whole units of 2^-60. Sums of whole numbers are the same in any
order, so that what arrived first does not show, and what is taken back leaves no trace.
Rule 2: only vouches lead on. Distrust counts one step, where it is said, and never travels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from math import exp2, fsum, sqrt
from typing import Final, NamedTuple, Protocol

from goodword.crypto.keys import PublicKey

from .limits import DAY
from .opinion import Opinion
from .record import RecordId

LEVELS: Final = 3
"""A friend of a friend of a friend. Further on one reaches everybody, which says nothing."""
DAMPING: Final = 0.85
"""Of what reaches a person, so much is handed on: near voices count for more than far ones."""
HALF_LIFE_SECONDS: Final = 365 * DAY
"""After which an opinion counts half: people change, and keys are lost."""
UNITS: Final = 2**60
"""In one whole weight. Finer than a double, so that only the last of them is ever rounded."""
FORWARDERS_MAX: Final = 5_000
"""People of one level who hand on, those to whom most came: half a second with a hundred vouches
each, whatever a fooled friend drags in. It is more than anybody reaches in Bitcoin-OTC."""

Units = int


class Graph(Protocol):
    """Where opinions in force are looked up: each rater's, and those about each person."""

    def by(self, rater: PublicKey, /) -> Sequence[Opinion]: ...
    def about(self, subject: PublicKey, /) -> Sequence[Opinion]: ...


class Vouch(NamedTuple):
    share: float
    """0…1 of what the voucher hands on. All of hers together are 1: who vouches for everybody
    dilutes every vouch."""
    opinion: Opinion


class Step(NamedTuple):
    """One vouch on a path."""

    by: PublicKey
    about: PublicKey
    sources: tuple[RecordId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """From one person at one time; good for judging anybody until an opinion changes."""

    me: PublicKey
    now: int
    """Unix seconds."""
    distrusted: frozenset[PublicKey]
    """Who hands on nothing, and is not listened to."""
    levels: tuple[Mapping[PublicKey, Units], ...]
    """What comes to whom after 0…LEVELS steps."""
    given: Mapping[PublicKey, Mapping[PublicKey, Vouch]]
    """By voucher, of those who handed on."""
    received: Mapping[PublicKey, Mapping[PublicKey, Vouch]]
    """The same by the person vouched for."""

    def weight(self, person: PublicKey) -> float:
        """T: how much I listen to `person`, where she herself hands on as usual."""
        return sum(level.get(person, 0) for level in self.levels[1:]) / UNITS

    def without(self, subject: PublicKey) -> Without:
        """The same walk, as it is when `subject` hands on nothing: nobody speaks for herself
        through those whom she vouches for."""
        mine: Mapping[PublicKey, Vouch] = {}
        if subject != self.me:  # what others say of me, they say because of me
            mine = self.given.get(subject, {})
        first, second = self.levels[1].get(subject, 0), self.levels[2]
        return Without(
            walk=self,
            subject=subject,
            given=mine,
            second={
                person: second[person] - _handed(first, vouch.share)
                for person, vouch in mine.items()
                if first and person in second
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """A walk in which one person hands on nothing: exactly, and in the time of a look-up."""

    walk: Walk
    subject: PublicKey
    given: Mapping[PublicKey, Vouch]
    """By the subject: what is missing here."""
    second: Mapping[PublicKey, Units]
    """What comes to whom after two steps, where it is less than in the walk."""

    def weight(self, person: PublicKey) -> float:
        """T: how much I listen to `person` about the subject; 0 where no path leads to her."""
        _, first, second, third = self.walk.levels
        came = first.get(person, 0) + self.second.get(person, second.get(person, 0))
        if far := third.get(person, 0):
            came += far - self._missing(person)
        return came / UNITS

    def reached(self, steps: int) -> Set[PublicKey]:
        """Who can be reached in one step, or in two."""
        level = self.walk.levels[steps].keys()
        if steps == 1:
            return level
        return level - {each for each, came in self.second.items() if not came}

    def path(self, person: PublicKey) -> tuple[Step, ...]:
        """The shortest way from me to `person`, from each back to whom most came from."""
        reached = (n for n in range(1, LEVELS + 1) if self._after(n, person))
        steps: list[Step] = []
        for n in range(next(reached, 0), 0, -1):
            by, vouch = self._best(n, person)
            steps.append(Step(by, person, vouch.opinion.sources))
            person = by
        return tuple(reversed(steps))

    def _best(self, steps: int, person: PublicKey) -> tuple[PublicKey, Vouch]:
        """Of those who handed on to `person` after so many steps: most, then lowest key."""

        def least(item: tuple[PublicKey, Vouch]) -> tuple[Units, PublicKey]:
            by, vouch = item
            return -_handed(self._after(steps - 1, by), vouch.share), by

        found = self.walk.received[person].items()
        return min((each for each in found if each[0] not in self._silent), key=least)

    @property
    def _silent(self) -> Set[PublicKey]:
        return {self.subject} if self.given else frozenset()

    def _after(self, steps: int, person: PublicKey) -> Units:
        came = self.walk.levels[steps].get(person, 0)
        match steps:
            case 2:
                return self.second.get(person, came)
            case 3 if came:
                return came - self._missing(person)
            case _:
                return came

    def _missing(self, person: PublicKey) -> Units:
        """What comes to `person` in the third step only because the subject hands on."""
        if not self.given:
            return 0
        second, received = self.walk.levels[2], self.walk.received[person]
        missing = 0
        if self.subject in received:
            missing += _handed(second.get(self.subject, 0), received[self.subject].share)
        for by in received.keys() & self.second.keys():
            share = received[by].share
            missing += _handed(second[by], share) - _handed(self.second[by], share)
        return missing


def walk(graph: Graph, me: PublicKey, now: int, distrusted: Set[PublicKey] = frozenset()) -> Walk:
    """How much `me` listens to whom at `now` (Unix seconds).

    `distrusted` are those whom I blocked; whom I hold a negative opinion of is added here.
    """
    out = frozenset(distrusted) | distrusted_by(graph.by(me), now)
    levels: list[dict[PublicKey, Units]] = [{me: UNITS}]
    given: dict[PublicKey, Mapping[PublicKey, Vouch]] = {}
    while len(levels) <= LEVELS:
        levels[-1] = _most(levels[-1])
        level: dict[PublicKey, Units] = {}
        for by, came in levels[-1].items():
            if by not in given:
                given[by] = vouches(graph.by(by), now)
            for about, vouch in given[by].items():
                if handed := _handed(came, vouch.share):
                    level[about] = level.get(about, 0) + handed
        # SPEC 6.2: "then x(me) = 0, and x(d) = 0 for each d whom I distrust"
        for nobody in {me} | (out & level.keys()):
            level.pop(nobody, None)
        levels.append(level)
    return Walk(
        me=me,
        now=now,
        distrusted=out - {me},
        levels=tuple(levels),
        given=given,
        received=_received(given),
    )


def distrusted_by(mine: Iterable[Opinion], now: int) -> frozenset[PublicKey]:
    """Those of whom the latest of my opinions in some scope is negative."""
    # SPEC 6.2: "of whom in some scope the latest of my opinions in force is negative"
    latest: dict[tuple[PublicKey, str | None, str | None], Opinion] = {}
    for each in mine:
        if each.expires_at > now:
            at = each.subject, each.role, each.category
            latest[at] = min(each, latest.get(at, each), key=latest_first)
    return frozenset(each.subject for each in latest.values() if each.strength < 0)


def latest_first(opinion: Opinion) -> tuple[int, tuple[RecordId, ...]]:
    """Of two of one second the one with the lower id stands."""
    return -opinion.made_at, opinion.sources


def vouches(row: Iterable[Opinion], now: int) -> Mapping[PublicKey, Vouch]:
    """To whom one person hands on how much, of her opinions: to each by the strongest."""
    # SPEC 6.2: "f(w, x) is the largest faded referral"
    best: dict[PublicKey, tuple[float, Opinion]] = {}
    for each in row:
        if each.forward <= 0 or each.expires_at <= now:
            continue
        strength = faded(each.forward, each.made_at, now)
        known = best.get(each.subject)
        if known is None or (-strength, each.sources) < (-known[0], known[1].sources):
            best[each.subject] = strength, each
    roots = {about: sqrt(strength) for about, (strength, _) in best.items()}
    whole = fsum(roots.values())
    if not whole:
        return {}
    return {about: Vouch(root / whole, best[about][1]) for about, root in roots.items()}


def faded(strength: float, made_at: int, now: int) -> float:
    """`strength` after the time since it was said."""
    return strength * exp2(-max(0, now - made_at) / HALF_LIFE_SECONDS)


def _handed(came: Units, share: float) -> Units:
    return int(DAMPING * came * share)


def _most(level: dict[PublicKey, Units]) -> dict[PublicKey, Units]:
    """Those of a level who hand on; the others are not reached in so many steps."""
    if len(level) <= FORWARDERS_MAX:
        return level
    first = sorted(level, key=lambda each: (-level[each], each))[:FORWARDERS_MAX]
    return {each: level[each] for each in first}


def _received(
    given: Mapping[PublicKey, Mapping[PublicKey, Vouch]],
) -> Mapping[PublicKey, Mapping[PublicKey, Vouch]]:
    received: dict[PublicKey, dict[PublicKey, Vouch]] = {}
    for by, row in given.items():
        for about, vouch in row.items():
            received.setdefault(about, {})[by] = vouch
    return received
