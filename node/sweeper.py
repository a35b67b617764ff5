"""Sweep out what is not kept any more, gently, after the owner has narrowed his interest.

Rule 1: nothing leaves that room would not let go either: not mine, nor of people who are near, nor
what an order needs (room.py).
"""

from __future__ import annotations

import logging
from typing import Final

import trio

from goodword.protocol.accumulator import Accumulator
from goodword.protocol.bounds import Bound, Place
from goodword.protocol.interest import EVERYTHING
from goodword.storage import eviction, records
from goodword.storage.database import Database, Transaction

from .declared import Kept
from .intake import Intake
from .nearness import Distance

ROWS_AT_ONCE: Final = 64
"""Of the heap, in one transaction: up to 20 ms, if all of them leave."""

ROUND_SECONDS: Final = 3_600.0
"""Between two rounds where the interest stays: what came with a scope, and is in it no more."""

log = logging.getLogger(__name__)


class Sweeper:
    def __init__(self, intake: Intake, database: Database) -> None:
        self._intake = intake
        self._database = database
        self._interest = EVERYTHING
        self._is_narrowed = trio.Event()

    def follow(self, kept: Kept) -> None:
        """Sweep out what is not in this, from now on."""
        if self._interest != kept.interest:
            self._interest = kept.interest
            self._is_narrowed.set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        task_status.started()
        while True:
            with trio.move_on_after(ROUND_SECONDS):
                await self._is_narrowed.wait()
            self._is_narrowed = trio.Event()
            await self.sweep()

    async def sweep(self) -> int:
        """Once round the heap; how many records left. Between two steps there is a rest as long."""
        interest, at, gone = self._interest, 0, 0
        while not interest.is_everything and interest is self._interest:
            kept = await self._intake.catalogue.ready(interest)
            began = trio.current_time()
            at, left = self._step(kept, at)
            gone += left
            if not at:
                log.info("%d records left that are not kept any more", gone)
                break
            await trio.sleep(trio.current_time() - began)
        return gone

    def _step(self, kept: Accumulator, at: int) -> tuple[int, int]:
        """Look at the rows after `at`; where to go on, 0 at the end, and how many records left."""
        room = self._intake.room
        self._intake.nearness.hurry()  # who came near a moment ago must not lose a record
        with self._database.transaction(is_promise=False) as db:
            account = room.open(db)
            until, gone = records.last(db), 0
            looked_at = [
                each for each in eviction.after(db, at, until, ROWS_AT_ONCE) if each.seq > at
            ]
            for each in looked_at:
                if not self._may_leave(db, each, kept):
                    continue
                change = eviction.evict(db, each, until)
                if change.freed.records:
                    account.add(each.author, -change.freed.records, -change.freed.bytes)
                    account.offered |= change.offered
                    gone += change.freed.records
            account.settle()
        room.keep(account)
        self._intake.catalogue.change(account.offered)
        return (looked_at[-1].seq if len(looked_at) == ROWS_AT_ONCE else 0), gone

    def _may_leave(self, db: Transaction, each: eviction.Candidate, kept: Accumulator) -> bool:
        if not records.is_here(db, each.seq):
            return False  # with an older record of its slot
        seqs = {*records.of_slot(db, each.author, each.kind, each.slot), each.seq}
        return (
            not any(_has(kept, records.place_at(db, seq)) for seq in seqs)
            and eviction.may_go(db, each)
            and self._intake.nearness.of(db, each.author) is Distance.STRANGER
        )


def _has(kept: Accumulator, place: Place) -> bool:
    index = kept.find_lower_bound(Bound(place))
    return index < kept.size() and kept.at(index) == place
