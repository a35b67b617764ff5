"""`goodword sync`: catch up with the nodes that are connected, now, and watch how far it comes."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import Final

from goodword.cli.client import Json, call
from goodword.cli.command import Command, switch
from goodword.cli.page import Block, Line, Table, show
from goodword.cli.words import count, person, size

LOOK_SECONDS: Final = 1.0
"""Between two lines of --watch."""

PEER_CHARS: Final = 8
"""Of a peer id, at its end: all begin alike."""

_SAID: Final = {
    "waits": "waits for its turn",
    "compares": "is compared",
    "fetches": "brings records",
    "done": "has nothing more for us",
    "failed": "ended early",
}


def _sync(options: Namespace) -> Json:
    """Begin; with --watch a line a second, until nobody has anything more for us."""
    control = options.home / "control.sock"
    answer = call(control, "sync.now")
    while options.watch and _is_under_way(answer):
        before, began = answer, time.monotonic()
        time.sleep(LOOK_SECONDS)
        answer = call(control, "sync.show")
        seconds = time.monotonic() - began
        if options.json:
            print(json.dumps(answer), flush=True)
        else:
            show([progress(before, answer, seconds)])
    return answer


def progress(before: Json, answer: Json, seconds: float) -> Line:
    """How far it has come; `before` is what was told so many seconds ago."""
    known = {each["peer"]: each["new"] for each in before["peers"]}
    busy = [each for each in answer["peers"] if not _is_over(each)]
    came = [max(0, each["new"] - known.get(each["peer"], 0)) for each in answer["peers"]]
    return Line(
        f"{count(len(busy), 'peer')}: {_sum(answer, 'new'):,} records,"
        f" {size(_sum(answer, 'bytes'))}, {round(sum(came) / seconds):,} records/s,"
        f" {_sum(answer, 'left'):,} remaining"
    )


def _is_under_way(answer: Json) -> bool:
    return not all(map(_is_over, answer["peers"]))


def _is_over(peer: Json) -> bool:
    return peer["stage"] in ("done", "failed")


def _sum(answer: Json, name: str) -> int:
    return sum(each[name] for each in answer["peers"])


def _synced(answer: Json, _now: int) -> Iterator[Block]:
    if not answer["peers"]:
        yield Line("not connected to anybody: `goodword connect ADDRESS` connects")
        return
    yield Table(
        ["peer", "people", "new", "size", "remaining", "took", ""],
        [_row(each) for each in answer["peers"]],
    )
    if _is_under_way(answer):
        yield Line("it goes on by itself; `goodword sync --watch` shows how far it comes", "dim")


def _row(peer: Json) -> Sequence[str]:
    return (
        f"…{peer['peer'][-PEER_CHARS:]}",
        ", ".join(map(person, peer["people"])),
        f"{peer['new']:,}",
        size(peer["bytes"]),
        f"{peer['left']:,}",
        f"{peer['seconds']:.1f} s",
        f"{_SAID[peer['stage']]}: {peer['why']}" if peer["why"] else _SAID[peer["stage"]],
    )


COMMANDS = (
    Command(
        noun="sync",
        help="catch up now with the nodes that are connected; records, bytes, rate, remaining",
        example="sync --watch",
        arguments=(switch("--watch", "a line a second, until all has come"),),
        run=_sync,
        show=_synced,
    ),
)
