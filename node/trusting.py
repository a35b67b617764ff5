"""How much reason I have to trust somebody, and through whom: in numbers, in a word, as JSON."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence, Set
from math import fsum
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import endorsement, review, trust, walk
from goodword.protocol.breaches import MEANINGS, Wrong
from goodword.protocol.entry import Role
from goodword.protocol.opinion import Opinion
from goodword.protocol.record import Record, RecordId
from goodword.protocol.scope import Part, Scope
from goodword.protocol.trust import (
    AVOIDED,
    BLOCKED,
    DOUBT,
    SEVERITY,
    Contribution,
    Found,
    Judgement,
)
from goodword.protocol.voices import Voices, voices
from goodword.protocol.walk import Step, Walk
from goodword.protocol.word import word
from goodword.storage import findings, opinions, people, records, reviews
from goodword.storage.database import Transaction

from . import reading, show
from .aside import Aside
from .clock import Clock
from .crowd import Crowd
from .reading import Misunderstood
from .show import Json

EVIDENCE_MAX: Final = 50
"""Voices told one by one; what the others say is told as a sum."""

BRIEF_MAX: Final = 3
"""The same beside a listing or an order: a sentence."""

WALK_SECONDS: Final = 60
"""How long a walk stays good while no opinion changes: some expire."""

BLOCK: Final = "blocked"
"""What my node holds against whom I blocked."""

LARGE_VOUCHES: Final = 50_000
"""Read in one walk: half a second. Some hundred friends with a hundred vouches each, and theirs,
are a tenth of it."""

STATEMENTS_MAX: Final = 4_096
"""Remembered from one answer to the next; 4 MB."""

APART_MAX: Final = 20
"""Roles and categories told apart."""

JUDGED_MAX: Final = 20_000
"""Opinions that are looked at for that, half a second: of somebody of whom thousands speak, fewer
scopes are told."""

SAID_MAX: Final = 1_000
"""Opinions that may come before it is looked at whether a walk still stands."""


class _Gone(Exception):
    """A record that a walk goes along has left since it was walked."""


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


class _Page:
    """What is told of people and records in one moment of the database, each looked up once."""

    def __init__(self, db: Transaction, statements: dict[RecordId, Json]) -> None:
        """`statements`: what was looked up for earlier pages; an id never means anything else."""
        self.db = db
        self.briefs: dict[tuple[PublicKey, Scope], Json] = {}
        self._people: dict[PublicKey, Json] = {}
        self._statements = statements

    def person(self, key: PublicKey) -> Json:
        if key not in self._people:
            self._people[key] = show.person(self.db, key)
        return self._people[key]

    def leg(self, step: Step) -> Json:
        return {
            "from": self.person(step.by),
            "to": self.person(step.about),
            "says": self.statement(step.sources[0])["says"],
            "records": [each.hex() for each in step.sources],
        }

    def statement(self, record_id: RecordId) -> Json:
        """What an endorsement or a review says. Raises _Gone where it has left."""
        known = self._statements
        if record_id in known:
            if not records.has(self.db, record_id):
                raise _Gone
        else:
            known[record_id] = _statement(self.db, record_id)
            if len(known) > STATEMENTS_MAX:
                del known[next(iter(known))]
        return known[record_id]

    def voices(self, heard: Voices) -> Json:
        only = {"for_through": heard.only_support, "against_through": heard.only_against}
        return {
            "for": heard.support,
            "against": heard.against,
            **{side: self.person(key) if key else None for side, key in only.items()},
        }


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
        self._page: _Page | None = None
        """Of the moment that is read now."""

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
        self._page = None

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

    def _page_of(self, db: Transaction) -> _Page:
        if self._page is None or self._page.db is not db:
            self._page = _Page(db, self._statements)
        return self._page

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

    def near(self, db: Transaction) -> list[PublicKey]:
        """Whom I listen to, most first: whose listings no flood of others is to hide."""
        walked = self.walk(db)
        reached = {each for level in walked.levels[1:] for each in level}
        return sorted(reached, key=lambda each: (-walked.weight(each), each))

    def told(self, db: Transaction, person: PublicKey, scope: Scope, evidence_max: int) -> Json:
        """A judgement as the local API tells it: `support` and `against` are the sums of
        `evidence`, `findings` and `rest`."""
        try:
            return self._told(db, person, scope, evidence_max)
        except _Gone:  # superseded, or made room for others: then the walk is over
            self._walked = None
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
            "evidence": [self._voice(page, judged, each) for each in said[:evidence_max]],
            "rest": _rest(said[evidence_max:]),
            "findings": [_finding(each, each.found) for each in judged.counted if each.found],
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

    def _voice(self, page: _Page, judged: Judgement, said: Contribution) -> Json:
        path = judged.path(said)
        return {
            "rater": page.person(said.rater),
            "is_me": said.rater == self._me,
            "steps": len(path),
            "path": [page.leg(each) for each in path],
            **page.statement(said.sources[0]),
            "orders": reviews.count_between(page.db, said.rater, judged.subject, said.scope.part),
            "trust": said.trust,
            "strength": said.strength,
            "weight": said.weight,
            "amount": said.amount if said.strength > 0 else -said.amount,
            "is_counted": said.left_out is None,
            "records": [each.hex() for each in said.sources],
        }


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


def _finding(said: Contribution, found: Found) -> Json:
    is_record = len(found.sources) > 1
    return {
        "what": found.what,
        "text": "is blocked by you" if found.what == BLOCK else MEANINGS[Wrong(found.what)].text,
        "amount": -said.amount,
        "found_at": found.found_at,
        "records": [each.hex() for each in found.sources] if is_record else [],
        "order": found.sources[0].hex() if found.sources and not is_record else None,
    }


def _rest(said: Sequence[Contribution]) -> Json:
    counted = [each for each in said if each.left_out is None]
    return {
        "people": len(counted),
        "support": fsum(each.amount for each in counted if each.strength > 0),
        "against": fsum(each.amount for each in counted if each.strength < 0),
    }


def _statement(db: Transaction, record_id: RecordId) -> Json:
    """What an endorsement or a review says, in the same names."""
    record = records.get(db, record_id)
    if record is None:
        raise _Gone
    if record.kind == endorsement.KIND:
        said = endorsement.read(record)
        return {
            "says": said.strength.value,
            "text": said.how,
            "role": said.scope.part.value if said.scope.part else None,
            "category": said.scope.category,
            "made_at": record.made_at,
        }
    reviewed = review.read(record)
    return {
        "says": reviewed.rating.value if reviewed.rating else None,
        "text": reviewed.text,
        "role": Part.SELLER.value if reviewed.role is Role.BUYER else Part.BUYER.value,
        "category": None,
        "made_at": record.made_at,
    }
