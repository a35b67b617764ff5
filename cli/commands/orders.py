"""`goodword order …`: place one, take its steps, see where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from goodword.cli import hearsay
from goodword.cli.client import Json
from goodword.cli.command import Argument, Command, option, word
from goodword.cli.commands.reviews import reviewed
from goodword.cli.deal import (
    OUTCOMES,
    STATES,
    agreed,
    called,
    rounds,
    row,
    what,
    who,
    without_effect,
)
from goodword.cli.page import BLANK, Block, Facts, Line, Table
from goodword.cli.words import count, money, person, short, when

STEPS: Final = {
    "counter": "counter",
    "accept": "accept",
    "reject": "reject",
    "withdraw": "withdraw",
    "pay_sent": "paid",
    "pay_received": "received",
    "pay_denied": "denied",
    "on_delivery": "on-delivery",
    "fulfil": "ship",
    "extend": "extend",
    "confirm": "confirm",
    "refund": "refund",
    "offer": "offer",
    "agree": "agree",
    "dispute": "dispute",
    "consent": "consent",
    "verdict": "verdict",
    "executed": "executed",
}
"""The command that takes each step of the order table; the others are the node's to say."""


def _order(answer: Json, now: int) -> Iterator[Block]:
    yield Line(f"{short(answer['order'])}  {what(answer)}, {money(answer['total'])}", "bold")
    yield Line(_with_whom(answer))
    for role, judged in answer.get("trust", {}).items():
        yield Line(f"the {role} is {hearsay.sentence(judged)}", hearsay.style(judged))
    yield Line(called(STATES, answer["state"]))
    yield from _next(answer, now)
    yield BLANK
    yield Facts(agreed(answer))
    yield from rounds(answer, now)
    yield BLANK
    rows = [[*row(each, answer, now), _delivery(each["delivery"])] for each in answer["history"]]
    yield Table(["when", "who", "what", "delivery"], rows)
    yield from without_effect(answer)
    for role in answer["signed_both_ways"]:
        yield Line(f"the {role} signed two ways at once: both entries are kept as evidence", "red")


def _with_whom(answer: Json) -> str:
    buyer, seller = person(answer["buyer"]), person(answer["seller"])
    match answer["role"]:
        case "buyer":
            return f"you buy from {seller}"
        case "seller":
            return f"you sell to {buyer}"
        case _:
            return f"you moderate between {buyer}, who buys, and {seller}, who sells"


def _next(answer: Json, now: int) -> Iterator[Block]:
    """Whose turn it is, what is open to me, and what happens if nobody does anything."""
    if answer["default"] is None:
        if answer["is_sealed"]:
            yield Line("both have seen the end: neither can go back on it", "dim")
        return
    if answer["is_my_turn"] and not answer["has_consent"] and answer["role"] == "moderator":
        yield Line("it is your turn: both ask whether you are ready to decide", "bold green")
    elif answer["is_my_turn"]:
        yield Line("it is your turn", "bold green")
    elif answer["role"] == "moderator":
        yield Line("nothing is yours to do now")
    else:
        yield Line(f"it is the turn of {person(answer[_other_role(answer['role'])])}")
    yield Line(_by_itself(answer, now), "yellow")
    for each in answer["offers"]:
        by = who(each["by"], answer["role"])
        offer = "offer" if by == "you" else "offers"
        amount = money(each["to_seller"])
        yield Line(f"{by} {offer}: {amount} to the seller, the rest back to the buyer", "bold")
    for event in answer["open_steps"]:
        if event in STEPS:
            yield Line(f"you can: goodword order {STEPS[event]} {short(answer['order'])}", "dim")


def _by_itself(answer: Json, now: int) -> str:
    moment = when(answer["deadline"], now)
    outcome = OUTCOMES.get(answer["default"], f"the order is {answer['default']}")
    if answer["deadline"] > now:
        return f"if nobody does anything until {moment}, {outcome}"
    return f"nobody did anything until {moment}: unless somebody does now, {outcome}"


def _delivery(delivery: Sequence[Json]) -> str:
    """`at the peer`; where several are to have it: `Ben: at the peer, Chen: queued`."""
    shown = [each["state"] + (f": {each['code']}" if each["code"] else "") for each in delivery]
    if len(shown) == 1:
        return str(shown[0])
    named = zip(delivery, shown, strict=True)
    return ", ".join(f"{person(each['person'])}: {state}" for each, state in named)


def _orders(answer: Json, now: int) -> Iterator[Block]:
    if not answer["orders"]:
        yield Line("no orders yet: `goodword order place LISTING` places one")
        return
    rows = [
        [
            short(each["order"]),
            _briefly(each),
            what(each),
            money(each["total"]),
            each["state"].replace("_", " "),
            when(each["deadline"], now) if each["deadline"] else "",
            _needs(each),
        ]
        for each in answer["orders"]
    ]
    yield Table(["order", "with", "what", "total", "state", "until", ""], rows)


def _briefly(order: Json) -> str:
    """With whom, in the list."""
    buyer, seller = person(order["buyer"]), person(order["seller"])
    match order["role"]:
        case "buyer":
            return f"buy from {seller}"
        case "seller":
            return f"sell to {buyer}"
        case _:
            return f"between {buyer} and {seller}"


def _needs(order: Json) -> str:
    """What the owner should know of it at a glance."""
    needs = ["your turn"] if order["is_my_turn"] else []
    if order["undelivered"]:
        needs.append(f"{count(order['undelivered'], 'letter')} waiting")
    return ", ".join(needs)


def _other_role(role: str) -> str:
    return "seller" if role == "buyer" else "buyer"


