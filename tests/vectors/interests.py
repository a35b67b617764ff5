"""interest.json: scopes, what is none, and what some of them hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import bounds, interest, topics
from goodword.protocol.interest import EVERYTHING, Interest, folded
from goodword.protocol.record import Record
from goodword.storage import shelves
from tests.make import ANN, BEN, CHEN, DAI, NOW, listing, profile, review, vouch, withdrawal
from tests.storage.memory import memory

from .keys import spelled
from .notation import Document, Json, code_of

PEOPLE: Final = [each.public_key for each in (ANN, BEN, CHEN)]
_ONE, _TWO = PublicKey(bytes([1]) * 32), PublicKey(bytes([2]) * 32)


def interests() -> Document:
    came = _records()
    return {
        "about": "SPEC 5.9: scopes, their ids, what is none, and what they hold of some records",
        "now": NOW,
        "scopes": [
            _scope(EVERYTHING),
            _scope(interest.make([])),
            _scope(interest.make(PEOPLE)),
            _scope(interest.make([], ["slow-food", "ceramics"], ["台北", "DE-BE", "Österreich"])),
        ],
        "folded": [
            {"region": each, "folded": folded(each)} for each in ("DE-BE", "ÄÖ İ ẞ", "台北")
        ],
        "topics": [
            {"hex": each.to_bytes().hex(), "topics": list[Json](sorted(topics.of_record(each)))}
            for each in (profile(ANN), *_told_on_several())
        ],
        "refused": [
            {"about": about, "hex": data.hex(), "code": code_of(interest.read, data)}
            for about, data in _refused().items()
        ],
        "records": [{"hex": each.to_bytes().hex(), "id": each.id.hex()} for each in came],
        "shelves": [
            _shelf("a category, and its sellers", interest.make([], ["fruit"]), came),
            _shelf("a region, whatever its capitals", interest.make([], [], ["de"]), came),
            _shelf("the category that was left", interest.make([], ["tools"]), came),
            _shelf("a person", interest.make([CHEN.public_key]), came),
            _shelf("nobody and nothing", interest.make([]), came),
        ],
    }


def _told_on_several() -> Sequence[Record]:
    return [
        listing(BEN, categories=["ceramics", "cups"], region="DE-BE-Mitte"),
        listing(BEN, region="台北"),
        listing(BEN, region="-"),
        withdrawal(listing(BEN), BEN),
        vouch(ANN, BEN.public_key),
        withdrawal(vouch(ANN, BEN.public_key), ANN),
        review(ANN, BEN),
        withdrawal(review(ANN, BEN), ANN),
    ]


def _scope(of: Interest) -> Json:
    return {
        "people": [each.hex() for each in of.people],
        "categories": list[Json](of.categories),
        "regions": list[Json](of.regions),
        "is_everything": of.is_everything,
        "hex": of.to_bytes().hex(),
        "id": of.id.hex(),
    }


def _refused() -> dict[str, bytes]:
    return {
        "version 2": spelled(2, b"", [], []),
        "version true": spelled(True, b"", [], []),
        "no regions": spelled(1, b"", []),
        "a member too many": spelled(1, b"", [], [], []),
        "people that are a list": spelled(1, [_ONE], [], []),
        "a key of 31 bytes": spelled(1, _ONE[:31], [], []),
        "2,001 people": spelled(1, bytes(2_001 * 32), [], []),
        "people that do not ascend": spelled(1, _TWO + _ONE, [], []),
        "somebody twice": spelled(1, _ONE + _ONE, [], []),
        "categories that do not ascend": spelled(1, b"", ["b", "a"], []),
        "a category twice": spelled(1, b"", ["a", "a"], []),
        "65 categories": spelled(1, b"", [f"a{n:02}" for n in range(65)], []),
        "a category in capitals": spelled(1, b"", ["Fruit"], []),
        "a category that is bytes": spelled(1, b"", [b"a"], []),
        "a region with a capital": spelled(1, b"", [], ["dE"]),
        "a region without a character": spelled(1, b"", [], [""]),
        "regions that do not ascend": spelled(1, b"", [], ["b", "a"]),
        "a region of 81 characters": spelled(1, b"", [], ["a" * 81]),
        "a byte too many": spelled(1, b"", [], []) + b"\0",
        "98,305 bytes": bytes(98_305),
    }


def _records() -> Sequence[Record]:
    apples = listing(BEN, title="apples", categories=["fruit"], region="DE-BE")
    saw = listing(BEN, title="a saw", categories=["tools"], nonce=b"s" * 16)
    plums = listing(CHEN, title="plums", categories=["fruit"], nonce=b"c" * 16)
    said, other = (profile(BEN, name=name, revision=1) for name in ("Ben", "Benno"))
    spoken = vouch(ANN, BEN.public_key)
    return [
        apples,
        saw,
        listing(BEN, title="a saw", categories=["wood"], nonce=b"s" * 16, revision=1),
        plums,
        withdrawal(plums, CHEN),
        said,
        other,
        spoken,
        withdrawal(spoken, ANN, revision=NOW + 60),
        vouch(DAI, CHEN.public_key),
        review(ANN, BEN, text="crisp"),
        profile(ANN),
        profile(CHEN),
    ]


def _shelf(about: str, of: Interest, came: Sequence[Record]) -> Json:
    with memory(DAI, came) as dai, dai.database.reading() as db:
        places = shelves.build(db, of).places
    ids = {bounds.id_of(each) for each in places.iterate(0, places.size())}
    held: list[Json] = [n for n, each in enumerate(came) if each.id in ids]
    return {"about": about, "hex": of.to_bytes().hex(), "held": held}
