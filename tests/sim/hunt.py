"""`make mutants`: plant each bug, and see which promise finds it, in which world."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from tests.sim.mutants import MUTANTS, Mutant
from tests.sim.world import run

SEEDS_MAX: Final = 60
"""Worlds in which a bug must show."""

WORKERS: Final = 2

WHY_CHARS: Final = 90
"""Of what is said of each."""


class Catch(NamedTuple):
    """Where a mutant was caught, and by what; nowhere, where it survived."""

    name: str
    seed: int | None
    why: str


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--only", default="", help="mutants whose names hold this")
    options = parser.parse_args(arguments)
    names = [each.name for each in MUTANTS if options.only in each.name]
    began, survivors = time.monotonic(), 0
    with multiprocessing.get_context("spawn").Pool(WORKERS) as pool:
        for catch in pool.imap_unordered(hunt, names):
            where = "SURVIVED" if catch.seed is None else f"seed {catch.seed:2}"
            print(f"{catch.name:38} {where}  {catch.why[:WHY_CHARS]}", flush=True)
            survivors += catch.seed is None
    print(f"mutants: {len(names)}, {survivors} survived, {time.monotonic() - began:.0f} s")
    return 1 if survivors else 0


def hunt(name: str) -> Catch:
    """The first world that catches the mutant of this name, and that is sound without it."""
    mutant = next(each for each in MUTANTS if each.name == name)
    for seed in range(SEEDS_MAX):
        why = broken(mutant, seed)
        if why:
            sound = run(seed)
            assert not sound.broken, f"seed {seed} is broken without any mutant: {sound.why}"
            return Catch(name, seed, why)
    return Catch(name, None, "")


def broken(mutant: Mutant, seed: int) -> str:
    """What shows in this world that there is a bug; empty where nothing does."""
    with mutant.plant():
        result = run(seed)
    last = result.why.strip().splitlines()[-2:]  # of an error, which comes with its traceback
    return result.why if result.broken != "no error" else f"no error: {' '.join(last)}"


if __name__ == "__main__":
    sys.exit(main())
