"""Long reads aside: in another thread, on a connection of their own, so that nothing waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import trio

from goodword.storage.database import Reader, Transaction

T = TypeVar("T")

QUIET_SECONDS: Final = 0.1
"""Longer than a search takes: who searches without end does not stop all else."""


class Aside:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._one_at_a_time = trio.CapacityLimiter(1)
        self.on_read: Callable[[], None] = lambda: None
        """Called in the other thread, just before it looks."""

    async def read(self, ask: Callable[[Transaction], T]) -> T:
        """What `ask` finds in one moment of the database. It is called in another thread."""

        def reading() -> T:
            self.on_read()
            with self._reader.reading() as db:
                return ask(db)

        return await trio.to_thread.run_sync(reading, limiter=self._one_at_a_time)

    async def quiet(self) -> None:
        """Let a read that is under way end first, for at most QUIET_SECONDS.

        For work that can wait: the two share Python's lock, and a search beside a batch of records
        takes three times as long.
        """
        with trio.move_on_after(QUIET_SECONDS):
            async with self._one_at_a_time:
                pass
