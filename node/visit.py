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

REPEAT_SECONDS: Final = 30.0
"""From one visit to a peer to the next, where it has brought something."""

FIRST_PAUSE_SECONDS: Final = REPEAT_SECONDS / 2
"""Said to lie before the first, so that after it the pause is REPEAT_SECONDS in any case."""

LOOK_MESSAGES: Final = 2
"""Of comparison: 2 KB. So many say that the two agree, or that nothing has changed."""

LOOK_SECONDS_MAX: Final = 4 * REPEAT_SECONDS
"""To the next where these were all, doubling: how long a record that gossip lost stays lost."""

IN_VAIN_SECONDS_MAX: Final = 16 * REPEAT_SECONDS
"""The same where it took more and brought nothing: two who keep parts of the market never agree on
all, and each comparison tells all on which they do not."""


def next_pause(pause: float, *, messages: int, is_new: bool) -> float:
    """Seconds from the end of a visit to the next, where from the one before it to this was
    `pause`; of this so many messages of comparison were said, and it brought something, or not."""
    if is_new:
        return REPEAT_SECONDS
    most = LOOK_SECONDS_MAX if messages <= LOOK_MESSAGES else IN_VAIN_SECONDS_MAX
    return min(2 * pause, most)


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
    pause: float = FIRST_PAUSE_SECONDS
    """Seconds from the end of the one before."""
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
    def next_pause(self) -> float:
        """Seconds from its end to the next."""
        return next_pause(self.pause, messages=self.messages, is_new=self.new > 0)

    @property
    def is_enough(self) -> bool:
        return self.declined > DECLINED_MAX or self.known > KNOWN_MAX or self.idle > IDLE_ROUNDS_MAX
