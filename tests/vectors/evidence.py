"""evidence.json: files that prove an order, and one for each way in which a file does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, cast

from goodword.protocol import entry, evidence, record
from goodword.protocol.codec import Value, decode, encode
from goodword.protocol.contract import OrderId
from goodword.protocol.entry import Event
from goodword.protocol.evidence import MAGIC, Evidence, examine
from goodword.protocol.findings import Finding
from goodword.protocol.limits import DAY
from goodword.protocol.record import Record
from goodword.protocol.table import State
from tests.make import ANN, BEN, CHEN, DAI, NOW, contract, listing, profile, propose, say, write
from tests.protocol.ways import AGREED, AT, OPENING, step

from .notation import Document, Json
from .orders import standing

LATER: Final = NOW + 100 * DAY
LISTING: Final = listing()
SALE: Final = AT[State.COMPLETED]
DISPUTED: Final = AT[State.DISPUTED]


class Case(NamedTuple):
    about: str
    file: bytes


def files() -> Document:
    return {
        "about": "SPEC 4.10: files, what they prove, and what is found in them",
        "now": LATER,
        "magic": MAGIC,
        "order": AGREED.id.hex(),
        "files": [_told(each) for each in _cases()],
    }


def _told(case: Case) -> Document:
    found = examine(case.file, LATER)
    held: list[Json] = [each.hex() for each in sorted(found.entries)]
    return {
        "about": case.about,
        "file": case.file.hex(),
        "sound": found.is_sound,
        "listing": found.listing is not None,
        "entries": held,
        "after": standing(_held(case.file, found)) if found.entries else None,
        "findings": findings_told(found.findings),
    }


def _held(file: bytes, found: Evidence) -> list[Record]:
    """The records of the entries that hold."""
    *_, entries, _ = cast("list[list[bytes]]", decode(file))
    return [each for each in map(record.parse, entries) if each.id in found.entries]


def findings_told(findings: Sequence[Finding]) -> list[Json]:
    told = sorted(
        (
            each.code.value,
            each.record.hex() if each.record else "",
            each.other_record.hex() if each.other_record else "",
            each.rule,
        )
        for each in findings
    )
    return [
        {"code": code, "record": one or None, "other": other or None, "rule": rule or None}
        for code, one, other, rule in told
    ]


def _file(
    entries: Sequence[Record],
    of: Record | None = LISTING,
    others: Sequence[Record] = (),
    order: OrderId = AGREED.id,
) -> bytes:
    return evidence.write(order, of, entries, others)


def _spelled(*members: Value) -> bytes:
    return encode([*members])


def _cases() -> Iterator[Case]:
    yield Case("a sale, from proposal to end", _file(SALE))
    yield Case("a moderator decided, and it was done", _file(AT[State.RESOLVED]))
    yield Case("not yet answered", _file([OPENING]))
    told = [each.to_bytes() for each in SALE[::-1]]
    yield Case(
        "a sale, last entry first, and one twice",
        _spelled(MAGIC, AGREED.id, LISTING.to_bytes(), [*told, told[0]], []),
    )
    yield Case("without the end: nobody can tell", _file(SALE[:-1]))
    yield Case("without the listing", _file(SALE, None))
    yield from _malformed()
    yield from _altered()
    yield from _gaps()
    yield from _foreign()
    yield from _against_the_rules()
    yield from _signed_both_ways()


def _malformed() -> Iterator[Case]:
    sound = _file(SALE)
    yield Case("nothing", b"")
    yield Case("cut short", sound[:-1])
    yield Case("something after the end", sound + b"\0")
    yield Case("another version", _spelled("goodword/evidence/2", AGREED.id, None, [], []))
    yield Case("an order id too short", _spelled(MAGIC, AGREED.id[:31], None, [], []))
    yield Case("an entry that is not bytes", _spelled(MAGIC, AGREED.id, None, ["a"], []))
    yield Case("129 records", _spelled(MAGIC, AGREED.id, None, [b""] * 128, [b""]))


def _altered() -> Iterator[Case]:
    sound = _file(SALE)
    last = SALE[-1].to_bytes()
    place = sound.index(last) + len(last) - 1
    yield Case("a byte of a signature", sound[:place] + b"\0" + sound[place + 1 :])
    place = sound.index(b"crate")
    yield Case("a byte of the listing", sound[:place] + b"g" + sound[place + 1 :])
    place = sound.index(AGREED.id)
    other = bytes([sound[place] ^ 1])
    yield Case("a byte of the order id", sound[:place] + other + sound[place + 1 :])
    yield Case("an entry of no bytes", _spelled(MAGIC, AGREED.id, None, [b""], []))


def _gaps() -> Iterator[Case]:
    yield Case("the acceptance is left out", _file([SALE[0], *SALE[2:]]))
    yield Case("the proposal is left out", _file(SALE[1:]))
    yield Case("no entries", _file([]))
    both = [step(BEN, Event.ACCEPT, [OPENING]), step(ANN, Event.WITHDRAW, [OPENING])]
    seen = say(BEN, Event.ACKNOWLEDGE, [OPENING, *both])
    yield Case("two are left out that one follows", _file([OPENING, seen]))


def _foreign() -> Iterator[Case]:
    yield Case("a listing with another text", _file(SALE, listing(text="as new")))
    yield Case("a profile for a listing", _file(SALE, profile(BEN)))
    pears = listing(title="a crate of pears")
    agreed = replace(contract(), listing=pears.id)
    yield Case("another title than the listing's", _file([propose(agreed)], pears, (), agreed.id))
    yield Case("an entry of another order", _file([*SALE, propose(contract())]))
    yield Case("a profile among the entries", _file([*SALE, profile(ANN)]))
    about = record.make(DAI.identity, "profile", {"name": "Dai"}, slot=b"", revision=0, now=NOW)
    yield Case("a stranger's record", _file(SALE, others=[about]))
    own = record.make(ANN.identity, "praise", {}, slot=AGREED.id, revision=0, now=NOW)
    yield Case("a buyer's record of an unknown kind", _file(SALE, others=[own]))


def _against_the_rules() -> Iterator[Case]:
    wrong = say(ANN, Event.ACCEPT, [OPENING])
    yield Case("the buyer accepts her own proposal", _file([OPENING, wrong]))
    after = say(BEN, Event.FULFIL, [OPENING, wrong])
    yield Case("and the seller builds on it", _file([OPENING, wrong, after]))
    seller = entry.Role.SELLER
    stranger = write(DAI, AGREED, Event.ACCEPT, role=seller, seen=frozenset({OPENING.id}))
    yield Case("a stranger accepts as seller", _file([OPENING, stranger]))
    early = say(ANN, Event.TIMEOUT, [OPENING], now=NOW + DAY)
    yield Case("a timeout a day early", _file([OPENING, early]))
    unlicensed = say(BEN, Event.ACCEPT, [OPENING], details={"licence": bytes(64)})
    yield Case("a licence that is none", _file([OPENING, unlicensed]))
    kept: dict[str, Value] = {"to_seller": 2_501, "reasons": "so"}
    yield Case(
        "a verdict over more than the total",
        _file([*DISPUTED, say(CHEN, Event.VERDICT, DISPUTED, details=kept)]),
    )
    ahead = say(BEN, Event.ACCEPT, [OPENING], now=LATER + 601)
    yield Case("an acceptance from 601 seconds ahead", _file([OPENING, ahead]))
    yield Case(
        "an acceptance from 600 seconds ahead",
        _file([OPENING, say(BEN, Event.ACCEPT, [OPENING], now=LATER + 600)]),
    )


def _signed_both_ways() -> Iterator[Case]:
    verdicts = [
        say(CHEN, Event.VERDICT, DISPUTED, details={"to_seller": part, "reasons": "so"})
        for part in (0, 2_500)
    ]
    yield Case("a moderator decides twice", _file([*DISPUTED, *verdicts]))
    again = propose(AGREED, now=NOW + 1)
    yield Case("a buyer proposes one contract twice", _file([OPENING, again]))
    answers = [step(BEN, event, [OPENING]) for event in (Event.ACCEPT, Event.REJECT)]
    yield Case("a seller accepts and rejects", _file([OPENING, *answers]))
