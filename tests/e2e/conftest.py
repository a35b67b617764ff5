"""Homes for real nodes, and their end."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.e2e.street import Street
from tests.nodes import Node, folder


@pytest.fixture
def street() -> Generator[Street]:
    """An empty street; whoever moves in is gone at the end, with all they had."""
    with folder() as path, Street(path) as built:
        yield built


@pytest.fixture(scope="module")
def pair() -> Generator[tuple[Node, Node]]:
    """Ann and Ben for a whole module, for a node takes a second to start."""
    with folder() as path, Street(path) as built:
        ann, ben = built.live("ann", "ben")
        yield ann, ben


@pytest.fixture
def ann(pair: tuple[Node, Node]) -> Node:
    return _up(pair[0])


@pytest.fixture
def ben(pair: tuple[Node, Node]) -> Node:
    return _up(pair[1])


def _up(node: Node) -> Node:
    """Running, even where the test before has failed half-way."""
    return node if node.is_running else node.start()
