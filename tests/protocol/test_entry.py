"""An entry proves by itself who said what, in which order, and in which role."""

from __future__ import annotations

from typing import cast

import pytest

from goodword.crypto.keys import Identity, PublicKey
from goodword.protocol import entry, kinds, licence, record
from goodword.protocol.codec import Value
from goodword.protocol.contract import OrderId
from goodword.protocol.entry import DETAILS, Event, Role
from goodword.protocol.errors import BadBinding, BadField, Refusal
from goodword.protocol.limits import SEEN_MAX
from goodword.protocol.record import Record, RecordId
from tests.make import ANN, BEN, DAI, NOW, checked, contract, propose, say, write

AGREED = contract()
OPENING = propose(AGREED)
ACCEPT = say(BEN, Event.ACCEPT, [OPENING])
KEY = BEN.order_identity(AGREED.nonce)

GIVEN = licence.give(BEN.identity, AGREED.id, ANN.public_key, 1)
LICENSED: dict[str, Value] = {"count": 1, "licence": GIVEN}

ANYTHING: dict[Event, dict[str, Value]] = {
    Event.PROPOSE: {"contract": AGREED.to_body(), "licence": GIVEN},
    Event.COUNTER: {"terms": AGREED.terms.to_body()},
    Event.OFFER: {"to_seller": 5},
    Event.AGREE: {"offer": bytes(32)},
    Event.DISPUTE: {"reasons": "it is broken"},
    Event.VERDICT: {"to_seller": 5, "reasons": "both are right"},
}


def said(event: Event, details: dict[str, Value], /, **over: Value) -> Record:
    """An entry of the seller's, whether or not the order is so far."""
    made = say(BEN, event, [OPENING], details=details)
    assert made.body is not None
    return record.make(KEY, "order", {**made.body, **over}, slot=AGREED.id, revision=0, now=NOW)


def refuse(made: Record, why: str) -> Refusal:
    with pytest.raises(Refusal, match=why) as found:
        kinds.check(made, NOW)
    return found.value


def test_an_entry_is_read_as_it_was_written() -> None:
    found = entry.read(checked(say(BEN, Event.ACCEPT, [OPENING], details={"note": "gladly"})))
    assert found == entry.Entry(
        id=found.id,
        order=AGREED.id,
        role=Role.SELLER,
        identity=BEN.public_key,
        event=Event.ACCEPT,
        seen=frozenset({OPENING.id}),
        details={"note": "gladly", **LICENSED},
        made_at=NOW,
    )


def test_a_proposal_carries_the_contract() -> None:
    assert entry.read(checked(OPENING)).contract == AGREED


def test_an_entry_is_signed_by_a_key_that_only_the_order_knows() -> None:
    assert ACCEPT.author == KEY.public_key
    assert BEN.public_key != ACCEPT.author
    assert BEN.order_identity(bytes(32)).public_key != ACCEPT.author


@pytest.mark.parametrize("event", Event)
def test_an_event_has_its_details_and_no_other(event: Event) -> None:
    if event is not Event.PROPOSE:  # the seller cannot; see below
        kinds.check(said(event, ANYTHING.get(event, {})), NOW)
    refuse(said(event, {**ANYTHING.get(event, {}), "extra": 1}), "'extra': there is no such field")
    for name, field in DETAILS[event].items():
        if field.required:
            less = {key: each for key, each in ANYTHING[event].items() if key != name}
            refuse(said(event, {}, details=less), f"{name}: is missing")


@pytest.mark.parametrize("details", [None, [], "note", 1])
def test_details_are_a_map(details: Value) -> None:
    refuse(said(Event.ACCEPT, {}, details=details), "details: must be a map")


@pytest.mark.parametrize(
    ("event", "details"),
    [
        (Event.ACCEPT, {"note": ""}),
        (Event.ACCEPT, {"note": "a\nb"}),
        (Event.PAY_SENT, {"amount": [-1, "EUR"]}),
        (Event.PAY_SENT, {"payer": "a" * 61}),
        (Event.OFFER, {"to_seller": -1}),
        (Event.OFFER, {"to_seller": 2**53}),
        (Event.OFFER, {"to_seller": True}),
        (Event.VERDICT, {"to_seller": -1, "reasons": "so"}),
        (Event.DISPUTE, {"reasons": ""}),
        (Event.DISPUTE, {"reasons": "a" * 2_001}),
        (Event.AGREE, {"offer": bytes(31)}),
        (Event.COUNTER, {"terms": []}),
        (Event.ACCEPT, {"count": 0}),
        (Event.FULFIL, {"tracking": 7}),
    ],
)
def test_details_are_bounded(event: Event, details: dict[str, Value]) -> None:
    assert isinstance(refuse(said(event, details), next(iter(details))), BadField)


