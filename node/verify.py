"""Check a batch together with a helper process: it from the beginning on, we from the end.

To check a record takes more time than to enter it, and needs nothing that we have. So the helper
checks ahead of whoever enters; and while its next answer is not there, we check what it would come
to last. Whoever else uses the machine, nothing is left to wait for.
Threads are little help: every return from libsodium or SQLite waits for Python's lock, and to get
it costs as much as it frees.
Rule 1: nothing here waits for the helper. Without it all is checked here, and comes to the same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from goodword.protocol import kinds
from goodword.protocol.errors import Refusal
from goodword.protocol.record import Record, parse_again

from . import questions
from .helper import GOOD
from .questions import Helper, Question

BATCH_MIN: Final = 256
"""Smaller ones are checked here. A batch of catch-up has hundreds of records, gossip a few."""

CHUNK_RECORDS: Final = 64
"""Asked about, checked and entered at once: 5 ms of work. With 16 of them both processes took a
fifth more time: to wake one another, and to fetch again into the caches what the other work drove
out."""

LOAD_RECORDS: Final = 8 * CHUNK_RECORDS
"""What the helper has before it, so that it need not wait for us while we write 512 listings, or
check a chunk ourselves and enter one: 45 ms of work."""

EARLY_RECORDS: Final = 12 * CHUNK_RECORDS
"""The same, of the next batch: as long as it takes to commit this one, and to hear what comes after
the next. As much of it as the socket takes is there, for nobody sends more meanwhile."""

EXPECTED_MAX: Final = 4
"""Batches that are expected: as many peers as are visited at once."""

Read: TypeAlias = Record | Refusal
"""A record, or why it is none that we may keep."""

log = logging.getLogger(__name__)


def checked(
    batch: Sequence[bytes], now: int, *, is_public: bool, coming: Sequence[bytes] = ()
) -> Iterator[list[Read]]:
    """What is in `batch`, in order, some of it at a time; the rest as in `kinds.read`.

    `coming`: the next batch from there, of which the helper takes a part before it is its turn,
    while we enter the last of this one: it is judged by this moment then. It may come to nothing.
    """
    if len(batch) < BATCH_MIN:
        for n in range(0, len(batch), CHUNK_RECORDS):
            yield [_read(data, now, is_public=is_public) for data in batch[n : n + CHUNK_RECORDS]]
        return
    helper = questions.running()
    shared = _expected_as(batch, is_public=is_public) or _Shared(
        batch, now, helper, is_public=is_public
    )
    if len(coming) >= BATCH_MIN:
        shared.next = _Shared(coming, now, helper, is_public=is_public)
        _expected.append(shared.next)
        del _expected[:-EXPECTED_MAX]
    yield from shared.all()


_expected: Final[list[_Shared]] = []
"""The last is the one that was told last."""


def _expected_as(batch: Sequence[bytes], *, is_public: bool) -> _Shared | None:
    for shared in _expected:
        if shared.is_of(batch, is_public=is_public):
            _expected.remove(shared)
            return shared
    return None


class _Shared:
    """A batch that two check."""

    def __init__(
        self, batch: Sequence[bytes], now: int, helper: Helper | None, *, is_public: bool
    ) -> None:
        self._batch = batch
        self._chunks = [batch[n : n + CHUNK_RECORDS] for n in range(0, len(batch), CHUNK_RECORDS)]
        self._now, self._is_public = now, is_public
        self._helper = helper
        self._asked: list[Question] = []
        """Of the helper, about a chunk each, from the first on."""
        self._ours: list[list[Read]] = []
        """What we have read, from the last chunk on, and not handed out."""
        self._end = len(self._chunks)
        """From this chunk on we have read all: of that the helper is asked nothing more."""
        self.next: _Shared | None = None

    def is_of(self, batch: Sequence[bytes], *, is_public: bool) -> bool:
        return self._batch is batch and self._is_public is is_public

    def all(self) -> Iterator[list[Read]]:
        for number in range(len(self._chunks)):
            yield self._chunk(number)

    def _chunk(self, number: int) -> list[Read]:
        """What is in this chunk, which is the first that has not been read so."""
        self._keep_busy()
        while number < self._end:
            if answers := self._answers(number):
                return [
                    parse_again(data) if answer == GOOD else self._read(data)
                    for data, answer in zip(self._chunks[number], answers, strict=True)
                ]
            self._end -= 1
            self._ours.append([self._read(each) for each in self._chunks[self._end]])
            self._keep_busy()
        return self._ours.pop()

    def _read(self, data: bytes) -> Read:
        return _read(data, self._now, is_public=self._is_public)

    def _answers(self, number: int) -> bytes:
        """The helper's to this chunk; none while not all of them are here."""
        asked = self._asked[number] if number < len(self._asked) else None
        return asked.answer if asked and not asked.missing else b""

    def _keep_busy(self) -> None:
        """Hear what the helper has to say, and give it something to do."""
        if self._helper is None:
            return
        try:
            self._helper.listen()
            self._ask(self._helper, LOAD_RECORDS)
            if self.next and len(self._asked) >= self._end:
                self.next._ask(self._helper, EARLY_RECORDS)  # noqa: SLF001  # it is one of us
        except OSError as error:  # it was killed: we can do without
            log.warning("no helper to check records: %s", error)
            questions.drop(self._helper)
            self._helper = None

    def _ask(self, helper: Helper, load: int) -> None:
        """About what comes next, as long as it has less than that before it."""
        while len(self._asked) < self._end and helper.load < load:
            chunk = self._chunks[len(self._asked)]
            self._asked.append(helper.ask(chunk, self._now, is_public=self._is_public))


def _read(data: bytes, now: int, *, is_public: bool) -> Read:
    try:
        return kinds.read(data, now, is_public=is_public)
    except Refusal as refusal:
        return refusal
