"""How much each peer brings in a minute: counted for the last thousand who brought anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from goodword.protocol.limits import MINUTE

from .clock import Clock

PEERS_MAX: Final = 1_000
"""Peers who are counted; 100 KB. Who is forgotten begins anew."""


@dataclass(slots=True)
class _Count:
    since: int
    """Unix seconds."""
    number: int = 0


class Pace:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: dict[str, _Count] = {}

    def __len__(self) -> int:
        """How many peers are counted."""
        return len(self._counts)

    def add(self, peer: str, number: int = 1) -> int:
        """`peer` brings so many more; how many came of it within a minute, with these."""
        now = self._clock()
        count = self._counts.pop(peer, None)
        if count is None or not 0 <= now - count.since < MINUTE:
            count = _Count(since=now)
        count.number += number
        self._counts[peer] = count  # the last is who was heard last
        if len(self._counts) > PEERS_MAX:
            del self._counts[next(iter(self._counts))]
        return count.number
