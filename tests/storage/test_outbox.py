from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from goodword.crypto.keys import PublicKey
from goodword.protocol.contract import OrderId
from goodword.protocol.entry import Event
from goodword.protocol.limits import DAY
from goodword.protocol.record import RecordId
from goodword.storage import orders, outbox
from goodword.storage.outbox import Debt, State
from tests.make import ANN, BEN, CHEN, NOW, chain, contract, listing, propose, say
from tests.storage.memory import Memory, memory
from tests.world import Trader

APPLES = listing()
PROPOSAL = propose(contract(APPLES, quantity=2))
ACCEPTED, PAID = chain(PROPOSAL, (BEN, Event.ACCEPT), (ANN, Event.PAY_SENT), seconds=1)[1:]
ORDER = OrderId(PROPOSAL.slot)


@pytest.fixture
def seller() -> Generator[Memory]:
    """Ben, who has accepted an order and owes Ann his word of it."""
    with memory(BEN) as ben:
        ben.now = NOW + 10
        ben.learn([APPLES, PROPOSAL, ACCEPTED])
        yield ben


def owed(of: Memory) -> list[Debt]:
    with of.database.reading() as db:
        return outbox.owed(db, ANN.public_key, ORDER)


def shown(of: Memory, seq: int = 3) -> list[tuple[State, str]]:
    with of.database.reading() as db:
        return [(each.state, each.code) for each in outbox.deliveries(db, seq)]


def due(of: Memory, now: int) -> bool:
    with of.database.reading() as db:
        return outbox.recipients_due(db, now) == [ANN.public_key]


def test_my_entry_is_owed_to_the_other_party_and_theirs_is_not(seller: Memory) -> None:
    (debt,) = owed(seller)
    assert debt == Debt(
        seq=3,
        recipient=ANN.public_key,
        order=ORDER,
        id=ACCEPTED.id,
        record=ACCEPTED.to_bytes(),
        state=State.QUEUED,
        attempts=0,
        deposits=0,
        again_at=0,
    )
    with seller.database.reading() as db:
        assert outbox.undelivered(db, ORDER) == [3]
        assert outbox.orders_owed(db, ANN.public_key) == [ORDER]
        assert outbox.next_at(db) == NOW + 10
        assert outbox.count(db) == 1


def test_a_buyer_owes_her_proposal_to_the_seller() -> None:
    with memory(ANN, [APPLES, PROPOSAL]) as ann, ann.database.reading() as db:
        assert [each.record for each in outbox.owed_to(db, BEN.public_key)] == [PROPOSAL.to_bytes()]


def test_an_entry_that_is_refused_is_owed_to_nobody(seller: Memory) -> None:
    before = owed(seller)
    seller.learn([say(BEN, Event.FULFIL, [PROPOSAL, ACCEPTED])])
    assert owed(seller) == before


def test_to_owe_twice_is_to_owe_once(seller: Memory) -> None:
    with seller.database.transaction() as db:
        outbox.owe(db, 3, ANN.public_key, ORDER, NOW + 20)
        outbox.owe(db, 3, ANN.public_key, ORDER, NOW + 30)
        assert outbox.next_at(db) == NOW + 30
    assert len(owed(seller)) == 1


def test_what_is_postponed_is_not_due_until_then(seller: Memory) -> None:
    assert (due(seller, NOW + 9), due(seller, NOW + 10)) == (False, True)
    with seller.database.transaction() as db:
        outbox.postpone(db, ANN.public_key, NOW + 50)
    assert (due(seller, NOW + 49), due(seller, NOW + 50)) == (False, True)
    assert owed(seller)[0].attempts == 1
    with seller.database.transaction() as db:
        outbox.postpone(db, CHEN.public_key, NOW + 99)
        assert outbox.next_at(db) == NOW + 50


def test_who_is_back_is_served_at_once(seller: Memory) -> None:
    with seller.database.transaction() as db:
        outbox.postpone(db, ANN.public_key, NOW + 1_000)
        assert outbox.hasten(db, ANN.public_key, NOW + 20)
        assert not outbox.hasten(db, CHEN.public_key, NOW + 20)
    assert due(seller, NOW + 20)
    assert owed(seller)[0].attempts == 1


