from __future__ import annotations

from collections.abc import Generator

import pytest

from goodword.crypto.keys import PublicKey
from goodword.protocol.contract import OrderId
from goodword.protocol.letter import Fate
from goodword.protocol.record import RecordId
from goodword.storage import receipts
from goodword.storage.database import Database, Transaction
from goodword.storage.outbox import WAIT_SECONDS_MAX
from goodword.storage.receipts import REFUSED_MAX
from tests.make import ANN, BEN, NOW

ORDER = OrderId(b"o" * 32)
TOKEN = b"t" * 32
FIRST, SECOND = (RecordId(bytes([n]) * 32) for n in (1, 2))


@pytest.fixture
def database() -> Generator[Database]:
    database = Database()
    yield database
    database.close()


def note(
    db: Transaction,
    *ids: RecordId,
    told_at: int | None = None,
    sender: PublicKey = ANN.public_key,
) -> None:
    receipts.note(db, sender, ORDER, TOKEN, ids, told_at=told_at)


def due(db: Transaction) -> list[tuple[Fate, list[RecordId]]]:
    return [(each.fate, list(each.ids)) for each in receipts.due(db, ANN.public_key)]


def test_who_has_heard_it_at_once_is_not_told_again(database: Database) -> None:
    with database.transaction() as db:
        note(db, FIRST)
        assert due(db) == []
        assert receipts.next_at(db) is None


def test_what_came_by_a_mailbox_is_told_once(database: Database) -> None:
    with database.transaction() as db:
        note(db, FIRST, SECOND, told_at=NOW)
        assert receipts.senders_due(db, NOW - 1) == []
        assert receipts.senders_due(db, NOW) == [ANN.public_key]
        (each,) = receipts.due(db, ANN.public_key)
        assert (each.token, each.ids) == (TOKEN, [FIRST, SECOND])
        receipts.told(db, each, is_held=False)
        assert due(db) == []


def test_a_look_is_told_once_for_each_entry(database: Database) -> None:
    with database.transaction() as db:
        note(db, FIRST)
        assert receipts.look(db, ORDER, NOW)
        assert not receipts.look(db, ORDER, NOW)
        assert due(db) == [(Fate.READ, [FIRST])]
        receipts.told(db, *receipts.due(db, ANN.public_key), is_held=False)
        note(db, FIRST, SECOND)
        assert receipts.look(db, ORDER, NOW)
        assert due(db) == [(Fate.READ, [FIRST, SECOND])] or due(db) == [(Fate.READ, [SECOND])]


def test_what_was_left_at_a_mailbox_is_told_again_when_they_meet(database: Database) -> None:
    with database.transaction() as db:
        note(db, FIRST, told_at=NOW)
        receipts.told(db, *receipts.due(db, ANN.public_key), is_held=True)
        assert due(db) == []
        assert not receipts.hasten(db, BEN.public_key, NOW)
        assert receipts.hasten(db, ANN.public_key, NOW)
        receipts.told(db, *receipts.due(db, ANN.public_key), is_held=False)
        assert not receipts.hasten(db, ANN.public_key, NOW)


def test_refusals_of_anybody_fill_no_disk(database: Database) -> None:
    with database.transaction() as db:
        note(db, FIRST)
        for n in range(REFUSED_MAX + 9):
            record = RecordId(n.to_bytes(32, "big"))
            receipts.note_refused(db, BEN.public_key, ORDER, TOKEN, record, "no", NOW + n)
        (rows,) = db.execute("SELECT count(*) FROM receipt").fetchone()
        assert rows == REFUSED_MAX + 1
        for each in receipts.due(db, BEN.public_key):
            receipts.told(db, each, is_held=True)


def test_a_refusal_that_was_told_is_forgotten(database: Database) -> None:
    with database.transaction() as db:
        receipts.note_refused(db, ANN.public_key, ORDER, TOKEN, FIRST, "order.full", NOW)
        (each,) = receipts.due(db, ANN.public_key)
        assert (each.fate, each.code) == (Fate.REFUSED, "order.full")
        receipts.told(db, each, is_held=True)
        assert db.execute("SELECT count(*) FROM receipt").fetchone() == (0,)


def test_what_is_kept_is_not_refused_afterwards(database: Database) -> None:
    with database.transaction() as db:
        note(db, FIRST)
        receipts.note_refused(db, ANN.public_key, ORDER, TOKEN, FIRST, "order.full", NOW)
        assert due(db) == []
        assert receipts.kept(db, ANN.public_key, TOKEN) == [FIRST]


def test_a_clock_that_ran_ahead_puts_no_receipt_off(database: Database) -> None:
    with database.transaction() as db:
        note(db, FIRST, told_at=NOW)
        receipts.postpone(db, ANN.public_key, NOW + WAIT_SECONDS_MAX)
        assert receipts.senders_due(db, NOW) == []
        receipts.postpone(db, ANN.public_key, NOW + WAIT_SECONDS_MAX + 1)
        assert receipts.senders_due(db, NOW) == [ANN.public_key]
