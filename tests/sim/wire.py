"""The wire: it loses, delays, doubles and reorders; it is cut in two; somebody listens on it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import trio

from goodword.node.transport import PeerUnreachable, RequestFailed
from goodword.protocol.limits import HOUR

Handler: TypeAlias = Callable[[str, bytes], Awaitable[bytes]]
Notice: TypeAlias = Callable[[str], None]
Later: TypeAlias = Callable[[float, Callable[[], Awaitable[None]]], None]
"""Do this in so many seconds."""

SLOW_SECONDS: Final = 40.0
"""A postman waits 15 for a receipt: some come too late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How bad the wire is: each a probability, for one message."""

    loss: float = 0.0
    doubling: float = 0.0
    slowness: float = 0.0
    lying: float = 0.0
    """Somebody answers in the recipient's place."""


CALM: Final = Weather()


@dataclass(eq=False)
class Ask:
    """A request under way."""

    done: trio.Event = field(default_factory=trio.Event)
    answer: bytes | None = None


class Line:
    """One house's end of the wire: what a postman needs of a transport."""

    def __init__(self, wire: Wire, peer_id: str) -> None:
        self.peer_id = peer_id
        self.is_up = False
        """Whether the house is running, and has a connection."""
        self.handlers: dict[str, Handler] = {}
        self.came: list[Notice] = []
        self.marks: Counter[tuple[str, str]] = Counter()
        """(peer, code): how often it was at fault."""
        self._wire = wire

    def serve(self, protocol: str, handler: Handler) -> None:
        self.handlers[protocol] = handler

    def on_peer(self, came: Notice, left: Notice) -> None:
        self.came.append(came)

    def mark(self, peer: str, code: str) -> None:
        self.marks[peer, code] += 1

    def peers(self) -> list[str]:
        return self._wire.reachable(self.peer_id)

    async def connect(self, address: str) -> str:
        peer = address.rpartition("/")[2]
        if peer not in self.peers():
            raise PeerUnreachable(f"{peer} does not answer")
        return peer

    async def request(self, peer: str, protocol: str, data: bytes) -> bytes:
        ask = self._wire.ask(self, peer, protocol, data)
        await ask.done.wait()
        if ask.answer is None:
            raise RequestFailed(f"{peer} is gone")
        return ask.answer

    def forget(self) -> None:
        """The process has ended: what it served, it serves no more."""
        self.handlers.clear()
        self.came.clear()


class Wire:
    def __init__(
        self, rng: random.Random, later: Later, liar_answers: Callable[[str], bytes]
    ) -> None:
        self._rng = rng
        self._later = later
        self._liar_answers = liar_answers
        self.weather = CALM
        self.lines: dict[str, Line] = {}
        self.parts: dict[str, int] = {}
        """Who is on which side of a cut."""
        self.in_flight = 0
        """Messages whose answers somebody waits for, and answers."""
        self.on_the_way = 0
        """Others."""
        self.counts: Counter[str] = Counter()

    def line(self, peer_id: str) -> Line:
        self.lines[peer_id] = Line(self, peer_id)
        return self.lines[peer_id]

    def reachable(self, peer: str) -> list[str]:
        return [other for other in self.lines if self._can_reach(peer, other)]

    def _can_reach(self, one: str, other: str) -> bool:
        both = self.lines[one].is_up and self.lines[other].is_up and one != other
        return both and self.parts.get(one, 0) == self.parts.get(other, 0)

    def meet(self) -> None:
        """Whoever can reach one another, notices."""
        for line in self.lines.values():
            for peer in self.reachable(line.peer_id):
                for notice in list(line.came):
                    notice(peer)

    # --- a message and its answer --------------------------------------------------------------

    def ask(self, sender: Line, peer: str, protocol: str, data: bytes) -> Ask:
        """Send a request: it may come never, twice, or very late, and so may its answer."""
        ask = Ask()
        self.counts["message"] += 1
        if self._happens(self.weather.lying, "false receipt"):
            self._answer(ask, self._liar_answers(protocol))
            return ask
        if self._happens(self.weather.loss, "loss"):
            return ask
        self._send(sender.peer_id, peer, protocol, data, ask, self._delay())
        if self._happens(self.weather.doubling, "double"):
            self.bring(sender.peer_id, peer, protocol, data, self._rng.uniform(0, 6 * HOUR))
        return ask

    def bring(self, sender: str, peer: str, protocol: str, data: bytes, seconds: float) -> None:
        """A message whose answer nobody waits for."""

        async def arrive() -> None:
            self.on_the_way -= 1
            await self._arrive(sender, peer, protocol, data, None)

        self.on_the_way += 1
        self._later(seconds, arrive)

    def _send(
        self, sender: str, peer: str, protocol: str, data: bytes, ask: Ask, seconds: float
    ) -> None:
        async def arrive() -> None:
            self.in_flight -= 1
            await self._arrive(sender, peer, protocol, data, ask)

        self.in_flight += 1
        self._later(seconds, arrive)

    async def _arrive(
        self, sender: str, peer: str, protocol: str, data: bytes, ask: Ask | None
    ) -> None:
        handler = self.lines[peer].handlers.get(protocol)
        if handler is None or not self._can_reach(sender, peer):
            if ask is not None:
                ask.done.set()
            return
        answer = await handler(sender, data)
        if ask is not None and not self._happens(self.weather.loss, "loss"):
            self._answer(ask, answer)

    def _answer(self, ask: Ask, answer: bytes) -> None:
        async def arrive() -> None:
            self.in_flight -= 1
            ask.answer = answer
            ask.done.set()

        self.in_flight += 1
        self._later(self._delay(), arrive)

    def _delay(self) -> float:
        is_slow = self._happens(self.weather.slowness, "delay")
        return self._rng.uniform(0, SLOW_SECONDS if is_slow else 1.0) if self.weather != CALM else 0

    def _happens(self, chance: float, what: str) -> bool:
        happens = chance > 0 and self._rng.random() < chance
        self.counts[what] += happens
        return happens
