"""Gossip: cry our own new records out, a few in one message; hear those of others.

Gossip is a hint: about three seconds of history, losses never repaired. What must arrive also
travels by catch-up (syncer) and by letters (postman).
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from typing import Final

import trio

from goodword.crypto.keys import PublicKey
from goodword.protocol.errors import Refusal
from goodword.protocol.gossip import TOPIC, pack, unpack
from goodword.protocol.kinds import KINDS
from goodword.protocol.record import Record, parse

from .clock import Clock
from .intake import Came, Intake
from .nearness import Distance
from .pace import Pace
from .quotas import STRANGER_RECORDS_A_MINUTE_MAX
from .transport import PeerUnreachable, Transport

MESSAGES_MAX: Final = 16
PACE_SECONDS: Final = 0.05
"""No more than so many messages in so much time: py-libp2p keeps 32 unsent ones for a peer and
drops the rest (R5). A record that comes alone goes at once; what comes in a burst together."""

UNCRIED_MAX: Final = 10_000
"""Records waiting to be cried. A large import is over this; catch-up brings the rest."""

log = logging.getLogger(__name__)


class Crier:
    def __init__(self, transport: Transport, intake: Intake, me: PublicKey, clock: Clock) -> None:
        self._transport = transport
        self._intake = intake
        self._pace = Pace(clock)
        self._me = me
        self._uncried: deque[bytes] = deque(maxlen=UNCRIED_MAX)
        self._is_something = trio.Event()
        self._cried_at = deque([float("-inf")] * MESSAGES_MAX, maxlen=MESSAGES_MAX)
        """trio's clock, for the last messages, the oldest first."""
        transport.join(TOPIC, self.hear)
        intake.on_new(self._note)

    def hear(self, peer: str, message: bytes) -> bool:
        """Admit what `peer` forwards; whether the message is worth forwarding further.

        Forwarded is exactly what we keep: a message of which we refuse any record goes no
        further, and where the refusal shows a fault it counts against the forwarder, who
        should have refused it himself.
        """
        try:
            batch = unpack(message)
        except Refusal as refusal:
            self._transport.mark(peer, refusal.code)
            return False
        if not (let_in := self._within_pace(peer, batch)):
            return False
        outcomes = self._intake.admit_public(let_in)
        refusals = [each for each in outcomes if isinstance(each, Refusal)]
        if fault := next((each for each in refusals if each.is_fault), None):
            self._transport.mark(peer, fault.code)
        is_whole = len(let_in) == len(batch) and not refusals
        return is_whole and Came.NEW in outcomes

    def _within_pace(self, peer: str, batch: Sequence[bytes]) -> Sequence[bytes]:
        """All of `batch`; without strangers' records, where `peer` has brought too many of them.

        No fault of his: he may be near to them.
        """
        nearness = self._intake.nearness
        authors = [_author(data) for data in batch]
        strangers = {
            each for each in authors if each and nearness.glance(each) is Distance.STRANGER
        }
        number = sum(each in strangers for each in authors)
        if not number or self._pace.add(peer, number) <= STRANGER_RECORDS_A_MINUTE_MAX:
            return batch
        known = {each for each in strangers if not nearness.is_stranger(each)}
        return [
            data
            for data, author in zip(batch, authors, strict=True)
            if author in known or author not in strangers
        ]

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        task_status.started()
        while True:
            await self._is_something.wait()
            self._is_something = trio.Event()
            while self._uncried:
                not_before = self._cried_at[0] + PACE_SECONDS
                if not_before > trio.current_time():
                    await trio.sleep_until(not_before)
                self._cried_at.append(trio.current_time())
                await self._gossip(self._next_message())

    def _next_message(self) -> bytes:
        """As many of the waiting records as one message holds."""
        message = next(pack(self._uncried))
        for _ in unpack(message):
            self._uncried.popleft()
        return message

    async def _gossip(self, message: bytes) -> None:
        try:
            await self._transport.gossip(TOPIC, message)
        except PeerUnreachable:
            log.debug("not cried: the transport is stopping")

    def _note(self, record: Record) -> None:
        if record.author == self._me and KINDS[record.kind].is_public:
            self._uncried.append(record.to_bytes())
            self._is_something.set()


def _author(data: bytes) -> PublicKey | None:
    """None where it is no record: the door says what is wrong with it."""
    try:
        return parse(data).author
    except Refusal:
        return None
