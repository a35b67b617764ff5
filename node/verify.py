"""Check the signatures of a batch in a helper process, a little ahead of whoever enters it.

A signature costs nearly half of all that is done for a record. Threads are little help: every
return from libsodium or SQLite waits for Python's lock, and to get it costs as much as it frees.
"""

from __future__ import annotations

import atexit
import logging
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Final, TypeAlias

from goodword.protocol.errors import Refusal
from goodword.protocol.record import Record, verify

from .helper import BAD, READY, question

BATCH_MIN: Final = 64
"""Smaller ones are verified here. A batch of catch-up has some 500 records, gossip a few."""

CHUNK_RECORDS: Final = 16
"""Asked about at once: 1 ms of work, for which we wait only at the beginning of a batch."""

CHUNKS_AHEAD: Final = 8
"""What the helper has before it, so that neither waits for the other; of usual records 80 KB."""

SOCKET_BYTES: Final = 256 * 1024
"""What may lie unread: more than that, so that to ask takes no waiting. Some systems grant 8 KB
unless asked; of the largest records we wait in any case."""

ANSWER_SECONDS: Final = 5.0
"""A helper that says nothing for so long was stopped, or starves: we do without."""

END_SECONDS: Final = 2.0

Read: TypeAlias = Record | Refusal
"""A record, or why it is none."""

log = logging.getLogger(__name__)


def verified(parsed: Sequence[Read]) -> Iterator[Read]:
    """Each of `parsed`, in order: itself where it is authentic, else the reason to refuse it."""
    done = 0
    if len(parsed) >= BATCH_MIN:
        try:
            for read in _helped(parsed):
                yield read
                done += 1
        except OSError as error:  # it cannot be started, or was killed: we can do without
            log.warning("no helper for signatures: %s", error)
    yield from map(_verified, parsed[done:])


def _helped(parsed: Sequence[Read]) -> Iterator[Read]:
    """None at all while the helper is not ready. Raises OSError where it is gone."""
    helper = _helper()
    try:
        if helper.is_ready():
            yield from helper.verified(parsed)
    except BaseException:  # gone, or left with questions whose answers nobody waits for
        _drop(helper)
        raise


def _verified(read: Read) -> Read:
    if isinstance(read, Refusal):
        return read
    try:
        verify(read)
    except Refusal as refusal:
        return refusal
    return read


_running: Final[list[_Helper]] = []
"""None or one."""


def _helper() -> _Helper:
    """Started when first needed: most nodes on most days never see a batch."""
    for helper in _running:
        if helper.is_busy:  # a batch was given up, and is not yet cleaned away
            _drop(helper)
    if not _running:
        _running.append(_Helper())
    return _running[0]


def _drop(helper: _Helper) -> None:
    if helper in _running:
        _running.remove(helper)
    helper.end()


class _Helper:
    def __init__(self) -> None:
        self.is_busy = False
        """Answers to a batch are still to be read."""
        self._socket, theirs = socket.socketpair()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "goodword.node.helper"],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
            )
        self._is_ready = False
        atexit.register(self.end)

    def is_ready(self) -> bool:
        """Not before it has started, which takes a tenth of a second. Raises OSError."""
        if not self._is_ready:
            self._socket.settimeout(0)
            with suppress(BlockingIOError):
                self._is_ready = self._answered(1) == READY
            self._socket.settimeout(ANSWER_SECONDS)
        return self._is_ready

    def verified(self, parsed: Sequence[Read]) -> Iterator[Read]:
        """Raises OSError where it is gone, or does not answer."""
        self.is_busy = True
        chunks = [parsed[n : n + CHUNK_RECORDS] for n in range(0, len(parsed), CHUNK_RECORDS)]
        unasked = iter(chunks)
        self._ask(islice(unasked, CHUNKS_AHEAD))
        for chunk in chunks:
            answers = iter(self._answered(len(_records(chunk))))
            self._ask(islice(unasked, 1))
            for read in chunk:
                is_bad = isinstance(read, Record) and next(answers) == BAD
                yield _verified(read) if is_bad else read  # the second look says what is wrong
        self.is_busy = False

    def end(self) -> None:
        """It ends when nobody is left to ask it."""
        atexit.unregister(self.end)
        self._socket.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, chunks: Iterable[Sequence[Read]]) -> None:
        self._socket.sendall(b"".join(question(_records(chunk)) for chunk in chunks))

    def _answered(self, count: int) -> bytes:
        answers = b""
        while len(answers) < count:
            more = self._socket.recv(count - len(answers))
            if not more:
                raise BrokenPipeError("it ended")
            answers += more
        return answers


def _records(chunk: Sequence[Read]) -> list[Record]:
    return [each for each in chunk if isinstance(each, Record)]
