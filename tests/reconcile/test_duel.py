"""The harness speaks the test protocol, and two of it find what differs."""

from __future__ import annotations

import random
from typing import Final

import pytest

from .duel import OURS, Sets, Talk, check, duel, random_sets
from .harness import answers

ITEM: Final = f"item,12345,{'ee' * 32}"


@pytest.mark.parametrize("limits", [(0, 0), (4_096, 5_000)])
def test_two_processes_find_the_difference(limits: tuple[int, int]) -> None:
    said = duel((OURS, OURS), limits, random_sets(random.Random(4), 3_000))
    assert said.have
    assert said.need
    for number, message in enumerate(said.messages):
        assert not limits[number % 2] or len(message) // 2 <= limits[number % 2]


def test_a_duel_notices_what_was_not_found_or_told_twice() -> None:
    sets = Sets({"aa": 1, "bb": 1}, {"bb": 1})
    check(Talk([], ["aa"], []), sets, is_once=True)
    for have, need in ([], []), (["aa"], ["bb"]), (["aa", "aa"], []):
        with pytest.raises(AssertionError):
            check(Talk([], have, need), sets, is_once=True)


def test_a_client_of_a_later_version_falls_back() -> None:
    asked = ["msg,62aabbccddeeff", "msg,6100000200"]
    assert list(answers([ITEM, "seal", *asked])) == ["msg,61", f"msg,6100000201{'ee' * 32}"]


def test_a_client_tells_what_it_found_before_its_next_message() -> None:
    lines = [ITEM, "seal", "initiate", f"msg,6100000201{'dd' * 32}"]
    assert list(answers(lines)) == [
        f"msg,6100000201{'ee' * 32}",
        f"have,{'ee' * 32}",
        f"need,{'dd' * 32}",
        "done",
    ]


def test_another_line_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="not a line of the test protocol: items"):
        list(answers(["items,1"]))
