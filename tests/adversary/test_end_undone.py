"""Haveno, RetoSwap, May 2026: a message long out of order was believed: ≈ $2.7 M gone.

Here an end that both have seen, one by leading to it and the other by saying so, is final.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Final

import pytest

from goodword.crypto.person import Person
from goodword.protocol import entry
from goodword.protocol.entry import Event
from goodword.protocol.errors import NotYours
from goodword.protocol.limits import DAY
from goodword.protocol.order import open_steps
from goodword.protocol.record import Record
from goodword.protocol.table import TERMINAL, State
from tests.make import ANN, BEN, CHEN
from tests.node.deal import Deal
from tests.protocol.ways import AT, PEOPLE, fold, step
from tests.world import KEPT, deliver, traders

from .door import LATE, bring, home, order_at


def leader(told: list[Record]) -> Person:
    return PEOPLE[entry.read(told[-1]).role]


def other(told: list[Record]) -> Person:
    return BEN if leader(told) is ANN else ANN


def sealed(state: State) -> list[Record]:
    """An order that is over, as both have seen."""
    told = AT[state]
    return [*told, step(other(told), Event.ACKNOWLEDGE, told)]


ENDS: Final = sorted(TERMINAL)


@pytest.mark.parametrize(("state", "person"), list(product(ENDS, PEOPLE.values())))
def test_nothing_leads_out_of_an_end_that_both_have_seen(state: State, person: Person) -> None:
    """Whatever he signs, as of whatever moment before, alone or one after the other."""
    told, end = AT[state], fold(sealed(state))
    role = next(each for each, who in PEOPLE.items() if who is person)
    for count in range(1, len(told)):
        way = told[:count]
        for event in open_steps(fold(way), role, LATE):
            held = [step(person, event, way)]
            for more in open_steps(fold([*way, *held]), role, LATE):
                held.append(step(person, more, [*way, held[0]]))
            with home(CHEN if person is not CHEN else ANN, sealed(state)) as node:
                assert set(bring(node, *held)) <= {"new", "known"}, event
                made = order_at(node)
                assert (made.state, made.to_seller) == (state, end.to_seller), event


@pytest.mark.parametrize("state", ENDS)
def test_who_led_there_does_not_seal_it_alone(state: State) -> None:
    """Else he could shut the door on what the other has under way."""
    told = AT[state]
    with home(other(told), told) as node:
        assert bring(node, step(leader(told), Event.ACKNOWLEDGE, told)) == [NotYours.code]


@pytest.mark.parametrize("state", ENDS)
def test_a_moderator_seals_nothing(state: State) -> None:
    told = AT[state]
    with home(ANN, told) as node:
        assert bring(node, step(CHEN, Event.ACKNOWLEDGE, told)) == [NotYours.code]


def test_a_node_says_by_itself_that_it_has_seen_the_end(tmp_path: Path) -> None:
    """So it takes no care of a person to be safe."""
    with traders(tmp_path, [ANN, BEN]) as (ann, ben):
        deal = Deal(ann, ben)
        deal.place()
        deal.take(ben, "accept")
        deal.take(ben, "on_delivery")
        deal.take(ann, "confirm")
        assert ben.clerk.look() == 1
        assert deliver(ben, ann) == [KEPT]
        for who in (ann, ben):
            assert deal.seen_by(who)["is_sealed"]
            assert who.clerk.look() == 0


def test_an_end_that_one_side_never_heard_of_is_not_held_against_it(tmp_path: Path) -> None:
    """Ann was away: Ben called the deadline; her dispute, under way since before, comes first."""
    with traders(tmp_path, [ANN, BEN]) as (ann, ben):
        deal = Deal(ann, ben)
        deal.place()
        deal.take(ben, "accept")
        deal.take(ben, "on_delivery")
        deal.take(ben, "ship")
        ann.trading.dispute(order=deal.id, reasons="it is broken")
        deal.watch.forward(7 * DAY)
        assert ben.clerk.look() == 1
        assert deal.seen_by(ben)["state"] == "completed"
        assert deliver(ann, ben) == [KEPT]
        assert deliver(ben, ann) == [KEPT]
        assert deal.seen_by(ben)["state"] == deal.seen_by(ann)["state"] == "disputed"
