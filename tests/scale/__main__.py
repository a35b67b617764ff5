"""`make sim-scale`: how the network grows, with the churn of a measured market."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from . import law
from .keeping import CATEGORIES, CIRCLE, POLICIES, Policy
from .plot import draw
from .world import SEED, Result, build, checked, simulate

SIZES: Final = (300, 1_000, 3_000, 10_000)
HELPERS_SHARE: Final = 0.01
"""Of people, always online, like the hosts of mailboxes: they keep what others keep."""
HELPED: Final = 3_000

COLUMNS: Final = (
    *("people", "who keeps", "online", "peers", "records", "shops online", "near", "or on disk"),
    *("KB needed", "worst", "MB in all", "half h", "(floor)", "90 % h", "(floor)", "told"),
)
LAWS: Final[Sequence[tuple[str, Callable[[Result], float]]]] = (
    ("records kept", lambda each: each.records),
    ("bytes needed", lambda each: each.needed),
    ("bytes in all", lambda each: each.total),
    ("near shops to be asked for", lambda each: each.near),
    ("hours to half", lambda each: each.half),
    ("hours to 90 %", lambda each: each.most),
)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    began = time.process_time()
    results: list[Result] = []
    for people in options.sizes:
        made = build(people, options.seed)
        print(f"{people:,} people: {checked(made)}", flush=True)
        for policy in POLICIES:
            results.append(simulate(made, policy, options.seed))
            row = "  ".join(_cells(results[-1]))
            told = f"sim-scale: {row}; {time.process_time() - began:.0f} s"
            print(told, file=sys.stderr, flush=True)
    print(f"\n{table(results)}\n\n{laws(results)}")
    print(f"\n{repeated(results)}")
    if HELPED in options.sizes:
        print(f"\n{helped(results, options.seed)}")
    path = Path(options.out)
    path.mkdir(parents=True, exist_ok=True)
    (path / "scale.svg").write_text(draw(results), encoding="utf-8")
    print(
        f"\n{path / 'scale.svg'}; seed {options.seed}, {time.process_time() - began:.0f} s of CPU"
    )
    return 0


def table(results: Sequence[Result]) -> str:
    """A line for each policy in each world."""
    rows = [COLUMNS, *(_cells(each) for each in results)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(COLUMNS))]
    lines = ["  ".join(map(str.rjust, row, widths)) for row in rows]
    lines.insert(1, "-" * len(lines[0]))
    return "\n".join(lines)


def laws(results: Sequence[Result]) -> str:
    """How each figure grows with the number of people, for each policy."""
    lines: list[str] = []
    for name, figure in LAWS:
        for policy in dict.fromkeys(each.policy for each in results):
            of = [each for each in results if each.policy == policy]
            lines.append(f"{name}, {policy.caption}: {_law(of, figure)}")
    return "\n".join(lines)


def helped(results: Sequence[Result], seed: int) -> str:
    """What a few who are always online change."""
    without = next(r for r in results if r.people == HELPED and r.policy == CIRCLE)
    made = build(HELPED, seed, round(HELPED * HELPERS_SHARE))
    with_them = simulate(made, CIRCLE, seed)
    return (
        f"{HELPERS_SHARE:.0%} always online, {CIRCLE.caption}, {HELPED:,} people: near shops "
        f"{without.near:.0%} -> {with_them.near:.0%}, shops online {without.any_online:.0%} -> "
        f"{with_them.any_online:.0%}, half know in {without.half:.0f} -> {with_them.half:.0f} h, "
        f"90 % in {without.most:.0f} -> {with_them.most:.0f} h"
    )


def repeated(results: Sequence[Result], policy: Policy = CATEGORIES) -> str:
    """Of what the bytes in all are made, at the largest size."""
    last = max((r for r in results if r.policy == policy), key=lambda each: each.people)
    return (
        f"medians of a day online, {last.people:,} people, {policy.caption}: needed "
        f"{last.needed / 1e6:.2f} MB; visits again {last.repeats / 1e6:.1f} MB: "
        f"{last.looks:,.0f} that find all as it was {last.looked_again / 1e6:.1f}, "
        f"{last.comparisons:,.0f} comparisons {last.compared_again / 1e6:.1f}, anything newer "
        f"{last.asked_again / 1e6:.1f}, scopes that were forgotten {last.told_again / 1e6:.1f}; "
        f"topics announced {last.announcements / 1e6:.1f} MB"
    )


def _law(of: Sequence[Result], figure: Callable[[Result], float]) -> str:
    figures = [figure(each) for each in of]
    if not all(map(math.isfinite, figures)):
        return "none: for some sizes it is never"
    found = law.fit([each.people for each in of], figures)
    if found is None:
        return "none: too few sizes"
    return str(found)


def _cells(of: Result) -> tuple[str, ...]:
    return (
        *(f"{of.people:,}", of.policy.caption, f"{of.online:.0f}", f"{of.peers:.0f}"),
        *(f"{of.records:,.0f}", f"{of.any_online:.0%}", f"{of.near:.0%}"),
        *(f"{of.near_with_disk:.0%}", f"{of.needed / 1e3:,.0f}", f"{of.needed_worst / 1e3:,.0f}"),
        *(f"{of.total / 1e6:,.1f}", _hours(of.half), _hours(of.half_floor)),
        *(_hours(of.most), _hours(of.most_floor), f"{of.told:.0%}"),
    )


def _hours(hours: float) -> str:
    return f"{hours:.0f}" if math.isfinite(hours) else "never"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make sim-scale", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, help="how many people")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", default="build/sim-scale", help="a folder for the plots")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
