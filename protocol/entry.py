"""An entry: one thing that a party says in an order, signed by a key made for that order.

The identity signs once that the order key speaks for it (the binding); every entry carries the
binding, so that each proves by itself who spoke, whatever else has arrived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, cast

from goodword.crypto.keys import (
    SIGNATURE_BYTES,
    Identity,
    PublicKey,
    Signature,
    is_signed_by,
)

from . import contract as contracts
from . import fields
from . import terms as terms_
from .codec import Value, encode
from .contract import ID_BYTES, Contract, OrderId
from .errors import BadBinding, BadField
from .fields import Field, Schema, check_body
from .limits import (
    ABOUT_CHARS_MAX,
    LINE_CHARS_MAX,
    MINOR_MAX,
    NAME_CHARS_MAX,
    REVISION_MAX,
    SEEN_MAX,
)
from .record import Record, RecordId, make
from .terms import Terms

KIND: Final = "order"
BINDING_DOMAIN: Final = b"goodword/order-key/1"


class Role(StrEnum):
    BUYER = "buyer"
    SELLER = "seller"
    MODERATOR = "moderator"
    """Whom the terms name, to decide if the two do not agree."""


class Event(StrEnum):
    """What an entry says. The order table tells who may say it when."""

    PROPOSE = "propose"
    COUNTER = "counter"
    ACCEPT = "accept"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    PAY_SENT = "pay_sent"
    PAY_RECEIVED = "pay_received"
    PAY_DENIED = "pay_denied"
    ON_DELIVERY = "on_delivery"
    FULFIL = "fulfil"
    EXTEND = "extend"
    """The buyer takes more time to look at it."""
    CONFIRM = "confirm"
    REFUND = "refund"
    """The seller gives everything back."""
    OFFER = "offer"
    """So much to the seller, the rest back: for the other to agree to."""
    AGREE = "agree"
    DISPUTE = "dispute"
    CONSENT = "consent"
    """The moderator is ready to decide, on these terms."""
    VERDICT = "verdict"
    EXECUTED = "executed"
    """What the verdict says was done."""
    ACKNOWLEDGE = "acknowledge"
    """I have seen that the order is over."""
    TIMEOUT = "timeout"


_NOTE: Final[Schema] = {"note": Field(fields.line(LINE_CHARS_MAX), required=False)}
_PAYMENT: Final[Schema] = {
    # Wrong name, reference or amount are the real causes of disputes over bank transfers.
    "method": Field(fields.line(NAME_CHARS_MAX), required=False),
    "amount": Field(fields.money, required=False),
    "payer": Field(fields.line(NAME_CHARS_MAX), required=False),
    "reference": Field(fields.line(NAME_CHARS_MAX), required=False),
    **_NOTE,
}
_SPLIT: Final[Schema] = {"to_seller": Field(fields.integer(0, MINOR_MAX))}
_REASONS: Final[Schema] = {"reasons": Field(fields.prose(ABOUT_CHARS_MAX, 1))}
_LICENCE: Final = Field(fields.blob(SIGNATURE_BYTES), required=False)
_COUNT: Final = Field(fields.integer(1, REVISION_MAX), required=False)

DETAILS: Final[dict[Event, Schema]] = {
    Event.PROPOSE: {
        "contract": Field(fields.anything),
        "licence": Field(fields.blob(SIGNATURE_BYTES)),
    },
    Event.COUNTER: {"terms": Field(fields.anything), "count": _COUNT, "licence": _LICENCE},
    Event.ACCEPT: {"count": _COUNT, "licence": _LICENCE, **_NOTE},
    Event.REJECT: _NOTE,
    Event.WITHDRAW: _NOTE,
    Event.PAY_SENT: _PAYMENT,
    Event.PAY_RECEIVED: _PAYMENT,
    Event.PAY_DENIED: _NOTE,
    Event.ON_DELIVERY: _NOTE,
    Event.FULFIL: {"tracking": Field(fields.line(NAME_CHARS_MAX), required=False), **_NOTE},
    Event.EXTEND: _NOTE,
    Event.CONFIRM: _NOTE,
    Event.REFUND: _NOTE,
    Event.OFFER: {**_SPLIT, **_NOTE},
    Event.AGREE: {"offer": Field(fields.blob(ID_BYTES)), **_NOTE},
    Event.DISPUTE: _REASONS,
    Event.CONSENT: _NOTE,
    Event.VERDICT: {**_SPLIT, **_REASONS},
    Event.EXECUTED: _PAYMENT,
    Event.ACKNOWLEDGE: {},
    Event.TIMEOUT: {},
}
"""What each event carries besides itself."""

SCHEMA: Final[Schema] = {
    "role": Field(fields.one_of(*Role)),
    "identity": Field(fields.blob(32)),
    "binding": Field(fields.blob(SIGNATURE_BYTES)),
    "event": Field(fields.one_of(*Event)),
    "seen": Field(fields.listed(fields.blob(ID_BYTES), SEEN_MAX, ascending=True)),
    "details": Field(fields.anything),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An authentic entry: `identity`, as `role`, said `event` of `order` at `made_at`."""

    id: RecordId
    order: OrderId
    role: Role
    identity: PublicKey
    event: Event
    seen: frozenset[RecordId]
    """The heads of the order that its author had before it: what it follows."""
    details: Mapping[str, Value]
    made_at: int
    """Unix seconds, the author's clock."""

    @property
    def contract(self) -> Contract:
        """The contract that a PROPOSE carries."""
        return contracts.read(self.details["contract"])

    @property
    def terms(self) -> Terms:
        """The terms that a COUNTER carries."""
        return terms_.read(self.details["terms"])


