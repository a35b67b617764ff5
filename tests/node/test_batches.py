"""A batch is entered a table at a time, and checked with a helper: it must not show."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodword.crypto.keys import Signature
from goodword.node.intake import BULK_RECORDS_MAX, Came, Outcome
from goodword.node.verify import BATCH_MIN, CHUNK_RECORDS
from goodword.protocol.errors import NoRoom, Refusal
from goodword.storage import records, views
from tests.make import ANN, BEN, CHEN, NOW, fresh, listing, profile, propose, vouch, withdrawal
from tests.storage import dump
from tests.storage.memory import Memory, memory

APPLES: Final = listing(title="apples 苹果")
PEARS: Final = listing(ANN, title="pears", nonce=b"p" * 16)
SAID: Final[list[bytes]] = [
    each.to_bytes()
    for each in (
        APPLES,
        listing(title="red apples", revision=1),
        listing(title="green apples", revision=1),
        listing(title="old apples", revision=2, text="from last year"),
        withdrawal(APPLES, BEN, revision=1),
        withdrawal(APPLES, BEN, revision=3),
        PEARS,
        listing(ANN, title="pears and apples", nonce=b"p" * 16, revision=1),
        withdrawal(PEARS, ANN, revision=2),
        withdrawal(PEARS, BEN, revision=2),
        profile(ANN, name="Ann"),
        profile(ANN, name="Anna", revision=1),
        vouch(CHEN, ANN.public_key),
        withdrawal(vouch(CHEN, ANN.public_key), CHEN, revision=NOW + 2),
        propose(),
        replace(APPLES, signature=Signature(bytes(64))),
    )
] + [b"no record"]
MANY: Final = [
    listing(CHEN, title=f"bowl {n}", nonce=n.to_bytes(16, "big")).to_bytes() for n in range(100)
]
"""More than are written together."""

batches = st.lists(st.sampled_from([*SAID, *MANY]), min_size=BATCH_MIN, max_size=2 * BATCH_MIN)


@settings(max_examples=40, deadline=None)
@given(batches)
def test_a_batch_comes_to_the_same_as_its_records_one_by_one(batch: list[bytes]) -> None:
    with memory(CHEN) as together, memory(CHEN) as alone:
        outcomes = together.intake.admit_public(batch)
        one_by_one = [each for data in batch for each in alone.intake.admit_public([data])]
        assert list(map(shown, outcomes)) == list(map(shown, one_by_one))
        assert arrived(together) == arrived(alone)
        assert dump.views(together.database) == dump.views(alone.database)
        with together.database.transaction() as db:
            views.rebuild(db, CHEN.public_key)
        assert dump.views(together.database) == dump.views(alone.database)


@pytest.mark.parametrize("at", [0, 1, CHUNK_RECORDS - 1, CHUNK_RECORDS, CHUNK_RECORDS + 1])
def test_of_one_slot_what_comes_later_in_a_batch_finds_what_came_before(at: int) -> None:
    others = MANY[: 2 * CHUNK_RECORDS]
    for first, then in ((SAID[0], SAID[3]), (SAID[1], SAID[2]), (SAID[0], SAID[4])):
        with memory(ANN) as ann:
            batch = [first, *others[:at], then, first, *others[at:]]
            outcomes = ann.intake.admit_public(batch)
            last = outcomes.pop(at + 2)
            assert set(outcomes) == {Came.NEW}
            assert last is Came.KNOWN or isinstance(last, Refusal)
            assert ann.found("apples") != ["apples 苹果"]


def test_an_order_finds_the_listing_that_came_just_before() -> None:
    with memory(BEN) as ben:
        outcomes = ben.intake.admit_many([*MANY, listing().to_bytes(), propose().to_bytes()])
        assert set(outcomes) == {Came.NEW}


def test_room_is_made_while_a_batch_is_half_written() -> None:
    """What leaves had come before it, and what it brings stays."""
    one = len(MANY[0])
    with memory(ANN) as ann:
        ann.intake.room.pot_bytes = 70 * one
        assert set(ann.intake.admit_public(MANY[:60])) == {Came.NEW}
        ann.now = NOW + 60
        strangers = [
            listing(fresh(str(n)), title=f"vase {n}", nonce=bytes(16), now=NOW + 30).to_bytes()
            for n in range(100)
        ]
        outcomes = ann.intake.admit_public(strangers)
        stayed = [
            data for data, outcome in zip(strangers, outcomes, strict=True) if outcome is Came.NEW
        ]
        assert {type(each) for each in outcomes if each is not Came.NEW} == {NoRoom}
        assert arrived(ann)[-len(stayed) :] == stayed
        assert ann.found("bowl") == ["bowl 59"]  # the last that had come
        assert len(ann.found("vase", limit=200)) == len(stayed)
        before = dump.views(ann.database)
        with ann.database.transaction() as db:
            views.rebuild(db, ANN.public_key)
        assert dump.views(ann.database) == before


def test_the_largest_batch_is_taken_as_one() -> None:
    with memory(ANN) as ann:
        batch = (MANY * (1 + BULK_RECORDS_MAX // len(MANY)))[:BULK_RECORDS_MAX]
        outcomes = ann.intake.admit_public(batch)
        assert outcomes[: len(MANY)] == [Came.NEW] * len(MANY)
        assert set(outcomes[len(MANY) :]) == {Came.KNOWN}


def shown(outcome: Outcome) -> str:
    return f"{outcome.code}: {outcome}" if isinstance(outcome, Refusal) else outcome


def arrived(at: Memory) -> list[bytes]:
    """The heap, in the order of arrival."""
    with at.database.reading() as db:
        return [each.to_bytes() for _, each in records.everything(db)]
