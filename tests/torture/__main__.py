"""`make torture`: kill nodes that trade, again and again; then everything must still be there."""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.torture.market import Market, Result

KILLS: Final = 200

PROGRESS_KILLS: Final = 25
"""Between two lines, where nobody watches."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS, help=f"how many ({KILLS})")
    parser.add_argument("--seed", type=int, help="of an earlier run: the same choices")
    options = parser.parse_args(arguments)
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    print(f"torture: seed {seed} (again with --seed {seed})", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="gw-"))
    result = Result(seed=seed)
    try:
        for result in Market(folder, seed).run(options.kills):
            kills = result.cuts.total()
            if not result.states and (sys.stdout.isatty() or kills % PROGRESS_KILLS == 0):
                end = "\r" if sys.stdout.isatty() else "\n"
                print(f"  {kills} kills, {result.seconds:.0f} s", end=end, flush=True)
    except AssertionError as error:
        print(f"\ntorture: broken after {result}\n{error}\nThe homes are kept in {folder}")
        return 1
    except BaseException:
        shutil.rmtree(folder)
        raise
    shutil.rmtree(folder)
    print(f"\ntorture: nothing lost, nothing doubled, all agree. {result}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
