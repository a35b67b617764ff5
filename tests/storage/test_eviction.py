"""Whatever leaves in whatever order, the views are what the rest of the heap makes of them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodword.node.intake import Intake
from goodword.protocol.record import Record
from goodword.storage import eviction, holdings, meta, records, soundness, views
from goodword.storage.views import UNCHANGED
from tests.make import ANN, BEN, DAI, contract, fresh, listing, profile, propose, vouch
from tests.storage.memory import Memory, memory
from tests.storage.test_views import PUBLIC

POT = 4_000
"""Bytes: a dozen records."""


def is_sound(of: Memory) -> bool:
    with of.database.transaction() as db:
        before = soundness.fingerprints(db)
        views.rebuild(db, of.owner)
        return before == soundness.fingerprints(db) and not soundness.broken_references(db)


def learn(of: Memory, came: Sequence[Record]) -> None:
    """In a room for a dozen; what left may come back, so that more comes and goes."""
    for each in came:
        of.intake = Intake(of.database, of.owner, lambda: of.now, POT)
        of.learn([each])
        with of.database.transaction() as db:
            at, _ = meta.hand(db)
            meta.set_hand(db, at, 0)


@given(st.lists(st.integers(0, len(PUBLIC) - 1), max_size=60))
@settings(max_examples=60)
def test_views_stay_right_when_records_of_all_kinds_leave(arrivals: list[int]) -> None:
    with memory(DAI) as dai:
        learn(dai, [PUBLIC[n] for n in arrivals])
        with dai.database.reading() as db:
            shares = dai.intake.room.shares(db)
            assert shares["strangers"].bytes <= POT
            assert holdings.of_all(db).records == sum(records.count(db).values())
        assert is_sound(dai)
        assert dai.database.problems() == []


def test_in_a_round_each_row_is_looked_at_once() -> None:
    made = [listing(nonce=n.to_bytes(16, "big")) for n in range(200)]
    with memory(ANN, made) as ann, ann.database.reading() as db:
        for hand in (0, 1, 63, 64, 65, 150, 198, 199, 250):
            seen = [each.seq for each in eviction.after(db, hand, 200, 10_000)]
            assert seen == [*range(hand + 1, 200), *range(1, min(hand, 199) + 1)]
        assert [each.seq for each in eviction.after(db, 198, 200, 3)] == [199, 1, 2]
        assert list(eviction.after(db, 0, 0, 10)) == []


def test_the_last_arrival_and_what_follows_it_stay() -> None:
    one, other = profile(BEN, name="Ben", revision=1), profile(BEN, name="Bo", revision=1)
    with memory(ANN, [one, listing(), other]) as ann, ann.database.transaction() as db:
        first, second = list(eviction.after(db, 0, 3, 10))
        assert eviction.evict(db, first, 3) == UNCHANGED, "its proof came last"
        assert eviction.evict(db, second, 3).freed.records == 1
        assert eviction.evict(db, second, 3) == UNCHANGED
        assert records.count(db) == {"profile": 2}


@pytest.mark.parametrize("is_ordered", [False, True])
def test_the_listing_of_an_order_may_not_go(is_ordered: bool) -> None:
    told = [listing(), propose(contract(listing()))]
    with memory(ANN, told[: 1 + is_ordered]) as ann, ann.database.reading() as db:
        found = [eviction.may_go(db, each) for each in eviction.after(db, 0, 9, 9)]
    assert found == ([False, False] if is_ordered else [True])


def test_people_of_whom_nothing_is_left_have_no_number() -> None:
    """Else a flood of vouches, each of two new keys, would take room without end."""
    flood = [vouch(fresh(f"one {n}"), fresh(f"other {n}").public_key) for n in range(100)]
    with memory(ANN, [vouch(ANN, BEN.public_key)]) as ann:
        learn(ann, flood)
        with ann.database.reading() as db:
            (numbers, last) = db.execute("SELECT count(*), max(id) FROM person").fetchone()
            left = records.count(db)["endorsement"]
            assert (numbers, last) == (2 * left, 202), "and none is given twice"
        assert is_sound(ann)
