"""Two real nodes that know each other, and when each of them kept what."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Generator
from pathlib import Path
from queue import Queue
from typing import Final

from goodword.cli.client import Json
from tests.nodes import Node, stopped_at_end

ANSWER_SECONDS: Final = 20.0


class Watch:
    """The records that a node kept, each with the moment at which it said so."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._is_watching = threading.Event()
        self._kept: Queue[tuple[float, Json]] = Queue()
        self._is_over = False
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        assert self._is_watching.wait(ANSWER_SECONDS)

    def next(self, kind: str, seconds: float = ANSWER_SECONDS) -> tuple[float, str]:
        """(when, id) of the next record of `kind`. Raises queue.Empty after `seconds`."""
        while True:
            at, event = self._kept.get(timeout=seconds)
            if event["kind"] == kind:
                return at, str(event["record"])

    def moment_of(self, record: str, seconds: float = ANSWER_SECONDS) -> float:
        """When `record` was kept; what came before it is dropped. Raises queue.Empty."""
        while True:
            at, event = self._kept.get(timeout=seconds)
            if event["record"] == record:
                return at

    def end(self) -> None:
        self._is_over = True
        self._listener.join()

    def _listen(self) -> None:
        with self._node.watching() as events:
            self._is_watching.set()
            while not self._is_over and not events.is_over:
                message = events.next(0.2)
                if message is not None and message["params"]["event"] == "record":
                    self._kept.put((time.perf_counter(), message["params"]))


@contextlib.contextmanager
def two_nodes(folder: Path) -> Generator[tuple[Node, Node]]:
    """Ann's and Ben's nodes, connected and caught up; stopped at the end."""
    ann, ben = (Node.new(folder / name, name) for name in ("Ann", "Ben"))
    with stopped_at_end(ann, ben):
        ben.start()
        ann.start(ben.addresses[0])
        ann.until(lambda: _is_connected(ann) and _is_connected(ben))
        yield ann, ben
        for node in (ann, ben):
            node.stop()


def _is_connected(node: Node) -> bool:
    return bool(node.ask("node.status")["peers"])


@contextlib.contextmanager
def watched(node: Node) -> Generator[Watch]:
    watch = Watch(node)
    try:
        yield watch
    finally:
        watch.end()
