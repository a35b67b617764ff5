"""A trader whose node is killed at any moment, and who asks again what was not answered."""

from __future__ import annotations

import random
import signal
import socket
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from goodword.cli.client import NodeNotRunning, NodeRefused, NodeSilent
from tests.nodes import LOOPBACK, Json, Node

METHODS: Final = {
    "accept": "order.accept",
    "reject": "order.reject",
    "withdraw": "order.withdraw",
    "pay_sent": "order.paid",
    "pay_received": "order.received",
    "on_delivery": "order.on_delivery",
    "fulfil": "order.ship",
    "confirm": "order.confirm",
    "refund": "order.refund",
}
"""The method that takes each step of the order table."""

EARLY_ENDS: Final = ("reject", "withdraw", "refund")

PORTS: Final = range(10_000, 32_000)
"""Below the ports that the system hands out: while our node is dead, nobody is given its own."""


class Cut(StrEnum):
    """When the power fails."""

    NOW = "now"
    AMID = "amid requests"
    STARTING = "starting"
    STOPPING = "stopping"


NOTHING: Final[Json] = {"history": [], "void": [], "note": ""}
"""An order that is not here."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked, and not answered: it may have happened or not."""

    order: str
    """Empty for a new one."""
    event: str
    params: Json


@dataclass(eq=False)
class Trader:
    node: Node
    rng: random.Random
    has_fixed_port: bool
    listen: str = LOOPBACK
    is_up: bool = False
    peers: tuple[str, ...] = ()
    """Whom to meet first."""
    shops: list[str] = field(default_factory=list[str])
    """The listings of the others."""
    unanswered: Request | None = None
    answered: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """Order -> the records of it that an answer has ever named: none of them may be lost."""
    notes: list[str] = field(default_factory=list[str])
    """One for each order that was placed here, so that a double would show."""
    uncertain: dict[str, int] = field(default_factory=dict[str, int])
    """What became of requests without an answer: how many had "happened", how many were "lost"."""

    @property
    def name(self) -> str:
        return self.node.home.name

    @classmethod
    def new(cls, path: Path, rng: random.Random, *, has_fixed_port: bool) -> Trader:
        trader = cls(Node.new(path, path.name.capitalize()), rng, has_fixed_port)
        trader.listen = f"/ip4/127.0.0.1/tcp/{_free_port(rng)}"
        return trader

    # --- life and death ------------------------------------------------------------------------

    def begin(self) -> None:
        """Start, without waiting; some of us come back on another port."""
        if not self.has_fixed_port and self.rng.random() < 0.5:
            self.listen = f"/ip4/127.0.0.1/tcp/{_free_port(self.rng)}"
        self.node.begin(*self.peers, listen=self.listen)

    def wake(self, *, is_patient: bool = True) -> bool:
        """Whether the node is ready; once it is, what was not answered is asked again."""
        if self.is_up:
            return True
        if not (is_patient or self.node.is_ready()):
            return False
        self.node.ready()
        self.is_up = True
        self._ask_again()
        return self.is_up

    def cut(self, how: Cut) -> None:
        """The power fails; the node is started anew at once."""
        match how:
            case Cut.NOW:
                self.node.signal(signal.SIGKILL)
            case Cut.AMID:
                self._die_after(self.rng.uniform(0, 0.02))
                self._be_busy()
            case Cut.STARTING:
                self._die_after(self.rng.uniform(0, 1.5))
            case Cut.STOPPING:
                self.node.signal(signal.SIGTERM)
                self._die_after(self.rng.uniform(0, 0.5))
        self.is_up = False
        self.node.ended()
        self.begin()

    def _die_after(self, seconds: float) -> None:
        assert self.node.process is not None
        threading.Timer(seconds, self.node.process.kill).start()

    def _be_busy(self) -> None:
        """Ask for one thing after the other until nobody answers any more."""
        for order, event in self.rng.sample(choices := self._choices(), len(choices)):
            if self.is_up and event not in EARLY_ENDS:
                self._request(Request(order, event, {"order": order}))
        while self.is_up:
            self.place()

    # --- trade ---------------------------------------------------------------------------------

    def place(self) -> None:
        listing = self.rng.choice(self.shops)
        note = f"{self.name} {len(self.notes)}"
        self.notes.append(note)
        self._request(Request("", "propose", {"listing": listing, "note": note, "ship_to": "here"}))

    def step(self) -> None:
        """One of the steps that are open to us, at random."""
        choices = self._choices()
        if not choices:
            return
        order, event = self.rng.choice(choices)
        # What ends an order early is rare, or none would come to its good end.
        if event not in EARLY_ENDS or self.rng.random() < 0.05:
            self._request(Request(order, event, {"order": order}))

    def open_orders(self) -> int:
        return sum(bool(each["deadline"]) for each in self._orders())

    def _choices(self) -> list[tuple[str, str]]:
        """(order, event) for every step that is open to us."""
        return [(each["order"], event) for each in self._orders() for event in each["open_steps"]]

    def _orders(self) -> list[Json]:
        answer = self._ask("order.list")
        return answer["orders"] if answer else []

    def _request(self, request: Request) -> None:
        method = METHODS.get(request.event, "order.place")
        self.unanswered = request
        try:
            answer = self._ask(method, **request.params)
        except NodeRefused as error:  # the other side was faster
            if not error.code.startswith("order."):
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
        said = [(each["event"], each["role"]) for each in shown["history"] + shown["void"]]
        has_happened = bool(order) and (request.event, shown["role"]) in said
        what = "happened" if has_happened else "lost"
        self.uncertain[what] = self.uncertain.get(what, 0) + 1
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

    def _ask(self, method: str, **params: object) -> Json | None:
        """The answer; None where the node died, and is not up any more."""
        try:
            return self.node.ask(method, **params)
        except (NodeNotRunning, NodeSilent):
            self.is_up = False
            return None


def _free_port(rng: random.Random) -> int:
    while True:
        port = rng.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
