"""A contract holds in itself, holds to its listing, and is its own name; so do its terms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.crypto.keys import PublicKey
from goodword.crypto.person import Person
from goodword.protocol import contract as contracts
from goodword.protocol import terms
from goodword.protocol.codec import Value, decode, encode
from goodword.protocol.contract import check_listing, read
from goodword.protocol.errors import BadContract, BadField, Refusal
from goodword.protocol.limits import (
    HANDLING_SECONDS_MAX,
    MINOR_MAX,
    QUANTITY_MAX,
    SHIP_TO_BYTES_MAX,
)
from goodword.protocol.listing import Option
from goodword.protocol.listing import read as read_listing
from goodword.protocol.money import Money
from goodword.protocol.record import Slot
from tests.make import ANN, BEN, CHEN, contract, listing

GOOD = contract(quantity=2, note="by the gate", ship_to=bytes(80))


@pytest.mark.parametrize("agreed", [contract(), GOOD])
def test_a_contract_is_read_as_it_was_written(agreed: contracts.Contract) -> None:
    assert read(decode(encode(agreed.to_body()))) == agreed


@given(st.binary(min_size=32, max_size=32), st.integers(1, QUANTITY_MAX))
def test_the_id_names_everything_in_it(nonce: bytes, quantity: int) -> None:
    other = contract(nonce=nonce, quantity=quantity)
    assert (other.id == GOOD.id) is (other == GOOD)
    assert read(other.to_body()).id == other.id


@pytest.mark.parametrize("name", list(GOOD.to_body()))
def test_each_field_is_checked(name: str) -> None:
    with pytest.raises(BadField, match=name):
        read({**GOOD.to_body(), name: None})
    less = {key: value for key, value in GOOD.to_body().items() if key != name}
    if contracts.SCHEMA[name].required:
        with pytest.raises(BadField, match=f"{name}: is missing"):
            read(less)
    else:
        assert read(less).id != GOOD.id


@pytest.mark.parametrize("value", [None, "contract", [], 1])
def test_only_a_map_is_a_contract(value: Value) -> None:
    with pytest.raises(BadField, match="contract: must be a map"):
        read(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("buyer", bytes(32)),
        ("seller", bytes(32)),
        ("rail", "btc"),
        ("ship_to", b""),
        ("ship_to", bytes(SHIP_TO_BYTES_MAX + 1)),
        ("nonce", bytes(31)),
        ("moderator", CHEN.public_key),
        ("terms", []),
    ],
)
def test_a_value_out_of_bounds_is_refused(name: str, value: Value) -> None:
    with pytest.raises(BadField, match=name):
        read({**GOOD.to_body(), name: value})


def test_buyer_and_seller_differ() -> None:
    with pytest.raises(BadContract, match="buyer and seller are the same person"):
        read(replace(GOOD, buyer=BEN.public_key).to_body())


@pytest.mark.parametrize("party", [ANN, BEN])
def test_the_moderator_is_a_third(party: Person) -> None:
    judged = contract(moderator=party.public_key)
    with pytest.raises(BadContract, match="the moderator is a party of the order himself"):
        read(judged.to_body())


def test_a_contract_holds_to_its_listing() -> None:
    offered = listing()
    said = read_listing(offered)
    check_listing(contract(offered, quantity=5), said, offered.slot, offered.author)


SHIRT = listing(
    options=[
        Option(name="size", choices=(("S", 0), ("L", 200))),
        Option(name="colour", choices=(("blue", 0),)),
    ],
    questions=["which name?", "in which thread?"],
)
CHOSEN: Any = {
    "options": (("size", "L"), ("colour", "blue")),
    "answers": (("which name?", "Zoë"), ("in which thread?", "silk")),
}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (replace(GOOD, slot=Slot(bytes(32))), "its slot is not the listing's"),
        (replace(GOOD, seller=CHEN.public_key), "its seller is not the listing's"),
        (replace(GOOD, title="pears"), "its title is not the listing's"),
        (contract(quantity=6), "6 wanted, the listing has 5"),
        (contract(options=(("size", "L"),)), "does not choose among the listing's options"),
        (contract(answers=(("who?", "I"),)), "does not answer the listing's questions"),
    ],
)
def test_a_contract_that_departs_from_its_listing_is_refused(
    changed: contracts.Contract, why: str
) -> None:
    offered = listing()
    with pytest.raises(BadContract, match=why):
        check_listing(changed, read_listing(offered), offered.slot, offered.author)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"options": ()}, "does not choose among"),
        ({"options": CHOSEN["options"][::-1]}, "does not choose among"),
        ({"options": (("size", "S"), *CHOSEN["options"])}, "does not choose among"),
        ({"options": (("size", "XL"), ("colour", "blue"))}, "no such choice of size"),
        ({"answers": CHOSEN["answers"][:1]}, "does not answer"),
        ({"answers": CHOSEN["answers"][::-1]}, "does not answer"),
    ],
)
def test_every_option_is_chosen_and_every_question_answered(
    changes: dict[str, Any], why: str
) -> None:
    said = read_listing(SHIRT)
    check_listing(contract(SHIRT, **CHOSEN), said, SHIRT.slot, SHIRT.author)
    with pytest.raises(BadContract, match=why):
        check_listing(contract(SHIRT, **{**CHOSEN, **changes}), said, SHIRT.slot, SHIRT.author)


def test_another_price_is_an_offer() -> None:
    """The seller is free to refuse it: nothing is agreed before he says so."""
    offered = listing()
    cheap = contract(offered, price=Money(1, "EUR"), handling=3_600)
    check_listing(cheap, read_listing(offered), offered.slot, offered.author)


def test_the_parties_are_people() -> None:
    assert contract().buyer == ANN.public_key
    with pytest.raises(BadField, match="seller: 31 bytes"):
        read(replace(GOOD, seller=PublicKey(bytes(31))).to_body())


# --- terms -------------------------------------------------------------------------------------

WHOLE = contract(
    SHIRT, quantity=2, shipping=300, note="by the gate", moderator=CHEN.public_key, fee=5, **CHOSEN
).terms


def test_terms_are_read_as_they_were_written() -> None:
    assert terms.read(decode(encode(WHOLE.to_body()))) == WHOLE
    assert set(WHOLE.to_body()) == set(terms.SCHEMA)


@pytest.mark.parametrize("name", list(terms.SCHEMA))
def test_each_of_the_terms_is_checked(name: str) -> None:
    with pytest.raises(BadField, match=name):
        terms.read({**WHOLE.to_body(), name: None})
    less = {key: value for key, value in WHOLE.to_body().items() if key != name}
    if terms.SCHEMA[name].required:
        with pytest.raises(BadField, match=f"{name}: is missing"):
            terms.read(less)
    else:
        assert terms.read(less) != WHOLE


@given(st.integers(0, MINOR_MAX))
def test_the_total_is_the_price_times_the_quantity_and_the_shipping(minor: int) -> None:
    body = replace(WHOLE, total=Money(minor, "EUR")).to_body()
    if minor == 2_800:
        assert terms.read(body) == WHOLE
    else:
        with pytest.raises(BadContract, match="the total is not the price times the quantity"):
            terms.read(body)


def test_the_total_is_in_the_currency_of_the_price() -> None:
    with pytest.raises(BadContract, match="total"):
        terms.read(replace(WHOLE, total=Money(2_800, "USD")).to_body())


def test_a_total_that_no_amount_can_be_is_refused() -> None:
    dear = replace(WHOLE, price=Money(MINOR_MAX, "EUR"))
    with pytest.raises(Refusal):
        terms.read({**dear.to_body(), "total": [MINOR_MAX * 2, "EUR"]})


def test_deadlines_that_outlast_the_lock_are_refused() -> None:
    """Money that a rail frees by itself must not be free before the order is over."""
    long = replace(WHOLE, handling=HANDLING_SECONDS_MAX)
    assert terms.read(long.to_body()).extension == 0
    with pytest.raises(BadContract, match="longer than money may be locked"):
        terms.read(replace(long, inspection=long.inspection + 1).to_body())


@pytest.mark.parametrize(
    "value", [[], [CHEN.public_key], [bytes(32), 1], [CHEN.public_key, -1], [CHEN.public_key, True]]
)
def test_a_moderator_is_a_key_and_a_fee(value: Value) -> None:
    with pytest.raises(BadField, match="moderator"):
        terms.read({**WHOLE.to_body(), "moderator": value})


def test_a_round_is_shown_as_what_it_changes() -> None:
    other = terms.read({**WHOLE.to_body(), "shipping": 400, "total": [2_900, "EUR"]})
    assert terms.changes(WHOLE, other) == {
        "shipping": (300, 400),
        "total": ([2_800, "EUR"], [2_900, "EUR"]),
    }
    assert terms.changes(WHOLE, WHOLE) == {}
