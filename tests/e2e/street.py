"""A street of people with real nodes, and the deals that they make."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Final

from tests.nodes import Json, Node

STEPS: Final = {
    "accept": "accepted",
    "paid": "pay_claimed",
    "received": "funded",
    "ship": "fulfilled",
    "confirm": "completed",
}
"""The steps of a good deal, and the state that each leads to."""

BUYERS: Final = ("paid", "confirm")


class Street:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._nodes: list[Node] = []

    def __enter__(self) -> Street:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for node in self._nodes:
            if node.is_running:
                node.kill()

    def house(self, name: str, *, is_new: bool = True) -> Node:
        """Somebody's home, where nothing runs yet."""
        path = self.path / name
        node = Node.new(path, name.capitalize()) if is_new else Node(path)
        self._nodes.append(node)
        return node

    def live(self, *names: str) -> list[Node]:
        """People whose nodes run, each connected to the one before."""
        nodes = [self.house(name) for name in names]
        for node in nodes:
            node.begin()
        for node in nodes:
            node.ready()
        for one, other in pairwise(nodes):
            meet(other, one)
        return nodes


def meet(one: Node, other: Node) -> None:
    """Connect `one` to `other`; returns when both know each other's name."""
    one.ask("node.connect", address=other.addresses[0])
    one.until(lambda: has_heard_of(one, other))
    other.until(lambda: has_heard_of(other, one))


def has_heard_of(one: Node, other: Node) -> bool:
    return one.ask("profile.show", person=other.person)["person"]["name"] is not None


def offer(seller: Node, *readers: Node, title: str = "Blue tea bowl", quantity: int = 9) -> str:
    """The id of a new listing, which all `readers` have."""
    told = seller.ask("listing.publish", title=title, price="24 EUR", quantity=quantity)
    for reader in readers:
        reader.until(partial(has_listing, reader, told["listing"]))
    return str(told["listing"])


def has_listing(reader: Node, listing: str) -> bool:
    return listing in {each["listing"] for each in reader.ask("listing.search")["listings"]}


def place(buyer: Node, listing: str, **more: object) -> str:
    """The id of a new order."""
    return str(buyer.ask("order.place", listing=listing, **more)["order"])


def deal(seller: Node, buyer: Node, order: str, *verbs: str) -> None:
    """Each of `verbs` by whose step it is, when the one before has arrived."""
    for verb in verbs:
        who, other = (buyer, seller) if verb in BUYERS else (seller, buyer)
        who.ask(f"order.{verb}", order=order)
        other.until(partial(sees, other, order, STEPS[verb]))


def sees(node: Node, order: str, state: str) -> bool:
    return node.state(order) == state


def is_sealed(node: Node, order: str) -> bool:
    """Whether it is over, both have said that they saw it, and all letters are through."""
    return bool(node.order(order)["is_sealed"]) and node.is_settled()


def order_in(seller: Node, buyer: Node, listing: str, state: str, **more: object) -> str:
    """The id of a new order that both sides see in `state`, on the way of a good deal."""
    order = place(buyer, listing, **more)
    seller.until(lambda: seller.state(order) == "proposed")
    verbs = list(STEPS)
    states = ["proposed", *STEPS.values()]
    deal(seller, buyer, order, *verbs[: states.index(state)])
    return order


def story(shown: Json) -> Json:
    """What both sides of an order must see alike."""
    records = [(each["record"], each["state"]) for each in shown["history"]]
    void = [each["record"] for each in shown["void"]]
    return {"records": records, "void": void, **{n: shown[n] for n in ("state", "heads", "since")}}
