"""The one place where the simulation knows how letters are sent: the node's own postman, its
outbox, and what a liar on the line would answer."""

from __future__ import annotations

from typing import Final, cast

from goodword.crypto.keys import PublicKey
from goodword.crypto.person import Person
from goodword.crypto.sealing import seal
from goodword.node.clock import Clock
from goodword.node.events import Events
from goodword.node.intake import Intake
from goodword.node.postman import Postman
from goodword.node.roads import Roads
from goodword.node.transport import Transport
from goodword.protocol import letter
from goodword.protocol.contract import OrderId
from goodword.protocol.letter import Envelope, Fate, Letter, Receipt
from goodword.protocol.limits import TOKEN_BYTES
from goodword.storage import outbox
from goodword.storage.database import Database, Transaction
from tests.sim.wire import Line

PROTOCOL: Final = letter.PROTOCOL

HOLDS_SEVERAL: Final = False
"""Whether a letter holds several entries. While it holds one, a moderator whom only a counter
names cannot take the order up: the proposal, which comes first, does not name him."""


class Office:
    """All of a node that sends and receives letters."""

    def __init__(
        self, line: Line, intake: Intake, database: Database, person: Person, clock: Clock
    ) -> None:
        transport = cast("Transport", line)
        roads = Roads(transport, database, clock)
        self._postman = Postman(transport, roads, intake, database, person, clock, Events())

    async def run(self) -> None:
        await self._postman.run()


def undelivered(db: Transaction) -> int:
    """How many debts there are."""
    return outbox.count(db)


def refused(db: Transaction) -> list[tuple[PublicKey, OrderId, str]]:
    """(recipient, order, code) of what somebody refuses for good."""
    rows = db.execute("SELECT recipient, trade, refused FROM outbox WHERE refused IS NOT NULL")
    return [(PublicKey(who), OrderId(trade), code) for who, trade, code in rows]


def withhold(db: Transaction, recipient: PublicKey, order: OrderId) -> None:
    """A liar's: forget what is owed to `recipient`."""
    db.execute("DELETE FROM outbox WHERE recipient = ? AND trade = ?", (recipient, order))


def own_everything_up(db: Transaction, recipient: PublicKey, order: OrderId, now: int) -> None:
    """A liar's, who comes to reason."""
    outbox.owe_all(db, recipient, order, now)


def sealed_letter(to: PublicKey, record: bytes) -> bytes:
    """One entry, as a postman would hand it over; nobody waits for its receipt."""
    inside = Letter(token=bytes(TOKEN_BYTES), record=record)
    return Envelope(to=to, sealed=seal(to, inside.to_bytes())).to_bytes()


def false_receipt() -> bytes:
    """What somebody can say who did not open the letter."""
    return Receipt(fate=Fate.KEPT, token=bytes(TOKEN_BYTES)).to_bytes()
