"""Comparing: a message of reconciliation, and in which scope the two compare.

The client tells a scope whole with its first message, and names it from then on; a server that has
forgotten it, or never heard of it, says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .codec import decode_message, encode
from .errors import Malformed
from .exchange import SCOPE_ID_BYTES, UnknownScope
from .limits import INTEREST_BYTES_MAX, RECONCILE_BYTES_MAX

VERSION: Final = 1
PROTOCOL: Final = "/goodword/reconcile/1"
_MESSAGE_BYTES_MAX: Final = RECONCILE_BYTES_MAX + INTEREST_BYTES_MAX + 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """Say this of what lies in the scope."""

    scope: bytes
    """Its id; empty: everything."""
    told: bytes | None
    """The scope itself (5.9); None: told before, or everything."""
    message: bytes
    """Of reconciliation (5.7)."""

    def to_bytes(self) -> bytes:
        return encode([VERSION, "compare", self.scope, self.told, self.message])


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    message: bytes
    """What the server says to it."""

    def to_bytes(self) -> bytes:
        return encode([VERSION, "compared", self.message])


Message = Compare | Compared | UnknownScope


def read(data: bytes) -> Message:
    """Raises Malformed, or another Refusal of the codec."""
    match decode_message(data, VERSION, size_max=_MESSAGE_BYTES_MAX):
        case ["compare", bytes() as scope, bytes() | None as told, bytes() as message] if len(
            scope
        ) in (0, SCOPE_ID_BYTES) and (scope or told is None):
            return Compare(scope=scope, told=told, message=message)
        case ["compared", bytes() as message]:
            return Compared(message=message)
        case ["unknown-scope"]:
            return UnknownScope()
        case _:
            raise Malformed(why="not a message of comparison")
