"""A judgement: what speaks for and against a person from where I stand, and through whom.

Rule 1: there is no second calculation. A score is the sum of the contributions that are shown.
Rule 2: my own experience decides, where I have any; what others say is shown, and not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import fsum, sqrt
from typing import Final

from goodword.crypto.keys import PublicKey

from .opinion import Opinion
from .record import RecordId
from .scope import Scope
from .walk import Graph, Step, Walk, Without, faded

SEVERITY: Final = 4.0
"""How much more a warning weighs than praise: most people are honest, and praise is cheap."""
DOUBT: Final = 0.02
"""Evidence that nobody gave: keeps a score near 0 while there is hardly any."""
OTHER_CATEGORY: Final = 0.3
"""Of what is said in another category than the one asked for."""
FIRM: Final = 0.5
"""Strength from which my own opinion alone makes a word: more than to know somebody."""
PATHS_MAX: Final = 3
"""Paths told with a judgement: more than anybody reads. `Judgement.path` tells the others."""
AVOIDED: Final = -2.0
"""Of whom I distrust, in a ranking: below all that others say, which is above -1."""
LIKING: Final = 0.4
"""Of a score above 0, in a ranking: a good word does not make a bad find a good one."""


BLOCKED: Final = -1.0
"""The strength of a block."""


class Why(StrEnum):
    """Why an opinion that is here is not counted."""

    OWN_EXPERIENCE = "own_experience"
    """I know better myself."""
    DISTRUSTED = "distrusted"
    """I do not listen to who says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What my own node holds against somebody, beside what I have signed: a breach, a block."""

    what: str
    """The code of a breach, or "blocked"."""
    strength: float
    """-1…0: of the opinion that it makes."""
    found_at: int
    """Unix seconds. Of a block it is now: a block does not age."""
    sources: tuple[bytes, ...] = ()
    """The ids of what shows it: two records, or an order of mine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one rater adds to the evidence, or I, or what my node found."""

    rater: PublicKey
    trust: float
    """T: how much I listen to the rater; 1 to myself."""
    weight: float
    """1, or OTHER_CATEGORY."""
    strength: float
    """-1…1, of the day when it was said."""
    age: int
    """Seconds."""
    amount: float
    """What it adds to one side: to `support` if its strength is above 0, else to `against`."""
    scope: Scope
    """In which it was said."""
    sources: tuple[RecordId, ...]
    path: tuple[Step, ...] = ()
    """From me to the rater, where it was asked for."""
    found: Found | None = None
    """Where it is no statement, but what my node found."""
    left_out: Why | None = None
    """None: it is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Of one person, in one scope, at one time."""

    me: PublicKey
    subject: PublicKey
    scope: Scope
    walk: Without
    """Who is listened to: the subject hands on nothing."""
    contributions: tuple[Contribution, ...]
    """What counts first, then by amount, then by rater."""
    unreached: int
    """Raters to whom no path leads: as good as nobody, however many."""

    @property
    def support(self) -> float:
        """S+."""
        return fsum(each.amount for each in self.counted if each.strength > 0)

    @property
    def against(self) -> float:
        """S-."""
        return fsum(each.amount for each in self.counted if each.strength < 0)

    @property
    def score(self) -> float:
        """Above -1 and below 1."""
        good, bad = self.support, SEVERITY * self.against
        return (good - bad) / (good + bad + DOUBT)

    @property
    def reason(self) -> float:
        """0…1: how strong a reason there is to hold the score for true."""
        known = self.support + self.against
        return known / (known + DOUBT)

    @property
    def counted(self) -> tuple[Contribution, ...]:
        return tuple(each for each in self.contributions if each.left_out is None)

    @property
    def is_own(self) -> bool:
        """Whether my own experience decides."""
        return any(each.rater == self.me for each in self.contributions)

    @property
    def is_avoided(self) -> bool:
        """Whether I distrust the person myself."""
        return any(each.rater == self.me and each.strength <= -FIRM for each in self.counted)

    @property
    def is_trusted(self) -> bool:
        """Whether I trust the person myself."""
        return any(each.rater == self.me and each.strength >= FIRM for each in self.counted)

    def path(self, contribution: Contribution) -> tuple[Step, ...]:
        """From me to the rater; empty where that is me, or where none leads there."""
        return () if contribution.rater == self.me else self.walk.path(contribution.rater)


def judge(
    graph: Graph,
    walk: Walk,
    subject: PublicKey,
    scope: Scope = Scope(),  # noqa: B008  it is frozen
    found: Iterable[Found] = (),
    paths: int = PATHS_MAX,
) -> Judgement:
    """What there is to say of `subject` in `scope`, with the paths of the weightiest raters.

    `found`: what my node holds against `subject`, a block too.
    """
    without = walk.without(subject)
    said = _one_of_each(graph, walk, subject, scope)
    heard = [each for opinion in said if (each := _heard(opinion, scope, without))]
    unreached = len(said) - len(heard)
    heard += [_found(walk, each) for each in found]
    # SPEC 6.3: "where there is an opinion of mine under rule 1, or something under rule 4"
    if any(each.rater == walk.me for each in heard):
        heard = [_own_first(each, walk.me) for each in heard]
    heard.sort(key=_order)
    near = [each.rater for each in heard if each.trust and each.rater != walk.me][:paths]
    return Judgement(
        me=walk.me,
        subject=subject,
        scope=scope,
        walk=without,
        contributions=tuple(
            replace(each, path=without.path(each.rater)) if each.rater in near else each
            for each in heard
        ),
        unreached=unreached,
    )


def mix(relevance: float, score: float, *, is_avoided: bool = False) -> float:
    """Where in a list something of a person goes, the highest first.

    `relevance` is above 0 and at most 1: how well it fits what was asked.
    """
    if is_avoided:
        return relevance + AVOIDED
    return relevance + (LIKING * score if score >= 0 else score)


def _one_of_each(graph: Graph, walk: Walk, subject: PublicKey, scope: Scope) -> Sequence[Opinion]:
    """Of each rater the opinion that speaks most to what is asked."""
    best: dict[PublicKey, tuple[tuple[object, ...], Opinion]] = {}
    for each in graph.about(subject):
        if each.expires_at <= walk.now or each.rater == subject or not _is_asked(each, scope):
            continue
        rank = _rank(each, scope)
        known = best.get(each.rater)
        if known is None or rank < known[0]:
            best[each.rater] = rank, each
    return [each for _, each in best.values()]


def _is_asked(opinion: Opinion, scope: Scope) -> bool:
    return scope.part is None or opinion.role is None or opinion.role is scope.part


def _rank(opinion: Opinion, scope: Scope) -> tuple[int, bool, int, tuple[RecordId, ...]]:
    """The lowest counts."""
    # SPEC 6.3: "the category c goes before none, none before another (all are alike where c is
    # none); the role p goes before none (alike where p is none); then the latest"
    category = 0
    if scope.category is not None and opinion.category != scope.category:
        category = 1 if opinion.category is None else 2
    is_of_all = scope.part is not None and opinion.role is None
    return category, is_of_all, -opinion.made_at, opinion.sources


def _heard(opinion: Opinion, scope: Scope, without: Without) -> Contribution | None:
    """None where no path leads to who says it."""
    walk = without.walk
    trust = 1.0 if opinion.rater == walk.me else without.weight(opinion.rater)
    if not trust and opinion.rater not in walk.distrusted:
        return None
    is_other = scope.category is not None and opinion.category not in (None, scope.category)
    weight = OTHER_CATEGORY if is_other else 1.0
    return Contribution(
        rater=opinion.rater,
        trust=trust,
        weight=weight,
        strength=opinion.strength,
        age=max(0, walk.now - opinion.made_at),
        amount=weight * trust * _force(faded(opinion.strength, opinion.made_at, walk.now)),
        scope=opinion.scope,
        sources=opinion.sources,
        left_out=Why.DISTRUSTED if opinion.rater in walk.distrusted else None,
    )


def _found(walk: Walk, found: Found) -> Contribution:
    return Contribution(
        rater=walk.me,
        trust=1.0,
        weight=1.0,
        strength=found.strength,
        age=max(0, walk.now - found.found_at),
        amount=_force(faded(found.strength, found.found_at, walk.now)),
        scope=Scope(),
        sources=(),
        found=found,
    )


def _force(strength: float) -> float:
    """Many weak words for somebody are worth more than one strong one; against, they add up."""
    return sqrt(strength) if strength > 0 else -strength


def _own_first(each: Contribution, me: PublicKey) -> Contribution:
    if each.rater == me or each.left_out:
        return each
    return replace(each, left_out=Why.OWN_EXPERIENCE)


def _order(each: Contribution) -> tuple[object, ...]:
    return each.left_out is not None, -each.amount, each.rater, each.sources
