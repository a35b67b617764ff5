"""A liar with the keys of his own side, and evidence to make, to trim or to alter."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from goodword.crypto.keys import Identity
from goodword.crypto.person import Person
from goodword.protocol import entry, evidence, licence, record
from goodword.protocol.codec import Value, encode
from goodword.protocol.contract import Contract
from goodword.protocol.entry import Event, Role
from goodword.protocol.evidence import MAGIC, Evidence, examine
from goodword.protocol.findings import Code
from goodword.protocol.limits import DAY
from goodword.protocol.record import Record
from goodword.protocol.table import State
from tests.make import ANN, BEN, CHEN, DAI, NOW, contract, listing, propose, say, write
from tests.protocol.ways import AGREED, AT, OPENING, step

LATER = NOW + 100 * DAY
LISTING = listing()
SALE = AT[State.COMPLETED]
DISPUTED = AT[State.DISPUTED]
RESOLVED = AT[State.RESOLVED]


def examined(entries: list[Record], of: Record | None = LISTING) -> Evidence:
    return examine(evidence.write(AGREED.id, of, entries), LATER)


def state_of(found: Evidence) -> State | None:
    return found.order.state if found.order else None


# --- trimmed -----------------------------------------------------------------------------------


@pytest.mark.parametrize("count", range(1, len(RESOLVED)))
def test_whatever_is_left_out_the_state_shown_was_once_true(count: int) -> None:
    """A liar can show less of an order, never another order."""
    once = {state_of(examined(RESOLVED[:n])) for n in range(len(RESOLVED) + 1)}
    for kept in combinations(RESOLVED, count):
        found = examined(list(kept))
        assert state_of(found) in once
        is_beginning = list(kept) == RESOLVED[:count]
        assert found.is_sound is is_beginning


def test_a_seller_cannot_hide_a_dispute_behind_his_own_last_word() -> None:
    told = AT[State.FULFILLED]
    disputed = step(ANN, Event.DISPUTE, told)
    answered = step(BEN, Event.REFUND, [*told, disputed])
    found = examined([*told, answered])
    assert [each.code for each in found.findings] == [Code.HIDDEN_ENTRY]
    assert found.findings[0].other_record == disputed.id


def test_a_seller_who_says_that_it_timed_out_as_if_he_had_heard_nothing_has_forked() -> None:
    """He had answered the dispute: leaving both out needs a second word of his on the old head."""
    told = AT[State.FULFILLED]
    disputed = step(ANN, Event.DISPUTE, told)
    answered = step(BEN, Event.REFUND, [*told, disputed])
    silent = step(BEN, Event.TIMEOUT, told)
    assert examined([*told, silent]).is_sound, "alone it shows nothing"
    both = examined([*told, disputed, answered, silent])
    assert [each.code for each in both.findings] == [Code.EQUIVOCATION]
    assert state_of(both) is State.REFUNDED, "and beside the other side's file it is no use"


# --- swapped -----------------------------------------------------------------------------------


def test_a_seller_cannot_put_a_better_listing_in_its_place() -> None:
    """Signed by him, same slot, same title, same revision: but the contract names the other."""
    better = listing(text="sold as broken, for parts")
    found = examined(SALE, better)
    assert [each.code for each in found.findings] == [Code.FOREIGN_LISTING]
    assert found.listing is None


def test_an_entry_of_one_order_is_no_entry_of_another() -> None:
    """The same two, the same listing: yesterday's receipt does not pay for today."""
    today = contract(quantity=2, nonce=b"t" * 32)
    records = [propose(today)]
    for person, event in ((BEN, Event.ACCEPT), (ANN, Event.PAY_SENT)):
        records.append(say(person, event, records))
    found = examine(evidence.write(today.id, LISTING, [*records, *SALE]), LATER)
    assert {each.code for each in found.findings} == {Code.FOREIGN_ENTRY}
    assert state_of(found) is State.PAY_CLAIMED
    bare = encode([MAGIC, today.id, None, [each.to_bytes() for each in SALE], []])
    assert examine(bare, LATER).order is None


def test_a_contract_with_another_price_is_another_order() -> None:
    cheap = contract(quantity=1, moderator=CHEN.public_key)
    moved = altered_slot(propose(cheap), AGREED)
    found = examined([moved])
    assert [each.code for each in found.findings] == [Code.AGAINST_RULES, Code.NO_ORDER]
    assert found.findings[0].rule == "record.bad_field"


def altered_slot(made: Record, to: Contract) -> Record:
    key = ANN.order_identity(to.nonce)
    return record.make(key, made.kind, made.body, slot=to.id, revision=0, now=made.made_at)


# --- made up -----------------------------------------------------------------------------------


def forged(event: Event, seen: Record, role: Role, **details: Value) -> Record:
    """Dai's entry in the name of another, with the binding of whoever he likes."""
    key = DAI.order_identity(AGREED.nonce)
    victim = {Role.BUYER: ANN, Role.SELLER: BEN, Role.MODERATOR: CHEN}[role]
    return entry.write(
        key,
        victim.public_key,
        entry.bind(DAI.identity, AGREED.id, role, key.public_key),
        order=AGREED.id,
        role=role,
        event=event,
        seen=frozenset({seen.id}),
        details=details,
        now=LATER,
    )


