"""What is said spreads: in bursts, and to those who come late."""

from __future__ import annotations

import pytest

from tests.e2e.street import Street, meet, offer
from tests.nodes import Node

pytestmark = pytest.mark.xdist_group("spread")

BURST = 300

REPAIR_SECONDS = 60.0
"""Catch-up comes by every 30 s: what gossip lost is there after that."""


def test_a_burst_of_listings_arrives_whole(ann: Node, ben: Node) -> None:
    published = {offer(ann, title=f"bowl {number}") for number in range(BURST)}
    ben.until(lambda: _public(ben)["listing"] == BURST, REPAIR_SECONDS)
    for listing in published:
        assert ben.ask("listing.show", listing=listing)["seller"]["address"] == ann.person


def test_who_comes_late_catches_up_with_everything(ann: Node, ben: Node, street: Street) -> None:
    """By then no gossip of it is left; the one who tells her has it from others."""
    listing = offer(ann, ben, title="手工茶碗")
    ann.ask("vouch.give", person=ben.person, how="neighbours", strength="know")
    ben.until(lambda: len(ben.ask("vouch.list")["received"]) == 1)
    ann.stop()
    (chen,) = street.live("chen")
    meet(chen, ben)
    chen.until(lambda: _public(chen) == _public(ben))
    assert chen.ask("listing.show", listing=listing) == ben.ask("listing.show", listing=listing)
    (found,) = chen.ask("listing.search", words="茶碗")["listings"]
    assert found["seller"]["name"] == "Ann"
    assert chen.ask("person.show", person=ben.person)["vouchers"] == 1


def _public(node: Node) -> dict[str, int]:
    records = dict(node.ask("node.status")["records"])
    records.pop("presence")  # of each its latest only: what it replaced needs no telling
    return records
