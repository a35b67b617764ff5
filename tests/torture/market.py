"""A market of three traders under power cuts, and what must be true once all are up again."""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from goodword.node import doctor
from goodword.node.home import Home
from tests.nodes import Json, stopped_at_end
from tests.torture.trader import NOTHING, Cut, Trader

NAMES: Final = ("ann", "ben", "chen")

OPEN_MAX: Final = 12
"""Orders of one trader that are under way, so that they come to an end too."""

REST_MAX: Final = 25
"""Requests between two cuts."""

AFTERMATH: Final = 150
"""Requests after the last cut: life goes on."""

LOG_LINES: Final = 40

SETTLE_SECONDS: Final = 60.0
"""Until all letters are delivered once nobody dies any more."""


class Broken(AssertionError):
    """A promise was not kept."""


@dataclass(kw_only=True)
class Result:
    seed: int
    cuts: Counter[Cut] = field(default_factory=Counter[Cut])
    states: Counter[str] = field(default_factory=Counter[str])
    entries: int = 0
    void: int = 0
    uncertain: Counter[str] = field(default_factory=Counter[str])
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"seed {self.seed}: {self.cuts.total()} kills ({_listed(self.cuts)});"
            f" {self.states.total()} orders ({_listed(self.states)}),"
            f" {self.entries} entries, {self.void} of them void;"
            f" requests without an answer: {_listed(self.uncertain)}; {self.seconds:.0f} s"
        )


