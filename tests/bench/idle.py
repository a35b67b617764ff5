"""A node with 100,000 listings that has nothing to do: how soon it is ready, and what it costs."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import psutil

from goodword.node.home import Home
from goodword.storage import listings
from goodword.storage.database import Reader
from tests.nodes import LOOPBACK, Node, environment, stopped_at_end

from .corpus import Corpus
from .figure import Figure
from .line import Line
from .search import searches

READY_SECONDS_MAX: Final = 2.0

MEMORY_MB_MAX: Final = 200

CPU_PERCENT_MAX: Final = 0.5

SETTLED_SECONDS: Final = 15.0
"""After the catch-up: until what it left to do is done."""

IDLE_SECONDS: Final = 90.0
"""Three repeated catch-ups, six pings."""

CATCH_UP_SECONDS_MAX: Final = 600.0

LOOK_SECONDS: Final = 0.5

SEARCHES: Final = 50

START: Final = (
    "import sys\n"
    "from goodword.node.__main__ import main\n"
    "print('imported', flush=True)\n"
    "raise SystemExit(main(sys.argv[1:]))\n"
)


def measure(full: Node, homes: Path) -> Iterator[Figure]:
    """`full` is a home with the listings, whose node does not run."""
    took = ready_seconds(full)
    yield Figure(
        name="from the end of the imports to ready",
        ours=f"{took:.2f} s",
        bar=f"<= {READY_SECONDS_MAX:.0f} s",
        is_met=took <= READY_SECONDS_MAX,
    )
    friend = Node.new(homes / "idle", "Ben")
    with stopped_at_end(full, friend):
        full.start()
        friend.start()
        with Line(full) as line:
            friend.ask("node.connect", address=line.address)
            _until_equal(full, friend)
            for search in searches(Corpus(), "English", SEARCHES):
                full.ask("listing.search", **search)
            yield _memory(full)
            yield from _idle(full, friend, line)
        for node in (friend, full):
            node.stop()


def ready_seconds(node: Node) -> float:
    """From the end of the imports until the node answers. Best of three."""
    return min(_ready_seconds(node.home) for _ in range(3))


def _ready_seconds(home: Path) -> float:
    process = subprocess.Popen(
        [sys.executable, "-c", START, "--home", str(home), "--listen", LOOPBACK],
        stdout=subprocess.PIPE,
        env=environment(),
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"imported\n"
        began = time.perf_counter()
        while b"ready: " not in process.stdout.readline():
            assert process.poll() is None, "the node does not start"
        return time.perf_counter() - began
    finally:
        process.terminate()
        process.communicate()


def _memory(node: Node) -> Figure:
    size = _process(node).memory_info().rss / 1_000_000
    return Figure(
        name="memory after searches, and a catch-up that a peer made",
        ours=f"{size:.0f} MB",
        bar=f"<= {MEMORY_MB_MAX} MB",
        is_met=size <= MEMORY_MB_MAX,
    )


def _idle(full: Node, friend: Node, line: Line) -> Iterator[Figure]:
    threading.Event().wait(SETTLED_SECONDS)
    busy, said = _cpu_seconds(full), line.to_node + line.from_node
    began = time.monotonic()
    threading.Event().wait(IDLE_SECONDS)
    passed = time.monotonic() - began
    percent = (_cpu_seconds(full) - busy) / passed * 100
    hourly = (line.to_node + line.from_node - said) / passed * 3_600 / 1_000
    yield Figure(
        name="processor time of an idle node with a peer",
        ours=f"{percent:.2f} %",
        bar=f"<= {CPU_PERCENT_MAX} %",
        is_met=percent <= CPU_PERCENT_MAX,
    )
    yield Figure(name="idle traffic with a peer that has the same", ours=f"{hourly:,.0f} KB/h")


def _until_equal(full: Node, other: Node) -> None:
    wanted, deadline = _listings(full), time.monotonic() + CATCH_UP_SECONDS_MAX
    while _listings(other) < wanted:
        assert time.monotonic() < deadline, "the catch-up does not come to an end"
        threading.Event().wait(LOOK_SECONDS)


def _listings(node: Node) -> int:
    with closing(Reader(Home(node.home).database)) as reader, reader.reading() as db:
        return listings.count(db)


def _cpu_seconds(node: Node) -> float:
    """Of its helper too."""
    process = _process(node)
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))


def _process(node: Node) -> psutil.Process:
    assert node.process is not None
    return psutil.Process(node.process.pid)
