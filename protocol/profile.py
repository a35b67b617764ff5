"""A profile: what a person says of herself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from . import fields
from .codec import Value
from .fields import Field, Schema
from .limits import ABOUT_CHARS_MAX, NAME_CHARS_MAX, REGION_CHARS_MAX
from .record import Body, Record
from .scope import Part

KIND: Final = "profile"
SLOT: Final = b""
"""A person has one profile."""

SCHEMA: Final[Schema] = {
    "name": Field(fields.line(NAME_CHARS_MAX)),
    "about": Field(fields.prose(ABOUT_CHARS_MAX), required=False),
    "region": Field(fields.line(REGION_CHARS_MAX), required=False),
    "roles": Field(fields.listed(fields.one_of(*Part), len(Part), ascending=True), required=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    name: str
    """Chosen by the person: anybody can choose it. A petname is ours alone."""
    about: str = ""
    region: str = ""
    roles: tuple[Part, ...] = ()
    """What she offers to be to others; sorted, without doubles."""

    def to_body(self) -> Body:
        body: dict[str, Value] = {"name": self.name}
        if self.about:
            body["about"] = self.about
        if self.region:
            body["region"] = self.region
        if self.roles:
            body["roles"] = [each.value for each in self.roles]
        return body


def read(record: Record) -> Profile:
    """The profile in an admitted record."""
    body = cast("dict[str, Value]", record.body)
    return Profile(
        name=cast("str", body["name"]),
        about=cast("str", body.get("about", "")),
        region=cast("str", body.get("region", "")),
        roles=tuple(Part(each) for each in cast("list[str]", body.get("roles", []))),
    )
