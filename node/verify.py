"""Check a batch together with a helper process: it from the beginning on, we from the end.

To check a record takes more time than to enter it, and needs nothing that we have. So the helper
checks ahead of whoever enters; and while its next answer is not there, we check what it would come
to last. Whoever else uses the machine, nothing is left to wait for.
Threads are little help: every return from libsodium or SQLite waits for Python's lock, and to get
it costs as much as it frees.
Rule 1: nothing here waits for the helper. Without it all is checked here, and comes to the same.
"""

from __future__ import annotations

import atexit
import logging
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from goodword.protocol import kinds
from goodword.protocol.errors import Refusal
from goodword.protocol.record import Record, parse_again

from .helper import GOOD, READY, question

BATCH_MIN: Final = 256
"""Smaller ones are checked here. A batch of catch-up has hundreds of records, gossip a few."""

CHUNK_RECORDS: Final = 64
"""Asked about, checked and entered at once: 5 ms of work. With 16 of them both processes took a
fifth more time: to wake one another, and to fetch again into the caches what the other work drove
out."""

CHUNKS_AHEAD: Final = 2
"""What the helper has before it beside the one that is needed next, so that it need not wait for
us while we check one ourselves."""

CHUNKS_EARLY: Final = 7
"""Of the next batch: 40 ms of work, as long as it takes to commit this one, and to hear what comes
after the next. All of it is on its way in the socket, for nobody sends more meanwhile."""

SOCKET_BYTES: Final = 256 * 1024
"""What may lie unread: more than we ask about at once, of usual records. Some systems grant 8 KB
unless asked."""

MISSED_MAX: Final = 100
"""Batches, one after the other, that began before all before them was answered: then the helper
was stopped, and gets a successor. To start takes 0.1 s: less than ten of the smallest."""

Read: TypeAlias = Record | Refusal
"""A record, or why it is none that we may keep."""

log = logging.getLogger(__name__)


def checked(
    batch: Sequence[bytes], now: int, *, is_public: bool, coming: Sequence[bytes] = ()
) -> Iterator[list[Read]]:
    """What is in `batch`, in order, some of it at a time; the rest as in `kinds.read`.

    `coming`: the next batch, of which the helper takes a part before it is its turn, while we enter
    the last of this one: it is judged by this moment then. It may come to nothing.
    """
    shared = _expected.pop() if _expected else None
    if shared is None or not shared.is_of(batch, is_public=is_public):
        is_large = len(batch) >= BATCH_MIN
        shared = _Shared(batch, now, _begin(), is_public=is_public) if is_large else None
    if shared is None:
        for n in range(0, len(batch), CHUNK_RECORDS):
            yield [_read(data, now, is_public=is_public) for data in batch[n : n + CHUNK_RECORDS]]
        return
    helper = shared.helper
    if len(coming) >= BATCH_MIN and helper is not None and not helper.is_behind:
        shared.next = _Shared(coming, now, helper, is_public=is_public)
        _expected.append(shared.next)
    yield from shared.all()


class _Shared:
    """A batch that two check."""

    def __init__(
        self, batch: Sequence[bytes], now: int, helper: _Helper | None, *, is_public: bool
    ) -> None:
        self._batch = batch
        self._chunks = [batch[n : n + CHUNK_RECORDS] for n in range(0, len(batch), CHUNK_RECORDS)]
        self._now, self._is_public = now, is_public
        self._asked = 0
        """How many chunks the helper was asked about, from the first on."""
        self._ours: list[list[Read]] = []
        """What we have read, from the last chunk on, and not handed out."""
        self._end = len(self._chunks)
        """From this chunk on we have read all: of that the helper is asked nothing more."""
        self.helper = helper
        self.next: _Shared | None = None

    def is_of(self, batch: Sequence[bytes], *, is_public: bool) -> bool:
        return self._batch is batch and self._is_public is is_public

    def all(self) -> Iterator[list[Read]]:
        for number in range(len(self._chunks)):
            yield self._chunk(number)

    def _chunk(self, number: int) -> list[Read]:
        """What is in this chunk, which is the first that has not been read so."""
        chunk = self._chunks[number]
        while number < self._end:
            if answers := self._answers(number, len(chunk)):
                return [
                    parse_again(data) if answer == GOOD else self._read(data)
                    for data, answer in zip(chunk, answers, strict=True)
                ]
            self._end -= 1
            self._ours.append([self._read(each) for each in self._chunks[self._end]])
        if number < self._asked and self.helper is not None:
            self.helper.drop(len(chunk))  # we were faster
        elif self.next:
            self._answers(number, 0)
        return self._ours.pop()

    def _read(self, data: bytes) -> Read:
        return _read(data, self._now, is_public=self._is_public)

    def _answers(self, number: int, count: int) -> bytes:
        """The helper's to this chunk; none while they are not here."""
        if self.helper is None:
            return b""
        try:
            self.helper.listen()
            self._ask(number + 1 + CHUNKS_AHEAD)
            if self.next and self._asked >= self._end:
                self.next._ask(CHUNKS_EARLY)  # noqa: SLF001  # it is one of us
            return self.helper.take(count)
        except OSError as error:  # it was killed: we can do without
            log.warning("no helper to check records: %s", error)
            _drop(self.helper)
            self.helper = None
            return b""

    def _ask(self, last: int) -> None:
        """About all that comes before the chunk with this number, and has not been read."""
        assert self.helper is not None
        last = min(last, self._end)
        while self._asked < last and not self.helper.is_behind:
            chunk = self._chunks[self._asked]
            self.helper.ask(question(chunk, self._now, is_public=self._is_public), len(chunk))
            self._asked += 1


