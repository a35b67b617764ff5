"""All that one person can do with their root: sign, open letters, and have a key per order."""

from __future__ import annotations

from dataclasses import dataclass, field

from .hashing import derive
from .keys import Identity, PublicKey
from .sealing import open_sealed

ROOT_BYTES = 32  # what the 24 words encode
NONCE_BYTES = 32

IDENTITY_PURPOSE = b"goodword/identity/1"
ORDER_KEY_PURPOSE = b"goodword/order-key/1"
LETTER_TOKEN_PURPOSE = b"goodword/letter-token/1"

ORDER_ID_BYTES = 32


@dataclass(frozen=True, slots=True)
class Person:
    """Who holds the root. Everything else follows from it, so the words are a whole backup."""

    identity: Identity
    _root: bytes = field(repr=False, compare=False)

    @classmethod
    def from_root(cls, root: bytes) -> Person:
        """Raises ValueError unless given 32 bytes."""
        if len(root) != ROOT_BYTES:
            raise ValueError(f"a root must be {ROOT_BYTES} bytes, got {len(root)}")
        return cls(Identity.from_seed(derive(root, IDENTITY_PURPOSE)), root)

    @property
    def public_key(self) -> PublicKey:
        """By this key others know the person."""
        return self.identity.public_key

    def order_identity(self, nonce: bytes) -> Identity:
        """The key that signs one order's entries; `nonce` (32 bytes) is in the order.

        Nobody can tell from it whose key it is, unless the person shows the link. Raises:
        ValueError on another length, which could make two nonces one.
        """
        if len(nonce) != NONCE_BYTES:
            raise ValueError(f"an order's nonce must be {NONCE_BYTES} bytes, got {len(nonce)}")
        return Identity.from_seed(derive(self._root, ORDER_KEY_PURPOSE + nonce))

    def letter_token(self, recipient: PublicKey, order: bytes) -> bytes:
        """The secret (32 bytes) that letters about `order` carry to `recipient`, inside the seal.

        Whoever repeats it has opened such a letter. Derived, not drawn, so that a receipt that
        comes days later, by another way, can be checked without a table of what was sent.
        Raises: ValueError where `order` is not 32 bytes, which could make two orders one.
        """
        if len(order) != ORDER_ID_BYTES:
            raise ValueError(f"an order's id must be {ORDER_ID_BYTES} bytes, got {len(order)}")
        return derive(self._root, LETTER_TOKEN_PURPOSE + recipient + order)

    def open_sealed(self, sealed: bytes) -> bytes:
        """The letter inside, if it was sealed to this person. Raises: NotForUs."""
        return open_sealed(self.identity, sealed)
