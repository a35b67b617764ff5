from __future__ import annotations

import trio
import trio.testing

from goodword.node.turns import Turns


async def test_each_has_a_turn_and_then_all_have_a_rest(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """Mallory asks three times before Ben does, and he is next all the same."""
    turns = Turns()
    began: list[tuple[str, float]] = []

    async def ask(peer: str, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        async with turns.of(peer):
            began.append((peer, trio.current_time()))
            await trio.sleep(2)

    start = trio.current_time()
    async with trio.open_nursery() as nursery:
        for peer in ("mallory", "mallory", "mallory", "ben"):
            await nursery.start(ask, peer)
            await trio.testing.wait_all_tasks_blocked()
    told = [(peer, at - start) for peer, at in began]
    assert told == [("mallory", 0), ("ben", 4), ("mallory", 8), ("mallory", 12)]
    assert len(turns) == 0


async def test_a_turn_that_failed_or_was_given_up_is_over() -> None:
    turns = Turns()
    for _ in range(2):
        try:
            async with turns.of("ben"):
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
    async with turns.of("ann"):
        with trio.move_on_after(0) as given_up:
            async with turns.of("ben"):
                raise AssertionError
        assert given_up.cancelled_caught
    assert len(turns) == 0
