"""A bar: what was demanded, what was measured, and what something simpler reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

COLUMNS: Final = ("", "", "bar", "ours", "baseline", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    code: str
    name: str
    bar: str
    ours: str
    value: float
    """Ours, not rounded."""
    baseline: str
    is_met: bool

    @classmethod
    def at_least(cls, code: str, name: str, ours: float, least: float, baseline: str = "-") -> Bar:
        return cls(
            code=code,
            name=name,
            bar=f">= {least:g}",
            ours=f"{ours:.3f}",
            value=ours,
            baseline=baseline,
            is_met=ours >= least,
        )

    @classmethod
    def at_most(
        cls, code: str, name: str, ours: float, most: float, baseline: str = "-", unit: str = ""
    ) -> Bar:
        return cls(
            code=code,
            name=name,
            bar=f"<= {most:g}{unit}",
            ours=f"{ours:.3f}{unit}",
            value=ours,
            baseline=baseline,
            is_met=ours <= most,
        )

    @property
    def cells(self) -> tuple[str, ...]:
        verdict = "ok" if self.is_met else "MISS"
        return (self.code, self.name, self.bar, self.ours, self.baseline, verdict)


def table(bars: Sequence[Bar]) -> str:
    """All of them, a line each, in columns."""
    rows = [COLUMNS, *(each.cells for each in bars)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(COLUMNS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)
