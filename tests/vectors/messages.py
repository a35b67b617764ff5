"""letters.json and exchange.json: what nodes send one another."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

from nacl.bindings import crypto_box, crypto_scalarmult_base
from nacl.signing import VerifyKey

from goodword.protocol import exchange, gossip, letter
from goodword.protocol.entry import Event
from goodword.protocol.errors import Refusal
from goodword.protocol.exchange import AskIds, AskRecords, Ids, Records
from goodword.protocol.letter import Envelope, Fate, Letter, Receipt
from goodword.protocol.limits import TOKEN_BYTES
from tests.make import BEN, ROOTS, listing, profile, propose, say

from .keys import spelled
from .notation import Document, Json

TOKEN: Final = bytes(range(TOKEN_BYTES))
ONE_TIME_SECRET: Final = bytes(range(100, 132))
"""A sealed box draws this from dice; here it is fixed, so that the file can be made again."""

EPOCH: Final = bytes(range(16))


def letters() -> Document:
    inside = Letter(token=TOKEN, record=propose().to_bytes()).to_bytes()
    sealed = _seal(inside)
    receipts = [
        Receipt(fate=Fate.KEPT, token=TOKEN),
        Receipt(fate=Fate.REFUSED, token=TOKEN, code="order.wrong_turn"),
        Receipt(fate=Fate.NOT_MINE),
        Receipt(fate=Fate.REFUSED, code="record.malformed"),
        Receipt(fate=Fate.REFUSED, token=TOKEN[:-1], code="🍎" * 280),
    ]
    return {
        "about": "SPEC 1.6 and 5.2: a letter, its seal, its envelope, and receipts",
        "protocol": letter.PROTOCOL,
        "root": ROOTS["Ben"].hex(),
        "to": BEN.public_key.hex(),
        "token": TOKEN.hex(),
        "record": propose().to_bytes().hex(),
        "letter": inside.hex(),
        "one_time_secret": ONE_TIME_SECRET.hex(),
        "sealed": sealed.hex(),
        "envelope": Envelope(to=BEN.public_key, sealed=sealed).to_bytes().hex(),
        "receipts": [
            {
                "fate": each.fate.value,
                "token": each.token.hex(),
                "code": each.code,
                "hex": each.to_bytes().hex(),
            }
            for each in receipts
        ],
        "refused": _refused_letters(),
    }


def _seal(plain: bytes) -> bytes:
    """libsodium's crypto_box_seal, with a fixed one-time key."""
    one_time = crypto_scalarmult_base(ONE_TIME_SECRET)
    to = bytes(VerifyKey(BEN.public_key).to_curve25519_public_key())
    nonce = hashlib.blake2b(one_time + to, digest_size=24).digest()
    return one_time + crypto_box(plain, nonce, to, ONE_TIME_SECRET)


def _refused_letters() -> list[Json]:
    cases: dict[str, list[tuple[str, bytes]]] = {
        "letter": [
            ("nothing", b""),
            ("a map", b"\x80"),
            ("a token of 31 bytes", spelled(1, TOKEN[:-1], b"")),
            ("a token of 33 bytes", spelled(1, TOKEN + b"\0", b"")),
            ("a token that is text", spelled(1, "a" * 32, b"")),
            ("version 2", spelled(2, TOKEN, b"")),
            ("version true", spelled(True, TOKEN, b"")),
            ("no version", spelled(TOKEN, b"")),
            ("no record", spelled(1, TOKEN)),
            ("a record that is nil", spelled(1, TOKEN, None)),
            ("a member too many", spelled(1, TOKEN, b"", b"")),
            ("a byte too many", spelled(1, TOKEN, b"") + b"\0"),
            ("a version in two bytes", b"\x93\xcc\x01" + spelled(1, TOKEN, b"")[2:]),
            ("33,281 bytes", spelled(1, TOKEN, bytes(33_281 - 39))),
        ],
        "envelope": [
            ("nothing", b""),
            ("a recipient of 31 bytes", spelled(1, bytes(31), b"")),
            ("a recipient of 33 bytes", spelled(1, bytes(33), b"")),
            ("a recipient that is text", spelled(1, "a" * 32, b"")),
            ("sealed in text", spelled(1, bytes(32), "")),
            ("version 0", spelled(0, bytes(32), b"")),
            ("a member too many", spelled(1, bytes(32), b"", 0)),
            ("a member too few", spelled(1, bytes(32))),
            ("33,281 bytes", spelled(1, bytes(32), bytes(33_281 - 39))),
        ],
        "receipt": [
            ("a fate of later", spelled(1, "lost", b"", "")),
            ("a fate in capitals", spelled(1, "KEPT", TOKEN, "")),
            ("a fate that is bytes", spelled(1, b"kept", TOKEN, "")),
            ("a token that is nil", spelled(1, "kept", None, "")),
            ("a code of 281 characters", spelled(1, "refused", b"", "a" * 281)),
            ("a code that is nil", spelled(1, "refused", TOKEN, None)),
            ("a member too few", spelled(1, "refused", TOKEN)),
            ("a member too many", spelled(1, "refused", TOKEN, "", "")),
            ("version 2", spelled(2, "kept", TOKEN, "")),
        ],
    }
    readers: dict[str, Callable[[bytes], object]] = {
        "letter": letter.read_letter,
        "envelope": letter.read_envelope,
        "receipt": letter.read_receipt,
    }
    return [
        {"about": about, "is": name, "hex": data.hex(), "code": _code(readers[name], data)}
        for name, each in cases.items()
        for about, data in each
    ]


