"""Keep the deadlines: say TIMEOUT where it is ours to say and due, without being asked.

And say that we have seen the end of an order, so that it cannot be led out of that again.

Deadlines are no timers: what is due follows from the orders and the clock, so that a restart
or a month away loses nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Final

import trio

from goodword.protocol import entry
from goodword.protocol.entry import Event
from goodword.protocol.errors import Refusal
from goodword.protocol.order import duties
from goodword.protocol.record import Record
from goodword.storage import orders
from goodword.storage.database import Database
from goodword.storage.orders import Trade

from .clock import Clock
from .intake import Intake
from .trading import Trading

LOOK_SECONDS_MAX: Final = 60.0
"""Between two looks: a clock that is set forward, or a laptop that slept, is noticed by then."""

AT_ONCE_MAX: Final = 16
"""Steps that are taken while nothing else runs: each waits for the disk."""

log = logging.getLogger(__name__)


class Clerk:
    def __init__(self, trading: Trading, database: Database, intake: Intake, clock: Clock) -> None:
        self._trading = trading
        self._database = database
        self._clock = clock
        self._has_changed = trio.Event()
        intake.on_new(self._noticed)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        task_status.started()
        while True:
            self._has_changed = trio.Event()
            while self.look() == AT_ONCE_MAX:
                await trio.lowlevel.checkpoint()  # a thousand deadlines may pass at one moment
            with trio.move_on_after(self._seconds_to_wait()):
                await self._has_changed.wait()

    def look(self) -> int:
        """Do what is due now, at most AT_ONCE_MAX steps; how many were taken."""
        now = self._clock()
        taken = 0
        for trade, event in self._due(now):
            log.info("order %s: %s", trade.id.hex()[:8], event)
            try:
                self._trading.say(trade.id, event, {})
            except Refusal as refusal:  # a clock that was set back meanwhile: the next look is soon
                log.warning("order %s: %s was refused: %s", trade.id.hex()[:8], event, refusal)
            else:
                taken += 1
            if taken == AT_ONCE_MAX:
                break
        return taken

    def _due(self, now: int) -> Iterator[tuple[Trade, Event]]:
        with self._database.reading() as db:
            due = orders.due(db, now)
        for trade in due:
            with self._database.reading() as db:
                order = orders.load(db, trade.id)
            for event in duties(order, trade.role, now) if order else ():
                yield trade, event

    def _seconds_to_wait(self) -> float:
        now = self._clock()
        with self._database.reading() as db:
            deadline = orders.next_deadline(db, now)
        return LOOK_SECONDS_MAX if deadline is None else min(deadline - now, LOOK_SECONDS_MAX)

    def _noticed(self, record: Record) -> None:
        if record.kind == entry.KIND:
            self._has_changed.set()
