"""keys.json and encoding.json: keys and signatures; values and their one spelling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgpack
from nacl.bindings import crypto_core_ed25519_add, crypto_scalarmult_ed25519_base_noclamp

from goodword.crypto.address import to_address, to_did
from goodword.crypto.hashing import derive
from goodword.crypto.person import IDENTITY_PURPOSE, ORDER_KEY_PURPOSE, Person
from goodword.crypto.phrase import to_words
from goodword.protocol.codec import Value, encode
from tests.crypto.points import (
    GROUP_ORDER,
    NOT_REDUCED,
    ORDER_EIGHT,
    SMALL_ORDER,
    forge,
)
from tests.make import ANN, BEN, ROOTS

from .notation import Document, Json, to_json

NONCE: Final = bytes(range(32))
MESSAGE: Final = b"three apples"


def keys() -> Document:
    return {
        "about": "SPEC 1.1 to 1.3: from a root to keys and addresses; verdicts on signatures",
        "people": [_person(root) for root in ROOTS.values()],
        "signatures": [
            _signature("Ann's", ANN.public_key, MESSAGE, ANN.identity.sign(MESSAGE)),
            _signature("over nothing", BEN.public_key, b"", BEN.identity.sign(b"")),
        ],
        "signatures_refused": _refused_signatures(),
        "keys_refused": [
            {"about": about, "public_key": key.hex()} for about, key in _bad_keys().items()
        ],
    }


def _person(root: bytes) -> Json:
    seed = derive(root, IDENTITY_PURPOSE)
    person = Person.from_root(root)
    return {
        "root": root.hex(),
        "words": to_words(root),
        "identity_seed": seed.hex(),
        "public_key": person.public_key.hex(),
        "address": to_address(person.public_key),
        "did": to_did(person.public_key),
        "letter_public_key": bytes(person.identity.letter_key().public_key).hex(),
        "order_nonce": NONCE.hex(),
        "order_seed": derive(root, ORDER_KEY_PURPOSE + NONCE).hex(),
        "order_public_key": person.order_identity(NONCE).public_key.hex(),
    }


def _signature(about: str, key: bytes, message: bytes, signature: bytes) -> Json:
    return {
        "about": about,
        "public_key": key.hex(),
        "message": message.hex(),
        "signature": signature.hex(),
    }


def _refused_signatures() -> list[Json]:
    seed, key = derive(ROOTS["Ann"], IDENTITY_PURPOSE), ANN.public_key
    good = ANN.identity.sign(MESSAGE)
    r, s = good[:32], int.from_bytes(good[32:], "little")
    torsioned = crypto_core_ed25519_add(_times_base(1), ORDER_EIGHT)
    mixed = crypto_core_ed25519_add(key, ORDER_EIGHT)
    cases = {
        "another message": (key, MESSAGE + b"!", good),
        "another key": (BEN.public_key, MESSAGE, good),
        "S above the group order": (key, MESSAGE, r + (s + GROUP_ORDER).to_bytes(32, "little")),
        "R is the neutral point": (key, MESSAGE, forge(seed, key, MESSAGE, 0, _neutral())),
        "R differs from S B - h A by a point of order 8, which only a cofactored check forgives": (
            key,
            MESSAGE,
            forge(seed, key, MESSAGE, 1, torsioned),
        ),
        "a key with a part of order 8": (mixed, MESSAGE, good),
        "63 bytes": (key, MESSAGE, good[:-1]),
    }
    return [_signature(about, *case) for about, case in cases.items()]


def _neutral() -> bytes:
    return bytes.fromhex(SMALL_ORDER["order 1"])


def _times_base(scalar: int) -> bytes:
    return crypto_scalarmult_ed25519_base_noclamp(scalar.to_bytes(32, "little"))


def _bad_keys() -> Mapping[str, bytes]:
    return {
        **{f"of small order: {name}": bytes.fromhex(point) for name, point in SMALL_ORDER.items()},
        "y is not reduced": NOT_REDUCED[10],
        "with a part of order 8": crypto_core_ed25519_add(ANN.public_key, ORDER_EIGHT),
        "not on the curve": b"\x02" + bytes(31),
        "31 bytes": ANN.public_key[:-1],
    }


# --- encoding.json -----------------------------------------------------------------------------

VALUES: Final[list[Value]] = [
    None,
    True,
    False,
    *(0, 1, 127, 128, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**53 - 1, 2**64 - 1),
    *(-1, -32, -33, -128, -129, -32_768, -32_769, -(2**31), -(2**31) - 1, -(2**63)),
    *("", "a", "good word", "口碑", "🍎", "a" * 31, "a" * 32, "a" * 256),
    *(b"", b"\0", bytes(255), bytes(256)),
    [],
    [1, "a", b"a", None, True],
    list(range(15)),
    list(range(16)),
    {},
    {"a": 1, "b": {"c": []}},
    {"": 0, "A": 0, "a": 0, "aa": 0, "b": 0, "é": 0, "口": 0, "\ue000": 0, "🍎": 0},
    {f"{n:02}": n for n in range(16)},
    [[[[[[[[1]]]]]]]],
    [[[[[[[[[]]]]]]]]],
]

REFUSED: Final[list[tuple[str, str, str]]] = [
    ("nothing", "", "record.malformed"),
    ("a byte that msgpack does not use", "c1", "record.malformed"),
    ("a list that ends early", "9201", "record.malformed"),
    ("a list that announces 2^32 - 1 members", "ddffffffff", "record.malformed"),
    ("a byte after the value", "0101", "record.malformed"),
    ("text that is not UTF-8", "a1ff", "record.malformed"),
    ("text that holds a surrogate", "a3eda080", "record.malformed"),
    ("1 in two bytes", "cc01", "record.not_canonical"),
    ("1 in three bytes", "cd0001", "record.not_canonical"),
    ("1 in nine bytes", "cf0000000000000001", "record.not_canonical"),
    ("1 as a signed byte", "d001", "record.not_canonical"),
    ("-1 in two bytes", "d0ff", "record.not_canonical"),
    ("128 as a signed integer", "d10080", "record.not_canonical"),
    ("text with a length too long", "d90161", "record.not_canonical"),
    ("bytes with a length too long", "c5000161", "record.not_canonical"),
    ("a list with a length too long", "dc000101", "record.not_canonical"),
    ("a map with a length too long", "de0001a16101", "record.not_canonical"),
    ("keys out of order", "82a16201a16101", "record.not_canonical"),
    ("one key twice", "82a16101a16102", "record.not_canonical"),
    ("a shorter key after a longer one", "82a2616101a16101", "record.not_canonical"),
    ("a key that is an integer", "810101", "record.not_canonical"),
    ("a key that is nil", "81c001", "record.not_canonical"),
    ("a key that is bytes", "81c4016101", "record.not_canonical"),
    ("a key that is a list", "819001", "record.not_canonical"),
    ("a float", "ca3f800000", "record.not_canonical"),
    ("a float of 64 bits", "cb3ff0000000000000", "record.not_canonical"),
    ("an extension", "d40500", "record.not_canonical"),
    ("a timestamp", "d6ff00000000", "record.not_canonical"),
    ("a value in nine lists", "91" * 9 + "01", "record.too_deep"),
    ("a bomb", "91" * 3_000 + "c0", "record.too_deep"),
    ("1,025 values", "dc0400" + "c0" * 1_024, "record.too_large"),
]


def encoding() -> Document:
    return {
        "about": "SPEC 1.4: values and their one encoding; bytes that are none, and the code",
        "values": [{"value": to_json(each), "hex": encode(each).hex()} for each in VALUES],
        "refused": [{"about": about, "hex": data, "code": code} for about, data, code in REFUSED],
    }


def spelled(*values: object) -> bytes:
    """A list of `values` as msgpack spells it, whatever the rules say of them."""
    return msgpack.packb(list(values), use_bin_type=True)
