"""Particl: what users complain of most is an escrow that hangs, since the other vanished.

So a deadline ends all here; and whoever would move a clock attacks the deadline. Times are each
author's own word: too far ahead waits, before its past is refused, and a deadline that only one
clock saw pass yields to any word that was under way.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from goodword.protocol.entry import Event
from goodword.protocol.errors import BeforeItsPast, FromTheFuture
from goodword.protocol.limits import DAY, FUTURE_SECONDS_MAX, HOUR
from goodword.protocol.table import State
from tests.make import ANN, BEN, NOW, say
from tests.node.deal import Deal
from tests.protocol.ways import AT, step
from tests.storage import dump
from tests.world import KEPT, Watch, deliver, traders

from .door import bring, home, order_at

YEAR: Final = 365 * DAY


@pytest.mark.parametrize("state", [State.PROPOSED, State.ACCEPTED, State.FULFILLED])
def test_a_timeout_from_the_future_waits_for_its_time(state: State) -> None:
    """Dated at the deadline, so that the gate would let it in; said days before."""
    told = AT[state]
    person = BEN if state is State.FULFILLED else ANN
    early = step(person, Event.TIMEOUT, told)
    with home(BEN if person is ANN else ANN, told, now=told[-1].made_at) as node:
        whole = dump.everything(node.database)
        assert bring(node, early) == [FromTheFuture.code]
        assert dump.everything(node.database) == whole
        node.now = early.made_at - FUTURE_SECONDS_MAX - 1
        assert bring(node, early) == [FromTheFuture.code]
        node.now += 1
        assert bring(node, early) == ["new"]


def test_a_clock_ahead_is_no_fault() -> None:
    """Phones without network time drift: whoever is early is told to come again."""
    assert not FromTheFuture.is_fault


def test_ten_minutes_are_all_that_is_gained_by_dating_ahead() -> None:
    told = AT[State.ACCEPTED]
    deadline = told[-1].made_at + DAY
    with home(BEN, told, now=deadline - FUTURE_SECONDS_MAX) as node:
        assert bring(node, say(ANN, Event.TIMEOUT, told, now=deadline)) == ["new"]


@pytest.mark.parametrize("seconds", [1, HOUR, YEAR])
def test_an_entry_is_not_dated_before_what_it_follows(seconds: int) -> None:
    """Else who shipped too late would have shipped in time."""
    told = AT[State.FUNDED]
    with home(ANN, told) as node:
        whole = dump.everything(node.database)
        back = say(BEN, Event.FULFIL, told, now=told[-1].made_at - seconds)
        assert bring(node, back) == [BeforeItsPast.code]
        assert dump.everything(node.database) == whole


def test_dating_back_brings_no_deadline_nearer() -> None:
    """The state begins no earlier than the one before it, whatever its author says."""
    told = AT[State.FUNDED]
    shipped = say(BEN, Event.FULFIL, told, now=told[-1].made_at)
    with home(ANN, [*told, shipped]) as node:
        made = order_at(node)
        assert made.since == told[-1].made_at
        assert made.deadline == told[-1].made_at + 7 * DAY


def test_a_deadline_that_only_a_wrong_clock_saw_pass_yields_to_a_word_under_way(
    tmp_path: Path,
) -> None:
    """Ann's clock is a year ahead: her node calls the time over while Ben has still two days."""
    (tmp_path / "ben").mkdir()
    wrong = Watch(NOW)
    with (
        traders(tmp_path, [ANN], wrong) as (ann,),
        traders(tmp_path / "ben", [BEN]) as (ben,),
    ):
        deal = Deal(ann, ben)
        deal.place()
        wrong.forward(YEAR)
        assert ann.clerk.look() == 1
        assert deal.seen_by(ann)["state"] == "expired"
        assert deliver(ann, ben) == [FromTheFuture.code]
        assert deal.seen_by(ben)["state"] == "proposed"
        ben.trading.accept(order=deal.id)
        assert deliver(ben, ann) == [KEPT]
        assert deal.seen_by(ann)["state"] == "accepted"
        assert [each["event"] for each in deal.seen_by(ann)["void"]] == ["timeout"]


def test_a_clock_that_is_set_back_uses_nothing_up(tmp_path: Path) -> None:
    with traders(tmp_path, [ANN, BEN]) as (ann, ben):
        deal = Deal(ann, ben)
        deal.place()
        deal.watch.forward(-YEAR)
        assert (ann.clerk.look(), ben.clerk.look()) == (0, 0)
        deal.watch.forward(YEAR)
        assert deal.take(ben, "accept")["state"] == "accepted"
