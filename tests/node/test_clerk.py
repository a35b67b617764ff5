from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
import trio
import trio.testing

from goodword.node.clerk import AT_ONCE_MAX, Clerk
from goodword.protocol.entry import Event
from goodword.protocol.limits import DAY, HOUR
from goodword.protocol.record import Record
from goodword.protocol.terms import CLEARING_SECONDS
from tests.make import ANN, BEN, NOW, chain, contract, listing, propose, say
from tests.world import Trader, Watch, traders

BREAD = listing(BEN, title="bread")
PROPOSAL = propose(contract(BREAD))
ORDER = PROPOSAL.slot.hex()


class TrioWatch(Watch):
    """A clock that goes with trio's, which jumps to whatever is waited for."""

    def __call__(self) -> int:
        return self.now + int(trio.current_time() - self.started_at)

    def start(self) -> None:
        self.started_at = trio.current_time()


@pytest.fixture
def ben(tmp_path: Path) -> Generator[Trader]:
    with traders(tmp_path, [BEN]) as (ben,):
        ben.admit(BREAD)
        yield ben


def states(of: Trader) -> list[str]:
    return [str(line["state"]) for line in of.order(ORDER)["history"]]


# --- one look ----------------------------------------------------------------------------------


def test_nothing_is_due_before_the_deadline(ben: Trader) -> None:
    ben.admit(PROPOSAL)
    ben.watch.forward(48 * HOUR - 1)
    assert ben.clerk.look() == 0
    ben.watch.forward(1)
    assert ben.clerk.look() == 1
    assert states(ben) == ["proposed", "expired"]
    assert ben.clerk.look() == 0


def test_a_month_away_loses_nothing(ben: Trader) -> None:
    """The deadline is in the order, not in a process."""
    ben.admit(PROPOSAL)
    ben.close()
    ben.watch.forward(30 * DAY)
    ben.open()
    assert ben.clerk.look() == 1
    (entry,) = (each for each in ben.entries(ORDER) if each.event is Event.TIMEOUT)
    assert entry.made_at == NOW + 30 * DAY


def test_several_orders_are_looked_at_at_once(ben: Trader) -> None:
    for n in range(5):
        ben.admit(propose(contract(BREAD, nonce=bytes([n]) * 32), now=NOW - n))
    ben.watch.forward(48 * HOUR - 2)
    assert ben.clerk.look() == 3
    ben.watch.forward(2)
    assert ben.clerk.look() == 2
    assert {each["state"] for each in ben.orders()} == {"expired"}


def test_what_is_the_others_to_say_is_left_to_the_other(ben: Trader) -> None:
    """Ben has the money and does not ship: only Ann may dispute it for that."""
    funded = chain(PROPOSAL, (BEN, Event.ACCEPT), (BEN, Event.ON_DELIVERY), seconds=0)
    ben.admit(*funded)
    ben.watch.forward(60 * DAY)
    assert ben.clerk.look() == 0
    assert ben.order(ORDER)["state"] == "funded"


def test_what_is_over_has_no_deadline(ben: Trader) -> None:
    ben.admit(*chain(PROPOSAL, (BEN, Event.REJECT), seconds=0))
    ben.watch.forward(365 * DAY)
    assert ben.clerk.look() == 0


def test_the_clerk_says_that_the_end_was_seen(ben: Trader) -> None:
    """Once, so that Ben cannot be led, or lead, out of it again."""
    ended = chain(PROPOSAL, (ANN, Event.WITHDRAW), seconds=0)
    ben.admit(*ended)
    assert not ben.order(ORDER)["is_sealed"]
    assert [ben.clerk.look() for _ in range(2)] == [1, 0]
    assert states(ben) == ["proposed", "cancelled", "cancelled"]
    assert ben.order(ORDER)["is_sealed"]


def test_a_clock_that_runs_ahead_expires_nothing_of_the_others(ben: Trader) -> None:
    """Ann's clock is ten minutes ahead: the deadline counts from her word, in her time."""
    ben.admit(propose(contract(BREAD), now=NOW + 600))
    ben.watch.forward(48 * HOUR + 599)
    assert ben.clerk.look() == 0
    ben.watch.forward(1)
    assert ben.clerk.look() == 1


def test_a_buyer_who_signs_twenty_ways_does_not_stop_the_clerk(ben: Trader) -> None:
    """An entry names a bounded number of heads; she leaves more than that."""
    accepted = chain(PROPOSAL, (BEN, Event.ACCEPT), seconds=0)
    forks = [say(ANN, Event.PAY_SENT, accepted, details={"note": f"{n}"}) for n in range(20)]
    ben.admit(*accepted, *forks)
    ben.watch.forward(CLEARING_SECONDS)
    assert ben.clerk.look() == 1
    assert ben.order(ORDER)["state"] == "disputed"
    assert ben.order(ORDER)["signed_both_ways"] == ["buyer"]


# --- in its loop -------------------------------------------------------------------------------


async def test_the_clerk_wakes_at_the_deadline(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    watch = TrioWatch()
    watch.start()
    with traders(tmp_path, [BEN], watch) as (ben,):
        ben.admit(BREAD)
        said = trio.Event()

        def listen(record: Record) -> None:
            if record.author != PROPOSAL.author and record.kind == "order":
                said.set()

        ben.intake.on_new(listen)
        async with trio.open_nursery() as nursery:
            await nursery.start(ben.clerk.run)
            await trio.testing.wait_all_tasks_blocked()
            ben.admit(PROPOSAL)  # it came while the clerk slept: he is woken
            with trio.fail_after(48 * HOUR + 1):
                await said.wait()
            assert watch() == NOW + 48 * HOUR
            nursery.cancel_scope.cancel()
        assert states(ben) == ["proposed", "expired"]


async def test_a_clock_set_forward_is_noticed_within_a_minute(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    watch = TrioWatch()
    watch.start()
    with traders(tmp_path, [BEN], watch) as (ben,):
        ben.admit(BREAD, PROPOSAL)
        said = trio.Event()
        ben.intake.on_new(lambda _: said.set())
        async with trio.open_nursery() as nursery:
            await nursery.start(ben.clerk.run)
            await trio.testing.wait_all_tasks_blocked()
            watch.forward(48 * HOUR)  # a laptop that slept for two days
            with trio.fail_after(61):
                await said.wait()
            nursery.cancel_scope.cancel()
        assert states(ben) == ["proposed", "expired"]


def test_a_clock_that_is_set_back_meanwhile_ends_nothing(ben: Trader) -> None:
    """Due by one look at the clock, too early by the next: the step waits."""
    ben.admit(PROPOSAL)
    times = iter([NOW + 48 * HOUR])
    clerk = Clerk(ben.trading, ben.database, ben.intake, lambda: next(times))
    assert clerk.look() == 0
    assert states(ben) == ["proposed"]
    ben.watch.forward(48 * HOUR)
    assert ben.clerk.look() == 1


def test_many_deadlines_at_once_are_kept_a_few_at_a_time(ben: Trader) -> None:
    for n in range(AT_ONCE_MAX + 1):
        ben.admit(propose(contract(BREAD, nonce=bytes([n]) * 32)))
    ben.watch.forward(48 * HOUR)
    assert ben.clerk.look() == AT_ONCE_MAX
    assert ben.clerk.look() == 1
    assert ben.clerk.look() == 0
