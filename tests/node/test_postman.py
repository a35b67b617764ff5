"""The postman on a road of the test's making: who answers, and what, is up to the test."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import pytest
import trio

from goodword.protocol import letter, mailroom, work
from goodword.protocol.letter import Envelope, Fate, Letter, Receipt
from goodword.protocol.limits import DAY
from goodword.protocol.mailroom import Done
from goodword.storage import outbox
from tests.make import ANN, BEN, CHEN, DAI, PEER, mailbox, presence
from tests.node.deal import Deal
from tests.node.office import Office, keeps_for, letters_at, states
from tests.node.peer_process import eventually, running
from tests.world import Trader, gossip, traders


@pytest.fixture
def people(tmp_path: Path) -> Generator[list[Trader]]:
    with traders(tmp_path, [ANN, BEN, CHEN, DAI]) as people:
        yield people


@pytest.fixture
def deal(people: Sequence[Trader]) -> Deal:
    return Deal(people[0], people[1])


@pytest.fixture
def chen(people: Sequence[Trader]) -> Trader:
    return people[2]


@pytest.fixture
def dai(people: Sequence[Trader]) -> Trader:
    return people[3]


def ordered(deal: Deal) -> str:
    """What Ann wants, and Ben has not heard of yet."""
    listing = str(deal.ben.listings()[0]["listing"])
    return str(deal.ann.trading.place(listing=listing)["order"])


def forget_orders(trader: Trader) -> None:
    with trader.database.transaction() as db:
        for table in ("outbox", "receipt", "trade"):
            db.execute(f"DELETE FROM {table}")
        db.execute("DELETE FROM record WHERE kind = 'order'")


# --- at her door -------------------------------------------------------------------------------


async def test_an_order_that_she_cannot_take_keeps_no_other_waiting(deal: Deal) -> None:
    """Ben lost an order, and may not open it again: the listing was withdrawn meanwhile. Ann has
    something to say in it; and after that she orders something else."""
    deal.place()
    deal.take(deal.ben, "accept")
    lost = deal.id
    forget_orders(deal.ben)
    deal.ben.market.withdraw(listing=str(deal.seen_by(deal.ann)["listing"]))
    apples = str(deal.ben.market.publish(title="apples", price="1 EUR")["listing"])
    gossip(deal.ben, deal.ann)
    deal.ann.trading.paid(order=lost)
    wanted = str(deal.ann.trading.place(listing=apples)["order"])
    async with running() as here, running(seed=2) as there:
        Office(deal.ben, there).open_to(deal.ann)
        ann = Office(deal.ann, here)
        async with trio.open_nursery() as nursery:
            await nursery.start(ann.postman.run)
            await eventually(lambda: bool(deal.ben.orders()))
            await eventually(lambda: states(deal.ann, wanted) == ["at the peer"])
            nursery.cancel_scope.cancel()
    assert [each["order"] for each in deal.ben.orders()] == [wanted]
    assert states(deal.ann, lost)[-1] == "queued"


async def test_a_receipt_without_the_token_settles_nothing(deal: Deal) -> None:
    order = ordered(deal)

    async def lie(peer: str, data: bytes) -> bytes:
        (debt,) = deal.ann.debts(deal.ben)
        return Receipt(fate=Fate.KEPT, token=bytes(32), ids=[debt.id]).to_bytes()

    async with running() as here, running(seed=2) as there:
        ann, ben = Office(deal.ann, here), Office(deal.ben, there)
        there.transport.serve(letter.PROTOCOL, lie)
        ben.open_to(deal.ann)
        await ann.post(deal.ben)
    (debt,) = deal.ann.debts(deal.ben)
    assert debt.attempts == 1
    assert states(deal.ann, order) == ["queued"]


async def test_a_receipt_that_leaves_something_open_is_none(deal: Deal) -> None:
    """It would be sent again at once, for ever."""
    ordered(deal)
    visits: list[bytes] = []

    async def shrug(peer: str, data: bytes) -> bytes:
        visits.append(data)
        opened = BEN.open_sealed(letter.read_envelope(data).sealed)
        token = letter.read_letter(opened).token
        return Receipt(fate=Fate.KEPT, token=token).to_bytes()

    async with running() as here, running(seed=2) as there:
        ann, ben = Office(deal.ann, here), Office(deal.ben, there)
        there.transport.serve(letter.PROTOCOL, shrug)
        ben.open_to(deal.ann)
        await ann.post(deal.ben)
    assert len(visits) == 1
    assert len(deal.ann.debts(deal.ben)) == 1


async def test_who_lost_an_order_gets_all_of_it_in_one_letter(deal: Deal) -> None:
    deal.place()
    deal.take(deal.ben, "accept")
    deal.take(deal.ann, "paid")
    forget_orders(deal.ben)
    letters: list[Letter] = []
    receive = deal.ben.letterbox.receive

    async def watched(peer: str, data: bytes) -> bytes:
        opened = BEN.open_sealed(letter.read_envelope(data).sealed)
        content = letter.read_content(opened)
        assert isinstance(content, Letter)
        letters.append(content)
        return await receive(peer, data)

    with deal.ann.database.transaction() as db:
        db.execute("UPDATE outbox SET state = 'queued' WHERE seq = (SELECT max(seq) FROM outbox)")
    async with running() as here, running(seed=2) as there:
        ann, ben = Office(deal.ann, here), Office(deal.ben, there)
        deal.ben.reputation.name(person=deal.ann.address, petname="Ann")
        ann.open_to(deal.ben)
        there.transport.serve(letter.PROTOCOL, watched)
        ben.open_to(deal.ann)
        await ann.post(deal.ben)
    assert [len(each.records) for each in letters] == [1, 3]
    assert deal.seen_by(deal.ben)["state"] == "pay_claimed"


async def test_a_stranger_works_when_he_is_told_to(deal: Deal) -> None:
    ordered(deal)
    came: list[Envelope] = []
    receive = deal.ben.letterbox.receive

    async def watched(peer: str, data: bytes) -> bytes:
        came.append(letter.read_envelope(data))
        return await receive(peer, data)

    async with running() as here, running(seed=2) as there:
        ann, ben = Office(deal.ann, here), Office(deal.ben, there)
        there.transport.serve(letter.PROTOCOL, watched)
        ben.open_to(deal.ann)
        await ann.post(deal.ben)
    first, second = came
    assert (first.work, first.sealed) == (b"", second.sealed)
    assert work.is_enough(second.to, second.sealed, second.work)
    assert len(deal.ben.orders()) == 1


async def test_who_was_answered_once_works_no_more(deal: Deal) -> None:
    deal.place()
    deal.take(deal.ben, "accept")
    deal.ann.trading.paid(order=deal.id)
    came: list[bytes] = []
    receive = deal.ben.letterbox.receive

    async def watched(peer: str, data: bytes) -> bytes:
        came.append(data)
        return await receive(peer, data)

    async with running() as here, running(seed=2) as there:
        ann, ben = Office(deal.ann, here), Office(deal.ben, there)
        ann.open_to(deal.ben)
        there.transport.serve(letter.PROTOCOL, watched)
        ben.open_to(deal.ann)
        await ann.post(deal.ben)
    assert len(came) == 1
    assert deal.seen_by(deal.ben)["state"] == "pay_claimed"


async def test_a_look_is_told_to_whose_entry_it_is(deal: Deal) -> None:
    deal.place()
    async with running() as here, running(seed=2) as there:
        ann, ben = Office(deal.ann, here), Office(deal.ben, there)
        ann.open_to(deal.ben)
        ben.open_to(deal.ann)
        deal.ben.delivery.looked_at(deal.order_id)
        await ben.post(deal.ann)
    assert states(deal.ann, deal.id) == ["read"]


# --- at her mailbox ----------------------------------------------------------------------------


async def test_who_is_off_finds_her_letters_at_a_friends(deal: Deal, chen: Trader) -> None:
    keeps_for(chen, deal.ben, deal.ann)
    order = ordered(deal)
    async with running() as here, running(seed=2) as there, running(seed=3) as host:
        ann, chens = Office(deal.ann, here), Office(chen, host)
        chens.open_to(deal.ann, deal.ben)
        await ann.post(deal.ben)
        assert states(deal.ann, order) == ["at a mailbox"]
        assert (letters_at(chen), len(deal.ann.debts(deal.ben))) == (1, 1)
        await ann.post(deal.ben)
        assert letters_at(chen) == 1  # it is there: once is enough
        ben = Office(deal.ben, there)
        assert await ben.collect(chens) == 1
        assert len(deal.ben.orders()) == 1
        assert letters_at(chen) == 0
        ann.open_to(deal.ben)
        await ben.post(deal.ann)
    assert states(deal.ann, order) == ["at the peer"]
    assert deal.ann.debts(deal.ben) == []


async def test_receipts_come_back_by_a_mailbox_too(deal: Deal, chen: Trader) -> None:
    """Chen keeps letters for both, who never meet."""
    keeps_for(chen, deal.ben, deal.ann)
    keeps_for(chen, deal.ann, deal.ben)
    order = ordered(deal)
    async with running(seed=3) as host:
        chens = Office(chen, host)
        chens.open_to(deal.ann, deal.ben)
        async with running() as here:
            await Office(deal.ann, here).post(deal.ben)
        async with running(seed=2) as there:
            ben = Office(deal.ben, there)
            await ben.collect(chens)
            deal.ben.delivery.looked_at(deal.order_of(order))
            await ben.post(deal.ann)
        assert letters_at(chen) == 1
        async with running() as here:
            await Office(deal.ann, here).collect(chens)
    assert states(deal.ann, order) == ["read"]
    assert letters_at(chen) == 0


async def test_a_refusal_comes_back_by_a_mailbox(deal: Deal, chen: Trader) -> None:
    keeps_for(chen, deal.ben, deal.ann)
    keeps_for(chen, deal.ann, deal.ben)
    order = ordered(deal)
    deal.ben.market.withdraw(listing=str(deal.ben.listings()[0]["listing"]))
    async with running(seed=3) as host:
        chens = Office(chen, host)
        chens.open_to(deal.ann, deal.ben)
        async with running() as here, running(seed=2) as there:
            await Office(deal.ann, here).post(deal.ben)
            ben = Office(deal.ben, there)
            await ben.collect(chens)
            await ben.post(deal.ann)
            await Office(deal.ann, here).collect(chens)
    assert states(deal.ann, order) == ["refused"]
    assert deal.ann.order(order)["history"][0]["delivery"][0]["code"] == "order.listing_gone"


async def test_a_host_that_drops_everything_is_passed_over(
    deal: Deal, chen: Trader, dai: Trader
) -> None:
    """Chen says that he keeps it, and keeps nothing; Dai's turn is a day later."""
    dai.mailboxes.host(person=deal.ben.address)
    deal.ann.admit(mailbox(BEN, [chen.me, dai.me]))
    order = ordered(deal)
    swallowed: list[bytes] = []

    async def swallow(peer: str, data: bytes) -> bytes:
        swallowed.append(data)
        return Done().to_bytes()

    async with running() as here, running(seed=3) as host, running(seed=4) as other:
        ann, chens, dais = Office(deal.ann, here), Office(chen, host), Office(dai, other)
        host.transport.serve(mailroom.PROTOCOL, swallow)
        chens.open_to(deal.ann)
        dais.open_to(deal.ann)
        await ann.post(deal.ben)
        assert (len(swallowed), letters_at(dai)) == (1, 0)
        deal.watch.forward(DAY - 1)
        await ann.post(deal.ben)
        assert (len(swallowed), letters_at(dai)) == (1, 0)
        deal.watch.forward(1)
        await ann.post(deal.ben)
    assert (len(swallowed), letters_at(dai)) == (1, 1)
    assert states(deal.ann, order) == ["at a mailbox"]
    assert len(deal.ann.debts(deal.ben)) == 1


