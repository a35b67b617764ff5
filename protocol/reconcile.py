"""Reconciliation: two nodes find which records the other lacks, and say little where they agree.

Negentropy, protocol version 1, as published: SPEC 5.7. The client asks, and learns of both sides;
the server answers each message by itself, and remembers nothing between two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from .bounds import (
    END,
    START,
    TIME_BYTES,
    Bound,
    Gap,
    Place,
    between,
    id_of,
    merged,
    time_of,
    whole,
)
from .errors import UnknownReconciliation
from .limits import RECONCILE_BYTES_MAX
from .ranges import VERSION, Fingerprint, IdList, Page, Range, Skip, read
from .record import RecordId

FRAME_BYTES_MIN: Final = 4_096
"""What any implementation can hold a message to; the largest split has to fit."""


LOOKS_MAX: Final = 16_384
"""Records that a client goes through for one message, some 20 ms: a list without any ids says in
five bytes that we have a million which the other lacks."""


class Storage(Protocol):
    """Records by their places, in order, counted from 0. Rule 1: it is the same during one call."""

    def size(self) -> int: ...

    def at(self, index: int) -> Place: ...

    def fingerprint(self, begin: int, end: int) -> bytes:
        """Of those from `begin` to before `end`."""
        ...

    def find_lower_bound(self, bound: Bound) -> int:
        """How many are below `bound`."""
        ...

    def iterate(self, begin: int, end: int) -> Iterator[Place]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Splitting:
    """How a range that differs is taken apart. Each side may choose; the other need not know."""

    branches_min: int
    branches_max: int
    """Into so many parts, each with its fingerprint: more are fewer round trips, and more bytes."""
    parts: int
    """In one message, as near as this is possible: the more ranges differ, the fewer for each."""
    ids_max: int
    """Up to so many records, their ids instead."""

    def __post_init__(self) -> None:
        # Else two sides could hand one record to and fro for ever.
        assert self.branches_min > 1
        assert self.ids_max > 0

    def branches(self, differing: int) -> int:
        """Of each range, where so many differ."""
        return min(max(self.parts // max(differing, 1), self.branches_min), self.branches_max)


AS_PUBLISHED: Final = Splitting(branches_min=16, branches_max=16, parts=16, ids_max=31)
"""As the reference project does it: its messages and ours are the same, byte for byte."""

THRIFTY: Final = Splitting(branches_min=3, branches_max=16, parts=256, ids_max=1)
"""For 100 differences, anywhere in 1,000,000 records: 57 KB in 6 round trips, instead of 166 KB in
3. A part costs 20 bytes whatever is in it, so three are the cheapest way down, and a single record
the cheapest end; where few ranges differ, bytes do not matter, but round trips."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    message: bytes | None
    """What the other is to hear next; None: the client knows all."""
    have: Sequence[RecordId] = ()
    """What we have and the other lacks: not all, if we had to look at more than LOOKS_MAX records
    for it. Only a client learns this."""
    need: Sequence[RecordId] = ()
    """What the other has and we lack, as it says: nothing is proved before the records come. Where
    we looked no further, some are here all the same."""
    gaps: Sequence[Gap] = ()
    """Where the other has something and we nothing at all; ascending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """One side. It has no state but its records, which may change between two messages."""

    storage: Storage
    is_client: bool
    frame_bytes_max: int = RECONCILE_BYTES_MAX
    """Of what we say; 0: no limit."""
    message_bytes_max: int = RECONCILE_BYTES_MAX
    """Of what we read; 0: no limit. It bounds the time and the room that an answer takes."""
    looks_max: int = LOOKS_MAX
    """How many of our records we compare with the ids in one message; 0: no limit."""
    splitting: Splitting = THRIFTY
    is_gap: Callable[[Gap], bool] | None = None
    """Whether a client fetches what lies in a stretch in which it has nothing without knowing the
    ids. Then nothing more is said of it. None: it never does."""

    def __post_init__(self) -> None:
        if self.frame_bytes_max and self.frame_bytes_max < FRAME_BYTES_MIN:
            raise ValueError(f"a frame of less than {FRAME_BYTES_MIN} bytes")

    def initiate(self, since: Bound = START, until: Bound = END) -> bytes:
        """The first message, by which the client asks about all from `since` to below `until`.

        A server who had no room for all of it may speak of what is above `until` too.
        """
        assert self.is_client
        page = Page(self.frame_bytes_max)
        begin, end = (self.storage.find_lower_bound(each) for each in (since, until))
        if since != START:
            page.skip(since, begin)
        said = Skip(bound=until)
        asked = _Stretch(said=said, since=since, begin=begin, end=end, differs=True)
        if begin == end and self.is_gap:  # to a list, if empty, all ids would be the answer
            empty = self.storage.fingerprint(begin, end)
            page.add(Fingerprint(bound=until, fingerprint=empty), end)
        else:
            self._split(page, asked, self.splitting.branches(1))
        return page.to_bytes()

    def handle(self, message: bytes) -> Answer:
        """What to say to `message`, and what a client learns by it.

        Raises:
            NotOfReconciliation, TooLarge: the other side is at fault.
            UnknownReconciliation: the server does not know our version.
        """
        try:
            said = read(message, self.message_bytes_max)
        except UnknownReconciliation:
            if self.is_client:
                raise
            return Answer(message=bytes([VERSION]))
        return self._answer(said)

    def _answer(self, said: Sequence[Range]) -> Answer:
        page = Page(self.frame_bytes_max)
        learned = _Learned()
        stretches = list(self._stretches(said))
        branches = self.splitting.branches(sum(each.differs for each in stretches))
        for each in stretches:
            if not self._reply(page, each, branches, learned):
                page.close(self.storage.fingerprint(page.reached, self.storage.size()))
                break
        is_done = self.is_client and page.is_empty
        return Answer(
            message=None if is_done else page.to_bytes(),
            have=learned.have,
            need=learned.need,
            gaps=merged(learned.gaps),
        )

    def _stretches(self, said: Sequence[Range]) -> Iterator[_Stretch]:
        begin, since = 0, START
        for each in said:
            end = self.storage.find_lower_bound(each.bound)
            differs = isinstance(
                each, Fingerprint
            ) and each.fingerprint != self.storage.fingerprint(begin, end)
            yield _Stretch(said=each, since=since, begin=begin, end=end, differs=differs)
            begin, since = end, each.bound

    def _reply(self, page: Page, of: _Stretch, branches: int, learned: _Learned) -> bool:
        """Whether there was room for it on the page."""
        match of.said:
            case Fingerprint() if of.differs:
                if not self._is_gap(of):
                    return self._split(page, of, branches)
                learned.gaps.append(of.gap)
            case IdList() if not self.is_client:
                return self._list(page, of)
            case IdList():
                self._compare(of, of.said.ids, learned)
            case Skip() | Fingerprint():
                pass
        page.skip(of.said.bound, of.end)
        return True

    def _is_gap(self, of: _Stretch) -> bool:
        is_empty = of.begin == of.end and bool(of.gap)
        return self.is_client and is_empty and self.is_gap is not None and self.is_gap(of.gap)

    def _compare(self, of: _Stretch, told: Sequence[RecordId], learned: _Learned) -> None:
        theirs = dict.fromkeys(told)  # each once, in their order
        end = of.end
        if self.looks_max:
            end = min(end, of.begin + self.looks_max - learned.looks)
        learned.looks += end - of.begin
        ours = [id_of(each) for each in self.storage.iterate(of.begin, end)]
        known = set(ours)
        learned.have += [each for each in ours if each not in theirs]
        learned.need += [each for each in theirs if each not in known]

    def _split(self, page: Page, of: _Stretch, branches: int) -> bool:
        """Say more of it: fingerprints of its parts, or, where it is small, all ids."""
        count = of.end - of.begin
        if count == 1 and self.is_client and self.is_gap and (parts := self._around(of)):
            return all(page.add(part, of.begin + n) for n, part in parts)
        if count <= self.splitting.ids_max:
            return self._list(page, of)
        branches = min(branches, count)
        each, more = divmod(count, branches)
        begin = of.begin
        for branch in range(branches):
            end = begin + each + (branch < more)
            part = Fingerprint(
                bound=of.said.bound if end == of.end else self._between(end),
                fingerprint=self.storage.fingerprint(begin, end),
            )
            if not page.add(part, end):
                return False
            begin = end
        return True

    def _around(self, of: _Stretch) -> list[tuple[int, Fingerprint]]:
        """What lies before and after our only record in it, each for itself: told its id, the other
        would tell all of his, however many. With each part how many of ours are below its end;
        none at all where all of it is of one second."""
        time = time_of(self.storage.at(of.begin))
        since, until = _at(time), _at(time + 1)
        if whole(of.since) >= whole(since) and whole(of.said.bound) <= whole(until):
            return []
        bounds = [each for each in (since, until) if whole(of.since) < whole(each)]
        bounds = [each for each in bounds if whole(each) < whole(of.said.bound)]
        parts: list[tuple[int, Fingerprint]] = []
        for bound in (*bounds, of.said.bound):
            below = 0 if bound == since else 1
            before = parts[-1][0] if parts else 0
            mine = self.storage.fingerprint(of.begin + before, of.begin + below)
            parts.append((below, Fingerprint(bound=bound, fingerprint=mine)))
        return parts

    def _list(self, page: Page, of: _Stretch) -> bool:
        """All ids, or as many as there is room for."""
        end = of.begin + page.room_for_ids(of.end - of.begin)
        is_whole = end == of.end
        if end == of.begin and not is_whole:
            return False
        ids = [id_of(each) for each in self.storage.iterate(of.begin, end)]
        bound = of.said.bound if is_whole else self._between(end)
        return page.add(IdList(bound=bound, ids=ids), end) and is_whole

    def _between(self, index: int) -> Bound:
        """The bound to the left of the record with this index."""
        return between(self.storage.at(index - 1), self.storage.at(index))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """A range of the other side, and which of our records are in it."""

    said: Range
    since: Bound
    begin: int
    end: int
    differs: bool
    """Whether its fingerprint is another one than ours."""

    @property
    def gap(self) -> Gap:
        return Gap(self.since, self.said.bound)


@dataclass(slots=True)
class _Learned:
    """What a client learns from one message."""

    have: list[RecordId] = field(default_factory=list[RecordId])
    need: list[RecordId] = field(default_factory=list[RecordId])
    gaps: list[Gap] = field(default_factory=list[Gap])
    looks: int = 0


def _at(time: int) -> Bound:
    return Bound(time.to_bytes(TIME_BYTES, "big"))
