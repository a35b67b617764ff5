"""What people do: something of what the API says is open to them, at random."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, Final, cast

from goodword.node.show import Json
from goodword.node.trading import Trading
from goodword.protocol.record import Record
from tests.sim import post

WEIGHTS: Final[Mapping[str, float]] = {
    "accept": 6,
    "counter": 2,
    "reject": 0.03,
    "withdraw": 0.03,
    "pay_sent": 8,
    "pay_received": 2,
    "pay_denied": 4,
    "on_delivery": 1,
    "fulfil": 4,
    "extend": 5,
    "confirm": 2,
    "refund": 0.6,
    "offer": 1,
    "agree": 2,
    "dispute": 1.2,
    "consent": 2,
    "verdict": 3,
    "executed": 3,
}
"""How likely each is, among what is open: so that most orders get somewhere."""

WAITING: Final = 1.5
"""How likely it is to do nothing."""


def place(trading: Trading, rng: random.Random, offered: Record, judges: list[str]) -> Json:
    """Order something, on terms that are not always the listing's."""
    windows: dict[str, Any] = {
        name: rng.choice(("", "", *some))
        for name, some in {
            "payment": ("2h", "3d"),
            "clearing": ("6h", "2d"),
            "handling": ("1d",),
            "inspection": ("1d", "2d"),
            "dispute": ("3d", "4d"),
        }.items()
    }
    return trading.place(
        listing=offered.slot.hex(),
        quantity=rng.choice((1, 1, 2)),
        price=rng.choice(("", "9.00 EUR")),
        moderator=rng.choice(judges) if judges and rng.random() < 0.8 else "",
        **windows,
    )


def choose(rng: random.Random, steps: list[str]) -> str | None:
    """One of these, or to wait."""
    weights = [WEIGHTS[each] for each in steps]
    return rng.choices([*steps, None], [*weights, WAITING])[0]


def take(trading: Trading, rng: random.Random, shown: Json, event: str, judges: list[str]) -> None:
    """Take the step `event` of the order that is `shown`."""
    order = cast("str", shown["order"])
    if event == "counter":
        _counter(trading, rng, shown, judges)
    elif event in _SPLITS:
        verb, more = _SPLITS[event]
        total = cast("dict[str, int]", shown["total"])["minor"]
        part = rng.choice((0, total, rng.randint(0, total)))
        getattr(trading, verb)(order=order, to_seller=f"{part / 100:.2f} EUR", **more)
    elif event == "dispute":
        trading.dispute(order=order, reasons="it is not what I asked for")
    else:
        getattr(trading, _VERBS.get(event, event))(order=order)


_VERBS: Final = {
    "pay_sent": "paid",
    "pay_received": "received",
    "pay_denied": "denied",
    "fulfil": "ship",
}
"""Where the API's word is another than the entry's."""

_SPLITS: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "offer": ("offer", {}),
    "verdict": ("verdict", {"reasons": "I have heard both"}),
}


def _counter(trading: Trading, rng: random.Random, shown: Json, judges: list[str]) -> None:
    price = cast("dict[str, int]", shown["price"])["minor"]
    changes: dict[str, Any] = {"price": f"{(price + rng.randint(1, 200)) / 100:.2f} EUR"}
    if rng.random() < 0.3:
        changes["quantity"] = rng.choice((1, 2))
    if rng.random() < 0.4:
        changes["moderator"] = rng.choice(["nobody", *(judges if post.HOLDS_SEVERAL else [])])
    trading.counter(order=cast("str", shown["order"]), **changes)
