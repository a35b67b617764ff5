"""Figures 8 to 10: catch-up of two real nodes, the first and a later one; and what it takes to
find a hundred differences.

Bytes are counted on the line between the two, all of them: handshakes and encryption too. The
raw limit is the records alone. To count takes time: so another node that is as empty catches up
without it first, and that time is the figure.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from goodword.node.home import Home
from goodword.node.intake import Came, Intake
from goodword.protocol.accumulator import Accumulator
from goodword.protocol.limits import WANT_IDS_MAX
from goodword.protocol.reconcile import Reconciler
from goodword.storage import meta, records
from goodword.storage.database import Database, Reader
from tests.nodes import Node, stopped_at_end

from .corpus import NOW, Corpus
from .figure import Figure, milliseconds
from .line import Line

MORE: Final = 100
"""Records that one of the two lacks at a later meeting."""

CATCH_UP_SECONDS_MAX: Final = 1_200.0

LOOK_SECONDS: Final = 0.02
"""Between two looks at how much has come: one number of the database."""


RATE_MIN: Final = 8_000
"""Records a second, of a first catch-up."""

BYTES_RATIO_MAX: Final = 1.1


def measure(homes: Path, count: int) -> Iterator[Figure]:
    ann, ben, chen = (Node.new(homes / name, name) for name in ("Ann", "Ben", "Chen"))
    corpus = Corpus().records(count + MORE)
    told = _learn(ann, islice(corpus, count))
    took, _ = _catch_up(ann, chen, count, is_counted=False)
    _, said = _catch_up(ann, ben, count)
    yield replace(
        _figure(f"first catch-up of {count:,} listings", count, told, took, said),
        bar=f">= {RATE_MIN:,}/s, <= {BYTES_RATIO_MAX}",
        is_met=count / took >= RATE_MIN and said / told <= BYTES_RATIO_MAX,
    )
    told = _learn(ann, corpus)
    yield _figure(f"then of {MORE} more", MORE, told, *_catch_up(ann, ben, MORE))
    yield _differences(Home(ann.home).database)


def _learn(node: Node, made: Iterator[bytes]) -> int:
    """Admit all of `made` to the node's database; how many bytes they are."""
    home = Home(node.home)
    me, size = home.person(None).public_key, 0
    database = Database(home.database)
    try:
        with database.transaction() as db:
            meta.claim(db, me)
        intake = Intake(database, me, lambda: NOW + 3_600)
        while page := list(islice(made, WANT_IDS_MAX)):
            assert intake.admit_many(page) == [Came.NEW] * len(page), intake.refused
            size += sum(len(each) for each in page)
    finally:
        database.close()
    return size


def _catch_up(ann: Node, ben: Node, count: int, *, is_counted: bool = True) -> tuple[float, int]:
    """How many seconds after Ben dials Ann he has `count` records more, and bytes on the line."""
    with stopped_at_end(ann, ben):
        ann.start()
        ben.start()
        with Line(ann) as line:
            reader = Reader(Home(ben.home).database)
            try:
                before = _arrivals(reader)
                began = time.perf_counter()
                address = line.address if is_counted else ann.addresses[0]
                ben.ask("node.connect", address=address)
                _until(reader, before + count)
                took = time.perf_counter() - began
            finally:
                reader.close()
            said = line.to_node + line.from_node
        for node in (ben, ann):
            node.stop()
    return took, said


def _until(reader: Reader, arrivals: int) -> None:
    deadline = time.monotonic() + CATCH_UP_SECONDS_MAX
    while _arrivals(reader) < arrivals:
        assert time.monotonic() < deadline, "the catch-up does not come to an end"
        threading.Event().wait(LOOK_SECONDS)


def _arrivals(reader: Reader) -> int:
    with reader.reading() as db:
        return records.last(db)


def _figure(name: str, count: int, told: int, took: float, said: int) -> Figure:
    return Figure(
        name=name,
        ours=f"{count / took:,.0f}/s, {said / 1000:,.0f} KB",
        raw=f"{told / 1000:,.0f} KB the records alone",
        ratio=f"{said / told:.2f}",
    )


def _differences(path: Path) -> Figure:
    """Of what is in the database at `path` one lacks fifty, and the other fifty others."""
    reader = Reader(path)
    try:
        with reader.reading() as db:
            places = records.offered(db)
    finally:
        reader.close()
    one, other = Accumulator(places), Accumulator(places)
    chosen = random.Random(1).sample(places, MORE)  # the same each time
    for each in chosen[: MORE // 2]:
        one.erase(each)
    for each in chosen[MORE // 2 :]:
        other.erase(each)
    began = time.process_time()
    messages, found = _talk(one, other)
    took = time.process_time() - began
    assert found == MORE
    size = sum(len(each) for each in messages)
    return Figure(
        name=f"to find {MORE} differences among {len(places):,}",
        ours=f"{size / 1000:.1f} KB, {len(messages) // 2} round trips, {milliseconds(took)} both",
        raw=f"{MORE * 32 / 1000:.1f} KB their ids",
        ratio=f"{size / MORE / 32:.1f}",
    )


def _talk(ours: Accumulator, theirs: Accumulator) -> tuple[Sequence[bytes], int]:
    """All messages, and how many differences the client learned of."""
    client = Reconciler(storage=ours, is_client=True)
    server = Reconciler(storage=theirs, is_client=False)
    messages: list[bytes] = []
    found = 0
    said: bytes | None = client.initiate()
    while said is not None:
        answer = server.handle(said).message
        assert answer is not None
        messages += [said, answer]
        learned = client.handle(answer)
        found += len(learned.have) + len(learned.need)
        said = learned.message
    return messages, found
