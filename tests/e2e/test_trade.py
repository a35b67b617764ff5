"""Deals between real nodes: to their good end, over absences, moves and lost disks."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.e2e.street import STEPS, Street, deal, is_sealed, offer, order_in, place, story
from tests.nodes import Node

pytestmark = pytest.mark.xdist_group("trade")  # one pair of nodes for all

BACK_SECONDS = 5.0
"""An order that waited is with a seller who is back within this time."""


def test_a_deal_comes_to_its_good_end(ann: Node, ben: Node) -> None:
    order = place(ben, offer(ann, ben), note="for tea", ship_to="Ben, Hauptstr. 1")
    ann.until(lambda: ann.state(order) == "proposed")
    assert (ann.order(order)["ship_to"], ben.order(order)["ship_to"]) == ("Ben, Hauptstr. 1", "")
    deal(ann, ben, order, *STEPS)
    assert ann.state(order) == "completed"
    assert_agreed(ann, ben, order)


def test_an_order_waits_for_a_seller_who_is_off(ann: Node, ben: Node) -> None:
    listing = offer(ann, ben)
    ann.stop()
    order = place(ben, listing)
    assert [to["state"] for to in ben.order(order)["history"][0]["delivery"]] == ["queued"]
    ann.start()
    assert ann.until(lambda: ann.state(order) == "proposed") <= BACK_SECONDS
    deal(ann, ben, order, "accept")
    assert_agreed(ann, ben, order)


def test_a_seller_who_moved_is_found_through_a_third_node(street: Street) -> None:
    """Her port is another, and the buyer's node has never been connected to hers."""
    ann, _chen, ben = street.live("ann", "chen", "ben")
    listing = offer(ann, ben)
    before = ann.addresses
    ann.stop()
    order = place(ben, listing)
    ann.start()
    assert ann.addresses != before
    assert ann.until(lambda: ann.state(order) == "proposed") <= BACK_SECONDS
    assert_agreed(ann, ben, order)


def test_a_step_waits_for_a_buyer_who_is_off(ann: Node, ben: Node) -> None:
    order = order_in(ann, ben, offer(ann, ben), "proposed")
    ben.stop()
    ann.ask("order.accept", order=order)
    ben.start()
    assert ben.until(lambda: ben.state(order) == "accepted") <= BACK_SECONDS
    assert_agreed(ann, ben, order)


def test_a_restart_resumes_with_the_same_orders(ann: Node, ben: Node) -> None:
    listing = offer(ann, ben)
    orders = [order_in(ann, ben, listing, state) for state in ("proposed", "funded", "completed")]
    for node in (ann, ben):  # the seller's node says that it has seen the end: that is to be there
        node.until(partial(is_sealed, node, orders[-1]))
    before = [story(node.order(order)) for node in (ann, ben) for order in orders]
    for node in (ann, ben):
        node.stop()
        node.begin()
    for node in (ann, ben):
        node.ready()
    ben.ask("node.connect", address=ann.addresses[0])  # both have moved at once
    assert [story(node.order(order)) for node in (ann, ben) for order in orders] == before
    deal(ann, ben, orders[0], *STEPS)
    assert_agreed(ann, ben, orders[0])


def test_a_trade_goes_on_from_a_restored_backup(street: Street) -> None:
    """The backup is made while the node runs; the old home is never used again."""
    ann, ben = street.live("ann", "ben")
    listing = offer(ann, ben)
    order = order_in(ann, ben, listing, "funded")
    file, passphrase = street.path / "backup", street.path / "passphrase"
    passphrase.write_text("four words on paper")
    _ok(ann, "backup", str(file), "--passphrase-file", str(passphrase))
    later = order_in(ann, ben, listing, "proposed")
    ann.stop()
    restored = _restored(street, file, passphrase)
    restored.start(*ben.addresses)
    assert restored.person == ann.person
    assert story(restored.order(order)) == story(ben.order(order))
    assert "fulfil" in restored.order(order)["open_steps"]
    deal(restored, ben, order, "ship", "confirm")
    assert_agreed(restored, ben, order)
    # What came after the backup comes again, whole, with the next step of it.
    assert restored.state(later) == ""
    ben.ask("order.withdraw", order=later)
    restored.until(lambda: restored.state(later) == "cancelled")
    assert_agreed(restored, ben, later)


def assert_agreed(one: Node, other: Node, order: str) -> None:
    """Once what is under way has come: a node that sees the end says so by itself."""
    for node in (one, other):
        node.until(node.is_settled)
    one.until(lambda: story(one.order(order)) == story(other.order(order)))


def _restored(street: Street, file: Path, passphrase: Path) -> Node:
    node = street.house("restored", is_new=False)
    _ok(node, "restore", str(file), "--passphrase-file", str(passphrase))
    return node


def _ok(node: Node, *words: str) -> None:
    done = node.cli(*words)
    assert done.returncode == 0, done.stderr
