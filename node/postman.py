"""Deliver what is owed, patiently: directly, or by a mailbox; until its receipt has come."""

from __future__ import annotations

import hmac
import logging
from typing import Final

import trio

from goodword.crypto.keys import PublicKey
from goodword.crypto.person import Person
from goodword.crypto.sealing import seal
from goodword.protocol import entry, letter, presence
from goodword.protocol.contract import OrderId
from goodword.protocol.letter import Envelope, Fate, Letter, Receipt
from goodword.protocol.record import Record
from goodword.storage import mailboxes, outbox, receipts
from goodword.storage.database import Database
from goodword.storage.outbox import WAIT_SECONDS_MAX, Debt, State
from goodword.storage.receipts import Due

from .clock import Clock
from .delivery import Delivery, Next, retry_at
from .depositor import Depositor
from .intake import Intake
from .roads import Roads, peer_bytes
from .transport import RequestFailed, Transport, TransportError

AT_ONCE_MAX: Final = 16
"""Recipients served at the same time."""

log = logging.getLogger(__name__)


class Postman:
    def __init__(
        self,
        transport: Transport,
        roads: Roads,
        intake: Intake,
        delivery: Delivery,
        database: Database,
        person: Person,
        clock: Clock,
    ) -> None:
        self._roads = roads
        self._depositor = Depositor(transport, roads)
        self._delivery = delivery
        self._database = database
        self._person = person
        self._clock = clock
        self._busy: set[PublicKey] = set()
        self._room = trio.CapacityLimiter(AT_ONCE_MAX)
        self._is_something = trio.Event()
        transport.on_peer(self._met, lambda _: None)
        intake.on_new(self._noticed)
        delivery.on_due(self._wake)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Deliver until cancelled. What is owed is read from disk: a restart loses nothing."""
        async with trio.open_nursery() as nursery:
            task_status.started()
            while True:
                self._is_something = trio.Event()
                for recipient in self._due():
                    if recipient not in self._busy:
                        self._busy.add(recipient)
                        nursery.start_soon(self._serve, recipient)
                with trio.move_on_after(self._seconds_to_wait()):
                    await self._is_something.wait()

    def _due(self) -> list[PublicKey]:
        """For whom there is something, a letter or a receipt."""
        now = self._clock()
        with self._database.reading() as db:
            due = [*outbox.recipients_due(db, now), *receipts.senders_due(db, now)]
        return list(dict.fromkeys(due))

    async def _serve(self, recipient: PublicKey) -> None:
        """Everything for one recipient: at her own door, and if that fails at her mailbox."""
        try:
            async with self._room:
                try:
                    await self._visit(recipient)
                except TransportError as error:
                    log.info("letters wait for their recipient: %s", error)
                    await self._leave_all(recipient)
                    self._postpone(recipient)
        finally:
            self._busy.discard(recipient)
            self._is_something.set()

    # --- at her door -----------------------------------------------------------------------------

    async def _visit(self, recipient: PublicKey) -> None:
        """Hand over each order's letter, then receipts. Raises TransportError."""
        peer = await self._roads.to(recipient)
        begun_anew: set[OrderId] = set()
        put_off: set[OrderId] = set()
        while (order := self._next_order(recipient, put_off)) is not None:
            debts = self._next_letter(recipient, order)
            receipt = await self._hand_over(peer, recipient, order, debts)
            after = self._delivery.settle(
                recipient, order, debts, receipt, may_begin_anew=order not in begun_anew
            )
            match after:
                case Next.GO_ON:
                    pass
                case Next.BEGIN_ANEW:  # once a visit: she may lack it for ever
                    begun_anew.add(order)
                case Next.PUT_OFF:  # an order that she cannot take keeps no other waiting
                    put_off.add(order)
        await self._tell_all(peer, recipient)

    async def _hand_over(
        self, peer: str, recipient: PublicKey, order: OrderId, debts: list[Debt]
    ) -> Receipt:
        """Raises RequestFailed where no credible receipt comes back."""
        token = self._person.letter_token(recipient, order)
        envelope = self._sealed(recipient, self._letter(order, debts))
        receipt = await self._depositor.hand_over(peer, envelope)
        # SPEC 5.2: "A receipt without the letter's token is worth nothing"
        if not hmac.compare_digest(receipt.token, token):
            raise RequestFailed(
                f"a receipt of one who did not open the letter ({receipt.fate} {receipt.code})"
            )
        if receipt.fate is not Fate.REFUSED and not {each.id for each in debts} <= {*receipt.ids}:
            raise RequestFailed("a receipt that leaves something open")
        return receipt

    async def _tell_all(self, peer: str, recipient: PublicKey) -> None:
        """What became of the letters that she sent. Raises TransportError."""
        for due in self._receipts(recipient):
            answer = await self._depositor.hand_over(peer, self._receipt(due))
            if not hmac.compare_digest(answer.token, due.token):
                raise RequestFailed("a receipt was not taken note of")
            self._told(due, is_held=False)

    # --- at her mailbox --------------------------------------------------------------------------

    async def _leave_all(self, recipient: PublicKey) -> None:
        """What is not there yet, or for too long. It stays owed until its receipt comes."""
        with self._database.reading() as db:
            hosts = mailboxes.hosts(db, recipient)
            orders = outbox.orders_owed(db, recipient)
        hosts = [each for each in hosts if each != self._person.public_key]
        for order in orders:
            with self._database.reading() as db:
                debts = outbox.owed(db, recipient, order)
            if hosts and any(self._is_to_be_left(each) for each in debts):
                await self._leave(recipient, order, debts, hosts)
        for due in self._receipts(recipient):
            if await self._depositor.leave(self._receipt(due), hosts):
                self._told(due, is_held=True)

    def _is_to_be_left(self, debt: Debt) -> bool:
        return debt.state is State.QUEUED or debt.again_at <= self._clock()

    async def _leave(
        self, recipient: PublicKey, order: OrderId, debts: list[Debt], hosts: list[PublicKey]
    ) -> None:
        # Whoever kept it last has perhaps lost it: then it is the next one's turn.
        turn = max(each.deposits for each in debts) % len(hosts)
        in_turn = [*hosts[turn:], *hosts[:turn]]
        while debts:
            some = _fitting(debts)
            debts = debts[len(some) :]
            envelope = self._sealed(recipient, self._letter(order, some))
            if not await self._depositor.leave(envelope, in_turn):
                break
            with self._database.transaction() as db:
                outbox.hold(db, some, self._clock())
        hosts[:] = [each for each in hosts if each in in_turn]

    # --- what is sent ----------------------------------------------------------------------------

    def _next_order(self, recipient: PublicKey, put_off: set[OrderId]) -> OrderId | None:
        with self._database.reading() as db:
            orders = outbox.orders_owed(db, recipient)
        return next((each for each in orders if each not in put_off), None)

    def _next_letter(self, recipient: PublicKey, order: OrderId) -> list[Debt]:
        """What is due of one order, as much as one letter holds."""
        with self._database.reading() as db:
            return _fitting(outbox.owed(db, recipient, order))

    def _letter(self, order: OrderId, debts: list[Debt]) -> Letter:
        return Letter(
            sender=self._person.public_key,
            token=self._person.letter_token(debts[0].recipient, order),
            records=[each.record for each in debts],
        )

    def _receipts(self, sender: PublicKey) -> list[Due]:
        with self._database.reading() as db:
            return receipts.due(db, sender)

    def _receipt(self, due: Due) -> Envelope:
        ids = due.ids
        if due.fate is Fate.REFUSED:
            with self._database.reading() as db:
                ids = receipts.kept(db, due.sender, due.token)
        said = Receipt(fate=due.fate, token=due.token, code=due.code, ids=ids)
        return self._sealed(due.sender, said)

    def _sealed(self, to: PublicKey, content: Letter | Receipt) -> Envelope:
        return Envelope(to=to, sealed=seal(to, content.to_bytes()))

    def _told(self, due: Due, *, is_held: bool) -> None:
        with self._database.transaction() as db:
            receipts.told(db, due, is_held=is_held)

    # --- when ------------------------------------------------------------------------------------

    def _postpone(self, recipient: PublicKey) -> None:
        now = self._clock()
        with self._database.transaction() as db:
            attempts = [
                each.attempts
                for order in outbox.orders_owed(db, recipient)
                for each in outbox.owed(db, recipient, order)[:1]
            ]
            if attempts:
                outbox.postpone(db, recipient, retry_at(min(attempts), now))
            if due := receipts.due(db, recipient):
                least = min(each.attempts for each in due)
                receipts.postpone(db, recipient, retry_at(least, now))

    def _wake(self) -> None:
        self._is_something.set()

    def _met(self, peer: str) -> None:
        now, device = self._clock(), peer_bytes(peer)
        with self._database.transaction() as db:
            is_owed = outbox.hasten_at(db, device, now)
            if receipts.hasten_at(db, device, now) or is_owed:
                self._is_something.set()

    def _noticed(self, record: Record) -> None:
        if record.kind == presence.KIND:
            self._hasten(record.author)
        elif record.kind == entry.KIND:
            self._is_something.set()

    def _hasten(self, person: PublicKey) -> None:
        with self._database.transaction() as db:
            is_owed = outbox.hasten(db, person, self._clock())
            if receipts.hasten(db, person, self._clock()) or is_owed:
                self._is_something.set()

    def _seconds_to_wait(self) -> float:
        """Until the next attempt is due; those for whom we are busy wake us themselves."""
        with self._database.reading() as db:
            moments = [at for at in (outbox.next_at(db), receipts.next_at(db)) if at is not None]
        if not moments:
            return float("inf")
        wait = min(min(moments) - self._clock(), WAIT_SECONDS_MAX)
        return max(wait, 1.0) if self._busy else max(wait, 0.05)


def _fitting(debts: list[Debt]) -> list[Debt]:
    """As many as one letter holds, from the first on."""
    return debts[: len(letter.fitting(each.record for each in debts))]
