from __future__ import annotations

from goodword.node.guards.limits import Limits
from goodword.node.guards.marks import PEERS_MAX, Marks

LIMITS = Limits(marks_max=3, ban_seconds=10)


def test_the_last_mark_refuses() -> None:
    marks = Marks(LIMITS)
    assert [marks.add("ann", now) for now in (0, 1, 2)] == [False, False, True]
    assert marks.is_refused("ann", 11.9)
    assert not marks.is_refused("ann", 12)


def test_marks_are_forgotten_in_time() -> None:
    marks = Marks(LIMITS)
    assert not any(marks.add("ann", now) for now in range(0, 100, 5))
    assert not marks.is_refused("ann", 100)


def test_others_are_not_to_blame() -> None:
    marks = Marks(LIMITS)
    for _ in range(3):
        marks.add("ann", 0)
    assert marks.is_refused("ann", 0)
    assert not marks.is_refused("ben", 0)


def test_after_the_refusal_all_is_forgiven() -> None:
    marks = Marks(LIMITS)
    for _ in range(3):
        marks.add("ann", 0)
    assert not marks.add("ann", 20)
    assert not marks.is_refused("ann", 20)


def test_new_names_can_not_fill_the_memory() -> None:
    marks = Marks(Limits(marks_max=1))
    for number in range(PEERS_MAX + 10):
        marks.add(f"peer {number}", 0)
    assert not marks.is_refused("peer 9", 0)
    assert marks.is_refused("peer 10", 0)
