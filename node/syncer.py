"""Catch up with a peer: what came to it since we last asked, record by record.

`missing` is the one seam: set reconciliation will take its place, the rest stays.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

import trio

from goodword.protocol import exchange
from goodword.protocol.errors import FromTheFuture, Malformed, Refusal
from goodword.protocol.exchange import AskIds, AskRecords, Ids, Message, Records
from goodword.protocol.limits import PAGE_BYTES_MAX, PAGE_IDS_MAX, WANT_IDS_MAX
from goodword.protocol.record import RecordId
from goodword.storage import meta, peers, records
from goodword.storage.database import Database

from .events import Events
from .intake import Came, Intake, Outcome
from .transport import RequestFailed, Transport, TransportError

ANSWER_SECONDS: Final = 20.0
"""For one page. A page is 256 KB: at 20 KB/s, a poor phone line, it takes 13 s."""

REPEAT_SECONDS: Final = 30.0
"""Between two catch-ups with the same peer: how long a record that gossip lost stays lost."""

AT_ONCE_MAX: Final = 4
"""Peers to catch up with at the same time."""

VISIT_SECONDS_MAX: Final = 120.0
"""For one catch-up. What is left waits for the next: a peer that is slow, or that never comes to
an end, keeps the others waiting no longer."""

IDLE_PAGES_MAX: Final = 64
"""Pages of one catch-up that may bring nothing new: a quarter of a million ids that we have."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Ids that a peer has and we lack, and how far we have caught up with it after them."""

    lacking: Sequence[RecordId]
    epoch: bytes
    mark: int


class Syncer:
    def __init__(
        self, transport: Transport, intake: Intake, database: Database, events: Events
    ) -> None:
        self._transport = transport
        self._intake = intake
        self._database = database
        self._events = events
        self._room = trio.CapacityLimiter(AT_ONCE_MAX)
        self._following: set[str] = set()
        """With whom we catch up, or are about to: once at a time with each."""
        self._arrived, self._arrivals = trio.open_memory_channel[str](1_024)
        transport.serve(exchange.PROTOCOL, self.answer)
        transport.on_peer(self._greet, lambda _: None)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Catch up with each peer when it connects, and every REPEAT_SECONDS with all."""
        async with trio.open_nursery() as nursery:
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
            Malformed: it does not speak the protocol.
        """
        new = idle = 0
        is_whole = True
        async with aclosing(self.missing(peer)) as pages:
            async for page in pages:
                outcomes: list[Outcome] = []
                for start in range(0, len(page.lacking), WANT_IDS_MAX):
                    outcomes += await self._fetch(peer, page.lacking[start : start + WANT_IDS_MAX])
                new += outcomes.count(Came.NEW)
                # What was refused for our clock's sake is asked for again: it may be ours that
                # is wrong, and a mark above it would pass over it for ever.
                is_whole = is_whole and not any(
                    isinstance(each, FromTheFuture) for each in outcomes
                )
                if is_whole:
                    self._note(peer, page)
                idle += Came.NEW not in outcomes
                if idle > IDLE_PAGES_MAX:
                    break
        return new

    async def missing(self, peer: str) -> AsyncGenerator[Page]:
        """Pages of what `peer` has and we lack. The caller notes the mark of what it has got."""
        with self._database.reading() as db:
            epoch, mark = peers.mark(db, peer)
        is_first = True
        while True:
            page = await self._ask(peer, AskIds(epoch=epoch, after=mark))
            if not isinstance(page, Ids):
                raise Malformed(why="asked for ids, got something else")
            if page.epoch != epoch and is_first:
                epoch, mark = page.epoch, 0
            if page.epoch != epoch or (not page.is_end and page.after <= mark):
                raise Malformed(why="a page that leads nowhere")
            is_first, mark = False, page.after
            with self._database.reading() as db:
                lacking = records.lacking(db, page.ids)
            yield Page(lacking=lacking, epoch=epoch, mark=mark)
            if page.is_end:
                return

    async def answer(self, peer: str, request: bytes) -> bytes:
        """What a peer asks of us. Keeps no state between two requests."""
        try:
            match exchange.read(request):
                case AskIds(epoch=epoch, after=after):
                    return self._ids(epoch, after).to_bytes()
                case AskRecords(ids=ids):
                    return self._records(ids).to_bytes()
                case Ids() | Records():
                    raise Malformed(why="an answer where a question was due")
        except Refusal as refusal:
            self._transport.mark(peer, refusal.code)
            raise RequestFailed(str(refusal)) from refusal

    def _ids(self, epoch: bytes, after: int) -> Ids:
        with self._database.reading() as db:
            ours = meta.epoch(db)
            start = after if epoch == ours else 0
            found = records.offered(db, start, PAGE_IDS_MAX)
        return Ids(
            epoch=ours,
            ids=[each for _, each in found],
            after=found[-1][0] if found else start,
            is_end=len(found) < PAGE_IDS_MAX,
        )

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

    def _note(self, peer: str, page: Page) -> None:
        with self._database.transaction(is_promise=False) as db:
            peers.set_mark(db, peer, page.epoch, page.mark)

    async def _fetch(self, peer: str, ids: Sequence[RecordId]) -> list[Outcome]:
        """Ask for `ids` page by page; each page is admitted before the next is asked for."""
        left = list(ids)
        came: list[Outcome] = []
        while left:
            page = await self._ask(peer, AskRecords(ids=left))
            if not isinstance(page, Records):
                raise Malformed(why="asked for records, got something else")
            if not page.records:
                break  # superseded meanwhile: the next catch-up brings what replaced them
            outcomes = self._intake.admit_public(page.records)
            for outcome in outcomes:
                if isinstance(outcome, Refusal) and outcome.is_fault:
                    self._transport.mark(peer, outcome.code)
            came += outcomes
            left = left[len(page.records) :]
            await trio.lowlevel.checkpoint()  # a long catch-up must not starve the others
        return came

    async def _ask(self, peer: str, message: AskIds | AskRecords) -> Message:
        try:
            with trio.fail_after(ANSWER_SECONDS):
                answer = await self._transport.request(peer, exchange.PROTOCOL, message.to_bytes())
        except trio.TooSlowError as error:
            raise RequestFailed(f"{peer} did not answer within {ANSWER_SECONDS:.0f} s") from error
        return exchange.read(answer)

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
