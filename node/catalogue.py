"""The catalogue: what this node hands to others, in the order in which two nodes compare it.

Rule 1: it is what `records.offered` finds in the database, at any moment after it was made; and
each shelf, which is the part of it that an interest holds, what `shelves.build` makes of that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import trio

from goodword.protocol.accumulator import Accumulator
from goodword.protocol.bounds import Place
from goodword.protocol.interest import EVERYTHING, Interest
from goodword.storage import records, shelves
from goodword.storage.database import Database, Transaction
from goodword.storage.shelves import Shelf

from .aside import Aside

SHELVES_MAX: Final = 32
"""Kept up: each takes 2 µs of every record that comes, 4 of one that it holds. A shelf that nobody
asked for lately is built again when somebody does."""

SHELVES_PLACES_MAX: Final = 500_000
"""On all shelves together: 100 MB at most, if all were listings. The last asked for stays."""


@dataclass(kw_only=True)
class _Building:
    meanwhile: dict[Place, bool] = field(default_factory=dict[Place, bool])
    """What changes while the other thread looks."""
    is_over: trio.Event = field(default_factory=trio.Event)


class Catalogue:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._aside: Aside | None = None
        self._made: Accumulator | None = None
        self._meanwhile: dict[Place, bool] | None = None
        """What changes while it is made; None before."""
        self._is_made = trio.Event()
        self._shelves: dict[bytes, Shelf] = {}
        """By the interest's id; the last asked for comes last."""
        self._building: dict[bytes, _Building] = {}
        self._one_at_a_time = trio.CapacityLimiter(1)
        """Shelves to build: else whoever asks for many would let a search wait for all of them."""

    async def make(self, aside: Aside) -> None:
        """Once, at the start: 0.3 s for 200,000 records. Only who asks waits for it."""
        self._aside = aside
        self._meanwhile = {}  # before the other thread looks: what it sees may be told twice
        self._made = await aside.read(_all)
        _apply(self._made, self._meanwhile)
        self._meanwhile = None
        self._is_made.set()

    async def ready(self, interest: Interest = EVERYTHING) -> Accumulator:
        """All that is handed to others of what `interest` holds. It changes with the next record
        that is kept; a shelf that nobody asks for any more is left as it is."""
        await self._is_made.wait()
        assert self._made is not None
        if interest.is_everything:
            return self._made
        name = interest.id
        while name not in self._shelves:
            if under_way := self._building.get(name):
                await under_way.is_over.wait()
            else:
                await self._build(name, interest)
        shelf = self._shelves.pop(name)
        self._shelves[name] = shelf
        return shelf.places

    def known(self, interest_id: bytes) -> Interest | None:
        """The interest with this id, if its shelf is remembered."""
        if interest_id == EVERYTHING.id:
            return EVERYTHING
        shelf = self._shelves.get(interest_id)
        return shelf.interest if shelf else None

    def change(self, offered: Mapping[Place, bool]) -> None:
        """Which records are handed to others from now on (true), and which no more."""
        if self._made is not None:
            _apply(self._made, offered)
        elif self._meanwhile is not None:
            self._meanwhile |= offered
        for each in self._building.values():
            each.meanwhile |= offered
        self._change(self._shelves.values(), offered)

    def _change(self, some: Collection[Shelf], offered: Mapping[Place, bool]) -> None:
        if not some or not offered:
            return
        with self._database.reading() as db:
            came = shelves.rows(db, [each for each, is_offered in offered.items() if is_offered])
            for shelf in some:
                shelf.change(db, offered, came)

    async def _build(self, name: bytes, interest: Interest) -> None:
        assert self._aside is not None, "it is made"
        building = _Building()
        self._building[name] = building
        try:
            async with self._one_at_a_time:
                shelf = await self._aside.read(partial(shelves.build, interest=interest))
            self._change([shelf], building.meanwhile)
            self._shelves[name] = shelf
            self._forget()
        finally:
            del self._building[name]
            building.is_over.set()

    def _forget(self) -> None:
        """Shelves that were not asked for lately, where there are too many."""
        while len(self._shelves) > 1 and (
            len(self._shelves) > SHELVES_MAX
            or sum(each.places.size() for each in self._shelves.values()) > SHELVES_PLACES_MAX
        ):
            del self._shelves[next(iter(self._shelves))]


def _apply(to: Accumulator, offered: Mapping[Place, bool]) -> None:
    for place, is_offered in offered.items():
        if is_offered:
            to.insert(place)
        else:
            to.erase(place)


def _all(db: Transaction) -> Accumulator:
    return Accumulator(records.offered(db))
