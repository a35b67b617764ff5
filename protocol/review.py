"""A review: what one party of an order says of the other; without a rating, a bare receipt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, cast

from goodword.crypto.keys import SIGNATURE_BYTES, PublicKey, Signature

from . import fields, licence
from .codec import Value
from .entry import Role
from .errors import BadField, NoLicence
from .fields import Field, Schema
from .limits import ABOUT_CHARS_MAX, REVISION_MAX
from .record import Body, Record

KIND: Final = "review"


class Rating(StrEnum):
    GOOD = "good"
    MIXED = "mixed"
    BAD = "bad"


SCHEMA: Final[Schema] = {
    "about": Field(fields.public_key),
    "role": Field(fields.one_of(Role.BUYER, Role.SELLER)),
    "count": Field(fields.integer(0, REVISION_MAX)),
    "licence": Field(fields.blob(SIGNATURE_BYTES)),
    "rating": Field(fields.one_of(*Rating), required=False),
    "text": Field(fields.prose(ABOUT_CHARS_MAX), required=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The slot of its record is the order's id: one review by each author of each order."""

    about: PublicKey
    """The other party, by his identity; he gave the licence."""
    role: Role
    """Of the author, in the order."""
    count: int
    """As the licence has it: a seller's number of the order; 0 about a buyer."""
    licence: Signature
    rating: Rating | None = None
    text: str = ""

    @property
    def is_bare(self) -> bool:
        """It says no more than that there was an order."""
        return self.rating is None and not self.text

    def to_body(self) -> Body:
        body: dict[str, Value] = {
            "about": self.about,
            "role": self.role.value,
            "count": self.count,
            "licence": self.licence,
        }
        if self.rating:
            body["rating"] = self.rating.value
        if self.text:
            body["text"] = self.text
        return body


def read(record: Record) -> Review:
    """The review in an admitted record that is not a withdrawal."""
    body = cast("dict[str, object]", record.body)
    rating = cast("str | None", body.get("rating"))
    return Review(
        about=PublicKey(cast("bytes", body["about"])),
        role=Role(cast("str", body["role"])),
        count=cast("int", body["count"]),
        licence=Signature(cast("bytes", body["licence"])),
        rating=Rating(rating) if rating else None,
        text=cast("str", body.get("text", "")),
    )


def check(record: Record) -> None:
    """What the fields alone do not show. Raises BadField or NoLicence.

    Not checked, for the record alone does not show it: that the order was settled.
    """
    review = read(record)
    if review.about == record.author:
        raise BadField(field="about", why="nobody reviews herself")
    # SPEC 3.9: "`count` is 0 if and only if the author is the seller"
    if (review.count == 0) != (review.role is Role.SELLER):
        raise BadField(field="count", why="must be 0 about a buyer, above 0 about a seller")
    # SPEC 3.9: "A review without the licence of the person it is about is refused"
    if not licence.is_given(
        review.licence, order=record.slot, by=review.about, to=record.author, count=review.count
    ):
        raise NoLicence
