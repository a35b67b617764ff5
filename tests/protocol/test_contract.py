"""A contract holds in itself, holds to its listing, and is its own name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.crypto.keys import PublicKey
from goodword.protocol import contract as contracts
from goodword.protocol.codec import Value, decode, encode
from goodword.protocol.contract import check_listing, read
from goodword.protocol.errors import BadContract, BadField, Refusal
from goodword.protocol.limits import MINOR_MAX, QUANTITY_MAX, SHIP_TO_BYTES_MAX
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
        ("quantity", 0),
        ("quantity", QUANTITY_MAX + 1),
        ("rail", "btc"),
        ("ship_to", b""),
        ("ship_to", bytes(SHIP_TO_BYTES_MAX + 1)),
        ("note", ""),
        ("nonce", bytes(31)),
        ("moderator", CHEN.public_key),
    ],
)
def test_a_value_out_of_bounds_is_refused(name: str, value: Value) -> None:
    with pytest.raises(BadField, match=name):
        read({**GOOD.to_body(), name: value})


def test_buyer_and_seller_differ() -> None:
    with pytest.raises(BadContract, match="buyer and seller are the same person"):
        read(replace(GOOD, buyer=BEN.public_key).to_body())


@given(st.integers(0, MINOR_MAX))
def test_the_total_is_the_price_times_the_quantity(minor: int) -> None:
    body = replace(GOOD, total=Money(minor, "EUR")).to_body()
    if minor == 2_500:
        assert read(body) == GOOD
    else:
        with pytest.raises(BadContract, match="the total is not the price times the quantity"):
            read(body)


def test_the_total_is_in_the_currency_of_the_price() -> None:
    with pytest.raises(BadContract, match="total"):
        read(replace(GOOD, total=Money(2_500, "USD")).to_body())


def test_a_total_that_no_amount_can_be_is_refused() -> None:
    dear = replace(GOOD, price=Money(MINOR_MAX, "EUR"))
    with pytest.raises(Refusal):
        read({**dear.to_body(), "total": [MINOR_MAX * 2, "EUR"]})


def test_a_contract_holds_to_its_listing() -> None:
    offered = listing()
    said = read_listing(offered)
    check_listing(contract(offered, quantity=5), said, offered.slot, offered.author)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (replace(GOOD, slot=Slot(bytes(32))), "its slot is not the listing's"),
        (replace(GOOD, seller=CHEN.public_key), "its seller is not the listing's"),
        (replace(GOOD, title="pears"), "its title is not the listing's"),
        (replace(GOOD, price=Money(1, "EUR")), "its price is not the listing's"),
        (replace(GOOD, handling=3_600), "its handling is not the listing's"),
        (replace(GOOD, quantity=6), "6 wanted, the listing has 5"),
    ],
)
def test_a_contract_that_departs_from_its_listing_is_refused(
    changed: contracts.Contract, why: str
) -> None:
    offered = listing()
    with pytest.raises(BadContract, match=why):
        check_listing(changed, read_listing(offered), offered.slot, offered.author)


def test_the_parties_are_people() -> None:
    assert contract().buyer == ANN.public_key
    with pytest.raises(BadField, match="seller: 31 bytes"):
        read(replace(GOOD, seller=PublicKey(bytes(31))).to_body())
