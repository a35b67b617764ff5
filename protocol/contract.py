"""The contract: all that buyer and seller agree on. Its hash is the order's id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NewType, cast

from goodword.crypto.hashing import digest
from goodword.crypto.keys import PublicKey

from . import fields
from .codec import Value, encode
from .errors import BadContract, BadField
from .fields import Field, Schema, check_body
from .limits import (
    HANDLING_SECONDS_MAX,
    HANDLING_SECONDS_MIN,
    LINE_CHARS_MAX,
    QUANTITY_MAX,
    SHIP_TO_BYTES_MAX,
    TITLE_CHARS_MAX,
)
from .listing import SLOT_BYTES, Listing
from .money import Money
from .record import RecordId, Slot

OrderId = NewType("OrderId", bytes)
"""32 bytes: the hash of the contract."""

DOMAIN: Final = b"goodword/contract/1"
ID_BYTES: Final = 32
NONCE_BYTES: Final = 32
RAIL_OOB: Final = "oob"
"""Out of band: cash, bank transfer, barter; the two tell each other what they paid and got."""

SCHEMA: Final[Schema] = {
    "buyer": Field(fields.public_key),
    "seller": Field(fields.public_key),
    "listing": Field(fields.blob(ID_BYTES)),
    "slot": Field(fields.blob(SLOT_BYTES)),
    "title": Field(fields.line(TITLE_CHARS_MAX)),
    "quantity": Field(fields.integer(1, QUANTITY_MAX)),
    "price": Field(fields.money),
    "total": Field(fields.money),
    "rail": Field(fields.one_of(RAIL_OOB)),
    "handling": Field(fields.integer(HANDLING_SECONDS_MIN, HANDLING_SECONDS_MAX)),
    "note": Field(fields.line(LINE_CHARS_MAX), required=False),
    "ship_to": Field(fields.blob(1, SHIP_TO_BYTES_MAX), required=False),
    "nonce": Field(fields.blob(NONCE_BYTES)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    buyer: PublicKey
    """Identity keys; each party signs its entries with a key made for this order alone."""
    seller: PublicKey
    listing: RecordId
    """The record that was ordered: the revision that the buyer saw."""
    slot: Slot
    """The listing that it is a revision of."""
    title: str
    quantity: int
    price: Money
    """For one piece."""
    total: Money
    handling: int
    """Seconds from payment until the seller has shipped."""
    nonce: bytes
    """Dice: makes the id unguessable, and is what the buyer's order key is derived from."""
    rail: str = RAIL_OOB
    note: str = ""
    ship_to: bytes = b""
    """The buyer's address, sealed to the seller: a third party who must judge cannot read it."""

    @property
    def id(self) -> OrderId:
        # SPEC 4.1: "The id of an order is the hash of its contract"
        return OrderId(digest(DOMAIN, encode(self.to_body())))

    def to_body(self) -> Mapping[str, Value]:
        body: dict[str, Value] = {
            "buyer": self.buyer,
            "seller": self.seller,
            "listing": self.listing,
            "slot": self.slot,
            "title": self.title,
            "quantity": self.quantity,
            "price": [self.price.minor, self.price.code],
            "total": [self.total.minor, self.total.code],
            "rail": self.rail,
            "handling": self.handling,
            "nonce": self.nonce,
        }
        if self.note:
            body["note"] = self.note
        if self.ship_to:
            body["ship_to"] = self.ship_to
        return body


def read(value: Value) -> Contract:
    """Raises BadField or BadContract unless `value` is a contract that holds in itself."""
    if not isinstance(value, Mapping):
        raise BadField(field="contract", why="must be a map")
    check_body(SCHEMA, value)
    body = cast("Mapping[str, object]", value)
    contract = Contract(
        buyer=PublicKey(cast("bytes", body["buyer"])),
        seller=PublicKey(cast("bytes", body["seller"])),
        listing=RecordId(cast("bytes", body["listing"])),
        slot=Slot(cast("bytes", body["slot"])),
        title=cast("str", body["title"]),
        quantity=cast("int", body["quantity"]),
        price=Money(*cast("tuple[int, str]", body["price"])),
        total=Money(*cast("tuple[int, str]", body["total"])),
        rail=cast("str", body["rail"]),
        handling=cast("int", body["handling"]),
        nonce=cast("bytes", body["nonce"]),
        note=cast("str", body.get("note", "")),
        ship_to=cast("bytes", body.get("ship_to", b"")),
    )
    _check_sums(contract)
    return contract


def check_listing(contract: Contract, listing: Listing, slot: Slot, seller: PublicKey) -> None:
    """Raises BadContract where the contract departs from the listing that it names."""
    same = {
        "slot": contract.slot == slot,
        "seller": contract.seller == seller,
        "title": contract.title == listing.title,
        "price": contract.price == listing.price,
        "handling": contract.handling == listing.handling,
    }
    for name, is_same in same.items():
        if not is_same:
            raise BadContract(why=f"its {name} is not the listing's")
    if contract.quantity > listing.quantity:
        raise BadContract(why=f"{contract.quantity} wanted, the listing has {listing.quantity}")


def _check_sums(contract: Contract) -> None:
    if contract.buyer == contract.seller:
        raise BadContract(why="buyer and seller are the same person")
    # SPEC 4.1: "The total is the price times the quantity"
    if (contract.price.minor * contract.quantity, contract.price.code) != (
        contract.total.minor,
        contract.total.code,
    ):
        raise BadContract(why="the total is not the price times the quantity")
