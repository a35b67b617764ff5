"""A trader whose node is killed at any moment, and who asks again what was not answered."""

from __future__ import annotations

import random
import signal
import threading
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from goodword.cli.client import NodeNotRunning, NodeRefused, NodeSilent
from tests.nodes import Json, Node
from tests.torture.network import Network
from tests.torture.steps import EARLY_ENDS, LIKELY, METHODS, params


class Kill(StrEnum):
    """When the power fails."""

    NOW = "now"
    AMID = "amid requests"
    STARTING = "starting"
    STOPPING = "stopping"


NOTHING: Final[Json] = {"history": [], "void": [], "note": "", "role": ""}
"""An order that is not here."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked, and not answered: it may have happened or not."""

    order: str
    """Empty for a new one."""
    event: str
    params: Json
    said: int = 0
    """How often I had said the same in this order before."""


@dataclass(eq=False)
class Trader:
    node: Node
    rng: random.Random
    network: Network
    has_fixed_port: bool
    listen: str
    is_up: bool = False
    is_frozen: bool = False
    """It runs, and answers nobody, not even us."""
    peers: tuple[str, ...] = ()
    """Whom to meet first."""
    shops: dict[str, str] = field(default_factory=dict[str, str])
    """The listings of the others -> whose they are."""
    judges: tuple[str, ...] = ()
    """Who moderates for others: addresses."""
    unanswered: Request | None = None
    answered: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """Order -> the records of it that an answer has ever named: none of them may be lost."""
    notes: list[str] = field(default_factory=list[str])
    """One for each order that was placed here, so that a double would show."""
    uncertain: Counter[str] = field(default_factory=Counter[str])
    """What became of requests without an answer: how many had "happened", how many were "lost"."""

    @property
    def name(self) -> str:
        return self.node.home.name

    @classmethod
    def new(
        cls, path: Path, rng: random.Random, network: Network, *, has_fixed_port: bool
    ) -> Trader:
        node = Node.new(path, path.name.capitalize())
        network.move_in(node, path.name)
        return cls(node, rng, network, has_fixed_port, network.address(path.name, rng))

    # --- life and death ------------------------------------------------------------------------

    def begin(self) -> None:
        """Start, without waiting; some of us come back on another port."""
        if not self.has_fixed_port and self.rng.random() < 0.5:
            self.listen = self.network.address(self.name, self.rng)
        self.node.begin(*self.peers, listen=self.listen)

    def wake(self, *, is_patient: bool = True) -> bool:
        """Whether the node is ready; once it is, what was not answered is asked again."""
        if self.is_up or self.is_frozen:
            return self.is_up
        if not (is_patient or self.node.is_ready()):
            return False
        self.node.ready()
        self.is_up = True
        self._ask_again()
        return self.is_up

    def kill(self, how: Kill) -> None:
        """The power fails; the node is started anew at once."""
        match how:
            case Kill.NOW:
                self.node.signal(signal.SIGKILL)
            case Kill.AMID:
                self._die_after(self.rng.uniform(0, 0.05))
                self._be_busy()
            case Kill.STARTING:
                self._die_after(self.rng.uniform(0, 1.5))
            case Kill.STOPPING:
                self.node.signal(signal.SIGTERM)
                self._die_after(self.rng.uniform(0, 0.5))
        self.is_up = self.is_frozen = False
        self.node.ended()
        self.begin()

    def _die_after(self, seconds: float) -> None:
        assert self.node.process is not None
        threading.Timer(seconds, self.node.process.kill).start()

    def _be_busy(self) -> None:
        """Ask for one thing after the other until nobody answers any more."""
        for order, event in self.rng.sample(choices := self._choices(), len(choices)):
            if self.is_up and event not in EARLY_ENDS:
                self._take(order, event)
        while self.is_up:
            self.place()

    # --- trade ---------------------------------------------------------------------------------

    def place(self) -> None:
        listing, seller = self.rng.choice(list(self.shops.items()))
        note = f"{self.name} {len(self.notes)}"
        self.notes.append(note)
        asked: Json = {"listing": listing, "quantity": self.rng.randint(1, 3), "note": note}
        if (judges := self._judges(seller)) and self.rng.random() < 0.7:
            asked["moderator"] = self.rng.choice(judges)
        self._request(Request("", "propose", {**asked, "ship_to": "here"}))

    def step(self) -> None:
        """One of the steps that are open to us, at random."""
        if choices := self._choices():
            order, event = self.rng.choice(choices)
            if self.rng.random() < LIKELY.get(event, 1.0):
                self._take(order, event)

    def open_orders(self) -> int:
        return sum(bool(each["deadline"]) for each in self._orders())

    def _choices(self) -> list[tuple[Json, str]]:
        """(order, event) for every step that is open to us."""
        return [(each, event) for each in self._orders() for event in each["open_steps"]]

    def _take(self, order: Json, event: str) -> None:
        shown = self._ask("order.show", order=order["order"])
        if shown is None:
            return
        judges = self._judges(order["buyer"]["address"], order["seller"]["address"])
        asked = params(event, order, judges, self.rng)
        self._request(Request(order["order"], event, asked, _said(shown, event)))

    def _judges(self, *parties: str) -> list[str]:
        """Who could moderate between us."""
        return [each for each in self.judges if each not in (self.node.person, *parties)]

    def _orders(self) -> list[Json]:
        answer = self._ask("order.list")
        return answer["orders"] if answer else []

    def _request(self, request: Request) -> None:
        method = METHODS.get(request.event, "order.place")
        self.unanswered = request
        try:
            answer = self._ask(method, **request.params)
        except NodeRefused as error:  # the other side was faster
            if not (error.code.startswith("order.") or _is_gone(request, error)):
                raise
        else:
            if answer is None:
                return
            self._note(answer)
        self.unanswered = None

    def _ask_again(self) -> None:
        """What the state does not show to have happened."""
        request = self.unanswered
        if request is None:
            return
        order = request.order or self._placed_as(request.params["note"])
        shown = self._ask("order.show", order=order) if order else NOTHING
        if shown is None:
            return
        has_happened = _said(shown, request.event) > request.said
        self.uncertain["happened" if has_happened else "lost"] += 1
        if has_happened:
            self.unanswered = None
        else:
            self._request(request)

    def _placed_as(self, note: str) -> str:
        """The id of our order with this note; empty where there is none."""
        for each in self._orders():
            shown = self._ask("order.show", order=each["order"]) or NOTHING
            if shown["note"] == note:
                return str(each["order"])
        return ""

    def _note(self, shown: Json) -> None:
        records = {each["record"] for each in shown["history"] + shown["void"]}
        self.answered.setdefault(shown["order"], set()).update(records)

    def _ask(self, method: str, /, **params: object) -> Json | None:
        """The answer; None where the node died, and is not up any more."""
        try:
            return self.node.ask(method, **params)
        except (NodeNotRunning, NodeSilent):
            self.is_up = False
            return None


def _said(shown: Json, event: str) -> int:
    """How often we said `event`; the clerk says none of what we are asked for."""
    entries = shown["history"] + shown["void"]
    return sum((each["event"], each["role"]) == (event, shown["role"]) for each in entries)


def _is_gone(request: Request, error: NodeRefused) -> bool:
    """The offer that we meant was agreed to, or replaced, before we asked."""
    return request.event == "agree" and error.code == "not_found"
