"""Supply others: answer who compares with us, and hand out the records that are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from goodword.protocol import comparison, exchange, interest
from goodword.protocol.bounds import Bound, Gap, Place, id_of
from goodword.protocol.comparison import Compare, Compared
from goodword.protocol.errors import Malformed, Refusal
from goodword.protocol.exchange import (
    AskGaps,
    AskNewer,
    AskRecords,
    Filling,
    Records,
    UnknownScope,
)
from goodword.protocol.interest import Interest
from goodword.protocol.limits import PAGE_BYTES_MAX, WANT_IDS_MAX
from goodword.protocol.reconcile import Reconciler, Storage
from goodword.protocol.record import RecordId, Slot
from goodword.storage import records
from goodword.storage.database import Database

from .catalogue import Catalogue
from .transport import RequestFailed, Transport
from .turns import Turns


class Supplier:
    def __init__(
        self, transport: Transport, catalogue: Catalogue, database: Database, turns: Turns
    ) -> None:
        self._transport = transport
        self._catalogue = catalogue
        self._database = database
        self._turns = turns
        transport.serve(exchange.PROTOCOL, self.answer)
        transport.serve(comparison.PROTOCOL, self.compare)

    async def compare(self, peer: str, request: bytes) -> bytes:
        """What to say to a message of reconciliation. Keeps no state between two."""
        try:
            match comparison.read(request):
                case Compare() as said:
                    scope = self._scope(said)
                case _:
                    raise Malformed(why="an answer where a question was due")
            if scope is None:
                return UnknownScope().to_bytes()
            ours = Reconciler(storage=await self._catalogue.ready(scope), is_client=False)
            async with self._turns.of(peer):  # up to half a second: a few at once would stop us
                answer = ours.handle(said.message)
        except Refusal as refusal:
            raise self._refused(peer, refusal) from refusal
        assert answer.message is not None, "a server always has an answer"
        return Compared(message=answer.message).to_bytes()

    async def answer(self, peer: str, request: bytes) -> bytes:
        """The records that a peer asks for. Keeps no state between two requests."""
        try:
            match exchange.read(request):
                case AskRecords(ids=ids):
                    return self._records(ids).to_bytes()
                case AskGaps() as ask:
                    return (await self._filling(ask)).to_bytes()
                case AskNewer(known=known):
                    return self._newer(known).to_bytes()
                case _:
                    raise Malformed(why="an answer where a question was due")
        except Refusal as refusal:
            raise self._refused(peer, refusal) from refusal

    def _scope(self, said: Compare) -> Interest | None:
        """Raises Malformed where what is told is no scope, or has another id."""
        if said.told is None:
            return self._catalogue.known(said.scope)
        told = interest.read(said.told)
        if told.id != said.scope:
            raise Malformed(why="the scope has another id")
        return told

    def _refused(self, peer: str, refusal: Refusal) -> RequestFailed:
        self._transport.mark(peer, refusal.code)
        return RequestFailed(str(refusal))

    def _records(self, ids: Sequence[RecordId]) -> Records:
        with self._database.reading() as db:
            # Left out is what we never had, and what is not for everybody.
            return Records(records=_page(records.public_bytes(db, ids)))

    def _newer(self, known: Sequence[tuple[Slot, int]]) -> Records:
        with self._database.reading() as db:
            return Records(records=_page(records.newer_listing(db, *each) for each in known))

    async def _filling(self, ask: AskGaps) -> Filling | UnknownScope:
        scope = self._catalogue.known(ask.scope)
        if scope is None:
            return UnknownScope()
        storage = await self._catalogue.ready(scope)
        stretches = [_stretch(storage, each) for each in ask.gaps]
        places = list(_some(storage, stretches, ask.skip, WANT_IDS_MAX + 1))
        with self._database.reading() as db:
            ids = [id_of(each) for each in places[:WANT_IDS_MAX]]
            page = _page(_all(records.public_bytes(db, ids)))
        end = ask.gaps[-1].until
        total = sum(until - since for since, until in stretches)
        return Filling(
            records=page,
            begun=Bound(places[0]) if places else end,
            settled=Bound(places[len(page)]) if places[len(page) :] else end,
            left=max(total - ask.skip - len(page), 0),
        )


def _all(found: Iterator[bytes | None]) -> Iterator[bytes]:
    for data in found:
        assert data is not None, "the catalogue is what the database offers"
        yield data


def _page(found: Iterator[bytes | None]) -> list[bytes]:
    """The first of what there is, as many as one page holds."""
    page: list[bytes] = []
    size = 0
    for data in found:
        if data is None:
            continue
        size += len(data)
        if page and size > PAGE_BYTES_MAX:
            break
        page.append(data)
    return page


def _some(
    storage: Storage, stretches: Sequence[tuple[int, int]], skip: int, limit: int
) -> Iterator[Place]:
    """The records there, at most `limit`, after the first so many."""
    for since, until in stretches:
        begin = min(since + skip, until)
        skip -= begin - since
        end = min(until, begin + limit)
        limit -= end - begin
        yield from storage.iterate(begin, end)


def _stretch(storage: Storage, gap: Gap) -> tuple[int, int]:
    """Which of our records lie in it: from the one to before the other."""
    since = storage.find_lower_bound(gap.since)
    return since, max(since, storage.find_lower_bound(gap.until))
