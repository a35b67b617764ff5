"""Ahead: one request is under way while we work on the answer to the one before."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

import trio

Ask: TypeAlias = Callable[[bytes], Awaitable[bytes]]


class Ahead:
    def __init__(self, ask: Ask, nursery: trio.Nursery) -> None:
        self._ask = ask
        self._nursery = nursery
        self._answered, self._answers = trio.open_memory_channel[bytes | Exception](1)

    def ask(self, request: bytes) -> None:
        """Ask, and do not wait. Before the next the answer is to be taken."""
        self._nursery.start_soon(self._asked, request)

    async def answer(self) -> bytes:
        """To the request that is under way. Raises what asking for it raised."""
        answer = await self._answers.receive()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def _asked(self, request: bytes) -> None:
        try:
            answer: bytes | Exception = await self._ask(request)
        except Exception as error:  # noqa: BLE001  # whoever takes the answer gets it
            answer = error
        await self._answered.send(answer)


@asynccontextmanager
async def ahead(ask: Ask) -> AsyncGenerator[Ahead]:
    """Requests by `ask`; the last is given up at the end of the block."""
    failure: Exception | None = None
    async with trio.open_nursery() as nursery:
        try:
            yield Ahead(ask, nursery)
        except Exception as error:  # noqa: BLE001  # the nursery would make a group of it
            failure = error
        nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure
