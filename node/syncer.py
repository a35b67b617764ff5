"""Catch up with a peer: find what it has and we lack, by reconciliation, and fetch that.

What is not old comes first, and at each visit. What is older than the horizon, up to which
strangers' records had to leave, is swept now and then: most of it we would not take again.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

import trio

from goodword.protocol import exchange, ranges, reconcile
from goodword.protocol.bounds import END, START, TIME_BYTES, Bound
from goodword.protocol.errors import FromTheFuture, Malformed, NeverSettled, Refusal, Withheld
from goodword.protocol.exchange import AskRecords, Records
from goodword.protocol.limits import PAGE_BYTES_MAX, WANT_IDS_MAX
from goodword.protocol.reconcile import Reconciler
from goodword.protocol.record import RecordId, parse
from goodword.storage import meta, records
from goodword.storage.database import Database

from .aside import Aside
from .declined import Declined
from .events import Events
from .intake import Came, Intake
from .transport import RequestFailed, Transport, TransportError
from .turns import Turns

ANSWER_SECONDS: Final = 20.0
"""For one page. A page is 256 KB: at 20 KB/s, a poor phone line, it takes 13 s."""

REPEAT_SECONDS: Final = 30.0
"""Between two catch-ups with the same peer: how long a record that gossip lost stays lost."""

AT_ONCE_MAX: Final = 4
"""Peers to catch up with at the same time."""

VISIT_SECONDS_MAX: Final = 120.0
"""For one catch-up. What is left waits for the next: a peer that is slow, or that never comes to
an end, keeps the others waiting no longer."""

ROUNDS_MAX: Final = 4_096
"""Messages of one comparison. Each settles up to 2,000 records: enough for some millions."""

STILL_ROUNDS_MAX: Final = 64
"""Messages in a row that settle nothing. A range that differs is cut into three parts or more by
each side in turn: of a million records on both, one is alone after 26."""

IDLE_ROUNDS_MAX: Final = 256
"""Messages in a row that bring nothing new, however much they settle: what ten thousand records
take that only we have. The peer fetches those by itself, and the next visit gets further."""

WITHHELD_MAX: Final = 512
"""Records told of in one catch-up that do not come. A few are superseded or leave meanwhile."""

DECLINED_MAX: Final = 2_048
"""Records fetched in one catch-up that we have no use for, 1 MB. The next goes on behind them."""

SWEEP_SECONDS: Final = 24 * 3_600.0
"""Between two sweeps of what is old, with one peer. Who came near meanwhile is heard of then."""

SWEEPS_MAX: Final = 1_000
"""Peers of whom we remember how far we have swept: as many as we remember at all."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Ids that a peer has and we lack."""

    lacking: Sequence[RecordId]
    settled: Bound
    """Below it the two agree, once this page is fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """How far what is old has been compared with a peer."""

    at: Bound = START
    due: float = float("-inf")
    """When to go on; trio's clock."""


@dataclass(slots=True, kw_only=True)
class Visit:
    """What has come of one catch-up so far."""

    peer: str
    new: int = 0
    declined: int = 0
    idle: int = 0
    """Pages in a row without anything new."""
    withheld: set[RecordId] = field(default_factory=set[RecordId])
    """Told of, asked for, and not handed over: another peer may."""

    @property
    def is_enough(self) -> bool:
        return self.declined > DECLINED_MAX or self.idle > IDLE_ROUNDS_MAX


