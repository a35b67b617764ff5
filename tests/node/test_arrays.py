from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np
import pytest

from goodword.crypto.hashing import digest
from goodword.crypto.keys import PublicKey
from goodword.node.arrays import REBUILD_SECONDS, Arrays, Reach
from goodword.node.edges import ROW, Edges, Row
from goodword.protocol.limits import DAY
from goodword.protocol.opinion import NEVER, Opinion
from goodword.protocol.record import RecordId
from goodword.protocol.scope import Part, Scope
from goodword.protocol.trust import BLOCKED, Found, judge
from goodword.protocol.walk import Walk, distrusted_by, walk
from tests.make import NOW

PEOPLE = 24
ME = 0
LATER = NOW + 90 * DAY
"""When the tests ask: long after the arrays were made, so that what decays meanwhile shows."""

ROLES = (None, None, Part.SELLER, Part.BUYER, Part.MODERATOR)
CATEGORIES = (None, None, "tea", "cups")
SCOPES = [Scope(*each) for each in product((None, *Part), (None, "tea", "cups", "unheard-of"))]


def key(person: int) -> PublicKey:
    return PublicKey(digest(b"test", bytes([person])))


NUMBERS = {key(person): person for person in range(200)}


@dataclass
class Told:
    """Opinions as the pure walk looks them up."""

    opinions: list[Opinion] = field(default_factory=list[Opinion])

    def by(self, rater: PublicKey) -> Sequence[Opinion]:
        return [each for each in self.opinions if each.rater == rater]

    def about(self, subject: PublicKey) -> Sequence[Opinion]:
        return [each for each in self.opinions if each.subject == subject]

    def of_pair(self, rater: int, subject: int) -> list[Row]:
        return rows(each for each in self.by(key(rater)) if each.subject == key(subject))

    def change(self, rater: int, subject: int, opinions: Iterable[Opinion]) -> None:
        pair = key(rater), key(subject)
        self.opinions = [each for each in self.opinions if (each.rater, each.subject) != pair]
        self.opinions += opinions

    def arrays(self, people: int = PEOPLE) -> Arrays:
        return Arrays(Edges.of(rows(self.opinions), people, NOW))


def rows(opinions: Iterable[Opinion]) -> list[Row]:
    """As storage tells them: those of a pair by the ids of their records."""
    ordered = sorted(opinions, key=lambda each: (each.rater, each.subject, each.sources))
    return [
        (
            *(NUMBERS[each.rater], NUMBERS[each.subject]),
            *(each.role.value if each.role else "", each.category or ""),
            *(each.strength, each.forward, each.made_at, each.expires_at),
        )
        for each in ordered
    ]


