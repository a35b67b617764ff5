"""The deals that order.json tells of: a plain sale, one that is haggled over, one in dispute."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from goodword.protocol.codec import Value
from goodword.protocol.entry import Event
from goodword.protocol.limits import DAY, HOUR
from goodword.protocol.money import Money
from goodword.protocol.record import Record
from tests.make import ANN, BEN, CHEN, NOW, contract, propose, say, terms

AGREED: Final = contract(quantity=2, note="by the gate")
OPENING: Final = propose(AGREED)


def sale() -> list[Record]:
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
    records.append(say(BEN, Event.ACKNOWLEDGE, records, now=NOW + 4 * DAY))
    return records


def haggle() -> list[Record]:
    """Two counters, each with whole terms; what is agreed are the last."""
    records = [OPENING]
    dearer = terms(quantity=2, shipping=400, note="by the gate", moderator=CHEN.public_key, fee=100)
    records.append(
        say(BEN, Event.COUNTER, records, details={"terms": dearer.to_body()}, now=NOW + HOUR)
    )
    less = replace(dearer, shipping=200, total=Money(2_700, "EUR"), inspection=10 * DAY)
    records.append(
        say(ANN, Event.COUNTER, records, details={"terms": less.to_body()}, now=NOW + 2 * HOUR)
    )
    records.append(say(BEN, Event.ACCEPT, records, now=NOW + 3 * HOUR))
    return records


def disputed() -> list[Record]:
    """The money did not come; the moderator is ready."""
    records = haggle()
    records.append(say(CHEN, Event.CONSENT, records, now=NOW + 4 * HOUR))
    records.append(say(ANN, Event.PAY_SENT, records, now=NOW + 5 * HOUR))
    records.append(say(BEN, Event.PAY_DENIED, records, now=NOW + DAY))
    return records


def judged(after: list[Record], part: int) -> Record:
    told: dict[str, Value] = {"to_seller": part, "reasons": "the bank says so"}
    return say(CHEN, Event.VERDICT, after, details=told, now=NOW + 2 * DAY)


def haggled(count: int) -> list[Record]:
    """So many counters, the seller's first."""
    records = [OPENING]
    for n in range(count):
        records.append(say((BEN, ANN)[n % 2], Event.COUNTER, records))
    return records


def offered(count: int) -> list[Record]:
    """The buyer has paid, and so many offers of the seller follow."""
    records = sale()[:3]
    for part in range(count):
        records.append(say(BEN, Event.OFFER, records, details={"to_seller": part}))
    return records
