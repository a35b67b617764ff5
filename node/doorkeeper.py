"""Who may hand us a letter: strangers work for it, and who is not known not too often.

Rule 1: nothing of a letter is decrypted before it has passed here.
"""

from __future__ import annotations

from goodword.protocol import work
from goodword.protocol.errors import LetterQuota, NeedsWork
from goodword.protocol.letter import Envelope

from .clock import Clock
from .nearness import Distance, Nearness
from .pace import Pace
from .quotas import QUOTAS
from .roads import peer_bytes


class Doorkeeper:
    def __init__(self, nearness: Nearness, clock: Clock) -> None:
        self._nearness = nearness
        self._pace = Pace(clock)

    def knows(self, peer: str) -> bool:
        """Whether somebody whom we know says that `peer` is hers."""
        return self._nearness.of_device(peer_bytes(peer)) <= Distance.KNOWN

    def check(self, peer: str, envelope: Envelope) -> None:
        """Raises NeedsWork or LetterQuota where one whom I do not know asks too much."""
        near = self._nearness.of_device(peer_bytes(peer))
        if near <= Distance.KNOWN:
            return
        # SPEC 5.2: "It is checked before anything is decrypted"
        if near is Distance.STRANGER and not work.is_enough(
            envelope.to, envelope.sealed, envelope.work
        ):
            raise NeedsWork
        if self._pace.add(peer) > QUOTAS[near].letters_a_minute:
            raise LetterQuota
