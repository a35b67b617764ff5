"""`make demo`: two traders meet, deal and vouch, before your eyes."""

from __future__ import annotations

import argparse
import contextlib
import io
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn, cast

from goodword.cli.failure import Failed as CommandFailed
from tests.demo.play import Play
from tests.demo.stage import Failed, Stage
from tests.nodes import stopped_at_end

OK: Final = 0
FAILED: Final = 1
INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the homes, to play with")
    options = parser.parse_args(arguments)
    cast("io.TextIOWrapper", sys.stdout).reconfigure(encoding="utf-8")  # bowls have Chinese names
    signal.signal(signal.SIGTERM, _interrupt)
    began = time.monotonic()
    with _homes(is_kept=options.keep) as folder:
        play = Play(Stage(), folder)
        try:
            with stopped_at_end(*play.cast):
                order = play.perform()
        except KeyboardInterrupt:
            print("\nstopped; all nodes are ended")
            return INTERRUPTED
        except (Failed, AssertionError, CommandFailed, OSError) as error:
            print(f"\nThe demo failed: {error}", file=sys.stderr)
            return FAILED
        print(
            "\nFour nodes traded, one liar was refused, and every home tells the same story."
            f" ({time.monotonic() - began:.0f} s)"
        )
        if options.keep:
            _invite(play, order)
    return OK


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _homes(*, is_kept: bool) -> Generator[Path]:
    """A folder with a short path: that of a socket must be."""
    path = Path(tempfile.mkdtemp(prefix="gw-"))
    try:
        yield path
    finally:
        if is_kept:
            print(f"\nThe homes are kept: rm -r {path} removes them.")
        else:
            shutil.rmtree(path)


def _invite(play: Play, order: str) -> None:
    """What to type next. The nodes get fixed ports, so that they find each other again."""
    for node in play.cast:
        listen = node.addresses[0].partition("/p2p/")[0]
        (node.home / "settings.toml").write_text(f'listen = ["{listen}"]\n')
    command = Path(sys.executable).with_name("goodword")
    ann, ben = play.ann.home, play.ben.home
    print("\nNow it is your turn. In one terminal:")
    print(f"  {command} start --home {ann}")
    print("in a second one:")
    print(f"  {command} start --home {ben}")
    print("and in a third one, where Ben pays, and Ann looks:")
    print(f"  {command} order paid {order[:8]} --method cash --home {ben}")
    print(f"  {command} order list --home {ann}")
    print(f"  {command} --help")


if __name__ == "__main__":
    raise SystemExit(main())
