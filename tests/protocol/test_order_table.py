"""The table: every cell of it, and every cell that is not in it."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import TypeAlias

import pytest

from goodword.protocol import entry, order, terms
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import BadBinding, NoOffer, NotYours, TooEarly, TooOften, WrongTurn
from goodword.protocol.limits import (
    DAY,
    DECIDED_SECONDS,
    HANDLING_SECONDS_MAX,
    LOCK_MARGIN_SECONDS,
    LOCK_SECONDS_MAX,
    ROLE_ENTRIES_MAX,
)
from goodword.protocol.money import Money
from goodword.protocol.order import default_outcome, duties, open_steps
from goodword.protocol.record import Record
from goodword.protocol.table import (
    SETTLED,
    STEPS,
    TERMINAL,
    TIMES,
    WAITS_FOR,
    WINDOWS,
    State,
    Step,
)
from tests.make import DAI, contract, entries_of, propose, say

from .ways import AGREED, AT, OFFERED, PEOPLE, before, fold, step

LIVE = [state for state in State if state not in TERMINAL]
TRADERS = (Role.BUYER, Role.SELLER)
TOLD = {
    Money(2_500, "EUR"): [State.COMPLETED],
    Money(500, "EUR"): [State.REFUNDED],
    Money(700, "EUR"): [State.DECIDED, State.RESOLVED],
}
Said: TypeAlias = "frozenset[tuple[tuple[Role, Event], int]]"
"""How often each has said each counted step."""

SAID = [event for event in Event if event is not Event.PROPOSE]


def gate(said: Record, after: list[Record]) -> None:
    order.check(entry.read(said), entries_of(after))


# --- every cell --------------------------------------------------------------------------------


@pytest.mark.parametrize("state", State)
def test_there_is_a_way_to_each_state(state: State) -> None:
    """Each step of it passes the gate."""
    for records in (AT[state], OFFERED.get(state, [])):
        for count, said in enumerate(records):
            gate(said, records[:count])
    assert fold(AT[state]).state is state


@pytest.mark.parametrize(("state", "event", "role"), list(product(State, SAID, Role)))
def test_what_the_table_allows_is_possible_and_nothing_else(
    state: State, event: Event, role: Role
) -> None:
    after = before(state, event)
    said = step(PEOPLE[role], event, after)
    allowed = STEPS.get((state, event))
    if allowed is None:
        with pytest.raises(WrongTurn, match=f"^the order is {state}: {event} is not possible now$"):
            gate(said, after)
        assert fold([*after, said]).state is state
    elif role not in allowed.by:
        with pytest.raises(NotYours, match=f"^a {role} may not {event} while the order is {state}"):
            gate(said, after)
        assert fold([*after, said]).state is state
    elif is_used_up(after, role, event):
        with pytest.raises(TooOften, match=f"^{event} was said 1 times already"):
            gate(said, after)
    elif event is Event.ACKNOWLEDGE and has_led_there(after, role):
        with pytest.raises(NotYours):
            gate(said, after)
    else:
        gate(said, after)
        assert fold([*after, said]).state is allowed.to


def is_used_up(after: list[Record], role: Role, event: Event) -> bool:
    said = [each for each in map(entry.read, after) if (each.role, each.event) == (role, event)]
    return event in TIMES and len(said) >= TIMES[event]


@pytest.mark.parametrize(("state", "event"), STEPS)
@pytest.mark.parametrize("role", Role)
def test_a_stranger_takes_no_step(state: State, event: Event, role: Role) -> None:
    after = before(state, event)
    with pytest.raises(BadBinding):
        gate(step(DAI, event, after, role=role), after)


@pytest.mark.parametrize(("state", "event"), STEPS)
def test_nobody_speaks_for_another(state: State, event: Event) -> None:
    after = before(state, event)
    for role, other in product(Role, Role):
        if other is not role:
            with pytest.raises(BadBinding):
                gate(step(PEOPLE[role], event, after, role=other), after)


@pytest.mark.parametrize("event", TIMES)
def test_what_leads_nowhere_is_not_said_for_ever(event: Event) -> None:
    """Each time in its place, until there is no more."""
    state, allowed = next((at, each) for (at, said), each in STEPS.items() if said is event)
    (role, *_) = sorted(allowed.by)
    after = list(AT[state])
    for _ in range(TIMES[event]):
        said = step(PEOPLE[role], event, after)
        gate(said, after)
        after.append(said)
        after = back_to(state, after)
    if fold(after).state is state:
        with pytest.raises(TooOften):
            gate(step(PEOPLE[role], event, after), after)
        assert event not in open_steps(fold(after), role, 10**10)


def back_to(state: State, after: list[Record]) -> list[Record]:
    """From where the step led to where it can be taken again, if there is a way."""
    ways = {
        (State.COUNTERED, State.PROPOSED): (Role.BUYER, Event.COUNTER),
    }
    now = fold(after).state
    if (now, state) in ways:
        role, event = ways[now, state]
        return [*after, step(PEOPLE[role], event, after)]
    return after


@pytest.mark.parametrize("state", OFFERED)
def test_one_agrees_only_to_what_the_other_offers_now(state: State) -> None:
    offered = OFFERED[state]
    ann, ben = (fold(offered).offers[role].id for role in TRADERS)
    gate(say(PEOPLE[Role.BUYER], Event.AGREE, offered, details={"offer": ben}), offered)
    for nobody_else in (ann, bytes(32)):
        own = say(PEOPLE[Role.BUYER], Event.AGREE, offered, details={"offer": nobody_else})
        with pytest.raises(NoOffer):
            gate(own, offered)
    later = [*offered, step(PEOPLE[Role.SELLER], Event.OFFER, offered)]
    with pytest.raises(NoOffer):  # the later offer stands in the place of the earlier
        gate(say(PEOPLE[Role.BUYER], Event.AGREE, later, details={"offer": ben}), later)


def test_an_offer_is_for_the_state_that_it_was_made_in() -> None:
    offered = OFFERED[State.FUNDED]
    ben = fold(offered).offers[Role.SELLER].id
    shipped = [*offered, step(PEOPLE[Role.SELLER], Event.FULFIL, offered)]
    assert fold(shipped).offers == {}
    with pytest.raises(NoOffer):
        gate(say(PEOPLE[Role.BUYER], Event.AGREE, shipped, details={"offer": ben}), shipped)


# --- time --------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", LIVE)
def test_the_time_for_the_other_side_is_respected_to_the_second(state: State) -> None:
    after = AT[state]
    here = fold(after)
    window = WINDOWS[state]
    seconds_left = window if isinstance(window, int) else getattr(AGREED.terms, window)
    deadline = here.since + seconds_left
    assert here.deadline == deadline
    for role in STEPS[state, Event.TIMEOUT].by:
        for seconds in (1, seconds_left):
            early = say(PEOPLE[role], Event.TIMEOUT, after, now=deadline - seconds)
            with pytest.raises(TooEarly, match=f"runs for {seconds} more seconds"):
                gate(early, after)
        gate(say(PEOPLE[role], Event.TIMEOUT, after, now=deadline), after)


def test_the_buyer_can_take_more_time_once() -> None:
    shipped = AT[State.FULFILLED]
    longer = [*shipped, step(PEOPLE[Role.BUYER], Event.EXTEND, shipped)]
    deadline = fold(shipped).deadline
    assert deadline is not None
    assert fold(longer).deadline == deadline + AGREED.terms.extension
    with pytest.raises(TooEarly):
        gate(say(PEOPLE[Role.SELLER], Event.TIMEOUT, longer, now=deadline), longer)
    with pytest.raises(TooOften):
        gate(step(PEOPLE[Role.BUYER], Event.EXTEND, longer), longer)


def test_a_timeout_that_meets_more_time_was_too_early() -> None:
    shipped = AT[State.FULFILLED]
    timeout = step(PEOPLE[Role.SELLER], Event.TIMEOUT, shipped)
    extend = step(PEOPLE[Role.BUYER], Event.EXTEND, shipped)
    met = fold([*shipped, timeout, extend])
    assert met.state is State.FULFILLED
    assert [each.entry.id for each in met.void] == [timeout.id]


def test_one_second_too_early_is_too_early() -> None:
    """Terms whose deadlines fill the lock up to its last second leave the buyer that one."""
    agreed = contract(handling=4 * DAY - 1, inspection=14 * DAY, dispute=21 * DAY)
    assert agreed.terms.extension == 1
    shipped = [propose(agreed)]
    for event in (Event.ACCEPT, Event.ON_DELIVERY, Event.FULFIL):
        shipped.append(step(PEOPLE[Role.SELLER], event, shipped))
    timeout = step(PEOPLE[Role.SELLER], Event.TIMEOUT, shipped)
    extend = step(PEOPLE[Role.BUYER], Event.EXTEND, shipped)
    assert fold([*shipped, timeout]).state is State.COMPLETED
    assert fold([*shipped, timeout, extend]).state is State.FULFILLED


@pytest.mark.parametrize("handling", [3_600, 10 * 86_400, HANDLING_SECONDS_MAX])
def test_the_deadlines_nest_in_the_longest_lock(handling: int) -> None:
    """From payment on, with all the time that the buyer can take."""
    agreed = terms.read(
        {
            **AGREED.terms.to_body(),
            "handling": handling,
        }
    )
    stages = (agreed.handling, agreed.inspection, agreed.extension, agreed.dispute)
    assert sum(stages) + DECIDED_SECONDS + LOCK_MARGIN_SECONDS <= LOCK_SECONDS_MAX
    assert agreed.extension >= 0


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_an_end_has_no_deadline(state: State) -> None:
    ended = fold(AT[state])
    assert ended.is_over
    assert ended.is_settled is (state in SETTLED)
    assert ended.deadline is None
    assert default_outcome(ended) is None


@pytest.mark.parametrize("state", LIVE)
def test_a_late_step_is_possible_until_somebody_says_timeout(state: State) -> None:
    for (at, event), allowed in STEPS.items():
        if at is not state:
            continue
        after = before(state, event)
        for role in allowed.by:
            timely = entry.read(step(PEOPLE[role], event, after))
            late = say(
                PEOPLE[role],
                event,
                after,
                details=timely.details,
                now=(fold(after).deadline or 0) + 10**6,
            )
            gate(late, after)


@pytest.mark.parametrize(("state", "role"), list(product(State, Role)))
def test_open_steps_are_those_of_the_table(state: State, role: Role) -> None:
    after = OFFERED.get(state, AT[state])
    here = fold(after)
    deadline = here.deadline or 0
    later = [
        event
        for (at, event), each in STEPS.items()
        if at is state and role in each.by and not is_used_up(after, role, event)
    ]
    if here.is_over and has_led_there(after, role):
        later.remove(Event.ACKNOWLEDGE)
    sooner = [event for event in later if event is not Event.TIMEOUT]
    assert open_steps(here, role, deadline) == later
    assert open_steps(here, role, deadline - 1) == sooner
    automatic = (Event.TIMEOUT, Event.ACKNOWLEDGE)
    assert duties(here, role, deadline) == [each for each in later if each in automatic]
    assert duties(here, role, deadline - 1) == [each for each in sooner if each in automatic]


def has_led_there(after: list[Record], role: Role) -> bool:
    return entry.read(after[-1]).role is role


def test_nobody_is_asked_to_agree_to_nothing() -> None:
    for state in OFFERED:
        for role in TRADERS:
            assert Event.AGREE not in open_steps(fold(AT[state]), role, 0)


# --- the end -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_who_has_seen_the_end_cannot_lead_out_of_it(state: State) -> None:
    """Whatever he signs as if he had not seen it: his own word that he has stands above it."""
    way = AT[state]
    (role,) = (each for each in TRADERS if not has_led_there(way, each))
    sealed = [*way, step(PEOPLE[role], Event.ACKNOWLEDGE, way)]
    for count in range(1, len(way)):
        earlier = way[:count]
        for event in open_steps(fold(earlier), role, 10**10):
            held_back = step(PEOPLE[role], event, earlier)
            made = fold([*sealed, held_back])
            assert made.state is state, event
            assert (role in made.forkers) is (held_back.id not in {each.id for each in way})


# --- the table as a whole ----------------------------------------------------------------------


def moves() -> dict[tuple[State, Event], Step]:
    """The steps that lead on to another state."""
    return {cell: each for cell, each in STEPS.items() if each.to is not cell[0]}


def following(state: State, roles: frozenset[Role] = frozenset(Role)) -> set[State]:
    return {each.to for (at, _), each in moves().items() if at is state and roles & each.by}


def reachable(state: State, roles: frozenset[Role] = frozenset(Role)) -> set[State]:
    found, unvisited = {state}, [state]
    while unvisited:
        new = following(unvisited.pop(), roles) - found
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


@pytest.mark.parametrize(("state", "role"), list(product(LIVE, TRADERS)))
def test_each_party_alone_comes_to_an_end(state: State, role: Role) -> None:
    """With the clock, and without the other's help, or the moderator's."""
    assert reachable(state, frozenset({role})) & TERMINAL


def test_the_moderator_can_only_decide() -> None:
    """He takes nothing, keeps nobody waiting, and ends no order by himself."""
    his = {event for (_, event), each in STEPS.items() if Role.MODERATOR in each.by}
    assert his == {Event.CONSENT, Event.VERDICT}
    assert not any(reachable(state, frozenset({Role.MODERATOR})) & TERMINAL for state in LIVE)


def test_every_way_around_goes_through_a_step_that_is_counted() -> None:
    def longest(state: State, way: frozenset[State]) -> int:
        assert state not in way, f"a way around through {state}"
        onward = {
            each.to for (at, event), each in moves().items() if at is state and event not in TIMES
        }
        return 1 + max((longest(to, way | {state}) for to in onward), default=0)

    assert max(longest(state, frozenset()) for state in State) < len(State)


@pytest.mark.parametrize("role", Role)
def test_no_way_through_the_table_is_longer_than_a_party_has_room_for(role: Role) -> None:
    """Everything that can be said, as often as it can be."""

    @cache
    def most(state: State, said: Said) -> int:
        counts: dict[tuple[Role, Event], int] = dict(said)
        found = 0
        for (at, event), each in moves().items():
            if at is not state:
                continue
            for by in each.by:
                times = counts.get((by, event), 0) + 1
                if times <= TIMES.get(event, times):
                    counted: dict[tuple[Role, Event], int] = {**counts, (by, event): times}
                    kept: Said = frozenset(counted.items()) if event in TIMES else said
                    found = max(found, (by is role) + most(each.to, kept))
        return found

    only_said = {
        event for (state, event), each in STEPS.items() if each.to is state and role in each.by
    }
    opening = role is Role.BUYER
    nothing: Said = frozenset()
    total = opening + most(State.PROPOSED, nothing) + sum(TIMES[each] for each in only_said)
    assert total <= ROLE_ENTRIES_MAX


def test_a_timeout_yields_to_every_step() -> None:
    for (state, event), each in STEPS.items():
        if event is not Event.TIMEOUT and state not in TERMINAL:
            assert each.precedence < STEPS[state, Event.TIMEOUT].precedence


def test_a_concession_goes_before_a_verdict_and_a_verdict_before_all_else() -> None:
    """Else the seller could undo a verdict that he dislikes by a step that he held back."""
    gives_up = {Event.CONFIRM, Event.AGREE, Event.REFUND}
    verdict = STEPS[State.DISPUTED, Event.VERDICT].precedence
    for (state, event), each in moves().items():
        if state is State.DISPUTED and event is not Event.VERDICT:
            assert (each.precedence < verdict) is (event in gives_up)


def test_a_dispute_waits_for_everybody() -> None:
    assert WAITS_FOR[State.DISPUTED] == set(Role)


def test_who_is_waited_for_can_bring_the_order_forward() -> None:
    for state, roles in WAITS_FOR.items():
        for role in roles:
            ahead = following(state, frozenset({role}))
            assert ahead - TERMINAL or ahead & {State.COMPLETED, State.RESOLVED}, (state, role)


@pytest.mark.parametrize("state", State)
def test_only_what_is_decided_says_whose_the_money_is(state: State) -> None:
    expected = [amount for amount, states in TOLD.items() if state in states]
    assert fold(AT[state]).to_seller == (expected[0] if expected else None)


def test_what_was_decided_and_not_done_is_still_told() -> None:
    late = step(PEOPLE[Role.BUYER], Event.TIMEOUT, AT[State.DECIDED])
    made = fold([*AT[State.DECIDED], late])
    assert (made.state, made.to_seller) == (State.UNRESOLVED, Money(700, "EUR"))


def test_an_order_knows_its_parties() -> None:
    here = fold(AT[State.PROPOSED])
    assert here.id == AGREED.id
    for role, person in PEOPLE.items():
        assert here.parties[role] == person.public_key
        assert here.role_of(person.public_key) is role
    assert here.role_of(DAI.public_key) is None
