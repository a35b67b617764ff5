"""Places of records in one order for all, by time and id; the bounds between them; and varints.

A place is 40 bytes whose order as bytes is that of the records: 8 of the time, the highest first,
then the id. A bound is the first 8 to 40 bytes of one: all that is below it is on its left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NewType

from .errors import NotOfReconciliation
from .record import RecordId

Place = NewType("Place", bytes)
Bound = NewType("Bound", bytes)

TIME_BYTES: Final = 8
ID_BYTES: Final = 32
PLACE_BYTES: Final = TIME_BYTES + ID_BYTES
VARINT_BYTES_MAX: Final = 10
"""Of a number of 64 bits, 7 in a byte."""
BOUND_BYTES_MAX: Final = VARINT_BYTES_MAX + 1 + ID_BYTES
"""A bound as it is written in a message."""

START: Final = Bound(bytes(TIME_BYTES))
END: Final = Bound(b"\xff" * TIME_BYTES)
"""Above every place: no record has this time."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of the order of which one side has nothing: from `since` to below `until`."""

    since: Bound
    until: Bound

    def __bool__(self) -> bool:
        """Whether there is room for anything in it."""
        return whole(self.since) < whole(self.until)


def merged(gaps: Iterable[Gap]) -> list[Gap]:
    """The same, ascending as they are, with those that touch made one."""
    found: list[Gap] = []
    for each in gaps:
        if found and found[-1].until == each.since:
            found[-1] = Gap(found[-1].since, each.until)
        else:
            found.append(each)
    return found


def whole(bound: Bound) -> bytes:
    """With the zeros that were left out."""
    return bound.ljust(PLACE_BYTES, b"\0")


def place(time: int, record_id: RecordId) -> Place:
    """`time`: Unix seconds, or whatever the two agree to count in."""
    assert 0 <= time < 2**64 - 1
    assert len(record_id) == ID_BYTES
    return Place(time.to_bytes(TIME_BYTES, "big") + record_id)


def time_of(bound: Bound | Place) -> int:
    return int.from_bytes(bound[:TIME_BYTES], "big")


def id_of(place: Place) -> RecordId:
    return RecordId(bytes(place[TIME_BYTES:]))


def between(last: Place, first: Place) -> Bound:
    """The shortest bound with `last` on its left and `first`, the next, on its right."""
    differ = int.from_bytes(last, "big") ^ int.from_bytes(first, "big")
    common = PLACE_BYTES - (differ.bit_length() + 7) // 8
    return Bound(first[: max(TIME_BYTES, common + 1)])


def written(bound: Bound, before: Bound) -> bytes:
    """As it stands in a message after `before`: its time is counted from there."""
    if bound == END:
        return b"\0\0"
    part = bound[TIME_BYTES:]
    return varint(1 + time_of(bound) - time_of(before)) + bytes([len(part)]) + part


def varint(number: int) -> bytes:
    """Seven bits in a byte, the highest first; the high bit says that another byte follows."""
    written = bytearray([number & 127])
    while number := number >> 7:
        written.append(128 | number & 127)
    written.reverse()
    return bytes(written)


class Scroll:
    """The bytes of a message, read from its beginning on."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._time = 0
        """Of the bound before, from which the next one is counted."""
        self._bound = START

    @property
    def is_end(self) -> bool:
        return self._at == len(self._data)

    def take(self, size: int) -> bytes:
        found = self._data[self._at : self._at + size]
        if len(found) < size:
            raise NotOfReconciliation(why="it ends early")
        self._at += size
        return found

    def varint(self) -> int:
        number = 0
        for at in range(VARINT_BYTES_MAX):
            (byte,) = self.take(1)
            if byte == 128 and not at:
                raise NotOfReconciliation(why="a number with more bytes than it needs")
            number = number << 7 | byte & 127
            if byte < 128:
                break
        else:
            raise NotOfReconciliation(why=f"a number of more than {VARINT_BYTES_MAX} bytes")
        if number >= 2**64:
            raise NotOfReconciliation(why="a number of more than 64 bits")
        return number

    def bound(self) -> Bound:
        """The next bound, which is not below the one before."""
        found = self._any_bound()
        if found.ljust(PLACE_BYTES, b"\0") < self._bound.ljust(PLACE_BYTES, b"\0"):
            raise NotOfReconciliation(why="a bound below the one before")
        self._bound = found
        return found

    def _any_bound(self) -> Bound:
        step = self.varint()
        size = self.varint()
        if size > ID_BYTES:
            raise NotOfReconciliation(why=f"a bound with {size} bytes of an id")
        part = self.take(size)
        if step == 0:
            if part:
                raise NotOfReconciliation(why="an end that has an id")
            return END
        if self._bound == END:
            raise NotOfReconciliation(why="a bound after the end")
        self._time += step - 1
        if self._time >= 2**64 - 1:
            raise NotOfReconciliation(why="a bound later than there is time")
        return Bound(self._time.to_bytes(TIME_BYTES, "big") + part)
