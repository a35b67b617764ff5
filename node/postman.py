"""Deliver what the outbox owes, patiently: until the recipient's receipt says that she has it."""

from __future__ import annotations

import logging
import secrets
from typing import Final

import trio

from goodword.crypto.keys import PublicKey
from goodword.crypto.person import Person
from goodword.crypto.sealing import NotForUs, seal
from goodword.protocol import entry, letter, presence
from goodword.protocol.contract import OrderId
from goodword.protocol.errors import (
    FromTheFuture,
    MissingEntries,
    Refusal,
    UnknownKind,
    UnknownOrder,
)
from goodword.protocol.letter import Envelope, Fate, Letter, Receipt
from goodword.protocol.limits import TOKEN_BYTES
from goodword.protocol.record import Record, parse
from goodword.storage import outbox
from goodword.storage.database import Database
from goodword.storage.outbox import WAIT_SECONDS_MAX, Debt

from .clock import Clock
from .events import Events
from .intake import Intake
from .roads import Roads, peer_bytes
from .transport import RequestFailed, Transport, TransportError

RECEIPT_SECONDS: Final = 15.0
"""For one letter, there and back, over a poor line."""

RETRY_SECONDS_FIRST: Final = 2
"""Until the second attempt; doubling, up to WAIT_SECONDS_MAX. A recipient who is back is found at
the latest after that; usually at once, since her node connects or tells where she is."""

AT_ONCE_MAX: Final = 16
"""Recipients served at the same time."""

BATCH_MAX: Final = 64
"""Letters read from the outbox at once for one recipient."""

LACKS_PAST: Final = frozenset({UnknownOrder.code, MissingEntries.code})
"""She refuses for want of earlier entries: send her the whole order again."""

LATER: Final = frozenset({FromTheFuture.code, *LACKS_PAST})
"""Refusals that the same letter may not meet next time."""

log = logging.getLogger(__name__)


