from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from goodword.node.intake import Came, Intake
from goodword.protocol import errors
from goodword.protocol.bounds import id_of
from goodword.protocol.contract import OrderId
from goodword.protocol.entry import Event
from goodword.protocol.errors import Refusal, UnknownKind
from goodword.protocol.limits import HOUR
from goodword.protocol.record import Record
from goodword.storage import orders, records
from goodword.storage.database import Database, StorageFailed
from tests.make import (
    ANN,
    BEN,
    CHEN,
    DAI,
    NOW,
    chain,
    contract,
    listing,
    profile,
    propose,
    say,
    terms,
    withdrawal,
)
from tests.storage import dump
from tests.storage.memory import Memory, memory
from tests.world import traders

APPLES = listing()
GONE = listing(title="gone", nonce=b"g" * 16)
FORKED = sorted(
    (profile(CHEN, name=name, revision=5) for name in ("Chen", "Chan", "Chun")),
    key=lambda each: each.id,
)
ORDER = chain(propose(contract(APPLES)), (BEN, Event.ACCEPT))
TERMS = contract(APPLES)
KNOWN = [APPLES, GONE, withdrawal(GONE, BEN), profile(ANN, revision=3), *FORKED[:2], *ORDER]
"""What Ben has learned before he is told what he must refuse."""


@pytest.fixture
def ben() -> Generator[Memory]:
    with memory(BEN) as ben:
        ben.now = NOW + 120
        assert {str(each) for each in ben.learn(KNOWN)} == {"new"}
        yield ben


# --- two things at once ------------------------------------------------------------------------


def test_two_records_at_one_revision_are_both_kept_as_evidence(ben: Memory) -> None:
    with ben.database.reading() as db:
        assert records.forks(db, CHEN.public_key) == [(FORKED[0].id, FORKED[1].id)]
        offered = {id_of(each) for each in records.offered(db)}
    assert {FORKED[0].id, FORKED[1].id} <= offered


# --- what is let in ----------------------------------------------------------------------------


def test_what_is_new_is_told_once_and_after_it_is_kept(ben: Memory) -> None:
    told: list[bool] = []

    def listen(new: Record) -> None:
        with ben.database.reading() as db:
            told.append(records.has(db, new.id))

    ben.intake.on_new(listen)
    pears = listing(title="pears", nonce=b"p" * 16)
    assert [ben.intake.admit(pears.to_bytes()) for _ in range(2)] == [Came.NEW, Came.KNOWN]
    assert told == [True]
    with pytest.raises(Refusal):
        ben.intake.admit(listing(title="gone", nonce=b"g" * 16, revision=9).to_bytes())
    assert told == [True]


def test_a_batch_lets_in_the_good_and_refuses_the_bad(ben: Memory) -> None:
    good = [listing(nonce=bytes([n]) * 16).to_bytes() for n in range(3)]
    outcomes = ben.intake.admit_many(
        [
            good[0],
            b"no record",
            good[1],
            profile(ANN, revision=2).to_bytes(),
            good[2],
            withdrawal(APPLES, DAI).to_bytes(),
            good[2],
        ]
    )
    assert outcomes[::2] == [Came.NEW, Came.NEW, Came.NEW, Came.KNOWN]
    assert [type(each) for each in outcomes[1::2]] == [
        errors.Malformed,
        errors.StaleRevision,
        errors.ForeignSlot,
    ]
    assert ben.intake.refused.total() == 3


def test_a_large_batch_is_judged_as_a_small_one_is(ben: Memory) -> None:
    """It is verified by other threads, and each outcome still stands where its record stood."""
    batch = [listing(nonce=n.to_bytes(16, "big")) for n in range(200)]
    forged = {n: replace(batch[n], signature=batch[n - 1].signature) for n in (1, 40, 41, 199)}
    outcomes = ben.intake.admit_many(
        [forged.get(n, each).to_bytes() for n, each in enumerate(batch)]
    )
    assert {n for n, each in enumerate(outcomes) if each is not Came.NEW} == set(forged)
    assert ben.intake.refused == {"record.bad_signature": 4}
    with ben.database.reading() as db:
        arrived = [each for _, each in records.everything(db)][len(KNOWN) :]
    assert arrived == [each for n, each in enumerate(batch) if n not in forged]


