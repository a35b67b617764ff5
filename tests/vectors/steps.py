"""steps.json: every cell of the table of orders, and every pair of steps that can meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import Final, NamedTuple

from goodword.protocol import entry, order
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import Refusal
from goodword.protocol.record import Record
from goodword.protocol.table import STEPS, TERMINAL, State
from tests.make import entries_of, say
from tests.protocol.ways import AT, OFFERED, PEOPLE, before, fold, open_to, step

from .notation import Document, Json
from .orders import standing

EVENTS: Final = [event for event in Event if event is not Event.PROPOSE]


class Meeting(NamedTuple):
    """Two steps that were signed without knowledge of each other."""

    state: State
    after: list[Record]
    one: Record
    other: Record


def steps() -> Document:
    known: dict[bytes, Record] = {}

    def at(record: Record) -> int:
        known.setdefault(record.id, record)
        return list(known).index(record.id)

    states: list[Json] = [
        {
            "state": state.value,
            "entries": [at(each) for each in AT[state]],
            "offered": [at(each) for each in OFFERED.get(state, [])],
        }
        for state in AT
    ]
    cells: list[Json] = [
        {
            "state": state.value,
            "event": said_event.value,
            "role": role.value,
            "about": about,
            "offered": before(state, said_event) is OFFERED.get(state),
            "entry": at(said),
            "then": then(said, before(state, said_event)),
        }
        for state, said_event, role, about, said in _cells()
    ]
    meetings: list[Json] = [
        {
            "state": state.value,
            "offered": after is OFFERED.get(state),
            "entries": [at(one), at(other)],
            "after": standing([*after, one, other]),
        }
        for state, after, one, other in _meetings()
    ]
    return {
        "about": "SPEC 4.3 to 4.5: each event by each role in each state; each pair that can meet",
        "entries": [each.to_bytes().hex() for each in known.values()],
        "states": states,
        "cells": cells,
        "meetings": meetings,
    }


def then(said: Record, after: Sequence[Record]) -> str:
    """The state that follows, or the code that the gate refuses with."""
    try:
        order.check(entry.read(said), entries_of(after))
    except Refusal as refusal:
        return refusal.code
    return fold([*after, said]).state.value


def _cells() -> Iterator[tuple[State, Event, Role, str, Record]]:
    for state, event, role in product(State, EVENTS, Role):
        said = step(PEOPLE[role], event, before(state, event))
        yield state, event, role, "on time" if event is Event.TIMEOUT else "", said
        deadline = fold(AT[state]).deadline
        if event is Event.TIMEOUT and deadline is not None:
            early = say(PEOPLE[role], event, AT[state], now=deadline - 1)
            yield state, event, role, "a second early", early


def _meetings() -> Iterator[Meeting]:
    for state in State:
        if state in TERMINAL:
            continue
        for (role, event), (other_role, other_event) in combinations(open_to(state), 2):
            agrees = Event.AGREE in (event, other_event)
            after = before(state, Event.AGREE) if agrees else AT[state]
            one = step(PEOPLE[role], event, after)
            other = step(PEOPLE[other_role], other_event, after)
            yield Meeting(state, after, one, other)
            is_tie = STEPS[state, event].precedence == STEPS[state, other_event].precedence
            if role is other_role or is_tie:
                low, high = sorted((one, other), key=lambda each: each.id)
                yield Meeting(state, after, low, _lower(high, low, after))


def _lower(said: Record, than: Record, after: list[Record]) -> Record:
    """`said` again, some seconds later, so that it has the lower id."""
    told = entry.read(said)
    tried = (
        say(
            PEOPLE[told.role],
            told.event,
            after,
            details=told.details,
            now=said.made_at + seconds,
        )
        for seconds in range(1, 1_000)
    )
    return next(each for each in tried if each.id < than.id)
