"""Figure 5: the memory of a node that holds 100,000 listings, beside that of an empty one."""

from __future__ import annotations

from typing import Final

import psutil

from tests.nodes import Node, stopped_at_end

from .corpus import Corpus
from .figure import Figure
from .search import searches

BAR_MB: Final = 200

SEARCHES: Final = 100
"""Asked of the node before it is weighed, so that its caches are as full as they get."""


def measure(full: Node, empty: Node, corpus: Corpus) -> Figure:
    """`full` is a home with the listings; neither node runs."""
    ours, nothing = _weighed(full, corpus), _weighed(empty, corpus)
    return Figure(
        name="memory of a node with them",
        ours=f"{ours:.0f} MB",
        raw=f"{nothing:.0f} MB an empty node",
        ratio=f"{ours / nothing:.2f}",
        bar=f"<= {BAR_MB} MB",
        is_met=ours <= BAR_MB,
    )


def _weighed(node: Node, corpus: Corpus) -> float:
    """Resident memory in MB, at its highest after a start, searches, and a few looks around."""
    with stopped_at_end(node):
        node.start()
        sizes = [_megabytes(node)]
        for search in searches(corpus, "English", SEARCHES):
            node.ask("listing.search", **search)
            sizes.append(_megabytes(node))
        node.ask("node.status")
        node.ask("listing.list")
        sizes.append(_megabytes(node))
        node.stop()
    return max(sizes)


def _megabytes(node: Node) -> float:
    assert node.process is not None
    return float(psutil.Process(node.process.pid).memory_info().rss) / 1_000_000
