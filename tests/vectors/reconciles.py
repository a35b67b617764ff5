"""reconcile.json: places, bounds, fingerprints, and whole reconciliations."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from goodword.protocol.accumulator import Accumulator
from goodword.protocol.bounds import Gap, Place, between, id_of, place, time_of, varint
from goodword.protocol.reconcile import AS_PUBLISHED, THRIFTY, Reconciler, Splitting
from goodword.protocol.record import RecordId

from .notation import Document, Json, code_of

_START: Final = 1_700_000_000
_NUMBERS: Final = (0, 1, 127, 128, 16_383, 16_384, 2**32, 2**53 - 1, 2**64 - 1)


_LATE: Final = [place(_START + 1_000, RecordId(hashlib.sha256(b"late").digest()))]


def _places(count: int, seconds: int) -> list[Place]:
    return [
        place(_START + n * 7 % seconds, RecordId(hashlib.sha256(b"goodword %d" % n).digest()))
        for n in range(count)
    ]


def _side(
    places: Sequence[Place], splitting: Splitting, *, is_client: bool, has_gaps: bool = False
) -> Reconciler:
    return Reconciler(
        storage=Accumulator(sorted(places)),
        is_client=is_client,
        splitting=splitting,
        looks_max=0,
        is_gap=(lambda _: True) if has_gaps else None,
    )


def _told(places: Sequence[Place]) -> Json:
    """One after the other: 40 bytes each."""
    return b"".join(sorted(places)).hex()


def reconciles() -> Document:
    known = _places(120, 30)
    one_second = [place(_START, id_of(each)) for each in _places(40, 1)]
    return {
        "about": "SPEC 5.7: numbers, bounds, fingerprints, and all that two say to each other",
        "numbers": [{"number": str(each), "hex": varint(each).hex()} for each in _NUMBERS],
        "bounds": [_bound(*each) for each in _neighbours()],
        "fingerprints": [
            {
                "ids": [id_of(each).hex() for each in some],
                "fingerprint": Accumulator(sorted(some)).fingerprint(0, len(some)).hex(),
            }
            for some in (known[:0], known[:1], known[:5], [_all_ones(0), _all_ones(1)])
        ],
        "talks": [
            _talk("nobody has anything", [], []),
            _talk("the client has nothing", [], known[:3]),
            _talk("the server has nothing", known[:3], []),
            _talk("both have the same", known[:40], known[:40]),
            _talk("31 records are told, not taken apart", known[:31], known[1:32]),
            _talk("32 are taken apart", known[:32], known[1:33]),
            _talk("all of one second", one_second[2:], one_second[:-2]),
            _talk("each lacks some", known[3:], [*known[:50], *known[53:]]),
            _talk("each lacks some, thriftily", known[3:], [*known[:50], *known[53:]], THRIFTY),
            _talk("a client who fetches gaps was away", known[:80], known, THRIFTY, has_gaps=True),
            _talk("one who has nothing", [], known, THRIFTY, has_gaps=True),
            _talk("one who has one record", known[60:61], known, THRIFTY, has_gaps=True),
            _talk("one whose record the server lacks", _LATE, known, THRIFTY, has_gaps=True),
            _talk(
                "one who has two of one second", one_second[:2], one_second, THRIFTY, has_gaps=True
            ),
        ],
        "answers": [
            _answer("all ids are asked for", known[:2], "6100000200"),
            _answer("a version of later", known[:2], "62aabbccddeeff"),
            _answer("a version before", known[:2], "60"),
            _answer("nothing is asked", known[:2], "61"),
            _answer("everything is skipped", known[:2], "61000000"),
            _answer("what comes after the last range is skipped", known[:2], "6101000200"),
            _answer("two ranges end at the end", known[:2], "610000020000000200"),
        ],
        "refused": [
            {"about": about, "hex": data.hex(), "code": code_of(_hear, data)}
            for about, data in _refused().items()
        ],
    }


def _all_ones(time: int) -> Place:
    return place(time, RecordId(b"\xff" * 32))


def _neighbours() -> list[tuple[Place, Place]]:
    zeros, ones = RecordId(bytes(32)), RecordId(b"\xff" * 32)
    last = RecordId(bytes(31) + b"\1")
    third = RecordId(bytes(2) + b"\7" * 30)
    return [
        (place(_START, ones), place(_START + 1, zeros)),
        (place(_START, zeros), place(_START, ones)),
        (place(_START, zeros), place(_START, third)),
        (place(_START, zeros), place(_START, last)),
        (place(0, zeros), place(2**64 - 2, zeros)),
    ]


def _bound(last: Place, first: Place) -> Json:
    bound = between(last, first)
    return {
        "last": _told([last]),
        "first": _told([first]),
        "time": str(time_of(bound)),
        "id_prefix": bound[8:].hex(),
    }


def _talk(
    about: str,
    client: Sequence[Place],
    server: Sequence[Place],
    splitting: Splitting = AS_PUBLISHED,
    *,
    has_gaps: bool = False,
) -> Json:
    asks = _side(client, splitting, is_client=True, has_gaps=has_gaps)
    answers = _side(server, splitting, is_client=False)
    messages: list[Json] = []
    have: list[RecordId] = []
    need: list[RecordId] = []
    gaps: list[Gap] = []
    message: bytes | None = asks.initiate()
    while message is not None:
        answer = answers.handle(message).message
        assert answer is not None
        messages += [message.hex(), answer.hex()]
        learned = asks.handle(answer)
        have += learned.have
        need += learned.need
        gaps += learned.gaps
        message = learned.message
    return {
        "about": about,
        "is_as_published": splitting is AS_PUBLISHED,
        "has_gaps": has_gaps,
        "client": _told(client),
        "server": _told(server),
        "messages": messages,
        "have": [each.hex() for each in sorted(have)],
        "need": [each.hex() for each in sorted(need)],
        "gaps": [[each.since.hex(), each.until.hex()] for each in gaps],
    }


def _answer(about: str, server: Sequence[Place], hexed: str) -> Json:
    answer = _side(server, AS_PUBLISHED, is_client=False).handle(bytes.fromhex(hexed)).message
    assert answer is not None
    return {"about": about, "server": _told(server), "message": hexed, "answer": answer.hex()}


def _hear(message: bytes) -> object:
    return _side(_places(5, 5), AS_PUBLISHED, is_client=False).handle(message)


def _refused() -> dict[str, bytes]:
    hexed = bytes.fromhex
    return {
        "nothing": b"",
        "no version": hexed("5f"),
        "a bound without a mode": hexed("610000"),
        "a mode that is none": hexed("61000003"),
        "a fingerprint of 15 bytes": hexed("61000001") + bytes(15),
        "an id of 31 bytes": hexed("6100000201") + bytes(31),
        "more ids than there are": hexed("610000028f7f") + bytes(32),
        "a number that begins with a zero": hexed("6180000000"),
        "a number of 65 bits": hexed("6183ffffffffffffffff7f0000"),
        "a number that does not end": hexed("61") + b"\xff" * 20,
        "33 bytes of an id": hexed("610121") + bytes(34),
        "an end with an id": hexed("61000100") + bytes(1),
        "a time that is reserved": hexed("6181ffffffffffffffff7f000002000000"),
        "a bound after the end": hexed("61000000010000"),
        "a bound below the one before": hexed("610201ff000101fe00"),
    }
