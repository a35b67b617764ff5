"""Visits: how long until the next."""

from __future__ import annotations

import pytest

from goodword.node.visit import FIRST_PAUSE_SECONDS, next_pause


@pytest.mark.parametrize(
    ("messages", "pauses"),
    [
        (2, [30, 60, 120, 120, 120, 120]),
        (3, [30, 60, 120, 240, 480, 480]),
    ],
)
def test_where_nothing_new_comes_the_pause_doubles(messages: int, pauses: list[float]) -> None:
    found: list[float] = []
    pause = FIRST_PAUSE_SECONDS
    for _ in pauses:
        pause = next_pause(pause, messages=messages, is_new=False)
        found.append(pause)
    assert found == pauses
    assert next_pause(pause, messages=messages, is_new=True) == 30


def test_after_a_look_the_next_comes_within_two_minutes() -> None:
    assert next_pause(480, messages=2, is_new=False) == 120
