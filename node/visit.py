"""A visit: one catch-up with one peer, what has come of it, and when it is enough."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from goodword.protocol.record import RecordId

IDLE_ROUNDS_MAX: Final = 256
"""Messages in a row that bring nothing new, however much they settle: what ten thousand records
take that only we have. The peer fetches those by itself, and the next visit gets further."""

KNOWN_MAX: Final = 8_192
"""Records that come in one catch-up, and are here already. A few pages come twice where others
bring the same meanwhile; who sends what we have again and again is left."""

DECLINED_MAX: Final = 2_048
"""Records fetched in one catch-up that we have no use for, 1 MB. The next goes on behind them."""

WITHHELD_MAX: Final = 512
"""Records told of in one catch-up that do not come. A few are superseded or leave meanwhile."""


CHEAP_MESSAGES: Final = 2
"""Of comparison: 2 KB. So many say that the two agree, or that nothing has changed."""


class Stage(StrEnum):
    WAITS = "waits"
    """For its turn: others are visited."""
    COMPARES = "compares"
    FETCHES = "fetches"
    DONE = "done"
    FAILED = "failed"


class UnderWay(Protocol):
    """What is being fetched."""

    @property
    def left(self) -> int:
        """Records that are still to come, as far as we know."""
        ...


@dataclass(slots=True, kw_only=True)
class Visit:
    peer: str
    began: float
    """Seconds of a clock that never goes back; and so is the end."""
    ended: float | None = None
    pause: float = 0.0
    """Seconds from its end to the next, unless it is in vain: then twice that."""
    stage: Stage = Stage.WAITS
    why: str = ""
    """It failed."""
    new: int = 0
    known: int = 0
    """Records that came, and were here already."""
    size: int = 0
    """Bytes of the records that came."""
    under_way: list[UnderWay] = field(default_factory=list[UnderWay])
    declined: int = 0
    messages: int = 0
    """Of comparison."""
    began_with: tuple[bytes, bytes, bytes] = (b"", b"", b"")
    """The id of the scope, our first message, and what the peer said to it."""
    idle: int = 0
    """Messages in a row without anything new."""
    was_shared: bool = False
    """Some of what we lack is fetched from others: whether all of it came, the next look shows."""
    withheld: set[RecordId] = field(default_factory=set[RecordId])
    """Told of, asked for, and not handed over: another peer may."""

    @contextmanager
    def fetching(self, what: UnderWay) -> Generator[None]:
        """During the block it is under way."""
        self.under_way.append(what)
        try:
            yield
        finally:
            self.under_way.remove(what)

    @property
    def left(self) -> int:
        """Records that the peer has still for us, as far as we know."""
        return sum(each.left for each in self.under_way)

    @property
    def is_over(self) -> bool:
        return self.stage in (Stage.DONE, Stage.FAILED)

    @property
    def was_in_vain(self) -> bool:
        """It took more than to see that all is as it was, and brought nothing."""
        return not self.new and self.messages > CHEAP_MESSAGES

    @property
    def is_enough(self) -> bool:
        return self.declined > DECLINED_MAX or self.known > KNOWN_MAX or self.idle > IDLE_ROUNDS_MAX
