from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import cast

import pytest

from goodword.node.reading import Misunderstood, NotFound
from goodword.protocol.entry import Event
from goodword.protocol.errors import (
    BadContract,
    BadField,
    NotYours,
    Refusal,
    WrongTurn,
)
from goodword.protocol.limits import DAY, HOUR, SHIP_TO_BYTES_MAX
from tests.make import ANN, BEN, DAI, NOW, contract, propose, say
from tests.node.deal import BREAD, Deal, agree, propose_bytes
from tests.storage import dump
from tests.world import KEPT, Shown, deliver, traders


@pytest.fixture
def deal(tmp_path: Path) -> Generator[Deal]:
    with traders(tmp_path, [ANN, BEN]) as (ann, ben):
        yield Deal(ann, ben)


# --- the whole way -----------------------------------------------------------------------------


def test_an_order_goes_all_the_way(deal: Deal) -> None:
    shown = deal.place(quantity=2, note="ring twice", ship_to="Ann, Hof 3, Berlin")
    assert (shown["state"], shown["default"]) == ("proposed", "expired")
    assert shown["total"] == {"minor": 900, "code": "EUR", "text": "9.00 EUR"}
    assert shown["deadline"] == NOW + 48 * HOUR
    assert (shown["is_my_turn"], shown["open_steps"]) == (False, ["withdraw"])
    seller = deal.seen_by(deal.ben)
    assert (seller["is_my_turn"], seller["open_steps"]) == (True, ["accept", "reject", "counter"])
    assert (seller["note"], seller["role"]) == ("ring twice", "seller")

    shown = deal.take(deal.ben, "accept", note="tomorrow")
    assert (shown["state"], shown["default"]) == ("accepted", "expired")
    assert shown["open_steps"] == ["pay_received", "on_delivery", "reject"]
    assert shown["history"][-1]["details"] == {"note": "tomorrow"}
    assert deal.seen_by(deal.ann)["is_my_turn"]

    shown = deal.take(
        deal.ann, "paid", method="SEPA", amount="9 EUR", payer="A. Nn", reference="bread 7"
    )
    assert (shown["state"], shown["default"]) == ("pay_claimed", "disputed")
    assert shown["deadline"] == NOW + 2 * HOUR + 5 * DAY
    assert deal.seen_by(deal.ben)["history"][-1]["details"] == {
        "method": "SEPA",
        "amount": [900, "EUR"],
        "payer": "A. Nn",
        "reference": "bread 7",
    }

    shown = deal.take(deal.ben, "received")
    assert (shown["state"], shown["deadline"]) == ("funded", NOW + 3 * HOUR + 2 * DAY)
    shown = deal.take(deal.ben, "ship", tracking="RR 123", note="by bike")
    assert (shown["state"], shown["default"], shown["is_my_turn"]) == (
        "fulfilled",
        "completed",
        False,
    )
    assert shown["history"][-1]["details"] == {"note": "by bike", "tracking": "RR 123"}
    shown = deal.take(deal.ann, "confirm")
    assert (shown["state"], shown["deadline"], shown["default"]) == ("completed", None, None)
    assert shown["to_seller"] == shown["total"]
    assert shown["open_steps"] == []
    assert [[to["state"] for to in line["delivery"]] for line in shown["history"]] == [
        ["at the peer"],
        [],
        ["at the peer"],
        [],
        [],
        ["at the peer"],
    ]
    assert shown["signed_both_ways"] == []


def test_paid_on_delivery(deal: Deal) -> None:
    deal.place()
    deal.take(deal.ben, "accept")
    assert deal.take(deal.ben, "on_delivery", note="bring it in coins")["state"] == "funded"
    deal.take(deal.ben, "ship")
    assert deal.take(deal.ann, "confirm")["state"] == "completed"


def test_a_partial_refund(deal: Deal) -> None:
    deal.place(quantity=2)
    deal.take(deal.ben, "accept")
    deal.take(deal.ann, "paid")
    deal.take(deal.ben, "received")
    shown = deal.take(deal.ben, "refund", keep="2.50 EUR", note="half of it burnt")
    assert (shown["state"], shown["to_seller"]) == ("funded", None)
    (offer,) = deal.seen_by(deal.ann)["offers"]
    assert (offer["by"], offer["to_seller"]["text"]) == ("seller", "2.50 EUR")
    shown = deal.take(deal.ann, "agree", note="it tastes of coal")
    assert shown["state"] == "refunded"
    assert shown["to_seller"] == {"minor": 250, "code": "EUR", "text": "2.50 EUR"}
    assert deal.seen_by(deal.ann)["to_seller"] == shown["to_seller"]


def test_a_full_refund_keeps_nothing(deal: Deal) -> None:
    deal.place()
    deal.take(deal.ben, "accept")
    deal.take(deal.ann, "paid")
    shown = deal.take(deal.ben, "refund")
    assert shown["to_seller"] == {"minor": 0, "code": "EUR", "text": "0.00 EUR"}


