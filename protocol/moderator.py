"""A moderator: somebody who offers to decide disputes between others, and for how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from . import fields
from .codec import Value
from .fields import Field, Schema
from .limits import ABOUT_CHARS_MAX, CATEGORIES_MAX, CATEGORY_CHARS_MAX, FEE_BASIS_POINTS_MAX
from .money import Money
from .record import Body, Record

KIND: Final = "moderator"
SLOT: Final = b""
"""A person has one offer to moderate."""

WHOLE_BASIS_POINTS: Final = 10_000

SCHEMA: Final[Schema] = {
    "fee": Field(fields.integer(0, FEE_BASIS_POINTS_MAX)),
    "categories": Field(
        fields.listed(fields.slug(CATEGORY_CHARS_MAX), CATEGORIES_MAX, ascending=True),
        required=False,
    ),
    "about": Field(fields.prose(ABOUT_CHARS_MAX), required=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderator:
    fee: int
    """Basis points (hundredths of a percent) of an order's total."""
    categories: tuple[str, ...] = ()
    """What she knows about; sorted, without doubles. Empty: anything."""
    about: str = ""

    def to_body(self) -> Body:
        body: dict[str, Value] = {"fee": self.fee}
        if self.categories:
            body["categories"] = list(self.categories)
        if self.about:
            body["about"] = self.about
        return body


def fee(total: Money, basis_points: int) -> Money:
    """What a moderator gets of `total`: whole minor units, rounded down.

    So a fee is never more than was agreed; of a small total it can be nothing.
    """
    # SPEC 3.8: "rounded down to whole minor units"
    return Money(total.minor * basis_points // WHOLE_BASIS_POINTS, total.code)


def read(record: Record) -> Moderator:
    """The offer in an admitted record that is not a withdrawal."""
    body = cast("dict[str, Value]", record.body)
    return Moderator(
        fee=cast("int", body["fee"]),
        categories=tuple(cast("list[str]", body.get("categories", []))),
        about=cast("str", body.get("about", "")),
    )
