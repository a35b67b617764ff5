"""Figure 9: the fold of a long order, beside the bare signature checks that its entries need.

Thirty entries: two people who haggle at length, a moderator, offers, more time. Each entry is
folded with all before it when it comes, so a long order must not be slow.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from nacl.signing import VerifyKey

from goodword.crypto.person import Person
from goodword.protocol import order
from goodword.protocol.codec import Value
from goodword.protocol.entry import Event
from goodword.protocol.record import DOMAIN, Record
from goodword.protocol.table import State
from tests.make import ANN, BEN, CHEN, contract, entries_of, propose, say, terms

from .figure import Figure, median, milliseconds

ENTRIES: Final = 30
ROUNDS: Final = 200


def measure() -> Figure:
    records = long_order()
    entries = list(entries_of(records).values())
    folded = median(_times(lambda: order.fold(entries)))
    verified = median(_times(lambda: _verify(records)))
    return Figure(
        name=f"fold of an order of {len(records)} entries",
        ours=milliseconds(folded),
        raw=f"{milliseconds(verified)} their signatures, bare PyNaCl",
        ratio=f"{folded / verified:.2f}",
    )


def long_order() -> list[Record]:
    """Fourteen counters, two offers of each side, more time, and the end."""
    judged = contract(quantity=2, moderator=CHEN.public_key)
    records = [propose(judged)]
    for number in range(14):
        asked = terms(quantity=2, shipping=number + 1, moderator=CHEN.public_key)
        _step(records, (BEN, ANN)[number % 2], Event.COUNTER, {"terms": asked.to_body()})
    _step(records, BEN, Event.ACCEPT)
    _step(records, CHEN, Event.CONSENT)
    _step(records, ANN, Event.PAY_SENT)
    for part in (100, 200):
        _step(records, ANN, Event.OFFER, {"to_seller": part})
        _step(records, BEN, Event.OFFER, {"to_seller": 10 * part})
    _step(records, BEN, Event.PAY_RECEIVED)
    _step(records, BEN, Event.FULFIL)
    _step(records, ANN, Event.EXTEND)
    _step(records, ANN, Event.DISPUTE, {"reasons": "one is missing"})
    _step(records, ANN, Event.OFFER, {"to_seller": 1_200})
    _step(records, BEN, Event.OFFER, {"to_seller": 1_300})
    _step(records, ANN, Event.CONFIRM)
    _step(records, BEN, Event.ACKNOWLEDGE)
    assert len(records) == ENTRIES
    assert order.fold(entries_of(records).values()).state is State.COMPLETED
    return records


def _step(
    records: list[Record], person: Person, event: Event, details: dict[str, Value] | None = None
) -> None:
    records.append(say(person, event, records, details=details, now=records[-1].made_at + 60))


def _verify(records: list[Record]) -> None:
    for each in records:
        VerifyKey(each.author).verify(DOMAIN + b"\0" + each.signed, each.signature)


def _times(work: Callable[[], object]) -> list[float]:
    times: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return times