def opinion(
    rater: int, subject: int, strength: float = 1.0, role: Part | None = None, **changes: object
) -> Opinion:
    plain = Opinion(
        rater=key(rater),
        subject=key(subject),
        role=role,
        category=None,
        strength=strength,
        forward=max(strength, 0.0),
        made_at=NOW,
        expires_at=NEVER,
        sources=(RecordId(digest(b"record", bytes([rater, subject]))),),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def some(dice: random.Random, rater: int, subject: int) -> Opinion:
    """One as endorsements and reviews make them; several have the same second."""
    strength = dice.choice((-1.0, -0.5, 0.0, 0.25, 0.5, 0.5, 1.0, 1.0))
    return opinion(
        rater,
        subject,
        strength,
        dice.choice(ROLES),
        category=dice.choice(CATEGORIES),
        forward=dice.choice((0.0, max(strength, 0.0), max(strength, 0.0))),
        made_at=NOW - DAY * dice.choice((0, 1, 1, 30, 400, 2000)),
        expires_at=dice.choice((NEVER, NEVER, NOW + 200 * DAY, NOW - 1)),
        sources=(RecordId(dice.randbytes(32)),),
    )


def graph(seed: int) -> Told:
    """Where most have a few opinions, of some they have several, and mine are mostly good."""
    dice = random.Random(seed)
    told = Told()
    for _ in range(dice.choice((30, 120, 300))):
        rater, subject = dice.sample(range(PEOPLE), 2)
        told.opinions += [some(dice, rater, subject) for _ in range(dice.choice((1, 1, 2, 4)))]
    for friend in dice.sample(range(1, PEOPLE), 4):
        told.opinions.append(opinion(ME, friend, 0.5, Part.AGENT))
    return told


def distrusted(told: Told, now: int) -> list[int]:
    return [NUMBERS[each] for each in distrusted_by(told.by(key(ME)), now)]


def assert_same(arrays: Arrays, told: Told, people: int = PEOPLE, now: int = LATER) -> None:
    """T, and S+, S-, score and reason of everybody in every scope, are those of the pure rules."""
    pure = walk(told, key(ME), now)
    reach = arrays.reach(ME, distrusted(told, now))
    ours = [reach[each] for each in range(1, people)]
    assert ours == pytest.approx([pure.weight(key(each)) for each in range(1, people)], abs=1e-6)
    for scope in SCOPES:
        assert_same_scores(arrays, reach, told, pure, scope, people)


def assert_same_scores(
    arrays: Arrays, reach: Reach, told: Told, pure: Walk, scope: Scope, people: int
) -> None:
    asked = list(range(1, people))
    scores = arrays.scores(reach, asked, now=pure.now, scope=scope)
    judged = [judge(told, pure, key(each), scope, paths=0) for each in asked]
    assert scores.plus.tolist() == pytest.approx([each.support for each in judged], abs=1e-6)
    assert scores.minus.tolist() == pytest.approx([each.against for each in judged], abs=1e-6)
    assert scores.score.tolist() == pytest.approx([each.score for each in judged], abs=1e-6)
    assert scores.reason.tolist() == pytest.approx([each.reason for each in judged], abs=1e-6)
    assert scores.is_mine.tolist() == [each.is_own for each in judged]


# --- the same numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_arrays_say_what_the_pure_rules_say(seed: int) -> None:
    told = graph(seed)
    assert_same(told.arrays(), told)


@pytest.mark.parametrize("seed", range(20))
def test_they_do_with_what_came_since(seed: int) -> None:
    """Opinions that are new, changed or taken back, also of and by people who are new."""
    told, dice = graph(seed), random.Random(-seed)
    arrays = told.arrays()
    for _ in range(dice.choice((1, 5, 60))):
        rater, subject = dice.sample(range(PEOPLE + 4), 2)
        new = [some(dice, rater, subject) for _ in range(dice.choice((0, 1, 1, 3)))]
        told.change(rater, subject, new)
        arrays.put(rater, subject, rows(new))
    assert_same(arrays, told, PEOPLE + 4)


@pytest.mark.parametrize("seed", range(5))
def test_they_do_when_edges_are_made_anew_meanwhile(seed: int) -> None:
    told, dice = graph(seed), random.Random(seed)
    arrays = told.arrays()
    read_at, edges = arrays.generation, told.arrays().edges
    for _ in range(10):
        rater, subject = dice.sample(range(PEOPLE), 2)
        new = [some(dice, rater, subject)]
        told.change(rater, subject, new)
        arrays.put(rater, subject, rows(new))
    assert_same(arrays.renewed(edges, read_at), told)


def test_they_do_where_more_people_are_reached_than_may_hand_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("goodword.node.arrays.FORWARDERS_MAX", 3)
    monkeypatch.setattr("goodword.protocol.walk.FORWARDERS_MAX", 3)
    told = Told()
    for friend in range(1, 8):
        told.opinions.append(opinion(ME, friend, friend / 10))
        told.opinions.append(opinion(friend, friend + 10, friend / 10))
        told.opinions.append(opinion(friend + 10, 20, 1.0))
    assert_same(told.arrays(), told)


def test_many_rows_at_once_are_the_same_as_one_by_one() -> None:
    told = graph(1)
    edges = told.arrays().edges
    table = np.array(
        [(*row[:2], 0, 0, *row[4:]) for row in rows(told.opinions)],
        dtype=ROW,
    )
    in_bulk = Arrays(Edges(table, PEOPLE, NOW, {"": 0})).reach(ME)
    assert in_bulk.total.tolist() == Arrays(edges).reach(ME).total.tolist()


def test_nobody_lifts_himself_through_those_he_vouches_for() -> None:
    told = Told([opinion(ME, 1, role=Part.AGENT), opinion(1, 2), opinion(2, 3), opinion(2, 1)])
    told.opinions += [opinion(3, 1), opinion(ME, 4), opinion(4, 2, 0.25)]
    assert_same(told.arrays(), told)


def test_what_my_node_found_decides_as_my_own_experience() -> None:
    told = Told([opinion(ME, 1), opinion(1, 2), opinion(1, 3)])
    arrays, pure = told.arrays(), walk(told, key(ME), LATER)
    scores = arrays.scores(arrays.reach(ME), [2, 3], now=LATER, found={2: 1.0})
    blocked = judge(
        told, pure, key(2), found=[Found(what="blocked", strength=BLOCKED, found_at=LATER)]
    )
    assert scores.score[0] == pytest.approx(blocked.score)
    assert scores.is_mine.tolist() == [True, False]
    assert scores.score[1] > 0


def test_nobody_is_known_where_nothing_was_said() -> None:
    arrays = Arrays(Edges.of([], 0, NOW))
    assert arrays.scores(arrays.reach(ME), [], now=NOW).score.tolist() == []
    scores = arrays.scores(arrays.reach(5), [1, 7], now=NOW)
    assert scores.score.tolist() == [0.0, 0.0]
    assert scores.reason.tolist() == [0.0, 0.0]


def test_who_came_after_the_walk_has_no_weight_in_it() -> None:
    arrays = Told([opinion(ME, 1)]).arrays()
    reach = arrays.reach(ME)
    arrays.put(100, 1, rows([opinion(100, 1, -1.0)]))
    assert reach[100] == 0
    assert arrays.scores(reach, [1], now=NOW).minus.tolist() == [0.0]


# --- what must be done again ---------------------------------------------------------------------


def test_a_walk_holds_while_only_strangers_speak() -> None:
    arrays = Told([opinion(ME, 1), opinion(1, 2), opinion(2, 3)]).arrays()
    reach = arrays.reach(ME)
    arrays.put(9, 1, rows([opinion(9, 1)]))
    arrays.put(3, 4, rows([opinion(3, 4)]))  # three steps away: he hands nothing on
    assert arrays.is_current(reach)


@pytest.mark.parametrize("speaker", [ME, 1, 2])
def test_a_walk_is_over_when_one_whom_it_passes_speaks(speaker: int) -> None:
    arrays = Told([opinion(ME, 1), opinion(1, 2), opinion(2, 3)]).arrays()
    reach = arrays.reach(ME)
    arrays.put(speaker, 4, rows([opinion(speaker, 4)]))
    assert not arrays.is_current(reach)
    assert arrays.is_current(arrays.reach(ME))


def test_a_walk_does_not_outlive_the_edges_it_was_made_over() -> None:
    arrays = Told([opinion(ME, 1)]).arrays()
    reach = arrays.reach(ME)
    assert not arrays.renewed(arrays.edges, arrays.generation).is_current(reach)


def test_arrays_are_stale_at_once_when_much_has_come_and_soon_when_little_has() -> None:
    told = Told([opinion(one, other) for one in range(15) for other in range(15) if one != other])
    arrays = told.arrays()
    assert not arrays.is_stale(NOW + DAY)
    arrays.put(20, 21, rows([opinion(20, 21)]))
    assert not arrays.is_stale(NOW + REBUILD_SECONDS - 1)
    assert arrays.is_stale(NOW + REBUILD_SECONDS)
    for subject in (22, 23):
        arrays.put(20, subject, rows([opinion(20, subject)]))
    assert arrays.is_stale(NOW)


def test_arrays_are_stale_when_something_in_them_has_lapsed() -> None:
    told = Told([opinion(ME, 1), opinion(ME, 2, expires_at=NOW + DAY)])
    assert not told.arrays().is_stale(NOW + DAY - 1)
    assert told.arrays().is_stale(NOW + DAY)


def test_an_edge_takes_24_bytes_at_most_in_both_directions() -> None:
    told = Told([opinion(one, other) for one in range(15) for other in range(15) if one != other])
    edges = told.arrays(15).edges
    assert edges.nbytes / edges.opinions <= 24


def test_a_node_starts_without_numpy() -> None:
    """It takes 0.1 s and 15 MB, and is needed only where somebody asks for trust."""
    loaded = "import sys, goodword.node.app; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0
