"""A deal between Ann and Ben, whose letters the test carries."""

from __future__ import annotations

from typing import Any

from goodword.protocol.contract import OrderId
from goodword.protocol.limits import DAY, HOUR
from tests.make import BEN, listing
from tests.world import KEPT, Shown, Trader, deliver, gossip

BREAD = listing(BEN, title="bread", price="4.50 EUR", quantity=10, handling=2 * DAY)


class Deal:
    """Ann buys from Ben: what each says is carried to the other at once."""

    def __init__(self, ann: Trader, ben: Trader) -> None:
        self.ann, self.ben = ann, ben
        self.watch = ann.watch
        ben.admit(BREAD)
        gossip(ben, ann)
        self.id = ""

    def place(self, **arguments: Any) -> Shown:
        shown = self.ann.trading.place(listing=BREAD.slot.hex(), **arguments)
        self.id = str(shown["order"])
        assert deliver(self.ann, self.ben) == [KEPT]
        return self.seen_by(self.ann)

    def take(self, who: Trader, verb: str, **arguments: Any) -> Shown:
        """`who` takes a step, an hour after the one before; the other hears of it."""
        self.watch.forward(HOUR)
        getattr(who.trading, verb)(order=self.id, **arguments)
        other = self.ben if who is self.ann else self.ann
        assert deliver(who, other) == [KEPT]
        assert agree(self.ann, self.ben, self.id)
        return self.seen_by(who)

    @property
    def order_id(self) -> OrderId:
        return self.order_of(self.id)

    def order_of(self, order: str) -> OrderId:
        return OrderId(bytes.fromhex(order))

    def seen_by(self, who: Trader) -> Shown:
        return who.order(self.id)


def agree(one: Trader, other: Trader, order: str) -> bool:
    """Both compute the same from the same entries."""
    mine, theirs = (each.order(order) for each in (one, other))
    public = ("state", "since", "deadline", "default", "total", "to_seller", "heads", "void")
    return all(mine[name] == theirs[name] for name in public) and said(mine) == said(theirs)


def said(shown: Shown) -> list[tuple[str, str]]:
    return [(line["event"], line["state"]) for line in shown["history"]]


def propose_bytes(deal: Deal) -> bytes:
    """The letter with which the first order of Ann's began."""
    with deal.ann.database.reading() as db:
        (data,) = db.execute("SELECT bytes FROM record WHERE kind = 'order'").fetchone()
    return bytes(data)
