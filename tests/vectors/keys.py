"""keys.json and encoding.json: keys and signatures; values and their one spelling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import base58
import msgpack
from embit.bech32 import Encoding, bech32_encode, convertbits
from nacl.bindings import crypto_core_ed25519_add, crypto_scalarmult_ed25519_base_noclamp

from goodword.crypto.address import DID_PREFIX, ED25519_CODE, to_address, to_did
from goodword.crypto.hashing import derive
from goodword.crypto.person import IDENTITY_PURPOSE, ORDER_KEY_PURPOSE, Person
from goodword.crypto.phrase import to_words
from goodword.protocol.codec import Value, encode
from tests.crypto.points import (
    GROUP_ORDER,
    NOT_REDUCED,
    ORDER_EIGHT,
    SMALL_ORDER,
    SMALL_ORDER_AGAIN,
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
        "addresses_refused": _told("address", _bad_addresses()),
        "dids_refused": _told("did", _bad_dids()),
        "words_read": _told("words", _words_typed()),
        "words_refused": _told("words", _bad_words()),
    }


def _told(name: str, cases: Mapping[str, str]) -> list[Json]:
    return [{"about": about, name: text} for about, text in cases.items()]


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
        "33 bytes": ANN.public_key + b"\0",
        "nothing": b"",
        **{
            f"of small order, in another spelling: {name}": bytes.fromhex(point)
            for name, point in SMALL_ORDER_AGAIN.items()
        },
    }


def _address(data: list[int], prefix: str = "gw", how: int = Encoding.BECH32M) -> str:
    return bech32_encode(how, prefix, data)


def _fives(data: bytes) -> list[int]:
    fives = convertbits(data, 8, 5)
    assert fives is not None
    return fives


def _bad_addresses() -> Mapping[str, str]:
    good = to_address(ANN.public_key)
    fives = _fives(ANN.public_key)
    return {
        "nothing": "",
        "one character is mistyped": good[:-1] + ("q" if good[-1] != "q" else "p"),
        "two characters are swapped": good[:8] + good[9] + good[8] + good[10:],
        "small letters and capitals": good[:-1] + good[-1].upper()
        if good[-1].isalpha()
        else good[:20].upper() + good[20:],
        "one letter is a capital": "Gw" + good[2:],
        "a space before": " " + good,
        "a line end behind": good + "\n",
        "a character that no address has": good[:10] + "b" + good[11:],
        "another prefix": _address(fives, "gx"),
        "no prefix": good.removeprefix("gw1"),
        "bech32, not bech32m": _address(fives, how=Encoding.BECH32),
        "a padding bit is one": _address([*fives[:-1], fives[-1] | 1]),
        "31 bytes": _address(_fives(ANN.public_key[:-1])),
        "33 bytes": _address(_fives(ANN.public_key + b"\0")),
        "five bits too many, all zero": _address([*fives, 0]),
        "a key of small order": _address(_fives(ORDER_EIGHT)),
        "a key that is not on the curve": _address(_fives(b"\x02" + bytes(31))),
        "a did": to_did(ANN.public_key),
    }


def _bad_dids() -> Mapping[str, str]:
    good, key = to_did(ANN.public_key), ANN.public_key

    def did(data: bytes) -> str:
        return DID_PREFIX + base58.b58encode(data).decode("ascii")

    return {
        "nothing": "",
        "without did:key:": good.removeprefix("did:key:"),
        "another method": good.replace("did:key:", "did:web:"),
        "in capitals": good.upper(),
        "base64url instead of base58btc": good.replace("did:key:z", "did:key:u"),
        "a character that base58 does not have": good[:-1] + "0",
        "a space behind": good + " ",
        "a fragment": f"{good}#{good.removeprefix('did:key:')}",
        "an X25519 key": did(b"\xec\x01" + key),
        "a leading zero byte": did(b"\0" + ED25519_CODE + key),
        "31 bytes": did(ED25519_CODE + key[:-1]),
        "33 bytes": did(ED25519_CODE + key + b"\0"),
        "a key of small order": did(ED25519_CODE + ORDER_EIGHT),
        "an address": to_address(key),
    }


def _words_typed() -> Mapping[str, str]:
    """All of them are Ann's."""
    good = to_words(ROOTS["Ann"])
    return {
        "as they are": good,
        "in capitals": good.upper(),
        "with white space": "\n  " + good.replace(" ", " \t\r\n ") + " ",
        "with spaces of another script": good.replace(" ", "\u3000"),
        "in full-width letters": "".join(
            chr(ord(each) + 0xFEE0) if each.isalpha() else each for each in good
        ),
    }


