"""One side of a reconciliation on standard input and output, as the reference project tests it.

`python -m tests.reconcile.harness`; a line in is one of

    item,<time>,<id in hex>   one of our records
    seal                      these are all
    initiate                  be the client
    msg,<hex>                 what the other side says

and a line out is `msg,<hex>`, `have,<id>`, `need,<id>` or, of a client who knows all, `done`.
FRAMESIZELIMIT bounds our messages, in bytes. SPLITTING=thrifty takes ranges apart as a node does;
otherwise it is done as the reference does it, so that traces can be compared.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace

from goodword.protocol.accumulator import Accumulator
from goodword.protocol.bounds import Place, place
from goodword.protocol.reconcile import AS_PUBLISHED, THRIFTY, Reconciler
from goodword.protocol.record import RecordId


def answers(
    lines: Iterable[str], *, frame_bytes_max: int = 0, is_thrifty: bool = False
) -> Iterator[str]:
    """What is to be written after each line that is read."""
    places: list[Place] = []
    side = _side([], frame_bytes_max, is_thrifty)
    for line in lines:
        match line.strip().split(","):
            case ["item", time, hexed]:
                places.append(place(int(time), RecordId(bytes.fromhex(hexed))))
            case ["seal"]:
                side = _side(places, frame_bytes_max, is_thrifty)
            case ["initiate"]:
                side = replace(side, is_client=True)
                yield f"msg,{side.initiate().hex()}"
            case ["msg", hexed]:
                answer = side.handle(bytes.fromhex(hexed))
                yield from (f"have,{each.hex()}" for each in answer.have)
                yield from (f"need,{each.hex()}" for each in answer.need)
                yield "done" if answer.message is None else f"msg,{answer.message.hex()}"
            case [""]:
                pass
            case other:
                raise ValueError(f"not a line of the test protocol: {other[0]}")


def _side(places: Iterable[Place], frame_bytes_max: int, is_thrifty: bool) -> Reconciler:
    return Reconciler(
        storage=Accumulator(sorted(places)),
        is_client=False,
        frame_bytes_max=frame_bytes_max,
        message_bytes_max=0,
        looks_max=0,
        splitting=THRIFTY if is_thrifty else AS_PUBLISHED,
    )


if __name__ == "__main__":
    for answer in answers(
        sys.stdin,
        frame_bytes_max=int(os.environ.get("FRAMESIZELIMIT") or 0),
        is_thrifty=os.environ.get("SPLITTING") == "thrifty",
    ):
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()
