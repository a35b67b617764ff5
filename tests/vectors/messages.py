"""exchange.json: a frame, gossip, catch-up, and a bundle."""

from __future__ import annotations

from io import BytesIO

from goodword.protocol import bundle, exchange, gossip
from goodword.protocol.entry import Event
from goodword.protocol.errors import DamagedBundle, Refusal
from goodword.protocol.exchange import AskRecords, Records
from tests.make import BEN, listing, profile, propose, say

from .keys import spelled
from .notation import Document, Json, code_of


def exchanges() -> Document:
    known = [listing(), profile()]
    ids = [each.id for each in known]
    return {
        "about": "SPEC 5.1, 5.3, 5.4, 5.8: a frame, gossip, the messages of catch-up, a bundle",
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
            {"about": about, "hex": data.hex(), "code": code_of(gossip.unpack, data)}
            for about, data in _refused_gossip().items()
        ],
        "bundle": {
            "records": [each.to_bytes().hex() for each in known],
            "hex": _bundle(*(each.to_bytes() for each in known)).hex(),
        },
        "bundle_of_nothing": _bundle().hex(),
        "bundles_refused": [_refused_bundle(*each) for each in _bundles_refused().items()],
    }


def _bundle(*records: bytes) -> bytes:
    return b"".join(bundle.write(records))


def _bundles_refused() -> dict[str, bytes]:
    known = profile().to_bytes()
    whole = _bundle(known)
    start = len(bundle.MAGIC)
    end = start + 8 + len(known)
    return {
        "nothing": b"",
        "half of the magic": whole[:8],
        "another magic": b"goodword/bundle1" + whole[start:],
        "version 2": bundle.MAGIC + b"\0\0\0\2" + whole[start + 4 :],
        "half of the version": whole[: start + 2],
        "no record, and no end mark": whole[: start + 4],
        "it ends in a record": whole[: start + 90],
        "it ends before the end mark": whole[:end],
        "it ends in the checksum": whole[:-1],
        "a byte too many": whole + b"\0",
        "a record of 32,769 bytes": whole[: start + 4] + b"\0\0\x80\1",
        "a length with the least byte first": whole[: start + 4]
        + len(known).to_bytes(4, "little")
        + known,
        "another number of records": whole[: end + 11] + b"\2" + whole[end + 12 :],
        "another checksum": whole[:-1] + bytes([whole[-1] ^ 1]),
        "a record that was changed": whole[: end - 1] + bytes([whole[end - 1] ^ 1]) + whole[end:],
    }


def _refused_bundle(about: str, data: bytes) -> Json:
    found: list[bytes] = []
    told: dict[str, Json] = {"about": about, "hex": data.hex()}
    try:
        for batch in bundle.read(BytesIO(data).read):
            found += batch
    except DamagedBundle as damaged:
        return {**told, "code": damaged.code, "at": damaged.at, "count": len(found)}
    except Refusal as refusal:
        return {**told, "code": refusal.code, "at": None, "count": 0}
    raise AssertionError(f"{about} is refused by nobody")


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
        "version 2": spelled(2, "ask-records", entry),
        "version true": spelled(True, "ask-records", entry),
        "a message of later": spelled(1, "ask-sums", b""),
        "half an id": spelled(1, "ask-records", entry[:16]),
        "a record that is text": spelled(1, "records", ["a"]),
        "513 ids at once": spelled(1, "ask-records", bytes(513 * 32)),
        "ids that are a list": spelled(1, "ask-records", [entry]),
        "ids that are text": spelled(1, "ask-records", ""),
        "ids that are nil": spelled(1, "ask-records", None),
        "a member too many": spelled(1, "ask-records", entry, 0),
        "a member too few": spelled(1, "ask-records"),
        "no message": spelled(1),
        "a name that is bytes": spelled(1, b"ask-records", entry),
        "records that are bytes": spelled(1, "records", b""),
        "nothing": b"",
        "a byte too many": spelled(1, "ask-records", entry) + b"\0",
        "a version in two bytes": b"\x93\xcc\x01\xabask-records\xc4\0",
        "513 records at once": spelled(1, "records", [b""] * 513),
    }
    return [
        {"about": about, "hex": data.hex(), "code": code_of(exchange.read, data)}
        for about, data in cases.items()
    ]
