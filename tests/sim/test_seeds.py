from __future__ import annotations

import pytest

from tests.sim.world import run

SEEDS = 100
CHUNK = 10
"""Of `make sim`'s thousand the first hundred, ten a test."""


@pytest.mark.timeout(300)  # a busy machine's core
@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_every_promise_is_kept(first: int) -> None:
    for seed in range(first, first + CHUNK):
        result = run(seed)
        again = f'again: make sim ARGS="--seed {seed}"'
        assert not result.broken, "\n".join([result.why, again, *result.story])


def test_a_seed_repeats_itself() -> None:
    one, other = run(3), run(3)
    assert one.story == other.story
    assert one.counts == other.counts
