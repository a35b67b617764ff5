"""Who may hand us a letter: strangers work for it, and not too many at once.

Rule 1: nothing of a letter is decrypted before it has passed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import work
from goodword.protocol.errors import LetterQuota, NeedsWork
from goodword.protocol.letter import Envelope
from goodword.protocol.limits import MINUTE
from goodword.storage import acquaintances
from goodword.storage.database import Database

from .clock import Clock
from .roads import peer_bytes

LETTERS_A_MINUTE_MAX: Final = 32
"""From one unknown peer: an order has a dozen in days. A new peer id costs nothing, but each of
its letters costs work."""

PEERS_MAX: Final = 1_000
"""Unknown peers whose letters we count; 100 KB. Who is forgotten begins anew."""


@dataclass(slots=True)
class _Count:
    since: int
    """Unix seconds."""
    letters: int = 0


class Doorkeeper:
    def __init__(self, database: Database, me: PublicKey, clock: Clock) -> None:
        self._database = database
        self._me = me
        self._clock = clock
        self._counts: dict[str, _Count] = {}

    def knows(self, peer: str) -> bool:
        """Whether somebody whom we know says that `peer` is hers."""
        with self._database.reading() as db:
            return acquaintances.knows_device(db, self._me, peer_bytes(peer), self._clock())

    def check(self, peer: str, envelope: Envelope) -> None:
        """Raises NeedsWork or LetterQuota where a stranger asks too much."""
        if self.knows(peer):
            return
        # SPEC 5.2: "It is checked before anything is decrypted"
        if not work.is_enough(envelope.to, envelope.sealed, envelope.work):
            raise NeedsWork
        if self._count(peer) > LETTERS_A_MINUTE_MAX:
            raise LetterQuota

    def _count(self, peer: str) -> int:
        """How many letters of `peer` came within a minute, with this one."""
        now = self._clock()
        count = self._counts.pop(peer, None)
        if count is None or not 0 <= now - count.since < MINUTE:
            count = _Count(since=now)
        count.letters += 1
        self._counts[peer] = count  # the last is who was heard last
        if len(self._counts) > PEERS_MAX:
            del self._counts[next(iter(self._counts))]
        return count.letters
