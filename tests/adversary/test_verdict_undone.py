"""Mostro: a solver could slash; Bisq, proposals#135: an arbiter might work with a party.

Here what a verdict was given on stands: nothing that a party held back until he heard it, or
dated back, makes it void. Only who gives up more than it asks goes before it.
"""

from __future__ import annotations

from itertools import product
from typing import Final

import pytest

from goodword.protocol.entry import Event
from goodword.protocol.limits import DAY
from goodword.protocol.record import Record
from goodword.protocol.table import State
from tests.make import ANN, BEN, CHEN
from tests.protocol.ways import AT, step

from .door import after, agreed_by_all, bring, home, minor, order_at, void

CLAIMED: Final = AT[State.PAY_CLAIMED]
DISPUTED: Final = AT[State.DISPUTED]


def judged(known: list[Record], part: int = 0) -> Record:
    """The verdict of Chen, five days later."""
    return after(known, CHEN, Event.VERDICT, 5 * DAY, to_seller=part)


def chatter() -> list[list[Record]]:
    """What the two, and Chen, say in a dispute before he decides."""
    ways: list[list[Record]] = [[]]
    for person, event in ((CHEN, Event.CONSENT), (ANN, Event.OFFER), (BEN, Event.OFFER)):
        ways.append([*ways[-1], after([*DISPUTED, *ways[-1]], person, event)])
    return ways[:3]


@pytest.mark.parametrize(
    ("said", "event"), list(product(chatter(), (Event.PAY_RECEIVED, Event.FULFIL)))
)
def test_what_the_seller_held_back_does_not_undo_it(said: list[Record], event: Event) -> None:
    """Whatever was said between the dispute and the verdict."""
    known = [*DISPUTED, *said]
    held = after(DISPUTED, BEN, event, 1)
    made = agreed_by_all(known, [judged(known), held])
    assert (made.state, minor(made)) == (State.DECIDED, 0)
    assert ("seller", event.value) in void(made)


def test_a_whole_deal_that_was_held_back_does_not_undo_it() -> None:
    """The dispute began with a deadline: the money is seen, it is shipped, a week goes by."""
    late = step(ANN, Event.TIMEOUT, CLAIMED)
    held = list(CLAIMED)
    for event, seconds in ((Event.PAY_RECEIVED, 1), (Event.FULFIL, 1), (Event.TIMEOUT, 7 * DAY)):
        held.append(after(held, BEN, event, seconds))
    made = agreed_by_all([*CLAIMED, late, judged([*CLAIMED, late])], held[len(CLAIMED) :])
    assert (made.state, minor(made)) == (State.DECIDED, 0)


def test_a_way_that_the_seller_also_signed_does_not_undo_it() -> None:
    """He denied, and the moderator decided on that; now he says that it came, at the same time."""
    came = after(CLAIMED, BEN, Event.PAY_RECEIVED)
    made = agreed_by_all([*DISPUTED, judged(DISPUTED)], [came])
    assert (made.state, minor(made)) == (State.DECIDED, 0)


def test_a_buyer_does_not_undo_it_by_another_payment() -> None:
    known = AT[State.ACCEPTED]
    again = after(known, ANN, Event.PAY_SENT, note="by another bank")
    made = agreed_by_all([*DISPUTED, judged(DISPUTED, 2_500)], [again])
    assert (made.state, minor(made)) == (State.DECIDED, 2_500)


@pytest.mark.parametrize(
    ("person", "event", "ends", "part"),
    [
        (ANN, Event.CONFIRM, State.COMPLETED, 2_500),
        (BEN, Event.REFUND, State.REFUNDED, 0),
    ],
)
def test_who_gives_up_more_goes_before_it(
    person: object, event: Event, ends: State, part: int
) -> None:
    """A moderator cannot take from a party what the other gave."""
    who = ANN if person is ANN else BEN
    given = after(DISPUTED, who, event)
    for said in chatter():
        known = [*DISPUTED, *said]
        made = agreed_by_all(known, [judged(known, 1_000), given])
        assert (made.state, minor(made)) == (ends, part)


def test_a_moderator_who_decides_twice_proves_it_of_himself() -> None:
    one, two = judged(DISPUTED, 0), judged(DISPUTED, 2_500)
    made = agreed_by_all(DISPUTED, [one, two])
    assert made.state is State.DECIDED
    assert [role.value for role in made.forkers] == ["moderator"]
    assert void(made) == [("moderator", "verdict")]


def test_a_second_verdict_does_not_undo_what_was_done_after_the_first() -> None:
    one, two = judged(DISPUTED, 0), judged(DISPUTED, 2_500)
    paid = after([*DISPUTED, one], BEN, Event.EXECUTED)
    made = agreed_by_all([*DISPUTED, one, paid], [two])
    assert (made.state, minor(made)) == (State.RESOLVED, 0)


def test_a_second_verdict_after_the_first_is_refused() -> None:
    one = judged(DISPUTED, 0)
    with home(ANN, [*DISPUTED, one]) as node:
        second = after([*DISPUTED, one], CHEN, Event.VERDICT, to_seller=2_500)
        assert bring(node, second) == ["order.wrong_turn"]
        assert minor(order_at(node)) == 0


@pytest.mark.parametrize("ends", [State.COMPLETED, State.REFUNDED])
def test_a_verdict_after_an_end_that_both_have_seen_is_void(ends: State) -> None:
    """Long after: the dispute was over, and the moderator decides as if he had not heard."""
    if ends is State.COMPLETED:
        end, seen_by = after(DISPUTED, ANN, Event.CONFIRM), BEN
    else:
        end, seen_by = after(DISPUTED, BEN, Event.REFUND), ANN
    seen = after([*DISPUTED, end], seen_by, Event.ACKNOWLEDGE)
    made = agreed_by_all([*DISPUTED, end, seen], [judged(DISPUTED, 1_000)])
    assert made.state is ends
    assert void(made) == [("moderator", "verdict")]


def test_a_verdict_does_not_undo_a_deal_that_went_on_to_its_end() -> None:
    """The money was found after all, shipped and confirmed: he decides on the old dispute."""
    known = list(DISPUTED)
    for person, event in (
        (BEN, Event.PAY_RECEIVED),
        (BEN, Event.FULFIL),
        (ANN, Event.CONFIRM),
    ):
        known.append(after(known, person, event))
    made = agreed_by_all(known, [judged(DISPUTED, 0)])
    assert (made.state, minor(made)) == (State.COMPLETED, 2_500)
