"""How near people are to me: what they may send, and what room it takes, falls with distance.

Known people are asked for in the database, so that who was named a moment ago is known now. Who
is further off is looked for along vouches, all at once, and remembered.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import endorsement
from goodword.protocol.limits import MINUTE
from goodword.protocol.record import Record
from goodword.storage import acquaintances, people
from goodword.storage.database import Database, Transaction

from .clock import Clock
from .paths import paths

REFRESH_SECONDS: Final = 10 * MINUTE
"""Between two looks, where nothing happens: vouches expire, and petnames are taken back."""

PACE_SECONDS: Final = 10
"""Between two looks because others vouch: a look takes 10 ms, and a friend of a friend can vouch
without end. What I say myself counts at once."""

KNOWN_MAX: Final = 10_000
"""People whom I know and who are remembered; 2 MB. The others are asked for one by one."""


class Distance(IntEnum):
    """In steps; the larger, the further."""

    ME = 0
    KNOWN = 1
    """Somebody whom I named, vouch for or answered in an order; a host of mine or a guest."""
    TWO_STEPS = 2
    """Vouched for by somebody whom I vouch for."""
    THREE_STEPS = 3
    STRANGER = 4

    @property
    def is_near(self) -> bool:
        return self is not Distance.STRANGER


class Nearness:
    def __init__(self, database: Database, me: PublicKey, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._near: dict[PublicKey, Distance] = {me: Distance.ME}
        self._looked_at: int | None = None
        """Unix seconds; None before the first look, and after a word of mine."""
        self._is_stale = False
        """Somebody near has vouched, or taken a vouch back."""
        self.me = me
        self.looks = 0
        """How often all was looked for anew: what was added up over those near is old then."""

    def of(self, db: Transaction, person: PublicKey) -> Distance:
        """How near `person` is."""
        found = self.glance(person)
        if found is Distance.STRANGER and acquaintances.knows(db, self.me, person):
            found = self._near[person] = Distance.KNOWN
            self.looks += 1
        return found

    def glance(self, person: PublicKey) -> Distance:
        """As `of` said last, without a look: whom I know since then may still seem a stranger."""
        return self._near.get(person, Distance.STRANGER)

    def near(self) -> Iterator[PublicKey]:
        """Everybody who is no stranger, as of the last look; me too."""
        return iter(self._near)

    def is_stranger(self, person: PublicKey) -> bool:
        with self._database.reading() as db:
            return self.of(db, person) is Distance.STRANGER

    def of_device(self, peer: bytes) -> Distance:
        """The distance of the nearest of those who say that the device `peer` is theirs."""
        with self._database.reading() as db:
            now = self._clock()
            claims = people.at_peer(db, peer, now)
            if not claims:  # the most who flood us: they must cost little
                return Distance.STRANGER
            if acquaintances.knows_device(db, self.me, peer, now):
                return Distance.KNOWN
            self.look(db)
            return min(self.of(db, each) for each in claims)

    def look(self, db: Transaction) -> None:
        """Look for everybody anew, where it is time to: at the beginning of each transaction."""
        now = self._clock()
        if self._looked_at is not None:
            wait = PACE_SECONDS if self._is_stale else REFRESH_SECONDS
            if 0 <= now - self._looked_at < wait:
                return
        blocked = set(people.blocked(db))
        near = {
            person: Distance(path.steps)
            for person, path in paths(db, self.me, now).items()
            if path.steps > Distance.KNOWN and person not in blocked
        }
        near |= dict.fromkeys(acquaintances.everybody(db, self.me, KNOWN_MAX), Distance.KNOWN)
        self._near = {**near, self.me: Distance.ME}
        self._looked_at, self._is_stale = now, False
        self.looks += 1

    def hurry(self) -> None:
        """Look at the next transaction, if one near has vouched: much comes now, and needs to know.

        Each look takes 10 ms: not for what others can bring whenever they like.
        """
        if self._is_stale:
            self._looked_at = None

    def note(self, record: Record) -> None:
        """A record that was let in: who vouches may bring people near, or let them go."""
        if record.kind != endorsement.KIND:
            return
        if record.author == self.me:
            self._looked_at = None
        elif self.glance(record.author) < Distance.THREE_STEPS:
            self._is_stale = True