class Postman:
    def __init__(
        self,
        transport: Transport,
        roads: Roads,
        intake: Intake,
        database: Database,
        person: Person,
        clock: Clock,
        events: Events,
    ) -> None:
        self._transport = transport
        self._roads = roads
        self._intake = intake
        self._database = database
        self._person = person
        self._clock = clock
        self._events = events
        self._busy: set[PublicKey] = set()
        self._room = trio.CapacityLimiter(AT_ONCE_MAX)
        self._is_something = trio.Event()
        transport.serve(letter.PROTOCOL, self.receive)
        transport.on_peer(self._met, lambda _: None)
        intake.on_new(self._noticed)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Deliver until cancelled. What is owed is read from disk: a restart loses nothing."""
        async with trio.open_nursery() as nursery:
            task_status.started()
            while True:
                self._is_something = trio.Event()
                with self._database.reading() as db:
                    recipients = outbox.recipients_due(db, self._clock())
                for recipient in recipients:
                    if recipient not in self._busy:
                        self._busy.add(recipient)
                        nursery.start_soon(self._serve, recipient)
                with trio.move_on_after(self._seconds_to_wait()):
                    await self._is_something.wait()

    async def receive(self, peer: str, data: bytes) -> bytes:
        """Open a letter, let what is in it in, and say so."""
        try:
            envelope = letter.read_envelope(data)
        except Refusal as refusal:
            self._transport.mark(peer, refusal.code)
            return Receipt(fate=Fate.REFUSED, code=refusal.code).to_bytes()
        if envelope.to != self._person.public_key:
            return Receipt(fate=Fate.NOT_MINE).to_bytes()
        try:
            opened = self._person.open_sealed(envelope.sealed)
        except NotForUs:
            return Receipt(fate=Fate.NOT_MINE).to_bytes()
        return self._admit(peer, opened).to_bytes()

    def _admit(self, peer: str, opened: bytes) -> Receipt:
        token = b""
        try:
            received = letter.read_letter(opened)
            token = received.token
            kind = parse(received.record).kind
            if kind != entry.KIND:  # what everybody may see travels by gossip and catch-up
                raise UnknownKind(kind=kind)
            self._intake.admit_letter(received.record)
        except Refusal as refusal:
            if refusal.is_fault:
                self._transport.mark(peer, refusal.code)
            log.info("refused a letter from %s: %s", peer, refusal)
            self._events.tell("refused", peer=peer, code=refusal.code, text=str(refusal))
            return Receipt(fate=Fate.REFUSED, token=token, code=refusal.code)
        return Receipt(fate=Fate.KEPT, token=token)

    async def _serve(self, recipient: PublicKey) -> None:
        """Everything for one recipient, in the order in which it came to be."""
        try:
            async with self._room:
                await self._deliver_all(recipient)
        except TransportError as error:
            log.info("letters wait for their recipient: %s", error)
            self._postpone(recipient)
        finally:
            self._busy.discard(recipient)
            self._is_something.set()

    async def _deliver_all(self, recipient: PublicKey) -> None:
        peer = await self._roads.to(recipient)
        begun_anew: set[OrderId] = set()
        put_off: set[OrderId] = set()
        last = 0
        while True:
            with self._database.reading() as db:
                debts = outbox.owed_to(db, recipient, BATCH_MAX, last)
            if not debts:
                return
            for debt in debts:
                last = debt.seq
                if debt.order in put_off:
                    continue
                receipt = await self._deliver(peer, debt)
                if receipt.code in LACKS_PAST and debt.order not in begun_anew:
                    begun_anew.add(debt.order)  # once a visit: she may lack it for ever
                    self._begin_anew(debt)
                    last = 0
                    break
                if receipt.code in LATER:  # an order that she cannot take keeps no other waiting
                    put_off.add(debt.order)
                    self._put_off(debt)
                else:
                    self._write_down(debt, receipt)

    async def _deliver(self, peer: str, debt: Debt) -> Receipt:
        """Hand over one letter. Raises RequestFailed where no credible receipt comes back."""
        token = secrets.token_bytes(TOKEN_BYTES)
        inside = Letter(token=token, record=debt.record).to_bytes()
        envelope = Envelope(to=debt.recipient, sealed=seal(debt.recipient, inside))
        try:
            with trio.fail_after(RECEIPT_SECONDS):
                answer = await self._transport.request(peer, letter.PROTOCOL, envelope.to_bytes())
            receipt = letter.read_receipt(answer)
        except trio.TooSlowError as error:
            raise RequestFailed(f"no receipt within {RECEIPT_SECONDS:.0f} s") from error
        except Refusal as refusal:
            raise RequestFailed(f"no receipt but nonsense: {refusal}") from refusal
        # SPEC 5.2: "A receipt without the letter's token is worth nothing"
        if receipt.token != token:
            raise RequestFailed(f"a receipt of one who did not open the letter ({receipt.fate})")
        return receipt

    def _write_down(self, debt: Debt, receipt: Receipt) -> None:
        with self._database.transaction() as db:
            if receipt.fate is Fate.KEPT:
                outbox.settle(db, debt)
            else:
                outbox.refuse(db, debt, receipt.code)
        fate = receipt.fate.value
        self._events.tell("letter", order=debt.order.hex(), fate=fate, code=receipt.code)

    def _begin_anew(self, debt: Debt) -> None:
        """She lost the order, or a part of it: a restored backup, a new disk."""
        with self._database.transaction() as db:
            outbox.owe_all(db, debt.recipient, debt.order, self._clock())

    def _postpone(self, recipient: PublicKey) -> None:
        with self._database.transaction() as db:
            if owed := outbox.owed_to(db, recipient, 1):
                outbox.postpone(db, recipient, self._next_at(owed[0]))

    def _put_off(self, debt: Debt) -> None:
        with self._database.transaction() as db:
            outbox.postpone_order(db, debt.recipient, debt.order, self._next_at(debt))

    def _next_at(self, debt: Debt) -> int:
        wait = RETRY_SECONDS_FIRST << min(debt.attempts, 16)
        return self._clock() + min(wait, WAIT_SECONDS_MAX)

    def _met(self, peer: str) -> None:
        with self._database.transaction() as db:
            if outbox.hasten_at(db, peer_bytes(peer), self._clock()):
                self._is_something.set()

    def _noticed(self, record: Record) -> None:
        if record.kind == presence.KIND:
            self._hasten(record.author)
        elif record.kind == entry.KIND:
            self._is_something.set()

    def _hasten(self, person: PublicKey) -> None:
        with self._database.transaction() as db:
            if outbox.hasten(db, person, self._clock()):
                self._is_something.set()

    def _seconds_to_wait(self) -> float:
        """Until the next attempt is due; those for whom we are busy wake us themselves."""
        with self._database.reading() as db:
            at = outbox.next_at(db)
        if at is None:
            return float("inf")
        wait = min(at - self._clock(), WAIT_SECONDS_MAX)
        return max(wait, 1.0) if self._busy else max(wait, 0.05)
