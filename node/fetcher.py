"""Fetch from a peer what we lack: page by page, the next one asked for while one is let in.

Rule 1: what has come is let in before more than a page and a batch further is asked for, which is
checked meanwhile: a line of pages fills no more memory of ours than two batches and a page, 3 MB.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final, Protocol

import trio

from goodword.protocol import bounds, exchange
from goodword.protocol.bounds import Gap, whole
from goodword.protocol.errors import FromTheFuture, Malformed, OutOfInterest, Refusal, Withheld
from goodword.protocol.exchange import AskGaps, AskNewer, AskRecords, Filling, Records, UnknownScope
from goodword.protocol.limits import GAPS_MAX, KNOWN_LISTINGS_MAX, WANT_IDS_MAX
from goodword.protocol.record import RecordId, Slot, parse
from goodword.storage import records
from goodword.storage.database import Database

from .ahead import Ahead, ahead
from .aside import Aside
from .claims import Claim, Claims, Share
from .declined import Declined
from .intake import BULK_RECORDS_MAX, Came, Intake
from .transport import RequestFailed, Transport
from .visit import WITHHELD_MAX, UnderWay, Visit

ANSWER_SECONDS: Final = 20.0
"""For one page. A page is 256 KB: at 20 KB/s, a poor phone line, it takes 13 s."""


MARKS_MAX: Final = 16
"""Against a peer, for one batch: with so many it is refused for a while."""


class ScopeForgotten(Exception):
    """The peer has forgotten in which scope we compared: it has to be told again."""


class Source(UnderWay, Protocol):
    """What is asked for, page by page."""

    def next(self) -> bytes | None:
        """The next request; None at the end."""
        ...

    def take(self, answer: exchange.Message) -> Sequence[bytes]:
        """The records in an answer. Raises Malformed, or ScopeForgotten."""
        ...

    def keep(self) -> None:
        """All that was taken is let in."""
        ...


class Fetcher:
    def __init__(
        self,
        transport: Transport,
        intake: Intake,
        database: Database,
        aside: Aside,
        declined: Declined,
        claims: Claims,
    ) -> None:
        self._transport = transport
        self._intake = intake
        self._database = database
        self._aside = aside
        self._declined = declined
        self._claims = claims

    async def records(self, visit: Visit, lacking: Sequence[RecordId]) -> None:
        """Fetch those that nobody else asks for. Raises Withheld where too many do not come."""
        with self._database.reading() as db:
            lacking = records.lacking(db, lacking)  # some may be here, or have come meanwhile
        with self._claims.ids(lacking) as mine:
            visit.was_shared |= len(mine) < len(lacking)
            refused = await self._fetch(visit, _ByIds(mine))
            with self._database.reading() as db:
                left = records.lacking(db, mine)
        if visit.is_enough:
            return
        visit.withheld.update(each for each in left if each not in refused)
        if len(visit.withheld) > WITHHELD_MAX:
            raise Withheld(count=len(visit.withheld))

    async def fill(self, visit: Visit, claim: Claim, scope: bytes) -> None:
        """Fetch all that lies in the claim's gaps."""
        await self._fetch(visit, _Filled(claim, scope, self._claims))

    async def share(self, visit: Visit, share: Share, scope: bytes) -> None:
        """Take over from another visit, and fetch that. Raises Malformed, or ScopeForgotten."""
        ask = AskGaps(scope=scope, gaps=share.gaps[:GAPS_MAX], skip=share.skip)
        first = _filling(
            exchange.read(await self.ask(visit.peer, exchange.PROTOCOL, ask.to_bytes()))
        )
        with self._claims.taken_over(share, first.begun) as claim:
            claim.reach(first.settled, len(first.records), first.left)
            self._admit(visit, first.records)
            claim.keep()
            await self.fill(visit, claim, scope)

    async def newer(self, visit: Visit, known: Sequence[tuple[Slot, int]]) -> None:
        """Fetch what came after these revisions of listings, if the peer has any."""
        await self._fetch(visit, _Newer(known))

    async def ask(self, peer: str, protocol: str, message: bytes) -> bytes:
        """Raises TransportError."""
        try:
            with trio.fail_after(ANSWER_SECONDS):
                return await self._transport.request(peer, protocol, message)
        except trio.TooSlowError as error:
            raise RequestFailed(f"{peer} did not answer within {ANSWER_SECONDS:.0f} s") from error

    async def _fetch(self, visit: Visit, source: Source) -> set[RecordId]:
        """Which of what came was refused."""
        with visit.fetching(source):
            async with ahead(partial(self.ask, visit.peer, exchange.PROTOCOL)) as line:
                return await self._pages(visit, source, line)

    async def _pages(self, visit: Visit, source: Source, line: Ahead) -> set[RecordId]:
        refused: set[RecordId] = set()
        waiting: list[bytes] = []
        batch: list[bytes] = []
        if request := source.next():
            line.ask(request)
        while request or batch or waiting:
            if request:
                batch += source.take(exchange.read(await line.answer()))
                if request := source.next():
                    line.ask(request)  # the peer looks it up while we are busy
            # The first page by itself: a liar is found out by it.
            if request and visit.new and (len(batch) < BULK_RECORDS_MAX or not waiting):
                if len(batch) >= BULK_RECORDS_MAX:
                    waiting, batch = batch, []
                continue
            first, then = (waiting, batch) if waiting else (batch, [])
            refused |= self._admit(visit, first, then)
            waiting, batch = then, []
            if not waiting:
                source.keep()
            if visit.is_enough:
                break
            await self._aside.quiet()  # and all others: a long catch-up must not starve them
        return refused

    def _admit(
        self, visit: Visit, batch: Sequence[bytes], coming: Sequence[bytes] = ()
    ) -> set[RecordId]:
        """Which of the batch were refused. `coming` is let in next."""
        outcomes = self._intake.admit_public(batch, coming)
        visit.new += outcomes.count(Came.NEW)
        visit.known += outcomes.count(Came.KNOWN)
        visit.size += sum(map(len, batch))
        refused: set[RecordId] = set()
        for data, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Refusal):
                visit.declined += 1
                refused |= self._decline(data, outcome)
        faults = [each for each in outcomes if isinstance(each, Refusal) and each.is_fault]
        for each in faults[:MARKS_MAX]:
            self._transport.mark(visit.peer, each.code)
        return refused

    def _decline(self, data: bytes, why: Refusal) -> set[RecordId]:
        """Take note of what was refused, if it is a record at all; its id."""
        try:
            declined = parse(data)
        except Refusal:
            return set()
        # What was refused for our clock's sake is asked for again: it may be ours that is wrong;
        # and so is what the owner does not want: he may.
        if not isinstance(why, FromTheFuture | OutOfInterest):
            place = bounds.place(declined.made_at, declined.id)
            self._declined.add(place, trio.current_time())
        return {declined.id}


