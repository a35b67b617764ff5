"""`goodword order …`: place one, take its steps, see where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from goodword.cli.client import Json
from goodword.cli.command import Argument, Command, option, word
from goodword.cli.page import BLANK, Block, Facts, Line, Table
from goodword.cli.words import count, duration, money, person, short, when

STEPS: Final = {
    "accept": "accept",
    "reject": "reject",
    "withdraw": "withdraw",
    "pay_sent": "paid",
    "pay_received": "received",
    "on_delivery": "on-delivery",
    "fulfil": "ship",
    "confirm": "confirm",
    "refund": "refund",
}
"""The command that takes each step of the order table; a timeout is the node's to say."""

STATES: Final = {
    "proposed": "proposed: the seller has not answered yet",
    "accepted": "accepted: the payment is due",
    "pay_claimed": "paid, says the buyer: the seller has not confirmed it yet",
    "funded": "paid, or to be paid on delivery: the seller ships next",
    "fulfilled": "shipped: the buyer has not confirmed it yet",
    "cancelled": "over: cancelled, nobody owes anything",
    "expired": "over: expired, nobody owes anything",
    "completed": "over: completed, the money is the seller's",
    "refunded": "over: refunded",
    "unresolved": "over without agreement: both keep what they have, and the evidence",
}

OUTCOMES: Final = {
    "expired": "the order ends and nobody owes anything",
    "completed": "the order is completed and the money is the seller's",
    "unresolved": "the order ends without agreement: both keep what they have, and the evidence",
}
"""What happens by itself, once the deadline has passed."""

EVENTS: Final = {
    "propose": "proposed",
    "accept": "accepted",
    "reject": "rejected",
    "withdraw": "withdrew",
    "pay_sent": "says: paid",
    "pay_received": "says: the money came",
    "on_delivery": "agrees to payment on delivery",
    "fulfil": "shipped",
    "confirm": "confirmed",
    "refund": "refunded",
    "timeout": "says: the time is over",
}


def _order(answer: Json, now: int) -> Iterator[Block]:
    me, other = answer["role"], _other_role(answer["role"])
    verb = "you buy from" if me == "buyer" else "you sell to"
    yield Line(f"{short(answer['order'])}  {_what(answer)}, {money(answer['total'])}", "bold")
    yield Line(f"{verb} {person(answer[other])}")
    yield Line(_word(STATES, answer["state"]))
    yield from _next(answer, now)
    yield BLANK
    left = money(answer["to_seller"]) if answer["to_seller"] else ""
    yield Facts(
        [
            ("order", answer["order"]),
            ("listing", answer["listing"]),
            ("price", f"{money(answer['price'])} each" if answer["quantity"] > 1 else ""),
            ("to the seller", left),
            ("ships within", duration(answer["handling_seconds"])),
            ("note", answer["note"]),
            ("ship to", answer["ship_to"]),
        ]
    )
    yield BLANK
    rows = [_line(each, me, answer["total"]["code"], now) for each in answer["history"]]
    yield Table(["when", "who", "what", "delivery"], rows)
    for void in answer["void"]:
        said = f"{_who(void['role'], me)} {_word(EVENTS, void['event'])}"
        yield Line(f"without effect: {said} ({void['why']})", "dim")
    for role in answer["signed_both_ways"]:
        yield Line(f"the {role} signed two ways at once: both entries are kept as evidence", "red")


def _next(answer: Json, now: int) -> Iterator[Block]:
    """Whose turn it is, what is open to me, and what happens if nobody does anything."""
    if answer["default"] is None:
        return
    other = person(answer[_other_role(answer["role"])])
    if answer["is_my_turn"]:
        yield Line("it is your turn", "bold green")
    else:
        yield Line(f"it is the turn of {other}")
    yield Line(_by_itself(answer, now), "yellow")
    for event in answer["open_steps"]:
        if event in STEPS:
            yield Line(f"you can: goodword order {STEPS[event]} {short(answer['order'])}", "dim")


