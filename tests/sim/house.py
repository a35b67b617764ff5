"""A house: one person with a whole node, which can sleep, lose its power, and be restored."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from pathlib import Path

import trio

from goodword.crypto.address import to_address
from goodword.crypto.person import Person
from goodword.node import dossier
from goodword.node.clerk import Clerk
from goodword.node.intake import Intake, Listener
from goodword.node.roads import peer_text
from goodword.node.show import Json
from goodword.node.trading import Trading
from goodword.protocol.contract import OrderId
from goodword.protocol.limits import FUTURE_SECONDS_MAX
from goodword.protocol.order import Order
from goodword.protocol.record import Record
from goodword.storage import meta, orders
from goodword.storage.database import Database
from tests.make import PEER, presence
from tests.sim import post
from tests.sim.disk import Crash, Fuse, image, make_fragile
from tests.sim.post import Office
from tests.sim.time import Time
from tests.sim.wire import Wire


class House:
    def __init__(
        self, name: str, person: Person, folder: Path, time: Time, wire: Wire, rng: random.Random
    ) -> None:
        self.name = name
        self.person = person
        self.me = person.public_key
        self.address = to_address(self.me)
        self.skew = 0
        """Seconds that this clock is ahead."""
        self.is_liar = False
        self.is_restored = False
        """An older backup took the place of its memory: it may say things twice."""
        self.is_silent = False
        """Nobody is at home: only the clerk works."""
        self.up_since = 0.0
        self.peer = PEER[:6] + self.me
        self.line = wire.line(peer_text(self.peer))
        self.listener: Listener = lambda _: None
        self._folder = folder
        self._time = time
        self._rng = rng
        self._files = itertools.count()
        self._path = self._next_path()
        self._backup: Path | None = None
        self._presences = itertools.count(1)
        self.is_open = False
        self.fuse = Fuse(rng)
        self.scope = trio.CancelScope()

    def clock(self) -> int:
        return int(self._time.now) + self.skew

    @property
    def is_up(self) -> bool:
        return self.is_open and not self.fuse.is_blown

    @property
    def is_honest(self) -> bool:
        return not self.is_liar and not self.is_restored

    # --- its life ------------------------------------------------------------------------------

    async def live(self) -> None:
        """Run the node until it is put to sleep, or its power fails."""
        self._open()
        try:
            with trio.CancelScope() as self.scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self.office.run)
                    nursery.start_soon(self.clerk.run)
        except BaseExceptionGroup as group:
            _, others = group.split(Crash)
            if others is not None:
                raise others from None
        finally:
            self._close()

    def _open(self) -> None:
        """Begin, from what is on the disk."""
        self.fuse = Fuse(self._rng)
        self.database = Database(self._path)
        with self.database.transaction() as db:
            meta.claim(db, self.me)
        make_fragile(self.database, self.fuse)
        self.intake = Intake(self.database, self.me, self.clock)
        self.intake.on_new(self.listener)
        self.trading = Trading(
            self.person, self.intake, self.database, self.clock, self._rng.randbytes
        )
        self.clerk = Clerk(self.trading, self.database, self.intake, self.clock)
        self.office = Office(self.line, self.intake, self.database, self.person, self.clock)
        self.is_open = True
        self.line.is_up = True
        self.up_since = self._time.now

    def _close(self) -> None:
        self.is_open = False
        self.line.is_up = False
        self.line.forget()
        if self.fuse.is_blown:
            after = self._next_path()
            image(self._path, after)
            self._path = after
        self.database.close()

    def _next_path(self) -> Path:
        return self._folder / f"{self.name}-{next(self._files)}.sqlite"

    def back_up(self) -> None:
        if self._backup is None:
            self._backup = self._next_path()
            self.database.copy_to(self._backup)

    def restore(self) -> bool:
        """Forget all that came after the backup; False where there is none. It must be closed."""
        if self._backup is None:
            return False
        self._path, self._backup = self._backup, None
        self.is_restored = True
        return True

    # --- its memory ----------------------------------------------------------------------------

    def get_acquainted(self, others: Sequence[House]) -> None:
        with self.database.transaction() as db:
            post.get_acquainted(db, {each.me: each.name for each in others if each is not self})

    def learn(self, made: Sequence[Record]) -> None:
        """By gossip or catch-up."""
        self.intake.admit_public([each.to_bytes() for each in made])

    def presence(self) -> Record:
        """Where it is, said once more; in the past for every clock."""
        number, now = next(self._presences), int(self._time.now) - FUTURE_SECONDS_MAX
        return presence(self.person, peer=self.peer, revision=number, now=now)

    def order(self, order_id: OrderId) -> Order | None:
        with self.database.reading() as db:
            return orders.load(db, order_id)

    def order_ids(self) -> list[OrderId]:
        """Mine."""
        with self.database.reading() as db:
            return [each.id for each in orders.every(db)]

    def show(self, order_id: OrderId) -> Json | None:
        """As the API shows it to its owner; None where it is not mine, or not here."""
        self.office.looked_at(order_id)
        with self.database.reading() as db:
            order = orders.load(db, order_id)
            if order is None or order.role_of(self.me) is None:
                return None
            return dossier.whole(db, order, self.person, self.clock())

    def next_deadline(self) -> float | None:
        """By the time of the world."""
        with self.database.reading() as db:
            deadline = orders.next_deadline(db, self.clock())
        return None if deadline is None else deadline - self.skew
