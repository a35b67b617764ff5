"""Tell where we are: a presence record, renewed before it expires and when addresses change."""

from __future__ import annotations

from typing import Final

import trio

from goodword.protocol import presence as presences
from goodword.protocol.limits import ADDRESSES_MAX, DAY, FUTURE_SECONDS_MAX
from goodword.protocol.presence import Presence
from goodword.protocol.record import Slot
from goodword.storage import people
from goodword.storage.database import Database

from .author import Author
from .clock import Clock
from .roads import peer_bytes
from .transport import Transport

LASTS_SECONDS: Final = 7 * DAY
"""A node that was off for a week is asked after elsewhere first."""

RENEW_SECONDS: Final = DAY
"""One small record a day and device; six days of margin."""

LOOK_SECONDS: Final = 60.0
"""Between two looks at our addresses: a laptop that moves is found again within a minute."""


class Herald:
    def __init__(
        self, author: Author, transport: Transport, database: Database, clock: Clock
    ) -> None:
        self._author = author
        self._transport = transport
        self._database = database
        self._clock = clock

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        self.look()
        task_status.started()
        while True:
            await trio.sleep(LOOK_SECONDS)
            self.look()

    def look(self) -> None:
        """Publish where we are, unless what is published says so for long enough."""
        peer = peer_bytes(self._transport.peer_id)
        addresses = tuple(bare(each) for each in self._transport.addresses)[:ADDRESSES_MAX]
        now = self._clock()
        with self._database.reading() as db:
            said = people.presence(db, self._author.public_key, now)
        published = next((each for each in said if each.peer == peer), None)
        if published and published.addresses == addresses and _is_fresh(published, now):
            return
        presence = Presence(peer=peer, addresses=addresses, expires_at=now + LASTS_SECONDS)
        self._author.say(presences.KIND, Slot(peer), presence.to_body())


def _is_fresh(published: Presence, now: int) -> bool:
    """Whether it lasts; and was not said by a clock that ran ahead: others refused that."""
    left = published.expires_at - now
    return LASTS_SECONDS - RENEW_SECONDS < left <= LASTS_SECONDS + FUTURE_SECONDS_MAX


def bare(address: str) -> str:
    """A multiaddr without the peer id at its end."""
    return address.partition("/p2p/")[0]
