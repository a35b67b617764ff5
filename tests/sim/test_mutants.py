from __future__ import annotations

import pytest

from tests.sim.hunt import hunt

SOME = (
    "a timeout needs no deadline",
    "a state begins with what is said last",
    "heads are the last alone",
    "the moderator is not told",
    "the gate does not ask who signed",
)
"""`make mutants` plants them all."""


@pytest.mark.timeout(300)  # a busy machine's core
@pytest.mark.parametrize("name", SOME)
def test_a_planted_bug_is_found(name: str) -> None:
    assert hunt(name).seed is not None
