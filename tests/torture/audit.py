"""What must be true once all are awake, linked and settled."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from goodword.node import doctor
from goodword.node.home import Home
from tests.nodes import Json
from tests.torture.trader import NOTHING, Trader

ALIKE: Final = ("state", "heads", "since", "deadline", "to_seller", "has_consent", "offers")
"""What all who hold an order must see the same."""

LOG_LINES: Final = 40

Seen: TypeAlias = Mapping[Trader, Mapping[str, Json]]
"""Every order, as each of the traders sees it."""


class Broken(AssertionError):
    """A promise was not kept."""


@dataclass(kw_only=True)
class Sum:
    """What all orders together come to."""

    states: Counter[str] = field(default_factory=Counter[str])
    events: Counter[str] = field(default_factory=Counter[str])
    moderated: int = 0
    """Orders with a moderator, who has all of it."""
    void: int = 0


def compared(traders: Sequence[Trader]) -> Sum:
    """Nothing lost, nothing doubled, and all parties see the same. Raises Broken."""
    seen = {each: _orders(each) for each in traders}
    for trader, orders in seen.items():
        _check_promises(trader, orders)
    whole = {order: shown for orders in seen.values() for order, shown in orders.items()}
    summed = Sum()
    for order in whole:
        shown = _check_order(order, seen)
        summed.states[shown["state"]] += 1
        summed.events.update(each["event"] for each in shown["history"])
        summed.moderated += len(list(_parties(shown))) > 2
        summed.void += len(shown["void"])
    return summed


def examine(traders: Sequence[Trader]) -> None:
    """The doctor finds every home sound: its views are what its records make. Raises Broken."""
    for each in traders:
        found: Json = doctor.examine(Home(each.node.home), rebuild=False)
        # A draft that a kill left half-written is named, and does no harm.
        if problems := [one for one in found["problems"] if one["code"] != "leftover"]:
            raise Broken(f"{each.name}'s home: {problems}")
        if " ERROR " in (told := log_of(each)):
            raise Broken(f"{each.name}'s node met what it did not expect: {told}")


def log_of(trader: Trader) -> str:
    """What its owner would look at: the last of it, from the first error on."""
    lines = (trader.node.home / "node.log").read_text().splitlines()
    errors = [number for number, line in enumerate(lines) if " ERROR " in line]
    return "\n".join(lines[errors[0] :][:LOG_LINES] if errors else lines[-LOG_LINES:])


def _orders(trader: Trader) -> dict[str, Json]:
    """Every order as `trader` sees it. Raises Broken for one that is there twice, or refused."""
    listed = [each["order"] for each in trader.node.ask("order.list")["orders"]]
    if len(listed) != len(set(listed)):
        raise Broken(f"{trader.name} lists an order twice")
    found = {order: trader.node.ask("order.show", order=order) for order in listed}
    for order, shown in found.items():
        entries = shown["history"] + shown["void"]
        if len(entries) != len(_records(shown)):
            raise Broken(f"{trader.name} holds an entry of {order[:8]} twice")
        for each in shown["history"]:
            for to in each["delivery"]:
                if to["state"] not in ("at the peer", "read"):
                    raise Broken(f"{order[:8]}: {each['event']} is {to['state']}: {to}")
    return found


def _check_promises(trader: Trader, orders: Mapping[str, Json]) -> None:
    """Of what was placed or answered here, all is here, once."""
    notes = Counter(each["note"] for each in orders.values() if each["role"] == "buyer")
    if notes != Counter(trader.notes):
        raise Broken(f"{trader.name} placed {trader.notes} and has {notes}")
    for order, records in trader.answered.items():
        if lost := records - _records(orders.get(order, NOTHING)):
            raise Broken(f"{trader.name} lost {len(lost)} entries of {order[:8]}")


def _check_order(order: str, seen: Seen) -> Json:
    """One of the views, which are all alike."""
    holders = {each: orders[order] for each, orders in seen.items() if order in orders}
    first, one = next(iter(holders.items()))
    parties = set(_parties(one))
    if {each.node.person for each in holders} != parties:
        held = ", ".join(each.name for each in holders)
        raise Broken(f"{order[:8]}, {one['state']}: held by {held}, not by its parties")
    for holder, shown in holders.items():
        for what in ALIKE:
            if shown[what] != one[what]:
                raise Broken(
                    f"{order[:8]}: its {what} is {one[what]} at {first.name}'s,"
                    f" {shown[what]} at {holder.name}'s"
                )
        if _records(shown) != _records(one):
            raise Broken(
                f"{order[:8]}: {first.name} and {holder.name} hold other entries:"
                f" {_told(one)} and {_told(shown)}"
            )
    if not _rests(holders.values()):
        raise Broken(f"{order[:8]} is {one['state']}, and waits for nobody: {_told(one)}")
    return one


def _parties(shown: Json) -> Iterator[str]:
    """Who must have it: the moderator too, once it is agreed."""
    yield shown["buyer"]["address"]
    yield shown["seller"]["address"]
    if shown["moderator"] and any(each["event"] == "accept" for each in shown["history"]):
        yield shown["moderator"]["address"]


def _rests(views: Iterable[Json]) -> bool:
    """Whether it is over, and both have seen that, or waits for a person."""
    return all(each["is_sealed"] for each in views) or any(
        each["is_my_turn"] and each["open_steps"] and each["deadline"] > time.time()
        for each in views
    )


def _records(shown: Json) -> set[str]:
    return {each["record"] for each in shown["history"] + shown["void"]}


def _told(shown: Json) -> str:
    entries = [f"{each['role']} {each['event']}" for each in shown["history"]]
    return ", ".join([*entries, *(f"({each['role']} {each['event']})" for each in shown["void"])])
