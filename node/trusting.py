"""How much reason I have to trust somebody, and through whom: in numbers, in a word, as JSON."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence, Set
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import endorsement, review, trust, walk
from goodword.protocol.opinion import Opinion
from goodword.protocol.record import Record, RecordId
from goodword.protocol.scope import Part, Scope
from goodword.protocol.trust import (
    AVOIDED,
    BLOCKED,
    DOUBT,
    SEVERITY,
    Found,
    Judgement,
)
from goodword.protocol.voices import voices
from goodword.protocol.walk import Walk
from goodword.protocol.word import word
from goodword.storage import findings, opinions, people
from goodword.storage.database import Transaction

from . import reading
from .aside import Aside
from .clock import Clock
from .crowd import Crowd
from .reading import Misunderstood
from .show import Json
from .telling import BLOCK, Gone, Page, finding, rest

EVIDENCE_MAX: Final = 50
"""Voices told one by one; what the others say is told as a sum."""

BRIEF_MAX: Final = 3
"""The same beside a listing or an order: a sentence."""

WALK_SECONDS: Final = 60
"""How long a walk stays good while no opinion changes: some expire."""

LARGE_VOUCHES: Final = 50_000
"""Read in one walk: half a second. Some hundred friends with a hundred vouches each, and theirs,
are a tenth of it."""

APART_MAX: Final = 20
"""Roles and categories told apart."""

JUDGED_MAX: Final = 20_000
"""Opinions that are looked at for that, half a second: of somebody of whom thousands speak, fewer
scopes are told."""

SAID_MAX: Final = 1_000
"""Opinions that may come before it is looked at whether a walk still stands."""


class _Graph:
    """The opinions in the database, each looked up once."""

    def __init__(self, db: Transaction, now: int, raters: Set[int] = frozenset()) -> None:
        """`raters`: whose opinions `about` tells, by their numbers."""
        self._db = db
        self._now = now
        self._raters = raters
        self._about: dict[PublicKey, list[Opinion]] = {}

    def by(self, rater: PublicKey) -> Sequence[Opinion]:
        return opinions.by(self._db, rater, self._now)

    def about(self, subject: PublicKey) -> Sequence[Opinion]:
        if subject not in self._about:
            self._about[subject] = opinions.about_by(self._db, subject, self._raters, self._now)
        return self._about[subject]


def _heard(db: Transaction, walked: Walk) -> frozenset[int]:
    """Whose words count or are shown, by their numbers: what strangers say is not even read, for a
    million of them can speak of one person."""
    keys = {walked.me, *walked.distrusted}.union(*walked.levels)
    return frozenset(opinions.ids_of(db, list(keys)).values())


class Trusting:
    def __init__(self, aside: Aside, crowd: Crowd, me: PublicKey, clock: Clock) -> None:
        self._aside = aside
        self._crowd = crowd
        self._me = me
        self._clock = clock
        self._said: deque[PublicKey] = deque(maxlen=SAID_MAX)
        """Whose opinions changed, the last at the end."""
        self._noting = threading.Lock()
        """Of these two: they change in the thread of the door."""
        self._generation = 0
        """How many that were."""
        self._seen = self._noted = 0
        """What was noted before the database was looked at for what is asked now."""
        aside.on_read = self.begin
        self._walked: tuple[int, frozenset[PublicKey], Walk] | None = None
        """The last walk, the generation that it is of, and whom I had blocked."""
        self._raters: frozenset[int] = frozenset()
        """Who is heard in it."""
        self._statements: dict[RecordId, Json] = {}
        self._page: Page | None = None
        self._is_looked_at = False
        """Whether the page is of the moment that is read now."""
        self._near: tuple[Walk, Sequence[PublicKey]] | None = None

    def note(self, record: Record) -> None:
        """A record came: if it changes opinions of those whom I listen to, the walk is over."""
        if record.kind in (endorsement.KIND, review.KIND):
            self._crowd.note(record)
            with self._noting:
                self._said.append(record.author)
                self._generation += 1

    def begin(self) -> None:
        """Before the database is looked at: what comes in between counts the next time."""
        self._seen, self._noted = self._generation, self._crowd.noted
        self._is_looked_at = False

    # --- asked by people -----------------------------------------------------------------------

    async def show(self, *, person: str, role: str = "", category: str = "") -> Json:
        """How much reason I have to trust a person, through whom, and what it is the sum of."""
        if role and role not in set(Part):
            raise Misunderstood(f"{role!r} is no role", f"it is one of {', '.join(Part)}")
        scope = Scope(
            Part(role) if role else None, reading.category_named(category) if category else None
        )

        def ask(db: Transaction) -> Json:
            key = reading.person(db, person)
            told = self.told(db, key, scope, EVIDENCE_MAX)
            return {**told, "apart": [] if key == self._me else self._apart(db, key, scope)}

        return await self._aside.read(ask)

    async def of(self, people: Mapping[Part, PublicKey]) -> Json:
        """The same in brief, of several, each in his part."""

        def ask(db: Transaction) -> Json:
            return {part.value: self.brief(db, key, Scope(part)) for part, key in people.items()}

        return await self._aside.read(ask)

    def brief(self, db: Transaction, person: PublicKey, scope: Scope) -> Json:
        briefs = self._page_of(db).briefs
        if (person, scope) not in briefs:
            briefs[person, scope] = self.told(db, person, scope, BRIEF_MAX)
        return briefs[person, scope]

    def _page_of(self, db: Transaction) -> Page:
        page = self._page
        if page is None or page.db is not db or not self._is_looked_at:
            walked = self.walk(db)
            if page is None or not page.is_of(db, walked):
                page = Page(db, walked, self._statements)
            self._page, self._is_looked_at = page, True
        return page

    # --- for whoever has the database open -----------------------------------------------------

    def walk(self, db: Transaction) -> Walk:
        """From me, now. Asked for again it costs nothing, until an opinion changes."""
        seen, blocked, now = self._seen, frozenset(people.blocked(db)), self._clock()
        if self._walked and self._walked[1] == blocked:
            generation, _, walked = self._walked
            if 0 <= now - walked.now < WALK_SECONDS and self._stands(walked, generation):
                self._walked = max(seen, generation), blocked, walked
                return walked
        walked = walk.walk(_Graph(db, now), self._me, now, blocked)
        self._walked, self._raters = (seen, blocked, walked), _heard(db, walked)
        return walked

    def _stands(self, walked: Walk, generation: int) -> bool:
        """Whether nobody has said anything since then who hands on in it, or whom I distrust: what
        strangers say without end must not make each answer walk anew. Where a fooled friend has
        made the walk long, his farm cannot either: only I can, or WALK_SECONDS."""
        with self._noting:
            new = self._generation - generation
            if new > len(self._said):
                return False
            said = list(self._said)[len(self._said) - new :][: max(0, self._seen - generation)]
        if self._me in said:
            return False
        is_large = sum(map(len, walked.given.values())) > LARGE_VOUCHES
        return is_large or not any(
            each in walked.given or each in walked.distrusted for each in said
        )

    def _graph(self, db: Transaction) -> _Graph:
        return _Graph(db, self.walk(db).now, self._raters)

    def judgement(self, db: Transaction, person: PublicKey, scope: Scope) -> Judgement:
        return self._judged(db, self._graph(db), person, scope)

    def _judged(self, db: Transaction, graph: _Graph, person: PublicKey, scope: Scope) -> Judgement:
        walked = self.walk(db)
        against = _against(db, person, walked.now)
        return trust.judge(graph, walked, person, scope, against)

    def scores(
        self, db: Transaction, sellers: Sequence[PublicKey], scope: Scope
    ) -> Mapping[PublicKey, float]:
        """What a list is ordered by: scores, and AVOIDED for whom I distrust. Who is not named
        is a stranger of whom nobody says anything: 0."""
        walked, blocked = self.walk(db), set(people.blocked(db))
        known = findings.whom(db, sellers) | walked.distrusted
        told = self._crowd.scores(db, sellers, scope, walked.distrusted, self._noted)
        if told is None:
            spoken_of = opinions.ids_of(db, sellers)
            return {
                each: self._score(db, each, scope)
                for each in sellers
                if each in spoken_of or each in known or each in blocked
            }
        # What my own node knows is not in the arrays.
        own = {each: self._score(db, each, scope) for each in sellers if each in known}
        return {**told, **own}

    def _score(self, db: Transaction, person: PublicKey, scope: Scope) -> float:
        judged = self.judgement(db, person, scope)
        return AVOIDED if judged.is_avoided else judged.score

    def between(
        self, db: Transaction, other: PublicKey | None, people_: Sequence[PublicKey]
    ) -> Mapping[PublicKey, float]:
        """Of each as a moderator the lower of two scores: mine, and what `other` sees if he knows
        what I know. Neither side's word counts on the other one."""
        scope, now = Scope(Part.MODERATOR), self._clock()
        graph, blocked = _Graph(db, now), frozenset(people.blocked(db))
        out = blocked if other is None else blocked | {other}
        sides = [walk.walk(graph, self._me, now, out)]
        if other is not None:
            sides.append(walk.walk(graph, other, now, frozenset({self._me})))
        raters = frozenset[int]().union(*(_heard(db, each) for each in sides))
        heard = _Graph(db, now, raters)
        return {
            each: min(
                trust.judge(
                    heard, side, each, scope, _against(db, each, now) if side is sides[0] else ()
                ).score
                for side in sides
            )
            for each in people_
        }

    def near(self, db: Transaction) -> Sequence[PublicKey]:
        """Whom I listen to, most first: whose listings no flood of others is to hide."""
        walked = self.walk(db)
        if self._near is None or self._near[0] is not walked:
            reached = {each for level in walked.levels[1:] for each in level}
            most = sorted(reached, key=lambda each: (-walked.weight(each), each))
            self._near = walked, most
        return self._near[1]

    def told(self, db: Transaction, person: PublicKey, scope: Scope, evidence_max: int) -> Json:
        """A judgement as the local API tells it: `support` and `against` are the sums of
        `evidence`, `findings` and `rest`."""
        try:
            return self._told(db, person, scope, evidence_max)
        except Gone:  # superseded, or made room for others: then the walk is over
            self._walked = self._page = None
            return self._told(db, person, scope, evidence_max)

    def _told(self, db: Transaction, person: PublicKey, scope: Scope, evidence_max: int) -> Json:
        judged = self.judgement(db, person, scope)
        heard = voices(judged)
        said = [each for each in judged.contributions if each.found is None]
        page = self._page_of(db)
        return {
            "person": page.person(person),
            "is_me": person == self._me,
            "is_blocked": people.contact(db, person).is_blocked,
            "role": scope.part.value if scope.part else None,
            "category": scope.category,
            "word": word(judged, heard).value,
            "score": judged.score,
            "reason": judged.reason,
            "support": judged.support,
            "against": judged.against,
            "lambda": SEVERITY,
            "kappa": DOUBT,
            "voices": page.voices(heard),
            "evidence": [page.voice(judged, each) for each in said[:evidence_max]],
            "rest": rest(said[evidence_max:]),
            "findings": [finding(each, each.found) for each in judged.counted if each.found],
        }

    def _apart(self, db: Transaction, person: PublicKey, asked: Scope) -> list[Json]:
        """What the same comes to in each role and category that somebody spoke of: a bad buyer
        can be a good seller."""
        graph, walked = self._graph(db), self.walk(db)
        told = graph.about(person)
        heard: dict[Scope, float] = {}
        for each in told:
            weight = 1.0 if each.rater == self._me else walked.weight(each.rater)
            for scope in (each.scope, Scope(each.role)):
                heard[scope] = max(weight, heard.get(scope, 0.0))
        heard.pop(asked, None)
        # By who is heard most in it: a fool's farm has as many scopes as it likes.
        most = sorted(heard, key=lambda each: (-heard[each], _spelled(each)))
        most = most[: min(APART_MAX, JUDGED_MAX // max(1, len(told)))]
        return [
            {
                "role": scope.part.value if scope.part else None,
                "category": scope.category,
                "word": word(judged, voices(judged)).value,
                "score": judged.score,
                "reason": judged.reason,
            }
            for scope in sorted(most, key=_spelled)
            if (judged := self._judged(db, graph, person, scope)).counted
        ]


def _spelled(scope: Scope) -> tuple[str, str]:
    return scope.part or "", scope.category or ""


def _against(db: Transaction, person: PublicKey, now: int) -> list[Found]:
    """What my own node holds against her."""
    found = [
        Found(
            what=each.wrong.value,
            strength=each.strength,
            found_at=each.made_at,
            sources=(each.order,) if each.order else each.records,
        )
        for each in findings.against(db, person)
    ]
    if people.contact(db, person).is_blocked:
        found.append(Found(what=BLOCK, strength=BLOCKED, found_at=now))
    return found
