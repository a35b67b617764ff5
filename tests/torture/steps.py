"""Every step of the order table that is a person's to take, and what it is asked with."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

from tests.nodes import Json

METHODS: Final = {
    "counter": "order.counter",
    "accept": "order.accept",
    "reject": "order.reject",
    "withdraw": "order.withdraw",
    "pay_sent": "order.paid",
    "pay_received": "order.received",
    "pay_denied": "order.denied",
    "on_delivery": "order.on_delivery",
    "fulfil": "order.ship",
    "extend": "order.extend",
    "confirm": "order.confirm",
    "refund": "order.refund",
    "offer": "order.offer",
    "agree": "order.agree",
    "dispute": "order.dispute",
    "consent": "order.consent",
    "verdict": "order.verdict",
    "executed": "order.executed",
}
"""The method that takes each step."""

LIKELY: Final = {
    "counter": 0.4,
    "reject": 0.05,
    "withdraw": 0.05,
    "pay_denied": 0.3,
    "on_delivery": 0.2,
    "extend": 0.6,
    "confirm": 0.4,
    "refund": 0.05,
    "offer": 0.3,
    "dispute": 0.2,
}
"""How often it is taken where it is possible; always, where it is not here. What ends an order
early is rare, or none would walk through all of the table."""

EARLY_ENDS: Final = ("reject", "withdraw", "refund")

PRICES: Final = range(200, 400, 25)
"""In cents, as they are haggled over."""


def params(event: str, order: Json, judges: Sequence[str], rng: random.Random) -> Json:
    """What `event` is asked with; `order` as the list shows it, `judges` whom it could name."""
    asked: Json = {"order": order["order"]}
    total: int = order["total"]["minor"]
    match event:
        case "counter":
            prices = [each for each in PRICES if each != total // order["quantity"]]
            asked["price"] = euros(rng.choice(prices))
            if judges and rng.random() < 0.4:
                asked["moderator"] = rng.choice([*judges, "nobody"])
        case "offer":
            asked["to_seller"] = euros(rng.randint(0, total))
        case "verdict":
            asked |= {"to_seller": euros(rng.randint(0, total)), "reasons": "as I saw it"}
        case "dispute":
            asked["reasons"] = "the tea is cold"
        case "pay_sent" | "executed":
            asked |= {"method": "cash", "amount": euros(total)}
        case _:
            pass
    return asked


def euros(cents: int) -> str:
    return f"{cents / 100:.2f} EUR"
