"""Heard: what came new of late, and on which topics it went on: once on each, if it comes again.

Who keeps two scopes that a record is in hears of it on two topics. New it is on the first alone; on
the other it must go on as well, or those who keep only that would not hear. But a replay of what is
old must not set off another round.
"""

from __future__ import annotations

from typing import Final

from goodword.protocol.record import RecordId

HEARD_MAX: Final = 4_096
"""Records, 2 MB: at the pace that strangers may have, those of some minutes."""

HEARD_SECONDS: Final = 120
"""How long after it was new a record may come by another topic: a large mesh takes less."""


class Heard:
    def __init__(self) -> None:
        self._topics: dict[RecordId, tuple[int, set[str]]] = {}
        """Since when it is known, and on which topics it went on; the oldest first."""

    def new(self, record: RecordId, topic: str, now: int) -> None:
        """It is new, and goes on there. `now`: Unix seconds."""
        self._topics[record] = (now, {topic})
        if len(self._topics) > HEARD_MAX:
            del self._topics[next(iter(self._topics))]

    def goes_on(self, record: RecordId, topic: str, now: int) -> bool:
        """Whether it is to go on there, for the first time, though it was known before."""
        if record not in self._topics:
            return False
        since, topics = self._topics[record]
        if now - since > HEARD_SECONDS or topic in topics:
            return False
        topics.add(topic)
        return True
