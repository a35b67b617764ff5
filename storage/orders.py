"""My orders: their entries, and what these make of them. A view on the heap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import entry as entries
from goodword.protocol.contract import OrderId
from goodword.protocol.entry import Entry, Role
from goodword.protocol.money import Money
from goodword.protocol.order import Order, State, fold
from goodword.protocol.record import RecordId, Slot

from . import records
from .database import Transaction

HOLDS_STOCK: Final = (State.ACCEPTED, State.PAY_CLAIMED, State.FUNDED, State.FULFILLED)
"""A proposal holds nothing: else anybody could empty a shop by asking."""

SOLD: Final = (State.COMPLETED, State.UNRESOLVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """An order as the list shows it; the fold of its entries has the rest."""

    id: OrderId
    role: Role
    other: PublicKey
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
    """Show `order` as it stands now, from my side."""
    role = order.role_of(me)
    assert role is not None, "only my own orders are kept"
    contract = order.contract
    db.execute(
        "INSERT OR REPLACE INTO trade (id, role, other, state, since, deadline, listing, slot,"
        " title, quantity, total_minor, currency) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            order.id,
            role.value,
            contract.seller if role is Role.BUYER else contract.buyer,
            order.state.value,
            order.since,
            order.deadline,
            contract.listing,
            contract.slot,
            contract.title,
            contract.quantity,
            contract.total.minor,
            contract.total.code,
        ),
    )


def every(db: Transaction) -> list[Trade]:
    """Open ones first, by deadline; then the others, latest first."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM trade ORDER BY deadline IS NULL, deadline, since DESC, id"  # noqa: S608
    )
    return [_trade(row) for row in rows]


def due(db: Transaction, now: int) -> list[Trade]:
    """Those whose deadline has passed at `now` (Unix seconds)."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM trade WHERE deadline <= ? ORDER BY deadline",  # noqa: S608
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


def count_by_state(db: Transaction) -> Mapping[str, int]:
    return dict(db.execute("SELECT state, count(*) FROM trade GROUP BY state ORDER BY state"))


_COLUMNS: Final = "id, role, other, state, since, deadline, title, quantity, total_minor, currency"


def _trade(row: tuple[bytes, str, bytes, str, int, int | None, str, int, int, str]) -> Trade:
    order, role, other, state, since, deadline, title, quantity, minor, code = row
    return Trade(
        id=OrderId(order),
        role=Role(role),
        other=PublicKey(other),
        state=State(state),
        since=since,
        deadline=deadline,
        title=title,
        quantity=quantity,
        total=Money(minor, code),
    )
