"""An order in words: its states and events, what was agreed, each round, each entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from .client import Json
from .page import BLANK, Block, Line
from .words import duration, money, person, quoted, short, when

STATES: Final = {
    "proposed": "proposed: the seller has not answered yet",
    "countered": "countered: the seller asks for other terms, the buyer has not answered yet",
    "accepted": "accepted: the payment is due",
    "pay_claimed": "paid, says the buyer: the seller has not confirmed it yet",
    "funded": "paid, or to be paid on delivery: the seller ships next",
    "fulfilled": "shipped: the buyer has not confirmed it yet",
    "disputed": "disputed: the two do not agree",
    "decided": "decided by the moderator: what he says is to be done now",
    "cancelled": "over: cancelled, nobody owes anything",
    "expired": "over: expired, nobody owes anything",
    "completed": "over: completed, the money is the seller's",
    "refunded": "over: refunded",
    "resolved": "over: what the moderator decided was done",
    "unresolved": "over without agreement: both keep what they have, and the evidence",
}

OUTCOMES: Final = {
    "expired": "the order ends and nobody owes anything",
    "completed": "the order is completed and the money is the seller's",
    "disputed": "the order is disputed: the two must agree, or the moderator decides",
    "unresolved": "the order ends without agreement: both keep what they have, and the evidence",
}
"""What happens by itself, once the deadline has passed."""

EVENTS: Final = {
    "propose": "proposed",
    "counter": "asked for other terms",
    "accept": "accepted",
    "reject": "rejected",
    "withdraw": "withdrew",
    "pay_sent": "says: paid",
    "pay_received": "says: the money came",
    "pay_denied": "says: the money did not come",
    "on_delivery": "agrees to payment on delivery",
    "fulfil": "shipped",
    "extend": "takes more time",
    "confirm": "confirmed",
    "refund": "refunded everything",
    "offer": "offers a split",
    "agree": "agreed to the split",
    "dispute": "disputes",
    "consent": "is ready to decide",
    "verdict": "decided",
    "executed": "says: what was decided is done",
    "acknowledge": "has seen the end",
    "timeout": "says: the time is over",
}

TERMS: Final = {
    "payment": "paid within",
    "clearing": "payment checked within",
    "handling": "shipped within",
    "inspection": "looked at within",
    "dispute": "disputes end within",
}
"""Names of the deadlines; the other terms are called as they are."""


def agreed(answer: Json) -> list[tuple[str, str]]:
    terms = answer["terms"]
    left = money(answer["to_seller"]) if answer["to_seller"] else ""
    return [
        ("order", answer["order"]),
        ("listing", answer["listing"]),
        ("price", f"{money(answer['price'])} each" if answer["quantity"] > 1 else ""),
        ("shipping", money(terms["shipping"]) if terms["shipping"]["minor"] else ""),
        ("to the seller", left),
        ("moderator", _moderator(answer)),
        ("ships within", duration(answer["handling_seconds"])),
        *terms["options"].items(),
        *((each["question"], each["answer"]) for each in terms["answers"]),
        ("note", answer["note"]),
        ("ship to", answer["ship_to"]),
    ]


def _moderator(answer: Json) -> str:
    if not answer["moderator"]:
        return ""
    fee = answer["terms"]["fee"]
    asks = f", asks {money(fee)} if he must decide, half from each" if fee["minor"] else ""
    ready = "is ready" if answer["has_consent"] else "has not said yet that he is ready"
    return f"{person(answer['moderator'])}{asks}: {ready}"


def rounds(answer: Json, now: int) -> Iterator[Block]:
    """What each round of the negotiation changed; nothing, where there was none."""
    if len(answer["rounds"]) > 1 or any(each["changes"] for each in answer["rounds"]):
        yield BLANK
        for number, each in enumerate(answer["rounds"], start=1):
            yield from _round(number, each, answer, now)


def _round(number: int, each: Json, answer: Json, now: int) -> Iterator[Block]:
    by = who(each["by"], answer["role"])
    # Evidence may come without the listing, and then nobody knows what it asked.
    first = "the listing" if answer.get("has_listing", True) else "proposed first"
    before = first if number == 1 else f"round {number - 1}"
    yield Line(f"round {number}, {by}, {when(each['made_at'], now)}", "bold")
    if not each["changes"]:
        yield Line(f"as {before}", indent=2)
    for name, change in each["changes"].items():
        was, now_is = (_term(name, change[side], answer) for side in ("was", "is"))
        yield Line(f"{TERMS.get(name, name)}: {was} -> {now_is}", indent=2)


def _term(name: str, value: Any, answer: Json) -> str:
    match value:
        case None:
            return "none"
        case [int(minor), str(code)]:
            return _amount(minor, code)
        case int() if name in TERMS:
            return duration(value)
        case int() if name == "shipping":
            return _amount(value, answer["total"]["code"])
        case {"person": judge, "fee": fee}:
            return f"{person(judge)} for {money(fee)}"
        case list():
            return ", ".join(f"{one}: {other}" for one, other in cast("list[list[str]]", value))
        case _:
            return str(value)


def row(entry: Json, answer: Json, now: int) -> list[str]:
    """When, who, and what."""
    event = called(EVENTS, entry["event"])
    details = _details(entry["details"], answer["total"]["code"])
    return [
        when(entry["made_at"], now),
        who(entry["role"], answer["role"]),
        f"{event}: {details}" if details else event,
    ]


def without_effect(answer: Json) -> Iterator[Block]:
    for each in answer["void"]:
        said = f"{who(each['role'], answer['role'])} {called(EVENTS, each['event'])}"
        yield Line(f"without effect: {said} ({each['why']})", "dim")


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
            case _ if name in ("note", "reasons"):
                shown.append(quoted(str(value)))
            case {"hex": digits}:
                shown.append(f"{name} {short(digits)}")
            case _:
                shown.append(f"{name.replace('_', ' ')} {value}")
    return ", ".join(shown)


def called(words: Mapping[str, str], key: str) -> str:
    """A newer node may know states and events that have no words here."""
    return words.get(key, key.replace("_", " "))


def what(order: Json) -> str:
    return f"{order['quantity']} x {order['title']}" if order["quantity"] > 1 else order["title"]


def who(role: str, me: str) -> str:
    """`me` is the role of whoever looks at it; empty where she has none."""
    return "you" if role == me else f"the {role}"
