from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from goodword.node.intake import Came
from goodword.node.roads import peer_text
from goodword.protocol.contract import OrderId
from goodword.protocol.errors import (
    FromTheFuture,
    LetterQuota,
    ListingGone,
    Refusal,
)
from goodword.protocol.limits import FUTURE_SECONDS_MAX
from goodword.storage import outbox
from tests.make import ANN, BEN, NOW, PEER, contract, presence, propose
from tests.node.deal import BREAD, Deal, agree, propose_bytes, said
from tests.storage import dump
from tests.world import KEPT, Shown, Trader, Watch, deliver, gossip, traders


@pytest.fixture
def deal(tmp_path: Path) -> Generator[Deal]:
    with traders(tmp_path, [ANN, BEN]) as (ann, ben):
        yield Deal(ann, ben)


def delivery(shown: Shown, at: int = 0) -> list[tuple[str, str | None]]:
    """(state, code) for each who is to have the entry."""
    return [(each["state"], each["code"]) for each in shown["history"][at]["delivery"]]


# --- letters -----------------------------------------------------------------------------------


def test_what_was_not_carried_yet_is_shown_as_queued(deal: Deal) -> None:
    shown: Shown = deal.ann.trading.place(listing=BREAD.slot.hex())
    deal.id = str(shown["order"])
    assert said(shown) == [("propose", "proposed")]
    assert delivery(shown) == [("queued", None)]
    assert shown["history"][0]["delivery"][0]["person"]["address"] == deal.ben.address
    assert deal.ann.orders()[0]["undelivered"] == 1
    assert deliver(deal.ann, deal.ben) == [KEPT]
    assert delivery(deal.seen_by(deal.ann)) == [("at the peer", None)]
    assert delivery(deal.seen_by(deal.ben)) == []
    assert deal.ann.orders()[0]["undelivered"] == 0


def test_a_letter_that_came_twice_is_kept_once(deal: Deal) -> None:
    deal.place()
    before = dump.everything(deal.ben.database)
    assert deal.ben.intake.admit(propose_bytes(deal)) is Came.KNOWN
    assert dump.everything(deal.ben.database) == before


def test_what_the_other_refuses_is_shown_with_its_code(deal: Deal) -> None:
    """Ben withdrew the listing before Ann's letter came."""
    shown: Shown = deal.ann.trading.place(listing=BREAD.slot.hex())
    deal.ben.market.withdraw(listing=BREAD.slot.hex())
    assert deliver(deal.ann, deal.ben) == ["order.listing_gone"]
    shown = deal.ann.order(str(shown["order"]))
    assert delivery(shown) == [("refused", "order.listing_gone")]
    assert deal.ann.debts(deal.ben) == []
    assert deal.ben.orders() == []
    assert not ListingGone.is_fault


def test_entries_out_of_their_order_wait_for_the_others(deal: Deal) -> None:
    deal.place()
    deal.ben.trading.accept(order=deal.id)
    deal.ben.trading.on_delivery(order=deal.id)
    first, second = deal.ben.debts(deal.ann)
    with pytest.raises(Refusal) as caught:
        deal.ann.intake.admit(second.record)
    assert (caught.value.code, caught.value.is_fault) == ("order.missing_entries", False)
    for debt in (first, second):
        deal.ann.intake.admit(debt.record)
    assert agree(deal.ann, deal.ben, deal.id)


def test_an_order_that_one_side_lost_is_unknown_there(deal: Deal, tmp_path: Path) -> None:
    deal.place()
    deal.ben.trading.accept(order=deal.id)
    (debt,) = deal.ben.debts(deal.ann)
    (tmp_path / "new disk").mkdir()
    with traders(tmp_path / "new disk", [ANN]) as (ann,):
        with pytest.raises(Refusal) as caught:
            ann.intake.admit(debt.record)
        assert (caught.value.code, caught.value.is_fault) == ("order.unknown", False)
        gossip(deal.ben, ann)
        ann.intake.admit(propose_bytes(deal))
        ann.intake.admit(debt.record)
        assert agree(ann, deal.ben, deal.id)


def test_a_restart_changes_nothing(deal: Deal) -> None:
    deal.place(ship_to="here")
    deal.ben.trading.accept(order=deal.id)
    before = dump.everything(deal.ben.database), deal.seen_by(deal.ben)
    deal.ben.restart()
    assert (dump.everything(deal.ben.database), deal.seen_by(deal.ben)) == before
    assert deliver(deal.ben, deal.ann) == [KEPT]


def test_both_going_at_once_end_in_the_same_state(deal: Deal) -> None:
    """Ann withdraws while Ben accepts: neither has heard of the other."""
    deal.place()
    deal.ann.trading.withdraw(order=deal.id)
    deal.ben.trading.accept(order=deal.id)
    assert deliver(deal.ann, deal.ben) == deliver(deal.ben, deal.ann) == [KEPT]
    assert agree(deal.ann, deal.ben, deal.id)
    assert deal.seen_by(deal.ann)["state"] == "cancelled"
    assert deal.seen_by(deal.ann)["void"] == []