class _ByIds:
    def __init__(self, ids: Sequence[RecordId]) -> None:
        self._ids = list(ids)

    @property
    def left(self) -> int:
        return len(self._ids)

    def keep(self) -> None:
        pass

    def next(self) -> bytes | None:
        if not self._ids:
            return None
        return AskRecords(ids=self._ids[:WANT_IDS_MAX]).to_bytes()

    def take(self, answer: exchange.Message) -> Sequence[bytes]:
        page = _records(answer)
        # None at all: superseded meanwhile; the next catch-up brings what replaced them.
        self._ids = self._ids[len(page) :] if page else self._ids[WANT_IDS_MAX:]
        return page


class _Newer:
    def __init__(self, known: Sequence[tuple[Slot, int]]) -> None:
        self._known = list(known)

    @property
    def left(self) -> int:
        return 0  # most are as new as they can be

    def keep(self) -> None:
        pass

    def next(self) -> bytes | None:
        asked = self._known[:KNOWN_LISTINGS_MAX]
        self._known = self._known[KNOWN_LISTINGS_MAX:]
        return AskNewer(known=asked).to_bytes() if asked else None

    def take(self, answer: exchange.Message) -> Sequence[bytes]:
        return _records(answer)


class _Filled:
    def __init__(self, claim: Claim, scope: bytes, claims: Claims) -> None:
        self._claim = claim
        self._claims = claims
        self._scope = scope
        self._asked: Sequence[Gap] = ()

    @property
    def left(self) -> int:
        return self._claim.left

    def next(self) -> bytes | None:
        self._asked, self._claim.is_cut = self._claim.rest[:GAPS_MAX], False
        if not self._asked:
            return None
        return AskGaps(scope=self._scope, gaps=self._asked).to_bytes()

    def take(self, answer: exchange.Message) -> Sequence[bytes]:
        page = _filling(answer)
        settled = whole(page.settled)
        # Else a peer could keep us for ever with pages that bring us nowhere.
        if settled <= whole(self._asked[0].since) or (
            not page.records and settled < whole(self._asked[-1].until)
        ):
            raise Malformed(why="the gaps are no smaller than before")
        self._claim.reach(page.settled, len(page.records), page.left)
        self._claims.tell()
        return page.records

    def keep(self) -> None:
        self._claim.keep()
        self._claims.tell()


def _filling(answer: exchange.Message) -> Filling:
    match answer:
        case Filling():
            return answer
        case UnknownScope():
            raise ScopeForgotten
        case _:
            raise Malformed(why="asked for what lies in gaps, got something else")


def _records(answer: exchange.Message) -> Sequence[bytes]:
    match answer:
        case Records(records=page):
            return page
        case _:
            raise Malformed(why="asked for records, got something else")
