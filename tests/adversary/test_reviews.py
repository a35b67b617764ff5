"""Who wants a better name than he earned, or another to have a worse one, by reviews."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from goodword.cli.commands.people import COMMANDS
from goodword.cli.page import Line, plain
from goodword.crypto.address import to_address
from goodword.node.intake import Came
from goodword.protocol import licence, record
from goodword.protocol.codec import Value
from goodword.protocol.entry import Role
from goodword.protocol.errors import BadField, NoLicence, Refusal
from goodword.protocol.record import Record
from goodword.protocol.review import Rating
from tests.make import ANN, BEN, CHEN, DAI, NOW, altered, fresh, order_of, review, vouch, withdrawal
from tests.world import Shown, Trader, gossip, traders

BEN_ADDRESS: Final = to_address(BEN.public_key)


@pytest.fixture
def chen(tmp_path: Path) -> Generator[Trader]:
    """Chen, who wonders whether he should buy from Ben."""
    with traders(tmp_path, [CHEN]) as (chen,):
        yield chen


def of_ben(who: Trader) -> Shown:
    return who.reputation.show(person=BEN_ADDRESS)


def lines(shown: Mapping[str, object]) -> list[tuple[str, str]]:
    """(text, style), as `goodword person show` prints them."""
    show = next(each.show for each in COMMANDS if (each.noun, each.verb) == ("person", "show"))
    return [
        (line, each.style if isinstance(each, Line) else "")
        for each in show(dict(shown), NOW)
        for line in plain(each)
    ]


def in_order(of: Record, order: str) -> Record:
    """Ann's review again, of another order."""
    return record.make(
        ANN.identity, of.kind, of.body, slot=order_of(order), revision=0, now=of.made_at
    )


# --- without a licence -------------------------------------------------------------------------

GOOD: Final = review(ANN, BEN, count=3, rating=Rating.BAD)
OF_CHEN: Final = review(ANN, CHEN, count=3)


def licence_of(of: Record) -> Value:
    assert of.body is not None
    return of.body["licence"]