def _read(data: bytes, now: int, *, is_public: bool) -> Read:
    try:
        return kinds.read(data, now, is_public=is_public)
    except Refusal as refusal:
        return refusal


_running: Final[list[_Helper]] = []
"""None or one; and so with the batch that is expected next."""
_expected: Final[list[_Shared]] = []


def _begin() -> _Helper | None:
    """The helper, for a new batch: started when first needed, since most nodes on most days never
    see one. None where it cannot be started."""
    for helper in _running:
        helper.begin()
        if helper.missed > MISSED_MAX:
            _drop(helper)
    try:
        if not _running:
            _running.append(_Helper())
    except OSError as error:
        log.warning("no helper to check records: %s", error)
        return None
    return _running[0]


def _drop(helper: _Helper) -> None:
    if helper in _running:
        _running.remove(helper)
    helper.end()


class _Helper:
    """The process, and what it was asked and has answered.

    Known weakness: it runs what is installed when it starts. Who installs another version while a
    node runs has records checked by the rules of both.
    """

    def __init__(self) -> None:
        self.missed = 0
        """Batches that began while it was behind, since it was not."""
        self._unsent = b""
        self._answers = b""
        self._owed = 0
        """Answers that have not come."""
        self._old = len(READY)
        """Of what comes next, what nobody waits for any more."""
        self._socket, theirs = socket.socketpair()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
        self._socket.setblocking(False)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "goodword.node.helper"],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
            )
        atexit.register(self.end)

    @property
    def is_behind(self) -> bool:
        """It has still to answer what was asked for another batch, or to start."""
        return self._old > 0

    def begin(self) -> None:
        """Nobody waits for what it was asked until now."""
        self._old += self._owed
        self._owed = 0
        self._answers = b""
        self.missed = self.missed + 1 if self.is_behind else 0

    def ask(self, asked: bytes, count: int) -> None:
        """Of `count` records. Raises OSError where it is gone; and so below."""
        self._owed += count
        self._unsent += asked
        self._send()

    def listen(self) -> None:
        """Take what it has answered until now."""
        self._send()
        try:
            heard = self._socket.recv(self._old + self._owed + 1)
        except BlockingIOError:
            return
        if not heard:
            raise BrokenPipeError("it ended")
        old, new = heard[: self._old], heard[self._old :]
        self._old -= len(old)
        self._owed -= len(new)
        self._answers += new

    def take(self, count: int) -> bytes:
        """The next `count` answers; none while not all of them are here."""
        if len(self._answers) < count:
            return b""
        taken, self._answers = self._answers[:count], self._answers[count:]
        return taken

    def drop(self, count: int) -> None:
        """Of the answers that come next nobody waits for so many."""
        here = len(self.take(min(count, len(self._answers))))
        self._old += count - here
        self._owed -= count - here

    def end(self) -> None:
        """At once: it has nothing to lose."""
        atexit.unregister(self.end)
        self._socket.close()
        self._process.kill()
        self._process.wait()

    def _send(self) -> None:
        """As much as it takes now."""
        try:
            self._unsent = self._unsent[self._socket.send(self._unsent) :] if self._unsent else b""
        except BlockingIOError:
            return
