"""A fingerprint: 16 bytes by which two nodes see whether they have the same records in a range."""

from __future__ import annotations

import hashlib
from typing import Final

from .bounds import PLACE_BYTES, TIME_BYTES, varint

FINGERPRINT_BYTES: Final = 16
_ID_BITS: Final = 256


def fingerprint(total: int, count: int) -> bytes:
    """Of `count` records whose ids, as numbers, add up to `total`.

    Known weakness: a sum is no hash. Who makes very many records can find two sets of them with
    the same sum, the more of them the easier, and let two nodes overlook that one has the one
    and the other the other. They are all his own; gossip, or the next peer, tells them apart.
    """
    # SPEC 5.7: "the ids, read as integers with the least byte first, are added modulo 2^256"
    added = (total % (1 << _ID_BITS)).to_bytes(_ID_BITS // 8, "little")
    return hashlib.sha256(added + varint(count)).digest()[:FINGERPRINT_BYTES]


def total(places: bytes | bytearray | memoryview) -> int:
    """The sum of the ids in `places`, which lie one after the other; 0.2 µs for each."""
    return sum(
        [
            int.from_bytes(places[at + TIME_BYTES : at + PLACE_BYTES], "little")
            for at in range(0, len(places), PLACE_BYTES)
        ]
    )
