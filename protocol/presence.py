"""Presence: which device of a person's answers, where, and until when.

The device has a key of its own, so that a person can run several, move, or hide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from . import fields
from .errors import BadField
from .fields import Field, Schema
from .limits import (
    ADDRESS_CHARS_MAX,
    ADDRESSES_MAX,
    PEER_BYTES_MAX,
    PRESENCE_SECONDS_MAX,
    REVISION_MAX,
)
from .record import Body, Record

KIND: Final = "presence"

SCHEMA: Final[Schema] = {
    "peer": Field(fields.blob(32, PEER_BYTES_MAX)),
    "addresses": Field(fields.listed(fields.line(ADDRESS_CHARS_MAX), ADDRESSES_MAX)),
    "expires_at": Field(fields.integer(0, REVISION_MAX)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """The slot of its record is `peer`: one presence for each device."""

    peer: bytes
    """The libp2p peer id, as bytes."""
    addresses: tuple[str, ...]
    """Multiaddrs, without the `/p2p/…` part."""
    expires_at: int
    """Unix seconds."""

    def to_body(self) -> Body:
        return {
            "peer": self.peer,
            "addresses": list(self.addresses),
            "expires_at": self.expires_at,
        }


def read(record: Record) -> Presence:
    """The presence in an admitted record."""
    body = cast("dict[str, object]", record.body)
    return Presence(
        peer=cast("bytes", body["peer"]),
        addresses=tuple(cast("list[str]", body["addresses"])),
        expires_at=cast("int", body["expires_at"]),
    )


def check(record: Record) -> None:
    """What the fields alone do not show. Raises BadField."""
    presence = read(record)
    if record.slot != presence.peer:
        raise BadField(field="slot", why="must be the peer id")
    # SPEC 3.2: "A presence lasts at most 30 days"
    if not record.made_at < presence.expires_at <= record.made_at + PRESENCE_SECONDS_MAX:
        raise BadField(field="expires_at", why="must be within 30 days after it was signed")
