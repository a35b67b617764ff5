"""What we declined lately, by its id: so that it is not fetched again from each peer who has it."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Final

from goodword.protocol.bounds import Gap, Place, id_of, whole
from goodword.protocol.record import RecordId

IDS_MAX: Final = 100_000
"""20 MB. Beyond, the oldest are forgotten, and asked for again."""

DECLINED_SECONDS: Final = 3_600.0
"""There may be room by then, or the author may be somebody near."""


class Declined:
    """Times are seconds of any clock that never goes back."""

    def __init__(self) -> None:
        self._until: dict[RecordId, tuple[float, Place]] = {}
        """The first to be forgotten comes first."""
        self._places: list[Place] = []
        """Of the same, in order."""

    def add(self, place: Place, now: float) -> None:
        self._forget(id_of(place))
        self._until[id_of(place)] = now + DECLINED_SECONDS, place
        insort(self._places, place)
        if len(self._until) > IDS_MAX:
            self._forget(next(iter(self._until)))

    def has(self, record_id: RecordId, now: float) -> bool:
        until, _ = self._until.get(record_id, (now, None))
        return until > now

    def is_in(self, gap: Gap, now: float) -> bool:
        """Whether anything lies there that we declined."""
        while self._until:
            oldest, (until, _) = next(iter(self._until.items()))
            if until > now:
                break
            self._forget(oldest)
        at = bisect_left(self._places, whole(gap.since))
        return at < len(self._places) and self._places[at] < whole(gap.until)

    def clear(self) -> None:
        """What we decline is decided anew."""
        self._until.clear()
        self._places.clear()

    def _forget(self, record_id: RecordId) -> None:
        if known := self._until.pop(record_id, None):
            _, place = known
            del self._places[bisect_left(self._places, place)]
