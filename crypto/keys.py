"""Who is speaking: an Ed25519 key pair, and the one answer to "is this theirs?"."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import NewType

from nacl.bindings import crypto_core_ed25519_is_valid_point
from nacl.exceptions import BadSignatureError
from nacl.public import PrivateKey
from nacl.signing import SigningKey, VerifyKey

PublicKey = NewType("PublicKey", bytes)
Signature = NewType("Signature", bytes)

SEED_BYTES = 32
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64

# A key check costs as much as a signature check, and few authors write most records.
# 8,192 keys are about 1 MB.
KNOWN_KEYS_MAX = 8_192


@dataclass(frozen=True, slots=True)
class Identity:
    """A person, or the one-time key of an order: whoever holds the seed."""

    public_key: PublicKey
    _signing_key: SigningKey = field(repr=False, compare=False)

    @classmethod
    def from_seed(cls, seed: bytes) -> Identity:
        """Derive the pair from `seed` (32 bytes); raises ValueError on another length."""
        if len(seed) != SEED_BYTES:
            raise ValueError(f"a seed must be {SEED_BYTES} bytes, got {len(seed)}")
        key = SigningKey(seed)
        return cls(PublicKey(bytes(key.verify_key)), key)

    def sign(self, message: bytes) -> Signature:
        """64-byte signature, the same for the same message. Source: RFC 8032, section 5.1.6."""
        return Signature(self._signing_key.sign(message).signature)

    def letter_key(self) -> PrivateKey:
        """The X25519 key that opens letters sealed to this identity.

        One key pair for signatures and for letters: the two uses are independent
        (Thormarker 2021, https://eprint.iacr.org/2021/509), and an address stays one key long.
        """
        return self._signing_key.to_curve25519_private_key()


def is_signed_by(public_key: PublicKey, message: bytes, signature: Signature) -> bool:
    """Tell whether `signature` over `message` was made by `public_key`'s owner.

    Stricter than RFC 8032 asks, so that all nodes answer alike: S below the group order (no
    second signature from the first), R not of small order (libsodium checks both), and a key
    that `is_public_key` (no key under which one signature fits many messages).
    """
    if len(public_key) != PUBLIC_KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        VerifyKey(public_key).verify(message, signature)
    except BadSignatureError:
        return False
    # After the signature, so that a flood of unsigned junk does not wash out the known keys.
    return is_public_key(public_key)


@lru_cache(maxsize=KNOWN_KEYS_MAX)
def is_public_key(data: bytes) -> bool:
    """Tell whether `data` is a key someone can sign with and be written to.

    32 bytes, canonical (y < 2^255 - 19), on the curve, and in its prime-order group: so not of
    small order, and nobody has a second spelling of his key that shares its secret.
    """
    return len(data) == PUBLIC_KEY_BYTES and crypto_core_ed25519_is_valid_point(data)
