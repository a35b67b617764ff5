"""How each cost grows from 10,000 listings to a million, in one market that grows through the door.

Nothing is kept from one run to the next. The records are made in a process of their own while the
ones before them are admitted: a million takes some four minutes of two cores.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from math import ceil
from multiprocessing.queues import Queue
from pathlib import Path
from statistics import fmean
from typing import Final

import psutil

from goodword.crypto.person import Person
from goodword.node.home import Home
from goodword.node.intake import Came, Intake
from goodword.protocol.accumulator import Accumulator
from goodword.protocol.reconcile import Reconciler
from goodword.storage import meta, records
from goodword.storage.database import Database, Reader
from tests.nodes import Node, stopped_at_end

from . import idle, search
from .corpus import NOW, Corpus
from .figure import Figure, milliseconds, percentile
from .fit import exponent
from .search import ROOM_BYTES, searches

SIZES: Final = (10_000, 100_000, 1_000_000)
"""Listings. Each is ten times the one before it."""

SELLERS: Final = 3_000
"""A few hundred listings each, in the end: a stranger may not have more than 500."""

BATCH_RECORDS: Final = 500
"""As catch-up fetches them."""

AHEAD: Final = 20
"""Batches that are made ahead."""

LAST_SHARE: Final = 0.2
"""Of the records up to a size, those whose admission is timed: the last."""

DIFFERENCES: Final = 100

MEANWHILE_SEED: Final = 4
"""Of the listings that come between two searches."""

SEARCHES: Final = 50
"""Asked of the node before it is weighed."""

BAR_SECONDS: Final = 0.150
"""A search among a million."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """At one size."""

    admit: float
    """Seconds for a record."""
    english: float
    """Seconds, p95."""
    chinese: float
    ready: float
    """Seconds from the end of the imports."""
    reconcile: float
    """Seconds of processor time, both sides, for DIFFERENCES."""
    said: float
    """Bytes of it."""
    memory: float
    """Bytes of the node."""
    disk: float
    """Bytes of the database for a listing."""


def measure(homes: Path, sizes: Sequence[int] = SIZES) -> Iterator[Figure]:
    node = Node.new(homes / "grown", "Ann")
    home = Home(node.home)
    person, corpus = home.person(None), Corpus(sellers=SELLERS)
    # The same slots once more, at the same revision, would be two things said at once.
    corpus.anew(MEANWHILE_SEED)
    with closing(Database(home.database)) as database, database.transaction() as db:
        meta.claim(db, person.public_key)
    search.vouch(home.database, person, corpus)
    empty = home.database.stat().st_size
    found: list[Costs] = []
    with _made(sizes[-1]) as batches:
        for before, size in zip((0, *sizes), sizes, strict=False):
            admit = _admitted(home.database, person, batches, size - before)
            disk = (home.database.stat().st_size - empty) / size
            _rest(batches, sizes[-1] - size)
            found.append(_costs(node, person, corpus, admit, disk))
    yield from _figures(sizes, found)


def _figures(sizes: Sequence[int], costs: Sequence[Costs]) -> Iterator[Figure]:
    def figure(name: str, each: Sequence[float], texts: Sequence[str]) -> Figure:
        return Figure(
            name=f"growth: {name}", ours=" / ".join(texts), ratio=f"n^{exponent(sizes, each):.2f}"
        )

    def seconds(name: str, each: Sequence[float]) -> Figure:
        return figure(name, each, [milliseconds(one) for one in each])

    yield figure(
        "admit a record",
        [each.admit for each in costs],
        [f"{each.admit * 1e6:.0f} us" for each in costs],
    )
    for language, times in (
        ("English", [each.english for each in costs]),
        ("Chinese", [each.chinese for each in costs]),
    ):
        grown = seconds(f"search in {language}, p95", times)
        yield Figure(
            name=grown.name,
            ours=grown.ours,
            ratio=grown.ratio,
            bar=f"<= {milliseconds(BAR_SECONDS)} at the last",
            is_met=times[-1] <= BAR_SECONDS,
        )
    yield seconds("until ready", [each.ready for each in costs])
    yield seconds(f"find {DIFFERENCES} differences", [each.reconcile for each in costs])
    yield figure(
        "the same, said",
        [each.said for each in costs],
        [f"{each.said / 1000:.1f} KB" for each in costs],
    )
    yield figure(
        "memory of the node",
        [each.memory for each in costs],
        [f"{each.memory / 1e6:.0f} MB" for each in costs],
    )
    yield figure(
        "disk for a listing",
        [each.disk for each in costs],
        [f"{each.disk:,.0f} bytes" for each in costs],
    )


def _costs(node: Node, person: Person, corpus: Corpus, admit: float, disk: float) -> Costs:
    path = Home(node.home).database
    english, chinese = (
        percentile(search.times_of(path, person, corpus, language).ours, 95)
        for language in ("English", "Chinese")
    )
    said, reconcile = _differences(path)
    return Costs(
        admit=admit,
        english=english,
        chinese=chinese,
        ready=idle.ready_seconds(node),
        reconcile=reconcile,
        said=said,
        memory=_memory(node, corpus),
        disk=disk,
    )


# --- the market that grows ---------------------------------------------------------------------


@contextmanager
def _made(count: int) -> Generator[Queue[list[bytes]]]:
    """Batches of signed listings, made in another process."""
    context = multiprocessing.get_context("spawn")
    batches: Queue[list[bytes]] = context.Queue(AHEAD)
    maker = context.Process(target=_make, args=(batches, count), daemon=True)
    maker.start()
    try:
        yield batches
    finally:
        maker.terminate()
        maker.join()
        batches.close()


def _make(batches: Queue[list[bytes]], count: int) -> None:
    made = Corpus(sellers=SELLERS).records(count)
    for _ in range(0, count, BATCH_RECORDS):
        batches.put([next(made) for _ in range(BATCH_RECORDS)])


def _rest(batches: Queue[list[bytes]], left: int) -> None:
    """Until as many are made ahead as may be: then nobody else is at work."""
    while batches.qsize() < min(AHEAD, left // BATCH_RECORDS):
        time.sleep(0.01)


def _admitted(path: Path, person: Person, batches: Queue[list[bytes]], count: int) -> float:
    """Admit so many; seconds for each of the last of them. To wait for one to be made is free."""
    took: list[float] = []
    with closing(Database(path)) as database:
        intake = Intake(database, person.public_key, lambda: NOW, ROOM_BYTES)
        for _ in range(0, count, BATCH_RECORDS):
            batch = batches.get()
            began = time.perf_counter()
            assert set(intake.admit_many(batch)) == {Came.NEW}, intake.refused
            took.append((time.perf_counter() - began) / len(batch))
    return fmean(took[-ceil(len(took) * LAST_SHARE) :])


# --- what it costs ----------------------------------------------------------------------------


def _memory(node: Node, corpus: Corpus) -> float:
    with stopped_at_end(node):
        node.start()
        assert node.process is not None
        for each in searches(corpus, "English", SEARCHES):
            node.ask("listing.search", **each)
        size = float(psutil.Process(node.process.pid).memory_info().rss)
        node.stop()
    return size


def _differences(path: Path) -> tuple[int, float]:
    """Bytes and processor seconds to find that each of two lacks fifty that the other has."""
    with closing(Reader(path)) as reader, reader.reading() as db:
        places = records.offered(db)
    one, other = Accumulator(places), Accumulator(places)
    for number, each in enumerate(random.Random(1).sample(places, DIFFERENCES)):
        (one if number % 2 else other).erase(each)
    client = Reconciler(storage=one, is_client=True)
    server = Reconciler(storage=other, is_client=False)
    size = found = 0
    began = time.process_time()
    said: bytes | None = client.initiate()
    while said is not None:
        answer = server.handle(said).message
        assert answer is not None
        size += len(said) + len(answer)
        learned = client.handle(answer)
        found += len(learned.have) + len(learned.need)
        said = learned.message
    took = time.process_time() - began
    assert found == DIFFERENCES
    return size, took