@pytest.mark.parametrize("is_accepted", [False, True])
@pytest.mark.parametrize(("buyer", "verb"), [(False, "reject"), (True, "withdraw")])
def test_either_may_leave_before_money_moved(
    deal: Deal, *, is_accepted: bool, buyer: bool, verb: str
) -> None:
    deal.place()
    if is_accepted:
        deal.take(deal.ben, "accept")
    who = deal.ann if buyer else deal.ben
    assert deal.take(who, verb, note="sorry")["state"] == "cancelled"
    with pytest.raises(WrongTurn, match="the order is cancelled"):
        who.trading.withdraw(order=deal.id)


# --- deadlines ---------------------------------------------------------------------------------

TIMEOUTS: list[tuple[list[tuple[str, str]], int, str, str]] = [
    ([], 48 * HOUR, "expired", "both"),
    ([("ben", "accept")], 24 * HOUR, "expired", "both"),
    ([("ben", "accept"), ("ann", "paid")], 5 * DAY, "disputed", "both"),
    ([("ben", "accept"), ("ben", "on_delivery")], 2 * DAY, "disputed", "ann"),
    ([("ben", "accept"), ("ann", "paid"), ("ben", "denied")], 14 * DAY, "unresolved", "both"),
    ([("ben", "accept"), ("ben", "received"), ("ben", "ship")], 7 * DAY, "completed", "ben"),
]


@pytest.mark.parametrize(("steps", "seconds", "state", "by"), TIMEOUTS)
def test_the_clerk_keeps_the_deadline(
    deal: Deal, steps: list[tuple[str, str]], seconds: int, state: str, by: str
) -> None:
    deal.place()
    for who, verb in steps:
        deal.take(getattr(deal, who), verb)
    shown = deal.seen_by(deal.ann)
    assert (shown["deadline"], shown["default"]) == (deal.watch() + seconds, state)
    deal.watch.forward(seconds - 1)
    assert [each.clerk.look() for each in (deal.ann, deal.ben)] == [0, 0]
    deal.watch.forward(1)
    looks = {"ann": deal.ann.clerk.look(), "ben": deal.ben.clerk.look()}
    assert looks == {"ann": int(by != "ben"), "ben": int(by != "ann")}
    assert {*deliver(deal.ann, deal.ben), *deliver(deal.ben, deal.ann)} == {KEPT}
    assert agree(deal.ann, deal.ben, deal.id)
    assert deal.seen_by(deal.ben)["state"] == state
    # Of two timeouts one leads to the end; who did not says that he has seen it.
    acknowledged = [each.clerk.look() for each in (deal.ann, deal.ben)]
    assert sorted(acknowledged) == [0, int(state != "disputed")]


def test_a_step_that_crosses_the_deadline_on_its_way_is_not_lost(deal: Deal) -> None:
    """Ann says that she paid in the last second; Ben's clerk ends the order meanwhile."""
    deal.place()
    deal.take(deal.ben, "accept")
    deal.watch.forward(24 * HOUR - 1)
    deal.ann.trading.paid(order=deal.id)
    deal.watch.forward(1)
    assert deal.ben.clerk.look() == 1
    assert deliver(deal.ann, deal.ben) == deliver(deal.ben, deal.ann) == [KEPT]
    assert agree(deal.ann, deal.ben, deal.id)
    shown = deal.seen_by(deal.ben)
    assert shown["state"] == "pay_claimed"
    assert [void["event"] for void in shown["void"]] == ["timeout"]


# --- who may -----------------------------------------------------------------------------------


def test_a_step_of_the_other_party_is_refused_with_words(deal: Deal) -> None:
    deal.place()
    with pytest.raises(NotYours, match="a buyer may not accept while the order is proposed"):
        deal.ann.trading.accept(order=deal.id)
    with pytest.raises(WrongTurn, match="the order is proposed: fulfil is not possible now"):
        deal.ben.trading.ship(order=deal.id)
    assert len(deal.ann.entries(deal.id)) == len(deal.ben.entries(deal.id)) == 1
    assert deal.ann.debts(deal.ben) == deal.ben.debts(deal.ann) == []


def test_a_strangers_entry_is_refused_and_told_to_nobody(deal: Deal) -> None:
    deal.place()
    terms = deal.ann.entries(deal.id)[0].contract
    opening = propose(terms)
    forged = say(DAI, Event.ACCEPT, [opening])
    before = dump.everything(deal.ben.database)
    outcomes = deal.ben.intake.admit_many([forged.to_bytes()])
    assert isinstance(outcomes[0], Refusal)
    assert dump.everything(deal.ben.database) == before


def test_the_address_is_readable_by_the_seller_alone(deal: Deal) -> None:
    place = "Ann, Hof 3, Berlin"
    shown = deal.place(ship_to=f"  {place} ")
    assert (shown["ship_to"], deal.seen_by(deal.ben)["ship_to"]) == ("", place)
    for trader in (deal.ann, deal.ben):
        trader.restart()
        assert place.encode() not in trader.path.read_bytes()
    with traders(deal.ann.path.parent, [DAI]) as (dai,):
        dai.intake.admit_many([propose_bytes(deal)])
        assert dai.orders() == []


