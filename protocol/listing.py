"""A listing: something for sale, at a price, by the person who signed it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict, cast

from goodword.crypto.hashing import digest
from goodword.crypto.keys import PublicKey

from . import fields
from .codec import Value
from .errors import BadField, ForeignSlot
from .fields import Field, Schema
from .limits import (
    CATEGORIES_MAX,
    CATEGORY_CHARS_MAX,
    CHOICE_CHARS_MAX,
    CHOICES_MAX,
    DAY,
    HANDLING_SECONDS_MAX,
    HANDLING_SECONDS_MIN,
    LINE_CHARS_MAX,
    MINOR_MAX,
    OPTIONS_MAX,
    QUANTITY_MAX,
    QUESTIONS_MAX,
    REGION_CHARS_MAX,
    TEXT_CHARS_MAX,
    TITLE_CHARS_MAX,
)
from .money import Money
from .record import Body, Record, Slot

KIND: Final = "listing"
NONCE_BYTES: Final = 16
SLOT_BYTES: Final = 32
SLOT_DOMAIN: Final = b"goodword/listing-slot/1"

HANDLING_SECONDS: Final = 3 * DAY
"""Where the seller does not say: the time from payment to shipping that most shops promise."""

_check_choices: Final = fields.listed(
    fields.pair(fields.line(CHOICE_CHARS_MAX), fields.integer(0, MINOR_MAX)), CHOICES_MAX
)


def _choices(name: str, value: object) -> None:
    _check_choices(name, value)
    choices = [choice for choice, _ in cast("list[tuple[str, int]]", value)]
    if not choices:
        raise BadField(field=name, why="an option has no choices")
    if len(set(choices)) < len(choices):
        raise BadField(field=name, why="a choice is there twice")


SCHEMA: Final[Schema] = {
    "title": Field(fields.line(TITLE_CHARS_MAX)),
    "price": Field(fields.money),
    "quantity": Field(fields.integer(0, QUANTITY_MAX)),
    "handling": Field(fields.integer(HANDLING_SECONDS_MIN, HANDLING_SECONDS_MAX)),
    "text": Field(fields.prose(TEXT_CHARS_MAX), required=False),
    "region": Field(fields.line(REGION_CHARS_MAX), required=False),
    "categories": Field(
        fields.listed(fields.slug(CATEGORY_CHARS_MAX), CATEGORIES_MAX, ascending=True),
        required=False,
    ),
    "shipping": Field(fields.integer(0, MINOR_MAX), required=False),
    "options": Field(
        fields.listed(fields.pair(fields.line(CHOICE_CHARS_MAX), _choices), OPTIONS_MAX),
        required=False,
    ),
    "questions": Field(fields.listed(fields.line(LINE_CHARS_MAX), QUESTIONS_MAX), required=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What the buyer chooses: colour, size; each choice may add to the price."""

    name: str
    choices: tuple[tuple[str, int], ...]
    """(choice, what it adds to the price of one piece, in minor units)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    title: str
    price: Money
    """For one piece."""
    quantity: int = 1
    """Pieces for sale; orders that are under way count against it."""
    handling: int = HANDLING_SECONDS
    """Seconds from payment until the seller has shipped."""
    text: str = ""
    region: str = ""
    """Where it ships from, as the seller puts it: `DE-BE`, `Berlin`, `台北`."""
    categories: tuple[str, ...] = ()
    """Sorted, without doubles."""
    shipping: int = 0
    """For one order, however many pieces, in minor units of the price's currency."""
    options: tuple[Option, ...] = ()
    questions: tuple[str, ...] = ()
    """What every buyer must answer: which name to engrave, which colour of yarn."""

    def to_body(self) -> Body:
        body: dict[str, Value] = {
            "title": self.title,
            "price": [self.price.minor, self.price.code],
            "quantity": self.quantity,
            "handling": self.handling,
        }
        if self.text:
            body["text"] = self.text
        if self.region:
            body["region"] = self.region
        if self.categories:
            body["categories"] = list(self.categories)
        if self.shipping:
            body["shipping"] = self.shipping
        if self.options:
            body["options"] = [
                [each.name, [list(choice) for choice in each.choices]] for each in self.options
            ]
        if self.questions:
            body["questions"] = list(self.questions)
        return body


def slot(author: PublicKey, nonce: bytes) -> Slot:
    """The slot of a new listing, which only `author` can use; `nonce` is NONCE_BYTES of dice.

    A listing keeps its slot over all of its revisions. Its second half commits to the author,
    so that a slot seen on the network cannot be taken first by somebody else: whose it is does
    not depend on which record arrived first.
    """
    # SPEC 3.3: "The slot is a nonce of 16 bytes and the first 16 bytes of the hash"
    return Slot(nonce + digest(SLOT_DOMAIN, author + nonce)[: SLOT_BYTES - NONCE_BYTES])


def check_owner(record: Record) -> None:
    """Raises ForeignSlot where the slot was made for another author."""
    if record.slot != slot(record.author, record.slot[:NONCE_BYTES]):
        raise ForeignSlot(kind=KIND)


def read(record: Record) -> Listing:
    """The listing in an admitted record that is not a withdrawal."""
    body = cast("_Checked", record.body)
    return Listing(
        title=body["title"],
        price=Money(*body["price"]),
        quantity=body["quantity"],
        handling=body["handling"],
        text=body.get("text", ""),
        region=body.get("region", ""),
        categories=tuple(body.get("categories", ())),
        shipping=body.get("shipping", 0),
        options=tuple(map(_read_option, body["options"])) if "options" in body else (),
        questions=tuple(body.get("questions", ())),
    )


class _Checked(TypedDict):
    """A body that fits SCHEMA."""

    title: str
    price: tuple[int, str]
    quantity: int
    handling: int
    text: NotRequired[str]
    region: NotRequired[str]
    categories: NotRequired[list[str]]
    shipping: NotRequired[int]
    options: NotRequired[list[tuple[str, list[tuple[str, int]]]]]
    questions: NotRequired[list[str]]


def check(record: Record) -> None:
    """What the fields alone do not show. Raises BadField."""
    body = cast("dict[str, Value]", record.body)
    options = cast("list[tuple[str, object]]", body.get("options", []))
    _check_doubles("options", [name for name, _ in options])
    _check_doubles("questions", cast("list[str]", body.get("questions", [])))


def _check_doubles(field: str, names: Sequence[str]) -> None:
    if len(set(names)) < len(names):
        raise BadField(field=field, why="one is there twice")


def _read_option(value: tuple[str, list[tuple[str, int]]]) -> Option:
    name, choices = value
    return Option(name=name, choices=tuple((choice, extra) for choice, extra in choices))
