"""Turns: who may have what costs time, one after the other, and a rest of as long after each.

So that whatever many ask for, half of the time is left for all else; and who asks for much at
once waits behind the others.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import trio


class Turns:
    def __init__(self) -> None:
        self._all = trio.Lock()
        self._each: dict[str, trio.Lock] = {}
        """Of those who have their turn or wait for it."""

    @asynccontextmanager
    async def of(self, peer: str) -> AsyncGenerator[None]:
        """Wait for the turn of `peer`; the block is it."""
        own = self._each.setdefault(peer, trio.Lock())
        try:
            async with own, self._all:
                began = trio.current_time()
                yield
                await trio.sleep(trio.current_time() - began)
        finally:
            if not own.statistics().tasks_waiting and not own.locked():
                self._each.pop(peer, None)

    def __len__(self) -> int:
        return len(self._each)
