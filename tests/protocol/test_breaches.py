"""What the entries of an order prove of its parties, and what they leave open."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from goodword.crypto.person import Person
from goodword.protocol.breaches import MEANINGS, Breach, Wrong, breaches
from goodword.protocol.codec import Value
from goodword.protocol.entry import Event
from goodword.protocol.limits import DAY
from goodword.protocol.record import Record
from goodword.protocol.table import State
from tests.make import ANN, BEN, CHEN, DAI, contract, propose, say, terms
from tests.protocol.tables import breach_table

from .test_spec import SPEC
from .ways import AT, fold, step, way

PAID = ((BEN, Event.ACCEPT), (BEN, Event.PAY_RECEIVED))
LATE = (*PAID, (ANN, Event.TIMEOUT))
"""The time to ship is over, and Ann says so."""
DECIDED = (*PAID, (ANN, Event.DISPUTE), (CHEN, Event.VERDICT))
UNPAID = ((BEN, Event.ACCEPT), (CHEN, Event.CONSENT), (BEN, Event.TIMEOUT))


def found(records: Sequence[Record]) -> list[tuple[Person, Wrong]]:
    people = {each.public_key: each for each in (ANN, BEN, CHEN, DAI)}
    return [(people[each.person], each.wrong) for each in breaches(fold(records))]


@pytest.mark.parametrize("state", [each for each in State if each is not State.UNRESOLVED])
def test_who_keeps_to_the_table_breaks_nothing(state: State) -> None:
    assert found(AT[state]) == []


# --- paid, and not delivered -------------------------------------------------------------------


def test_who_has_the_money_and_does_not_ship_in_time_breaks_his_word() -> None:
    records = way(*LATE)
    order = fold(records)
    assert order.state is State.DISPUTED
    (breach,) = breaches(order)
    assert breach == Breach(BEN.public_key, Wrong.NOT_DELIVERED, order.since)
    assert breach.made_at == records[2].made_at + order.terms.handling
    assert found([*records, step(ANN, Event.TIMEOUT, records)]) == [(BEN, Wrong.NOT_DELIVERED)]


@pytest.mark.parametrize(
    "then",
    [
        ((BEN, Event.FULFIL),),
        ((BEN, Event.REFUND),),
        ((BEN, Event.OFFER), (ANN, Event.AGREE)),
        ((ANN, Event.CONFIRM),),
        ((CHEN, Event.VERDICT), (BEN, Event.EXECUTED)),
    ],
)
def test_who_makes_it_good_afterwards_has_broken_nothing(
    then: tuple[tuple[Person, Event], ...],
) -> None:
    assert found(way(*LATE, *then)) == []


def test_who_said_too_late_that_he_shipped_did_not_keep_silent() -> None:
    """His word crosses hers: it changes nothing, and is kept."""
    records = way(*PAID)
    late = step(ANN, Event.TIMEOUT, records)
    shipped = say(BEN, Event.FULFIL, records, now=late.made_at)
    assert found([*records, late, shipped]) == []


def test_a_dispute_before_the_time_to_ship_is_over_proves_nothing() -> None:
    """Ann disputes at once, and the dispute ends before Ben had to ship."""
    agreed = contract(handling=10 * DAY, dispute=3 * DAY)
    records = [propose(agreed)]
    for person, event in (*PAID, (ANN, Event.DISPUTE), (ANN, Event.TIMEOUT)):
        records.append(step(person, event, records))
    assert fold(records).state is State.UNRESOLVED
    assert found(records) == []


@pytest.mark.parametrize(
    "steps",
    [
        ((BEN, Event.ACCEPT), (BEN, Event.ON_DELIVERY), (ANN, Event.TIMEOUT)),
        ((BEN, Event.ACCEPT), (ANN, Event.PAY_SENT), (ANN, Event.TIMEOUT)),
        ((BEN, Event.ACCEPT), (ANN, Event.PAY_SENT), (BEN, Event.PAY_DENIED)),
    ],
)
def test_a_payment_that_the_seller_did_not_see_binds_him_to_nothing(
    steps: tuple[tuple[Person, Event], ...],
) -> None:
    records = way(*steps)
    assert found([*records, step(ANN, Event.TIMEOUT, records)]) == []


# --- a verdict ---------------------------------------------------------------------------------


def test_who_has_the_money_and_does_not_give_back_what_the_verdict_says_breaks_it() -> None:
    records = way(*DECIDED)
    assert found(records) == []
    ended = [*records, step(ANN, Event.TIMEOUT, records)]
    assert found(ended) == [(BEN, Wrong.VERDICT_NOT_EXECUTED)]
    assert found([*records, step(BEN, Event.EXECUTED, records)]) == []


def test_a_verdict_that_gives_nothing_back_leaves_nothing_to_do() -> None:
    records = way(*PAID, (ANN, Event.DISPUTE))
    total = fold(records).terms.total.minor
    details: dict[str, Value] = {"to_seller": total, "reasons": "it came"}
    records.append(say(CHEN, Event.VERDICT, records, details=details))
    assert found([*records, step(ANN, Event.TIMEOUT, records)]) == []


def test_a_verdict_on_money_that_the_seller_denies_names_nobody() -> None:
    assert found(AT[State.UNRESOLVED]) == []
    records = AT[State.DECIDED]
    assert found([*records, step(ANN, Event.TIMEOUT, records)]) == []


# --- accepted, and never paid ------------------------------------------------------------------


def test_who_agrees_to_buy_and_never_pays_breaks_her_word() -> None:
    assert found(way(*UNPAID)) == [(ANN, Wrong.NEVER_PAID)]


def test_nobody_need_pay_while_the_moderator_is_not_ready() -> None:
    assert found(way((BEN, Event.ACCEPT), (BEN, Event.TIMEOUT))) == []


@pytest.mark.parametrize("event", [Event.WITHDRAW, Event.PAY_SENT])
def test_who_says_in_time_what_she_does_has_broken_nothing(event: Event) -> None:
    records = way((BEN, Event.ACCEPT), (CHEN, Event.CONSENT))
    over = step(BEN, Event.TIMEOUT, records)
    assert found([*records, say(ANN, event, records), over]) == []


@pytest.mark.parametrize("end", [(BEN, Event.TIMEOUT), (BEN, Event.REJECT)])
def test_what_was_not_agreed_binds_nobody(end: tuple[Person, Event]) -> None:
    assert found(way(end)) == []


# --- forks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "one", "two"),
    [(ANN, Event.PAY_SENT, Event.WITHDRAW), (BEN, Event.PAY_RECEIVED, Event.REJECT)],
)
def test_who_signs_both_ways_is_found_out(who: Person, one: Event, two: Event) -> None:
    records = way((BEN, Event.ACCEPT))
    both = [step(who, event, records) for event in (one, two)]
    assert found([*records, *both]) == [(who, Wrong.SIGNED_BOTH_WAYS)]


def test_two_verdicts_are_told_as_what_they_are() -> None:
    records = way(*PAID, (ANN, Event.DISPUTE))
    verdicts = [
        say(CHEN, Event.VERDICT, records, details={"to_seller": split, "reasons": "so"})
        for split in (0, 100)
    ]
    assert found([*records, *verdicts]) == [(CHEN, Wrong.TWO_VERDICTS)]


def test_two_moderators_of_two_branches_have_not_forked() -> None:
    """Ben accepts Ann's terms with Chen, and asks for Dai; the two who were named are honest."""
    opening = propose(contract(moderator=CHEN.public_key))
    accepted = step(BEN, Event.ACCEPT, [opening])
    other = terms(moderator=DAI.public_key).to_body()
    asked = say(BEN, Event.COUNTER, [opening], details={"terms": other})
    agreed = say(ANN, Event.ACCEPT, [opening, asked])
    ready = say(CHEN, Event.CONSENT, [opening, accepted])
    also = say(DAI, Event.CONSENT, [opening, asked, agreed])
    order = [opening, accepted, asked, agreed, ready, also]
    assert found(order) == [(BEN, Wrong.SIGNED_BOTH_WAYS)]


# --- the words of it ---------------------------------------------------------------------------


def test_the_spec_says_what_each_weighs() -> None:
    assert set(MEANINGS) == set(Wrong)
    assert breach_table() in SPEC
    assert all(-1 <= each.strength < 0 for each in MEANINGS.values())
