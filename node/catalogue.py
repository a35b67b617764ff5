"""The catalogue: what this node hands to others, in the order in which two nodes compare it.

Rule 1: it is what `records.offered` finds in the database, at any moment after it was made.
"""

from __future__ import annotations

from collections.abc import Mapping

import trio

from goodword.protocol.accumulator import Accumulator
from goodword.protocol.bounds import Place
from goodword.storage import records
from goodword.storage.database import Transaction

from .aside import Aside


class Catalogue:
    def __init__(self) -> None:
        self._made: Accumulator | None = None
        self._meanwhile: dict[Place, bool] | None = None
        """What changes while it is made; None before."""
        self._is_made = trio.Event()

    async def make(self, aside: Aside) -> None:
        """Once, at the start: 0.3 s for 200,000 records. Only who asks waits for it."""
        self._meanwhile = {}  # before the other thread looks: what it sees may be told twice
        self._made = await aside.read(_all)
        self._apply(self._made, self._meanwhile)
        self._meanwhile = None
        self._is_made.set()

    async def ready(self) -> Accumulator:
        """All that is handed to others. It changes with the next record that is kept."""
        await self._is_made.wait()
        assert self._made is not None
        return self._made

    def change(self, offered: Mapping[Place, bool]) -> None:
        """Which records are handed to others from now on (true), and which no more."""
        if self._made is not None:
            self._apply(self._made, offered)
        elif self._meanwhile is not None:
            self._meanwhile |= offered

    def _apply(self, to: Accumulator, offered: Mapping[Place, bool]) -> None:
        for place, is_offered in offered.items():
            if is_offered:
                to.insert(place)
            else:
                to.erase(place)


def _all(db: Transaction) -> Accumulator:
    return Accumulator(records.offered(db))
