from __future__ import annotations

import pytest

from goodword.protocol.bounds import id_of
from goodword.protocol.errors import Refusal, StaleRevision, Withdrawn
from goodword.protocol.record import Record, RecordId
from goodword.storage import records
from goodword.storage.database import StorageFailed
from tests.make import (
    ANN,
    BEN,
    CHEN,
    NOW,
    contract,
    listing,
    presence,
    profile,
    propose,
    vouch,
    withdrawal,
)
from tests.storage.memory import Memory, memory

APPLES = listing()
PEARS = listing(title="pears", nonce=b"p" * 16)
ORDER = propose(contract(APPLES))


def codes(outcomes: list[object]) -> list[str]:
    return [each.code if isinstance(each, Refusal) else str(each) for each in outcomes]


def offered(of: Memory) -> list[RecordId]:
    with of.database.reading() as db:
        return [id_of(each) for each in records.offered(db)]


# --- the heap ----------------------------------------------------------------------------------


def test_the_heap_keeps_records_as_they_came() -> None:
    made = [APPLES, profile(), presence(), vouch(), ORDER]
    with memory(made=made) as kept, kept.database.reading() as db:
        assert list(records.everything(db)) == list(enumerate(made, start=1))
        assert records.count(db) == {
            "listing": 1,
            "order": 1,
            "presence": 1,
            "profile": 1,
            "endorsement": 1,
        }
        for seq, each in enumerate(made, start=1):
            assert records.has(db, each.id)
            assert records.get(db, each.id) == records.at(db, seq) == each
            assert records.seq_of(db, each.id) == seq


def test_what_never_came_is_not_there() -> None:
    with memory() as kept, kept.database.reading() as db:
        assert not records.has(db, APPLES.id)
        assert records.get(db, APPLES.id) is None
        assert records.seq_of(db, APPLES.id) is None
        assert records.current(db, BEN.public_key, "listing", APPLES.slot) is None
        assert records.revision(db, BEN.public_key, "listing", APPLES.slot) == 0
        assert list(records.public_bytes(db, [APPLES.id])) == [None]
        assert records.lacking(db, [APPLES.id, PEARS.id]) == [APPLES.id, PEARS.id]


def test_a_record_is_found_by_the_beginning_of_its_id() -> None:
    with memory(made=[APPLES, PEARS]) as kept, kept.database.reading() as db:
        first = APPLES.id[:4]
        found = records.starting_with(db, first.ljust(32, b"\0"), first.ljust(32, b"\xff"))
        assert found == [APPLES.id]
        assert len(records.starting_with(db, bytes(32), b"\xff" * 32)) == 2


def test_bytes_that_the_disk_changed_are_said_so() -> None:
    with memory(made=[APPLES]) as kept:
        with kept.database.transaction() as db:
            db.execute("UPDATE record SET bytes = substr(bytes, 1, 100)")
        with (
            pytest.raises(StorageFailed, match="malformed record in the heap") as caught,
            kept.database.reading() as db,
        ):
            records.get(db, APPLES.id)
    assert "restore a backup" in caught.value.hint


# --- what stands -------------------------------------------------------------------------------


def test_the_highest_revision_stands() -> None:
    revised = listing(title="red apples", revision=3)
    with memory(made=[APPLES, revised]) as kept:
        with kept.database.reading() as db:
            assert records.current(db, BEN.public_key, "listing", APPLES.slot) == revised
            assert records.revision(db, BEN.public_key, "listing", APPLES.slot) == 3
        (outcome,) = kept.learn([listing(title="green apples", revision=2)])
        assert isinstance(outcome, StaleRevision)
        assert str(outcome) == "revision 2 is not above 3, which we have"


def test_a_withdrawn_listing_never_comes_back() -> None:
    gone = withdrawal(APPLES, BEN)
    with memory(made=[APPLES, gone]) as kept:
        (outcome,) = kept.learn([listing(title="apples again", revision=9)])
        assert isinstance(outcome, Withdrawn)
        assert kept.learn([withdrawal(APPLES, BEN, revision=9)]) == ["new"]
        with kept.database.reading() as db:
            current = records.current(db, BEN.public_key, "listing", APPLES.slot)
        assert current is not None
        assert current.is_withdrawal


def test_a_revoked_vouch_can_be_given_again() -> None:
    given = vouch()
    again = vouch(how="we still sing", now=NOW + 2)
    with (
        memory(made=[given, withdrawal(given, CHEN), again]) as kept,
        kept.database.reading() as db,
    ):
        assert records.current(db, CHEN.public_key, "endorsement", given.slot) == again


# --- two things at once ------------------------------------------------------------------------

ONE = profile(name="Ann", revision=1)
OTHER = profile(name="Anna", revision=1)
LOWER, HIGHER = sorted([ONE, OTHER], key=lambda each: each.id)


@pytest.mark.parametrize("came", [[LOWER, HIGHER], [HIGHER, LOWER]])
def test_two_records_at_one_revision_are_both_kept_and_the_lower_id_stands(
    came: list[Record],
) -> None:
    with memory(made=came) as kept, kept.database.reading() as db:
        assert records.count(db) == {"profile": 2}
        assert records.forks(db, ANN.public_key) == [(came[0].id, came[1].id)]
        assert records.forks(db, BEN.public_key) == []
        assert records.current(db, ANN.public_key, "profile", ONE.slot) == LOWER


def test_the_proof_stays_after_a_later_revision() -> None:
    with memory(made=[ONE, OTHER, profile(name="Ann", revision=2)]) as kept:
        with kept.database.reading() as db:
            assert len(records.forks(db, ANN.public_key)) == 1
        assert set(offered(kept)) >= {ONE.id, OTHER.id}


def test_one_proof_is_enough() -> None:
    many = sorted((profile(name=f"Ann {n}", revision=1) for n in range(5)), key=lambda one: one.id)
    with memory() as kept:
        assert codes(list(kept.learn(many))) == ["new"] * 2 + ["record.stale_revision"] * 3
        with kept.database.reading() as db:
            assert len(records.forks(db, ANN.public_key)) == 1


# --- catch-up ----------------------------------------------------------------------------------


def test_what_stands_is_offered_in_the_order_of_time_and_id() -> None:
    revised = listing(title="red apples", revision=1, now=NOW - 1)
    late = [vouch(now=NOW), profile(now=NOW)]
    with memory(made=[APPLES, *late, revised]) as kept:
        assert offered(kept) == [revised.id, *sorted(each.id for each in late)]


def test_a_withdrawal_is_offered_too() -> None:
    gone = withdrawal(APPLES, BEN)
    with memory(made=[APPLES, gone]) as kept:
        assert offered(kept) == [gone.id]


def test_what_two_say_to_each_other_is_offered_to_nobody() -> None:
    with memory(made=[APPLES, ORDER]) as kept:
        assert offered(kept) == [APPLES.id]
        with kept.database.reading() as db:
            asked = [ORDER.id, APPLES.id]
            assert list(records.public_bytes(db, asked)) == [None, APPLES.to_bytes()]
            assert records.lacking(db, [ORDER.id, PEARS.id]) == [PEARS.id]


def test_arrivals_are_counted_by_our_own_clock() -> None:
    with memory() as kept:
        kept.now = NOW + 77
        kept.learn([APPLES])
        with kept.database.reading() as db:
            assert db.execute("SELECT came_at, made_at FROM record").fetchone() == (NOW + 77, NOW)
