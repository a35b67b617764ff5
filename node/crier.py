"""Gossip: cry our own new records out, a few in one message; hear those of others.

Gossip is a hint: about three seconds of history, losses never repaired. What must arrive also
travels by catch-up (syncer) and by letters (postman).
Rule 1: a record is cried on the topic of everything, and on each of its own (SPEC 5.3) that a peer
takes part in. Who keeps everything listens to the one, who keeps a part to those of that part.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import islice
from typing import Final, TypeAlias

import trio

from goodword.crypto.keys import PublicKey
from goodword.protocol import listing, topics
from goodword.protocol.errors import Refusal
from goodword.protocol.gossip import TOPIC, pack, unpack
from goodword.protocol.kinds import KINDS
from goodword.protocol.record import Record, parse
from goodword.storage import excerpt
from goodword.storage.database import Database

from .clock import Clock
from .declared import Kept
from .heard import Heard
from .intake import Came, Intake, Outcome
from .nearness import Distance
from .pace import Pace
from .quotas import STRANGER_RECORDS_A_MINUTE_MAX
from .transport import PeerUnreachable, Transport

MESSAGES_MAX: Final = 16
PACE_SECONDS: Final = 0.05
"""No more than so many messages in so much time: py-libp2p keeps 32 unsent ones for a peer and
drops the rest (R5). A record that comes alone goes at once; what comes in a burst together."""

UNCRIED_MAX: Final = 10_000
"""Records waiting to be cried, each topic counted. A large import is over this; catch-up brings
the rest."""

TOPICS_PEOPLE_MAX: Final = 96
"""People on whose topics we take part, the nearest first: each is told to every peer now and then.
Of the others catch-up tells."""

_Said: TypeAlias = tuple[bytes, Record | None]
"""A record as it came, and read; its signature is not checked yet."""

log = logging.getLogger(__name__)


class Crier:
    def __init__(
        self, transport: Transport, intake: Intake, database: Database, me: PublicKey, clock: Clock
    ) -> None:
        self._transport = transport
        self._intake = intake
        self._clock = clock
        self._pace = Pace(clock)
        self._me = me
        self._uncried: dict[str, deque[bytes]] = {}
        """By topic; never an empty one."""
        self._is_something = trio.Event()
        self._cried_at = deque([float("-inf")] * MESSAGES_MAX, maxlen=MESSAGES_MAX)
        """trio's clock, for the last messages, the oldest first."""
        self._heard = Heard()
        self._topics = frozenset({TOPIC})
        """Where we take part."""
        self._are_others = trio.Event()
        """Topics, from now on."""
        with database.reading() as db:  # who keeps the category that a listing leaves must hear
            self._goods = excerpt.goods_of(db, me)
        transport.open(topics.BEGINNING, topics.TOPIC_CHARS)
        transport.open(TOPIC, len(TOPIC))
        transport.join(TOPIC, self.hear)
        intake.on_new(self._note)

    def follow(self, kept: Kept) -> None:
        """Take part from now on where what is kept is gossiped."""
        wanted = frozenset(_topics(kept))
        if wanted != self._topics:
            self._topics = wanted
            self._are_others.set()

    def hear(self, peer: str, message: bytes, topic: str = TOPIC) -> bool:
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
        if not (let_in := self._within_pace(peer, [(data, _parsed(data)) for data in batch])):
            return False
        outcomes = self._intake.admit_public([data for data, _ in let_in])
        refusals = [each for each in outcomes if isinstance(each, Refusal)]
        if fault := next((each for each in refusals if each.is_fault), None):
            self._transport.mark(peer, fault.code)
        goes_on = self._goes_on(let_in, outcomes, topic)
        return goes_on and len(let_in) == len(batch) and not refusals

    def _goes_on(self, batch: Sequence[_Said], outcomes: Sequence[Outcome], topic: str) -> bool:
        """Whether anything of it is new on this topic. What is new at all we carry to the topics
        of those who have no part in this one."""
        now = self._clock()
        found = False
        for (data, record), outcome in zip(batch, outcomes, strict=True):
            if record is None or isinstance(outcome, Refusal):
                continue
            if outcome is Came.NEW:
                found = True
                self._heard.new(record.id, topic, now)
                if topic == TOPIC and self._transport.has_others():
                    self._cry(data, topics.of_record(record) - self._topics)
            elif topic == TOPIC or topic in topics.of_record(record):
                found |= self._heard.goes_on(record.id, topic, now)
        return found

    def _within_pace(self, peer: str, batch: Sequence[_Said]) -> Sequence[_Said]:
        """All of `batch`; without strangers' records, where `peer` has brought too many of them.

        No fault of his: he may be near to them.
        """
        nearness = self._intake.nearness
        authors = [record and record.author for _, record in batch]
        strangers = {
            each for each in authors if each and nearness.glance(each) is Distance.STRANGER
        }
        number = sum(each in strangers for each in authors)
        if not number or self._pace.add(peer, number) <= STRANGER_RECORDS_A_MINUTE_MAX:
            return batch
        known = {each for each in strangers if not nearness.is_stranger(each)}
        return [
            said
            for said, author in zip(batch, authors, strict=True)
            if author in known or author not in strangers
        ]

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._take_part)
            task_status.started()
            while True:
                await self._is_something.wait()
                self._is_something = trio.Event()
                while self._uncried:
                    not_before = self._cried_at[0] + PACE_SECONDS
                    if not_before > trio.current_time():
                        await trio.sleep_until(not_before)
                    self._cried_at.append(trio.current_time())
                    await self._gossip(*self._next_message())

    async def _take_part(self) -> None:
        while True:
            await self._are_others.wait()
            self._are_others = trio.Event()
            hears = {each: partial(self.hear, topic=each) for each in self._topics}
            try:
                await self._transport.take_part(hears)
            except PeerUnreachable:
                log.debug("no other topics: the transport is stopping")

    def _next_message(self) -> tuple[str, bytes]:
        """As many records that wait for one topic as one message holds. Topics take turns."""
        topic = next(iter(self._uncried))
        waiting = self._uncried.pop(topic)
        message = next(pack(waiting))
        for _ in unpack(message):
            waiting.popleft()
        if waiting:
            self._uncried[topic] = waiting
        return topic, message

    async def _gossip(self, topic: str, message: bytes) -> None:
        try:
            await self._transport.gossip(topic, message)
        except PeerUnreachable:
            log.debug("not cried: the transport is stopping")

    def _note(self, record: Record) -> None:
        if record.author != self._me or not KINDS[record.kind].is_public:
            return
        where = topics.of_record(record) | self._left(record)
        self._cry(record.to_bytes(), where)
        self._put(TOPIC, record.to_bytes())

    def _left(self, record: Record) -> set[str]:
        """Where a listing of mine was cried until now: who hears there learns that it left."""
        if record.kind != listing.KIND:
            return set()
        before = self._goods.pop(record.slot, ((), ""))
        if not record.is_withdrawal:
            said = listing.read(record)
            self._goods[record.slot] = (said.categories, said.region)
        return set(topics.of_goods(*before))

    def _cry(self, data: bytes, where: Iterable[str]) -> None:
        """On those of these topics in which a peer takes part."""
        for topic in sorted(where):
            if self._transport.has_listeners(topic):
                self._put(topic, data)

    def _put(self, topic: str, data: bytes) -> None:
        if sum(map(len, self._uncried.values())) < UNCRIED_MAX:
            self._uncried.setdefault(topic, deque()).append(data)
            self._is_something.set()


def _topics(kept: Kept) -> Iterable[str]:
    """Where what is kept is gossiped."""
    interest = kept.interest
    if interest.is_everything:
        return (TOPIC,)
    return (
        *map(topics.of_person, islice(kept.nearest, TOPICS_PEOPLE_MAX)),
        *map(topics.of_category, interest.categories),
        *map(topics.of_region, interest.regions),
    )


def _parsed(data: bytes) -> Record | None:
    """None where it is no record: the door says what is wrong with it."""
    try:
        return parse(data)
    except Refusal:
        return None
