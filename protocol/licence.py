"""A licence: one party's word that the other may review her, given with her part of the agreement.

It is signed by the identity and is all of an order that a review shows: not what was bought, for
how much, or where it was sent.
"""

from __future__ import annotations

from typing import Final

from goodword.crypto.keys import Identity, PublicKey, Signature, is_signed_by

from .codec import encode

DOMAIN: Final = b"goodword/licence/1"


def give(identity: Identity, order: bytes, to: PublicKey, count: int) -> Signature:
    """The word of `identity` that `to` may review it, once, for `order` (32 bytes).

    `count`: how many orders the giver has agreed to as a seller, this one included; 0 from a
    buyer. Who compares licences sees which numbers are missing, and which were given twice.
    """
    return identity.sign(_message(order, identity.public_key, to, count))


def is_given(licence: Signature, *, order: bytes, by: PublicKey, to: PublicKey, count: int) -> bool:
    """Whether `by` gave this licence to `to`."""
    return is_signed_by(by, _message(order, by, to, count), licence)


def _message(order: bytes, by: PublicKey, to: PublicKey, count: int) -> bytes:
    # SPEC 4.9: "A licence is the giver's signature over the order, the giver, the other, the count"
    return DOMAIN + b"\0" + encode([order, by, to, count])
