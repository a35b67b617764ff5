"""The terms: what the two haggle over. The contract has the first ones, a counter new ones.

Rule 1: a counter carries whole terms, never a change of some: each round can be read alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from goodword.crypto.keys import PUBLIC_KEY_BYTES, PublicKey, is_public_key

from . import fields
from .codec import Value
from .errors import BadContract, BadField
from .fields import Field, Schema, check_body
from .limits import (
    CHOICE_CHARS_MAX,
    CLEARING_SECONDS_MAX,
    CLEARING_SECONDS_MIN,
    DAY,
    DECIDED_SECONDS,
    DISPUTE_SECONDS_MAX,
    DISPUTE_SECONDS_MIN,
    EXTENSION_SECONDS_MAX,
    HANDLING_SECONDS_MAX,
    HANDLING_SECONDS_MIN,
    HOUR,
    INSPECTION_SECONDS_MAX,
    INSPECTION_SECONDS_MIN,
    LINE_CHARS_MAX,
    LOCK_MARGIN_SECONDS,
    LOCK_SECONDS_MAX,
    MINOR_MAX,
    OPTIONS_MAX,
    PAYMENT_SECONDS_MAX,
    PAYMENT_SECONDS_MIN,
    QUANTITY_MAX,
    QUESTIONS_MAX,
)
from .money import Money

PAYMENT_SECONDS: Final = 24 * HOUR
"""Where nobody says otherwise, as for the next three: from acceptance until it is paid."""
CLEARING_SECONDS: Final = 5 * DAY
"""From "I paid" until the money is seen: a bank transfer over a long weekend."""
INSPECTION_SECONDS: Final = 7 * DAY
"""From shipping until the buyer has looked at it: a parcel within a country, and two days."""
DISPUTE_SECONDS: Final = 14 * DAY
"""For the two to agree after all, or for a moderator to hear both."""


def _moderator(name: str, value: object) -> None:
    match value:
        case [bytes() as key, int() as fee] if type(fee) is int and 0 <= fee <= MINOR_MAX:
            if len(key) != PUBLIC_KEY_BYTES or not is_public_key(key):
                raise BadField(field=name, why="is nobody's key")
        case _:
            raise BadField(field=name, why="must be [public key, fee in minor units]")


SCHEMA: Final[Schema] = {
    "quantity": Field(fields.integer(1, QUANTITY_MAX)),
    "price": Field(fields.money),
    "shipping": Field(fields.integer(0, MINOR_MAX)),
    "total": Field(fields.money),
    "payment": Field(fields.integer(PAYMENT_SECONDS_MIN, PAYMENT_SECONDS_MAX)),
    "clearing": Field(fields.integer(CLEARING_SECONDS_MIN, CLEARING_SECONDS_MAX)),
    "handling": Field(fields.integer(HANDLING_SECONDS_MIN, HANDLING_SECONDS_MAX)),
    "inspection": Field(fields.integer(INSPECTION_SECONDS_MIN, INSPECTION_SECONDS_MAX)),
    "dispute": Field(fields.integer(DISPUTE_SECONDS_MIN, DISPUTE_SECONDS_MAX)),
    "options": Field(
        fields.listed(
            fields.pair(fields.line(CHOICE_CHARS_MAX), fields.line(CHOICE_CHARS_MAX)),
            OPTIONS_MAX,
            items_min=1,
        ),
        required=False,
    ),
    "answers": Field(
        fields.listed(
            fields.pair(fields.line(LINE_CHARS_MAX), fields.line(LINE_CHARS_MAX)),
            QUESTIONS_MAX,
            items_min=1,
        ),
        required=False,
    ),
    "note": Field(fields.line(LINE_CHARS_MAX), required=False),
    "moderator": Field(_moderator, required=False),
}

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    quantity: int
    price: Money
    """For one piece, with what the chosen options add."""
    shipping: int = 0
    """For all pieces together, in minor units of the price's currency."""
    total: Money
    payment: int = PAYMENT_SECONDS
    """Seconds from acceptance until it is paid."""
    clearing: int = CLEARING_SECONDS
    """Seconds from "I paid" until the seller says whether the money came."""
    handling: int
    """Seconds from payment until the seller has shipped."""
    inspection: int = INSPECTION_SECONDS
    """Seconds from shipping until the buyer has said what he thinks."""
    dispute: int = DISPUTE_SECONDS
    """Seconds for a dispute to come to an end."""
    options: Pairs = ()
    """(option, choice), in the listing's order."""
    answers: Pairs = ()
    """(question, answer), in the listing's order."""
    note: str = ""
    moderator: PublicKey | None = None
    """Whom both trust to decide, should they not agree."""
    fee: int = 0
    """What he asks if he has to, in minor units of the total's currency: half from each."""

    @property
    def extension(self) -> int:
        """Seconds that the buyer may add to the inspection, once: what the lock leaves room for."""
        # SPEC 4.1: "the buyer may extend it once, by what is left of 45 days, at most 7 days"
        return min(EXTENSION_SECONDS_MAX, LOCK_SECONDS_MAX - self._locked)

    @property
    def _locked(self) -> int:
        """The longest that money is bound, from payment to the end of all deadlines."""
        until_disputed = self.handling + self.inspection
        return until_disputed + self.dispute + DECIDED_SECONDS + LOCK_MARGIN_SECONDS

    def to_body(self) -> Mapping[str, Value]:
        body: dict[str, Value] = {
            "quantity": self.quantity,
            "price": [self.price.minor, self.price.code],
            "shipping": self.shipping,
            "total": [self.total.minor, self.total.code],
            "payment": self.payment,
            "clearing": self.clearing,
            "handling": self.handling,
            "inspection": self.inspection,
            "dispute": self.dispute,
        }
        if self.options:
            body["options"] = [list(each) for each in self.options]
        if self.answers:
            body["answers"] = [list(each) for each in self.answers]
        if self.note:
            body["note"] = self.note
        if self.moderator:
            body["moderator"] = [self.moderator, self.fee]
        return body


