"""Ranges: what a message of reconciliation says of each stretch of the order, from its start on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from .bounds import BOUND_BYTES_MAX, END, ID_BYTES, START, Bound, Scroll, varint, written
from .errors import NotOfReconciliation, TooLarge, UnknownReconciliation
from .fingerprint import FINGERPRINT_BYTES
from .record import RecordId

VERSION: Final = 0x61
"""Version 1: the highest four bits are the same for each."""
VERSIONS: Final = range(0x60, 0x70)
REST_BYTES_MAX: Final = (BOUND_BYTES_MAX + 1) + (2 + 1 + FINGERPRINT_BYTES)
"""What ends a message that had no room for more: a skip, and the fingerprint of the rest."""


class Mode(IntEnum):
    """What follows a bound."""

    SKIP = 0
    FINGERPRINT = 1
    ID_LIST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Nothing more is to be said of what is below `bound`."""

    bound: Bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """All that I have below `bound` has this fingerprint; and you?"""

    bound: Bound
    fingerprint: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class IdList:
    """These are the ids of all that I have below `bound`."""

    bound: Bound
    ids: Sequence[RecordId]


Range = Skip | Fingerprint | IdList
"""Each begins where the one before ends; what comes after the last is skipped."""


def read(message: bytes, size_max: int) -> list[Range]:
    """Every range of it; `size_max` 0: however long it is.

    Raises:
        UnknownReconciliation: the version is another one, whatever follows.
        NotOfReconciliation, TooLarge: it is none, or a longer one.
    """
    if size_max and len(message) > size_max:
        raise TooLarge(size=len(message), limit=size_max)
    scroll = Scroll(message)
    (version,) = scroll.take(1)
    if version not in VERSIONS:
        raise NotOfReconciliation(why=f"it begins with the byte {version}")
    if version != VERSION:
        raise UnknownReconciliation(version=version - VERSIONS.start)
    ranges: list[Range] = []
    while not scroll.is_end:
        ranges.append(_read_range(scroll))
    return ranges


def settled(message: bytes) -> Bound:
    """Below what there is nothing more to say, by a message of our own."""
    scroll = Scroll(message)
    scroll.take(1)
    bound = scroll.bound()
    return bound if scroll.varint() == Mode.SKIP else START


def _read_range(scroll: Scroll) -> Range:
    bound = scroll.bound()
    match scroll.varint():
        case Mode.SKIP:
            return Skip(bound=bound)
        case Mode.FINGERPRINT:
            return Fingerprint(bound=bound, fingerprint=scroll.take(FINGERPRINT_BYTES))
        case Mode.ID_LIST:
            joined = scroll.take(scroll.varint() * ID_BYTES)
            ids = [joined[at : at + ID_BYTES] for at in range(0, len(joined), ID_BYTES)]
            return IdList(bound=bound, ids=[RecordId(each) for each in ids])
        case mode:
            raise NotOfReconciliation(why=f"a range of mode {mode}")


class Page:
    """A message under way, in which there is always room to say that this is not all."""

    def __init__(self, size_max: int) -> None:
        """`size_max` 0: as long as it will be."""
        self._size_max = size_max
        self._data = bytearray([VERSION])
        self._bound = START
        """The last that was written."""
        self._skipped: Bound | None = None
        """Where a skip ends that is written before what follows, if anything does."""
        self.reached = 0
        """How many of our records are below the last bound."""

    @property
    def is_empty(self) -> bool:
        return len(self._data) == 1

    def skip(self, bound: Bound, reached: int) -> None:
        self._skipped = bound
        self.reached = reached

    def add(self, said: Fingerprint | IdList, reached: int) -> bool:
        """Whether there was room for it."""
        before, skip = self._skip()
        match said:
            case Fingerprint():
                payload = varint(Mode.FINGERPRINT) + said.fingerprint
            case IdList():
                payload = varint(Mode.ID_LIST) + varint(len(said.ids)) + b"".join(said.ids)
        data = skip + written(said.bound, before) + payload
        if self._size_max and len(self._data) + len(data) + REST_BYTES_MAX > self._size_max:
            return False
        self._data += data
        self._bound, self._skipped, self.reached = said.bound, None, reached
        return True

    def room_for_ids(self, count: int) -> int:
        """How many of `count` ids can be told next."""
        if not self._size_max:
            return count
        head = (BOUND_BYTES_MAX + 1) + BOUND_BYTES_MAX + 1 + len(varint(count))
        left = self._size_max - len(self._data) - REST_BYTES_MAX - head
        return min(count, max(left, 0) // ID_BYTES)

    def close(self, rest: bytes) -> None:
        """There was no room: `rest` is the fingerprint of all that we have not come to."""
        before, skip = self._skip()
        self._data += skip + written(END, before) + varint(Mode.FINGERPRINT) + rest

    def to_bytes(self) -> bytes:
        return bytes(self._data)

    def _skip(self) -> tuple[Bound, bytes]:
        """The bound that the next one is counted from, and what is written before it."""
        if self._skipped is None:
            return self._bound, b""
        return self._skipped, written(self._skipped, self._bound) + varint(Mode.SKIP)
