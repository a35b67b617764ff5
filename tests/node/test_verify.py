from __future__ import annotations

import select
import subprocess
import sys
from collections.abc import Generator
from contextlib import suppress
from dataclasses import replace

import psutil
import pytest

from goodword.crypto.keys import Signature
from goodword.node import verify
from goodword.node.verify import BATCH_MIN, Read, verified
from goodword.protocol.errors import BadSignature, Malformed
from goodword.protocol.record import Record
from tests.make import ANN, profile

GOOD = [profile(ANN, name=f"Ann {n}") for n in range(3 * BATCH_MIN)]
FORGED = replace(GOOD[0], signature=Signature(bytes(64)))
NONE = Malformed(why="nothing")


@pytest.fixture(autouse=True)
def _nobody_before_or_after() -> Generator[None]:
    for helper in list(verify._running):
        verify._drop(helper)
    yield
    for helper in list(verify._running):
        verify._drop(helper)


@pytest.fixture
def helper() -> verify._Helper:
    """One that is ready."""
    started = verify._helper()
    assert select.select([started._socket], [], [], 30)[0]
    return started


@pytest.mark.parametrize("count", [0, 1, BATCH_MIN - 1, BATCH_MIN, 3 * BATCH_MIN])
def test_what_is_authentic_comes_back_in_order(helper: verify._Helper, count: int) -> None:
    assert list(verified(GOOD[:count])) == GOOD[:count]


@pytest.mark.parametrize("at", [0, 15, 16, BATCH_MIN])
def test_what_is_forged_is_refused_and_nothing_else(helper: verify._Helper, at: int) -> None:
    batch: list[Read] = [*GOOD[:at], FORGED, NONE, *GOOD[at:]]
    read = list(verified(batch))
    assert isinstance(read[at], BadSignature)
    assert read[at + 1] is NONE
    assert read[:at] + read[at + 2 :] == GOOD


def test_a_batch_of_refusals_asks_nothing(helper: verify._Helper) -> None:
    assert list(verified([NONE] * BATCH_MIN)) == [NONE] * BATCH_MIN


def test_records_of_any_size_fit(helper: verify._Helper) -> None:
    large: list[Record] = [profile(ANN, about="x" * 2_000, revision=n) for n in range(500)]
    assert list(verified(large)) == large


def test_a_batch_that_comes_before_the_helper_is_ready_does_not_wait_for_it() -> None:
    assert list(verified(GOOD)) == GOOD
    assert not verify._running[0].is_busy


def test_without_its_helper_a_batch_is_verified_all_the_same(helper: verify._Helper) -> None:
    reading = verified([*GOOD, FORGED])
    first = [next(reading) for _ in range(5)]
    helper._process.kill()
    helper._process.wait()
    *rest, last = list(reading)
    assert first + rest == GOOD
    assert isinstance(last, BadSignature)
    assert list(verified(GOOD)) == GOOD


def test_nobody_gets_the_answers_of_a_batch_that_was_given_up(helper: verify._Helper) -> None:
    given_up = verified([FORGED] * BATCH_MIN)
    assert isinstance(next(given_up), BadSignature)
    assert list(verified(GOOD)) == GOOD
    assert helper._process.returncode == 0
    (another,) = verify._running
    del given_up
    assert verify._running == [another]


def test_the_helper_ends_with_its_node() -> None:
    script = (
        "from goodword.node import verify; helper = verify._helper(); print(helper._process.pid,"
        " flush=True); helper._socket.recv(1); import os; os.kill(os.getpid(), 9)"
    )
    node = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=False)
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(node.stdout)).wait(10)
