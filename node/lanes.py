"""Lanes: the same work a few times at once; the first that fails ends all of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio


async def lanes(count: int, work: Callable[[int], Awaitable[None]]) -> None:
    """Do `work` with each number below `count`. Raises what the first raised that failed."""
    failures: list[Exception] = []

    async def lane(number: int) -> None:
        try:
            await work(number)
        except Exception as error:  # noqa: BLE001  # a nursery would make a group of it
            failures.append(error)
            nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        for number in range(count):
            nursery.start_soon(lane, number)
    if failures:
        raise failures[0]
