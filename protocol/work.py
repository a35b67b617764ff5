"""Proof of work: what a stranger spends on an envelope, so that a flood costs who sends it.

It is checked before anything is decrypted: one hash against some 65,000.
"""

from __future__ import annotations

from typing import Final

from goodword.crypto.hashing import digest, sha256
from goodword.crypto.keys import PublicKey

from .limits import WORK_BITS

DOMAIN: Final = b"goodword/work/1"
WORK_BYTES: Final = 8


def is_enough(to: PublicKey, sealed: bytes, nonce: bytes) -> bool:
    """Whether `nonce` is the work for this envelope and no other."""
    # SPEC 5.2: "has WORK_BITS leading zero bits"
    found = digest(DOMAIN, to + sha256(sealed) + nonce)
    return len(nonce) == WORK_BYTES and _has_work(found)


def find(to: PublicKey, sealed: bytes) -> bytes:
    """The first nonce that is enough. Takes a moment: never call it where others wait."""
    about = to + sha256(sealed)
    number = 0
    while True:  # bounded by luck alone: after a million tries one in four million is not done
        nonce = number.to_bytes(WORK_BYTES, "big")
        if _has_work(digest(DOMAIN, about + nonce)):
            return nonce
        number += 1


def _has_work(found: bytes) -> bool:
    return int.from_bytes(found, "big") >> (8 * len(found) - WORK_BITS) == 0
