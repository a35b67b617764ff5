"""`python -m goodword.node.helper`: tell a node which records are good, and nothing else.

Questions come on stdin: four bytes of length; eight of the node's time, one that says whether only
what is public is welcome; then records, each after four bytes of its length. Answers go to stdout:
a byte for each record. It ends when stdin does, and so with the node.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from goodword.protocol import kinds
from goodword.protocol.errors import Refusal

LENGTH_BYTES: Final = 4
TIME_BYTES: Final = 8

GOOD, BAD = 1, 0


def question(records: Sequence[bytes], now: int, *, is_public: bool) -> bytes:
    """What to write to the helper about `records`; the rest as in `kinds.read`."""
    rules = now.to_bytes(TIME_BYTES, "big", signed=True) + bytes([is_public])
    body = b"".join([rules, *(part for each in records for part in (_length(each), each))])
    return _length(body) + body


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the node, which ends us
    with suppress(ConnectionError):  # the node is gone, or does not care any more
        while len(length := sys.stdin.buffer.read(LENGTH_BYTES)) == LENGTH_BYTES:
            size = int.from_bytes(length, "big")
            asked = sys.stdin.buffer.read(size)
            if len(asked) < size:
                break  # the node was killed while it asked
            _say(bytes(_answers(asked)))


def _say(answer: bytes) -> None:
    while answer:
        answer = answer[os.write(sys.stdout.fileno(), answer) :]


def _answers(asked: bytes) -> Iterator[int]:
    now = int.from_bytes(asked[:TIME_BYTES], "big", signed=True)
    is_public = bool(asked[TIME_BYTES])
    at = TIME_BYTES + 1
    while at < len(asked):
        size = int.from_bytes(asked[at : (at := at + LENGTH_BYTES)], "big")
        yield _answer(asked[at : (at := at + size)], now, is_public=is_public)


def _answer(data: bytes, now: int, *, is_public: bool) -> int:
    try:
        kinds.read(data, now, is_public=is_public)
    except Refusal:
        return BAD
    return GOOD


def _length(data: bytes) -> bytes:
    return len(data).to_bytes(LENGTH_BYTES, "big")


if __name__ == "__main__":
    main()
