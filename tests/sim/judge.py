"""What must be true: after each entry, from time to time, and in the end.

Rule 1: only who is honest is held to anything, and only what is said to honest people counts.
Rule 2: a promise has a name; a broken one ends the run with that name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn, cast

from goodword.node.clerk import LOOK_SECONDS_MAX
from goodword.protocol.contract import OrderId
from goodword.protocol.entry import Entry, Event, Role
from goodword.protocol.order import Order, has_seen_the_end
from goodword.protocol.record import RecordId, Slot
from goodword.protocol.table import WAITS_FOR, State
from goodword.storage import meta, orders, soundness, views
from goodword.storage.database import Database
from tests.sim import book, post
from tests.sim.book import Standing
from tests.sim.house import House

NOTICE_SECONDS: Final = LOOK_SECONDS_MAX + 1
"""By then a node that runs has noticed a deadline."""


NO_RECORD: Final = RecordId(bytes(32))
"""No revision of a listing has sold anything of it."""


class Broken(AssertionError):
    """A promise was not kept."""

    def __init__(self, promise: str, order: OrderId | None, text: str) -> None:
        super().__init__(f"{promise}: {text}")
        self.promise = promise
        self.order = order


@dataclass(slots=True)
class View:
    """What one house has seen of one order so far."""

    states: list[str]
    sealed: tuple[str, int | None] | None = None


class Judge:
    def __init__(self, houses: Sequence[House], *, is_orderly: bool) -> None:
        """`is_orderly`: nobody lies, nothing is late, and nobody speaks before he has heard all."""
        self._houses = houses
        self._is_orderly = is_orderly
        self.views: defaultdict[tuple[House, OrderId], View] = defaultdict(lambda: View([]))
        self.said: defaultdict[OrderId, dict[RecordId, House]] = defaultdict(dict)
        """What honest people said, and the node said that it was done."""
        self.known: defaultdict[OrderId, dict[RecordId, Entry]] = defaultdict(dict)
        """All that anybody let in."""
        self._current: dict[tuple[House, OrderId], tuple[str, Standing]] = {}
        """(role, what the order is) at each house that has a role in it."""
        self._standings: dict[frozenset[RecordId], Standing] = {}
        self._lawful: set[RecordId] = set()

    # --- after each entry ----------------------------------------------------------------------

    def noticed(self, house: House, said: Entry, order: Order) -> None:
        """`house` has let in `said`; `order` is what it thinks of the order now."""
        self.known[said.order][said.id] = said
        if house.is_liar:
            self._remember(house, order)
            return
        if said.identity == house.me and not house.is_restored:
            self.said[said.order][said.id] = house
        here = _all(order)
        self._remember(house, order)
        self._check_lawful(said, here)
        self._check_fold(house, order, here)
        self._check_view(house, order)
        self._check_forkers(house, order)

    def under_way(self) -> list[tuple[House, OrderId]]:
        """Who could do something about which order."""
        return [
            (house, order_id)
            for (house, order_id), (_, now) in self._current.items()
            if house.is_up and not now.is_over
        ]

    def awaited(self) -> list[tuple[House, OrderId]]:
        """Of these, who has to bring it forward."""
        return [
            (house, order_id)
            for house, order_id in self.under_way()
            for role, now in [self._current[house, order_id]]
            if Role(role) in WAITS_FOR[State(now.state)]
        ]

    def reread(self, house: House) -> None:
        """What is on its disk is what it knows: it was started."""
        for key in [each for each in self._current if each[0] is house]:
            del self._current[key]
        for order_id in house.order_ids():
            order = house.order(order_id)
            assert order is not None, "it is in the list"
            self.known[order_id].update(_all(order))  # the power failed before it was noticed
            self._remember(house, order)

    def _remember(self, house: House, order: Order) -> None:
        role = order.role_of(house.me)
        if role is not None:
            self._current[house, order.id] = (role.value, self.standing(_all(order)))

    def _check_lawful(self, said: Entry, here: dict[RecordId, Entry]) -> None:
        if said.id not in self._lawful and (why := book.unlawful(said, here)):
            _break("lawful", said.order, f"{said.event} of the {said.role} was let in: {why}")
        self._lawful.add(said.id)

    def _check_fold(self, house: House, order: Order, here: dict[RecordId, Entry]) -> None:
        """The product and the book read the same in the same entries."""
        right = self.standing(here)
        of_book = {
            "state": right.state,
            "since": right.since,
            "to_seller": right.to_seller,
            "history": [each.id.hex()[:6] for each in right.lines],
            "forkers": right.forkers,
            "deadline": None if right.is_over else right.deadline,
            "total": right.terms.total,
        }
        of_product = {
            "state": order.state.value,
            "since": order.since,
            "to_seller": order.to_seller.minor if order.to_seller else None,
            "history": [line.entry.id.hex()[:6] for line in order.history],
            "forkers": {each.value for each in order.forkers},
            "deadline": order.deadline,
            "total": order.terms.total,
        }
        for what, is_right in of_book.items():
            if of_product[what] != is_right:
                text = f"at {house.name}'s {what} is {of_product[what]}, by the book {is_right}"
                _break("by the book", order.id, text)

    def _check_view(self, house: House, order: Order) -> None:
        view = self.views[house, order.id]
        state = order.state.value
        before = view.states[-1] if view.states else state
        if self._is_orderly and before in book.ENDS and state != before:
            _break("an end stays", order.id, f"{before} became {state}")
        view.states.append(state)
        outcome = (state, order.to_seller.minor if order.to_seller else None)
        if view.sealed is not None and outcome != view.sealed and not self._may_move(order):
            text = f"at {house.name}'s {view.sealed} was sealed and became {outcome}"
            _break("decided once", order.id, text)
        two = (Role.BUYER, Role.SELLER)
        if order.is_over and all(has_seen_the_end(order, role) for role in two):
            view.sealed = outcome

    def _may_move(self, order: Order) -> bool:
        """Only a trader who signed both ways, and is known to have, can move an end that both
        have seen: and no moderator, whatever he signs."""
        return any(
            not house.is_honest
            for house in self._houses
            for role in order.forkers - {Role.MODERATOR}
            if house.me == order.parties[role]
        )

    def _check_forkers(self, house: House, order: Order) -> None:
        """Nobody who is honest ever seems to have signed both ways."""
        for role in order.forkers:
            whose = {each.identity for each in self.known[order.id].values() if each.role is role}
            for each in self._houses:
                if each.me in whose and each.is_honest:
                    _break("no false charge", order.id, f"{house.name} thinks {each.name} lied")

    def forget(self, house: House) -> None:
        """It was restored: what it saw and said may have to be seen and said again."""
        for key in [each for each in self.views if each[0] is house]:
            del self.views[key]
        for said in self.said.values():
            for record_id in [each for each, by in said.items() if by is house]:
                del said[record_id]

    # --- from time to time ---------------------------------------------------------------------

    def look(self, now: float) -> None:
        """Nobody has missed a deadline, or lost count of his stock.

        Called when every node has done what it could.
        """
        for (house, order_id), (role, standing) in self._current.items():
            if house.is_up and house.is_honest and now - house.up_since > NOTICE_SECONDS:
                self._check_duties(house, order_id, role, standing)
        self._check_stock()

    def _check_duties(self, house: House, order_id: OrderId, role: str, now: Standing) -> None:
        if not now.is_over and book.may_time_out(now, role):
            late = house.clock() - now.deadline
            if late > NOTICE_SECONDS:
                text = f"{house.name} is {late} s late with the timeout of {now.state}"
                _break("deadlines", order_id, text)
        elif now.is_over and not now.is_sealed and role in ("buyer", "seller"):
            acknowledged = {e.role for e in now.lines if e.event is Event.ACKNOWLEDGE}
            if role not in acknowledged and not self._led(now, role):
                _break("acknowledged", order_id, f"{house.name} has not said that he saw the end")

    def _led(self, now: Standing, role: str) -> bool:
        end = max(n for n in range(len(now.states)) if n == 0 or now.is_move(n))
        return now.lines[end].role.value == role

    def after_crash(self, house: House, scratch: Path) -> None:
        """What is on the disk holds together."""
        self._check_disk(house, scratch)

    # --- in the end ----------------------------------------------------------------------------

    def end(self, scratch: Path) -> None:
        for house in self._houses:
            if not house.is_liar:
                self._check_disk(house, scratch)
                self._check_outbox(house)
                self._check_marks(house)
        for order_id in self.known:
            self._check_order(order_id)
        self._check_counts()

    def _check_order(self, order_id: OrderId) -> None:
        parties, strangers = self._parties(order_id)
        held = {house: self._held(house, order_id) for house in self._houses}
        for house in strangers:
            if held[house] and not house.is_liar:
                _break("private", order_id, f"{house.name} is no party and has entries")
        honest = [house for house in parties if house.is_honest]
        if not honest:
            return
        if any(held[house] for house in honest):  # else who said it lost it, and told nobody
            self._check_agreement(order_id, honest, held)
        lacking = self.said[order_id].keys() - held[honest[0]].keys()
        if lacking:
            lost = ", ".join(self.known[order_id][each].event for each in lacking)
            _break("nothing is lost", order_id, f"{lost} is not with {honest[0].name}")
        if not held[honest[0]]:
            return
        now = self.standing(held[honest[0]])
        if not now.is_over:
            _break("every order ends", order_id, f"it is {now.state} for ever")
        if not now.is_sealed:
            _break("every end is sealed", order_id, f"{now.state} was not acknowledged by both")

    def _check_agreement(
        self,
        order_id: OrderId,
        honest: list[House],
        held: dict[House, dict[RecordId, Entry]],
    ) -> None:
        one = honest[0]
        for other in honest[1:]:
            more, less = (held[a].keys() - held[b].keys() for a, b in ((one, other), (other, one)))
            if more or less:
                events = [
                    f"{self.known[order_id][k].role} {self.known[order_id][k].event}"
                    for k in more | less
                ]
                text = f"{one.name} has {len(more)} more, {other.name} {len(less)}: {events}"
                _break("the same entries", order_id, text)
            mine, theirs = one.order(order_id), other.order(order_id)
            assert mine is not None
            assert theirs is not None
            for what in ("state", "heads", "to_seller", "since", "terms"):
                if getattr(mine, what) != getattr(theirs, what):
                    text = f"its {what} differs between {one.name} and {other.name}"
                    _break("the same order", order_id, text)

    def _parties(self, order_id: OrderId) -> tuple[list[House], list[House]]:
        """Who must have the order, and who may not have any of it."""
        known = self.known[order_id]
        contract = next(e.contract for e in known.values() if e.event is Event.PROPOSE)
        must, may = {contract.buyer, contract.seller}, {contract.buyer, contract.seller}
        now = self.standing(known)
        is_agreed = any(each.event is Event.ACCEPT for each in now.lines)
        if is_agreed and now.terms.moderator:
            must.add(now.terms.moderator)
        if any(e.event is Event.ACCEPT for e in known.values()):
            named = [contract.terms, *(e.terms for e in known.values() if e.event is Event.COUNTER)]
            may |= {each.moderator for each in named if each.moderator}
        return (
            [house for house in self._houses if house.me in must],
            [house for house in self._houses if house.me not in may | must],
        )

    def _held(self, house: House, order_id: OrderId) -> dict[RecordId, Entry]:
        with house.database.reading() as db:
            return orders.entries_of(db, order_id)

    def _check_outbox(self, house: House) -> None:
        with house.database.reading() as db:
            left, refused = post.undelivered(db), post.refused(db)
        if left:
            _break("all is delivered", None, f"{house.name} still owes {left} entries or receipts")
        for recipient, order_id, code in refused:
            other = next(each for each in self._houses if each.me == recipient)
            if other.is_honest and house.is_honest:
                _break("no honest word is refused", order_id, f"{other.name} refuses: {code}")

    def _check_marks(self, house: House) -> None:
        for peer, code in house.line.marks:
            other = next(each for each in self._houses if each.line.peer_id == peer)
            if other.is_honest:
                _break("no false charge", None, f"{house.name} marked {other.name}: {code}")

    def _check_stock(self) -> None:
        """What a seller's node thinks is promised is what the orders say, each once."""
        promised: defaultdict[tuple[House, Slot], int] = defaultdict(int)
        for (house, _), (role, now) in self._current.items():
            if role == "seller" and house.is_up:
                held = now.terms.quantity if now.state in _HOLDS else 0
                promised[house, now.lines[0].contract.slot] += held
        for (house, slot), pieces in promised.items():
            with house.database.reading() as db:
                counted = orders.reserved(db, slot, NO_RECORD)
            if counted != pieces:
                _break("stock", None, f"{house.name} counts {counted}, promised {pieces}")

    def _check_counts(self) -> None:
        """No honest seller gives one number to two of his agreements."""
        for house in self._houses:
            given: dict[int, OrderId] = {}
            for order_id, known in self.known.items():
                counts = {
                    cast("int", e.details["count"])
                    for e in known.values()
                    if e.identity == house.me and "count" in e.details
                }
                for count in counts if house.is_honest else ():
                    if given.setdefault(count, order_id) != order_id:
                        _break("counts", order_id, f"{house.name} gave {count} twice")
            if house.is_honest and sorted(given) != list(range(1, len(given) + 1)):
                _break("counts", None, f"{house.name} gave the numbers {sorted(given)}")

    def _check_disk(self, house: House, scratch: Path) -> None:
        """The views are what the records make of them, and each entry is there once."""
        copy = scratch / "examined.sqlite"
        copy.unlink(missing_ok=True)
        house.database.copy_to(copy)
        with closing(Database(copy)) as tried, tried.transaction(is_promise=False) as db:
            before = soundness.fingerprints(db)
            owner = meta.owner(db)
            assert owner is not None, "it was claimed"
            views.rebuild(db, owner)
            after = soundness.fingerprints(db)
            (doubled,) = db.execute("SELECT count(*) - count(DISTINCT id) FROM record").fetchone()
        if wrong := [name for name in after if before[name] != after[name]]:
            _break("sound disks", None, f"{house.name}'s views {wrong} are not what records make")
        if doubled:
            _break("nothing twice", None, f"{house.name} has {doubled} records twice")

    def standing(self, held: dict[RecordId, Entry]) -> Standing:
        key = frozenset(held)
        if key not in self._standings:
            self._standings[key] = book.standing(held)
        return self._standings[key]


_HOLDS: Final = (
    "countered",
    "accepted",
    "pay_claimed",
    "funded",
    "fulfilled",
    "disputed",
    "decided",
)


def _all(order: Order) -> dict[RecordId, Entry]:
    said = (*(line.entry for line in order.history), *(void.entry for void in order.void))
    return {each.id: each for each in said}


def _break(promise: str, order: OrderId | None, text: str) -> NoReturn:
    raise Broken(promise, order, text)
