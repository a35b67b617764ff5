"""Open what comes for us: a letter goes through the door, a receipt to what it settles."""

from __future__ import annotations

import logging
from collections.abc import Callable

from goodword.crypto.keys import PublicKey
from goodword.crypto.person import Person
from goodword.crypto.sealing import NotForUs
from goodword.protocol import letter
from goodword.protocol.contract import OrderId
from goodword.protocol.errors import Refusal
from goodword.protocol.letter import Envelope, Fate, Letter, Receipt
from goodword.protocol.record import Record, parse
from goodword.storage import orders, receipts
from goodword.storage.database import Database, Transaction

from .clock import Clock
from .delivery import Delivery
from .doorkeeper import Doorkeeper
from .events import Events
from .intake import Intake

log = logging.getLogger(__name__)


class Letterbox:
    def __init__(
        self,
        doorkeeper: Doorkeeper,
        intake: Intake,
        delivery: Delivery,
        database: Database,
        person: Person,
        clock: Clock,
        events: Events,
        mark: Callable[[str, str], None],
    ) -> None:
        """`mark` counts a fault, which has a code, against a peer."""
        self._mark = mark
        self._doorkeeper = doorkeeper
        self._intake = intake
        self._delivery = delivery
        self._database = database
        self._person = person
        self._clock = clock
        self._events = events

    async def receive(self, peer: str, data: bytes) -> bytes:
        """Answer a peer who brings an envelope."""
        try:
            envelope = letter.read_envelope(data)
        except Refusal as refusal:
            self._mark(peer, refusal.code)
            return Receipt(fate=Fate.REFUSED, code=refusal.code).to_bytes()
        if envelope.to != self._person.public_key:
            return Receipt(fate=Fate.NOT_MINE).to_bytes()
        try:
            self._doorkeeper.check(peer, envelope)
        except Refusal as refusal:
            return Receipt(fate=Fate.REFUSED, code=refusal.code).to_bytes()
        return self.open(envelope, peer=peer).to_bytes()

    def open(self, envelope: Envelope, *, peer: str = "") -> Receipt:
        """Let in what is inside; the receipt for it.

        Without the `peer` who brings it, it comes from a mailbox: then its sender hears of it by
        letter.
        """
        try:
            content = letter.read_content(self._person.open_sealed(envelope.sealed))
        except NotForUs:
            return Receipt(fate=Fate.NOT_MINE)
        except Refusal as refusal:
            self._tell(peer, refusal)
            return Receipt(fate=Fate.REFUSED, code=refusal.code)
        if isinstance(content, Receipt):
            self._delivery.take(content)
            return Receipt(fate=Fate.KEPT, token=content.token)
        return self._admit(content, peer)

    def _admit(self, content: Letter, peer: str) -> Receipt:
        outcomes = self._intake.admit_letter(content.records)
        refusal = next((each for each in outcomes if isinstance(each, Refusal)), None)
        kept = [parse(data) for data in content.records[: len(outcomes) - (refusal is not None)]]
        refused = content.records[len(kept)] if refusal else b""
        self._note(content, kept, refused, refusal, is_told=bool(peer))
        ids = [each.id for each in kept]
        if refusal is None:
            return Receipt(fate=Fate.KEPT, token=content.token, ids=ids)
        self._tell(peer, refusal)
        return Receipt(fate=Fate.REFUSED, token=content.token, code=refusal.code, ids=ids)

    def _note(
        self,
        content: Letter,
        kept: list[Record],
        refused: bytes,
        refusal: Refusal | None,
        *,
        is_told: bool,
    ) -> None:
        """Remember what its sender is to be told, now or when the owner looks at it."""
        now = self._clock()
        # What came from a mailbox is discarded there next: then only we know whom to tell.
        with self._database.transaction(is_promise=not is_told) as db:
            if kept and _is_party(db, content.sender, OrderId(kept[0].slot)):
                receipts.note(
                    db,
                    content.sender,
                    OrderId(kept[0].slot),
                    content.token,
                    [each.id for each in kept],
                    told_at=None if is_told else now,
                )
            if refusal and not is_told and (record := _read(refused)):
                receipts.note_refused(
                    db,
                    content.sender,
                    OrderId(record.slot),
                    content.token,
                    record.id,
                    refusal.code,
                    now,
                )
        if not is_told:
            self._delivery.wake()

    def _tell(self, peer: str, refusal: Refusal) -> None:
        if peer and refusal.is_fault:
            self._mark(peer, refusal.code)
        log.info("refused a letter from %s: %s", peer or "a mailbox", refusal)
        self._events.tell("refused", peer=peer, code=refusal.code, text=str(refusal))


def _is_party(db: Transaction, person: PublicKey, order: OrderId) -> bool:
    """Whether `person` speaks in the order: else anybody could have us note his name."""
    return person in {each.identity for each in orders.entries_of(db, order).values()}


def _read(data: bytes) -> Record | None:
    try:
        return parse(data)
    except Refusal:
        return None