ORDER = word("order", "the id of an order, or its first digits")
NOTE = option("--note", "a sentence for the other side", metavar="TEXT")
PAYMENT = (
    option("--method", "how: cash, SEPA"),
    option("--amount", 'how much: "12.50 EUR"'),
    option("--payer", "in whose name", metavar="NAME"),
    option("--reference", "what the transfer says", metavar="TEXT"),
    NOTE,
)


DEADLINES = (
    option("--payment", "from acceptance to payment, at most: 2d", metavar="TIME"),
    option("--clearing", "until the seller says whether the money came", metavar="TIME"),
    option("--handling", "from payment to shipping", metavar="TIME"),
    option("--inspection", "from shipping until the buyer has looked at it", metavar="TIME"),
    option("--dispute", "for a dispute to end", metavar="TIME"),
)
REASONS = option(
    "--because", "what it is, and what shows it", dest="reasons", metavar="TEXT", required=True
)
TO_SELLER = option(
    "--to-seller", 'how much of it: "7.50 EUR"; the rest goes back', metavar="AMOUNT", required=True
)


def _step(
    verb: str,
    help_: str,
    *arguments: Argument,
    example: str = "",
) -> Command:
    return Command(
        noun="order",
        verb=verb,
        help=help_,
        example=f"order {verb} 3fa2bc10{example}",
        arguments=(ORDER, *arguments),
        method=f"order.{verb.replace('-', '_')}",
        show=_order,
    )


COMMANDS = (
    Command(
        noun="order",
        verb="place",
        help="ask to buy; only the seller can read where to ship",
        example='order place 3fa2bc10 --ship-to "Ann, Hauptstr. 1, Berlin"',
        arguments=(
            word("listing", "the id of a listing, or its first digits"),
            option("--quantity", "how many pieces", type=int, metavar="N"),
            option("--price", 'for one piece, if you offer another: "10 EUR"'),
            option(
                "--option",
                "what you choose: colour=blue; once for each option",
                dest="options",
                action="append",
                metavar="NAME=CHOICE",
            ),
            option(
                "--answer",
                "to the listing's questions; once for each, in their order",
                dest="answers",
                action="append",
                metavar="TEXT",
            ),
            option("--moderator", "who decides if you two do not agree", metavar="PERSON"),
            NOTE,
            option("--ship-to", "your postal address", metavar="ADDRESS"),
            *DEADLINES,
        ),
        method="order.place",
        show=_order,
    ),
    Command(
        noun="order",
        verb="list",
        help="your orders: what waits for you first, by deadline",
        example="order list",
        method="order.list",
        show=_orders,
    ),
    _step("show", "one order: its history, whose turn it is, and what happens by itself"),
    _step(
        "counter",
        "ask for other terms; what you do not name stays as it was proposed last",
        option("--price", 'for one piece: "11 EUR"'),
        option("--quantity", "how many pieces", type=int, metavar="N"),
        option("--shipping", 'for all of them: "4 EUR"'),
        option("--moderator", "who decides; `nobody` drops him", metavar="PERSON"),
        NOTE,
        *DEADLINES,
        example=' --price "11 EUR" --note "with the old handle"',
    ),
    _step("accept", "agree to the latest terms", NOTE),
    _step("reject", "decline an order, or a counter, before anything was paid", NOTE),
    _step("withdraw", "take back your order, or your counter, before anything was paid", NOTE),
    _step(
        "paid",
        "buyer: say that you paid",
        *PAYMENT,
        example=' --method SEPA --amount "12.50 EUR" --reference "bicycle"',
    ),
    _step("received", "seller: say that the money is here", *PAYMENT, example=" --method cash"),
    _step("denied", "seller: say that the money did not come", NOTE),
    _step("on-delivery", "seller: agree to be paid on delivery", NOTE),
    _step(
        "ship",
        "seller: say that it is on its way, or handed over",
        option("--tracking", "the number of the parcel", metavar="NUMBER"),
        NOTE,
        example=" --tracking 00340434",
    ),
    _step("extend", "buyer: take more time to look at it, once", NOTE),
    _step("confirm", "buyer: say that it came and is as agreed; ends the order", NOTE),
    _step(
        "refund",
        "seller: give everything back, which ends the order; or offer to keep a part",
        option("--keep", 'what you ask to keep, for the buyer to agree: "2.50 EUR"'),
        NOTE,
        example=' --keep "2.50 EUR"',
    ),
    _step(
        "offer",
        "offer a split, for the other side to agree to",
        TO_SELLER,
        NOTE,
        example=' --to-seller "7.50 EUR"',
    ),
    _step("agree", "agree to the split that the other side offers; ends the order", NOTE),
    _step(
        "dispute",
        "say that something is wrong: the moderator decides, if you two do not agree",
        REASONS,
        example=' --because "the bowl came broken"',
    ),
    _step("consent", "moderator: say that you are ready to decide, on these terms", NOTE),
    _step(
        "verdict",
        "moderator: decide; you can only say how much is the seller's",
        TO_SELLER,
        REASONS,
        example=' --to-seller "7.50 EUR" --because "it was packed badly"',
    ),
    _step("executed", "say that what the moderator decided was done; ends the order", *PAYMENT),
    Command(
        noun="order",
        verb="review",
        help="say publicly what you think of the other side, once the order is settled",
        example='order review 3fa2bc10 --rating good --text "six bowls, none broken"',
        arguments=(
            ORDER,
            option("--rating", "good, mixed or bad; without it it is a bare receipt"),
            option("--text", "why"),
        ),
        method="order.review",
        show=reviewed,
    ),
)
