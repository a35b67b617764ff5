"""Haveno, RetoSwap, May 2026: a forged acknowledgement, out of order, was believed: ≈ $2.7 M gone.

Here one table says who may say what when; each of its other cells is tried at the door.
"""

from __future__ import annotations

from itertools import product
from typing import Final

import pytest

from goodword.protocol import entry
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import NotYours, TooEarly, TooOften, WrongTurn
from goodword.protocol.table import STEPS, TERMINAL, State
from tests.make import ANN, BEN, CHEN, say
from tests.protocol.ways import AT, PEOPLE, before, fold, step
from tests.storage import dump

from .door import bring, home, order_at

SAID: Final = [event for event in Event if event is not Event.PROPOSE]
VICTIMS: Final = {Role.BUYER: BEN, Role.SELLER: ANN, Role.MODERATOR: ANN}
"""Whose door it is brought to."""


def is_wrong(state: State, event: Event, role: Role) -> bool:
    allowed = STEPS.get((state, event))
    return allowed is None or role not in allowed.by


WRONG: Final = [cell for cell in product(State, SAID, Role) if is_wrong(*cell)]


def test_most_cells_are_wrong() -> None:
    right = sum(len(each.by) for each in STEPS.values())
    assert len(WRONG) == len(State) * len(SAID) * len(Role) - right
    assert len(WRONG) > 7 * right


@pytest.mark.parametrize(("state", "role"), list(product(State, Role)))
def test_a_wrong_cell_leaves_no_trace(state: State, role: Role) -> None:
    for event in SAID:
        if not is_wrong(state, event, role):
            continue
        told = before(state, event)
        code = NotYours.code if (state, event) in STEPS else WrongTurn.code
        with home(VICTIMS[role], told) as node:
            whole = dump.everything(node.database)
            assert bring(node, step(PEOPLE[role], event, told)) == [code], event
            assert dump.everything(node.database) == whole, event
            assert order_at(node).state is state


@pytest.mark.parametrize("state", [state for state in State if state not in TERMINAL])
def test_a_deadline_is_not_used_up_a_second_early(state: State) -> None:
    told = AT[state]
    deadline = fold(told).deadline
    assert deadline is not None
    for role in STEPS[state, Event.TIMEOUT].by:
        with home(VICTIMS[role], told) as node:
            whole = dump.everything(node.database)
            early = say(PEOPLE[role], Event.TIMEOUT, told, now=deadline - 1)
            assert bring(node, early) == [TooEarly.code]
            assert dump.everything(node.database) == whole
            assert bring(node, say(PEOPLE[role], Event.TIMEOUT, told, now=deadline)) == ["new"]


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_after_the_end_there_is_nothing_but_to_have_seen_it(state: State) -> None:
    told = AT[state]
    with home(CHEN, told) as node:
        led = entry.read(told[-1]).role
        other = BEN if PEOPLE[led] is ANN else ANN
        assert bring(node, step(PEOPLE[led], Event.ACKNOWLEDGE, told)) == [NotYours.code]
        seen = step(other, Event.ACKNOWLEDGE, told)
        assert bring(node, seen, step(other, Event.ACKNOWLEDGE, [*told, seen])) == [
            "new",
            TooOften.code,
        ]
        assert order_at(node).state is state
