"""Deals between people who are never online together: a friend's node keeps their letters."""

from __future__ import annotations

from functools import partial

import pytest

from tests.e2e.street import Street, has_listing, meet, place, sees
from tests.nodes import Json, Node

pytestmark = pytest.mark.timeout(300)  # eight starts, one after the other

VISITS = (
    ("ben", "proposed", ("accept",)),
    ("ann", "accepted", ("paid",)),
    ("ben", "pay_claimed", ("received", "ship")),
    ("ann", "fulfilled", ("confirm",)),
)
"""Who comes, what she finds, and what she does before she goes."""

SECONDS = 60.0


def test_an_order_is_completed_by_two_who_never_meet(street: Street) -> None:
    ann, ben, chen = at_chens(street)
    listing = offered(ben, chen)
    ben.stop()
    order = ordered(ann, chen, listing)
    ann.stop()
    for name, state, verbs in VISITS:
        who = came_back(ben if name == "ben" else ann, chen)
        who.until(partial(sees, who, order, state), SECONDS)
        for verb in verbs:
            who.ask(f"order.{verb}", order=order)
        who.until(partial(is_sent, who, order), SECONDS)
        who.stop()
    came_back(ben, chen)
    ben.until(partial(sees, ben, order, "completed"), SECONDS)
    assert ben.order(order)["to_seller"] == ben.order(order)["total"]
    ben.until(lambda: not ben.ask("node.status")["receipts_waiting"], SECONDS)
    ben.stop()
    came_back(ann, chen)
    ann.until(lambda: states(ann.order(order)) == {"read"}, SECONDS)
    assert ann.state(order) == "completed"
    assert chen.ask("order.list")["orders"] == []


def test_a_host_that_drops_everything_loses_nothing(street: Street) -> None:
    """Chen says that he keeps Ben's letters, and throws them away."""
    ann, ben, chen = at_chens(street)
    listing = offered(ben, chen)
    ben.stop()
    order = ordered(ann, chen, listing)
    chen.ask("mailbox.evict", person=ben.person)
    chen.ask("mailbox.host", person=ben.person)
    assert letters_for(chen, ben.person) == 0
    came_back(ben, chen)
    ben.ask("node.connect", address=ann.addresses[0])
    ben.until(lambda: ben.state(order) == "proposed")
    ann.until(lambda: states(ann.order(order)) == {"read"})


def at_chens(street: Street) -> tuple[Node, Node, Node]:
    """Ann, who is off; Ben and Chen, who are here. Chen keeps letters for both."""
    ann, ben, chen = (street.house(name) for name in ("ann", "ben", "chen"))
    chen.start()
    for node in (ann, ben):
        node.start()
        meet(node, chen)
        chen.ask("mailbox.host", person=node.person)
        node.ask("mailbox.use", people=[chen.person])
        if node is ann:
            node.stop()
    return ann, ben, chen


def offered(ben: Node, chen: Node) -> str:
    told = ben.ask("listing.publish", title="Blue tea bowl", price="24 EUR", quantity=9)
    chen.until(partial(has_listing, chen, told["listing"]))
    return str(told["listing"])


def ordered(ann: Node, chen: Node, listing: str) -> str:
    """Ann comes, finds Ben's listing at Chen's, and leaves her order there."""
    came_back(ann, chen)
    ann.until(partial(has_listing, ann, listing))
    order = place(ann, listing)
    ann.until(lambda: states(ann.order(order)) == {"at a mailbox"})
    return order


def came_back(node: Node, chen: Node) -> Node:
    """Started without being told of anybody: it finds its host by itself."""
    node.start()
    node.until(partial(is_connected, node, chen))
    return node


def is_connected(node: Node, chen: Node) -> bool:
    people = [
        each["address"] for peer in node.ask("node.peers")["peers"] for each in peer["people"]
    ]
    return chen.person in people


def is_sent(node: Node, order: str) -> bool:
    return states(node.order(order)) <= {"at a mailbox", "at the peer", "read"}


def letters_for(chen: Node, person: str) -> int:
    guests: list[Json] = chen.ask("mailbox.show")["guests"]
    return sum(each["letters"] for each in guests if each["person"]["address"] == person)


def states(order: Json) -> set[str]:
    """How far my entries have come."""
    return {to["state"] for each in order["history"] for to in each["delivery"]}