class Syncer:
    def __init__(
        self,
        transport: Transport,
        intake: Intake,
        database: Database,
        aside: Aside,
        events: Events,
    ) -> None:
        self._transport = transport
        self._intake = intake
        self._database = database
        self._aside = aside
        self._events = events
        self._declined = Declined()
        self._turns = Turns()
        self._sweeps: dict[str, Sweep] = {}
        self._room = trio.CapacityLimiter(AT_ONCE_MAX)
        self._following: set[str] = set()
        """With whom we catch up, or are about to: once at a time with each."""
        self._arrived, self._arrivals = trio.open_memory_channel[str](1_024)
        transport.serve(exchange.PROTOCOL, self.answer)
        transport.serve(reconcile.PROTOCOL, self.compare)
        transport.on_peer(self._greet, lambda _: None)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Catch up with each peer when it connects, and every REPEAT_SECONDS with all."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._intake.catalogue.make, self._aside)
            task_status.started()
            nursery.start_soon(self._repeat)
            async for peer in self._arrivals:
                if peer not in self._following:
                    self._following.add(peer)
                    nursery.start_soon(self._follow, peer)

    async def catch_up(self, peer: str) -> int:
        """Fetch what `peer` has and we lack; how many records were new.

        Raises:
            TransportError: the peer went away, or did not answer in time.
            Refusal: it does not speak the protocol, or tells of what it does not give.
        """
        with self._database.reading() as db:
            _, horizon = meta.hand(db)
        recent = Bound((horizon + 1).to_bytes(TIME_BYTES, "big")) if horizon else START
        visit = Visit(peer=peer)
        async with aclosing(self.missing(peer, recent)) as pages:
            async for page in pages:
                await self._take(visit, page)
                if visit.is_enough:
                    return visit.new
        if recent != START:
            await self._sweep(visit, recent)
        return visit.new

    async def missing(
        self, peer: str, since: Bound = START, until: Bound = END
    ) -> AsyncGenerator[Page]:
        """Pages of what `peer` has and we lack, and did not decline lately."""
        ours = Reconciler(storage=await self._intake.catalogue.ready(), is_client=True)
        message = ours.initiate(since, until)
        settled, still = since, 0
        for _ in range(ROUNDS_MAX):
            told = await self._request(peer, reconcile.PROTOCOL, message)
            async with self._turns.of(peer):
                answer = ours.handle(told)
            before, settled = settled, until
            if answer.message is not None:
                message, settled = answer.message, ranges.settled(answer.message)
            still = still + 1 if settled == before else 0
            if still > STILL_ROUNDS_MAX:
                raise NeverSettled(rounds=still)
            yield Page(lacking=self._lacking(answer.need), settled=settled)
            if settled >= until:
                return

    async def compare(self, peer: str, request: bytes) -> bytes:
        """What to say to a message of reconciliation. Keeps no state between two."""
        ours = Reconciler(storage=await self._intake.catalogue.ready(), is_client=False)
        try:
            async with self._turns.of(peer):  # up to half a second: a few at once would stop us
                answer = ours.handle(request)
        except Refusal as refusal:
            raise self._refused(peer, refusal) from refusal
        assert answer.message is not None, "a server always has an answer"
        return answer.message

    async def answer(self, peer: str, request: bytes) -> bytes:
        """The records that a peer asks for. Keeps no state between two requests."""
        try:
            match exchange.read(request):
                case AskRecords(ids=ids):
                    return self._records(ids).to_bytes()
                case Records():
                    raise Malformed(why="an answer where a question was due")
        except Refusal as refusal:
            raise self._refused(peer, refusal) from refusal

    def _refused(self, peer: str, refusal: Refusal) -> RequestFailed:
        self._transport.mark(peer, refusal.code)
        return RequestFailed(str(refusal))

    def _records(self, ids: Sequence[RecordId]) -> Records:
        page: list[bytes] = []
        size = 0
        with self._database.reading() as db:
            for each in ids:
                data = records.public_bytes(db, each)
                if data is None:
                    continue  # never had it, or it is not for everybody
                size += len(data)
                if page and size > PAGE_BYTES_MAX:
                    break
                page.append(data)
        return Records(records=page)

    def _lacking(self, told: Sequence[RecordId]) -> list[RecordId]:
        now = trio.current_time()
        with self._database.reading() as db:
            lacking = records.lacking(db, told)
        return [each for each in lacking if not self._declined.has(each, now)]

    async def _sweep(self, visit: Visit, until: Bound) -> None:
        """Go on comparing what is old, until we have fetched enough in vain."""
        peer = visit.peer
        sweep = self._sweeps.pop(peer, Sweep())
        self._sweeps[peer] = sweep  # the last to come is the last to be forgotten
        if len(self._sweeps) > SWEEPS_MAX:
            del self._sweeps[next(iter(self._sweeps))]
        if trio.current_time() < sweep.due:
            return
        async with aclosing(self.missing(peer, sweep.at, until)) as pages:
            async for page in pages:
                await self._take(visit, page)
                if visit.is_enough:
                    return  # of this page the rest is still to come
                self._sweeps[peer] = Sweep(at=page.settled)
        self._sweeps[peer] = Sweep(due=trio.current_time() + SWEEP_SECONDS)

    async def _take(self, visit: Visit, page: Page) -> None:
        """Fetch what is lacking. Raises Withheld where too much of it does not come."""
        before = visit.new
        for start in range(0, len(page.lacking), WANT_IDS_MAX):
            if visit.is_enough:
                return
            asked = page.lacking[start : start + WANT_IDS_MAX]
            refused = await self._fetch(visit, asked)
            with self._database.reading() as db:
                left = records.lacking(db, asked)
            visit.withheld.update(each for each in left if each not in refused)
            if len(visit.withheld) > WITHHELD_MAX:
                raise Withheld(count=len(visit.withheld))
        visit.idle = 0 if visit.new > before else visit.idle + 1

    async def _fetch(self, visit: Visit, ids: Sequence[RecordId]) -> set[RecordId]:
        """Ask for `ids` page by page; each page is admitted before the next is asked for. Which
        of them were refused."""
        left = list(ids)
        refused: set[RecordId] = set()
        while left:
            request = AskRecords(ids=left).to_bytes()
            page = exchange.read(await self._request(visit.peer, exchange.PROTOCOL, request))
            if not isinstance(page, Records):
                raise Malformed(why="asked for records, got something else")
            if not page.records:
                break  # superseded meanwhile: the next catch-up brings what replaced them
            outcomes = self._intake.admit_public(page.records)
            visit.new += outcomes.count(Came.NEW)
            for data, outcome in zip(page.records, outcomes, strict=True):
                if isinstance(outcome, Refusal):
                    refused |= self._decline(visit, data, outcome)
            left = left[len(page.records) :]
            await trio.lowlevel.checkpoint()  # a long catch-up must not starve the others
        return refused

    def _decline(self, visit: Visit, data: bytes, why: Refusal) -> set[RecordId]:
        """Take note of what was refused, if it is a record at all; its id."""
        visit.declined += 1
        if why.is_fault:
            self._transport.mark(visit.peer, why.code)
        try:
            declined = parse(data).id
        except Refusal:
            return set()
        # What was refused for our clock's sake is asked for again: it may be ours that is wrong.
        if not isinstance(why, FromTheFuture):
            self._declined.add(declined, trio.current_time())
        return {declined}

    async def _request(self, peer: str, protocol: str, message: bytes) -> bytes:
        try:
            with trio.fail_after(ANSWER_SECONDS):
                return await self._transport.request(peer, protocol, message)
        except trio.TooSlowError as error:
            raise RequestFailed(f"{peer} did not answer within {ANSWER_SECONDS:.0f} s") from error

    async def _repeat(self) -> None:
        while True:
            await trio.sleep(REPEAT_SECONDS)
            for peer in self._transport.peers():
                self._greet(peer)

    async def _follow(self, peer: str) -> None:
        try:
            async with self._room:
                with trio.fail_after(VISIT_SECONDS_MAX):
                    new = await self.catch_up(peer)
        except (TransportError, trio.TooSlowError) as error:
            log.info("catch-up with %s ended early: %r", peer, error)
        except Refusal as refusal:
            log.info("catch-up with %s ended early: %s", peer, refusal)
            if refusal.is_fault:
                self._transport.mark(peer, refusal.code)
        else:
            self._events.tell("caught_up", peer=peer, new=new)
        finally:
            self._following.discard(peer)

    def _greet(self, peer: str) -> None:
        try:
            self._arrived.send_nowait(peer)
        except trio.WouldBlock:
            log.warning("no catch-up with %s now: too many peers came at once", peer)