def _bad_words() -> Mapping[str, str]:
    words = to_words(ROOTS["Ann"]).split()
    return {
        "nothing": "",
        "23 words": " ".join(words[:-1]),
        "25 words": " ".join([*words, words[0]]),
        "12 words, good for 16 bytes": "abandon " * 11 + "about",
        "the checksum does not match": " ".join([*words[:-1], "zoo"]),
        "two words are swapped": " ".join([words[1], words[0], *words[2:]]),
        "a word that is not in the list": " ".join(["goodword", *words[1:]]),
        "the first four letters of each": " ".join(each[:4] for each in words),
        "commas": ", ".join(words),
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
    "\ufeffa",
    "a" * 255,
    "\0\x7f\u0080\u07ff\u0800\uffff\U0010ffff",
    [None] * 1_023,
    {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {}}}}}}}}},
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
    ("65,535 in five bytes", "ce0000ffff", "record.not_canonical"),
    ("2^32 - 1 in nine bytes", "cf00000000ffffffff", "record.not_canonical"),
    ("-128 in three bytes", "d1ff80", "record.not_canonical"),
    ("-32,768 in five bytes", "d2ffff8000", "record.not_canonical"),
    ("-2^31 in nine bytes", "d3ffffffff80000000", "record.not_canonical"),
    ("1 as a signed integer of nine bytes", "d30000000000000001", "record.not_canonical"),
    ("text of 255 bytes with a length of two", "da00ff" + "61" * 255, "record.not_canonical"),
    ("text with a length of four bytes", "db0000000161", "record.not_canonical"),
    ("bytes with a length of four bytes", "c60000000161", "record.not_canonical"),
    ("a list with a length of four bytes", "dd0000000101", "record.not_canonical"),
    ("a map with a length of four bytes", "df00000001a16101", "record.not_canonical"),
    ("a key with a length too long", "81d9016101", "record.not_canonical"),
    ("keys in the order of UTF-16", "82a4f09f8d8e01a3ee808001", "record.not_canonical"),
    ("an extension of two bytes", "d5050000", "record.not_canonical"),
    ("an extension of four bytes", "d60500000000", "record.not_canonical"),
    ("an extension of eight bytes", "d705" + "00" * 8, "record.not_canonical"),
    ("an extension of sixteen bytes", "d805" + "00" * 16, "record.not_canonical"),
    ("an extension with a length", "c7010500", "record.not_canonical"),
    ("an extension with a length of two bytes", "c800010500", "record.not_canonical"),
    ("an extension with a length of four bytes", "c9000000010500", "record.not_canonical"),
    ("an extension that ends early", "c70205", "record.malformed"),
    ("text in the longest form of UTF-8", "a2c1a1", "record.malformed"),
    ("a key that is not UTF-8", "81a1ff01", "record.malformed"),
    ("two faults: a float, and the list ends early", "92ca3f800000", "record.malformed"),
    ("two faults: 1 in two bytes, and a byte after it", "cc0100", "record.malformed"),
    ("two faults: a float, and text that is not UTF-8", "92ca3f800000a1ff", "record.malformed"),
    ("two faults: a float, and too deep", "92ca3f800000" + "91" * 9 + "01", "record.not_canonical"),
    ("two faults: too deep, and there a float", "91" * 9 + "ca3f800000", "record.too_deep"),
    (
        "two faults: too deep, and there 1,100 values",
        "91" * 8 + "dc044c" + "c0" * 1_100,
        "record.too_large",
    ),
    (
        "two faults: too deep, and above that a key that is a number",
        "91" * 8 + "810191" + "c0",
        "record.not_canonical",
    ),
    (
        "two faults: too deep, and there keys that do not ascend",
        "91" * 9 + "82a162c0a161c0",
        "record.too_deep",
    ),
    ("two faults: too deep, and 1 in two bytes", "92cc01" + "91" * 9 + "01", "record.too_deep"),
    (
        "two faults: 1,025 values, one of them a float",
        "dc0400" + "c0" * 1_023 + "ca3f800000",
        "record.too_large",
    ),
    (
        "two faults: 1,025 values, and in one of them a float",
        "dc0400" + "c0" * 1_023 + "91ca3f800000",
        "record.too_large",
    ),
    (
        "two faults: 1,025 values, one of them 1 in two bytes",
        "dc0400" + "c0" * 1_023 + "cc01",
        "record.too_large",
    ),
    (
        "two faults: a key that is an integer, and a byte after it all",
        "81010101",
        "record.malformed",
    ),
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