FORGED: Final[dict[str, Record]] = {
    "without a licence": altered(GOOD, ANN, licence=bytes(64)),
    "with her own": altered(
        GOOD, ANN, licence=licence.give(ANN.identity, order_of("first"), ANN.public_key, 3)
    ),
    "with another's": altered(GOOD, ANN, licence=licence_of(OF_CHEN)),
    "about another than who gave it": altered(GOOD, ANN, about=DAI.public_key),
    "for another order": in_order(GOOD, "second"),
    "with another count, to make a gap": altered(GOOD, ANN, count=9_000),
    "with the licence that somebody else was given": altered(GOOD, DAI),
    "with the licence that the buyer gave": altered(
        GOOD, ANN, licence=licence.give(ANN.identity, order_of("first"), BEN.public_key, 0)
    ),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_review_without_the_licence_of_whom_it_is_about_is_refused(
    chen: Trader, how: str
) -> None:
    (outcome,) = chen.intake.admit_public([FORGED[how].to_bytes()])
    assert isinstance(outcome, NoLicence)
    assert outcome.is_fault
    shown = of_ben(chen)
    assert (shown["reviews"], shown["receipts"]["as_seller"]["orders"]) == ([], 0)


def test_a_good_licence_of_the_same_people_is_let_in(chen: Trader) -> None:
    """So it is the licence that the others fail by."""
    assert chen.intake.admit_public([GOOD.to_bytes()]) == [Came.NEW]


def test_nobody_praises_himself(chen: Trader) -> None:
    (outcome,) = chen.intake.admit_public([review(BEN, BEN).to_bytes()])
    assert isinstance(outcome, BadField)
    assert "nobody reviews herself" in str(outcome)


def test_a_buyer_does_not_pass_a_sale_for_a_purchase(chen: Trader) -> None:
    """Ben counts what he sold: nobody makes a purchase of his into one of these, or back."""
    as_seller = altered(GOOD, ANN, role="seller", count=0)
    as_buyer = altered(review(ANN, BEN, role=Role.SELLER), ANN, role="buyer", count=1)
    outcomes = chen.intake.admit_public([as_seller.to_bytes(), as_buyer.to_bytes()])
    assert [type(each) for each in outcomes] == [NoLicence, NoLicence]


# --- one licence, one voice --------------------------------------------------------------------


def test_one_licence_is_one_voice_however_often_it_is_used(chen: Trader) -> None:
    said = [
        review(ANN, BEN, rating=Rating.BAD, text=f"{n}", revision=n, now=NOW + n) for n in range(9)
    ]
    chen.admit(*said)
    shown = of_ben(chen)
    assert [each["text"] for each in shown["reviews"]] == ["8"]
    assert shown["receipts"]["as_seller"]["orders"] == 1


def test_whom_it_is_about_cannot_take_a_review_back(chen: Trader) -> None:
    chen.admit(GOOD)
    gone = withdrawal(GOOD, BEN)
    chen.intake.admit_public([gone.to_bytes()])
    assert [each["record"] for each in of_ben(chen)["reviews"]] == [GOOD.id.hex()]


def test_a_review_comes_from_others_where_its_subject_does_not_pass_it_on(
    tmp_path: Path, chen: Trader
) -> None:
    with traders(tmp_path, [ANN, DAI]) as (ann, dai):
        ann.admit(GOOD)
        gossip(ann, dai)
        gossip(dai, chen)
    assert [each["rating"] for each in of_ben(chen)["reviews"]] == ["bad"]


# --- counting wrong ----------------------------------------------------------------------------


def test_a_number_given_twice_is_shown_with_the_two_records_that_prove_it(chen: Trader) -> None:
    """A seller who counts one bad order less gives its number to the next."""
    one = review(ANN, BEN, order="one", count=7, rating=Rating.BAD)
    other = review(DAI, BEN, order="other", count=7)
    chen.admit(one, other)
    (twice,) = of_ben(chen)["receipts"]["as_seller"]["twice"]
    assert {twice["one"], twice["other"]} == {one.id.hex(), other.id.hex()}
    printed = dict(lines(of_ben(chen)))
    (told,) = [text for text in printed if text.startswith("number 7 was given twice: ")]
    assert printed[told] == "red"
    assert all(each.id.hex()[:8] in told for each in (one, other))


def test_an_order_that_is_left_out_shows_as_a_gap(chen: Trader) -> None:
    chen.admit(*(review(ANN, BEN, order=f"{n}", count=n, rating=None) for n in (1, 2, 4, 5)))
    texts = [text for text, _ in lines(of_ben(chen))]
    assert "4 settled orders by receipts seen, counts up to 5" in texts
    assert "no receipt seen of number 3" in texts


def test_a_count_to_the_moon_is_answered_at_once(chen: Trader) -> None:
    chen.admit(review(ANN, BEN, count=2**53 - 1))
    sold: Any = of_ben(chen)["receipts"]["as_seller"]
    assert (len(sold["missing"]), sold["missing_count"]) == (100, 2**53 - 2)
    texts = [text for text, _ in lines(of_ben(chen))]
    assert f"no receipt seen of numbers 1, 2, 3, 4, 5, 6, 7, 8 and {2**53 - 10} more" in texts


# --- many voices of one person -----------------------------------------------------------------


def test_praise_by_keys_of_his_own_does_not_hide_what_a_friend_says(chen: Trader) -> None:
    """Whoever sells to himself can license as many reviews as he likes: they are strangers'."""
    keys = [fresh(f"Ben again {n}") for n in range(300)]
    chen.admit(
        *(review(each, BEN, order=f"{n}", count=n + 1) for n, each in enumerate(keys)),
        review(ANN, BEN, order="friend", count=301, rating=Rating.BAD, now=NOW - 99),
        vouch(CHEN, ANN.public_key),
    )
    shown = of_ben(chen)
    assert [each["rating"] for each in shown["reviews"]] == ["bad", *["good"] * 5]
    assert shown["reviews_by_others"] == 300
    texts = [text for text, _ in lines(shown)]
    assert "300 reviews by people whom you do not vouch for, the newest:" in texts


def test_any_refusal_leaves_the_node_as_it_was(chen: Trader) -> None:
    outcomes = chen.intake.admit_public([each.to_bytes() for each in FORGED.values()])
    assert all(isinstance(each, Refusal) for each in outcomes)
    assert chen.reviewing.list(person=BEN_ADDRESS)["about"] == []
    assert chen.database.problems() == []
