"""`make bench-trust`: what the metric is worth, beside simpler ones, on real people's ratings."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Final

from tests.bench.figure import load

from . import accuracy, attacks, otc, speed, words
from .bar import Bar, table

PARTS: Final = ("accuracy", "attacks", "speed")

OK: Final = 0
MISSED: Final = 1


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    path = otc.find()
    if path is None:
        print(f"bench-trust: skipped: {otc.VARIABLE} names no folder with {otc.FILE}")
        return OK
    began = time.monotonic()
    bars: list[Bar] = []
    for part in options.parts or PARTS:
        for bar in _measure(part, otc.read(path), is_large=options.large):
            print(f"bench: {bar.code} {bar.name}: {bar.ours}", file=sys.stderr, flush=True)
            bars.append(bar)
    print(table(bars))
    print(f"\nin {time.monotonic() - began:.0f} s, load {load()}")
    return OK if all(bar.is_met for bar in bars) else MISSED


def _measure(part: str, people: otc.Otc, *, is_large: bool) -> Iterator[Bar]:
    match part:
        case "accuracy":
            refreshed = accuracy.covered(accuracy.foretell(people, accuracy.CHUNKS))
            yield from accuracy.measure(people, refreshed)
            yield from words.measure(people, refreshed.pairs)
        case "attacks":
            yield from attacks.measure(people)
        case _:
            sizes = list(speed.BARS)
            yield from speed.measure(people, sizes if is_large else sizes[:-1])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench-trust", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=(*PARTS, []), help="only these")
    parser.add_argument("--large", action="store_true", help="ten million edges too")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
