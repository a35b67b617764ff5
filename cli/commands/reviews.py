"""`goodword review …`: what buyers and sellers say of each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from goodword.cli.client import Json
from goodword.cli.command import Command, word
from goodword.cli.page import Block, Line, Prose
from goodword.cli.words import count, person, short, when

MISSING_SHOWN: Final = 8
"""Numbers on one line; `--json` has more."""

STYLES: Final = {"good": "green", "mixed": "yellow", "bad": "red"}


def of_person(answer: Json, now: int) -> Iterator[Block]:
    """The part of `person show` that is about reviews."""
    others = answer["reviews_by_others"]
    is_first = True
    for each in answer["reviews"]:
        is_near = each["is_mine"] or each["is_vouched_by_me"]
        if is_first and not is_near:
            is_first = False
            yield Line(
                f"{count(others, 'review')} by people whom you do not vouch for, the newest:"
            )
        yield from _review(each, "author", now, indent=0 if is_near else 2)
    yield from _receipts(answer["receipts"])


def _receipts(receipts: Json) -> Iterator[Block]:
    sold, bought = receipts["as_seller"], receipts["as_buyer"]["orders"]
    if sold["orders"]:
        orders = count(sold["orders"], "settled order")
        yield Line(f"{orders} by receipts seen, counts up to {sold['count_up_to']}")
    if sold["missing_count"]:
        yield Line(f"no receipt seen of {_numbers(sold['missing'], sold['missing_count'])}", "dim")
    for each in sold["twice"]:
        yield Line(
            f"number {each['count']} was given twice: goodword record show {short(each['one'])}"
            f" and {short(each['other'])}",
            "red",
        )
    if bought:
        yield Line(f"{count(bought, 'settled order')} as a buyer, by receipts seen")


def _numbers(named: list[int], total: int) -> str:
    shown = named[:MISSING_SHOWN]
    more = f" and {total - len(shown)} more" if total > len(shown) else ""
    return f"{'number' if total == 1 else 'numbers'} {', '.join(map(str, shown))}{more}"


def _reviews(answer: Json, now: int) -> Iterator[Block]:
    if not answer["by"] and not answer["about"]:
        yield Line("no reviews yet")
    who = "you" if answer["is_me"] else person(answer["person"])
    if answer["about"]:
        yield Line(f"about {who}", "bold")
    for each in answer["about"]:
        yield from _review(each, "author", now)
    if answer["by"]:
        yield Line(f"by {who}", "bold")
    for each in answer["by"]:
        yield from _review(each, "about", now)


def _review(review: Json, whom: str, now: int, indent: int = 0) -> Iterator[Block]:
    """`good, says Ann, who bought and whom you vouch for, 6 Jan 14:00 (order 3fa2bc10)`."""
    rating = review["rating"] or "a receipt"
    did = "bought" if review["role"] == "buyer" else "sold"
    if whom == "about":
        told = f"of {person(review['about'])}, who {'sold' if did == 'bought' else 'bought'}"
    elif review["is_mine"]:
        told = f"say you, who {did}"
    else:
        trusted = " and whom you vouch for" if review["is_vouched_by_me"] else ""
        told = f"says {person(review['author'])}, who {did}{trusted}"
    if not review["rating"] and review["text"]:
        rating = "no rating"
    moment = when(review["made_at"], now)
    yield Line(
        f"{rating}, {told}, {moment} (order {short(review['order'])},"
        f" record {short(review['record'])})",
        STYLES.get(review["rating"] or "", ""),
        indent,
    )
    if review["text"]:
        yield Prose(review["text"], indent + 4)


def reviewed(answer: Json, now: int) -> Iterator[Block]:
    """What `order review` answers with."""
    yield from _review(answer, "about", now)
    yield Line("everybody can read it, and nobody but you can take it back", "dim")


def _withdrawn(answer: Json, _now: int) -> Iterator[Block]:
    yield Line(f"your review of order {short(answer['order'])} is taken back")


COMMANDS = (
    Command(
        noun="review",
        verb="list",
        help="what somebody says of others, and others of them; you, where nobody is named",
        example="review list Ben",
        arguments=(word("person", "a petname or an address", nargs="?"),),
        method="review.list",
        show=_reviews,
    ),
    Command(
        noun="review",
        verb="withdraw",
        help="take back what you said of an order",
        example="review withdraw 3fa2bc10",
        arguments=(word("order", "the id of an order, or its first digits"),),
        method="review.withdraw",
        show=_withdrawn,
    ),
)
