"""The demo, as a newcomer runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(180)

SECONDS_MAX = 150.0
"""On a machine that is busy with other tests; it takes 25 s of one processor."""


def test_it_shows_what_it_promises_and_leaves_nothing(tmp_path: Path) -> None:
    with _demo(tmp_path) as process:
        told, _ = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 0, told
    for proof in (
        "some reason: Chen, whom you know, vouches for them",
        "price: 18.00 EUR -> 22.00 EUR",
        "decided by the moderator",
        "Ann and Ben and Chen agree that it is resolved",
        "mixed, says “Ben”",
        "✓ Ben's order was there",
        *(f"✓ refused: order.{code}" for code in ("bad_binding", "not_yours", "wrong_turn")),
        "✓ refused: record.bad_signature",
        "✓ the hashes are equal",
        "every home tells the same story",
    ):
        assert proof in told
    assert "\x1b" not in told
    assert _left(tmp_path, process) == []


def test_interrupted_it_ends_all_its_nodes(tmp_path: Path) -> None:
    with _demo(tmp_path) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "connected to" in line:  # by then all four run
                break
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 130, told
    assert _left(tmp_path, process) == []


def _demo(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
        start_new_session=True,
    )


def _left(folder: Path, process: subprocess.Popen[str]) -> list[str]:
    """Files, and processes of its session."""
    files = [str(each) for each in folder.iterdir()]
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return files
    return [*files, "processes"]
