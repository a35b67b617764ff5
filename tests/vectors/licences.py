"""licence.json: a party's word that the other may review it, and what is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from goodword.crypto.hashing import digest
from goodword.crypto.keys import PublicKey, Signature
from goodword.protocol import licence
from goodword.protocol.codec import encode
from goodword.protocol.limits import REVISION_MAX
from tests.make import ANN, BEN, CHEN

from .notation import Document, Json

ORDER: Final = digest(b"goodword/test-order", b"licence")
OTHER: Final = digest(b"goodword/test-order", b"another")


@dataclass(frozen=True, slots=True)
class Case:
    about: str
    licence: bytes
    order: bytes = ORDER
    by: PublicKey = BEN.public_key
    to: PublicKey = ANN.public_key
    count: int = 3


def licences() -> Document:
    return {
        "about": "SPEC 4.9: `licence` was given by `by` to `to` for `order` with `count`, or not",
        "given": [_told(each) for each in _given()],
        "not_given": [_told(each) for each in _not_given()],
    }


def _told(case: Case) -> Json:
    message = licence.DOMAIN + b"\0" + encode([case.order, case.by, case.to, case.count])
    return {
        "about": case.about,
        "order": case.order.hex(),
        "by": case.by.hex(),
        "to": case.to.hex(),
        "count": case.count,
        "message": message.hex(),
        "licence": case.licence.hex(),
    }


def _given() -> Iterator[Case]:
    yield Case("by a seller, his third", _by_ben(3))
    yield Case("by a seller, as many as can be counted", _by_ben(REVISION_MAX), count=REVISION_MAX)
    yield Case(
        "by a buyer, who does not count",
        licence.give(ANN.identity, ORDER, BEN.public_key, 0),
        by=ANN.public_key,
        to=BEN.public_key,
        count=0,
    )


def _not_given() -> Iterator[Case]:
    good = _by_ben(3)
    yield Case("for another order", good, order=OTHER)
    yield Case("by another", good, by=CHEN.public_key)
    yield Case("to another", good, to=CHEN.public_key)
    yield Case("with another count", good, count=4)
    yield Case("the other way round", good, by=ANN.public_key, to=BEN.public_key)
    yield Case("the last bit is flipped", good[:-1] + bytes([good[-1] ^ 1]))
    said = encode([ORDER, BEN.public_key, ANN.public_key, 3])
    yield Case("signed without the domain", BEN.identity.sign(said))
    yield Case("signed without the zero byte", BEN.identity.sign(licence.DOMAIN + said))


def _by_ben(count: int) -> Signature:
    return licence.give(BEN.identity, ORDER, ANN.public_key, count)