def _by_itself(answer: Json, now: int) -> str:
    moment = when(answer["deadline"], now)
    outcome = OUTCOMES.get(answer["default"], f"the order is {answer['default']}")
    if answer["deadline"] > now:
        return f"if nobody does anything until {moment}, {outcome}"
    return f"nobody did anything until {moment}: unless somebody does now, {outcome}"


def _line(entry: Json, me: str, currency: str, now: int) -> list[str]:
    event = _word(EVENTS, entry["event"])
    details = _details(entry["details"], currency)
    delivery = entry["delivery"]
    return [
        when(entry["made_at"], now),
        _who(entry["role"], me),
        f"{event}: {details}" if details else event,
        "" if delivery == "here" else delivery,
    ]


def _amount(minor: int, code: str) -> str:
    # Imported here, where an entry has an amount: the table of currencies takes 20 ms.
    from goodword.protocol.money import Money

    return str(Money(minor, code))


def _details(details: Json, currency: str) -> str:
    shown: list[str] = []
    for name, value in details.items():
        match value:
            case [int(minor), str(code)]:
                shown.append(f"{name} {_amount(minor, code)}")
            case int() if name == "to_seller":
                shown.append(f"to the seller {_amount(value, currency)}")
            case _ if name == "note":
                shown.append(f"“{value}”")
            case _:
                shown.append(f"{name.replace('_', ' ')} {value}")
    return ", ".join(shown)


def _orders(answer: Json, now: int) -> Iterator[Block]:
    if not answer["orders"]:
        yield Line("no orders yet: `goodword order place LISTING` places one")
        return
    rows = [
        [
            short(each["order"]),
            f"{'buy from' if each['role'] == 'buyer' else 'sell to'} {person(each['other'])}",
            _what(each),
            money(each["total"]),
            each["state"].replace("_", " "),
            when(each["deadline"], now) if each["deadline"] else "",
            _needs(each),
        ]
        for each in answer["orders"]
    ]
    yield Table(["order", "with", "what", "total", "state", "until", ""], rows)


def _needs(order: Json) -> str:
    """What the owner should know of it at a glance."""
    needs = ["your turn"] if order["is_my_turn"] else []
    if order["undelivered"]:
        needs.append(f"{count(order['undelivered'], 'letter')} waiting")
    return ", ".join(needs)


def _word(words: Mapping[str, str], key: str) -> str:
    """A newer node may know states and events that have no words here."""
    return words.get(key, key.replace("_", " "))


def _what(order: Json) -> str:
    return f"{order['quantity']} x {order['title']}" if order["quantity"] > 1 else order["title"]


def _who(role: str, me: str) -> str:
    return "you" if role == me else f"the {role}"


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


def _step(verb: str, help_: str, *arguments: Argument, example: str = "") -> Command:
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
            NOTE,
            option("--ship-to", "your postal address", metavar="ADDRESS"),
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
    _step("accept", "seller: agree to the order", NOTE),
    _step("reject", "seller: decline it, before anything was paid", NOTE),
    _step("withdraw", "buyer: take it back, before anything was paid", NOTE),
    _step(
        "paid",
        "buyer: say that you paid",
        *PAYMENT,
        example=' --method SEPA --amount "12.50 EUR" --reference "bicycle"',
    ),
    _step("received", "seller: say that the money is here", *PAYMENT, example=" --method cash"),
    _step("on-delivery", "seller: agree to be paid on delivery", NOTE),
    _step(
        "ship",
        "seller: say that it is on its way, or handed over",
        option("--tracking", "the number of the parcel", metavar="NUMBER"),
        NOTE,
        example=" --tracking 00340434",
    ),
    _step("confirm", "buyer: say that it came and is as agreed; ends the order", NOTE),
    _step(
        "refund",
        "seller: give the money back, all but what you keep; ends the order",
        option("--keep", 'how much you keep: "2.50 EUR"', metavar="AMOUNT"),
        NOTE,
        example=' --keep "2.50 EUR"',
    ),
)