class Market:
    def __init__(self, folder: Path, seed: int) -> None:
        self._rng = random.Random(seed)
        self.result = Result(seed=seed)
        # Chen stays where he is: if all moved at once, none could find another.
        self.traders = [
            Trader.new(folder / name, self._rng, has_fixed_port=name == "chen") for name in NAMES
        ]

    def run(self, kills: int) -> Iterator[Result]:
        """Cut the power `kills` times while they trade; the result so far after each.

        Raises Broken at the end where something was lost, doubled, or is seen differently.
        """
        began = time.monotonic()
        with stopped_at_end(*(each.node for each in self.traders)):
            self._open()
            while self.result.cuts.total() < kills:
                self._trade(self._rng.randrange(REST_MAX))
                self._cut()
                self.result.seconds = time.monotonic() - began
                yield self.result
            for each in self.traders:
                each.wake()
            self._trade(AFTERMATH)
            self._settle()
            self._compare()
            self._close()
        self._examine()
        self.result.seconds = time.monotonic() - began
        yield self.result

    def _open(self) -> None:
        """All meet, and each offers one thing."""
        hub = self.traders[-1]
        for each in self.traders:
            each.begin()
            each.cut(Cut.STARTING)  # its first start too, when it makes its key and its database
            self.result.cuts[Cut.STARTING] += 1
        for each in self.traders:
            each.wake()
        for each in self.traders:
            if each is not hub:
                each.peers = (hub.node.addresses[0],)
                each.node.ask("node.connect", address=hub.node.addresses[0])
            each.node.ask("listing.publish", title="tea", price="3 EUR", quantity=1000)
        for each in self.traders:
            each.node.until(partial(self._knows_all, each))
            listings = each.node.ask("listing.search")["listings"]
            each.shops = sorted(one["listing"] for one in listings if not one["is_mine"])

    def _knows_all(self, trader: Trader) -> bool:
        return len(trader.node.ask("listing.search")["listings"]) == len(self.traders)

    def _trade(self, requests: int) -> None:
        for _ in range(requests):
            awake = [each for each in self.traders if each.wake(is_patient=False)]
            if not awake:
                (awake := self._rng.sample(self.traders, 1))[0].wake()
            trader = self._rng.choice(awake)
            if self._rng.random() < 0.2 and trader.open_orders() < OPEN_MAX:
                trader.place()
            else:
                trader.step()
            if not trader.is_up:
                raise Broken(f"{trader.name}'s node died by itself: {_log(trader)}")

    def _cut(self) -> None:
        victim = self._rng.choice(self.traders)
        how = self._rng.choice(list(Cut))
        if how in (Cut.AMID, Cut.STOPPING):
            victim.wake()
        if how is Cut.STARTING and victim.is_up:
            how = Cut.NOW
        victim.cut(how)
        self.result.cuts[how] += 1

    def _settle(self) -> None:
        """Everybody is up, and every letter delivered."""
        for each in self.traders:
            each.wake()
            self.result.uncertain.update(each.uncertain)
        deadline = time.monotonic() + SETTLE_SECONDS
        # In rounds: what one delivers may make another owe something.
        while not all(each.node.is_settled() for each in self.traders):
            for each in self.traders:
                each.node.until(each.node.is_settled, deadline - time.monotonic())

    def _close(self) -> None:
        for each in self.traders:
            if code := each.node.stop():
                raise Broken(f"{each.name}'s node ended with {code}: {each.node.said}")

    # --- what must be true ---------------------------------------------------------------------

    def _compare(self) -> None:
        """Nothing lost, nothing doubled, and both sides see the same."""
        seen = {each: _orders(each) for each in self.traders}
        for trader, orders in seen.items():
            notes = Counter(o["note"] for o in orders.values() if o["role"] == "buyer")
            if notes != Counter(trader.notes):
                raise Broken(f"{trader.name} placed {trader.notes} and has {notes}")
            for order, records in trader.answered.items():
                if lost := records - _records(orders.get(order, NOTHING)):
                    raise Broken(f"{trader.name} lost {len(lost)} entries of {order[:8]}")
        for one, other in itertools.combinations(self.traders, 2):
            self._compare_two(one, other, seen)
        whole = {order: shown for orders in seen.values() for order, shown in orders.items()}
        self.result.states.update(shown["state"] for shown in whole.values())
        self.result.entries = sum(len(_records(shown)) for shown in whole.values())
        self.result.void = sum(len(shown["void"]) for shown in whole.values())

    def _compare_two(self, one: Trader, other: Trader, seen: dict[Trader, dict[str, Json]]) -> None:
        here = _between(seen[one], other)
        there = _between(seen[other], one)
        if here.keys() != there.keys():
            raise Broken(
                f"{one.name} and {other.name} hold other orders: {here.keys() ^ there.keys()}"
            )
        for order, shown in here.items():
            for what in ("state", "heads", "since"):
                if shown[what] != there[order][what]:
                    raise Broken(
                        f"{order[:8]}: its {what} is {shown[what]} at {one.name}'s,"
                        f" {there[order][what]} at {other.name}'s"
                    )
            if _records(shown) != _records(there[order]):
                raise Broken(f"{order[:8]}: {one.name} and {other.name} hold other entries")

    def _examine(self) -> None:
        """The doctor finds every home sound: its views are what its records make."""
        for each in self.traders:
            found: Json = doctor.examine(Home(each.node.home), rebuild=False)
            # A draft that a kill left half-written is named, and does no harm.
            if problems := [one for one in found["problems"] if one["code"] != "leftover"]:
                raise Broken(f"{each.name}'s home: {problems}")
            if " ERROR " in (told := _log(each)):
                raise Broken(f"{each.name}'s node met what it did not expect: {told}")


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
                    raise Broken(f"{order[:8]}: {each['event']} is {to['state']}")
    return found


def _records(shown: Json) -> set[str]:
    return {each["record"] for each in shown["history"] + shown["void"]}


def _between(orders: dict[str, Json], other: Trader) -> dict[str, Json]:
    return {
        order: shown
        for order, shown in orders.items()
        if other.node.person in (shown["buyer"]["address"], shown["seller"]["address"])
    }


def _listed(counts: Counter[Cut] | Counter[str]) -> str:
    return ", ".join(f"{number} {what}" for what, number in counts.most_common())


def _log(trader: Trader) -> str:
    """What its owner would look at: the last of it, from the first error on."""
    lines = (trader.node.home / "node.log").read_text().splitlines()
    errors = [number for number, line in enumerate(lines) if " ERROR " in line]
    return "\n".join(lines[errors[0] :][:LOG_LINES] if errors else lines[-LOG_LINES:])
