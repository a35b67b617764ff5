"""`make sim`: a thousand worlds, each from its seed; or one, told in full."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Sequence
from typing import Final

from tests.sim.summary import Summary
from tests.sim.world import Result, run

SEEDS: Final = 1_000
WORKERS: Final = 2
PROGRESS_SEEDS: Final = 50
ENOUGH_SEEDS: Final = 300
"""In so many worlds everything that can happen has happened."""

TOLD_MAX: Final = 3
"""Stories that are told of worlds that broke: the others are named."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make sim", description=__doc__)
    parser.add_argument("--seed", type=int, help="this world alone, told in full")
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"how many ({SEEDS})")
    parser.add_argument("--first", type=int, default=0, help="the first of them (0)")
    options = parser.parse_args(arguments)
    if options.seed is not None:
        return _one(options.seed)
    return _many(range(options.first, options.first + options.seeds))


def _one(seed: int) -> int:
    result = run(seed)
    print("\n".join(result.story))
    summary = Summary()
    summary.add(result)
    print("\n".join(summary.lines()))
    print(f"sim: seed {seed}: {result.why or 'every promise is kept'}")
    return 1 if result.broken else 0


def _many(seeds: Sequence[int]) -> int:
    summary, began = Summary(), time.monotonic()
    with multiprocessing.get_context("spawn").Pool(WORKERS) as pool:
        for result in pool.imap_unordered(run, seeds):
            summary.add(result)
            if result.broken:
                _tell(result, in_full=len(summary.broken) <= TOLD_MAX)
            if summary.seeds % PROGRESS_SEEDS == 0:
                seconds = time.monotonic() - began
                print(f"  {summary.seeds} of {len(seeds)} worlds, {seconds:.0f} s", flush=True)
    print("\n".join(summary.lines()))
    missing = summary.missing() if len(seeds) >= ENOUGH_SEEDS else []
    if missing:
        print(f"sim: this never happened: {', '.join(missing)}")
    if summary.broken:
        print(f"sim: {len(summary.broken)} worlds broke a promise")
    if missing or summary.broken:
        return 1
    print(f"sim: every promise is kept, {time.monotonic() - began:.0f} s")
    return 0


def _tell(result: Result, *, in_full: bool) -> None:
    print(f"\nseed {result.seed}: {result.why}")
    print(f'  again: make sim ARGS="--seed {result.seed}"')
    if in_full:
        print("\n".join(f"  {line}" for line in result.story), flush=True)


if __name__ == "__main__":
    sys.exit(main())
