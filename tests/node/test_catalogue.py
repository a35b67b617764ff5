"""What two nodes compare is, at any moment, what the database says that is handed to others."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import trio
import trio.testing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodword.node.aside import Aside
from goodword.node.catalogue import Catalogue
from goodword.node.intake import Intake
from goodword.protocol.bounds import Place
from goodword.protocol.record import Record
from goodword.storage import meta, records
from goodword.storage.database import Database, Reader, Transaction
from tests.make import DAI, NOW
from tests.storage.test_eviction import POT
from tests.storage.test_views import ORDERS, PUBLIC

T = TypeVar("T")


def history(seed: int, length: int) -> list[Record]:
    return random.Random(seed).choices([*PUBLIC, *ORDERS], k=length)


histories = st.builds(history, st.integers(0, 2**32), st.integers(0, 60))
"""Long ones: lists of hypothesis are short, and there is room for a dozen."""


class Slow(Aside):
    """Looks, and tells what it saw only after `meanwhile`."""

    meanwhile: Callable[[], None] = staticmethod(lambda: None)

    async def read(self, ask: Callable[[Transaction], T]) -> T:
        found = await super().read(ask)
        self.meanwhile()
        return found


class House:
    """A node's memory on disk, with little room for strangers: what left may come back."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self.database = Database(path)
        self.reader = Reader(path)
        self.intake = Intake(self.database, DAI.public_key, lambda: NOW + 600, POT)
        with self.database.transaction() as db:
            meta.claim(db, DAI.public_key)

    def learn(self, made: Sequence[Record]) -> None:
        for each in made:
            catalogue = self.intake.catalogue
            self.intake = Intake(self.database, DAI.public_key, lambda: NOW + 600, POT)
            self.intake.catalogue = catalogue
            self.intake.admit_many([each.to_bytes()])
            with self.database.transaction() as db:
                at, _ = meta.hand(db)
                meta.set_hand(db, at, 0)

    async def offered(self) -> tuple[list[Place], list[Place]]:
        """What the catalogue says, and what the database says."""
        made = await self.intake.catalogue.ready()
        with self.database.reading() as db:
            return list(made.iterate(0, made.size())), records.offered(db)

    def close(self) -> None:
        self.reader.close()
        self.database.close()


@given(histories, histories, histories, histories)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_is_what_the_database_hands_to_others(
    tmp_path: Path,
    before: list[Record],
    at_first: list[Record],
    meanwhile: list[Record],
    after: list[Record],
) -> None:
    house = House(tmp_path / "goodword.sqlite")
    trio.run(_live, house, before, at_first, meanwhile, after)
    house.close()


async def _live(
    house: House,
    before: list[Record],
    at_first: list[Record],
    meanwhile: list[Record],
    after: list[Record],
) -> None:
    """Records come before the catalogue is made, while it is, before and after the other thread
    has looked, and when it is there."""
    house.learn(before)
    may_look = threading.Event()
    aside = Slow(house.reader)
    aside.on_read = lambda: _wait(may_look)
    aside.meanwhile = lambda: house.learn(meanwhile)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(house.intake.catalogue.make, aside)
        await trio.lowlevel.checkpoint()
        house.learn(at_first)
        may_look.set()
    said, is_ = await house.offered()
    assert said == is_
    house.learn(after)
    said, is_ = await house.offered()
    assert said == is_


def _wait(until: threading.Event) -> None:
    assert until.wait(10)


async def test_who_asks_before_it_is_made_waits(tmp_path: Path) -> None:
    house = House(tmp_path / "goodword.sqlite")
    house.learn(PUBLIC[:1])
    got: list[int] = []

    async def ask(catalogue: Catalogue) -> None:
        got.append((await catalogue.ready()).size())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask, house.intake.catalogue)
        await trio.testing.wait_all_tasks_blocked()
        assert got == []
        await house.intake.catalogue.make(Aside(house.reader))
    assert got == [1]
    house.close()
