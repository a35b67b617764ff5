"""Many sellers scored at once: the same as one by one, whatever comes meanwhile."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import trio
import trio.testing

from goodword.crypto.address import to_address
from goodword.crypto.keys import PublicKey
from goodword.node.crowd import ARRAYS_FROM, REBUILD_SECONDS
from goodword.protocol.endorsement import Strength
from goodword.protocol.limits import DAY
from goodword.protocol.record import Record
from goodword.protocol.review import Rating
from goodword.protocol.scope import Part, Scope
from goodword.protocol.trust import AVOIDED
from goodword.storage import opinions
from goodword.storage.database import Transaction
from tests.make import ANN, NOW, fresh, listing, profile, review, vouch, withdrawal
from tests.world import Trader, Watch

PEOPLE: Final = [ANN, *(fresh(f"town {n}") for n in range(79))]
SELLERS: Final = [each.public_key for each in PEOPLE[1:]]
FRIENDS: Final = PEOPLE[1:4]
STRANGERS: Final = [fresh(f"stranger {n}") for n in range(20)]
"""Of whom nobody speaks yet."""
SCOPES: Final = [
    Scope(),
    *(Scope(each) for each in Part),
    Scope(Part.SELLER, "tea"),
    Scope(None, "cups"),
]
BAD_REVIEW: Final = review(FRIENDS[0], PEOPLE[5], order="bad", rating=Rating.BAD, now=NOW - 1)


def said() -> list[Record]:
    """More opinions than are looked up one by one."""
    dice = random.Random(4)
    made = [vouch(ANN, each.public_key, strength=Strength.TRUST) for each in FRIENDS]
    made += [vouch(ANN, PEOPLE[6].public_key, strength=Strength.WARN), BAD_REVIEW]
    made += [profile(PEOPLE[7], name=name, revision=7) for name in "MN"]
    for n in range(ARRAYS_FROM + 700):
        by, about = dice.sample(PEOPLE[1:], 2)
        now = NOW - dice.randrange(700 * DAY)
        part = dice.choice((None, None, Part.SELLER, Part.BUYER, Part.AGENT))
        if dice.random() < 0.3:
            rating = dice.choice((*Rating, None))
            made.append(review(by, about, order=f"{n}", rating=rating, now=now))
            continue
        made.append(
            vouch(
                by,
                about.public_key,
                strength=dice.choice(tuple(Strength)),
                part=part,
                category=dice.choice((None, None, "tea", "cups")),
                seconds=dice.choice((800, 1200)) * DAY,
                now=now,
            )
        )
    return made


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ann's database, in which all that has come in, by the one door."""
    folder = tmp_path_factory.mktemp("town")
    ann = Trader(ANN, folder)
    ann.intake.admit_many([each.to_bytes() for each in said()])
    ann.admit(*(listing(each, title="tea bowl") for each in PEOPLE[1:]))
    with ann.database.reading() as db:
        assert opinions.has_many(db, ARRAYS_FROM)
    ann.close()
    return ann.path


@pytest.fixture
def ann(town: Path, tmp_path: Path) -> Generator[Trader]:
    shutil.copy(town, tmp_path)
    ann = Trader(ANN, tmp_path, Watch())
    yield ann
    ann.close()


def by_arrays(of: Trader, db: Transaction, scope: Scope) -> Mapping[PublicKey, float]:
    everybody = [*SELLERS, *(each.public_key for each in STRANGERS)]
    return of.trusting.scores(db, everybody, scope)


def one_by_one(of: Trader, db: Transaction, scope: Scope) -> dict[PublicKey, float]:
    """As `trust show` judges each."""
    judged = {
        each: of.trusting.judgement(db, each, scope)
        for each in (*SELLERS, *(each.public_key for each in STRANGERS))
    }
    return {key: AVOIDED if each.is_avoided else each.score for key, each in judged.items()}


def check(of: Trader, scope: Scope = Scope()) -> dict[PublicKey, float]:  # noqa: B008
    """Both ways come to the same numbers, and so to the same order."""
    of.trusting.begin()
    with of.reader.reading() as db:
        many, single = by_arrays(of, db, scope), one_by_one(of, db, scope)
    for key, score in single.items():
        assert many.get(key, 0.0) == pytest.approx(score, abs=2e-6)
    return single


# --- the same numbers --------------------------------------------------------------------------


