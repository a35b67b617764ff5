"""`python -m goodword.node.helper`: tell a node which signatures are good, and nothing else.

Questions come on stdin: four bytes of length, then signed parts, each with who is said to have
signed it. Answers go to stdout: a byte for each. It ends when stdin does, and so with the node.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

from goodword.crypto.keys import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, PublicKey, Signature
from goodword.protocol.record import Record, is_authentic

LENGTH_BYTES: Final = 4
READY: Final = b"!"
"""Said once, when questions are welcome."""

GOOD, BAD = 1, 0


def question(records: Iterable[Record]) -> bytes:
    """What to write to the helper about `records`."""
    body = b"".join(
        part
        for each in records
        for part in (each.author, each.signature, _length(each.signed), each.signed)
    )
    return _length(body) + body


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the node, which ends us
    with suppress(ConnectionError):  # the node is gone, or does not care any more
        _say(READY)
        while length := sys.stdin.buffer.read(LENGTH_BYTES):
            asked = sys.stdin.buffer.read(int.from_bytes(length, "big"))
            _say(bytes(_answers(asked)))


def _say(answer: bytes) -> None:
    while answer:
        answer = answer[os.write(sys.stdout.fileno(), answer) :]


def _answers(asked: bytes) -> Iterator[int]:
    at = 0
    while at < len(asked):
        author = PublicKey(asked[at : (at := at + PUBLIC_KEY_BYTES)])
        signature = Signature(asked[at : (at := at + SIGNATURE_BYTES)])
        size = int.from_bytes(asked[at : (at := at + LENGTH_BYTES)], "big")
        signed = asked[at : (at := at + size)]
        yield GOOD if is_authentic(author, signed, signature) else BAD


def _length(data: bytes) -> bytes:
    return len(data).to_bytes(LENGTH_BYTES, "big")


if __name__ == "__main__":
    main()
