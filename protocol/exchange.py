"""Fetching: ask for the records whose ids reconciliation has found.

The one who answers keeps no state between two requests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .codec import decode_message, encode
from .errors import Malformed
from .limits import PAGE_BYTES_MAX, WANT_IDS_MAX
from .record import RecordId

VERSION: Final = 1
PROTOCOL: Final = "/goodword/sync/1"
ID_BYTES: Final = 32
_MESSAGE_BYTES_MAX: Final = PAGE_BYTES_MAX + 64 * 1024
"""A page, and the room of one more record with its framing."""


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


Message = AskRecords | Records


def read(data: bytes) -> Message:
    """Raises Malformed, or another Refusal of the codec."""
    match decode_message(data, VERSION, size_max=_MESSAGE_BYTES_MAX):
        case ["ask-records", bytes() as ids]:
            return AskRecords(ids=_ids(ids))
        case ["records", list() as records] if len(records) <= WANT_IDS_MAX:
            return Records(records=[_bytes(each) for each in records])
        case _:
            raise Malformed(why="not a message of catch-up")


def _ids(joined: bytes) -> list[RecordId]:
    count, rest = divmod(len(joined), ID_BYTES)
    if rest or count > WANT_IDS_MAX:
        raise Malformed(why=f"{len(joined)} bytes are not up to {WANT_IDS_MAX} ids of 32 bytes")
    return [RecordId(joined[at : at + ID_BYTES]) for at in range(0, len(joined), ID_BYTES)]


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise Malformed(why="a record must be bytes")
    return value
