"""A peer keeps us busy at catch-up: what differs never ends, what he tells of he does not give.

What stands against it: who settles nothing in many messages, or hands out too little of what he
tells of, is left, with a mark; what is asked for in vain is asked for at others all the same.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from goodword.node import comparer, visit
from goodword.node.intake import BULK_RECORDS_MAX
from goodword.node.syncer import LANES
from goodword.node.transport import TransportError
from goodword.protocol import exchange
from goodword.protocol.bounds import END, Bound, time_of
from goodword.protocol.errors import Malformed, NeverSettled, NotOfReconciliation, Withheld
from goodword.protocol.exchange import AskGaps, Filling, Records, UnknownScope
from goodword.protocol.ranges import Fingerprint, IdList, Page
from goodword.protocol.record import RecordId
from tests.node.catching_up import Peer, loaves, meeting
from tests.node.peer_process import running

ELSE = bytes(16)
"""A fingerprint that nobody has."""


class Differing(Peer):
    """Says of everything, at each time, that he has something else."""

    async def compare(self, peer: str, message: bytes) -> bytes:
        self.rounds += 1
        page = Page(0)
        page.add(Fingerprint(bound=END, fingerprint=ELSE), 0)
        return page.to_bytes()


class Boasting(Peer):
    """Tells of a few more records with each message, all made up."""

    each = 100

    async def compare(self, peer: str, message: bytes) -> bytes:
        self.rounds += 1
        page = Page(0)
        first = self.rounds * self.each
        ids = [RecordId(n.to_bytes(32, "big")) for n in range(first, first + self.each)]
        page.add(IdList(bound=Bound(self.rounds.to_bytes(8, "big")), ids=ids), 0)
        page.add(Fingerprint(bound=END, fingerprint=ELSE), 0)
        return page.to_bytes()


class Creeping(Peer):
    """Says that he has something else, each time from a second later on."""

    async def compare(self, peer: str, message: bytes) -> bytes:
        self.rounds += 1
        page = Page(0)
        page.skip(Bound(self.rounds.to_bytes(8, "big")), 0)
        page.add(Fingerprint(bound=END, fingerprint=ELSE), 0)
        return page.to_bytes()


class Filler(Peer):
    """Says something of his own of what lies in gaps; of what is asked for by its id nothing."""

    asks = 0

    async def hand_out(self, peer: str, request: bytes) -> bytes:
        self.asks += 1
        match exchange.read(request):
            case AskGaps() as ask:
                return self.fill(ask).to_bytes()
            case _:
                return Records(records=[]).to_bytes()


def a_second_further(ask: AskGaps) -> Bound:
    return Bound((time_of(ask.gaps[0].since) + 1).to_bytes(8, "big"))


class Keeping(Filler):
    """Tells of what he has, and keeps it to himself."""

    def fill(self, ask: AskGaps) -> Filling:
        end = ask.gaps[-1].until
        return Filling(records=[], begun=end, settled=end, left=0)


class Standing(Filler):
    """Promises more, and comes no further."""

    def fill(self, ask: AskGaps) -> Filling:
        since = ask.gaps[0].since
        return Filling(records=[], begun=since, settled=since, left=1_000)


class Dripping(Filler):
    """Comes a second further with each page, which is empty."""

    def fill(self, ask: AskGaps) -> Filling:
        settled = a_second_further(ask)
        return Filling(records=[], begun=settled, settled=settled, left=1_000)


class Repeating(Filler):
    """Fills a page with the same record, a second further each time."""

    def fill(self, ask: AskGaps) -> Filling:
        settled = a_second_further(ask)
        same = [self.made[0].to_bytes()] * 512
        return Filling(records=same, begun=settled, settled=settled, left=1_000_000)


class Refusing(Filler):
    """Hands out what nobody takes."""

    def fill(self, ask: AskGaps) -> Filling:
        settled = a_second_further(ask)
        return Filling(records=[b"no record"] * 16, begun=settled, settled=settled, left=1_000)


class Forgetting(Peer):
    """Never knows in which scope we compare, not even in that of everything."""

    async def answer(self, peer: str, request: bytes) -> bytes:
        self.rounds += 1
        return UnknownScope().to_bytes()


async def test_a_peer_with_whom_nothing_is_ever_settled_is_left(tmp_path: Path) -> None:
    there = Differing()
    async with meeting(tmp_path, there) as met:
        met.ann.admit(*loaves(3))
        with pytest.raises(NeverSettled):
            await met.catch_up()
        assert there.rounds == comparer.STILL_ROUNDS_MAX + 1


async def test_a_peer_who_settles_next_to_nothing_keeps_us_for_a_while_only(
    tmp_path: Path,
) -> None:
    there = Creeping()
    async with meeting(tmp_path, there) as met:
        met.ann.admit(*loaves(3))
        assert await met.catch_up() == 0
        assert there.rounds == visit.IDLE_ROUNDS_MAX + 1


async def test_a_peer_who_tells_of_what_there_is_not_is_left(tmp_path: Path) -> None:
    there = Boasting()
    async with meeting(tmp_path, there) as met:
        met.ann.admit(*loaves(3))
        with pytest.raises(Withheld):
            await met.catch_up()
        assert there.rounds <= visit.WITHHELD_MAX // Boasting.each + 1


async def test_what_one_peer_keeps_to_himself_comes_from_another(tmp_path: Path) -> None:
    bread = loaves(3)
    async with meeting(tmp_path, Keeping(bread)) as met, running(seed=3) as other:
        assert await met.catch_up() == 0
        Peer(bread).serve(other)
        met.peer = await met.here.transport.connect(other.address)
        assert await met.catch_up() == 3


async def test_who_hands_out_what_is_no_record_is_left_and_refused(tmp_path: Path) -> None:
    there = Refusing()
    async with meeting(tmp_path, there) as met:
        for _ in range(2):
            with suppress(TransportError):
                await met.catch_up()
        await met.here.until(lambda: met.peer in met.here.left)
        assert there.asks < 40


@pytest.mark.parametrize("liar", [Standing, Dripping])
async def test_who_fills_gaps_with_nothing_is_left_at_once(
    tmp_path: Path, liar: type[Filler]
) -> None:
    there = liar()
    async with meeting(tmp_path, there) as met:
        with pytest.raises(Malformed):
            await met.catch_up()
        assert there.asks == 1


async def test_who_fills_gaps_with_what_we_have_is_left_after_a_while(tmp_path: Path) -> None:
    there = Repeating(loaves(1))
    async with meeting(tmp_path, there) as met:
        assert await met.catch_up() == 1
        # What each lane holds when it is found out is lost as well.
        assert there.asks <= 2 + (visit.KNOWN_MAX + LANES * BULK_RECORDS_MAX) // 512


async def test_who_does_not_know_everything_is_left(tmp_path: Path) -> None:
    there = Forgetting()
    async with meeting(tmp_path, there) as met:
        met.ann.admit(*loaves(3))
        with pytest.raises(Malformed):
            await met.catch_up()
        assert there.rounds == 1


async def test_each_visit_that_ends_so_is_a_mark(tmp_path: Path) -> None:
    """At last the peer is refused for a while."""
    there = Differing()
    async with meeting(tmp_path, there) as met:
        met.ann.admit(*loaves(3))
        while met.peer not in met.here.left:
            await met.syncer._follow(met.syncer._begin(met.peer))
        assert there.rounds % (comparer.STILL_ROUNDS_MAX + 1) == 0


@pytest.mark.parametrize("said", [b"", b"\x01", b"\x61\x00", b"\x61\x00\x00\x02\x01"])
async def test_what_is_no_message_ends_the_visit(tmp_path: Path, said: bytes) -> None:
    class Stammering(Peer):
        async def compare(self, peer: str, message: bytes) -> bytes:
            return said

    async with meeting(tmp_path, Stammering()) as met:
        met.ann.admit(*loaves(3))
        with pytest.raises(NotOfReconciliation):
            await met.catch_up()
