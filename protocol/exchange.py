"""Catch-up, first and simple: ask for what came after a mark, then for the records we lack.

The one who answers keeps no state: the asker remembers the mark. This is the whole of what set
reconciliation will replace (see node/syncer.py, `missing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .codec import decode_message, encode
from .errors import Malformed
from .limits import PAGE_BYTES_MAX, PAGE_IDS_MAX, REVISION_MAX, WANT_IDS_MAX
from .record import RecordId

VERSION: Final = 1
PROTOCOL: Final = "/goodword/sync/1"
ID_BYTES: Final = 32
EPOCH_BYTES: Final = 16
_MESSAGE_BYTES_MAX: Final = PAGE_BYTES_MAX + 64 * 1024
"""A page, and the room of one more record with its framing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskIds:
    """Which public records came to you after `after`? 0 asks for all."""

    epoch: bytes
    """Whose marks `after` counts in; empty at the first meeting."""
    after: int

    def to_bytes(self) -> bytes:
        return encode([VERSION, "ask-ids", self.epoch, self.after])


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """At most PAGE_IDS_MAX ids, in the order in which they came."""

    epoch: bytes
    """Of the answerer's database: another one means that its marks have begun anew."""
    ids: Sequence[RecordId]
    after: int
    """The mark of the last id: ask again from here."""
    is_end: bool

    def to_bytes(self) -> bytes:
        return encode([VERSION, "ids", self.epoch, b"".join(self.ids), self.after, self.is_end])


@dataclass(frozen=True, slots=True, kw_only=True)
class AskRecords:
    """Hand me these, at most WANT_IDS_MAX."""

    ids: Sequence[RecordId]

    def to_bytes(self) -> bytes:
        return encode([VERSION, "ask-records", b"".join(self.ids)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """As many of the asked as fit in PAGE_BYTES_MAX, in the order asked; ask for the rest again."""

    records: Sequence[bytes]

    def to_bytes(self) -> bytes:
        return encode([VERSION, "records", list(self.records)])


Message = AskIds | Ids | AskRecords | Records


def read(data: bytes) -> Message:
    """Raises Malformed, or another Refusal of the codec."""
    match decode_message(data, VERSION, size_max=_MESSAGE_BYTES_MAX):
        case ["ask-ids", bytes() as epoch, int() as after] if len(epoch) in (
            0,
            EPOCH_BYTES,
        ) and _is_mark(after):
            return AskIds(epoch=epoch, after=after)
        case ["ids", bytes() as epoch, bytes() as ids, int() as after, bool() as is_end] if len(
            epoch
        ) == EPOCH_BYTES and _is_mark(after):
            return Ids(epoch=epoch, ids=_ids(ids, PAGE_IDS_MAX), after=after, is_end=is_end)
        case ["ask-records", bytes() as ids]:
            return AskRecords(ids=_ids(ids, WANT_IDS_MAX))
        case ["records", list() as records] if len(records) <= WANT_IDS_MAX:
            return Records(records=[_bytes(each) for each in records])
        case _:
            raise Malformed(why="not a message of catch-up")


def _is_mark(value: int) -> bool:
    return type(value) is int and 0 <= value <= REVISION_MAX


def _ids(joined: bytes, count_max: int) -> list[RecordId]:
    count, rest = divmod(len(joined), ID_BYTES)
    if rest or count > count_max:
        raise Malformed(why=f"{len(joined)} bytes are not up to {count_max} ids of 32 bytes")
    return [RecordId(joined[at : at + ID_BYTES]) for at in range(0, len(joined), ID_BYTES)]


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise Malformed(why="a record must be bytes")
    return value
