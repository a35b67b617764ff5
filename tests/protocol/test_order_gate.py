"""The gate: an entry is judged in its own past, so the verdict is the same everywhere."""

from __future__ import annotations

import pytest

from goodword.crypto.keys import Identity
from goodword.crypto.person import Person
from goodword.protocol import entry, licence, order
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import (
    BadBinding,
    BadContract,
    BadField,
    BadLicence,
    BeforeItsPast,
    MissingEntries,
    OrderFull,
    Refusal,
)
from goodword.protocol.limits import ROLE_ENTRIES_MAX
from goodword.protocol.money import Money
from goodword.protocol.record import Record, RecordId
from goodword.protocol.table import State
from tests.make import (
    ANN,
    BEN,
    CHEN,
    DAI,
    NOW,
    contract,
    entries_of,
    propose,
    say,
    terms,
    write,
)

from .ways import AGREED, AT, DETAILS, OPENING, PEOPLE, before, fold, open_to, step


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


@pytest.mark.parametrize("state", State)
def test_of_two_proposals_one_stands(state: State) -> None:
    """The buyer signed both ways: the one that was built on, whichever came first."""
    other = propose(AGREED, now=NOW + 1)
    known = AT[state]
    gate(other, *known)
    for made in (fold([*known, other]), fold([other, *known])):
        assert made.forkers >= {Role.BUYER}
        if any(each.role is not Role.BUYER for each in map(entry.read, known)):
            assert made.state is state
            assert made.history == fold(known).history


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
    known = before(state, Event.AGREE)
    said = [step(PEOPLE[role], event, known) for role, event in open_to(state)]
    early = [say(ANN, Event.TIMEOUT, known), say(BEN, Event.TIMEOUT, known)]
    for each in [*said, *early]:
        alone = verdict(each, *known)
        others = [other for other in said if other.id != each.id]
        assert verdict(each, *known, *others) == alone
        is_allowed = each in said and not has_led_to_the_end(each, known)
        assert (alone == "passed") is is_allowed


def has_led_to_the_end(said: Record, known: list[Record]) -> bool:
    one, last = entry.read(said), entry.read(known[-1])
    return one.event is Event.ACKNOWLEDGE and one.role is last.role


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


@pytest.mark.parametrize(
    ("state", "person", "event"),
    [(State.FUNDED, BEN, Event.OFFER), (State.DISPUTED, CHEN, Event.VERDICT)],
)
@pytest.mark.parametrize("part", [0, 1, 2_499, 2_500])
def test_an_outcome_is_a_part_of_the_total(
    state: State, person: Person, event: Event, part: int
) -> None:
    known = AT[state]
    said = say(person, event, known, details={**DETAILS[event], "to_seller": part})
    gate(said, *known)
    made = fold([*known, said])
    if event is Event.OFFER:
        known = [*known, said]
        made = fold([*known, step(ANN, Event.AGREE, known)])
    assert made.to_seller == Money(part, "EUR")


@pytest.mark.parametrize(
    ("state", "person", "event"),
    [(State.FUNDED, BEN, Event.OFFER), (State.DISPUTED, CHEN, Event.VERDICT)],
)
@pytest.mark.parametrize("part", [2_501, 2**53 - 1])
def test_an_outcome_is_no_more_than_the_total(
    state: State, person: Person, event: Event, part: int
) -> None:
    known = AT[state]
    said = say(person, event, known, details={**DETAILS[event], "to_seller": part})
    with pytest.raises(BadField, match="to_seller: is more than the total"):
        gate(said, *known)


def test_an_outcome_is_a_part_of_the_total_that_was_agreed_last() -> None:
    """Of the counter, not of the contract."""
    dearer = terms(quantity=4)
    known = [OPENING]
    known.append(say(BEN, Event.COUNTER, known, details={"terms": dearer.to_body()}))
    for person, event in ((ANN, Event.ACCEPT), (ANN, Event.PAY_SENT)):
        known.append(step(person, event, known))
    gate(say(BEN, Event.OFFER, known, details={"to_seller": 5_000}), *known)
    assert fold(known).terms == dearer
    confirmed = [*known, *(got := [step(BEN, Event.PAY_RECEIVED, known)])]
    confirmed.append(step(ANN, Event.CONFIRM, [*known, *got]))
    assert fold(confirmed).to_seller == Money(5_000, "EUR")


def test_a_full_refund_is_the_sellers_alone_to_give() -> None:
    known = AT[State.FUNDED]
    assert fold([*known, step(BEN, Event.REFUND, known)]).to_seller == Money(0, "EUR")


@pytest.mark.parametrize("event", [Event.ACCEPT, Event.COUNTER])
def test_a_licence_is_for_the_other_party_of_this_order(event: Event) -> None:
    wrong = [
        licence.give(BEN.identity, AGREED.id, CHEN.public_key, 1),
        licence.give(BEN.identity, bytes(32), ANN.public_key, 1),
        licence.give(BEN.identity, AGREED.id, ANN.public_key, 2),
        licence.give(CHEN.identity, AGREED.id, ANN.public_key, 1),
    ]
    for given in wrong:
        details = {**DETAILS.get(event, {}), "licence": given}
        with pytest.raises(BadLicence):
            gate(say(BEN, event, [OPENING], details=details), OPENING)


def test_a_proposal_gives_the_seller_a_licence() -> None:
    wrong = licence.give(ANN.identity, AGREED.id, CHEN.public_key, 0)
    with pytest.raises(BadLicence):
        gate(write(ANN, AGREED, Event.PROPOSE, role=Role.BUYER, details={"licence": wrong}))


def test_nobody_moderates_his_own_order() -> None:
    for party in (ANN, BEN):
        own = terms(quantity=2, moderator=party.public_key).to_body()
        with pytest.raises(BadContract, match="the moderator is a party"):
            gate(say(BEN, Event.COUNTER, [OPENING], details={"terms": own}), OPENING)


def test_whom_the_terms_do_not_name_is_no_moderator() -> None:
    """A counter that names another: from then on it is he."""
    other = terms(quantity=2, moderator=DAI.public_key).to_body()
    known = [OPENING, say(BEN, Event.COUNTER, [OPENING], details={"terms": other})]
    known.append(step(ANN, Event.ACCEPT, known))
    gate(say(DAI, Event.CONSENT, known), *known)
    with pytest.raises(BadBinding):
        gate(say(CHEN, Event.CONSENT, known), *known)


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