# --- clocks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [FUTURE_SECONDS_MAX, -FUTURE_SECONDS_MAX])
def test_clocks_ten_minutes_apart_still_work(tmp_path: Path, ahead: int) -> None:
    (tmp_path / "a").mkdir()
    ann_watch, ben_watch = Watch(NOW + ahead), Watch(NOW)
    with (
        traders(tmp_path / "a", [ANN], ann_watch) as (ann,),
        traders(tmp_path, [BEN], ben_watch) as (ben,),
    ):
        offered = ben.market.publish(title="bread", price="4.50 EUR")
        if ahead < 0:
            gossip(ben, ann)  # to Ann it comes from the future, by all that is allowed
        gossip(ben, ann)
        order = str(ann.trading.place(listing=str(offered["listing"]))["order"])
        assert deliver(ann, ben) == [KEPT]
        for who, verb in (
            (ben, "accept"),
            (ann, "paid"),
            (ben, "received"),
            (ben, "ship"),
            (ann, "confirm"),
        ):
            getattr(who.trading, verb)(order=order)
            assert deliver(who, ann if who is ben else ben) == [KEPT]
        assert agree(ann, ben, order)
        assert ann.order(order)["state"] == "completed"
        times = [line["made_at"] for line in ben.order(order)["history"]]
        assert times == sorted(times)


def test_a_letter_from_further_ahead_waits(deal: Deal) -> None:
    opening = propose(contract(BREAD), now=NOW + FUTURE_SECONDS_MAX + 1)
    with pytest.raises(FromTheFuture):
        deal.ben.admit(opening)
    deal.watch.forward(1)
    deal.ben.admit(opening)


# --- what was lost comes back --------------------------------------------------------------------


def forget_orders(trader: Trader) -> None:
    """As a home does that is restored from an older backup."""
    with trader.database.transaction() as db:
        db.execute("DELETE FROM outbox")
        db.execute("DELETE FROM trade")
        db.execute("DELETE FROM record WHERE kind = 'order'")


def bring_back(deal: Deal, sender: Trader, recipient: Trader) -> list[str]:
    with sender.database.transaction() as db:
        outbox.owe_all(db, recipient.me, OrderId(bytes.fromhex(deal.id)), deal.watch())
    return deliver(sender, recipient)


def test_what_i_accepted_stands_though_the_stock_is_gone_by_now(deal: Deal) -> None:
    """Refused, his own node would have said the opposite when the time was over."""
    deal.place(quantity=10)
    deal.take(deal.ben, "accept")
    first = deal.id
    forget_orders(deal.ben)
    deal.place(quantity=10)
    deal.take(deal.ben, "accept")
    deal.id = first
    assert bring_back(deal, deal.ann, deal.ben) == [KEPT, KEPT]
    assert deal.ben.order(first)["state"] == "accepted"


def test_my_own_order_comes_back_though_the_listing_was_withdrawn(deal: Deal) -> None:
    deal.place()
    deal.take(deal.ben, "accept")
    forget_orders(deal.ann)
    deal.ben.market.withdraw(listing=BREAD.slot.hex())
    gossip(deal.ben, deal.ann)
    assert bring_back(deal, deal.ben, deal.ann) == [KEPT, KEPT]
    assert deal.ann.order(deal.id)["state"] == "accepted"


# --- people whom I blocked ---------------------------------------------------------------------


def test_a_new_order_of_somebody_blocked_does_not_come_in_and_she_hears_what_strangers_hear(
    deal: Deal,
) -> None:
    deal.ben.reputation.block(person=deal.ann.address)
    shown: Shown = deal.ann.trading.place(listing=BREAD.slot.hex())
    assert deliver(deal.ann, deal.ben) == [LetterQuota.code]
    assert deal.ben.orders() == []
    assert not deal.ben.marks
    assert "block" not in LetterQuota.text
    assert delivery(deal.ann.order(str(shown["order"])))[0][0] != "at the peer"
    deal.ben.reputation.unblock(person=deal.ann.address)
    assert deliver(deal.ann, deal.ben) == [KEPT]
    assert len(deal.ben.orders()) == 1


def test_what_is_under_way_with_somebody_blocked_goes_on(deal: Deal) -> None:
    deal.place()
    deal.take(deal.ben, "accept")
    deal.ben.reputation.block(person=deal.ann.address)
    deal.take(deal.ann, "paid")
    deal.take(deal.ben, "received")
    deal.take(deal.ben, "ship")
    assert deal.take(deal.ann, "confirm")["state"] == "completed"


def test_a_proposal_that_was_there_before_the_block_can_be_withdrawn_and_answered(
    deal: Deal,
) -> None:
    deal.place()
    deal.ben.reputation.block(person=deal.ann.address)
    assert deal.take(deal.ann, "withdraw")["state"] == "cancelled"


def test_an_order_with_somebody_whom_i_blocked_is_mine_to_place(deal: Deal) -> None:
    deal.ann.reputation.block(person=deal.ben.address)
    deal.place()
    assert deal.take(deal.ben, "accept")["state"] == "accepted"


def test_a_letter_from_a_device_of_somebody_blocked_needs_work_as_a_strangers_does(
    deal: Deal,
) -> None:
    deal.place()
    deal.ben.trading.accept(order=deal.id)
    deal.ben.admit(presence(ANN))
    peer = peer_text(PEER)
    assert deal.ben.doorkeeper.knows(peer)
    deal.ben.reputation.block(person=deal.ann.address)
    assert not deal.ben.doorkeeper.knows(peer)
    deal.ben.reputation.unblock(person=deal.ann.address)
    assert deal.ben.doorkeeper.knows(peer)
