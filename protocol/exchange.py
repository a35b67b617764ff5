"""Fetching: ask for the records that reconciliation has found, by their ids or by where they lie.

The one who answers keeps no state between two requests, but the scopes that he was told of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from .bounds import END, PLACE_BYTES, TIME_BYTES, Bound, Gap, whole
from .codec import decode_message, encode
from .errors import Malformed
from .limits import (
    GAPS_MAX,
    KNOWN_LISTINGS_MAX,
    PAGE_BYTES_MAX,
    REVISION_MAX,
    SLOT_BYTES_MAX,
    WANT_IDS_MAX,
)
from .record import RecordId, Slot

VERSION: Final = 1
PROTOCOL: Final = "/goodword/sync/1"
ID_BYTES: Final = 32
SCOPE_ID_BYTES: Final = 32
_MESSAGE_BYTES_MAX: Final = PAGE_BYTES_MAX + 64 * 1024
"""A page, and the room of one more record with its framing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskRecords:
    """Hand me these, at most WANT_IDS_MAX."""

    ids: Sequence[RecordId]

    def to_bytes(self) -> bytes:
        return encode([VERSION, "ask-records", b"".join(self.ids)])


@dataclass(frozen=True, slots=True, kw_only=True)
class AskGaps:
    """Hand me all that lies in these, at most GAPS_MAX, ascending: so none has to be named."""

    scope: bytes
    """The id of what they are gaps in (5.9); empty: of everything."""
    gaps: Sequence[Gap]
    skip: int = 0
    """But for the first so many records: another hands me those."""

    def to_bytes(self) -> bytes:
        gaps = [[each.since, each.until] for each in self.gaps]
        return encode([VERSION, "ask-gaps", self.scope, gaps, self.skip])


@dataclass(frozen=True, slots=True, kw_only=True)
class AskNewer:
    """I have these listings at these revisions: hand me what is newer. At most 256 of them."""

    known: Sequence[tuple[Slot, int]]

    def to_bytes(self) -> bytes:
        return encode([VERSION, "ask-newer", [list(each) for each in self.known]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """As many of the asked as fit in PAGE_BYTES_MAX, in the order asked; ask for the rest again."""

    records: Sequence[bytes]

    def to_bytes(self) -> bytes:
        return encode([VERSION, "records", list(self.records)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What lies in the gaps, in order, up to `settled`: as many as fit in PAGE_BYTES_MAX."""

    records: Sequence[bytes]
    begun: Bound
    """Below it lies what was to be skipped."""
    settled: Bound
    """Nothing that lies in the gaps below it is missing."""
    left: int
    """How many records lie in the gaps above."""

    def to_bytes(self) -> bytes:
        return encode([VERSION, "filling", list(self.records), self.begun, self.settled, self.left])


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownScope:
    """I was not told of this scope, or have forgotten it: compare once more, and tell me."""

    def to_bytes(self) -> bytes:
        return encode([VERSION, "unknown-scope"])


Question = AskRecords | AskGaps | AskNewer
Answer = Records | Filling | UnknownScope
Message = Question | Answer


def read(data: bytes) -> Message:
    """Raises Malformed, or another Refusal of the codec."""
    match decode_message(data, VERSION, size_max=_MESSAGE_BYTES_MAX):
        case ["ask-records", bytes() as ids]:
            return AskRecords(ids=_ids(ids))
        case ["ask-gaps", bytes() as scope, list() as gaps, int() as skip] if len(scope) in (
            0,
            SCOPE_ID_BYTES,
        ):
            return AskGaps(scope=scope, gaps=_gaps(gaps), skip=_count(skip))
        case ["ask-newer", list() as known] if len(known) <= KNOWN_LISTINGS_MAX:
            return AskNewer(known=[_known(each) for each in known])
        case ["records", list() as records] if len(records) <= WANT_IDS_MAX:
            return Records(records=[_bytes(each) for each in records])
        case [
            "filling",
            list() as records,
            bytes() as begun,
            bytes() as settled,
            int() as left,
        ] if len(records) <= WANT_IDS_MAX:
            return Filling(
                records=[_bytes(each) for each in records],
                begun=_bound(begun),
                settled=_bound(settled),
                left=_count(left),
            )
        case ["unknown-scope"]:
            return UnknownScope()
        case _:
            raise Malformed(why="not a message of catch-up")


def _ids(joined: bytes) -> list[RecordId]:
    count, rest = divmod(len(joined), ID_BYTES)
    if rest or count > WANT_IDS_MAX:
        raise Malformed(why=f"{len(joined)} bytes are not up to {WANT_IDS_MAX} ids of 32 bytes")
    return [RecordId(joined[at : at + ID_BYTES]) for at in range(0, len(joined), ID_BYTES)]


def _gaps(values: Sequence[object]) -> list[Gap]:
    if not 1 <= len(values) <= GAPS_MAX:
        raise Malformed(why=f"{len(values)} gaps, 1 to {GAPS_MAX} are allowed")
    gaps: list[Gap] = []
    for value in values:
        match value:
            case [bytes() as since, bytes() as until]:
                gaps.append(Gap(_bound(since), _bound(until)))
            case _:
                raise Malformed(why="a gap must be two bounds")
    # SPEC 5.4: "Each ends above its beginning, and not above the beginning of the next"
    is_in_order = all(whole(one.until) <= whole(other.since) for one, other in pairwise(gaps))
    if not is_in_order or not all(gaps):
        raise Malformed(why="gaps must be in order, and apart")
    return gaps


def _bound(value: bytes) -> Bound:
    if not TIME_BYTES <= len(value) <= PLACE_BYTES or (value > END):
        raise Malformed(why=f"a bound has {TIME_BYTES} to {PLACE_BYTES} bytes, the end 8")
    return Bound(value)


def _known(value: object) -> tuple[Slot, int]:
    match value:
        case [bytes() as slot, int() as revision] if type(revision) is int:
            if len(slot) <= SLOT_BYTES_MAX and 0 <= revision <= REVISION_MAX:
                return Slot(slot), revision
        case _:
            pass
    raise Malformed(why="expected a slot and a revision")


def _count(value: int) -> int:
    if type(value) is not int or not 0 <= value <= REVISION_MAX:
        raise Malformed(why="expected a number of records")
    return value


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise Malformed(why="a record must be bytes")
    return value
