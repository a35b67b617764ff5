"""`make torture`: kill nodes that trade and cut their lines, again and again; then everything
must still be there."""

from __future__ import annotations

import argparse
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from goodword.cli.failure import INTERRUPTED, Failed
from tests.torture.market import NAMES, Market, Result
from tests.torture.network import Loopback, network
from tests.torture.steps import METHODS

KILLS: Final = 300

ORDERS: Final = 60
"""At least."""

PROGRESS_KILLS: Final = 25
"""Between two lines, where nobody watches."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS, help=f"how many ({KILLS})")
    parser.add_argument("--seed", type=int, help="of an earlier run: the same choices")
    parser.add_argument("--loopback", action="store_true", help="make no network namespaces")
    options = parser.parse_args(arguments)
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    signal.signal(signal.SIGTERM, _interrupt)
    print(f"torture: seed {seed} (again with --seed {seed}, as far as time repeats)", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="gw-"))
    result = Result(seed=seed)
    try:
        with Loopback() if options.loopback else network(NAMES) as between:
            print(f"torture: four nodes, {between.caption}", flush=True)
            for result in Market(folder, seed, between).run(options.kills, ORDERS):
                _progress(result)
        if options.kills >= KILLS and (never := METHODS.keys() - result.sum.events.keys()):
            raise AssertionError(f"these steps were never taken: {', '.join(sorted(never))}")
    except (AssertionError, Failed) as error:
        print(f"\ntorture: broken after {result}\n{error}\nThe homes are kept in {folder}")
        return 1
    except BaseException as error:
        shutil.rmtree(folder)
        if not isinstance(error, KeyboardInterrupt):
            raise
        print(f"\nstopped after {result}; all nodes are ended")
        return INTERRUPTED
    shutil.rmtree(folder)
    print(f"\ntorture: nothing lost, nothing doubled, all agree. {result}")
    return 0


def _progress(result: Result) -> None:
    kills = result.kills.total()
    if result.sum.states or not (sys.stdout.isatty() or kills % PROGRESS_KILLS == 0):
        return
    end = "\r" if sys.stdout.isatty() else "\n"
    cuts = f"{result.cuts.total()} cuts, {result.placed} orders"
    print(f"  {kills} kills, {cuts}, {result.seconds:.0f} s", end=end, flush=True)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
