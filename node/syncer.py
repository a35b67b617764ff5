"""Catch up with peers: with whom and when, in which part of the order, and how far it has come.

What is not old comes first, and at each visit. What is older than the horizon, up to which
strangers' records had to leave, is swept now and then: most of it we would not take again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

import trio

from goodword.protocol.bounds import START, TIME_BYTES, Bound
from goodword.protocol.errors import Refusal
from goodword.protocol.interest import EVERYTHING, Interest
from goodword.protocol.record import RecordId
from goodword.storage import meta, records
from goodword.storage.database import Database

from .aside import Aside
from .claims import Claims
from .comparer import Comparer, Page
from .declared import Kept
from .declined import Declined
from .events import Events
from .fetcher import Fetcher, ScopeForgotten
from .intake import Intake
from .lanes import lanes
from .show import Json
from .supplier import Supplier
from .transport import Transport, TransportError
from .turns import Turns
from .visit import REPEAT_SECONDS, Stage, Visit

AT_ONCE_MAX: Final = 4
"""Peers to catch up with at the same time."""

VISIT_SECONDS_MAX: Final = 120.0
"""For one catch-up. What is left waits for the next: a peer that is slow, or that never comes to
an end, keeps the others waiting no longer."""

PASSES_MAX: Final = 8
"""Comparisons in one visit: after what others brought meanwhile, or where a scope was forgotten
between two requests."""

SWEEP_SECONDS: Final = 24 * 3_600.0
"""Between two sweeps of what is old, with one peer. Who came near meanwhile is heard of then."""

SWEEPS_MAX: Final = 1_000
"""Peers of whom we remember how far we have swept, and how the last visit went: as many as we
remember at all."""

NEWER_MAX: Final = 2_048
"""Listings of which a visit asks for what came after: those that we have in our scope, and the
peer does not offer in it. They may be sold out, or have moved to another category."""

LANES: Final = 4
"""Pages on their way from one peer while a batch of five is let in: each on a stream of its own,
whose window of 256 KB holds one."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """How far what is old has been compared with a peer."""

    at: Bound = START
    due: float = float("-inf")
    """When to go on; trio's clock."""


