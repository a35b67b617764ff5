"""Bugs to plant: each a small change of the product, for the length of a block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias, cast

from goodword.node import delivery, trading
from goodword.node.intake import Intake
from goodword.node.postman import Postman
from goodword.node.registrar import Registrar
from goodword.protocol import forks, letter, order
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import (
    BadBinding,
    BadField,
    BeforeItsPast,
    NotYours,
    Refusal,
    TooOften,
)
from goodword.protocol.table import STEPS, TIMES, State
from goodword.storage import orders, outbox

Planting: TypeAlias = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    name: str
    plant: Planting


@contextmanager
def changed(where: Any, name: str, to: Any) -> Generator[None]:
    """`where.name` is `to` for the length of the block."""
    own = cast("dict[str, Any]", vars(where))
    is_there, before = name in own, own.get(name)
    setattr(where, name, to)
    try:
        yield
    finally:
        if is_there:
            setattr(where, name, before)
        else:
            delattr(where, name)  # it hid a builtin


@contextmanager
def put(into: dict[Any, Any], key: Any, value: Any) -> Generator[None]:
    """One row of a table is another; None takes it out."""
    before = into[key]
    into[key] = value
    if value is None:
        del into[key]
    try:
        yield
    finally:
        into[key] = before


def _row(state: State, event: Event, **changes: Any) -> Planting:
    key = (state, event)
    return lambda: put(STEPS, key, STEPS[key]._replace(**changes))


def _lenient(*swallowed: type[Refusal]) -> Planting:
    """The gate as it is, but for these refusals."""
    check = order._check_step

    def checked(*arguments: Any) -> None:
        try:
            check(*arguments)
        except swallowed:
            return

    return lambda: changed(order, "_check_step", checked)


# --- the fold ----------------------------------------------------------------------------------


def _arrived_first() -> AbstractContextManager[None]:
    """Of two branches of a forker the one stands that came first."""

    def support(known: Mapping[Any, Any], *_: object) -> Counter[Any]:
        return Counter({key: -number for number, key in enumerate(known)})

    return changed(forks, "_support", support)


def _last_head() -> AbstractContextManager[None]:
    heads = forks._heads

    def last(*arguments: Any) -> frozenset[Any]:
        return frozenset([max(heads(*arguments))])

    return changed(forks, "_heads", last)


def _clock_of_the_last() -> AbstractContextManager[None]:
    """A state begins when anything is said in it."""
    applied = order._applied

    def since(before: Any, entry: Any, *others: Any) -> Any:
        return replace(applied(before, entry, *others), since=entry.made_at)

    return changed(order, "_applied", since)


def _offers_outlive() -> AbstractContextManager[None]:
    applied = order._applied

    def kept(before: Any, *others: Any) -> Any:
        after = applied(before, *others)
        return replace(after, offers={**before.offers, **after.offers})

    return changed(order, "_applied", kept)


def _extended_for_ever() -> AbstractContextManager[None]:
    applied = order._applied

    def kept(before: Any, *others: Any) -> Any:
        after = applied(before, *others)
        return replace(after, is_extended=before.is_extended or after.is_extended)

    return changed(order, "_applied", kept)


def _timeout_always_counts() -> AbstractContextManager[None]:
    """Whatever was done meanwhile."""
    return changed(order, "_is_default", _always)


def _any_offer() -> AbstractContextManager[None]:

    def offered(_: Role, of: Any) -> set[Any]:
        return {each.id for each in of.offers.values()}

    return changed(order, "_offered_to", offered)


def _nothing_is_last() -> AbstractContextManager[None]:
    """A word held back can lead out of an end that both have seen."""
    return changed(forks, "LAST_WORDS", frozenset[Event]())


def _judged_last() -> AbstractContextManager[None]:
    """A verdict does not come before what its moderator had not seen."""
    before = forks._before

    def found(events: Any, *others: Any) -> frozenset[Any]:
        return frozenset() if Event.VERDICT in events else before(events, *others)

    return changed(forks, "_before", found)


# --- the door ----------------------------------------------------------------------------------


def _moderator_is_not_told() -> AbstractContextManager[None]:
    owe = outbox.owe
    own = Registrar._owe

    def owed(self: Any, db: Any, seq: int, said: Any, after: Any, now: int) -> None:
        judge = after.parties.get(Role.MODERATOR)

        def but_him(db: Any, seq: int, person: Any, *others: Any) -> None:
            if person != judge:
                owe(db, seq, person, *others)

        with changed(outbox, "owe", but_him):
            own(self, db, seq, said, after, now)

    return changed(Registrar, "_owe", owed)


def _told_before_it_is_agreed() -> AbstractContextManager[None]:
    def owed(self: Any, db: Any, seq: int, said: Any, after: Any, now: int) -> None:
        for person in after.parties.values():
            if person != self._me:
                outbox.owe_all(db, person, said.order, now)

    return changed(Registrar, "_owe", owed)


def _owed_afterwards() -> AbstractContextManager[None]:
    """In a transaction of its own."""
    own, admit = Registrar._owe, Intake._admit
    waiting: list[tuple[Any, ...]] = []

    def admitted(self: Any, *arguments: Any, **named: Any) -> Any:
        waiting.clear()
        outcomes = admit(self, *arguments, **named)
        for each in waiting:
            with self._database.transaction() as db:
                own(self._registrar, db, *each)
        return outcomes

    def waits(self: Any, db: Any, *each: Any) -> None:
        waiting.append(each)

    @contextmanager
    def planted() -> Generator[None]:
        with changed(Registrar, "_owe", waits), changed(Intake, "_admit", admitted):
            yield

    return planted()


def _indexed_afterwards() -> AbstractContextManager[None]:
    """The views in a transaction of their own."""
    index = orders.index

    def later(db: Any, *others: Any) -> None:
        db.execute("COMMIT")
        db.execute("BEGIN IMMEDIATE")
        index(db, *others)

    return changed(orders, "index", later)


def _forgets_are_not_told() -> AbstractContextManager[None]:
    return changed(Registrar, "_tell_again", _nothing)


def _stock_is_not_asked() -> AbstractContextManager[None]:
    return changed(orders, "reserved", _none)


def _no_count() -> AbstractContextManager[None]:
    return changed(orders, "_number", _nothing)


def _stock_twice() -> AbstractContextManager[None]:
    reserved = orders.reserved

    def doubled(*arguments: Any) -> int:
        return 2 * reserved(*arguments)

    return changed(orders, "reserved", doubled)


# --- letters and deadlines ---------------------------------------------------------------------


def _settled_before_kept() -> AbstractContextManager[None]:
    hand_over = Postman._hand_over

    async def handed(self: Any, peer: str, to: Any, order: Any, debts: Any) -> Any:
        with self._database.transaction() as db:
            outbox.keep(db, to, order, [each.id for each in debts])
        return await hand_over(self, peer, to, order, debts)

    return changed(Postman, "_hand_over", handed)


def _held_is_kept() -> AbstractContextManager[None]:
    """What a mailbox has is with its recipient."""

    def held(db: Any, debts: Any, _: int) -> None:
        for each in debts:
            outbox.keep(db, each.recipient, each.order, [each.id])

    return changed(outbox, "hold", held)


def _any_token() -> AbstractContextManager[None]:
    """A receipt is believed, whoever wrote it."""

    async def handed(self: Any, peer: str, to: Any, order: Any, debts: Any) -> Any:
        envelope = self._sealed(to, self._letter(order, debts))
        receipt = await self._depositor.hand_over(peer, envelope)
        is_kept = receipt.fate is letter.Fate.KEPT
        return replace(receipt, ids=[each.id for each in debts]) if is_kept else receipt

    return changed(Postman, "_hand_over", handed)


def _future_is_final() -> AbstractContextManager[None]:
    return changed(delivery, "LATER", delivery.LACKS_PAST)


def _clerk_never_acknowledges() -> AbstractContextManager[None]:
    due = orders.due

    def open_ones(db: Any, now: int) -> list[Any]:
        return [each for each in due(db, now) if each.deadline is not None]

    return changed(orders, "due", open_ones)


def _clerk_is_late() -> AbstractContextManager[None]:
    due = orders.due

    def late(db: Any, now: int) -> list[Any]:
        return due(db, now - 3 * 3600)

    return changed(orders, "due", late)


def _own_clock_alone() -> AbstractContextManager[None]:
    """What I say is dated by my clock, even where that is behind what I answer."""

    def mine(times: list[int]) -> int:
        return times[0]

    return changed(trading, "max", mine)


def _always(*_: Any) -> bool:
    return True


def _none(*_: Any) -> int:
    return 0


def _nothing(*_: Any) -> None:
    return None


MUTANTS: Final = [
    Mutant(name=name, plant=plant)
    for name, plant in {
        "expiry comes before accept": _row(State.PROPOSED, Event.TIMEOUT, precedence=0),
        "expiry comes before payment": _row(State.ACCEPTED, Event.TIMEOUT, precedence=0),
        "a verdict yields to pay_received": _row(State.DISPUTED, Event.VERDICT, precedence=7),
        "a dispute comes before fulfil": _row(State.FUNDED, Event.DISPUTE, precedence=0),
        "the seller lets handling run out": _row(
            State.FUNDED, Event.TIMEOUT, by=frozenset({Role.BUYER, Role.SELLER})
        ),
        "denied money is money": _row(State.PAY_CLAIMED, Event.PAY_DENIED, to=State.FUNDED),
        "the gate does not ask for the role": _lenient(NotYours),
        "the gate does not ask who signed": _lenient(BadBinding),
        "the gate does not count": _lenient(TooOften),
        "an offer may be above the total": _lenient(BadField),
        "an entry may be older than its past": _lenient(BeforeItsPast),
        "consent is said thrice": lambda: put(cast("dict[Event, int]", TIMES), Event.CONSENT, 3),
        "a timeout needs no deadline": lambda: changed(order, "_seconds_early", _none),
        "a timeout always counts": _timeout_always_counts,
        "agree to one's own offer": _any_offer,
        "of a fork the first to come stands": _arrived_first,
        "no word is a last one": _nothing_is_last,
        "a verdict seals nothing": _judged_last,
        "heads are the last alone": _last_head,
        "a state begins with what is said last": _clock_of_the_last,
        "offers outlive their state": _offers_outlive,
        "an extension is for ever": _extended_for_ever,
        "the moderator is not told": _moderator_is_not_told,
        "the moderator is told at once": _told_before_it_is_agreed,
        "owed in another transaction": _owed_afterwards,
        "shown in another transaction": _indexed_afterwards,
        "who forgot is not told again": _forgets_are_not_told,
        "stock is not counted": _stock_is_not_asked,
        "stock is counted twice": _stock_twice,
        "agreements are not counted": _no_count,
        "settled before it is kept": _settled_before_kept,
        "what a mailbox has is settled": _held_is_kept,
        "any receipt is believed": _any_token,
        "a clock behind refuses for good": _future_is_final,
        "the clerk acknowledges nothing": _clerk_never_acknowledges,
        "the clerk is three hours late": _clerk_is_late,
        "one's own clock alone": _own_clock_alone,
    }.items()
]
