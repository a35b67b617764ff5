"""Ann, who buys, and Ben, who sells: each at a desk of their own."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio

from goodword.node.home import Home
from goodword.protocol import licence
from goodword.protocol.contract import OrderId
from goodword.protocol.entry import Role
from goodword.protocol.record import Record
from tests.cli.desk import Desk, methods_of
from tests.make import ANN, BEN
from tests.world import Trader, Watch, deliver, gossip, traders


@pytest.fixture(autouse=True)
def _mask() -> Generator[None]:
    """The command line closes what it makes to others; the tests' own umask stays theirs."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture(autouse=True)
def _environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the home or the passphrase of whoever runs it; all are in one time zone."""
    monkeypatch.setenv("GOODWORD_HOME", str(tmp_path / "nowhere"))
    monkeypatch.delenv("GOODWORD_PASSPHRASE", raising=False)
    monkeypatch.delenv("GOODWORD_DEBUG", raising=False)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@dataclass(frozen=True, slots=True)
class Street:
    ann: Desk
    ben: Desk
    _ann: Trader
    _ben: Trader

    def gossip(self) -> None:
        gossip(self._ann, self._ben)
        gossip(self._ben, self._ann)

    def deliver(self) -> None:
        deliver(self._ann, self._ben)
        deliver(self._ben, self._ann)

    def ann_hears(self, *made: Record) -> None:
        self._ann.admit(*made)

    def review(self, order: OrderId, *, count: int, rating: str, text: str) -> None:
        """As Ann, who bought, about Ben."""
        self._ann.reviewing.publish(
            order,
            about=self._ben.me,
            role=Role.BUYER,
            count=count,
            licence=licence.give(self._ben.person.identity, order, self._ann.me, count),
            rating=rating,
            text=text,
        )

    @property
    def addresses(self) -> tuple[str, str]:
        return self._ann.address, self._ben.address


@pytest.fixture
async def street(tmp_path: Path, nursery: trio.Nursery) -> AsyncGenerator[Street]:
    # The time of the command line, which says what is still to come and what is over.
    with traders(tmp_path, [ANN, BEN], Watch(int(time.time()))) as (ann, ben):
        street = Street(
            Desk(tmp_path / "ann", methods_of(ann)),
            Desk(tmp_path / "ben", methods_of(ben)),
            ann,
            ben,
        )
        await street.ann.start(nursery)
        await street.ben.start(nursery)
        yield street
