"""Somebody who catches up over a real connection, with a peer who has what he is given."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trio

from goodword.node.aside import Aside
from goodword.node.events import Events
from goodword.node.intake import Intake
from goodword.node.syncer import Syncer
from goodword.protocol import bounds, comparison, exchange
from goodword.protocol.accumulator import Accumulator
from goodword.protocol.bounds import Bound, id_of
from goodword.protocol.comparison import Compare, Compared
from goodword.protocol.exchange import AskGaps, AskRecords, Filling, Records
from goodword.protocol.reconcile import Reconciler
from goodword.protocol.record import Record, RecordId
from tests.make import ANN, NOW, fresh, listing
from tests.node.peer_process import Node, running
from tests.world import Trader, Watch, traders

PAGE = 512
"""Records in one answer, at most."""


@dataclass
class Meeting:
    """Ann, who catches up, and the peer that she is connected with."""

    ann: Trader
    here: Node
    syncer: Syncer
    peer: str

    async def catch_up(self) -> int:
        with trio.fail_after(20):
            return (await self.syncer.catch_up(self.peer)).new


@dataclass
class Peer:
    """An honest one, unless what he does is replaced."""

    made: list[Record] = field(default_factory=list[Record])
    asked: list[RecordId] = field(default_factory=list[RecordId])
    """Which records were handed out, in all."""
    named: int = 0
    """How many of these by their ids."""
    rounds: int = 0

    def serve(self, node: Node) -> None:
        node.transport.serve(comparison.PROTOCOL, self.answer)
        node.transport.serve(exchange.PROTOCOL, self.hand_out)

    async def answer(self, peer: str, request: bytes) -> bytes:
        match comparison.read(request):
            case Compare(message=message):
                return Compared(message=await self.compare(peer, message)).to_bytes()
            case _:
                raise AssertionError

    async def compare(self, peer: str, message: bytes) -> bytes:
        """What a message of reconciliation is answered with."""
        self.rounds += 1
        answer = Reconciler(storage=self._storage(), is_client=False).handle(message)
        assert answer.message is not None
        return answer.message

    async def hand_out(self, peer: str, request: bytes) -> bytes:
        match exchange.read(request):
            case AskRecords(ids=ids):
                self.named += len(ids)
                return Records(records=self._handed(ids)).to_bytes()
            case AskGaps() as ask:
                return self.fill(ask).to_bytes()
            case _:
                raise AssertionError

    def fill(self, ask: AskGaps) -> Filling:
        storage = self._storage()
        stretches = [
            (storage.find_lower_bound(each.since), storage.find_lower_bound(each.until))
            for each in ask.gaps
        ]
        places = [each for since, until in stretches for each in storage.iterate(since, until)]
        given, rest = places[ask.skip :][:PAGE], places[ask.skip :][PAGE:]
        end = ask.gaps[-1].until
        return Filling(
            records=self._handed([id_of(each) for each in given]),
            begun=Bound(given[0]) if given else end,
            settled=Bound(rest[0]) if rest else end,
            left=len(rest),
        )

    def _storage(self) -> Accumulator:
        return Accumulator(sorted(bounds.place(each.made_at, each.id) for each in self.made))

    def _handed(self, ids: Sequence[RecordId]) -> list[bytes]:
        self.asked += ids
        kept = {each.id: each.to_bytes() for each in self.made}
        return [kept[each] for each in ids if each in kept]


@asynccontextmanager
async def meeting(
    folder: Path, there: Peer, watch: Watch | None = None, pot_bytes: int | None = None
) -> AsyncGenerator[Meeting]:
    with traders(folder, [ANN], watch) as (ann,):
        if pot_bytes is not None:
            ann.intake = Intake(ann.database, ann.me, ann.watch, pot_bytes)
        aside = Aside(ann.reader)
        async with running() as here, running(seed=2) as other:
            there.serve(other)
            catching_up = Syncer(here.transport, ann.intake, ann.database, aside, Events())
            await ann.intake.catalogue.make(aside)
            yield Meeting(ann, here, catching_up, await here.transport.connect(other.address))


def loaves(count: int, first: int = 0, now: int = NOW) -> list[Record]:
    """Each by another stranger."""
    return [
        listing(fresh(f"baker {n}"), title=f"bread {n}", nonce=n.to_bytes(16, "big"), now=now)
        for n in range(first, first + count)
    ]