def _code(reads: Callable[[bytes], object], data: bytes) -> str:
    try:
        reads(data)
    except Refusal as refusal:
        return refusal.code
    raise AssertionError(f"it is read: {data[:40].hex()}")


def exchanges() -> Document:
    known = [listing(), profile()]
    ids = [each.id for each in known]
    return {
        "about": "SPEC 5.1, 5.3 and 5.4: a frame, a gossip message, and the messages of catch-up",
        "protocol": exchange.PROTOCOL,
        "topic": gossip.TOPIC,
        "frame": {"body": "0a0b0c", "hex": "000000030a0b0c"},
        "frames": [
            {"about": "a body", "body": "0a0b0c", "hex": "000000030a0b0c"},
            {"about": "no body", "body": "", "hex": "00000000"},
            {"about": "what follows is not read", "body": "0a", "hex": "000000010a0b0c"},
        ],
        "frames_refused": [
            {"about": "nothing", "hex": ""},
            {"about": "three bytes of a length", "hex": "000000"},
            {"about": "a body that ends early", "hex": "000000030a0b"},
            {"about": "a length with the least byte first", "hex": "030000000a0b0c"},
            {"about": "524,289 bytes are announced", "hex": "00080001"},
        ],
        "gossip": {
            "records": [each.to_bytes().hex() for each in known],
            "hex": next(gossip.pack(each.to_bytes() for each in known)).hex(),
        },
        "messages": [
            _message("ask-ids", AskIds(epoch=b"", after=0), epoch="", after=0),
            _message("ask-ids", AskIds(epoch=EPOCH, after=7), epoch=EPOCH.hex(), after=7),
            _message(
                "ids",
                Ids(epoch=EPOCH, ids=ids, after=9, is_end=True),
                epoch=EPOCH.hex(),
                ids=[each.hex() for each in ids],
                after=9,
                is_end=True,
            ),
            _message("ask-records", AskRecords(ids=ids), ids=[each.hex() for each in ids]),
            _message(
                "records",
                Records(records=[each.to_bytes() for each in known]),
                records=[each.to_bytes().hex() for each in known],
            ),
            _message("records", Records(records=[]), records=[]),
        ],
        "refused": _refused_messages(),
        "gossip_refused": [
            {"about": about, "hex": data.hex(), "code": _code(gossip.unpack, data)}
            for about, data in _refused_gossip().items()
        ],
    }


def _refused_gossip() -> dict[str, bytes]:
    known = profile().to_bytes()
    return {
        "nothing": b"",
        "no record": spelled(),
        "a record that is text": spelled("a"),
        "a record and nil": spelled(known, None),
        "a version before": spelled(1, known),
        "a list in a list": spelled([known]),
        "a byte too many": spelled(known) + b"\0",
        "a length that is too long": b"\xdc\x00\x01" + spelled(known)[1:],
        "1,025 values": b"\xdc\x04\x00" + b"\xc4\x00" * 1_024,
        "65,537 bytes": spelled(bytes(65_537 - 4)),
    }


def _message(name: str, message: exchange.Message, **fields: Json) -> Json:
    return {"is": name, **fields, "hex": message.to_bytes().hex()}


def _refused_messages() -> list[Json]:
    entry = say(BEN, Event.ACCEPT, [propose()]).id
    cases = {
        "version 2": spelled(2, "ask-ids", b"", 0),
        "version true": spelled(True, "ask-ids", b"", 0),
        "a message of later": spelled(1, "ask-sums", b""),
        "an epoch of 15 bytes": spelled(1, "ask-ids", EPOCH[:-1], 0),
        "a mark below 0": spelled(1, "ask-ids", EPOCH, -1),
        "a mark that is true": spelled(1, "ask-ids", EPOCH, True),
        "a mark of 2^53": spelled(1, "ask-ids", EPOCH, 2**53),
        "half an id": spelled(1, "ask-records", entry[:16]),
        "an answer without an epoch": spelled(1, "ids", b"", b"", 0, True),
        "an end that is 1": spelled(1, "ids", EPOCH, b"", 0, 1),
        "a record that is text": spelled(1, "records", ["a"]),
        "513 ids at once": spelled(1, "ask-records", bytes(513 * 32)),
        "ids that are a list": spelled(1, "ask-records", [entry]),
        "an answer with a mark of 2^53": spelled(1, "ids", EPOCH, b"", 2**53, True),
        "an answer with an epoch of 17 bytes": spelled(1, "ids", bytes(17), b"", 0, True),
        "an epoch that is text": spelled(1, "ask-ids", "", 0),
        "an epoch that is nil": spelled(1, "ask-ids", None, 0),
        "a member too many": spelled(1, "ask-ids", b"", 0, 0),
        "a member too few": spelled(1, "ask-ids", b""),
        "no message": spelled(1),
        "a name that is bytes": spelled(1, b"ask-ids", b"", 0),
        "records that are bytes": spelled(1, "records", b""),
        "nothing": b"",
        "a byte too many": spelled(1, "ask-ids", b"", 0) + b"\0",
        "a mark in two bytes": b"\x94\x01\xa7ask-ids\xc4\0\xcc\0",
        "513 records at once": spelled(1, "records", [b""] * 513),
    }
    return [
        {"about": about, "hex": data.hex(), "code": _code(exchange.read, data)}
        for about, data in cases.items()
    ]
