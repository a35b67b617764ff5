"""A vouch: I know this person, or trust her, and say how."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, cast

from goodword.crypto.keys import PublicKey

from . import fields
from .errors import BadField
from .fields import Field, Schema
from .limits import LINE_CHARS_MAX, REVISION_MAX, VOUCH_SECONDS_MAX
from .record import Body, Record

KIND: Final = "vouch"


class Strength(StrEnum):
    KNOW = "know"
    """I have met her; she is who she says."""
    TRUST = "trust"
    """I would hand her my own money."""


SCHEMA: Final[Schema] = {
    "about": Field(fields.public_key),
    "strength": Field(fields.one_of(*Strength)),
    "how": Field(fields.line(LINE_CHARS_MAX)),
    "expires_at": Field(fields.integer(0, REVISION_MAX)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouch:
    """The slot of its record is `about`: one vouch for each person."""

    about: PublicKey
    strength: Strength
    how: str
    """How I know her, in a sentence."""
    expires_at: int
    """Unix seconds."""

    def to_body(self) -> Body:
        return {
            "about": self.about,
            "strength": self.strength.value,
            "how": self.how,
            "expires_at": self.expires_at,
        }


def read(record: Record) -> Vouch:
    """The vouch in an admitted record that is not a withdrawal."""
    body = cast("dict[str, object]", record.body)
    return Vouch(
        about=PublicKey(cast("bytes", body["about"])),
        strength=Strength(cast("str", body["strength"])),
        how=cast("str", body["how"]),
        expires_at=cast("int", body["expires_at"]),
    )


def check(record: Record) -> None:
    """What the fields alone do not show. Raises BadField."""
    vouch = read(record)
    if bytes(record.slot) != bytes(vouch.about):
        raise BadField(field="slot", why="must be the key of the person vouched for")
    if vouch.about == record.author:
        raise BadField(field="about", why="nobody vouches for herself")
    # SPEC 3.4: "A vouch lasts at most five years"
    if not record.made_at < vouch.expires_at <= record.made_at + VOUCH_SECONDS_MAX:
        raise BadField(field="expires_at", why="must be within five years after it was signed")
