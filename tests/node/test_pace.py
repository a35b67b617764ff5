from __future__ import annotations

from goodword.node.pace import PEERS_MAX, Pace
from goodword.protocol.limits import MINUTE
from tests.world import Watch


def test_each_peer_is_counted_alone_and_anew_each_minute() -> None:
    watch = Watch()
    pace = Pace(watch)
    assert [pace.add("a"), pace.add("a", 5), pace.add("b"), pace.add("a")] == [1, 6, 1, 7]
    watch.forward(MINUTE - 1)
    assert pace.add("a") == 8
    watch.forward(1)
    assert pace.add("a") == 1


def test_a_clock_that_goes_back_keeps_nobody_out() -> None:
    watch = Watch()
    pace = Pace(watch)
    pace.add("a", 1_000)
    watch.forward(-1)
    assert pace.add("a") == 1


def test_of_many_peers_the_last_are_counted() -> None:
    pace = Pace(Watch())
    for n in range(PEERS_MAX + 5):
        pace.add(str(n))
        pace.add("always")
    assert len(pace) == PEERS_MAX
    assert pace.add("always") == PEERS_MAX + 6
    assert pace.add("0") == 1
