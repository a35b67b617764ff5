from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from goodword.node.herald import LASTS_SECONDS, LOOK_SECONDS, RENEW_SECONDS, Herald
from goodword.node.roads import peer_bytes
from goodword.protocol.limits import DAY
from goodword.storage import people
from tests.make import ANN
from tests.node.peer_process import running
from tests.world import Trader, traders


class Told:
    """Ann's herald, and what can be known of her device."""

    def __init__(self, ann: Trader, herald: Herald, peer: bytes) -> None:
        self.watch = ann.watch
        self._ann = ann
        self._herald = herald
        self._peer = peer

    def look(self) -> int:
        """Let the herald look; which revision stands then."""
        self._herald.look()
        with self._ann.database.reading() as db:
            (row,) = db.execute("SELECT revision FROM standing WHERE slot = ?", (self._peer,))
        return int(row[0])

    def expires_at(self) -> int:
        with self._ann.database.reading() as db:
            (said,) = people.presence(db, self._ann.me, self.watch())
        return said.expires_at


@asynccontextmanager
async def told(folder: Path) -> AsyncGenerator[Told]:
    async with running() as node:
        with traders(folder, [ANN]) as (ann,):
            herald = Herald(ann.author, node.transport, ann.database, ann.watch)
            yield Told(ann, herald, peer_bytes(node.transport.peer_id))


async def test_where_we_are_is_said_again_before_it_expires(tmp_path: Path) -> None:
    async with told(tmp_path) as ann:
        first = ann.look()
        ann.watch.forward(RENEW_SECONDS - 1)
        assert ann.look() == first
        ann.watch.forward(1)
        assert ann.look() == first + 1
        assert ann.expires_at() == ann.watch() + LASTS_SECONDS


async def test_what_a_clock_said_that_ran_ahead_is_said_again(tmp_path: Path) -> None:
    """Others refused it: for a year nobody would have known where she is."""
    async with told(tmp_path) as ann:
        ann.watch.forward(365 * DAY)
        first = ann.look()
        ann.watch.forward(-365 * DAY)
        assert ann.look() == first + 1
        assert ann.expires_at() == ann.watch() + LASTS_SECONDS


async def test_a_clock_that_is_put_right_by_a_minute_is_no_news(tmp_path: Path) -> None:
    async with told(tmp_path) as ann:
        first = ann.look()
        ann.watch.forward(-int(LOOK_SECONDS))
        assert ann.look() == first
