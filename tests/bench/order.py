"""Figure 4: an order between two nodes, from `order.place` to COMPLETED on both sides.

Six entries, each a sealed letter that must be on disk at both ends before the next is written. The
seller's node then says that it has seen the end: that is waited for, and not counted.
The raw limit is six requests of the same sizes between two bare transports: what the network
takes of it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from goodword.cli.client import Json
from goodword.protocol.table import State
from tests.nodes import Node

from .figure import Figure, median, milliseconds
from .pair import Watch, two_nodes, watched
from .raw import RawPeer, two_peers

ROUNDS: Final = 15

RATIO_MAX: Final = 10
"""Of the wall time to the sum of the bare round trips."""

STEPS: Final = (
    ("seller", "order.accept"),
    ("buyer", "order.paid"),
    ("seller", "order.received"),
    ("seller", "order.ship"),
    ("buyer", "order.confirm"),
)
"""What follows `order.place`."""

ENVELOPE_BYTES: Final = 165
"""What a letter adds to the record in it: sender, token, seal, recipient, framing."""


def measure(folder: Path) -> Figure:
    ours: list[float] = []
    raw: list[float] = []
    with (
        two_nodes(folder) as (ann, ben),
        watched(ann) as at_ann,
        watched(ben) as at_ben,
        two_peers() as (one, _),
    ):
        listing = _offer(ben, at_ann)
        sizes: list[int] = []
        for _ in range(ROUNDS):
            seconds, order = _trade(ann, ben, at_ann, at_ben, listing)
            sizes = sizes or _letter_bytes(ann, order)
            ours.append(seconds)
            raw.append(sum(_request(one, size) for size in sizes))
    our_time, raw_time = median(ours), median(raw)
    return Figure(
        name="order: placed to completed, six letters",
        ours=milliseconds(our_time),
        raw=f"{milliseconds(raw_time)} six requests",
        ratio=f"{our_time / raw_time:.1f}",
        bar=f"≤ {RATIO_MAX}",
        is_met=our_time <= RATIO_MAX * raw_time,
    )


def _offer(ben: Node, at_ann: Watch) -> str:
    """Ben's listing, once Ann has it."""
    made = ben.ask("listing.publish", title="bowl", price="12.50 EUR", quantity=1_000)
    at_ann.moment_of(str(made["record"]), seconds=60)
    return str(made["listing"])


def _trade(ann: Node, ben: Node, at_ann: Watch, at_ben: Watch, listing: str) -> tuple[float, str]:
    """Seconds, and the order. Each step waits until the other side has kept the one before."""
    began = time.perf_counter()
    placed = ann.ask("order.place", listing=listing)
    order = str(placed["order"])
    kept_at = at_ben.moment_of(_last(placed))
    for who, method in STEPS:
        mine, other = (ann, at_ben) if who == "buyer" else (ben, at_ann)
        kept_at = other.moment_of(_last(mine.ask(method, order=order)))
    assert ann.state(order) == ben.state(order) == State.COMPLETED
    ann.until(lambda: bool(ann.order(order)["is_sealed"]))
    return kept_at - began, order


def _last(order: Json) -> str:
    """The record of the latest entry."""
    return str(order["history"][-1]["record"])


def _letter_bytes(ann: Node, order: str) -> list[int]:
    history = ann.ask("order.show", order=order)["history"][: 1 + len(STEPS)]
    return [
        len(ann.ask("record.show", record=line["record"])["bytes"]) // 2 + ENVELOPE_BYTES
        for line in history
    ]


def _request(peer: RawPeer, size: int) -> float:
    peer.tell("request", size)
    return float(peer.wait("answered")[1])
