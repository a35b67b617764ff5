"""`goodword listing …`: what is for sale."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from goodword.cli import hearsay
from goodword.cli.client import Json
from goodword.cli.command import Argument, Command, option, word
from goodword.cli.failure import DISK, USAGE, Failed
from goodword.cli.page import BLANK, Block, Facts, Line, Prose
from goodword.cli.words import count, duration, money, person, short, when

LISTING = word("listing", "the id of a listing, or its first digits")

DETAILS = (
    option("--quantity", "how many pieces there are", type=int, metavar="N"),
    option(
        "--category",
        "a category; repeat it for more",
        action="append",
        dest="categories",
    ),
    option("--region", "where it is: Berlin"),
    option("--handling", "how long from payment to shipping: 3d", metavar="TIME"),
    option("--shipping", 'for one order, however many pieces: "4 EUR"', metavar="PRICE"),
    option(
        "--option",
        "what the buyer chooses, and what a choice adds to the price; repeat it for more",
        action="append",
        dest="options",
        metavar="'SIZE: S, M, L +2.00'",
    ),
    option(
        "--question",
        "what the buyer must answer: which name to engrave; repeat it for more",
        action="append",
        dest="questions",
        metavar="TEXT",
    ),
)

TEXT = (
    option("--text", "the description"),
    option("--file", "read the description from a file; - is standard input"),
)


def _with_text(params: Json) -> Json:
    """The text of --file in its place."""
    name = params.pop("file", None)
    if name is None:
        return params
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text()
    except UnicodeDecodeError as error:
        raise Failed(f"{name} is not a text in UTF-8", status=USAGE, code="usage") from error
    except OSError as error:
        raise Failed(f"cannot read {name}: {error.strerror}", status=DISK, code="disk") from error
    return {**params, "text": text}


def _joined(params: Json) -> Json:
    return {**params, "words": " ".join(params["words"])}


def _published(answer: Json, now: int) -> Iterator[Block]:
    yield Line(f"published: {short(answer['listing'])}", "bold")
    yield from _listing(answer, now)


def _withdrawn(answer: Json, _now: int) -> Iterator[Block]:
    yield Line(f"withdrawn: {short(answer['listing'])}")


def _several(answer: Json, _now: int) -> Iterator[Block]:
    if not answer["listings"]:
        yield Line("nothing found")
    for position, listing in enumerate(answer["listings"]):
        if position:
            yield BLANK
        yield Line(f"{short(listing['listing'])}  {listing['title']}, {_price(listing)}", "bold")
        places = [_pieces(listing), listing["region"], *listing["categories"]]
        yield Line(", ".join(each for each in places if each), indent=10)
        yield from _seller(listing, indent=10)


def _listing(answer: Json, now: int) -> Iterator[Block]:
    yield Line(f"{answer['title']}, {_price(answer)}", "bold")
    if answer["text"]:
        yield Prose(answer["text"])
        yield BLANK
    yield Facts(
        [
            ("listing", answer["listing"]),
            ("pieces", str(answer["quantity"])),
            ("region", answer["region"]),
            ("categories", ", ".join(answer["categories"])),
            ("shipping", money(answer["shipping"]) if answer["shipping"]["minor"] else ""),
            *((each["name"], _choices(each)) for each in answer["options"]),
            *(("the seller asks", each) for each in answer["questions"]),
            ("ships within", duration(answer["handling_seconds"])),
            ("published", when(answer["made_at"], now)),
            ("record", f"{answer['record']}, revision {answer['revision']}"),
            ("address", answer["seller"]["address"]),
        ]
    )
    yield from _seller(answer)
    if not answer.get("is_mine"):
        yield Line(f"you can: goodword order place {short(answer['listing'])}", "dim")


def _choices(option_: Json) -> str:
    """`S, M, L (+2.00 EUR)`"""
    return ", ".join(
        f"{each['choice']} (+{money(each['adds'])})" if each["adds"]["minor"] else each["choice"]
        for each in option_["choices"]
    )


def _seller(listing: Json, indent: int = 0) -> Iterator[Block]:
    if listing.get("is_mine"):
        yield Line("your own listing", indent=indent)
        return
    yield Line(f"from {person(listing['seller'])}", indent=indent)
    if "trust" in listing:
        yield hearsay.line(listing["trust"], indent)


def _price(listing: Json) -> str:
    return f"{money(listing['price'])}{' each' if listing['quantity'] > 1 else ''}"


def _pieces(listing: Json) -> str:
    return count(listing["quantity"], "piece")


def _filter(name: str, help_: str, metavar: str) -> Argument:
    return option(name, help_, metavar=metavar)


COMMANDS = (
    Command(
        noun="listing",
        verb="new",
        help="offer something for sale",
        example='listing new --title "Red bicycle" --price "120 EUR" --region Berlin',
        arguments=(
            option("--title", "what it is, in one line", required=True),
            option("--price", 'for one piece: "12.50 EUR"', required=True),
            *DETAILS,
        ),
        either=TEXT,
        method="listing.publish",
        adapt=_with_text,
        show=_published,
    ),
    Command(
        noun="listing",
        verb="revise",
        help="change a listing of yours; what is not named stays",
        example='listing revise 3fa2bc10 --price "110 EUR"',
        arguments=(
            LISTING,
            option("--title", "what it is, in one line"),
            option("--price", 'for one piece: "12.50 EUR"'),
            *DETAILS,
        ),
        either=TEXT,
        method="listing.revise",
        adapt=_with_text,
        show=_listing,
    ),
    Command(
        noun="listing",
        verb="withdraw",
        help="take a listing of yours back, for good",
        example="listing withdraw 3fa2bc10",
        arguments=(LISTING,),
        method="listing.withdraw",
        show=_withdrawn,
    ),
    Command(
        noun="listing",
        verb="list",
        help="what somebody has for sale; yours, where nobody is named",
        example="listing list Ben",
        arguments=(word("seller", "a petname or an address", nargs="?"),),
        method="listing.list",
        show=_several,
    ),
    Command(
        noun="listing",
        verb="show",
        help="one listing, and who vouches for its seller",
        example="listing show 3fa2bc10",
        arguments=(LISTING,),
        method="listing.show",
        show=_listing,
    ),
    Command(
        noun="listing",
        verb="search",
        help="find listings that have all the words",
        example='listing search bicycle --max-price "150 EUR" --region Berlin',
        arguments=(
            word("words", "the beginnings of words", nargs="*"),
            _filter("--category", "only of this category", "CATEGORY"),
            _filter("--max-price", 'only up to this: "150 EUR"', "PRICE"),
            _filter("--seller", "only of this person", "PERSON"),
            _filter("--region", "only from there", "REGION"),
            option(
                "--sort",
                "trust (the default: what fits, and whom you trust), relevance, newest or price",
                choices=("trust", "relevance", "newest", "price"),
                metavar="ORDER",
            ),
            option("--limit", "at most so many", type=int, metavar="N"),
        ),
        method="listing.search",
        adapt=_joined,
        show=_several,
    ),
)
