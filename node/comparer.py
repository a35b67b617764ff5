"""Compare with a peer: find what it has and we lack, a little more with each message."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Final

import trio

from goodword.protocol import comparison, ranges
from goodword.protocol.bounds import END, START, Bound, Gap
from goodword.protocol.comparison import Compare, Compared
from goodword.protocol.errors import Malformed, NeverSettled
from goodword.protocol.exchange import UnknownScope
from goodword.protocol.interest import Interest
from goodword.protocol.reconcile import Reconciler, Storage
from goodword.protocol.record import RecordId

from .catalogue import Catalogue
from .claims import Claims
from .declined import DECLINED_SECONDS, Declined
from .fetcher import Fetcher
from .turns import Turns
from .visit import Visit

ROUNDS_MAX: Final = 4_096
"""Messages of one comparison. Each settles up to 2,000 records: enough for some millions."""

STILL_ROUNDS_MAX: Final = 64
"""Messages in a row that settle nothing. A range that differs is cut into three parts or more by
each side in turn: of a million records on both, one is alone after 26."""

LEFT_MAX: Final = 256
"""Peers of whom we remember how a comparison began: 2 KB each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one message has shown."""

    lacking: Sequence[RecordId] = ()
    """The peer has them, and we do not, but for some; those that we declined lately left out."""
    gaps: Sequence[Gap] = ()
    """Here the peer has something, and we nothing."""
    untaken: Sequence[Gap] = ()
    """Of these what nobody was about to fill when we compared."""
    have: Sequence[RecordId] = ()
    """We have them, and the peer does not offer them."""
    settled: Bound
    """Below it the two agree, once this page is fetched."""


class Comparer:
    def __init__(
        self,
        fetcher: Fetcher,
        catalogue: Catalogue,
        declined: Declined,
        claims: Claims,
        turns: Turns,
    ) -> None:
        self._fetcher = fetcher
        self._catalogue = catalogue
        self._declined = declined
        self._claims = claims
        self._turns = turns
        self._left: dict[str, tuple[tuple[bytes, bytes, bytes], float]] = {}
        """How the last comparison began with each peer when we left it, and when: trio's clock."""

    async def pages(
        self,
        visit: Visit,
        scope: Interest,
        *,
        since: Bound = START,
        until: Bound = END,
        has_gaps: bool = True,
    ) -> AsyncGenerator[Page]:
        """What of the scope lies between the two bounds, page by page; none where all is as it was
        when we `leave`d last.

        `has_gaps`: what we have nothing of need not be told by its ids.

        Raises:
            TransportError: the peer went away, or did not answer in time.
            Refusal: it does not speak the protocol, or comes to no end.
        """
        whole = Gap(since, until)
        ours = await self._side(scope, has_gaps=has_gaps)
        is_told = scope.is_everything  # any other scope is told with the first message
        if has_gaps and is_told and _is_empty(ours.storage, whole) and self._is_gap(whole):
            yield Page(gaps=[whole], untaken=self._claims.untaken([whole]), settled=until)
            return
        first = message = ours.initiate(since, until)
        settled, still = since, 0
        for number in range(ROUNDS_MAX):
            said = await self._said(visit, scope, message)
            if number == 0:
                visit.began_with = (scope.id, first, said)
                if self._is_as_left(visit):
                    return
            ours = await self._side(scope, has_gaps=has_gaps)
            async with self._turns.of(visit.peer):
                answer = ours.handle(said)
                # Before the rest that follows a turn: what is filled by then is no gap any more.
                untaken = self._claims.untaken(answer.gaps)
            before, settled = settled, until
            if answer.message is not None:
                message, settled = answer.message, ranges.settled(answer.message)
            still = still + 1 if settled == before else 0
            if still > STILL_ROUNDS_MAX:
                raise NeverSettled(rounds=still)
            yield Page(
                lacking=self._lacking(answer.need),
                gaps=answer.gaps,
                untaken=untaken,
                have=answer.have,
                settled=settled,
            )
            if settled >= until:
                return

    def leave(self, visit: Visit) -> None:
        """All that the peer has for us has come: until one of the two has something new, there is
        nothing to compare. Who keeps a part of what we keep would be told all the rest each time.
        """
        self._left.pop(visit.peer, None)  # the last to be left is the last to be forgotten
        self._left[visit.peer] = visit.began_with, trio.current_time()
        if len(self._left) > LEFT_MAX:
            del self._left[next(iter(self._left))]

    def _is_as_left(self, visit: Visit) -> bool:
        left, at = self._left.get(visit.peer, (None, 0.0))
        return left == visit.began_with and trio.current_time() - at < DECLINED_SECONDS

    async def _side(self, scope: Interest, *, has_gaps: bool) -> Reconciler:
        """Anew for each message: a shelf that nobody asks for is not kept up."""
        storage = await self._catalogue.ready(scope)
        return Reconciler(
            storage=storage, is_client=True, is_gap=self._is_gap if has_gaps else None
        )

    async def _said(self, visit: Visit, scope: Interest, message: bytes) -> bytes:
        """What the peer says to it; where it does not know the scope, once it is told."""
        visit.messages += 1
        for told in dict.fromkeys((None, scope.to_bytes() or None)):
            compare = Compare(scope=scope.id, told=told, message=message)
            answer = await self._fetcher.ask(visit.peer, comparison.PROTOCOL, compare.to_bytes())
            match comparison.read(answer):
                case Compared(message=said):
                    return said
                case UnknownScope():
                    continue
                case _:
                    raise Malformed(why="a question where an answer was due")
        raise Malformed(why="the scope is not known where it was told")

    def _is_gap(self, gap: Gap) -> bool:
        return not self._declined.is_in(gap, trio.current_time())

    def _lacking(self, told: Sequence[RecordId]) -> list[RecordId]:
        now = trio.current_time()
        return [each for each in told if not self._declined.has(each, now)]


def _is_empty(storage: Storage, gap: Gap) -> bool:
    return storage.find_lower_bound(gap.since) == storage.find_lower_bound(gap.until)
