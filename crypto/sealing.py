"""A letter only its recipient opens: anonymous, and unreadable to those who carry it."""

from __future__ import annotations

from nacl.exceptions import CryptoError
from nacl.public import SealedBox
from nacl.signing import VerifyKey

from .keys import Identity, PublicKey, is_public_key

SEAL_BYTES = 48  # what sealing adds: a one-time X25519 key (32) and a Poly1305 tag (16)


class NotForUs(ValueError):
    """The letter was sealed to someone else, or was changed on its way: the two look alike."""


def seal(to: PublicKey, plain: bytes) -> bytes:
    """Seal `plain` to the owner of `to`; who sealed it cannot be told from the result.

    Not pure: libsodium draws a one-time key from the system's randomness, so that sealing twice
    gives two different letters. No forward secrecy: who gets hold of the recipient's seed later
    reads old letters, if he kept them.
    Raises: ValueError when `to` is not a public key. Source: libsodium's crypto_box_seal.
    """
    if not is_public_key(to):
        raise ValueError("not a public key, so nothing can be sealed to it")
    return SealedBox(VerifyKey(to).to_curve25519_public_key()).encrypt(plain)


def open_sealed(root: Identity, sealed: bytes) -> bytes:
    """The letter inside, if it was sealed to `root`. Raises: NotForUs."""
    try:
        return SealedBox(root.letter_key()).decrypt(sealed)
    except (CryptoError, ValueError, TypeError) as error:
        raise NotForUs("the letter is not sealed to this key, or is damaged") from error