@pytest.mark.parametrize("event", [Event.ACCEPT, Event.COUNTER])
@pytest.mark.parametrize("name", LICENSED)
def test_a_seller_who_agrees_gives_the_licence_to_review_him(event: Event, name: str) -> None:
    made = said(event, ANYTHING.get(event, {}))
    assert made.body is not None
    details = dict(cast("dict[str, Value]", made.body["details"]))
    del details[name]
    refuse(said(event, {}, details=details), f"{name}: is missing")


@pytest.mark.parametrize("event", [Event.ACCEPT, Event.COUNTER])
def test_a_buyer_gives_it_with_the_proposal(event: Event) -> None:
    made = say(ANN, event, [OPENING], details={**ANYTHING.get(event, {}), **LICENSED})
    refuse(made, "count: is for the seller alone")
    checked(say(ANN, event, [OPENING], details=ANYTHING.get(event, {})))


def test_terms_that_do_not_hold_are_no_counter() -> None:
    wrong: dict[str, Value] = {**AGREED.terms.to_body(), "total": [1, "EUR"]}
    refuse(said(Event.COUNTER, {"terms": wrong}), "the total is not")


def test_a_step_follows_something() -> None:
    refuse(said(Event.ACCEPT, {}, seen=[]), "seen: only a proposal follows nothing")


def test_what_is_seen_is_sorted_and_bounded() -> None:
    ids: list[Value] = [bytes([n]) * 32 for n in range(SEEN_MAX + 1)]
    kinds.check(said(Event.ACCEPT, {}, seen=ids[:-1]), NOW)
    refuse(said(Event.ACCEPT, {}, seen=ids), "seen: 17 items, the limit is 16")
    refuse(said(Event.ACCEPT, {}, seen=ids[1::-1]), "seen: must be sorted, without doubles")
    refuse(said(Event.ACCEPT, {}, seen=[bytes(31)]), "seen: 31 bytes")


def test_a_proposal_follows_nothing() -> None:
    seen = frozenset({RecordId(bytes(32))})
    refuse(write(ANN, AGREED, Event.PROPOSE, role=Role.BUYER, seen=seen), "a proposal follows")


def test_a_proposal_is_the_buyers() -> None:
    assert isinstance(
        refuse(write(BEN, AGREED, Event.PROPOSE, role=Role.SELLER), "not bound"), BadBinding
    )
    assert isinstance(
        refuse(write(DAI, AGREED, Event.PROPOSE, role=Role.BUYER), "not bound"), BadBinding
    )


def test_a_proposal_is_in_the_slot_of_its_contract() -> None:
    key = ANN.order_identity(AGREED.nonce)
    order = OrderId(bytes(32))
    made = entry.write(
        key,
        ANN.public_key,
        entry.bind(ANN.identity, order, Role.BUYER, key.public_key),
        order=order,
        role=Role.BUYER,
        event=Event.PROPOSE,
        seen=frozenset(),
        details=ANYTHING[Event.PROPOSE],
        now=NOW,
    )
    refuse(made, "slot: must be the hash of the contract")


@pytest.mark.parametrize(
    ("signer", "order", "role", "key"),
    [
        (DAI.identity, AGREED.id, Role.SELLER, KEY.public_key),
        (BEN.identity, OrderId(bytes(32)), Role.SELLER, KEY.public_key),
        (BEN.identity, AGREED.id, Role.BUYER, KEY.public_key),
        (BEN.identity, AGREED.id, Role.SELLER, DAI.public_key),
    ],
    ids=["another identity", "another order", "another role", "another key"],
)
def test_a_binding_is_for_one_identity_order_role_and_key(
    signer: Identity, order: OrderId, role: Role, key: PublicKey
) -> None:
    binding = entry.bind(signer, order, role, key)
    assert isinstance(refuse(said(Event.ACCEPT, {}, binding=binding), "not bound"), BadBinding)


def test_a_binding_does_not_speak_for_another_key() -> None:
    """Who sees an entry can repeat its binding, but not sign with the key that it names."""
    made = record.make(DAI.identity, "order", ACCEPT.body, slot=AGREED.id, revision=0, now=NOW)
    assert isinstance(refuse(made, "not bound"), BadBinding)


def test_a_person_may_bind_several_keys() -> None:
    other = Identity.from_seed(bytes(32))
    seen = frozenset({OPENING.id})
    checked(write(BEN, AGREED, Event.ACCEPT, role=Role.SELLER, key=other, seen=seen))


def test_an_identity_that_nobody_can_be_is_refused() -> None:
    assert isinstance(refuse(said(Event.ACCEPT, {}, identity=bytes(32)), "not bound"), BadBinding)
