"""Content hashes and derived secrets, one domain per use so that no two uses can be confused."""

from __future__ import annotations

import hashlib
from typing import NewType

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

Digest = NewType("Digest", bytes)

DIGEST_BYTES = 32
DERIVED_BYTES_MAX = 255 * DIGEST_BYTES  # RFC 5869, section 2.3: "L <= 255*HashLen"


def digest(domain: bytes, data: bytes) -> Digest:
    """SHA-256 of `domain`, a zero byte, and `data`. `domain` holds no zero byte.

    SHA-256 rather than a keyed BLAKE2: every language's standard library has it, so that a
    second implementation needs nothing special. Source: FIPS 180-4.
    """
    return Digest(hashlib.sha256(domain + b"\0" + data).digest())


def sha256(data: bytes) -> bytes:
    """Plain SHA-256, for what is hashed once more under a domain."""
    return hashlib.sha256(data).digest()


def derive(secret: bytes, purpose: bytes, size: int = 32) -> bytes:
    """A new secret of `size` bytes for one purpose; it tells nothing of `secret` or its siblings.

    HKDF-SHA256 with an empty salt and `purpose` as its info: what we derive from is uniformly
    random already, which is the case where RFC 5869, section 3.1, needs no salt.
    Raises: ValueError when `size` is not in 1…8160. Source: RFC 5869.
    """
    if not 1 <= size <= DERIVED_BYTES_MAX:
        raise ValueError(f"size must be in 1…{DERIVED_BYTES_MAX} bytes, got {size}")
    return HKDF(SHA256(), length=size, salt=b"", info=purpose).derive(secret)