def total_of(price: Money, quantity: int, shipping: int) -> Money:
    """Raises ValueError where it is more than money can be."""
    return Money(price.minor * quantity + shipping, price.code)


def read(value: Value) -> Terms:
    """Raises BadField or BadContract unless `value` is terms that hold in themselves."""
    if not isinstance(value, Mapping):
        raise BadField(field="terms", why="must be a map")
    check_body(SCHEMA, value)
    body = cast("Mapping[str, object]", value)
    moderator, fee = cast("tuple[PublicKey | None, int]", body.get("moderator", (None, 0)))
    terms = Terms(
        quantity=cast("int", body["quantity"]),
        price=Money(*cast("tuple[int, str]", body["price"])),
        shipping=cast("int", body["shipping"]),
        total=Money(*cast("tuple[int, str]", body["total"])),
        payment=cast("int", body["payment"]),
        clearing=cast("int", body["clearing"]),
        handling=cast("int", body["handling"]),
        inspection=cast("int", body["inspection"]),
        dispute=cast("int", body["dispute"]),
        options=_pairs(body.get("options", [])),
        answers=_pairs(body.get("answers", [])),
        note=cast("str", body.get("note", "")),
        moderator=moderator,
        fee=fee,
    )
    _check_sums(terms)
    return terms


def changes(old: Terms, new: Terms) -> dict[str, tuple[Value, Value]]:
    """field -> (what it was, what it is), of all that differs; None where a field is not set."""
    before, after = old.to_body(), new.to_body()
    return {
        name: (before.get(name), after.get(name))
        for name in SCHEMA
        if before.get(name) != after.get(name)
    }


def _pairs(value: object) -> Pairs:
    return tuple((one, other) for one, other in cast("list[tuple[str, str]]", value))


def _check_sums(terms: Terms) -> None:
    # SPEC 4.1: "The total is the price times the quantity, and the shipping"
    due = terms.price.minor * terms.quantity + terms.shipping
    if (due, terms.price.code) != (terms.total.minor, terms.total.code):
        raise BadContract(why="the total is not the price times the quantity, and the shipping")
    # SPEC 4.1: "The deadlines nest"
    if terms.extension < 0:
        raise BadContract(why="its deadlines together are longer than money may be locked")