def test_what_is_kept_is_owed_no_more_and_stays_to_be_shown(seller: Memory) -> None:
    with seller.database.transaction() as db:
        assert outbox.keep(db, ANN.public_key, ORDER, [ACCEPTED.id]) == 1
        assert outbox.keep(db, ANN.public_key, ORDER, [ACCEPTED.id]) == 0
        assert outbox.undelivered(db, ORDER) == []
        assert outbox.next_at(db) is None
        assert outbox.count(db) == 0
    assert shown(seller) == [(State.KEPT, "")]
    with seller.database.transaction() as db:
        outbox.keep(db, ANN.public_key, ORDER, [ACCEPTED.id], is_read=True)
        outbox.keep(db, ANN.public_key, ORDER, [ACCEPTED.id])
    assert shown(seller) == [(State.READ, "")]


@pytest.mark.parametrize(
    ("recipient", "order", "entry"),
    [
        (CHEN.public_key, ORDER, ACCEPTED.id),
        (ANN.public_key, OrderId(bytes(32)), ACCEPTED.id),
        (ANN.public_key, ORDER, PROPOSAL.id),
        (ANN.public_key, ORDER, RecordId(bytes(32))),
    ],
)
def test_only_what_was_sent_to_somebody_in_this_order_is_kept_by_her(
    seller: Memory, recipient: PublicKey, order: OrderId, entry: RecordId
) -> None:
    with seller.database.transaction() as db:
        assert outbox.keep(db, recipient, order, [entry]) == 0
    assert shown(seller) == [(State.QUEUED, "")]


def test_what_is_refused_is_remembered_but_not_tried(seller: Memory) -> None:
    (debt,) = owed(seller)
    with seller.database.transaction() as db:
        outbox.refuse(db, debt, "order.wrong_turn")
        assert outbox.undelivered(db, ORDER) == []
        assert not outbox.hasten(db, ANN.public_key, NOW + 20)
        outbox.postpone(db, ANN.public_key, NOW + 99)
    assert shown(seller) == [(State.REFUSED, "order.wrong_turn")]
    assert owed(seller) == []
    assert not due(seller, NOW + 1_000)


def test_what_is_kept_is_refused_by_no_late_receipt(seller: Memory) -> None:
    (debt,) = owed(seller)
    with seller.database.transaction() as db:
        outbox.keep(db, ANN.public_key, ORDER, [ACCEPTED.id])
        outbox.refuse(db, debt, "order.wrong_turn")
        outbox.hold(db, [debt], NOW)
    assert shown(seller) == [(State.KEPT, "")]


def test_what_lies_at_a_mailbox_is_owed_and_left_again_ever_later(seller: Memory) -> None:
    waits: list[int] = []
    for _ in range(7):
        (debt,) = owed(seller)
        with seller.database.transaction() as db:
            outbox.hold(db, [debt], NOW)
        (held,) = owed(seller)
        waits.append(held.again_at - NOW)
    assert [each // DAY for each in waits] == [1, 2, 4, 8, 16, 16, 16]
    assert shown(seller) == [(State.HELD, "")]
    assert due(seller, NOW + 10)
    with seller.database.reading() as db:
        assert outbox.undelivered(db, ORDER) == [3]


def test_who_follows_an_entry_has_it() -> None:
    """Ann pays: so she has Ben's acceptance, whatever became of its receipt."""
    with memory(BEN, [APPLES, PROPOSAL]) as ben:
        ben.now = NOW + 10
        ben.learn([ACCEPTED])
        assert shown(ben) == [(State.QUEUED, "")]
        ben.learn([PAID])
        assert shown(ben) == [(State.KEPT, "")]


def test_who_lost_an_order_is_owed_all_of_it_again(seller: Memory) -> None:
    """Her own entries too: a restored backup may lack them."""
    (debt,) = owed(seller)
    with seller.database.transaction() as db:
        outbox.refuse(db, debt, "order.unknown")
        outbox.owe_all(db, ANN.public_key, ORDER, NOW + 20)
    assert [each.record for each in owed(seller)] == [PROPOSAL.to_bytes(), ACCEPTED.to_bytes()]
    with seller.database.reading() as db:
        assert outbox.is_whole(db, ANN.public_key, ORDER)


def test_a_restart_forgets_no_debt(tmp_path: Path) -> None:
    ben = Trader(BEN, tmp_path)
    ben.watch.forward(10)
    ben.admit(APPLES, PROPOSAL, ACCEPTED)
    ann = Trader(ANN, tmp_path, ben.watch)
    before = ben.debts(ann)
    ben.restart()
    assert ben.debts(ann) == before
    assert len(before) == 1
    with ben.database.reading() as db:
        assert len(orders.every(db)) == 1
    ann.close()
    ben.close()
