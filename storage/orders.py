"""My orders: their entries, and what these make of them. A view on the heap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from goodword.crypto.keys import PublicKey
from goodword.protocol import entry as entries
from goodword.protocol.contract import OrderId
from goodword.protocol.entry import Entry, Event, Role
from goodword.protocol.money import Money
from goodword.protocol.order import Order, duties, fold
from goodword.protocol.record import RecordId, Slot
from goodword.protocol.table import State

from . import findings, records
from .database import Transaction

HOLDS_STOCK: Final = (
    State.COUNTERED,
    State.ACCEPTED,
    State.PAY_CLAIMED,
    State.FUNDED,
    State.FULFILLED,
    State.DISPUTED,
    State.DECIDED,
)
"""A proposal holds nothing: else anybody could empty a shop by asking. A counter of mine does:
the buyer may say yes to it."""

UNPAID: Final = (State.COUNTERED, State.ACCEPTED, State.PAY_CLAIMED)
"""Holds stock, and no money has been seen: to say that one has paid costs nothing."""

SOLD: Final = (State.COMPLETED, State.RESOLVED, State.UNRESOLVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """An order as the list shows it; the fold of its entries has the rest."""

    id: OrderId
    role: Role
    """Mine."""
    buyer: PublicKey
    seller: PublicKey
    state: State
    since: int
    deadline: int | None
    title: str
    quantity: int
    total: Money


def entries_of(db: Transaction, order: OrderId) -> dict[RecordId, Entry]:
    """Every entry that we keep, in the order in which they came."""
    return {record.id: entries.read(record) for record in records.of_order(db, order)}


def load(db: Transaction, order: OrderId) -> Order | None:
    """The order as the entries that have come make it."""
    known = entries_of(db, order)
    return fold(known.values()) if known else None


def index(db: Transaction, order: Order, me: PublicKey) -> None:
    """Show `order` as it stands now, from my side: not at all, while I was only proposed as its
    moderator, and am not."""
    role = order.role_of(me)
    findings.index(db, order, me)
    if role is None:
        db.execute("DELETE FROM trade WHERE id = ?", (order.id,))
        return
    contract, terms = order.contract, order.terms
    needs_word = has_duty(order, role)
    db.execute(
        "INSERT OR REPLACE INTO trade (id, role, buyer, seller, state, since, deadline, needs_word,"
        " listing, slot, title, quantity, total_minor, currency, count)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            order.id,
            role.value,
            contract.buyer,
            contract.seller,
            order.state.value,
            order.since,
            order.deadline,
            needs_word,
            contract.listing,
            contract.slot,
            contract.title,
            terms.quantity,
            terms.total.minor,
            terms.total.code,
            _number(order),
        ),
    )


def _number(order: Order) -> int | None:
    """The number that the seller gave to the order, also where what he agreed to was overtaken:
    the buyer has his licence all the same, so no other order may get that number."""
    said = [*(line.entry for line in order.history), *(void.entry for void in order.void)]
    given = [cast("int", each.details["count"]) for each in said if "count" in each.details]
    return max(given, default=None)


def has_duty(order: Order, role: Role) -> bool:
    """Whether the order is over and `role` owes the word that he has seen it."""
    return order.is_over and Event.ACKNOWLEDGE in duties(order, role, order.since)


def every(db: Transaction) -> list[Trade]:
    """Open ones first, by deadline; then the others, latest first."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM trade ORDER BY deadline IS NULL, deadline, since DESC, id"  # noqa: S608
    )
    return [_trade(row) for row in rows]