@pytest.mark.parametrize(
    ("made", "after"),
    [
        (forged(Event.CONFIRM, AT[State.FULFILLED][-1], Role.BUYER), AT[State.FULFILLED]),
        (forged(Event.REFUND, DISPUTED[-1], Role.SELLER), DISPUTED),
        (
            forged(Event.VERDICT, DISPUTED[-1], Role.MODERATOR, to_seller=0, reasons="so"),
            DISPUTED,
        ),
        (
            write(
                *(DAI, AGREED, Event.VERDICT),
                role=Role.MODERATOR,
                seen=frozenset({DISPUTED[-1].id}),
                details={"to_seller": 0, "reasons": "so"},
                now=LATER,
            ),
            DISPUTED,
        ),
    ],
)
def test_nobody_speaks_for_another(made: Record, after: list[Record]) -> None:
    found = examined([*after, made])
    assert [each.rule for each in found.findings] == ["order.bad_binding"]
    assert state_of(found) is state_of(examined(after))


def test_a_binding_to_another_order_does_not_help() -> None:
    """Ann bound this very key, in an order that Dai had with her."""
    theirs = contract(nonce=b"d" * 32)
    key = Identity.from_seed(b"d" * 32)
    bound = entry.bind(ANN.identity, theirs.id, Role.BUYER, key.public_key)
    stolen = entry.write(
        key,
        ANN.public_key,
        bound,
        order=AGREED.id,
        role=Role.BUYER,
        event=Event.CONFIRM,
        seen=frozenset({AT[State.FULFILLED][-1].id}),
        details={},
        now=LATER,
    )
    found = examined([*AT[State.FULFILLED], stolen])
    assert [each.rule for each in found.findings] == ["order.bad_binding"]


def test_a_deal_that_the_other_never_saw_stays_a_proposal() -> None:
    """Dai cannot make it look as if Ben had sold to her."""
    agreed = contract(buyer=DAI.public_key)
    asked = propose(agreed, buyer=DAI)
    self_made = write(
        DAI,
        agreed,
        Event.ACCEPT,
        role=Role.SELLER,
        seen=frozenset({asked.id}),
        details={
            "count": 1,
            "licence": licence.give(DAI.identity, agreed.id, DAI.public_key, 1),
        },
    )
    found = examine(evidence.write(agreed.id, LISTING, [asked, self_made]), LATER)
    assert not found.is_sound
    assert state_of(found) is State.PROPOSED


def test_a_contract_about_a_listing_of_somebody_else_is_found() -> None:
    """Dai says that Ben sold what Chen offers."""
    chens = listing(CHEN)
    agreed = replace(contract(chens, buyer=DAI.public_key), seller=BEN.public_key)
    found = examine(evidence.write(agreed.id, chens, [propose(agreed, buyer=DAI)]), LATER)
    assert [each.code for each in found.findings] == [Code.FOREIGN_LISTING]
    assert "its seller is not the listing's" in str(found.findings[0])


# --- altered afterwards ------------------------------------------------------------------------


def test_who_says_it_again_otherwise_is_convicted_by_both() -> None:
    """The buyer has her own key, and writes a complaint into the middle of a finished order."""
    complaint = say(ANN, Event.DISPUTE, AT[State.FULFILLED], details={"reasons": "broken"})
    found = examined([*SALE, complaint])
    assert [each.code for each in found.findings] == [Code.EQUIVOCATION]
    assert found.order is not None
    assert found.order.forkers == {Role.BUYER}
    assert state_of(found) is State.COMPLETED


def test_of_many_verdicts_none_is_lost() -> None:
    verdicts = [
        say(CHEN, Event.VERDICT, DISPUTED, details={"to_seller": n, "reasons": "so"})
        for n in range(32)
    ]
    found = examined([*DISPUTED, *verdicts])
    assert found.is_sound
    assert [each.code for each in found.findings] == [Code.EQUIVOCATION] * 31
    assert found.order is not None
    assert len(found.order.void) == 31


def test_a_file_full_of_forks_is_gone_through() -> None:
    """As many entries as fit, each with as many heads as it may name: no work without a bound."""
    base = AT[State.ACCEPTED]
    first = [_noted(ANN, Event.PAY_SENT, base, n) for n in range(15)]
    second = [_noted(BEN, Event.PAY_RECEIVED, [*base, *first], n) for n in range(15)]
    third = [_noted(ANN, Event.CONFIRM, [*base, *first, *second], n) for n in range(15)]
    judge = [_noted(CHEN, Event.CONSENT, [*base, *first, *second], n) for n in range(32)]
    found = examined([*base, *first, *second, *third, *judge])
    assert {each.code for each in found.findings} == {Code.EQUIVOCATION}
    assert len(found.entries) == len(base) + 77


def _noted(person: Person, event: Event, after: list[Record], number: int) -> Record:
    return say(person, event, after, details={"note": str(number)}, now=LATER)


def test_a_proposal_twice_does_not_give_a_buyer_two_orders() -> None:
    again = propose(AGREED, now=NOW + 1)
    accepted = step(BEN, Event.ACCEPT, [OPENING])
    found = examined([OPENING, again, accepted])
    assert state_of(found) is State.ACCEPTED
    assert [each.code for each in found.findings] == [Code.EQUIVOCATION]
