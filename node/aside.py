"""Long reads aside: in another thread, on a connection of their own, so that nothing waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import trio

from goodword.storage.database import Reader, Transaction

T = TypeVar("T")


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