def test_an_address_that_was_sealed_to_somebody_else_is_not_shown(deal: Deal) -> None:
    opening = propose(contract(BREAD, ship_to=b"no seal at all"))
    deal.ben.admit(opening)
    assert deal.ben.order(opening.slot.hex())["ship_to"] == ""


# --- what cannot be meant ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"quantity": 0}, BadField, "quantity: 0 is not between 1"),
        ({"quantity": -1}, Misunderstood, "-1 pieces"),
        ({"quantity": 11}, BadContract, "11 wanted, the listing has 10"),
        ({"quantity": 2**60}, Misunderstood, "pieces: .* is not an amount"),
        ({"note": "x" * 281}, BadField, "note: 281 characters"),
        ({"note": "two\nlines"}, BadField, "note: contains the control character"),
        ({"ship_to": "x" * SHIP_TO_BYTES_MAX}, BadField, "ship_to: 1072 bytes"),
        ({"listing": "0" * 64}, NotFound, "no listing"),
        ({"listing": "bread"}, Misunderstood, "is no id of a listing"),
    ],
)
def test_an_order_that_cannot_be_is_said_so(
    deal: Deal, arguments: Shown, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        deal.ann.trading.place(**cast("Shown", {"listing": BREAD.slot.hex(), **arguments}))
    assert deal.ann.orders() == []
    assert deal.ann.debts(deal.ben) == []


def test_nobody_buys_from_herself(deal: Deal) -> None:
    with pytest.raises(Misunderstood, match="your own listing"):
        deal.ben.trading.place(listing=BREAD.slot.hex())


@pytest.mark.parametrize(
    ("verb", "arguments", "error", "words"),
    [
        ("refund", {"keep": "1 USD"}, Misunderstood, "the order is in EUR, not USD"),
        ("refund", {"keep": "4.51 EUR"}, BadField, "to_seller: is more than the total"),
        ("refund", {"keep": "all"}, Misunderstood, "is not an amount"),
        ("ship", {"tracking": "x" * 61}, BadField, "tracking: 61 characters"),
        ("ship", {"note": "\x1b[2J"}, BadField, "note: contains the control character U\\+001B"),
        ("received", {"amount": "4,50 EUR"}, Misunderstood, "is not an amount"),
    ],
)
def test_a_step_that_cannot_be_is_said_so(
    deal: Deal, verb: str, arguments: Shown, error: type[Exception], words: str
) -> None:
    deal.place()
    deal.take(deal.ben, "accept")
    if verb != "received":
        deal.take(deal.ben, "on_delivery")
    before = dump.everything(deal.ben.database)
    with pytest.raises(error, match=words):
        getattr(deal.ben.trading, verb)(order=deal.id, **arguments)
    assert dump.everything(deal.ben.database) == before


def test_an_order_that_is_not_here_is_said_so(deal: Deal) -> None:
    with pytest.raises(NotFound, match="no order 0000"):
        deal.ann.order("0000")
    with pytest.raises(NotFound):
        deal.ann.trading.confirm(order="f" * 64)


def test_what_a_person_typed_decomposed_is_composed(deal: Deal) -> None:
    """As a Mac types it; records hold one spelling only."""
    deal.place(note="Cafe\u0301", ship_to="Cafe\u0301")
    assert deal.seen_by(deal.ben)["note"] == deal.seen_by(deal.ben)["ship_to"] == "Café"
    shown = deal.take(deal.ben, "accept", note="u\u0308bermorgen")
    assert shown["history"][-1]["details"] == {"note": "übermorgen"}


# --- the list ----------------------------------------------------------------------------------


def test_orders_are_listed_with_what_waits_for_me_first(deal: Deal) -> None:
    deal.place()
    first = deal.id
    deal.watch.forward(5)
    deal.place()
    deal.take(deal.ben, "accept")
    assert [(each["order"], each["is_my_turn"]) for each in deal.ben.orders()] == [
        (first, True),
        (deal.id, False),
    ]
    assert [each["is_my_turn"] for each in deal.ann.orders()] == [True, False]
    summary = deal.ben.orders()[0]
    assert summary["open_steps"] == ["accept", "reject", "counter"]
    assert (summary["title"], summary["total"]["text"]) == ("bread", "4.50 EUR")
    assert summary["buyer"]["address"] == deal.ann.address
    assert summary["seller"]["address"] == deal.ben.address


def test_who_signed_both_ways_is_shown(deal: Deal) -> None:
    """Ann's second device did not know what her first one said."""
    opening = propose(contract(BREAD))
    accepted = say(BEN, Event.ACCEPT, [opening])
    both = [say(ANN, each, [opening, accepted]) for each in (Event.PAY_SENT, Event.WITHDRAW)]
    deal.ben.admit(opening, accepted, *both)
    shown = deal.ben.order(opening.slot.hex())
    assert shown["signed_both_ways"] == ["buyer"]
    assert [void["why"] for void in shown["void"]] == ["its author signed both ways"]
    assert len(shown["heads"]) == 2
