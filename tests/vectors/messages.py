"""exchange.json: a frame, gossip, catch-up, and a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Final

from goodword.protocol import bundle, comparison, exchange, gossip, interest
from goodword.protocol.bounds import END, START, Bound, Gap, place
from goodword.protocol.comparison import Compare, Compared
from goodword.protocol.entry import Event
from goodword.protocol.errors import DamagedBundle, Refusal
from goodword.protocol.exchange import (
    AskGaps,
    AskNewer,
    AskRecords,
    Filling,
    Records,
    UnknownScope,
)
from goodword.protocol.limits import DAY
from tests.make import BEN, NOW, listing, profile, propose, say

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
            *(_gaps(*each) for each in _asked_gaps()),
            _message("ask-newer", AskNewer(known=[]), known=[]),
            _message(
                "ask-newer",
                AskNewer(known=[(each.slot, each.revision) for each in known]),
                known=[[each.slot.hex(), each.revision] for each in known],
            ),
            *(_filling(*each) for each in _fillings()),
            _message("unknown-scope", UnknownScope()),
        ],
        "refused": _refused_messages(),
        "comparison": {
            "protocol": comparison.PROTOCOL,
            "messages": [
                _compared("compare", Compare(scope=b"", told=None, message=b"\x61")),
                _compared("compare", Compare(scope=_SCOPE.id, told=None, message=b"\x61")),
                _compared(
                    "compare", Compare(scope=_SCOPE.id, told=_SCOPE.to_bytes(), message=b"\x61")
                ),
                _compared("compared", Compared(message=b"\x61")),
                _compared("unknown-scope", UnknownScope()),
            ],
            "refused": [
                {"about": about, "hex": data.hex(), "code": code_of(comparison.read, data)}
                for about, data in _refused_comparisons().items()
            ],
        },
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


_SCOPE: Final = interest.make([BEN.public_key], ["ceramics"], ["de"])


def _asked_gaps() -> list[tuple[bytes, list[Gap], int]]:
    month = Gap(Bound((NOW - 30 * DAY).to_bytes(8, "big")), END)
    before = Gap(START, Bound(NOW.to_bytes(8, "big") + b"\1"))
    after = Gap(Bound(NOW.to_bytes(8, "big") + b"\1\2"), END)
    return [(b"", [Gap(START, END)], 0), (_SCOPE.id, [month], 500), (b"", [before, after], 0)]


def _gaps(scope: bytes, gaps: Sequence[Gap], skip: int) -> Json:
    return _message(
        "ask-gaps",
        AskGaps(scope=scope, gaps=gaps, skip=skip),
        scope=scope.hex(),
        gaps=[[each.since.hex(), each.until.hex()] for each in gaps],
        skip=skip,
    )


def _fillings() -> list[tuple[list[bytes], Bound, Bound, int]]:
    made = listing()
    here = Bound(place(made.made_at, made.id))
    return [([made.to_bytes()], here, END, 0), ([], END, END, 0)]


def _filling(records: Sequence[bytes], begun: Bound, settled: Bound, left: int) -> Json:
    return _message(
        "filling",
        Filling(records=records, begun=begun, settled=settled, left=left),
        records=[each.hex() for each in records],
        begun=begun.hex(),
        settled=settled.hex(),
        left=left,
    )


def _compared(name: str, message: comparison.Message) -> Json:
    fields: dict[str, Json] = {}
    match message:
        case Compare():
            told = None if message.told is None else message.told.hex()
            fields = {"scope": message.scope.hex(), "told": told, "message": message.message.hex()}
        case Compared():
            fields = {"message": message.message.hex()}
        case UnknownScope():
            pass
    return {"is": name, **fields, "hex": message.to_bytes().hex()}


def _refused_comparisons() -> dict[str, bytes]:
    scope, told = _SCOPE.id, _SCOPE.to_bytes()
    return {
        "bare reconciliation": b"\x61",
        "version 2": spelled(2, "compare", scope, told, b"\x61"),
        "half an id": spelled(1, "compare", scope[:16], told, b"\x61"),
        "everything is told": spelled(1, "compare", b"", told, b"\x61"),
        "a scope that is text": spelled(1, "compare", scope, "", b"\x61"),
        "a message that is nil": spelled(1, "compare", scope, told, None),
        "no scope": spelled(1, "compare", b"\x61"),
        "an answer with a scope": spelled(1, "compared", scope, b"\x61"),
        "another name": spelled(1, "comparing", b"", None, b"\x61"),
        "nothing": b"",
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

    def second(time: int) -> bytes:
        return time.to_bytes(8, "big")

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
        "no gap": spelled(1, "ask-gaps", b"", [], 0),
        "65 gaps": spelled(1, "ask-gaps", b"", [[second(n), second(n + 1)] for n in range(65)], 0),
        "a gap without an end": spelled(1, "ask-gaps", b"", [[second(1)]], 0),
        "a gap that is empty": spelled(1, "ask-gaps", b"", [[second(1), second(1)]], 0),
        "the same with zeros": spelled(1, "ask-gaps", b"", [[second(1), second(1) + b"\0"]], 0),
        "a gap backwards": spelled(1, "ask-gaps", b"", [[second(2), second(1)]], 0),
        "gaps that overlap": spelled(
            1, "ask-gaps", b"", [[second(1), second(3)], [second(2), second(4)]], 0
        ),
        "a bound of 7 bytes": spelled(1, "ask-gaps", b"", [[bytes(7), second(1)]], 0),
        "a bound of 41 bytes": spelled(1, "ask-gaps", b"", [[bytes(41), second(1)]], 0),
        "a bound above the end": spelled(1, "ask-gaps", b"", [[second(1), END + b"\0"]], 0),
        "half the id of a scope": spelled(1, "ask-gaps", bytes(16), [[second(1), END]], 0),
        "less than nothing to skip": spelled(1, "ask-gaps", b"", [[second(1), END]], -1),
        "true to skip": spelled(1, "ask-gaps", b"", [[second(1), END]], True),
        "a slot of 65 bytes": spelled(1, "ask-newer", [[bytes(65), 1]]),
        "a revision below 0": spelled(1, "ask-newer", [[bytes(32), -1]]),
        "a slot alone": spelled(1, "ask-newer", [[bytes(32)]]),
        "257 slots at once": spelled(1, "ask-newer", [[bytes(32), 1]] * 257),
        "a filling that ends nowhere": spelled(1, "filling", [], second(1), 0),
        "513 records in a filling": spelled(1, "filling", [b""] * 513, second(1), END, 0),
        "a filling with nil left": spelled(1, "filling", [], second(1), END, None),
        "an unknown scope with its id": spelled(1, "unknown-scope", bytes(32)),
    }
    return [
        {"about": about, "hex": data.hex(), "code": code_of(exchange.read, data)}
        for about, data in cases.items()
    ]
