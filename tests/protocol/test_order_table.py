"""The table: every cell of it, and every cell that is not in it."""

from __future__ import annotations

from itertools import product

import pytest

from goodword.protocol import entry, order
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import BadBinding, NotYours, TooEarly, WrongTurn
from goodword.protocol.limits import ROLE_ENTRIES_MAX
from goodword.protocol.money import Money
from goodword.protocol.order import (
    STEPS,
    TERMINAL,
    WAITS_FOR,
    WINDOWS,
    State,
    default_outcome,
    duties,
    open_steps,
)
from goodword.protocol.record import Record
from tests.make import DAI, entries_of, say

from .ways import AGREED, AT, PEOPLE, fold, step

LIVE = [state for state in State if state not in TERMINAL]
TOLD = {Money(2_500, "EUR"): [State.COMPLETED], Money(500, "EUR"): [State.REFUNDED]}


def gate(said: Record, after: list[Record]) -> None:
    order.check(entry.read(said), entries_of(after))


# --- every cell --------------------------------------------------------------------------------


@pytest.mark.parametrize("state", State)
def test_there_is_a_way_to_each_state(state: State) -> None:
    """Each step of it passes the gate."""
    records = AT[state]
    for count, said in enumerate(records):
        gate(said, records[:count])
    assert fold(records).state is state


@pytest.mark.parametrize(("state", "event", "role"), list(product(State, Event, Role)))
def test_what_the_table_allows_is_possible_and_nothing_else(
    state: State, event: Event, role: Role
) -> None:
    after = AT[state]
    said = step(PEOPLE[role], event, after)
    allowed = STEPS.get((state, event))
    if allowed is None:
        # Whose past a second proposal would be judged in cannot be said: it has none.
        seems = State.PROPOSED if event is Event.PROPOSE else state
        with pytest.raises(WrongTurn, match=f"^the order is {seems}: {event} is not possible now$"):
            gate(said, after)
        assert fold([*after, said]).state is state
    elif role not in allowed.by:
        with pytest.raises(NotYours, match=f"^a {role} may not {event} while the order is {state}"):
            gate(said, after)
        assert fold([*after, said]).state is state
    else:
        gate(said, after)
        assert fold([*after, said]).state is allowed.to


@pytest.mark.parametrize(("state", "event"), STEPS)
@pytest.mark.parametrize("role", Role)
def test_a_stranger_takes_no_step(state: State, event: Event, role: Role) -> None:
    with pytest.raises(BadBinding):
        gate(step(DAI, event, AT[state], role=role), AT[state])


@pytest.mark.parametrize(("state", "event"), STEPS)
def test_nobody_speaks_for_the_other(state: State, event: Event) -> None:
    for role, person in PEOPLE.items():
        other = next(each for each in Role if each is not role)
        with pytest.raises(BadBinding):
            gate(step(person, event, AT[state], role=other), AT[state])


# --- time --------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", LIVE)
def test_the_time_for_the_other_side_is_respected_to_the_second(state: State) -> None:
    after = AT[state]
    before = fold(after)
    window = WINDOWS[state] or AGREED.handling
    deadline = before.since + window
    assert before.deadline == deadline
    for role in STEPS[state, Event.TIMEOUT].by:
        for seconds in (1, window):
            early = say(PEOPLE[role], Event.TIMEOUT, after, now=deadline - seconds)
            with pytest.raises(TooEarly, match=f"runs for {seconds} more seconds"):
                gate(early, after)
        gate(say(PEOPLE[role], Event.TIMEOUT, after, now=deadline), after)


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_an_end_has_no_deadline(state: State) -> None:
    ended = fold(AT[state])
    assert ended.is_over
    assert ended.deadline is None
    assert default_outcome(ended) is None


@pytest.mark.parametrize("state", LIVE)
def test_a_late_step_is_possible_until_somebody_says_timeout(state: State) -> None:
    after = AT[state]
    for (at, event), allowed in STEPS.items():
        if at is state:
            for role in allowed.by:
                late = say(
                    PEOPLE[role],
                    event,
                    after,
                    details={"to_seller": 0} if event is Event.REFUND else None,
                    now=(fold(after).deadline or 0) + 10**6,
                )
                gate(late, after)


@pytest.mark.parametrize(("state", "role"), list(product(State, Role)))
def test_open_steps_are_those_of_the_table(state: State, role: Role) -> None:
    here = fold(AT[state])
    deadline = here.deadline or 0
    now_or_later = [event for (at, event), each in STEPS.items() if at is state and role in each.by]
    before = [event for event in now_or_later if event is not Event.TIMEOUT]
    assert open_steps(here, role, deadline) == now_or_later
    assert open_steps(here, role, deadline - 1) == before
    assert duties(here, role, deadline) == [each for each in now_or_later if each not in before]
    assert duties(here, role, deadline - 1) == []


# --- the table as a whole ----------------------------------------------------------------------


def following(state: State, role: Role | None = None) -> set[State]:
    return {
        each.to
        for (at, _), each in STEPS.items()
        if at is state and (role is None or role in each.by)
    }


def reachable(state: State, role: Role | None = None) -> set[State]:
    found, unvisited = {state}, [state]
    while unvisited:
        new = following(unvisited.pop(), role) - found
        found |= new
        unvisited += new
    return found


def test_every_state_can_be_reached() -> None:
    assert reachable(State.PROPOSED) == set(State)


def test_no_state_is_without_a_deadline_or_an_end() -> None:
    for state in State:
        assert (state in TERMINAL) is ((state, Event.TIMEOUT) not in STEPS)
        assert (state in TERMINAL) is (not following(state))
    assert set(WINDOWS) == set(WAITS_FOR) == set(LIVE)


@pytest.mark.parametrize(("state", "role"), list(product(LIVE, Role)))
def test_each_party_alone_comes_to_an_end(state: State, role: Role) -> None:
    """With the clock, and without the other's help."""
    assert reachable(state, role) & TERMINAL


def test_the_table_has_no_cycle() -> None:
    def longest(state: State, before: frozenset[State]) -> int:
        assert state not in before, f"cycle through {state}"
        return 1 + max((longest(to, before | {state}) for to in following(state)), default=0)

    assert longest(State.PROPOSED, frozenset()) < ROLE_ENTRIES_MAX


def test_a_timeout_yields_to_every_step() -> None:
    for (state, event), each in STEPS.items():
        if event is not Event.TIMEOUT:
            assert each.precedence < STEPS[state, Event.TIMEOUT].precedence


def test_who_is_waited_for_can_bring_the_order_forward() -> None:
    for state, role in WAITS_FOR.items():
        assert following(state, role) - TERMINAL or State.COMPLETED in following(state, role)


@pytest.mark.parametrize("state", State)
def test_only_a_completed_or_refunded_order_says_whose_the_money_is(state: State) -> None:
    expected = [amount for amount, states in TOLD.items() if state in states]
    assert fold(AT[state]).to_seller == (expected[0] if expected else None)


def test_an_order_knows_its_parties() -> None:
    here = fold(AT[State.PROPOSED])
    assert here.id == AGREED.id
    for role, person in PEOPLE.items():
        assert here.party(role) == person.public_key
        assert here.role_of(person.public_key) is role
    assert here.role_of(DAI.public_key) is None
