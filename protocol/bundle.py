"""A bundle: public records in one file, which carries them where no line does.

    magic 16 | version 4 | then each record: length 4, its bytes | 0, in 4 | count 8 | SHA-256 32

Rule 1: the file proves nothing: each record of it comes to the door as any other does.
Rule 2: neither who writes nor who reads one holds more of it than a batch.
Rule 3: that it was cut off or damaged is told, with the place; what stood before it counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from .errors import DamagedBundle, NewerBundle, NotABundle
from .limits import PAGE_BYTES_MAX, RECORD_BYTES_MAX

MAGIC: Final = b"goodword/bundle\0"
VERSION: Final = 1
LENGTH_BYTES: Final = 4
COUNT_BYTES: Final = 8
OTHER_PIECES: Final = 2
"""Of those that `write` makes: the header and the end mark. Each of the others is a record."""
BATCH_RECORDS: Final = 64
"""A batch is let in as a whole: some 12 ms, in which nobody else is answered."""

Take = Callable[[int], bytes]
"""The next bytes of a file, so many; fewer only where it ends."""


def write(records: Iterable[bytes]) -> Iterator[bytes]:
    """The file that holds `records` (2.1), in this order, piece by piece."""
    # SPEC 5.8: "magic is the 15 letters `goodword/bundle` and a zero byte"
    header = MAGIC + _integer(VERSION, LENGTH_BYTES)
    file_hash = hashlib.sha256(header)
    yield header
    count = 0
    for record in records:
        assert 0 < len(record) <= RECORD_BYTES_MAX, "the door lets no other in"
        piece = _integer(len(record), LENGTH_BYTES) + record
        file_hash.update(piece)
        count += 1
        yield piece
    end = _integer(0, LENGTH_BYTES) + _integer(count, COUNT_BYTES)
    file_hash.update(end)
    yield end + file_hash.digest()


def read(take: Take) -> Iterator[list[bytes]]:
    """The records of a file, unread, in batches of at most BATCH_RECORDS.

    Raises NotABundle, NewerBundle; or DamagedBundle, after all that stood before the damage.
    """
    source = _Source(take)
    _check_header(source)
    batch: list[bytes] = []
    size = 0
    try:
        for record in _records(source):
            batch.append(record)
            size += len(record)
            if len(batch) == BATCH_RECORDS or size >= PAGE_BYTES_MAX:
                yield batch
                batch, size = [], 0
    except DamagedBundle:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _check_header(source: _Source) -> None:
    try:
        magic = source.take(len(MAGIC))
    except DamagedBundle as damaged:
        raise NotABundle from damaged
    if magic != MAGIC:
        raise NotABundle
    if (version := source.integer(LENGTH_BYTES)) != VERSION:
        raise NewerBundle(version=version)


def _records(source: _Source) -> Iterator[bytes]:
    """Each record, up to the end mark, which is checked. Raises DamagedBundle."""
    count = 0
    while True:
        at = source.at
        length = source.integer(LENGTH_BYTES)
        if length == 0:
            break
        if length > RECORD_BYTES_MAX:
            raise DamagedBundle(at=at, why=f"a record of {length} bytes cannot be")
        yield source.take(length)
        count += 1
    told = source.integer(COUNT_BYTES)
    if told != count:
        raise DamagedBundle(at=at, why=f"{told} records were written, {count} are here")
    expected = source.digest()
    # SPEC 5.8: "the SHA-256 of all bytes before it"
    if source.take(len(expected)) != expected:
        raise DamagedBundle(at=at, why="the checksum of all that stands before does not fit")
    if source.has_more():
        raise DamagedBundle(at=source.at, why="something follows its end")


class _Source:
    """A file from its beginning on, hashed as it is read."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._hash = hashlib.sha256()
        self.at = 0
        """Bytes read so far."""

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes. Raises DamagedBundle where there are fewer."""
        data = self._take(size)
        if len(data) < size:
            raise DamagedBundle(
                at=self.at + len(data), why="the file ends here, before its end mark"
            )
        self._hash.update(data)
        self.at += size
        return data

    def integer(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def digest(self) -> bytes:
        """Of all that was read."""
        return self._hash.digest()

    def has_more(self) -> bool:
        return bool(self._take(1))


def _integer(number: int, size: int) -> bytes:
    return number.to_bytes(size, "big")