async def test_with_arrays_and_without_the_scores_are_the_same(
    ann: Trader, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    before = [check(ann, scope) for scope in SCOPES]
    assert len(set(before[0].values())) > 40
    await nursery.start(ann.crowd.run)
    await ann.crowd.ready()
    assert [check(ann, scope) for scope in SCOPES] == before
    ann.watch.forward(100 * DAY)
    for scope in SCOPES:
        check(ann, scope)


async def test_with_arrays_and_without_a_search_shows_the_same(
    ann: Trader, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    before: Any = await ann.market.search(words="bowl", limit=100)
    await nursery.start(ann.crowd.run)
    await ann.crowd.ready()
    after: Any = await ann.market.search(words="bowl", limit=100)
    assert len(after["listings"]) == len(SELLERS)
    assert after == before
    words = [each["trust"]["word"] for each in after["listings"]]
    assert words[-1] == "avoid"


async def test_a_block_and_what_my_node_found_are_not_in_the_arrays_and_count(
    ann: Trader, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    await nursery.start(ann.crowd.run)
    await ann.crowd.ready()
    before = check(ann)
    assert before[PEOPLE[6].public_key] == AVOIDED
    assert before[PEOPLE[7].public_key] < -0.5
    ann.reputation.block(person=to_address(FRIENDS[1].public_key))
    blocked = check(ann)
    assert blocked[FRIENDS[1].public_key] == AVOIDED
    assert blocked != before
    ann.reputation.unblock(person=to_address(FRIENDS[1].public_key))
    assert check(ann) == before


# --- what comes later --------------------------------------------------------------------------


async def test_a_vouch_counts_in_the_very_next_search(
    ann: Trader, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    await nursery.start(ann.crowd.run)
    await ann.crowd.ready()
    before, new = check(ann), STRANGERS[0].public_key
    assert before[new] == 0
    spoken = vouch(FRIENDS[0], new)
    ann.admit(spoken)
    assert check(ann)[new] > 0.2
    ann.admit(vouch(STRANGERS[0], STRANGERS[1].public_key))
    assert check(ann)[STRANGERS[1].public_key] > 0
    ann.watch.forward(1)
    ann.admit(withdrawal(spoken, FRIENDS[0], revision=NOW + 1))
    after = check(ann)
    assert (after[new], after[STRANGERS[1].public_key]) == (0, 0)
    ann.admit(review(FRIENDS[1], STRANGERS[0], order="late"))
    assert check(ann)[new] > 0.2


async def test_a_withdrawn_review_counts_no_more_once_the_arrays_are_new(
    ann: Trader, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    await nursery.start(ann.crowd.run)
    await ann.crowd.ready()
    subject = PEOPLE[5].public_key
    before = check(ann, Scope(Part.SELLER))[subject]
    ann.admit(withdrawal(BAD_REVIEW, FRIENDS[0]))
    await ann.crowd.renewed()
    assert check(ann, Scope(Part.SELLER))[subject] > before


async def test_a_vouch_that_comes_while_somebody_searches_is_in_the_next_search(
    ann: Trader, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """The search sees the database as it was when it began, and not what it is told of."""
    await nursery.start(ann.crowd.run)
    await ann.crowd.ready()
    check(ann)
    ann.trusting.begin()
    with ann.reader.reading() as db:
        assert opinions.people(db) > 0
        ann.admit(vouch(FRIENDS[0], STRANGERS[0].public_key))
        early = by_arrays(ann, db, Scope())
        assert early.get(STRANGERS[0].public_key, 0.0) == 0
    assert check(ann)[STRANGERS[0].public_key] > 0.2


async def test_no_vouch_is_lost_that_comes_while_the_arrays_are_made_anew(
    ann: Trader, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """One task admits, one searches in another thread, and a third thread builds."""
    await nursery.start(ann.crowd.run)
    await ann.crowd.ready()
    new = [each.public_key for each in STRANGERS]
    searches = 0
    with trio.CancelScope() as searching:

        async def search() -> None:
            nonlocal searches
            while True:
                await ann.market.search(words="bowl", limit=1)
                searches += 1

        async with trio.open_nursery() as both:
            both.start_soon(search)
            for n, key in enumerate(new):
                ann.admit(vouch(FRIENDS[n % 3], key), vouch(PEOPLE[8 + n], key))
                ann.watch.forward(REBUILD_SECONDS + 1)
                await ann.crowd.renewed()
            searching.cancel()
    assert searches > 0
    scores = check(ann)
    assert all(scores[key] > 0 for key in new)
    for scope in SCOPES:
        check(ann, scope)


async def test_what_is_built_in_is_not_built_in_again(
    ann: Trader, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    await nursery.start(ann.crowd.run)
    await ann.crowd.ready()
    ann.admit(vouch(FRIENDS[0], STRANGERS[0].public_key))
    assert not ann.crowd.is_due()
    ann.watch.forward(REBUILD_SECONDS + 1)
    assert ann.crowd.is_due()
    await ann.crowd.renewed()
    ann.watch.forward(REBUILD_SECONDS + 1)
    assert not ann.crowd.is_due()
    assert check(ann)[STRANGERS[0].public_key] > 0.2


# --- numpy -------------------------------------------------------------------------------------

_SEARCH: Final = """
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

class Refused(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] == "numpy" and sys.argv[2] == "refused":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Refused())

import trio
import trio.testing
from tests.make import ANN
from tests.world import Trader

async def main():
    ann = Trader(ANN, Path(sys.argv[1]))
    async with trio.open_nursery() as nursery:
        await nursery.start(ann.crowd.run)
        await trio.sleep(5)  # of a clock that jumps: some looks
        found = await ann.market.search(words="bowl", limit=100)
        print(len(found["listings"]), found["listings"][-1]["trust"]["word"])
        print("numpy" in sys.modules)
        nursery.cancel_scope.cancel()
    ann.close()

trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0.05))
"""


def search_elsewhere(folder: Path, numpy: str = "there") -> list[str]:
    """In a process of its own: what it finds, and whether numpy was loaded."""
    done = subprocess.run(
        [sys.executable, "-c", _SEARCH, str(folder), numpy],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_without_numpy_a_search_in_a_large_market_answers(town: Path, tmp_path: Path) -> None:
    shutil.copy(town, tmp_path)
    assert search_elsewhere(tmp_path, "refused") == [f"{len(SELLERS)}", "avoid", "False"]
    assert search_elsewhere(tmp_path) == [f"{len(SELLERS)}", "avoid", "True"]


def test_a_small_node_never_loads_numpy(tmp_path: Path) -> None:
    ann = Trader(ANN, tmp_path)
    ann.admit(*(vouch(ANN, each.public_key) for each in FRIENDS))
    ann.admit(*(listing(each, title="tea bowl") for each in FRIENDS))
    ann.close()
    assert search_elsewhere(tmp_path) == ["3", "some", "reason", "False"]
