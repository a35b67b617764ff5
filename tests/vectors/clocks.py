"""Stories of order.json: deadlines and money by the terms of a counter, not of the contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from goodword.crypto.person import Person
from goodword.protocol.codec import Value
from goodword.protocol.entry import Event
from goodword.protocol.limits import DAY, HOUR
from goodword.protocol.record import Record
from tests.make import ANN, BEN, CHEN, NOW, say, terms

from .deals import OPENING, sale

SLOW: Final[Mapping[str, Value]] = {
    "terms": terms(
        quantity=2,
        shipping=400,
        payment=2 * HOUR,
        clearing=6 * DAY,
        handling=15 * DAY,
        inspection=9 * DAY,
        dispute=10 * DAY,
        moderator=CHEN.public_key,
        fee=100,
    ).to_body()
}
"""Each of the times differs from the contract's; of 45 days five are left for more time."""

STEPS: Final[Sequence[tuple[Person, Event, Mapping[str, Value]]]] = (
    (BEN, Event.COUNTER, SLOW),
    (ANN, Event.ACCEPT, {}),
    (ANN, Event.PAY_SENT, {}),
    (BEN, Event.PAY_RECEIVED, {}),
    (BEN, Event.FULFIL, {}),
    (ANN, Event.EXTEND, {}),
    (BEN, Event.DISPUTE, {"reasons": "she will not answer"}),
    (CHEN, Event.VERDICT, {"to_seller": 2_900, "reasons": "it came"}),
    (BEN, Event.EXECUTED, {}),
)


def timed() -> Iterator[tuple[str, list[Record]]]:
    records = [OPENING]
    for n, (person, event, details) in enumerate(STEPS, 1):
        now = NOW + n * HOUR
        records.append(say(person, event, records, details=details, now=now))
        yield f"by the terms of the counter: {event}", list(records)
    extended = records[:7]
    end = NOW + 5 * HOUR + (9 + 5) * DAY
    yield (
        "by the terms of the counter: nine days and five, and all of its total",
        [*extended, say(BEN, Event.TIMEOUT, extended, now=end)],
    )
    one, two, three, four, five, *_ = sale()
    yield (
        "a counter that lost a fork brings no terms",
        [one, say(BEN, Event.COUNTER, [one], details=SLOW), two],
    )
    sent = [one, two, three, four, five]
    longer = say(ANN, Event.EXTEND, sent)
    tried = (say(ANN, Event.OFFER, sent, details={"to_seller": n}) for n in range(1_000))
    lower = next(each for each in tried if each.id < longer.id)
    yield "more time that lost a fork is no more time", [*sent, longer, lower]