def bind(identity: Identity, order: OrderId, role: Role, key: PublicKey) -> Signature:
    """The identity's word that `key` speaks for it as `role` in `order`."""
    return identity.sign(_binding(identity.public_key, order, role, key))


def write(
    key: Identity,
    identity: PublicKey,
    binding: Signature,
    *,
    order: OrderId,
    role: Role,
    event: Event,
    seen: frozenset[RecordId],
    details: Mapping[str, Value],
    now: int,
) -> Record:
    """The record of an entry, signed by the order key `key` at `now` (Unix seconds)."""
    body: dict[str, Value] = {
        "role": role.value,
        "identity": identity,
        "binding": binding,
        "event": event.value,
        "seen": sorted(seen),
        "details": details,
    }
    return make(key, KIND, body, slot=order, revision=0, now=now)


def read(record: Record) -> Entry:
    """The entry in a record that `kinds.check` has passed."""
    body = cast("Mapping[str, object]", record.body)
    return Entry(
        id=record.id,
        order=OrderId(record.slot),
        role=Role(cast("str", body["role"])),
        identity=PublicKey(cast("bytes", body["identity"])),
        event=Event(cast("str", body["event"])),
        seen=frozenset(cast("list[RecordId]", body["seen"])),
        details=cast("Mapping[str, Value]", body["details"]),
        made_at=record.made_at,
    )


def check(record: Record) -> None:
    """What the fields alone do not show. Raises BadField, BadContract or BadBinding."""
    body = cast("Mapping[str, object]", record.body)
    details = body["details"]
    if not isinstance(details, Mapping):
        raise BadField(field="details", why="must be a map")
    event = Event(cast("str", body["event"]))
    check_body(DETAILS[event], cast("Mapping[str, Value]", details))
    said = read(record)
    if event is Event.PROPOSE:
        _check_proposal(said)
    elif not said.seen:
        raise BadField(field="seen", why="only a proposal follows nothing")
    if event is Event.COUNTER:
        terms_.read(said.details["terms"])
    if event in (Event.COUNTER, Event.ACCEPT):
        _check_count(said)
    _check_binding(said, record.author, Signature(cast("bytes", body["binding"])))


def _check_proposal(said: Entry) -> None:
    contract = said.contract
    if contract.id != said.order:
        raise BadField(field="slot", why="must be the hash of the contract")
    if said.seen:
        raise BadField(field="seen", why="a proposal follows nothing")
    if said.role is not Role.BUYER or said.identity != contract.buyer:
        raise BadBinding


def _check_count(said: Entry) -> None:
    # SPEC 4.2: "`count` and `licence` are the seller's, who always gives both"
    for name in ("count", "licence"):
        if (name in said.details) is not (said.role is Role.SELLER):
            why = "is missing" if said.role is Role.SELLER else "is for the seller alone"
            raise BadField(field=name, why=why)


def _check_binding(said: Entry, key: PublicKey, binding: Signature) -> None:
    # SPEC 4.2: "The binding is the identity's signature over the order, the role and the key"
    if not is_signed_by(
        said.identity, _binding(said.identity, said.order, said.role, key), binding
    ):
        raise BadBinding


def _binding(identity: PublicKey, order: OrderId, role: Role, key: PublicKey) -> bytes:
    return BINDING_DOMAIN + b"\0" + encode([identity, order, role.value, key])
