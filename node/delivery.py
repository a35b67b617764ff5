"""How far each entry of mine has come, and who is told that I have looked at theirs.

Rule 1: none of it is ever part of what an order's state is made of.
Rule 2: only a receipt with the letter's token changes anything.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Final, TypeAlias

from goodword.crypto.keys import PublicKey
from goodword.crypto.person import Person
from goodword.protocol.contract import OrderId
from goodword.protocol.entry import Entry
from goodword.protocol.errors import (
    FromTheFuture,
    LetterQuota,
    MissingEntries,
    NotAParty,
    UnknownOrder,
)
from goodword.protocol.letter import Fate, Receipt
from goodword.storage import outbox, receipts, records
from goodword.storage.database import Database, Transaction
from goodword.storage.outbox import WAIT_SECONDS_MAX, Debt, State

from . import show
from .clock import Clock
from .events import Events
from .show import Json

SHOWN: Final = {
    State.QUEUED: "queued",
    State.HELD: "at a mailbox",
    State.KEPT: "at the peer",
    State.READ: "read",
    State.REFUSED: "refused",
}

LACKS_PAST: Final = frozenset({UnknownOrder.code, MissingEntries.code})
"""She refuses for want of earlier entries: send her the whole order again."""

LATER: Final = frozenset({FromTheFuture.code, LetterQuota.code, *LACKS_PAST})
"""Refusals that the same letter may not meet next time."""

RETRY_SECONDS_FIRST: Final = 2
"""Until the second attempt; doubling, up to WAIT_SECONDS_MAX. A recipient who is back is found at
the latest after that; usually at once, since her node connects or tells where she is."""

DEPOSITS_ANEW_MAX: Final = 4
"""A whole order is left again at a mailbox so often at most because she lacks a part of it: else
two nodes that never agree would fill it. When they meet it goes on."""

ShowOrder: TypeAlias = Callable[..., Json]


class Next(Enum):
    """What is to be done after a receipt."""

    GO_ON = auto()
    PUT_OFF = auto()
    BEGIN_ANEW = auto()


def shown(db: Transaction, me: PublicKey, said: Entry) -> list[Json]:
    """To whom an entry of mine goes, and how far it has come; of theirs there is nothing to say."""
    seq = records.seq_of(db, said.id) if said.identity == me else None
    return [
        {
            "person": show.person(db, each.recipient),
            "state": SHOWN[each.state],
            "code": each.code or None,
        }
        for each in (outbox.deliveries(db, seq) if seq is not None else ())
    ]


def retry_at(attempts: int, now: int) -> int:
    """Unix seconds of the next attempt after so many."""
    return now + min(RETRY_SECONDS_FIRST << min(attempts, 16), WAIT_SECONDS_MAX)


class Delivery:
    def __init__(self, person: Person, database: Database, clock: Clock, events: Events) -> None:
        self._person = person
        self._database = database
        self._clock = clock
        self._events = events
        self._wakes: list[Callable[[], None]] = []

    def on_due(self, wake: Callable[[], None]) -> None:
        """Call `wake` when there is something to send."""
        self._wakes.append(wake)

    def looked_at(self, order: OrderId) -> None:
        """The owner has seen the order: tell those whose entries these are."""
        with self._database.transaction(is_promise=False) as db:
            is_news = receipts.look(db, order, self._clock())
        if is_news:
            self.wake()

    def take(self, receipt: Receipt) -> bool:
        """A receipt that came by itself. False where its token is none of mine: it is nothing."""
        with self._database.reading() as db:
            meant = self._meant(db, receipt)
            debts = outbox.owed(db, *meant) if meant else []
        if meant is None:
            return False
        may_begin_anew = all(each.deposits < DEPOSITS_ANEW_MAX for each in debts)
        if self.settle(*meant, debts, receipt, may_begin_anew=may_begin_anew) is Next.BEGIN_ANEW:
            self.wake()
        return True

    def settle(
        self,
        recipient: PublicKey,
        order: OrderId,
        debts: Sequence[Debt],
        receipt: Receipt,
        *,
        may_begin_anew: bool,
    ) -> Next:
        """Write down what a receipt with the right token says of `debts`, the oldest first."""
        with self._database.transaction() as db:
            is_read = receipt.fate is Fate.READ
            outbox.keep(db, recipient, order, receipt.ids, is_read=is_read)
            after = self._settle_refused(
                db, recipient, order, debts, receipt, may_begin_anew=may_begin_anew
            )
        fate = receipt.fate.value
        self._events.tell("letter", order=order.hex(), fate=fate, code=receipt.code)
        return after

    def _settle_refused(
        self,
        db: Transaction,
        recipient: PublicKey,
        order: OrderId,
        debts: Sequence[Debt],
        receipt: Receipt,
        *,
        may_begin_anew: bool,
    ) -> Next:
        # SPEC 5.2: "the first entry of the letter that is not in `ids` is the refused one"
        refused = next((each for each in debts if each.id not in receipt.ids), None)
        if receipt.fate is not Fate.REFUSED or refused is None:
            return Next.GO_ON
        if receipt.code == NotAParty.code:  # or it would be sent anew for ever, once a visit
            outbox.refuse_order(db, recipient, order, receipt.code)
            return Next.GO_ON
        if receipt.code not in LATER:
            outbox.refuse(db, refused, receipt.code)
            return Next.GO_ON
        now = self._clock()
        if receipt.code in LACKS_PAST and may_begin_anew:
            outbox.owe_all(db, recipient, order, now)
            return Next.BEGIN_ANEW
        outbox.postpone_order(db, recipient, order, retry_at(refused.attempts, now))
        return Next.PUT_OFF

    def _meant(self, db: Transaction, receipt: Receipt) -> tuple[PublicKey, OrderId] | None:
        """Whose receipt it is, and for which order: the token tells, and nothing else does."""
        if receipt.ids and (found := records.get(db, receipt.ids[0])):
            order = OrderId(found.slot)
            pairs = [(each, order) for each in outbox.recipients(db, order)]
        else:  # nothing of the letter was kept
            pairs = outbox.waiting(db)
        for recipient, order in pairs:
            if hmac.compare_digest(receipt.token, self._person.letter_token(recipient, order)):
                return recipient, order
        return None

    def wake(self) -> None:
        """There is something to send."""
        for wake in self._wakes:
            wake()