class Syncer:
    def __init__(
        self,
        transport: Transport,
        intake: Intake,
        database: Database,
        aside: Aside,
        events: Events,
        interest: Callable[[], Interest] = lambda: EVERYTHING,
    ) -> None:
        """`interest`: what we want to have, as of now."""
        self._transport = transport
        self._intake = intake
        self._database = database
        self._aside = aside
        self._events = events
        self._interest = interest
        self._claims = Claims()
        self.declined = Declined()
        catalogue, turns = intake.catalogue, Turns()
        self.supplier = Supplier(transport, catalogue, database, turns)
        self._fetcher = Fetcher(transport, intake, database, aside, self.declined, self._claims)
        self._comparer = Comparer(self._fetcher, catalogue, self.declined, self._claims, turns)
        self._sweeps: dict[str, Sweep] = {}
        self._visits: dict[str, Visit] = {}
        """The last with each peer: those under way, and how the others ended."""
        self._room = trio.CapacityLimiter(AT_ONCE_MAX)
        self._arrived, self._arrivals = trio.open_memory_channel[str](1_024)
        transport.on_peer(self._greet, lambda _: None)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Catch up with each peer when it connects, and again and again with all."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._intake.catalogue.make, self._aside)
            task_status.started()
            nursery.start_soon(self._repeat)
            async for peer in self._arrivals:
                if peer not in self._visits or self._visits[peer].is_over:
                    nursery.start_soon(self._follow, self._begin(peer))

    async def catch_up(self, peer: str) -> Visit:
        """Fetch what `peer` has and we lack, once.

        Raises:
            TransportError: the peer went away, or did not answer in time.
            Refusal: it does not speak the protocol, or tells of what it does not give.
        """
        visit = self._begin(peer)
        await self._visit(visit)
        return visit

    async def now(self) -> None:
        """Begin to catch up with everybody who is connected."""
        for peer in self._transport.peers():
            self._greet(peer)
        while self._arrivals.statistics().current_buffer_used:
            await trio.lowlevel.checkpoint()  # until the visits have begun

    def look_again(self, _kept: Kept) -> None:
        """Something else is wanted now: what was declined may be."""
        self.declined.clear()
        for peer in self._transport.peers():
            self._greet(peer)

    def visits(self) -> list[Json]:
        """How far catching up has come with each peer that is connected."""
        now = trio.current_time()
        found = map(self._visits.get, self._transport.peers())
        return [_told(each, now) for each in found if each]

    def _begin(self, peer: str) -> Visit:
        before = self._visits.pop(peer, None)  # the last to come is the last to be forgotten
        visit = Visit(peer=peer, began=trio.current_time())
        if before is not None:
            visit.pause = before.next_pause
        self._visits[peer] = visit
        for each in list(self._visits)[: max(len(self._visits) - SWEEPS_MAX, 0)]:
            if self._visits[each].is_over:
                del self._visits[each]
        return visit

    async def _visit(self, visit: Visit) -> None:
        with self._database.reading() as db:
            _, horizon = meta.hand(db)
        recent = Bound((horizon + 1).to_bytes(TIME_BYTES, "big")) if horizon else START
        for _ in range(PASSES_MAX):
            before = visit.new
            visit.was_shared = False
            try:
                await self._catch_up(visit, recent)
            except ScopeForgotten:
                continue
            if visit.is_enough:
                return
            if not visit.was_shared:
                if visit.new == before:
                    self._comparer.leave(visit)
                break
        if recent != START:
            await self._sweep(visit, recent)

    async def _catch_up(self, visit: Visit, since: Bound) -> None:
        """Compare and fetch, from a bound on."""
        scope = self._interest()
        visit.stage = Stage.COMPARES
        asked_newer = 0
        async with aclosing(self._comparer.pages(visit, scope, since=since)) as pages:
            async for page in pages:
                visit.stage = Stage.FETCHES
                if page.gaps:
                    await self._fill(visit, page, scope)
                await self._take(visit, page)
                if not scope.is_everything and asked_newer < NEWER_MAX:
                    asked_newer += await self._renew(visit, page.have[: NEWER_MAX - asked_newer])
                if visit.is_enough:
                    return

    async def _take(self, visit: Visit, page: Page) -> None:
        before = visit.new
        await self._fetcher.records(visit, page.lacking)
        visit.idle = 0 if visit.new > before or page.gaps else visit.idle + 1

    async def _fill(self, visit: Visit, page: Page, scope: Interest) -> None:
        """Fetch what lies in the gaps."""
        with self._claims.of(page.untaken) as claim:
            visit.was_shared |= claim.gaps != list(page.gaps)

            async def lane(number: int) -> None:
                if number == 0:
                    await self._fetcher.fill(visit, claim, scope.id)
                    self._claims.tell()
                while self._claims.are_taken(page.gaps) and not visit.is_enough:
                    # The first page comes alone: a liar is found out by it.
                    if (visit.new or number == 0) and await self._share(visit, page, scope):
                        continue
                    await self._claims.changed()

            # Others who are visited at the same time are lanes themselves.
            await lanes(LANES if self._room.borrowed_tokens <= 1 else 1, lane)

    async def _share(self, visit: Visit, page: Page, scope: Interest) -> bool:
        """Fetch half of what another has before him, a visit to somebody else or a lane of this
        one; False where nobody has so much that it is worth it."""
        with self._claims.share(page.gaps) as share:
            if share:
                await self._fetcher.share(visit, share, scope.id)
        return share is not None

    async def _renew(self, visit: Visit, have: Sequence[RecordId]) -> int:
        """Ask for what came after listings of ours that the peer does not offer; of how many."""
        with self._database.reading() as db:
            known = records.listings_at(db, have)
        await self._fetcher.newer(visit, known)
        return len(known)

    async def _sweep(self, visit: Visit, until: Bound) -> None:
        """Go on comparing what is old, until we have fetched enough in vain."""
        peer = visit.peer
        sweep = self._sweeps.pop(peer, Sweep())
        self._sweeps[peer] = sweep  # the last to come is the last to be forgotten
        if len(self._sweeps) > SWEEPS_MAX:
            del self._sweeps[next(iter(self._sweeps))]
        if trio.current_time() < sweep.due:
            return
        compared = self._comparer.pages(
            visit, self._interest(), since=sweep.at, until=until, has_gaps=False
        )
        async with aclosing(compared) as pages:
            async for page in pages:
                await self._take(visit, page)
                if visit.is_enough:
                    return  # of this page the rest is still to come
                self._sweeps[peer] = Sweep(at=page.settled)
        self._sweeps[peer] = Sweep(due=trio.current_time() + SWEEP_SECONDS)

    async def _repeat(self) -> None:
        while True:
            await trio.sleep(REPEAT_SECONDS)
            for peer in self._transport.peers():
                if self._is_due(peer):
                    self._greet(peer)

    def _is_due(self, peer: str) -> bool:
        visit = self._visits.get(peer)
        if visit is None or visit.ended is None:
            return visit is None
        return trio.current_time() - visit.ended >= visit.next_pause - REPEAT_SECONDS / 2

    async def _follow(self, visit: Visit) -> None:
        peer = visit.peer
        try:
            async with self._room:
                with trio.fail_after(VISIT_SECONDS_MAX):
                    await self._visit(visit)
        except trio.TooSlowError:
            _end(visit, "it took too long")
            if visit.new:
                self._greet(peer)  # what came is kept, and the rest not far
        except TransportError as error:
            _end(visit, str(error))
        except ScopeForgotten:
            _end(visit, "it forgets in which scope we compare")
        except Refusal as refusal:
            _end(visit, str(refusal))
            if refusal.is_fault:
                self._transport.mark(peer, refusal.code)
        else:
            _end(visit)
            self._events.tell("caught_up", peer=peer, new=visit.new)
        if visit.why:
            log.info("catch-up with %s ended early: %s", peer, visit.why)

    def _greet(self, peer: str) -> None:
        try:
            self._arrived.send_nowait(peer)
        except trio.WouldBlock:
            log.warning("no catch-up with %s now: too many peers came at once", peer)


def _end(visit: Visit, why: str = "") -> None:
    visit.stage, visit.why = Stage.FAILED if why else Stage.DONE, why
    visit.ended = trio.current_time()


def _told(visit: Visit, now: float) -> Json:
    return {
        "peer": visit.peer,
        "stage": visit.stage,
        "why": visit.why,
        "new": visit.new,
        "known": visit.known,
        "declined": visit.declined,
        "bytes": visit.size,
        "left": visit.left,
        "seconds": round((visit.ended or now) - visit.began, 3),
    }
