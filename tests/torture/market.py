"""A market of four traders under power cuts and cut lines, and what must be true afterwards."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from tests.nodes import LOOK_SECONDS, stopped_at_end
from tests.torture.audit import Broken, Sum, compared, examine, log_of
from tests.torture.network import Cut, Network
from tests.torture.trader import Kill, Trader

NAMES: Final = ("ann", "ben", "chen", "dai")

JUDGES: Final = ("chen", "dai")
"""They moderate between others, and keep letters for those who are off."""

HUB: Final = "chen"
"""Stays where he is: if all moved at once, none could find another."""

KNOWN: Final = {"strength": "know", "how": "neighbours"}

OPEN_MAX: Final = 12
"""Orders of one trader that are under way, so that they come to an end too."""

NEW_SHARE: Final = 0.08
"""Of the requests place an order, so that there are enough to bring each to its end."""

REST_MAX: Final = 16
"""Requests between two kills."""

AFTERMATH: Final = 150
"""Requests after the last kill: life goes on."""

WALK: Final = 10
"""Requests for each order that is missing in the end."""

SETTLE_SECONDS: Final = 120.0
"""Until all letters are delivered once nobody dies any more."""


@dataclass(kw_only=True)
class Result:
    seed: int
    kills: Counter[Kill] = field(default_factory=Counter[Kill])
    cuts: Counter[Cut] = field(default_factory=Counter[Cut])
    placed: int = 0
    sum: Sum = field(default_factory=Sum)
    """Of all orders; empty until the end."""
    uncertain: Counter[str] = field(default_factory=Counter[str])
    seconds: float = 0.0

    def __str__(self) -> str:
        cuts = _listed(self.cuts) or "no line was cut"
        if not self.sum.states:
            return f"seed {self.seed}, {self.kills.total()} kills, {cuts}, {self.placed} orders"
        return (
            f"seed {self.seed}: {self.kills.total()} kills ({_listed(self.kills)}); {cuts};"
            f" {self.sum.states.total()} orders ({_listed(self.sum.states)}),"
            f" {self.sum.moderated} of them with a moderator;"
            f" {self.sum.events.total()} entries ({_listed(self.sum.events)}),"
            f" and {self.sum.void} void ones;"
            f" requests without an answer: {_listed(self.uncertain)}; {self.seconds:.0f} s"
        )


class Market:
    def __init__(self, folder: Path, seed: int, network: Network) -> None:
        self._rng = random.Random(seed)
        self._network = network
        self._is_cut: tuple[Cut, Sequence[Trader]] | None = None
        self.result = Result(seed=seed)
        self.traders = [
            Trader.new(folder / name, self._rng, network, has_fixed_port=name == HUB)
            for name in NAMES
        ]

    def run(self, kills: int, orders: int = 0) -> Iterator[Result]:
        """Kill nodes `kills` times and cut lines while they trade; the result so far after each.

        They place `orders` orders at least. Raises Broken at the end where something was lost,
        doubled, or is seen differently.
        """
        began = time.monotonic()
        with stopped_at_end(*(each.node for each in self.traders)):
            self._open()
            while self.result.kills.total() < kills:
                self._trade(self._rng.randrange(REST_MAX))
                self._cut_or_mend()
                self._kill()
                self._count(began)
                yield self.result
            self._mend()
            for each in self.traders:
                each.wake()
            for _ in range(orders - self._count(began)):
                self._rng.choice(self.traders).place()
                self._trade(WALK)
            self._trade(AFTERMATH)
            summed = self._settled()
            self._close()
        examine(self.traders)
        self._count(began)
        self.result.sum = summed
        yield self.result

    def _count(self, began: float) -> int:
        """The orders so far."""
        self.result.seconds = time.monotonic() - began
        self.result.placed = sum(len(each.notes) for each in self.traders)
        return self.result.placed

    # --- how it begins and ends ----------------------------------------------------------------

    def _open(self) -> None:
        """All meet and vouch for one another, and each offers one thing."""
        hub = self.traders[NAMES.index(HUB)]
        for each in self.traders:
            each.begin()
            each.kill(Kill.STARTING)  # its first start too, when it makes its key and its database
            self.result.kills[Kill.STARTING] += 1
        for each in self.traders:
            each.wake()
        judges = tuple(each.node.person for each in self.traders if each.name in JUDGES)
        for each in self.traders:
            each.judges = judges
            if each is not hub:
                each.peers = (hub.node.addresses[0],)
                each.node.ask("node.connect", address=hub.node.addresses[0])
            if each.name in JUDGES:
                each.node.ask("moderator.offer", fee="1.5%")
            self._befriend(each)
            each.node.ask("listing.publish", title="tea", price="3 EUR", quantity=10_000)
        for each in self.traders:
            each.node.until(partial(self._knows_all, each))
            listings = each.node.ask("listing.search")["listings"]
            shops = {one["listing"]: one["seller"]["address"] for one in listings}
            each.shops = {one: who for one, who in sorted(shops.items()) if who != each.node.person}

    def _befriend(self, trader: Trader) -> None:
        """She vouches for all others; the judges keep letters for her, and she for nobody."""
        for other in self.traders:
            if other is not trader:
                trader.node.ask("vouch.give", person=other.node.person, **KNOWN)
                if trader.name in JUDGES:
                    trader.node.ask("mailbox.host", person=other.node.person)
        hosts = [each for each in trader.judges if each != trader.node.person]
        trader.node.ask("mailbox.use", people=hosts)

    def _knows_all(self, trader: Trader) -> bool:
        return len(trader.node.ask("listing.search")["listings"]) == len(self.traders)

    def _settled(self) -> Sum:
        """Everybody is up, every letter delivered, and all hold the same."""
        for each in self.traders:
            each.wake()
            self.result.uncertain.update(each.uncertain)
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            for each in self.traders:
                each.node.until(each.node.is_settled, deadline - time.monotonic())
            try:
                return compared(self.traders)
            except Broken:  # what one delivers makes another owe something, in the next moment
                if time.monotonic() > deadline:
                    raise
                with self.traders[0].node.watching() as events:
                    events.wait(LOOK_SECONDS)

    def _close(self) -> None:
        for each in self.traders:
            if code := each.node.stop():
                raise Broken(f"{each.name}'s node ended with {code}: {each.node.said}")

    # --- what happens meanwhile ----------------------------------------------------------------

    def _trade(self, requests: int) -> None:
        for _ in range(requests):
            awake = [each for each in self.traders if each.wake(is_patient=False)]
            if not awake:
                (awake := self._rng.sample(self._thawed(), 1))[0].wake()
            trader = self._rng.choice(awake)
            if self._rng.random() < NEW_SHARE and trader.open_orders() < OPEN_MAX:
                trader.place()
            else:
                trader.step()
            if not trader.is_up:
                raise Broken(f"{trader.name}'s node died by itself: {log_of(trader)}")

    def _thawed(self) -> list[Trader]:
        return [each for each in self.traders if not each.is_frozen]

    def _kill(self) -> None:
        victim = self._rng.choice(self.traders)
        how = self._rng.choice(list(Kill))
        if victim.is_frozen:
            how = Kill.NOW
        elif how in (Kill.AMID, Kill.STOPPING):
            victim.wake()
        if how is Kill.STARTING and victim.is_up:
            how = Kill.NOW
        victim.kill(how)
        self.result.kills[how] += 1

    def _cut_or_mend(self) -> None:
        """A line is cut now and then, for the time of a few kills."""
        if self._is_cut:
            if self._rng.random() < 0.4:
                self._mend()
        elif self._rng.random() < 0.4:
            self._cut(self._rng.choice(self._network.cuts))

    def _cut(self, how: Cut) -> None:
        cut_off = self._rng.sample(self.traders, 2 if how is Cut.PARTITION else 1)
        if how is Cut.FREEZE:
            cut_off[0].wake()
            cut_off[0].is_up, cut_off[0].is_frozen = False, True
        self._network.cut(how, [each.node for each in cut_off])
        self._is_cut = (how, cut_off)
        self.result.cuts[how] += 1

    def _mend(self) -> None:
        if self._is_cut is None:
            return
        how, cut_off = self._is_cut
        if how is Cut.FREEZE:
            cut_off = [each for each in cut_off if each.is_frozen]  # who was killed is awake
            for each in cut_off:
                each.is_up, each.is_frozen = True, False
        self._network.mend(how, [each.node for each in cut_off])
        self._is_cut = None


def _listed(counts: Counter[Cut] | Counter[Kill] | Counter[str]) -> str:
    return ", ".join(f"{number} {what}" for what, number in counts.most_common())
