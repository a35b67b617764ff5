"""The orders' side of the door: which entries come in, and to whom we owe them then.

Called by `intake`, in its transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import contract, entry, forks, listing, order
from goodword.protocol.contract import OrderId
from goodword.protocol.entry import Entry, Event, Role
from goodword.protocol.errors import (
    HoldsTooMuch,
    LetterQuota,
    ListingGone,
    NotAParty,
    OutOfStock,
    Refusal,
    UnknownOrder,
)
from goodword.protocol.order import Order
from goodword.protocol.record import Record
from goodword.protocol.table import State
from goodword.storage import acquaintances, listings, orders, outbox, people, records
from goodword.storage.database import Transaction

from .nearness import Distance, Nearness
from .quotas import NEAR_PROPOSALS_MAX, QUOTAS, STRANGER_PROPOSALS_MAX

HOLDS_MAX: Final = 8
"""Orders of one buyer that hold pieces of one listing unpaid. Else he could reserve all of a
stock, and never pay: one who means it pays the first."""


class Registrar:
    def __init__(self, me: PublicKey, nearness: Nearness) -> None:
        self._me = me
        self._nearness = nearness

    def enter(
        self, db: Transaction, record: Record, data: bytes, now: int, *, is_brought: bool
    ) -> bool:
        """Keep the entry, if it fits its order; False if it is here already."""
        said = entry.read(record)
        known = orders.entries_of(db, said.order)
        if said.id in known:
            return False
        if not known:
            self._check_opening(db, said, is_brought=is_brought)
        order.check(said, known)
        after = order.fold([*known.values(), said])
        if said.identity == self._me and said.role is Role.SELLER and not is_brought:
            _check_promise(db, said, after)
        seq = records.put(db, record, data, now)
        orders.index(db, after, self._me)
        if said.identity == self._me:
            self._owe(db, seq, said, after, now)
        elif unheard := known.keys() - forks.past(said, known):
            self._owe_unseen(db, said, [known[key] for key in unheard], after, now)
            self._tell_again(db, said, [known[key] for key in unheard], after, now)
        # Who follows an entry of mine has it: no receipt says so better.
        outbox.keep(db, said.identity, said.order, forks.past(said, known))
        return True

    def check_letter(
        self, db: Transaction, entered: Sequence[Record], last: Refusal | None
    ) -> None:
        """Judge an order after all that a letter brought of it. Raises a Refusal: then nothing of
        the letter is kept. What was wrong with the `last` entry may be why: it, or one after it,
        would perhaps have named me.

        The proposals of one whom I do not know, which cost him little, must not fill the shop; one
        of somebody whom I blocked never comes in, and hears what a stranger hears. What is under
        way goes on.
        """
        found = orders.load(db, OrderId(entered[-1].slot))
        role = found.role_of(self._me) if found else None
        if found is None or role is None:
            raise last or NotAParty
        if role is Role.BUYER or (role is Role.SELLER and found.state is not State.PROPOSED):
            return
        is_new = any(entry.read(each).event is Event.PROPOSE for each in entered)
        if is_new and any(people.contact(db, each).is_blocked for each in found.parties.values()):
            raise LetterQuota
        near = {person: self._nearness.of(db, person) for person in found.parties.values()}
        if Distance.KNOWN in near.values():
            return
        buyer = found.contract.buyer
        asked = acquaintances.proposals(db)
        is_stranger = near[buyer] is Distance.STRANGER
        together = STRANGER_PROPOSALS_MAX if is_stranger else NEAR_PROPOSALS_MAX
        of_alike = sum(
            number
            for who, number in asked.items()
            if (at := self._nearness.of(db, who)) is not Distance.KNOWN
            and (at is Distance.STRANGER) is is_stranger
        )
        if asked.get(buyer, 0) > QUOTAS[near[buyer]].proposals or of_alike > together:
            raise LetterQuota

    def _check_opening(self, db: Transaction, said: Entry, *, is_brought: bool) -> None:
        """Raises a Refusal unless the entry opens an order of mine, on a listing we know."""
        if said.event is not Event.PROPOSE:
            raise UnknownOrder
        offered = said.contract
        if self._me not in (offered.buyer, offered.seller):
            if is_brought or offered.terms.moderator == self._me:
                return  # perhaps its moderator, whom a later entry names: `check_letter` judges
            raise NotAParty
        record = records.get(db, offered.listing)
        if said.identity == self._me and (is_brought or record is None):
            return  # my own order comes back to a home that lost it, and perhaps the listing too
        if record is None or record.kind != listing.KIND or record.is_withdrawal:
            raise ListingGone
        contract.check_listing(offered, listing.read(record), record.slot, record.author)
        if listings.get(db, offered.slot) is None:
            raise ListingGone

    def _owe(self, db: Transaction, seq: int, said: Entry, after: Order, now: int) -> None:
        """Each of the others must have what I said; a moderator all of it, once it is agreed."""
        for role, person in after.parties.items():
            if person == self._me or (role is Role.MODERATOR and not after.is_agreed):
                continue
            if role is Role.MODERATOR and said.event is Event.ACCEPT:
                outbox.owe_all(db, person, said.order, now)
            else:
                outbox.owe(db, seq, person, said.order, now)

    def _owe_unseen(
        self, db: Transaction, accept: Entry, unheard: Sequence[Entry], after: Order, now: int
    ) -> None:
        """What I said while the other side accepted: I did not know then that it was agreed, and
        who is to moderate."""
        judge = after.terms.moderator
        if accept.event is not Event.ACCEPT or judge is None or judge == self._me:
            return
        for each in unheard:
            if each.identity == self._me and after.is_agreed:
                outbox.owe(db, records.seq(db, each.id), judge, accept.order, now)

    def _tell_again(
        self, db: Transaction, said: Entry, unheard: Sequence[Entry], after: Order, now: int
    ) -> None:
        """He spoke as if he had not heard what he said himself, or has receipted: a restored home
        that lost it, or a liar. He is sent it again; of a liar the others get the proof."""
        seqs = {each.id: records.seq(db, each.id) for each in unheard}
        own = [each for each in unheard if each.role is said.role]
        if not own and not outbox.has_any(db, said.identity, seqs.values()):
            return  # letters have crossed
        for seq in seqs.values():
            outbox.owe(db, seq, said.identity, said.order, now)
        for role, person in after.parties.items() if own else ():
            is_to_know = role is not Role.MODERATOR or after.is_agreed
            if is_to_know and person not in (self._me, said.identity):
                outbox.owe_all(db, person, said.order, now)


def _check_promise(db: Transaction, said: Entry, after: Order) -> None:
    """Raises OutOfStock or HoldsTooMuch where my word would promise more than I should."""
    if said.event not in (Event.ACCEPT, Event.COUNTER):
        return
    slot, buyer = after.contract.slot, after.contract.buyer
    # SPEC 4.4: "Fewer than eight other orders of this buyer on the slot are countered, accepted or
    # pay_claimed"
    if (held := orders.held_by(db, slot, buyer)) >= HOLDS_MAX:
        raise HoldsTooMuch(held=held)
    found = listings.get(db, slot)
    if found is None:
        return  # withdrawn meanwhile: what was asked for before may still be granted
    left = found.listing.quantity - orders.reserved(db, slot, found.record.id)
    if after.terms.quantity > left:
        raise OutOfStock(left=max(left, 0), wanted=after.terms.quantity)