def due(db: Transaction, now: int) -> list[Trade]:
    """Those whose deadline has passed at `now` (Unix seconds), or whose end waits for my word."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM trade WHERE deadline <= ? OR needs_word"  # noqa: S608
        " ORDER BY deadline",
        (now,),
    )
    return [_trade(row) for row in rows]


def next_deadline(db: Transaction, after: int) -> int | None:
    (deadline,) = db.execute(
        "SELECT min(deadline) FROM trade WHERE deadline > ?", (after,)
    ).fetchone()
    return None if deadline is None else int(deadline)


def starting_with(db: Transaction, first: bytes, last: bytes, limit: int = 2) -> list[OrderId]:
    """At most `limit` order ids between `first` and `last`, both included."""
    rows = db.execute("SELECT id FROM trade WHERE id BETWEEN ? AND ? LIMIT ?", (first, last, limit))
    return [OrderId(each) for (each,) in rows]


def reserved(db: Transaction, slot: Slot, listing: RecordId) -> int:
    """Pieces of my listing that are promised: orders under way, and those that this very
    revision sold. A revision counts the stock anew."""
    held = ", ".join(f"'{state}'" for state in HOLDS_STOCK)
    sold = ", ".join(f"'{state}'" for state in SOLD)
    (pieces,) = db.execute(
        "SELECT coalesce(sum(quantity), 0) FROM trade WHERE slot = ? AND role = 'seller' AND"  # noqa: S608
        f" (state IN ({held}) OR (state IN ({sold}) AND listing = ?))",
        (slot, listing),
    ).fetchone()
    return int(pieces)


def names_slot(db: Transaction, slot: bytes) -> bool:
    """Whether an order of mine is about the listing `slot`."""
    row = db.execute("SELECT EXISTS (SELECT 1 FROM trade WHERE slot = ?)", (slot,)).fetchone()
    return bool(row[0])


def is_open_with(db: Transaction, person: PublicKey) -> bool:
    """Whether `person` buys or sells in an order of mine that is not over."""
    row = db.execute(
        "SELECT EXISTS (SELECT 1 FROM trade WHERE buyer = :person AND deadline IS NOT NULL)"
        " OR EXISTS (SELECT 1 FROM trade WHERE seller = :person AND deadline IS NOT NULL)",
        {"person": person},
    ).fetchone()
    return bool(row[0])


def held_by(db: Transaction, slot: Slot, buyer: PublicKey) -> int:
    """How many orders of `buyer` hold pieces of my listing without being paid."""
    unpaid = ", ".join(f"'{state}'" for state in UNPAID)
    (number,) = db.execute(
        "SELECT count(*) FROM trade WHERE slot = ? AND role = 'seller' AND buyer = ?"  # noqa: S608
        f" AND state IN ({unpaid})",
        (slot, buyer),
    ).fetchone()
    return int(number)


def next_count(db: Transaction, order: OrderId, me: PublicKey) -> int:
    """Which number my word as seller gives to `order`: the one that it has, or the next.

    Receipts that others publish count too: a home that was restored has forgotten its own.
    """
    row = db.execute("SELECT count FROM trade WHERE id = ?", (order,)).fetchone()
    if row and row[0] is not None:
        return int(row[0])
    (last,) = db.execute(
        "SELECT max(coalesce((SELECT max(count) FROM trade WHERE seller = :me), 0),"
        " coalesce((SELECT max(count) FROM review WHERE about = :me), 0))",
        {"me": me},
    ).fetchone()
    return int(last) + 1


def count_by_state(db: Transaction) -> Mapping[str, int]:
    return dict(db.execute("SELECT state, count(*) FROM trade GROUP BY state ORDER BY state"))


_COLUMNS: Final = (
    "id, role, buyer, seller, state, since, deadline, title, quantity, total_minor, currency"
)
_Row: TypeAlias = tuple[bytes, str, bytes, bytes, str, int, int | None, str, int, int, str]


def _trade(row: _Row) -> Trade:
    order, role, buyer, seller, state, since, deadline, title, quantity, minor, code = row
    return Trade(
        id=OrderId(order),
        role=Role(role),
        buyer=PublicKey(buyer),
        seller=PublicKey(seller),
        state=State(state),
        since=since,
        deadline=deadline,
        title=title,
        quantity=quantity,
        total=Money(minor, code),
    )
