"""Marks against peers, and who is refused for now.

Not a reputation: a peer id costs nothing, so this only slows down the careless and the cheap.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TypeVar

from .limits import Limits

PEERS_MAX = 4096  # marked peers remembered; the oldest is forgotten first

_Value = TypeVar("_Value")


class Marks:
    """Counts the faults of peers. Times are seconds of any clock that never goes back."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._marked: OrderedDict[str, deque[float]] = OrderedDict()
        self._refused_until: OrderedDict[str, float] = OrderedDict()

    def add(self, peer: str, now: float) -> bool:
        """Count one fault; true when it is the one too many and the peer is refused."""
        times = self._marked.setdefault(peer, deque())
        self._marked.move_to_end(peer)
        times.append(now)
        while times[0] <= now - self._limits.ban_seconds:
            times.popleft()
        _forget_oldest(self._marked)
        if len(times) < self._limits.marks_max:
            return False
        del self._marked[peer]
        self._refused_until[peer] = now + self._limits.ban_seconds
        self._refused_until.move_to_end(peer)
        _forget_oldest(self._refused_until)
        return True

    def is_refused(self, peer: str, now: float) -> bool:
        """Whether this peer may not connect at `now`."""
        return self._refused_until.get(peer, now) > now


def _forget_oldest(table: OrderedDict[str, _Value]) -> None:
    while len(table) > PEERS_MAX:
        table.popitem(last=False)
