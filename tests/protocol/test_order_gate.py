"""The gate: an entry is judged in its own past, so the verdict is the same everywhere."""

from __future__ import annotations

import pytest

from goodword.crypto.keys import Identity
from goodword.protocol import entry, order
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import (
    BadBinding,
    BadField,
    BeforeItsPast,
    MissingEntries,
    OrderFull,
    Refusal,
    WrongTurn,
)
from goodword.protocol.limits import ROLE_ENTRIES_MAX
from goodword.protocol.order import State
from goodword.protocol.record import Record, RecordId
from tests.make import ANN, BEN, NOW, contract, entries_of, propose, say, write

from .ways import AGREED, AT, OPENING, PEOPLE, fold, open_to, step


def gate(said: Record, *after: Record) -> None:
    order.check(entry.read(said), entries_of(after))


def verdict(said: Record, *after: Record) -> str:
    try:
        gate(said, *after)
    except Refusal as refusal:
        return refusal.code
    return "passed"


def test_a_proposal_opens_an_order() -> None:
    gate(OPENING)


def test_an_order_has_one_proposal() -> None:
    """Two of them would leave the fold with two beginnings."""
    for known in AT.values():
        with pytest.raises(WrongTurn, match="propose is not possible now"):
            gate(propose(AGREED, now=NOW + 1), *known)


def test_an_entry_waits_for_its_past() -> None:
    records = AT[State.FULFILLED]
    for missing in range(len(records) - 1):
        here = [each for n, each in enumerate(records[:-1]) if n != missing]
        said = write(
            BEN,
            AGREED,
            Event.FULFIL,
            role=Role.SELLER,
            seen=frozenset(each.id for each in records[:-1]),
            now=records[-1].made_at,
        )
        with pytest.raises(MissingEntries) as refused:
            gate(said, *here)
        assert not refused.value.is_fault
        gate(said, *records[:-1])


def test_an_entry_of_another_order_is_no_past() -> None:
    other = propose(contract(nonce=bytes(32)))
    said = write(BEN, AGREED, Event.ACCEPT, role=Role.SELLER, seen=frozenset({other.id}))
    with pytest.raises(MissingEntries):
        gate(said, OPENING)


@pytest.mark.parametrize("state", [state for state in State if open_to(state)])
def test_the_verdict_does_not_depend_on_what_else_is_here(state: State) -> None:
    """Whatever came meanwhile that the author of an entry could not know."""
    known = AT[state]
    said = [step(PEOPLE[role], event, known) for role, event in open_to(state)]
    early = [say(ANN, Event.TIMEOUT, known), say(BEN, Event.TIMEOUT, known)]
    foreign = [step(PEOPLE[role], Event.PROPOSE, known) for role in Role]
    for each in [*said, *early, *foreign]:
        alone = verdict(each, *known)
        others = [other for other in said if other.id != each.id]
        assert verdict(each, *known, *others) == alone
        assert (alone == "passed") is (each in said)


def test_what_is_overtaken_is_kept_and_changes_nothing() -> None:
    timeout = step(ANN, Event.TIMEOUT, [OPENING])
    accept = say(BEN, Event.ACCEPT, [OPENING], now=timeout.made_at)
    gate(timeout, OPENING, accept)
    made = fold([OPENING, accept, timeout])
    assert made.state is State.ACCEPTED
    assert [void.entry.id for void in made.void] == [timeout.id]
    assert made.void[0].why.startswith("overtaken")


def test_an_entry_is_not_older_than_what_it_follows() -> None:
    known = AT[State.ACCEPTED]
    latest = known[-1].made_at
    gate(say(ANN, Event.PAY_SENT, known, now=latest), *known)
    with pytest.raises(BeforeItsPast):
        gate(say(ANN, Event.PAY_SENT, known, now=latest - 1), *known)


@pytest.mark.parametrize("kept", [0, 1, 2_499, 2_500])
def test_a_refund_keeps_up_to_the_total(kept: int) -> None:
    known = AT[State.FUNDED]
    said = say(BEN, Event.REFUND, known, details={"to_seller": kept})
    gate(said, *known)
    to_seller = fold([*known, said]).to_seller
    assert to_seller
    assert to_seller.minor == kept


@pytest.mark.parametrize("kept", [2_501, 2**53 - 1])
def test_a_refund_keeps_no_more_than_the_total(kept: int) -> None:
    known = AT[State.FUNDED]
    with pytest.raises(BadField, match="to_seller: is more than the total"):
        gate(say(BEN, Event.REFUND, known, details={"to_seller": kept}), *known)


def test_a_party_has_room_of_its_own() -> None:
    """However many ways the buyer signs, the seller can still speak, and be heard."""
    known = AT[State.ACCEPTED]
    forks = [
        say(ANN, Event.PAY_SENT, known, details={"note": str(n)}) for n in range(ROLE_ENTRIES_MAX)
    ]
    crowd = [*known, *forks[: ROLE_ENTRIES_MAX - 1]]  # the proposal is one of the buyer's too
    gate(forks[ROLE_ENTRIES_MAX - 2], *crowd[:-1])
    with pytest.raises(OrderFull):
        gate(forks[-1], *crowd)
    heads = fold(crowd).heads
    received = write(BEN, AGREED, Event.PAY_RECEIVED, role=Role.SELLER, seen=heads, now=NOW + 10**6)
    gate(received, *crowd)
    assert fold([*crowd, received]).state is State.FUNDED


def test_a_second_key_of_a_party_is_as_good() -> None:
    key = Identity.from_seed(bytes(32))
    seen = frozenset[RecordId]({OPENING.id})
    gate(write(BEN, AGREED, Event.ACCEPT, role=Role.SELLER, key=key, seen=seen), OPENING)
    with pytest.raises(BadBinding):
        gate(write(ANN, AGREED, Event.ACCEPT, role=Role.SELLER, key=key, seen=seen), OPENING)
