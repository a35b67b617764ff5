"""The time of a world: it stands still while anybody has anything to do."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import trio

from tests.make import NOW

Happening: TypeAlias = Callable[[], Awaitable[None]]


class Time(trio.abc.Clock):
    """What happens when; and trio's clock, so that every wait of a node is a wait in this time."""

    def __init__(self) -> None:
        self.now = float(NOW)
        """Unix seconds, of a clock that is right."""
        self._heap: list[tuple[float, int, Happening]] = []
        self._numbers = itertools.count()

    def later(self, seconds: float, happening: Happening) -> None:
        heapq.heappush(self._heap, (self.now + seconds, next(self._numbers), happening))

    def next_at(self) -> float:
        return self._heap[0][0] if self._heap else math.inf

    def pop(self) -> Happening:
        at, _, happening = heapq.heappop(self._heap)
        self.now = max(self.now, at)
        return happening

    # --- as trio asks --------------------------------------------------------------------------

    def start_clock(self) -> None:
        """It stands still by itself."""

    def current_time(self) -> float:
        return self.now

    def deadline_to_sleep_time(self, deadline: float) -> float:
        return 0.0 if deadline <= self.now else math.inf
