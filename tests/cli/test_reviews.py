"""Reviews, as somebody sees them who types commands."""

from __future__ import annotations

from goodword.cli.commands.reviews import COMMANDS, of_person
from goodword.cli.failure import REFUSED
from goodword.cli.page import Line, plain
from goodword.cli.words import when
from tests.cli.conftest import Street
from tests.cli.desk import Answer
from tests.make import order_of

ORDER = order_of("first")


def who(petname: str) -> Answer:
    return {"address": "gw1qqqqqqqqqqqqq", "did": "", "petname": petname, "name": None}


def said(author: str, **more: object) -> Answer:
    return {
        "author": who(author),
        "about": who("Ben"),
        "order": "cc" * 32,
        "role": "buyer",
        "count": 1,
        "rating": "good",
        "text": "",
        "made_at": 0,
        "record": "aa" * 32,
        "is_mine": False,
        "is_vouched_by_me": False,
        **more,
    }


def page(**sold: object) -> Answer:
    none: Answer = {
        "orders": 0,
        "count_up_to": 0,
        "twice": [],
        "missing": [],
        "missing_count": 0,
    }
    return {
        "reviews": [],
        "reviews_by_others": 0,
        "receipts": {"as_seller": {**none, **sold}, "as_buyer": {"orders": 0}},
    }


def lines(answer: Answer) -> list[str]:
    return [line for each in of_person(answer, 0) for line in plain(each)]


async def test_a_review_is_listed_shown_and_withdrawn(street: Street) -> None:
    _, ben = street.addresses
    assert (await street.ann("review", "list")).out == "no reviews yet\n"
    street.review(ORDER, count=2, rating="mixed", text="late\nbut good")
    street.gossip()
    lines = (await street.ann("review", "list")).out.splitlines()
    assert lines[0] == "by you"
    assert lines[1].startswith(f"mixed, of {ben[:12]}…, who sold, ")
    assert lines[2:] == ["    late", "    but good"]
    lines = (await street.ben("review", "list")).out.splitlines()
    assert lines[0] == "about you"
    assert ", who bought, " in lines[1]
    lines = (await street.ann("person", "show", ben)).out.splitlines()
    assert any(each.startswith("mixed, say you, who bought, ") for each in lines)
    assert lines[-2:] == [
        "1 settled order by receipts seen, counts up to 2",
        "no receipt seen of number 1",
    ]
    done = await street.ann("review", "withdraw", ORDER.hex()[:8])
    assert done.out == f"your review of order {ORDER.hex()[:8]} is taken back\n"
    assert (await street.ann("review", "withdraw", ORDER.hex()[:8])).status == REFUSED


def test_friends_come_first_and_others_are_counted() -> None:
    answer = page()
    answer["reviews"] = [
        said("Ann", is_vouched_by_me=True, rating="bad", text="broke"),
        said("Dai", rating=None, text="hm", role="seller"),
    ]
    answer["reviews_by_others"] = 7
    tail = f"{when(0, 0)} (order cccccccc, record aaaaaaaa)"
    assert lines(answer) == [
        f"bad, says Ann, who bought and whom you vouch for, {tail}",
        "    broke",
        "7 reviews by people whom you do not vouch for, the newest:",
        f"  no rating, says Dai, who sold, {tail}",
        "      hm",
    ]
    assert next(each.style for each in of_person(answer, 0) if isinstance(each, Line)) == "red"


def test_receipts_are_told_in_words() -> None:
    twice = [{"count": 5, "one": "aa" * 32, "other": "bb" * 32}]
    answer = page(orders=12, count_up_to=14, twice=twice, missing=[3, 7], missing_count=2)
    answer["receipts"]["as_buyer"]["orders"] = 3
    assert lines(answer) == [
        "12 settled orders by receipts seen, counts up to 14",
        "no receipt seen of numbers 3, 7",
        "number 5 was given twice: goodword record show aaaaaaaa and bbbbbbbb",
        "3 settled orders as a buyer, by receipts seen",
    ]
    assert [each.style for each in of_person(answer, 0) if isinstance(each, Line)] == [
        "",
        "dim",
        "red",
        "",
    ]
    assert lines(page()) == []


def test_many_missing_numbers_are_cut_short() -> None:
    missing = list(range(1, 101))
    (_, told) = lines(page(orders=1, count_up_to=500, missing=missing, missing_count=499))
    assert told == "no receipt seen of numbers 1, 2, 3, 4, 5, 6, 7, 8 and 491 more"


def test_a_bare_receipt_is_listed_as_one() -> None:
    show = next(each.show for each in COMMANDS if each.verb == "list")
    answer: Answer = {
        "person": who("Ben"),
        "is_me": False,
        "by": [],
        "about": [said("Ann", rating=None)],
    }
    told = [line for each in show(answer, 0) for line in plain(each)]
    assert told[0] == "about Ben"
    assert told[1].startswith("a receipt, says Ann, who bought, ")
