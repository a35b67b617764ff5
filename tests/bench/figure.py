"""A figure: what was measured, the raw limit beside it, and whether the bar is met."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

COLUMNS: Final = ("", "ours", "raw limit", "ratio", "bar", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    name: str
    ours: str
    raw: str = "-"
    """What the machine does without us, measured in the same run."""
    ratio: str = "-"
    bar: str = "-"
    is_met: bool | None = None
    """None where nothing is demanded."""

    @property
    def cells(self) -> tuple[str, ...]:
        verdict = {True: "PASS", False: "MISS", None: ""}[self.is_met]
        return (self.name, self.ours, self.raw, self.ratio, self.bar, verdict)


def table(figures: Sequence[Figure]) -> str:
    """All figures, a line each, in columns."""
    rows = [COLUMNS, *(each.cells for each in figures)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(COLUMNS))]
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that `percent` of `values` do not exceed; the larger neighbour, never between."""
    ordered = sorted(values)
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def load() -> str:
    """How busy the machine is besides: a figure from a busy machine is a pessimist's."""
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