def test_an_order_and_its_steps_can_come_in_one_batch() -> None:
    with memory(ANN) as ann:
        outcomes = ann.intake.admit_many([each.to_bytes() for each in [APPLES, *ORDER]])
        assert outcomes == [Came.NEW] * 3
        with ann.database.reading() as db:
            assert orders.load(db, OrderId(ORDER[0].slot)) is not None


def test_my_own_order_comes_back_to_a_home_that_lost_everything() -> None:
    """The other party hands it over again; the listing may be gone for good."""
    with memory(ANN) as ann:
        ann.now = NOW + 120
        assert ann.learn(ORDER) == [Came.NEW] * 2
        with ann.database.reading() as db:
            assert [each.title for each in orders.every(db)] == [TERMS.title]
    with memory(BEN) as ben:
        assert isinstance(ben.learn(ORDER[:1])[0], errors.ListingGone)


def test_an_empty_batch_is_no_matter(ben: Memory) -> None:
    assert ben.intake.admit_many([]) == []


def test_a_batch_is_one_transaction(tmp_path: Path) -> None:
    """Half of it on disk would be a gap that catch-up does not look for."""
    database = Database(tmp_path / "goodword.sqlite")
    intake = Intake(database, BEN.public_key, lambda: NOW)
    told: list[Record] = []
    intake.on_new(told.append)
    before = dump.everything(database)
    with database.reading() as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages + 10}")
    batch = [listing(nonce=bytes([n]) * 16, text="x" * 4_000) for n in range(30)]
    with pytest.raises(StorageFailed):
        intake.admit_many([each.to_bytes() for each in batch])
    assert dump.everything(database) == before
    assert told == []
    with database.reading() as db:
        db.execute("PRAGMA max_page_count = 10000")
    assert set(intake.admit_many([each.to_bytes() for each in batch])) == {Came.NEW}
    assert len(told) == 30
    database.close()


@pytest.mark.parametrize(
    ("made", "is_synced"),
    [
        (profile(CHEN), False),
        (listing(BEN, nonce=b"m" * 16), True),
        (propose(contract(APPLES, nonce=b"q" * 32)), True),
    ],
)
def test_what_others_count_on_is_synced(ben: Memory, made: Record, is_synced: bool) -> None:
    """A stranger's profile comes again by catch-up; my word and an order do not."""
    synced: list[bool] = []

    def listen(_: Record) -> None:
        with ben.database.reading() as db:
            synced.append(db.execute("PRAGMA synchronous").fetchone() == (2,))

    ben.intake.on_new(listen)
    ben.intake.admit(replace_revision(made).to_bytes())
    assert synced == [is_synced]


def replace_revision(made: Record) -> Record:
    """Above what is known already."""
    return profile(CHEN, revision=6) if made.kind == "profile" else made


# --- what comes from anybody ---------------------------------------------------------------------


def test_an_order_by_gossip_goes_no_further_than_its_party(tmp_path: Path) -> None:
    """Passed on, it was a fault to all others: sixteen, and Ben's neighbours refused him."""
    bread = listing(BEN, title="bread")
    opening = propose(contract(bread)).to_bytes()
    with traders(tmp_path, [BEN, CHEN]) as (ben, chen):
        for trader in (ben, chen):
            trader.admit(bread)
            (outcome,) = trader.intake.admit_public([opening])
            assert isinstance(outcome, UnknownKind)
            assert not outcome.is_fault
        assert ben.orders() == []
        ben.intake.admit(opening)
        assert len(ben.orders()) == 1


def test_a_moderator_whose_clock_is_behind_does_not_take_the_letter_for_anothers() -> None:
    """The proposal does not name him yet, and the counter that does is of the future to him."""
    opening = propose(TERMS)
    named = terms(APPLES, moderator=CHEN.public_key).to_body()
    counter = say(BEN, Event.COUNTER, [opening], details={"terms": named}, now=NOW + HOUR)
    letter = [opening.to_bytes(), counter.to_bytes()]
    with memory(CHEN) as chen:
        (refused,) = chen.intake.admit_letter(letter)
        assert isinstance(refused, errors.FromTheFuture)
        with chen.database.reading() as db:
            assert orders.entries_of(db, OrderId(opening.slot)) == {}
        chen.now += HOUR
        assert chen.intake.admit_letter(letter) == [Came.NEW, Came.NEW]
