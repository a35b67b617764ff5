"""The contract: who deals about what, on which first terms. Its hash is the order's id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NewType, cast

from goodword.crypto.hashing import digest
from goodword.crypto.keys import PublicKey

from . import fields
from . import terms as terms_
from .codec import Value, encode
from .errors import BadContract, BadField
from .fields import Field, Schema, check_body
from .limits import SHIP_TO_BYTES_MAX, TITLE_CHARS_MAX
from .listing import SLOT_BYTES, Listing
from .record import RecordId, Slot
from .terms import Terms

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
    "rail": Field(fields.one_of(RAIL_OOB)),
    "terms": Field(fields.anything),
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
    terms: Terms
    """Those of the proposal. What is agreed in the end is in the order (`Order.terms`)."""
    nonce: bytes
    """Dice: makes the id unguessable, and is what the buyer's order key is derived from."""
    rail: str = RAIL_OOB
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
            "rail": self.rail,
            "terms": self.terms.to_body(),
            "nonce": self.nonce,
        }
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
        rail=cast("str", body["rail"]),
        terms=terms_.read(value["terms"]),
        nonce=cast("bytes", body["nonce"]),
        ship_to=cast("bytes", body.get("ship_to", b"")),
    )
    if contract.buyer == contract.seller:
        raise BadContract(why="buyer and seller are the same person")
    check_terms(contract, contract.terms)
    return contract


def check_terms(contract: Contract, terms: Terms) -> None:
    """Raises BadContract where `terms` are not for these two."""
    if terms.moderator in (contract.buyer, contract.seller):
        raise BadContract(why="the moderator is a party of the order himself")


def check_listing(contract: Contract, listing: Listing, slot: Slot, seller: PublicKey) -> None:
    """Raises BadContract where the contract departs from the listing that it names.

    Price and deadlines may depart: that is an offer, which the seller is free to refuse.
    """
    asked = contract.terms
    same = {
        "slot": contract.slot == slot,
        "seller": contract.seller == seller,
        "title": contract.title == listing.title,
    }
    for name, is_same in same.items():
        if not is_same:
            raise BadContract(why=f"its {name} is not the listing's")
    if asked.quantity > listing.quantity:
        raise BadContract(why=f"{asked.quantity} wanted, the listing has {listing.quantity}")
    if tuple(question for question, _ in asked.answers) != listing.questions:
        raise BadContract(why="it does not answer the listing's questions")
    if tuple(name for name, _ in asked.options) != tuple(each.name for each in listing.options):
        raise BadContract(why="it does not choose among the listing's options")
    for option, (_, choice) in zip(listing.options, asked.options, strict=True):
        if choice not in dict(option.choices):
            raise BadContract(why=f"the listing has no such choice of {option.name}")
