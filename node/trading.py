"""Orders: place one, take the steps that the table allows, see where each stands."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from goodword.crypto.person import Person
from goodword.crypto.sealing import NotForUs, seal
from goodword.protocol import contract as contracts
from goodword.protocol import entry as entries
from goodword.protocol.codec import Value
from goodword.protocol.contract import Contract, OrderId
from goodword.protocol.entry import Event, Role
from goodword.protocol.order import WAITS_FOR, Order, default_outcome, open_steps
from goodword.protocol.record import RecordId
from goodword.storage import orders, outbox, records
from goodword.storage.database import Database, Transaction
from goodword.storage.orders import Trade

from . import market, reading, show
from .clock import Clock
from .intake import Intake
from .reading import Misunderstood, NotFound, composed
from .show import Json


class Trading:
    def __init__(self, person: Person, intake: Intake, database: Database, clock: Clock) -> None:
        self._person = person
        self._me = person.public_key
        self._intake = intake
        self._database = database
        self._clock = clock

    def place(self, *, listing: str, quantity: int = 1, note: str = "", ship_to: str = "") -> Json:
        """Ask to buy `quantity` pieces. Only the seller can read where to ship."""
        with self._database.reading() as db:
            found = market.find(db, listing)
        seller = found.record.author
        if seller == self._me:
            raise Misunderstood("this is your own listing", "you cannot buy from yourself")
        try:
            total = found.listing.price.times(quantity)
        except ValueError as error:
            raise Misunderstood(f"{quantity} pieces: {error}") from error
        contract = Contract(
            buyer=self._me,
            seller=seller,
            listing=found.record.id,
            slot=found.record.slot,
            title=found.listing.title,
            quantity=quantity,
            price=found.listing.price,
            total=total,
            handling=found.listing.handling,
            nonce=secrets.token_bytes(contracts.NONCE_BYTES),
            note=composed(note),
            ship_to=seal(seller, address.encode()) if (address := composed(ship_to)) else b"",
        )
        contracts.check_listing(contract, found.listing, found.record.slot, seller)
        self._write(contract, Event.PROPOSE, frozenset(), {"contract": contract.to_body()})
        return self.show(order=contract.id.hex())

    def list(self) -> Json:
        """My orders: what waits for me first, by deadline."""
        now = self._clock()
        with self._database.reading() as db:
            shown = [self._summary(db, trade, now) for trade in orders.every(db)]
        # The sort is stable, so that within both halves the order by deadline stays.
        shown.sort(key=lambda each: not each["is_my_turn"])
        return {"orders": shown}

    def show(self, *, order: str) -> Json:
        """One order: its history, whose turn it is, and what happens if nobody does anything."""
        with self._database.reading() as db:
            order_id = self._find(db, order)
            return self._shown(db, self._load(db, order_id))

    def accept(self, *, order: str, note: str = "") -> Json:
        """Seller: agree to the order."""
        return self._step(order, Event.ACCEPT, _noted(note))

    def reject(self, *, order: str, note: str = "") -> Json:
        """Seller: decline the order, before anything was paid."""
        return self._step(order, Event.REJECT, _noted(note))

    def withdraw(self, *, order: str, note: str = "") -> Json:
        """Buyer: take the order back, before anything was paid."""
        return self._step(order, Event.WITHDRAW, _noted(note))

    def paid(
        self,
        *,
        order: str,
        method: str = "",
        amount: str = "",
        payer: str = "",
        reference: str = "",
        note: str = "",
    ) -> Json:
        """Buyer: say that I paid: how, how much, in whose name, with which reference."""
        details = _payment(method, amount, payer, reference, note)
        return self._step(order, Event.PAY_SENT, details)

    def received(
        self,
        *,
        order: str,
        method: str = "",
        amount: str = "",
        payer: str = "",
        reference: str = "",
        note: str = "",
    ) -> Json:
        """Seller: say that the money is here."""
        details = _payment(method, amount, payer, reference, note)
        return self._step(order, Event.PAY_RECEIVED, details)

    def on_delivery(self, *, order: str, note: str = "") -> Json:
        """Seller: agree to be paid on delivery."""
        return self._step(order, Event.ON_DELIVERY, _noted(note))

    def ship(self, *, order: str, tracking: str = "", note: str = "") -> Json:
        """Seller: say that it is on its way, or handed over."""
        details = _noted(note)
        if number := composed(tracking):
            details["tracking"] = number
        return self._step(order, Event.FULFIL, details)

    def confirm(self, *, order: str, note: str = "") -> Json:
        """Buyer: say that it came and is as agreed. Ends the order."""
        return self._step(order, Event.CONFIRM, _noted(note))

    def refund(self, *, order: str, keep: str = "", note: str = "") -> Json:
        """Seller: give the money back, all but what I `keep` ("2.50 EUR"). Ends the order."""
        with self._database.reading() as db:
            total = self._load(db, self._find(db, order)).contract.total
        kept = reading.price(keep) if keep else None
        if kept and kept.code != total.code:
            raise Misunderstood(f"the order is in {total.code}, not {kept.code}")
        details = _noted(note)
        details["to_seller"] = kept.minor if kept else 0
        return self._step(order, Event.REFUND, details)

    def say(self, order_id: OrderId, event: Event, details: Mapping[str, Value]) -> None:
        """Take one step of mine. Raises the Refusal that the table answers with."""
        with self._database.reading() as db:
            order = self._load(db, order_id)
        self._write(order.contract, event, order.heads, details, order)

    def _step(self, order: str, event: Event, details: Mapping[str, Value]) -> Json:
        with self._database.reading() as db:
            order_id = self._find(db, order)
        self.say(order_id, event, details)
        return self.show(order=order_id.hex())

    def _write(
        self,
        contract: Contract,
        event: Event,
        seen: frozenset[RecordId],
        details: Mapping[str, Value],
        order: Order | None = None,
    ) -> None:
        role = Role.BUYER if contract.buyer == self._me else Role.SELLER
        key = self._person.order_identity(contract.nonce)
        binding = entries.bind(self._person.identity, contract.id, role, key.public_key)
        # An entry may not claim to be older than what it follows, whosever clock runs ahead.
        said_before = [line.entry.made_at for line in order.history] if order else []
        record = entries.write(
            key,
            self._me,
            binding,
            order=contract.id,
            role=role,
            event=event,
            seen=seen,
            details=details,
            now=max([self._clock(), *said_before]),
        )
        self._intake.admit(record.to_bytes())

    def _find(self, db: Transaction, order: str) -> OrderId:
        def starting_with(first: bytes, last: bytes) -> list[OrderId]:
            return orders.starting_with(db, first, last)

        return reading.by_prefix(order, "order", starting_with)

    def _load(self, db: Transaction, order_id: OrderId) -> Order:
        order = orders.load(db, order_id)
        if order is None:
            raise NotFound(f"no order {order_id.hex()[:8]} is here", "`goodword order list`")
        return order

    def _summary(self, db: Transaction, trade: Trade, now: int) -> Json:
        order = self._load(db, trade.id)
        steps = _decisions(order, trade.role, now)
        return {
            "order": trade.id.hex(),
            "role": trade.role.value,
            "other": show.person(db, trade.other),
            "state": trade.state.value,
            "title": trade.title,
            "quantity": trade.quantity,
            "total": show.money(trade.total),
            "since": trade.since,
            "deadline": trade.deadline,
            "is_my_turn": _is_turn_of(order, trade.role),
            "open_steps": steps,
            "undelivered": len(outbox.undelivered(db, trade.id)),
        }

    def _shown(self, db: Transaction, order: Order) -> Json:
        now = self._clock()
        contract = order.contract
        role = order.role_of(self._me)
        assert role is not None, "only my own orders are kept"
        undelivered = outbox.undelivered(db, order.id)
        default = default_outcome(order)
        return {
            "order": order.id.hex(),
            "role": role.value,
            "buyer": show.person(db, contract.buyer),
            "seller": show.person(db, contract.seller),
            "state": order.state.value,
            "since": order.since,
            "deadline": order.deadline,
            "default": default.to.value if default else None,
            "listing": contract.slot.hex(),
            "listing_record": contract.listing.hex(),
            "title": contract.title,
            "quantity": contract.quantity,
            "price": show.money(contract.price),
            "total": show.money(contract.total),
            "to_seller": show.money(order.to_seller) if order.to_seller else None,
            "handling_seconds": contract.handling,
            "note": contract.note,
            "ship_to": self._ship_to(contract),
            "is_my_turn": _is_turn_of(order, role),
            "open_steps": _decisions(order, role, now),
            "history": [
                {
                    "record": line.entry.id.hex(),
                    "event": line.entry.event.value,
                    "role": line.entry.role.value,
                    "made_at": line.entry.made_at,
                    "state": line.state.value,
                    "details": _details(line.entry),
                    "delivery": self._delivery(db, line.entry, undelivered),
                }
                for line in order.history
            ],
            "void": [
                {
                    "record": void.entry.id.hex(),
                    "event": void.entry.event.value,
                    "role": void.entry.role.value,
                    "made_at": void.entry.made_at,
                    "why": void.why,
                }
                for void in order.void
            ],
            "signed_both_ways": sorted(role.value for role in order.forkers),
            "heads": sorted(head.hex() for head in order.heads),
        }

    def _delivery(
        self, db: Transaction, said: entries.Entry, undelivered: Mapping[int, str | None]
    ) -> str:
        """`here` (theirs, or mine and only for me to keep), `queued`, `at the peer`, or why not."""
        if said.identity != self._me:
            return "here"
        seq = records.seq_of(db, said.id)
        if seq is None or seq not in undelivered:
            return "at the peer"
        code = undelivered[seq]
        return f"refused: {code}" if code else "queued"

    def _ship_to(self, contract: Contract) -> str:
        """Readable by the seller alone: even the buyer has only the seal."""
        if not contract.ship_to or contract.seller != self._me:
            return ""
        try:
            return self._person.open_sealed(contract.ship_to).decode(errors="replace")
        except NotForUs:
            return ""


def _decisions(order: Order, role: Role, now: int) -> list[str]:
    """The steps that are a person's to take; TIMEOUT is the clerk's."""
    return [step.value for step in open_steps(order, role, now) if step is not Event.TIMEOUT]


def _is_turn_of(order: Order, role: Role) -> bool:
    return WAITS_FOR.get(order.state) is role


def _details(said: entries.Entry) -> object:
    """What the entry carries; the contract is shown with the order."""
    return show.plain({k: v for k, v in said.details.items() if k != "contract"})


def _noted(note: str) -> dict[str, Value]:
    return {"note": text} if (text := composed(note)) else {}


def _payment(method: str, amount: str, payer: str, reference: str, note: str) -> dict[str, Value]:
    given = {"method": method, "payer": payer, "reference": reference, "note": note}
    details: dict[str, Value] = {
        name: said for name, text in given.items() if (said := composed(text))
    }
    if amount:
        money = reading.price(amount)
        details["amount"] = [money.minor, money.code]
    return details
