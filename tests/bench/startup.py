"""Figure 6: how soon a command answers, beside a Python that does nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Final

from tests.nodes import Node, stopped_at_end

from .figure import Figure, median, milliseconds

ROUNDS: Final = 15


def measure(node: Node) -> list[Figure]:
    """`node` does not run yet."""
    commands = {
        "nothing": [sys.executable, "-c", "pass"],
        "goodword status": [sys.executable, "-m", "goodword.cli", "status"],
        "goodword --help": [sys.executable, "-m", "goodword.cli", "--help"],
    }
    environment = {**os.environ, "GOODWORD_HOME": str(node.home)}
    times: dict[str, list[float]] = {name: [] for name in commands}
    with stopped_at_end(node):
        node.start()
        for _ in range(ROUNDS):
            for name, command in commands.items():
                times[name].append(_seconds(command, environment))
        node.stop()
    nothing = median(times.pop("nothing"))
    return [
        Figure(
            name=f"`{name}`",
            ours=milliseconds(median(each)),
            raw=f"{milliseconds(nothing)} python -c pass",
            ratio=f"{median(each) / nothing:.1f}",
        )
        for name, each in times.items()
    ]


def _seconds(command: Sequence[str], environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began
