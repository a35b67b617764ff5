"""The helper process, as its node sees it: what it was asked, in order, and what it has answered.

Rule 1: nothing here waits for it.
"""

from __future__ import annotations

import atexit
import logging
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from typing import Final

from .helper import question

SOCKET_BYTES: Final = 256 * 1024
"""What may lie unread: more than we ask about at once, of usual records. Some systems grant 8 KB
unless asked."""

SILENT_MAX: Final = 100
"""Batches, one after the other, that began while it owed an answer and had not said a word since
the one before: then it was stopped, and gets a successor. To start takes 0.1 s: less than ten of
the smallest."""

log = logging.getLogger(__name__)


class Question:
    """About so many records, at once."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.answer = b""
        """A byte for each record, as far as it is here."""

    @property
    def missing(self) -> int:
        """Records of which the answer does not tell yet."""
        return self._count - len(self.answer)


class Helper:
    """Known weakness: it runs what is installed when it starts. Who installs another version while
    a node runs has records checked by the rules of both."""

    def __init__(self) -> None:
        """Start it. Raises OSError where that cannot be."""
        self._open: deque[Question] = deque()
        """What is not answered, in the order in which it was asked."""
        self._unsent = b""
        self._silent = 0
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
    def load(self) -> int:
        """Records of which it has still to tell."""
        return sum(each.missing for each in self._open)

    def begin(self) -> bool:
        """A batch begins. Whether it may still be expected to answer."""
        self._silent = self._silent + 1 if self._open else 0
        return self._silent <= SILENT_MAX

    def ask(self, records: Sequence[bytes], now: int, *, is_public: bool) -> Question:
        """Of no more records than it is to answer; the rest as in `kinds.read`.

        Raises OSError where it is gone; and so below.
        """
        asked = Question(len(records))
        self._open.append(asked)
        self._unsent += question(records, now, is_public=is_public)
        self._send()
        return asked

    def listen(self) -> None:
        """Take what it has answered until now."""
        self._send()
        load = self.load
        try:
            heard = self._socket.recv(load + 1)
        except BlockingIOError:
            return
        if not 0 < len(heard) <= load:
            raise BrokenPipeError("it ended, or says what it was not asked")
        self._silent = 0
        while heard:
            first = self._open[0]
            missing = first.missing
            first.answer += heard[:missing]
            heard = heard[missing:]
            if not first.missing:
                self._open.popleft()

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


_running: Final[list[Helper]] = []
"""None or one."""


def running() -> Helper | None:
    """The one that there is, for a new batch: started when first needed, since most nodes on most
    days never see one. None where it cannot be started."""
    if _running and not _running[0].begin():
        drop(_running[0])
    try:
        if not _running:
            _running.append(Helper())
    except OSError as error:
        log.warning("no helper to check records: %s", error)
        return None
    return _running[0]


def drop(helper: Helper) -> None:
    """It was killed, or says nothing: the next batch gets another."""
    if helper in _running:
        _running.remove(helper)
    helper.end()
