"""Evidence of my orders: all that was signed of one, in a file that proves it without a node."""

from __future__ import annotations

import base64

from goodword.protocol import evidence
from goodword.protocol import review as reviews
from goodword.protocol.contract import OrderId
from goodword.protocol.order import Order
from goodword.protocol.record import Record, Slot
from goodword.storage import orders, records
from goodword.storage.database import Database, Transaction

from . import reading
from .reading import NotFound
from .show import Json


class Notary:
    def __init__(self, database: Database) -> None:
        self._database = database

    def export(self, *, order: str) -> Json:
        """One order as the bytes of an evidence file, in base64, and a name for the file.

        Nothing is written here: where a file goes is for whoever asked to choose.
        """
        with self._database.reading() as db:
            found = reading.order(db, order)
            data = _evidence(db, found)
        return {
            "order": found.hex(),
            "name": f"order-{found.hex()[:8]}.evidence",
            "evidence": base64.b64encode(data).decode("ascii"),
        }


def _evidence(db: Transaction, order_id: OrderId) -> bytes:
    order = orders.load(db, order_id)
    if order is None:
        raise NotFound(f"no order {order_id.hex()[:8]} is here", "`goodword order list`")
    # A moderator may never have had the listing: then the file says that it is not there.
    listing = records.get(db, order.contract.listing)
    return evidence.write(order_id, listing, records.of_order(db, order_id), _reviews(db, order))


def _reviews(db: Transaction, order: Order) -> list[Record]:
    """What the parties say of each other now."""
    said = (
        records.current(db, party, reviews.KIND, Slot(order.id)) for party in order.parties.values()
    )
    return [each for each in said if each is not None and not each.is_withdrawal]
