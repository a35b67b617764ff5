"""What we declined lately, by its id: so that it is not fetched again from each peer who has it."""

from __future__ import annotations

from typing import Final

from goodword.protocol.record import RecordId

IDS_MAX: Final = 100_000
"""14 MB. Beyond, the oldest are forgotten, and asked for again."""

DECLINED_SECONDS: Final = 3_600.0
"""There may be room by then, or the author may be somebody near."""


class Declined:
    """Times are seconds of any clock that never goes back."""

    def __init__(self) -> None:
        self._until: dict[RecordId, float] = {}

    def add(self, record_id: RecordId, now: float) -> None:
        self._until.pop(record_id, None)  # the last to come is the last to go
        self._until[record_id] = now + DECLINED_SECONDS
        if len(self._until) > IDS_MAX:
            del self._until[next(iter(self._until))]

    def has(self, record_id: RecordId, now: float) -> bool:
        return self._until.get(record_id, now) > now
