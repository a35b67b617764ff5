"""Points and scalars of edwards25519 that attackers like, spelled out."""

from __future__ import annotations

import hashlib

FIELD_PRIME = 2**255 - 19
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
SIGN_BIT = 1 << 255  # the sign of x, in the top bit of the 32 bytes

# All eight points whose order divides 8, in their one canonical spelling.
SMALL_ORDER = {
    "order 1": "0100000000000000000000000000000000000000000000000000000000000000",
    "order 2": "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "order 4, first": "0000000000000000000000000000000000000000000000000000000000000000",
    "order 4, second": "0000000000000000000000000000000000000000000000000000000000000080",
    "order 8, first": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "order 8, second": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "order 8, third": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "order 8, fourth": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
}

# The other spellings of the same points: y is not reduced, or x is 0 with its sign bit set.
SMALL_ORDER_AGAIN = {
    "order 1, x negative": "0100000000000000000000000000000000000000000000000000000000000080",
    "order 2, x negative": "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "order 4, y is p": "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "order 4, y is p, x negative": (
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    ),
    "order 1, y is p + 1": "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "order 1, y is p + 1, x negative": (
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    ),
}

# Every y that is not reduced: p … 2^255 - 1, with either sign.
NOT_REDUCED = [
    (y + sign).to_bytes(32, "little") for y in range(FIELD_PRIME, 2**255) for sign in (0, SIGN_BIT)
]

IDENTITY_POINT = bytes.fromhex(SMALL_ORDER["order 1"])
ORDER_EIGHT = bytes.fromhex(SMALL_ORDER["order 8, first"])


def secret_scalar(seed: bytes) -> int:
    """The scalar that RFC 8032, section 5.1.5, makes of a seed."""
    data = bytearray(hashlib.sha512(seed).digest()[:32])
    data[0] &= 248
    data[31] = data[31] & 127 | 64
    return int.from_bytes(data, "little")


def challenge(r: bytes, public_key: bytes, message: bytes) -> int:
    """k of RFC 8032, section 5.1.6."""
    data = hashlib.sha512(r + public_key + message).digest()
    return int.from_bytes(data, "little") % GROUP_ORDER


def forge(seed: bytes, public_key: bytes, message: bytes, r: int, r_point: bytes) -> bytes:
    """A signature whose R is `r_point` and whose S is what `r` asks for."""
    s = (r + challenge(r_point, public_key, message) * secret_scalar(seed)) % GROUP_ORDER
    return r_point + s.to_bytes(32, "little")
