"""How a person is written down: `gw1…` for people, which catches a typo, and `did:key:z…`."""

from __future__ import annotations

from functools import lru_cache

import base58
from embit.bech32 import Encoding, bech32_decode, bech32_encode, convertbits

from .keys import PUBLIC_KEY_BYTES, PublicKey, is_public_key

HRP = "gw"  # the human-readable part; "1" separates it from the data
PREFIX = HRP + "1"
ADDRESS_CHARS = len(PREFIX) + 52 + 6  # 256 bits in fives, and the checksum
ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"  # BIP-173: no 1, b, i, o after the prefix

DID_PREFIX = "did:key:z"  # z: base58btc
DID_CHARS_MAX = len(DID_PREFIX) + 47  # 34 bytes in base58; decoding takes quadratic time
ED25519_CODE = b"\xed\x01"  # multicodec ed25519-pub, 0xed, as a varint

SPELLED_MAX = 4_096
"""People whose spellings are remembered, 1 MB: each takes 0.1 ms, and pages name the same again."""


class BadAddress(ValueError):
    """What was typed is nobody's address; the text says what is wrong with it."""


@lru_cache(maxsize=SPELLED_MAX)
def to_address(public_key: PublicKey) -> str:
    """`gw1` and 58 characters: bech32m, which finds any typo in up to four of them.

    Source: BIP-350.
    """
    data = convertbits(_checked(public_key), 8, 5)
    assert data is not None  # every byte is below 256
    return bech32_encode(Encoding.BECH32M, HRP, data)


def from_address(address: str) -> PublicKey:
    """The key in `address`, which may be in capitals (QR codes are smaller so).

    Raises: BadAddress.
    """
    _check_letters(address)
    encoding, hrp, data = bech32_decode(address)
    if data is None or hrp != HRP or encoding != Encoding.BECH32M:
        raise BadAddress("the checksum of the address does not match: a character is mistyped")
    key = convertbits(data, 5, 8, False)
    if key is None:
        raise BadAddress("the address does not end where its key ends")
    return _read_key(bytes(key))


@lru_cache(maxsize=SPELLED_MAX)
def to_did(public_key: PublicKey) -> str:
    """The same key as a W3C decentralized identifier. Source: The did:key Method v0.7."""
    return DID_PREFIX + base58.b58encode(ED25519_CODE + _checked(public_key)).decode("ascii")


def from_did(did: str) -> PublicKey:
    """The Ed25519 key in `did`. Raises: BadAddress."""
    if not did.startswith(DID_PREFIX):
        raise BadAddress(f"a decentralized identifier starts with {DID_PREFIX}")
    if len(did) > DID_CHARS_MAX:
        raise BadAddress(f"the identifier is longer than {DID_CHARS_MAX} characters")
    try:
        data = base58.b58decode(did.removeprefix(DID_PREFIX).encode("ascii"))
    except ValueError as error:
        raise BadAddress("the identifier holds a character that base58 does not have") from error
    if not data.startswith(ED25519_CODE):
        raise BadAddress("the identifier is not of an Ed25519 key")
    key = _read_key(data.removeprefix(ED25519_CODE))
    if to_did(key) != did:  # base58 skips spaces at the end; one key has one spelling
        raise BadAddress("the identifier has something after its key")
    return key


def _check_letters(address: str) -> None:
    """Say what a person can see to be wrong, before the checksum only says that something is."""
    lower = address.lower()
    if address not in {lower, address.upper()}:
        raise BadAddress("an address is all in small letters or all in capitals, never mixed")
    if not lower.startswith(PREFIX):
        raise BadAddress(f"an address starts with {PREFIX}")
    for position, letter in enumerate(lower[: ADDRESS_CHARS + 1], start=1):
        if position > len(PREFIX) and letter not in ALPHABET:
            raise BadAddress(f"character {position} is {letter!r}, which no address contains")
    if len(address) != ADDRESS_CHARS:
        raise BadAddress(f"an address has {ADDRESS_CHARS} characters, this has {len(address)}")


def _read_key(key: bytes) -> PublicKey:
    if len(key) != PUBLIC_KEY_BYTES:
        raise BadAddress(f"a key is {PUBLIC_KEY_BYTES} bytes, this has {len(key)}")
    if not is_public_key(key):
        raise BadAddress("nobody can hold the key of this address")
    return PublicKey(key)


def _checked(public_key: PublicKey) -> PublicKey:
    if not is_public_key(public_key):
        raise ValueError("not a public key, so it has no address")
    return public_key
