"""Orders: place one, take the steps that the table allows, see where each stands."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import TypeAlias

from goodword.crypto.keys import PublicKey
from goodword.crypto.person import Person
from goodword.crypto.sealing import seal
from goodword.protocol import contract as contracts
from goodword.protocol import entry as entries
from goodword.protocol import licence
from goodword.protocol import moderator as moderators_
from goodword.protocol.codec import Value
from goodword.protocol.contract import Contract, OrderId
from goodword.protocol.entry import Event, Role
from goodword.protocol.order import Order
from goodword.protocol.record import RecordId
from goodword.protocol.scope import Part
from goodword.protocol.terms import Terms
from goodword.storage import moderators, orders
from goodword.storage.database import Database, Transaction

from . import bargain, dossier, market, reading
from .bargain import DEADLINES, NOBODY
from .clock import Clock
from .intake import Intake
from .reading import Misunderstood, NotFound, composed
from .show import Json

Dice: TypeAlias = Callable[[int], bytes]
"""So many bytes that nobody can guess."""


class Trading:
    def __init__(
        self,
        person: Person,
        intake: Intake,
        database: Database,
        clock: Clock,
        dice: Dice = secrets.token_bytes,
    ) -> None:
        self._person = person
        self._me = person.public_key
        self._intake = intake
        self._database = database
        self._clock = clock
        self._dice = dice

    def place(
        self,
        *,
        listing: str,
        quantity: int = 1,
        price: str = "",
        options: list[str] | None = None,
        answers: list[str] | None = None,
        moderator: str = "",
        note: str = "",
        ship_to: str = "",
        payment: str = "",
        clearing: str = "",
        handling: str = "",
        inspection: str = "",
        dispute: str = "",
    ) -> Json:
        """Ask to buy `quantity` pieces. Only the seller can read where to ship."""
        with self._database.reading() as db:
            found = market.find(db, listing)
        seller = found.record.author
        if seller == self._me:
            raise Misunderstood("this is your own listing", "you cannot buy from yourself")
        terms = bargain.first(
            found.listing,
            quantity=quantity,
            price=price,
            options=options or [],
            answers=answers or [],
            note=note,
            deadlines=_deadlines(payment, clearing, handling, inspection, dispute),
        )
        contract = Contract(
            buyer=self._me,
            seller=seller,
            listing=found.record.id,
            slot=found.record.slot,
            title=found.listing.title,
            terms=self._judged(terms, moderator),
            nonce=self._dice(contracts.NONCE_BYTES),
            ship_to=seal(seller, address.encode()) if (address := composed(ship_to)) else b"",
        )
        contracts.check_listing(contract, found.listing, found.record.slot, seller)
        details: dict[str, Value] = {
            "contract": contract.to_body(),
            "licence": licence.give(self._person.identity, contract.id, seller, 0),
        }
        self._write(contract, Role.BUYER, Event.PROPOSE, frozenset(), details)
        return self.show(order=contract.id.hex())

    def list(self) -> Json:
        """My orders: what waits for me first, by deadline."""
        with self._database.reading() as db:
            return {"orders": dossier.every(db, self._clock())}

    def show(self, *, order: str) -> Json:
        """One order: its history, whose turn it is, and what happens if nobody does anything."""
        with self._database.reading() as db:
            order_id = reading.order(db, order)
            return dossier.whole(db, self._load(db, order_id), self._person, self._clock())

    def others(self, *, order: str) -> dict[Part, PublicKey]:
        """Who else is in it, and as what."""
        with self._database.reading() as db:
            parties = self._load(db, reading.order(db, order)).parties
            me = self._person.public_key
            return {Part(role): each for role, each in parties.items() if each != me}

    # --- until both agree ----------------------------------------------------------------------

    def counter(
        self,
        *,
        order: str,
        quantity: int | None = None,
        price: str = "",
        shipping: str = "",
        moderator: str = "",
        note: str | None = None,
        payment: str = "",
        clearing: str = "",
        handling: str = "",
        inspection: str = "",
        dispute: str = "",
    ) -> Json:
        """Ask for other terms: what is not named stays as it was proposed last."""
        with self._database.reading() as db:
            order_id = reading.order(db, order)
            before = self._load(db, order_id).terms
        terms = bargain.countered(
            before,
            quantity=quantity,
            price=price,
            shipping=shipping,
            note=note,
            deadlines=_deadlines(payment, clearing, handling, inspection, dispute),
        )
        # Another total is another fee for the same moderator.
        terms = self._judged(terms, moderator) if moderator else self._charged(terms)
        if terms == before:
            raise Misunderstood("nothing is changed by this", "`goodword order accept` agrees")
        self.say(order_id, Event.COUNTER, {"terms": terms.to_body()})
        return self.show(order=order_id.hex())

    def accept(self, *, order: str, note: str = "") -> Json:
        """Agree to the latest terms: to the buyer's as seller, to the seller's counter as buyer."""
        return self._step(order, Event.ACCEPT, _noted(note))

    def reject(self, *, order: str, note: str = "") -> Json:
        """Decline: the order as seller, before anything was paid; or a counter, as buyer."""
        return self._step(order, Event.REJECT, _noted(note))

    def withdraw(self, *, order: str, note: str = "") -> Json:
        """Take back the order as buyer, before anything was paid; or a counter, as seller."""
        return self._step(order, Event.WITHDRAW, _noted(note))

    # --- the deal ------------------------------------------------------------------------------

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

    def denied(self, *, order: str, note: str = "") -> Json:
        """Seller: say that the money that the buyer says to have paid is not here."""
        return self._step(order, Event.PAY_DENIED, _noted(note))

    def on_delivery(self, *, order: str, note: str = "") -> Json:
        """Seller: agree to be paid on delivery."""
        return self._step(order, Event.ON_DELIVERY, _noted(note))

    def ship(self, *, order: str, tracking: str = "", note: str = "") -> Json:
        """Seller: say that it is on its way, or handed over."""
        details = _noted(note)
        if number := composed(tracking):
            details["tracking"] = number
        return self._step(order, Event.FULFIL, details)

    def extend(self, *, order: str, note: str = "") -> Json:
        """Buyer: take more time to look at it, once."""
        return self._step(order, Event.EXTEND, _noted(note))

    def confirm(self, *, order: str, note: str = "") -> Json:
        """Buyer: say that it came and is as agreed. Ends the order."""
        return self._step(order, Event.CONFIRM, _noted(note))

    # --- when it does not go well --------------------------------------------------------------

    def refund(self, *, order: str, keep: str = "", note: str = "") -> Json:
        """Seller: give all the money back, which ends the order; or offer to `keep` "2.50 EUR"."""
        if not keep:
            return self._step(order, Event.REFUND, _noted(note))
        return self.offer(order=order, to_seller=keep, note=note)

    def offer(self, *, order: str, to_seller: str, note: str = "") -> Json:
        """Offer a split: so much ("2.50 EUR") to the seller, the rest back to the buyer."""
        details = {**self._split(order, to_seller), **_noted(note)}
        return self._step(order, Event.OFFER, details)

    def agree(self, *, order: str, note: str = "") -> Json:
        """Agree to the split that the other side offers. Ends the order."""
        with self._database.reading() as db:
            shown = self._load(db, reading.order(db, order))
        mine = shown.role_of(self._me)
        offered = [each.id for by, each in shown.offers.items() if by is not mine]
        if not offered:
            raise NotFound("the other side offers nothing now", "`goodword order offer` offers")
        return self._step(order, Event.AGREE, {"offer": offered[0], **_noted(note)})

    def dispute(self, *, order: str, reasons: str) -> Json:
        """Say that something is wrong, and what: the deadline for the other side stops."""
        return self._step(order, Event.DISPUTE, {"reasons": composed(reasons)})

    def consent(self, *, order: str, note: str = "") -> Json:
        """Moderator: say that I am ready to decide, on these terms."""
        return self._step(order, Event.CONSENT, _noted(note))

    def verdict(self, *, order: str, to_seller: str, reasons: str) -> Json:
        """Moderator: decide: so much ("2.50 EUR") to the seller, the rest back to the buyer."""
        details = {**self._split(order, to_seller), "reasons": composed(reasons)}
        return self._step(order, Event.VERDICT, details)

    def executed(
        self,
        *,
        order: str,
        method: str = "",
        amount: str = "",
        payer: str = "",
        reference: str = "",
        note: str = "",
    ) -> Json:
        """Say that what the moderator decided was done. Ends the order."""
        details = _payment(method, amount, payer, reference, note)
        return self._step(order, Event.EXECUTED, details)

    # --- the pen -------------------------------------------------------------------------------

    def say(self, order_id: OrderId, event: Event, details: Mapping[str, Value]) -> None:
        """Take one step of mine. Raises the Refusal that the table answers with."""
        with self._database.reading() as db:
            order = self._load(db, order_id)
            role = order.role_of(self._me)
            if role is None:
                raise NotFound(f"no order {order_id.hex()[:8]} is here", "`goodword order list`")
            if role is Role.SELLER and event in (Event.ACCEPT, Event.COUNTER):
                details = {**details, **self._licence(db, order)}
        self._write(order.contract, role, event, order.heads, details, order)

    def _licence(self, db: Transaction, order: Order) -> dict[str, Value]:
        """My word that the buyer may review me, and which of my agreements this is."""
        count = orders.next_count(db, order.id, self._me)
        given = licence.give(self._person.identity, order.id, order.contract.buyer, count)
        return {"count": count, "licence": given}

    def _step(self, order: str, event: Event, details: Mapping[str, Value]) -> Json:
        with self._database.reading() as db:
            order_id = reading.order(db, order)
        self.say(order_id, event, details)
        return self.show(order=order_id.hex())

    def _write(
        self,
        contract: Contract,
        role: Role,
        event: Event,
        seen: frozenset[RecordId],
        details: Mapping[str, Value],
        order: Order | None = None,
    ) -> None:
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

    def _judged(self, terms: Terms, moderator: str) -> Terms:
        """The terms with the moderator that was typed, at the fee that he asks."""
        if not moderator or composed(moderator) == NOBODY:
            return bargain.judged(terms, None, 0)
        with self._database.reading() as db:
            judge = reading.person(db, moderator)
        # Who offers nothing publicly may be asked all the same: what he does for friends is free.
        return self._charged(bargain.judged(terms, judge, 0))

    def _charged(self, terms: Terms) -> Terms:
        """The terms at the fee that their moderator asks now for their total, if he asks any."""
        if terms.moderator is None:
            return terms
        with self._database.reading() as db:
            offer = moderators.get(db, terms.moderator)
        if offer is None:
            return terms
        fee = moderators_.fee(terms.total, offer.moderator.fee)
        return bargain.judged(terms, terms.moderator, fee.minor)

    def _split(self, order: str, to_seller: str) -> dict[str, Value]:
        with self._database.reading() as db:
            total = self._load(db, reading.order(db, order)).terms.total
        part = reading.price(to_seller)
        if part.code != total.code:
            raise Misunderstood(f"the order is in {total.code}, not {part.code}")
        return {"to_seller": part.minor}

    def _load(self, db: Transaction, order_id: OrderId) -> Order:
        order = orders.load(db, order_id)
        if order is None:
            raise NotFound(f"no order {order_id.hex()[:8]} is here", "`goodword order list`")
        return order


def _deadlines(*texts: str) -> dict[str, str]:
    return dict(zip(DEADLINES, texts, strict=True))


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
