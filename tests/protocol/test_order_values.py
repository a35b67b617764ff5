"""What an order is made of cannot be changed afterwards, nor mistaken for something else."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from goodword.crypto.keys import PublicKey
from goodword.crypto.person import Person
from goodword.protocol import entry
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import OrderFull, TooOften
from goodword.protocol.limits import OFFERS_MAX, ROLE_ENTRIES_MAX
from goodword.protocol.order import Licence, Order, check, open_steps
from goodword.protocol.record import Record
from goodword.protocol.table import State
from tests.make import ANN, BEN, CHEN, entries_of, say

from .ways import AT, OFFERED, PEOPLE, fold, step

ORDER = fold(AT[State.DECIDED])


@pytest.mark.parametrize("value", [ORDER, ORDER.licences[Role.SELLER]], ids=["order", "licence"])
def test_it_cannot_be_changed(value: Order | Licence) -> None:
    for field in fields(value):
        with pytest.raises(FrozenInstanceError):
            setattr(value, field.name, getattr(value, field.name))
    with pytest.raises((FrozenInstanceError, TypeError)):
        setattr(value, "another", None)  # noqa: B010  # no type checker lets it pass
    assert not hasattr(value, "__dict__")


def test_its_fields_are_named() -> None:
    """Two of its times, or two of its heads, in the wrong order would be another order."""
    given = [getattr(ORDER, field.name) for field in fields(ORDER)]
    make: Any = Order
    with pytest.raises(TypeError):
        make(*given)


@pytest.mark.parametrize("state", State)
def test_an_order_is_agreed_once_somebody_has_accepted(state: State) -> None:
    """Also after it ended: a moderator is told of it then, and not before."""
    is_accepted = any(each.event is Event.ACCEPT for each in map(entry.read, AT[state]))
    assert fold(AT[state]).is_agreed is is_accepted
    assert {True, False} == {fold(each).is_agreed for each in AT.values()}


def test_a_timeout_stays_possible_after_the_deadline() -> None:
    order = fold(AT[State.PROPOSED])
    assert order.deadline is not None
    for late in (-1, 0, 1):
        steps = open_steps(order, Role.BUYER, order.deadline + late)
        assert (Event.TIMEOUT in steps) is (late >= 0)


def test_ones_own_offer_is_not_open_to_oneself() -> None:
    """Whichever of the two made it."""
    for state in OFFERED:
        for role, other in ((Role.BUYER, Role.SELLER), (Role.SELLER, Role.BUYER)):
            known = AT[state]
            order = fold([*known, step(PEOPLE[role], Event.OFFER, known)])
            assert Event.AGREE not in open_steps(order, role, 0)
            assert Event.AGREE in open_steps(order, other, 0)


def test_a_party_who_said_more_than_there_is_room_for_says_no_more() -> None:
    """However many came: they may have come before this rule was kept."""
    known = AT[State.ACCEPTED]
    crowd = [
        say(ANN, Event.PAY_SENT, known, details={"note": f"{n}"})
        for n in range(ROLE_ENTRIES_MAX + 3)
    ]
    with pytest.raises(OrderFull):
        check(entry.read(crowd[-1]), entries_of([*known, *crowd[:-1]]))


def test_nobody_else_has_a_role() -> None:
    """Whether his key is above theirs, or below."""
    order = fold(AT[State.PROPOSED])
    keys = sorted(order.parties.values())
    below, above = PublicKey(bytes(32)), PublicKey(b"\xff" * 32)
    assert [order.role_of(each) for each in (below, above)] == [None, None]
    assert {order.role_of(each) for each in keys} == set(Role)


def test_a_moderator_is_ready_once_he_says_so() -> None:
    known = AT[State.ACCEPTED]
    assert not fold(known).has_consent
    assert fold([*known, step(CHEN, Event.CONSENT, known)]).has_consent


def test_what_else_a_party_said_does_not_count() -> None:
    """A seller who has also said that the money came makes four offers, as any other."""
    known = list(AT[State.PAY_CLAIMED])
    known.append(step(BEN, Event.PAY_RECEIVED, known))
    for _ in range(OFFERS_MAX):
        offer = step(BEN, Event.OFFER, known)
        check(entry.read(offer), entries_of(known))
        known.append(offer)
    assert Event.OFFER not in open_steps(fold(known), Role.SELLER, 0)


@pytest.mark.parametrize(("one", "other"), [(ANN, BEN), (BEN, ANN)], ids=["Ann", "Ben"])
def test_what_the_other_said_does_not_count(one: Person, other: Person) -> None:
    """Four offers of one side leave the other all of its own."""
    known = list(AT[State.PAY_CLAIMED])
    for _ in range(OFFERS_MAX):
        known.append(step(one, Event.OFFER, known))
    check(entry.read(step(other, Event.OFFER, known)), entries_of(known))


def test_both_ways_of_a_fork_count() -> None:
    """Who made four offers, and four others as if he had not, makes no ninth."""
    start = AT[State.PAY_CLAIMED]
    ways: list[list[Record]] = []
    for way in range(2):
        said = list(start)
        for number in range(OFFERS_MAX):
            part = 100 * way + number
            said.append(say(BEN, Event.OFFER, said, details={"to_seller": part}))
        ways.append(said[len(start) :])
    known = [*start, *ways[0], *ways[1]]
    with pytest.raises(TooOften):
        check(entry.read(say(BEN, Event.OFFER, known, details={"to_seller": 9})), entries_of(known))
