"""order.json: an order from proposal to end, and what happens where two things meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from goodword.crypto.hashing import derive
from goodword.crypto.keys import Identity
from goodword.protocol import entry, order
from goodword.protocol.codec import Value, encode
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import Refusal
from goodword.protocol.limits import DAY, HOUR, SEEN_MAX
from goodword.protocol.record import Record
from tests.make import (
    ANN,
    BEN,
    CHEN,
    NOW,
    ROOTS,
    contract,
    entries_of,
    listing,
    propose,
    say,
    write,
)

from .notation import Document, Json, to_json

AGREED: Final = contract(quantity=2, note="by the gate")
OPENING: Final = propose(AGREED)


def orders() -> Document:
    return {
        "about": "SPEC 4: a contract, entries that join an order one by one, and its state",
        "roots": {"buyer": ROOTS["Ann"].hex(), "seller": ROOTS["Ben"].hex()},
        "listing": listing().to_bytes().hex(),
        "contract": to_json(AGREED.to_body()),
        "contract_hex": encode(AGREED.to_body()).hex(),
        "order": AGREED.id.hex(),
        "sale": _sale_told(),
        "stories": [
            {
                "about": about,
                "entries": [_entry(each) for each in records],
                "after": _standing(records),
            }
            for about, records in _stories()
        ],
        "refused": [
            {
                "about": about,
                "after": [each.to_bytes().hex() for each in after],
                "entry": said.to_bytes().hex(),
                "code": _code(said, after),
            }
            for about, after, said in _refused()
        ],
    }


def _sale_told() -> list[Json]:
    """The entries as they come, and the order after each."""
    records = _sale()
    return [
        {**_entry(record), "after": _standing(records[: count + 1])}
        for count, record in enumerate(records)
    ]


def _entry(record: Record) -> Document:
    said = entry.read(record)
    return {
        "hex": record.to_bytes().hex(),
        "id": record.id.hex(),
        "role": said.role.value,
        "event": said.event.value,
        "made_at": said.made_at,
        "seen": [each.hex() for each in sorted(said.seen)],
    }


def _standing(records: Sequence[Record]) -> Document:
    made = order.fold(entries_of(records).values())
    decided: Json = None
    if made.to_seller is not None:
        decided = [made.to_seller.minor, made.to_seller.code]
    return {
        "state": made.state.value,
        "since": made.since,
        "deadline": made.deadline,
        "heads": [each.hex() for each in sorted(made.heads)],
        "history": [line.entry.id.hex() for line in made.history],
        "void": [void.entry.id.hex() for void in made.void],
        "forkers": [role.value for role in sorted(made.forkers)],
        "to_seller": decided,
    }


def _sale() -> list[Record]:
    told: dict[str, Value] = {
        "method": "bank transfer",
        "reference": "apples",
        "amount": [2_500, "EUR"],
    }
    records = [OPENING]
    records.append(say(BEN, Event.ACCEPT, records, details={"note": "gladly"}, now=NOW + HOUR))
    records.append(say(ANN, Event.PAY_SENT, records, details=told, now=NOW + 2 * HOUR))
    records.append(say(BEN, Event.PAY_RECEIVED, records, now=NOW + DAY))
    records.append(say(BEN, Event.FULFIL, records, details={"tracking": "A1"}, now=NOW + 2 * DAY))
    records.append(say(ANN, Event.CONFIRM, records, now=NOW + 4 * DAY))
    return records


def _stories() -> Iterator[tuple[str, list[Record]]]:
    one, two, three, four, five, _ = _sale()
    accept, withdraw = two, say(ANN, Event.WITHDRAW, [one])
    yield "accept meets withdraw: both apply, so the buyer is out", [one, accept, withdraw]
    yield "the same, in the other order of arrival", [one, withdraw, accept]
    yield (
        "fulfil meets confirm: the buyer said it came, and it did",
        [one, two, three, four, five, say(ANN, Event.CONFIRM, [one, two, three, four])],
    )
    yield (
        "the buyer forks: the seller has built on the payment, so the withdrawal is void",
        [one, two, say(ANN, Event.WITHDRAW, [one, two]), three, four],
    )
    yield (
        "the seller forks: nothing is built on either, so the lower id stands",
        [one, accept, say(BEN, Event.REJECT, [one])],
    )
    yield "nobody answers: it expires", [one, say(ANN, Event.TIMEOUT, [one], now=NOW + 48 * HOUR)]
    late = say(BEN, Event.ACCEPT, [one], now=NOW + 48 * HOUR)
    yield (
        "a late accept overtakes the timeout, whose time begins anew",
        [one, say(ANN, Event.TIMEOUT, [one], now=NOW + 48 * HOUR), late],
    )
    kept = say(BEN, Event.REFUND, [one, two, three], details={"to_seller": 500})
    yield "the seller gives back all but 5.00 EUR", [one, two, three, kept]
    shipped = [one, two, three, four, five]
    yield (
        "the buyer falls silent: seven days after shipping the money is the seller's",
        [*shipped, say(BEN, Event.TIMEOUT, shipped, now=NOW + 9 * DAY)],
    )
    forks = [say(ANN, Event.PAY_SENT, [one, two], details={"note": str(n)}) for n in range(20)]
    yield (
        f"the buyer forks twenty times: {SEEN_MAX} heads are named, first the one that stands",
        [one, two, *forks],
    )


def _refused() -> Iterator[tuple[str, list[Record], Record]]:
    one, two, three, *_ = _sale()
    yield "an entry whose past is not here", [one], three
    yield "a second proposal", [one], propose(AGREED, now=NOW + 1)
    yield "a step that the table does not have", [one], say(ANN, Event.CONFIRM, [one])
    yield "a step of the other role", [one], say(ANN, Event.ACCEPT, [one])
    yield (
        "a step after the end",
        [one, *(ends := [say(ANN, Event.WITHDRAW, [one])])],
        say(BEN, Event.ACCEPT, [one, *ends]),
    )
    yield "a timeout a second early", [one], say(ANN, Event.TIMEOUT, [one], now=NOW + 48 * HOUR - 1)
    yield (
        "an entry older than what it follows",
        [one, two],
        say(ANN, Event.PAY_SENT, [one, two], now=NOW),
    )
    yield (
        "a refund that keeps more than the total",
        [one, two, three],
        say(BEN, Event.REFUND, [one, two, three], details={"to_seller": 2_501}),
    )
    yield "a stranger as seller", [one], say(CHEN, Event.ACCEPT, [one], role=Role.SELLER)
    key = Identity.from_seed(derive(ROOTS["Dai"], b"another device"))
    own = write(BEN, AGREED, Event.CONFIRM, role=Role.SELLER, key=key, seen=frozenset({one.id}))
    yield "a step that the table does not have, by a second key", [one], own


def _code(said: Record, after: Sequence[Record]) -> str:
    try:
        order.check(entry.read(said), entries_of(after))
    except Refusal as refusal:
        return refusal.code
    raise AssertionError(f"the gate lets in {said.id.hex()}")
