"""What a node that keeps one category takes from the line, while the market next door grows.

All bytes on the line are counted: handshakes, encryption, comparison, records. The category stays
as large as it is. First a catch-up, until the node has all that it keeps; then gossip.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from goodword.node.home import Home
from goodword.node.intake import Came, Intake
from goodword.protocol.limits import WANT_IDS_MAX
from goodword.storage import listings, meta
from goodword.storage.database import Database, Reader
from tests.make import fresh, listing
from tests.nodes import Node, stopped_at_end

from .corpus import NOW, Corpus
from .figure import Figure
from .line import Line
from .sync import CATCH_UP_SECONDS_MAX, LOOK_SECONDS

CATEGORY: Final = "ceramics"
OF_CATEGORY: Final = 200
"""Listings in it, however many there are in all."""

MARKETS: Final = (1_000, 2_000, 4_000)

SAID: Final = 30
"""Listings of other categories that are gossiped, before one of the category."""

QUIET_SECONDS: Final = 1.0

GROWTH_MAX: Final = 1.1
"""While the market grows to four times its size. The rest is what a range more or less takes."""


def measure(homes: Path) -> Iterator[Figure]:
    markets = {count: _market(homes / f"market-{count}", count) for count in MARKETS}
    whole = [_meet(homes / f"whole-{n}", each, n, is_narrow=False) for n, each in markets.items()]
    part = [_meet(homes / f"part-{n}", each, n, is_narrow=True) for n, each in markets.items()]
    growth = part[-1][0] / part[0][0]
    yield Figure(
        name=f"catch-up of {OF_CATEGORY} listings in a market of {_and(MARKETS)}",
        ours=f"{_and([took for took, _ in part], 1_000)} KB",
        raw=f"{_and([took for took, _ in whole], 1_000)} KB who keeps everything",
        ratio=f"{growth:.2f} as the market grows to {MARKETS[-1] // MARKETS[0]}",
        bar=f"<= {GROWTH_MAX}",
        is_met=growth <= GROWTH_MAX,
    )
    yield Figure(
        name=f"gossip: one listing that is kept, after {SAID} that are not",
        ours=f"{part[-1][1] / 1_000:.1f} KB",
        raw=f"{whole[-1][1] / 1_000:.1f} KB who keeps everything",
        ratio=f"{part[-1][1] / whole[-1][1]:.2f}",
    )


def _market(home: Path, count: int) -> Node:
    node = Node.new(home, "Ann")
    rooms, made = Home(node.home), [*_ceramics(), *Corpus().records(count - OF_CATEGORY)]
    me = rooms.person(None).public_key
    database = Database(rooms.database)
    try:
        with database.transaction() as db:
            meta.claim(db, me)
        intake = Intake(database, me, lambda: NOW + 3_600)
        for start in range(0, count, WANT_IDS_MAX):
            page = made[start : start + WANT_IDS_MAX]
            assert intake.admit_many(page) == [Came.NEW] * len(page), intake.refused
    finally:
        database.close()
    return node


def _ceramics() -> Iterator[bytes]:
    for number in range(OF_CATEGORY):
        made = listing(
            fresh(f"potter {number % 20}"),
            title=f"bowl {number}",
            text="thrown by hand, glazed with ashes " * 8,
            categories=[CATEGORY],
            nonce=number.to_bytes(16, "big"),
            now=NOW - number,
        )
        yield made.to_bytes()


def _meet(home: Path, ann: Node, count: int, *, is_narrow: bool) -> tuple[int, int]:
    """Bytes on the line until Ben has what he keeps; then until gossip brought one more of it."""
    ben = Node.new(home, "Ben")
    kept = OF_CATEGORY if is_narrow else count
    with stopped_at_end(ann, ben):
        ann.start()
        ben.start()
        if is_narrow:
            ben.ask("keep.set", categories=[CATEGORY], hops=0)
        with Line(ann) as line:
            reader = Reader(Home(ben.home).database)
            try:
                ben.ask("node.connect", address=line.address)
                _until(reader, kept)
                first = _said(line)
                _publish(ann, ["books"] * SAID + [CATEGORY])
                _until(reader, kept + (1 if is_narrow else SAID + 1))
                said = _said(line) - first
            finally:
                reader.close()
        for node in (ben, ann):
            node.stop()
    return first, said


def _publish(node: Node, categories: Sequence[str]) -> None:
    for number, each in enumerate(categories):
        node.ask("listing.publish", title=f"{each} {number}", price="9 EUR", categories=[each])


def _until(reader: Reader, count: int) -> None:
    deadline = time.monotonic() + CATCH_UP_SECONDS_MAX
    while _count(reader) < count:
        assert time.monotonic() < deadline, "what is kept does not come"
        threading.Event().wait(LOOK_SECONDS)


def _count(reader: Reader) -> int:
    with reader.reading() as db:
        return listings.count(db)


def _said(line: Line) -> int:
    """Once nothing more is said for QUIET_SECONDS: what came last was counted after it came."""
    while (said := line.to_node + line.from_node) != _later(line):
        pass
    return said


def _later(line: Line) -> int:
    threading.Event().wait(QUIET_SECONDS)
    return line.to_node + line.from_node


def _and(numbers: Sequence[int], unit: int = 1) -> str:
    return ", ".join(f"{each / unit:,.0f}" for each in numbers)
