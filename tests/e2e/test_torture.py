"""A short torture; `make torture` runs the long one."""

from __future__ import annotations

import secrets

import pytest

from tests.nodes import folder
from tests.torture.market import Market
from tests.torture.network import Loopback

KILLS = 20


@pytest.mark.timeout(240)
def test_nothing_is_lost_when_nodes_are_killed_at_any_moment() -> None:
    seed = secrets.randbelow(1_000_000)
    print(f"again with: python -m tests.torture --loopback --kills {KILLS} --seed {seed}")  # noqa: T201  # pytest shows it
    with folder() as path, Loopback() as network:
        *_, result = Market(path, seed, network).run(KILLS)
    assert result.sum.states.total() > 0
