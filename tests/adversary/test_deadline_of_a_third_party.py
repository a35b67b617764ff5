"""Mostro: anyone could write to the shared key of a trade, and so run out a deadline.

Here a deadline is the two traders': a stranger cannot touch it, a moderator neither use it up nor
make it longer.
"""

from __future__ import annotations

import pytest

from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import BadBinding, NotYours
from goodword.protocol.limits import DAY
from goodword.protocol.table import STEPS, TERMINAL, State
from tests.make import ANN, BEN, CHEN, DAI, say
from tests.protocol.ways import AT, PEOPLE, fold, step
from tests.storage import dump

from .door import after, agreed_by_all, bring, home, order_at, void

LIVE = [state for state in State if state not in TERMINAL]
WITH_CONSENT = [state for state, event in STEPS if event is Event.CONSENT]


@pytest.mark.parametrize("state", LIVE)
def test_neither_a_stranger_nor_the_moderator_says_that_time_is_over(state: State) -> None:
    told = AT[state]
    with home(ANN, told) as node:
        whole = dump.everything(node.database)
        late = [step(CHEN, Event.TIMEOUT, told), step(DAI, Event.TIMEOUT, told, role=Role.BUYER)]
        assert bring(node, *late) == [NotYours.code, BadBinding.code]
        assert dump.everything(node.database) == whole


@pytest.mark.parametrize("state", WITH_CONSENT)
def test_a_consent_makes_no_deadline_longer(state: State) -> None:
    told = AT[state]
    deadline = fold(told).deadline
    assert deadline is not None
    ready = say(CHEN, Event.CONSENT, told, now=deadline - 1)
    with home(ANN, [*told, ready]) as node:
        assert order_at(node).deadline == deadline
        (role, *_) = sorted(STEPS[state, Event.TIMEOUT].by)
        over = say(PEOPLE[role], Event.TIMEOUT, [*told, ready], now=deadline)
        assert bring(node, over) == ["new"]
        assert order_at(node).state is STEPS[state, Event.TIMEOUT].to


@pytest.mark.parametrize("state", WITH_CONSENT)
def test_a_consent_at_the_last_second_does_not_make_the_timeout_void(state: State) -> None:
    """He says it at the same moment: each node hears the two in another order."""
    told = AT[state]
    (role, *_) = sorted(STEPS[state, Event.TIMEOUT].by)
    over = step(PEOPLE[role], Event.TIMEOUT, told)
    ready = say(CHEN, Event.CONSENT, told, now=told[-1].made_at)
    made = agreed_by_all(told, [over, ready])
    assert made.state is STEPS[state, Event.TIMEOUT].to
    assert void(made) == []


def test_no_number_of_offers_makes_a_deadline_longer() -> None:
    """A party who offers just before the end, again and again, gains no second by it."""
    told = AT[State.FULFILLED]
    deadline = fold(told).deadline
    assert deadline is not None
    known = list(told)
    for n in range(4):
        known.append(say(ANN, Event.OFFER, known, details={"to_seller": n}, now=deadline - 4 + n))
    with home(BEN, known) as node:
        assert order_at(node).deadline == deadline
        assert bring(node, say(BEN, Event.TIMEOUT, known, now=deadline)) == ["new"]
        assert order_at(node).state is State.COMPLETED


def test_a_moderator_who_is_silent_holds_nothing_up() -> None:
    """Each state has an end without him; in a dispute each of the two may call it."""
    for person in (ANN, BEN):
        told = AT[State.DISPUTED]
        with home(person, told) as node:
            over = step(person, Event.TIMEOUT, told)
            assert bring(node, over) == ["new"]
            assert order_at(node).state is State.UNRESOLVED


def test_a_verdict_after_both_have_seen_the_time_pass_is_void() -> None:
    """However he dates it: he may have waited to see who pays him more."""
    told = AT[State.DISPUTED]
    over = step(ANN, Event.TIMEOUT, told)
    seen = after([*told, over], BEN, Event.ACKNOWLEDGE)
    for seconds in (60, 13 * DAY, 90 * DAY):
        late = after(told, CHEN, Event.VERDICT, seconds, to_seller=2_500)
        made = agreed_by_all([*told, over, seen], [late])
        assert (made.state, made.to_seller) == (State.UNRESOLVED, None)
        assert void(made) == [("moderator", "verdict")]


def test_a_verdict_that_was_under_way_stands() -> None:
    """The seller, who has not heard of it, calls the end; the buyer, who has, sees none."""
    told = AT[State.DISPUTED]
    verdict = after(told, CHEN, Event.VERDICT, to_seller=0)
    over = step(BEN, Event.TIMEOUT, told)
    made = agreed_by_all(told, [verdict, over])
    assert made.state is State.DECIDED
    assert void(made) == [("seller", "timeout")]