async def test_a_host_who_keeps_nothing_for_her_is_passed_over_at_once(
    deal: Deal, chen: Trader, dai: Trader
) -> None:
    dai.mailboxes.host(person=deal.ben.address)
    deal.ann.admit(mailbox(BEN, [chen.me, dai.me]))
    ordered(deal)
    async with running() as here, running(seed=3) as host, running(seed=4) as other:
        ann, chens, dais = Office(deal.ann, here), Office(chen, host), Office(dai, other)
        chens.open_to(deal.ann)
        dais.open_to(deal.ann)
        await ann.post(deal.ben)
    assert (letters_at(chen), letters_at(dai)) == (0, 1)


async def test_a_knock_brings_the_letter_at_once(deal: Deal, chen: Trader) -> None:
    """Ben is here, but Ann cannot reach him."""
    keeps_for(chen, deal.ben, deal.ann)
    order = ordered(deal)
    async with running() as here, running(seed=2) as there, running(seed=3) as host:
        ann, ben, chens = Office(deal.ann, here), Office(deal.ben, there), Office(chen, host)
        chens.open_to(deal.ann, deal.ben)
        ben.open_to(chen)
        await there.transport.connect(host.address)
        async with trio.open_nursery() as nursery:
            await nursery.start(ben.collector.run)
            await nursery.start(chens.mailroom.run)
            await ann.post(deal.ben)
            await eventually(lambda: bool(deal.ben.orders()))
            nursery.cancel_scope.cancel()
    assert deal.ben.orders()[0]["order"] == order


# --- when --------------------------------------------------------------------------------------


def test_a_clock_that_ran_ahead_puts_nothing_off(deal: Deal) -> None:
    ordered(deal)
    with deal.ann.database.transaction() as db:
        outbox.postpone(db, deal.ben.me, deal.watch() + 365 * DAY)
        assert outbox.recipients_due(db, deal.watch()) == [deal.ben.me]
        outbox.postpone(db, deal.ben.me, deal.watch() + outbox.WAIT_SECONDS_MAX)
        assert outbox.recipients_due(db, deal.watch()) == []


def test_only_who_is_owed_something_is_hastened_by_a_device(deal: Deal) -> None:
    ordered(deal)
    now = deal.watch()
    with deal.ann.database.transaction() as db:
        outbox.postpone(db, deal.ben.me, now + 99)
        assert not outbox.hasten_at(db, PEER, now)
    deal.ann.admit(presence(BEN, peer=PEER))
    with deal.ann.database.transaction() as db:
        assert outbox.hasten_at(db, PEER, now)
        assert outbox.recipients_due(db, now) == [deal.ben.me]
