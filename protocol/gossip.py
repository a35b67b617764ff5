"""A gossip message: a few records in one, so that a burst does not overrun the queues (R5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from .codec import decode, encode
from .errors import Malformed
from .limits import GOSSIP_BYTES_MAX

TOPIC: Final = "/goodword/records/1"
_FRAMING_BYTES: Final = 5
"""The most that a length takes before each record, and the array's own before all."""


def pack(records: Iterable[bytes]) -> Iterator[bytes]:
    """Messages of at most GOSSIP_BYTES_MAX that hold `records`, in order."""
    batch: list[bytes] = []
    size = _FRAMING_BYTES
    for record in records:
        if batch and size + len(record) + _FRAMING_BYTES > GOSSIP_BYTES_MAX:
            yield encode(batch)
            batch, size = [], _FRAMING_BYTES
        batch.append(record)
        size += len(record) + _FRAMING_BYTES
    if batch:
        yield encode(batch)


def unpack(message: bytes) -> list[bytes]:
    """The records of a message, unread. Raises Malformed, or another Refusal of the codec."""
    match decode(message, size_max=GOSSIP_BYTES_MAX):
        case [*records] if records and all(isinstance(each, bytes) for each in records):
            return [each for each in records if isinstance(each, bytes)]
        case _:
            raise Malformed(why="expected a list of records")
