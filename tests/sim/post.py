"""The one place where the simulation knows how letters are sent: the node's own postman, collector
and mailroom, its outbox, and what a liar on the line would answer."""

from __future__ import annotations

from typing import Any, Final, cast

import trio

from goodword.crypto.keys import PublicKey
from goodword.crypto.person import Person
from goodword.crypto.sealing import seal
from goodword.node import collector
from goodword.node.clock import Clock
from goodword.node.collector import Collector
from goodword.node.delivery import Delivery
from goodword.node.doorkeeper import Doorkeeper
from goodword.node.events import Events
from goodword.node.intake import Intake
from goodword.node.letterbox import Letterbox
from goodword.node.mailboxes import QUOTA_BYTES
from goodword.node.mailroom import Mailroom
from goodword.node.postman import Postman
from goodword.node.roads import Roads
from goodword.node.transport import Transport
from goodword.protocol import letter, mailroom
from goodword.protocol.contract import OrderId
from goodword.protocol.letter import Envelope, Fate, Letter, Receipt
from goodword.protocol.limits import HOUR, TOKEN_BYTES
from goodword.protocol.mailroom import Done
from goodword.protocol.record import Record
from goodword.storage import mailboxes, outbox, people, receipts
from goodword.storage.database import Database, Transaction
from tests.make import mailbox
from tests.sim.wire import Line

PROTOCOL: Final = letter.PROTOCOL

REPEAT_SECONDS: Final = 6.0 * HOUR
"""Between two visits at a mailbox."""

HOLDS_SEVERAL: Final = True
"""Whether a letter holds several entries: so a moderator whom only a counter names can take the
order up."""


class Office:
    """All of a node that sends, keeps and receives letters."""

    def __init__(
        self, line: Line, intake: Intake, database: Database, person: Person, clock: Clock
    ) -> None:
        transport, events = cast("Transport", line), Events()
        roads = Roads(transport, database, clock)
        doorkeeper = Doorkeeper(intake.nearness, clock)
        self._delivery = Delivery(person, database, clock, events)
        letterbox = Letterbox(
            doorkeeper, intake, self._delivery, database, person, clock, events, line.mark
        )
        line.serve(letter.PROTOCOL, letterbox.receive)
        self._postman = Postman(transport, roads, intake, self._delivery, database, person, clock)
        self._collector = Collector(
            transport, roads, letterbox, intake, database, person, clock, events
        )
        self._mailroom = Mailroom(
            transport, roads, doorkeeper, database, clock, self._collector.knocked
        )

    async def run(self) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._postman.run)
            nursery.start_soon(self._collector.run)
            nursery.start_soon(self._mailroom.run)

    def looked_at(self, order: OrderId) -> None:
        """Its owner has seen it: those who wrote are to hear so."""
        self._delivery.looked_at(order)


def undelivered(db: Transaction) -> int:
    """How many debts there are, of entries and of receipts."""
    return outbox.count(db) + receipts.count(db)


def refused(db: Transaction) -> list[tuple[PublicKey, OrderId, str]]:
    """(recipient, order, code) of what somebody refuses for good."""
    rows = db.execute("SELECT recipient, trade, code FROM outbox WHERE state = 'refused'")
    return [(PublicKey(who), OrderId(trade), code) for who, trade, code in rows]


def withhold(db: Transaction, recipient: PublicKey, order: OrderId) -> None:
    """A liar's: forget what is owed to `recipient`."""
    db.execute("DELETE FROM outbox WHERE recipient = ? AND trade = ?", (recipient, order))


def own_everything_up(db: Transaction, recipient: PublicKey, order: OrderId, now: int) -> None:
    """A liar's, who comes to reason."""
    outbox.owe_all(db, recipient, order, now)


def get_acquainted(db: Transaction, names: dict[PublicKey, str]) -> None:
    """Give each a petname: so nobody has to work for a letter, which takes a thread, and time."""
    for person, name in names.items():
        people.name(db, person, name)


def keeps_for(db: Transaction, guest: PublicKey) -> None:
    """A host's: keep the letters of `guest`."""
    mailboxes.welcome(db, guest, QUOTA_BYTES)


def kept_by(guest: Person, hosts: list[PublicKey], now: int) -> Record:
    """A guest's word, by whom her letters are kept."""
    return mailbox(guest, hosts, now=now)


def lose_letters(db: Transaction) -> int:
    """A bad host's: throw away what he keeps for others; how many letters."""
    kept = sum(each.letters for each in mailboxes.guests(db))
    mailboxes.expire(db, _END_OF_TIME)
    return kept


def hurry_less() -> None:
    """Visit mailboxes less often: each visit is a happening, and few bring anything. Who meets a
    host, or is knocked at, visits it at once all the same."""
    cast("Any", collector).REPEAT_SECONDS = REPEAT_SECONDS


_END_OF_TIME: Final = 1 << 40


def sealed_letter(sender: Person, to: PublicKey, order: OrderId, record: bytes) -> bytes:
    """One entry, as a postman would hand it over; nobody waits for its receipt."""
    token = sender.letter_token(to, order)
    inside = Letter(sender=sender.public_key, token=token, records=[record])
    return Envelope(to=to, sealed=seal(to, inside.to_bytes())).to_bytes()


def false_answer(protocol: str) -> bytes:
    """What somebody can say who did not open the letter, or who keeps nothing."""
    if protocol == mailroom.PROTOCOL:
        return Done().to_bytes()
    return Receipt(fate=Fate.KEPT, token=bytes(TOKEN_BYTES)).to_bytes()
