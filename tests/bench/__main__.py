"""`make bench`: every figure beside its raw limit, measured in the same run."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from goodword.node.home import Home
from tests.nodes import Node, folder

from . import (
    admission,
    flood,
    fold,
    gossip,
    growth,
    idle,
    interest,
    mailbox,
    memory,
    order,
    proof,
    search,
    startup,
    sync,
)
from .corpus import Corpus
from .figure import Figure, load, table

LISTINGS: Final = 100_000

PARTS: Final = (
    "listings",
    "idle",
    "flood",
    "sync",
    "interest",
    "gossip",
    "order",
    "mailbox",
    "protocol",
    "startup",
)
"""What can be measured alone; the first of them makes the database that it then searches."""

LONG: Final = ("growth",)
"""What is measured only when it is asked for."""

FULL: Final = "full"
"""The home of who has all listings."""

OK: Final = 0
MISSED: Final = 1
INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    began = time.monotonic()
    figures: list[Figure] = []
    try:
        with folder() as homes:
            for part in options.parts or PARTS:
                for figure in _measure(part, homes, options.listings):
                    _progress(f"{figure.name}: {figure.ours} (load {load()})")
                    figures.append(figure)
    except KeyboardInterrupt:
        return INTERRUPTED
    print(table(figures))
    print(f"\nin {time.monotonic() - began:.0f} s, load {load()}")
    return MISSED if any(each.is_met is False for each in figures) else OK


def _measure(part: str, homes: Path, listings: int) -> Iterator[Figure]:
    match part:
        case "listings":
            yield from _listings(homes, listings)
        case "idle":
            yield from idle.measure(_full(homes, listings), homes)
        case "growth":
            yield from growth.measure(homes)
        case "flood":
            yield from flood.measure(homes, listings)
        case "sync":
            yield from sync.measure(homes / "sync", listings)
        case _:
            yield from _of_nodes(part, homes)


def _of_nodes(part: str, homes: Path) -> Iterator[Figure]:
    """What does not depend on how many listings there are."""
    match part:
        case "interest":
            yield from interest.measure(homes / "interest")
        case "gossip":
            yield from gossip.measure(homes)
        case "order":
            yield order.measure(homes / "orders")
        case "mailbox":
            yield mailbox.measure(homes / "mailbox")
        case "protocol":
            yield fold.measure()
            yield proof.measure()
        case _:
            yield from startup.measure(Node.new(homes / "status", "Ann"))


def _full(homes: Path, count: int) -> Node:
    """The home with the listings: as it was left by what was measured first, or a new one."""
    node = Node(homes / FULL)
    if not node.home.exists():
        node = Node.new(node.home, "Ann")
        home = Home(node.home)
        me = home.person(None).public_key
        admission.build(home.database, me, Corpus().records(count))
    return node


def _listings(homes: Path, count: int) -> Iterator[Figure]:
    """One database for three figures: to fill it is the first, and costs most of the time."""
    node = Node.new(homes / FULL, "Ann")
    home = Home(node.home)
    person, corpus = home.person(None), Corpus()
    yield from admission.build(home.database, person.public_key, corpus.records(count))
    yield from search.measure(home.database, person, corpus)
    yield memory.measure(node, Node.new(homes / "empty", "Ben"), corpus)


def _progress(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    """End as Ctrl-C does: everything that was started is stopped, every folder removed."""
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=(*PARTS, *LONG, []), help="only these")
    parser.add_argument("--listings", type=int, default=LISTINGS, metavar="N")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
