"""What happened in many runs, counted, so that a person sees that they are not empty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tests.sim.book import ENDS, ROWS
from tests.sim.world import Result

STATES = sorted({state for state, _ in ROWS} | {*ENDS})
EVENTS = sorted({event for _, event in ROWS} | {"propose"})
TROUBLE = ("crash", "sleep", "loss", "double", "delay", "partition", "fork", "restore")


class Summary:
    def __init__(self) -> None:
        self.seeds = 0
        self.ends: Counter[str] = Counter()
        self.states: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self.cells: Counter[tuple[str, str]] = Counter()
        self.counts: Counter[str] = Counter()
        self.broken: list[Result] = []

    def add(self, result: Result) -> None:
        self.seeds += 1
        self.ends += result.ends
        self.states += result.states
        self.events += result.events
        self.cells += result.cells
        self.counts += result.counts
        if result.broken:
            self.broken.append(result)

    def missing(self) -> list[str]:
        """What should have happened in so many runs, and did not."""
        return [
            *(f"state {each}" for each in STATES if not self.states[each]),
            *(f"event {each}" for each in EVENTS if not self.events[each]),
            *(f"trouble {each}" for each in TROUBLE if not self.counts[each]),
        ]

    def lines(self) -> list[str]:
        cells = f"{len(self.cells.keys() & ROWS.keys())} of {len(ROWS)} cells of the table"
        return [
            f"{self.seeds} worlds, {self.counts['day']} days, {self.ends.total()} orders:"
            f" {_listed(self.ends)}",
            f"{self.counts['entry']} entries, {self.counts['void']} of them void, through {cells}:"
            f" {_listed(self.events)}",
            f"trouble: {_listed({k: v for k, v in self.counts.items() if k not in _OTHER})}",
        ]


_OTHER = ("day", "entry", "void")


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {what}" for what, number in Counter(counts).most_common())
