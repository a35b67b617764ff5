"""Somebody who catches up over a real connection, with a peer who has what he is given."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trio

from goodword.node.aside import Aside
from goodword.node.events import Events
from goodword.node.intake import Intake
from goodword.node.syncer import Syncer
from goodword.protocol import bounds, exchange, reconcile
from goodword.protocol.accumulator import Accumulator
from goodword.protocol.exchange import AskRecords, Records
from goodword.protocol.reconcile import Reconciler
from goodword.protocol.record import Record, RecordId
from tests.make import ANN, NOW, fresh, listing
from tests.node.peer_process import Node, running
from tests.world import Trader, Watch, traders


@dataclass
class Meeting:
    """Ann, who catches up, and the peer that she is connected with."""

    ann: Trader
    here: Node
    syncer: Syncer
    peer: str

    async def catch_up(self) -> int:
        with trio.fail_after(20):
            return await self.syncer.catch_up(self.peer)


@dataclass
class Peer:
    """An honest one, unless what he does is replaced."""

    made: list[Record] = field(default_factory=list[Record])
    asked: list[RecordId] = field(default_factory=list[RecordId])
    """Of which records, in all."""
    rounds: int = 0

    def serve(self, node: Node) -> None:
        node.transport.serve(reconcile.PROTOCOL, self.compare)
        node.transport.serve(exchange.PROTOCOL, self.hand_out)

    async def compare(self, peer: str, request: bytes) -> bytes:
        self.rounds += 1
        places = sorted(bounds.place(each.made_at, each.id) for each in self.made)
        answer = Reconciler(storage=Accumulator(places), is_client=False).handle(request)
        assert answer.message is not None
        return answer.message

    async def hand_out(self, peer: str, request: bytes) -> bytes:
        match exchange.read(request):
            case AskRecords(ids=ids):
                self.asked += ids
                kept = {each.id: each.to_bytes() for each in self.made}
                return Records(records=[kept[each] for each in ids if each in kept]).to_bytes()
            case _:
                raise AssertionError


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
