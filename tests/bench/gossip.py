"""Figure 2: from a record kept at its author's node to the same record kept at a peer's.

Both moments are when the node's `watch` tells of them, read by one thread each. The raw limit is
a message of the same size between two bare transports, told in the same way. In turns, one of
ours and one raw, so that whatever else the machine does slows both.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from queue import Empty
from typing import Final

from tests.nodes import Node

from .figure import Figure, milliseconds, percentile
from .pair import Watch, two_nodes, watched
from .raw import UNGUARDED, RawPeer, two_peers

BAR: Final = 1.3

ROUNDS: Final = 600
"""So that the 99th of a hundred is the sixth from the worst, and not an accident."""

WARM_UP: Final = 10

MESH_SECONDS: Final = 0.5
"""A mesh forms within two heartbeats of a second: until then nothing arrives so soon."""

TITLE: Final = "a bowl for a long winter"
TEXT: Final = "hand made of oak, oiled and packed in wool. 手工制作 橡木 上油 羊毛包装。 " * 4


def measure(folder: Path) -> list[Figure]:
    """Beside the library as it comes, which the bar is about, and beside our guarded transport."""
    ours: list[float] = []
    library: list[float] = []
    transport: list[float] = []
    with (
        two_nodes(folder) as (ann, ben),
        watched(ann) as at_ann,
        watched(ben) as at_ben,
        two_peers(UNGUARDED) as plain,
        two_peers() as guarded,
    ):
        # Of a stranger he would keep 500 records.
        ben.ask("vouch.give", person=ann.person, strength="trust", how="we bake together")
        size = _warm_up(ann, at_ann, at_ben)
        for pair in (plain, guarded):
            _until_quick(partial(_gossip, pair, size))
        for _ in range(ROUNDS):
            ours.append(_publish(ann, at_ann, at_ben))
            library.append(_gossip(plain, size))
            transport.append(_gossip(guarded, size))
    return [
        _figure(99, ours, library, "py-libp2p", bar=BAR),
        _figure(99, ours, transport, "our transport"),
        _figure(50, ours, transport, "our transport"),
    ]


def _publish(ann: Node, at_ann: Watch, at_ben: Watch) -> float:
    """Seconds between the two moments. Raises queue.Empty where it does not come at once."""
    ann.ask("listing.publish", title=TITLE, text=TEXT, price="12.50 EUR")
    kept_at, record = at_ann.next("listing")
    return at_ben.moment_of(record, MESH_SECONDS) - kept_at


def _gossip(pair: tuple[RawPeer, RawPeer], size: int) -> float:
    one, other = pair
    one.tell("gossip", size)
    sent_at, mark = one.wait("kept")
    while True:
        kept_at, heard = other.wait("kept", MESH_SECONDS)
        if heard == mark:
            return kept_at - sent_at


def _warm_up(ann: Node, at_ann: Watch, at_ben: Watch) -> int:
    """Until there is a mesh; the size of what Ann publishes, in bytes."""
    _until_quick(partial(_publish, ann, at_ann, at_ben))
    shown = ann.ask("listing.list")["listings"][0]["record"]
    return len(ann.ask("record.show", record=shown)["bytes"]) // 2


def _until_quick(send: Callable[[], float]) -> None:
    quick = 0
    while quick < WARM_UP:
        try:
            send()
            quick += 1
        except Empty:
            quick = 0


def _figure(
    percent: int, ours: list[float], raw: list[float], what: str, bar: float | None = None
) -> Figure:
    our_time, raw_time = percentile(ours, percent), percentile(raw, percent)
    ratio = our_time / raw_time
    return Figure(
        name=f"gossip: kept here to kept at a peer, p{percent}",
        ours=milliseconds(our_time),
        raw=f"{milliseconds(raw_time)} {what} alone",
        ratio=f"{ratio:.2f}",
        bar=f"<= {bar:.2f}" if bar else "-",
        is_met=ratio <= bar if bar else None,
    )
