"""Real nodes: who keeps a category hears of it at once, and of no other."""

from __future__ import annotations

from functools import partial

from tests.e2e.street import Street, has_listing
from tests.nodes import Node, folder


def publish(seller: Node, title: str, category: str) -> str:
    told = seller.ask("listing.publish", title=title, price="9 EUR", categories=[category])
    return str(told["listing"])


def test_a_narrowed_node_hears_of_its_category_by_gossip_and_of_no_other() -> None:
    """Ann sells; Ben keeps everything; Chen keeps ceramics, and knows Ben alone."""
    with folder() as path, Street(path) as street:
        ann, ben, chen = street.live("ann", "ben", "chen")
        shown = chen.ask("keep.set", categories=["ceramics"], hops=1)
        assert not shown["is_everything"]
        seen: list[float] = []
        for number in range(3):
            other = publish(ann, f"Loaf {number}", "bread")
            bowl = publish(ann, f"Bowl {number}", "ceramics")
            ben.until(partial(has_listing, ben, other))
            seen.append(chen.until(partial(has_listing, chen, bowl)))
            assert not has_listing(chen, other)
        assert min(seen) < 5, "by gossip: catch-up takes up to half a minute"


def test_what_was_declared_is_kept_over_a_restart_and_on_new_lines() -> None:
    with folder() as path, Street(path) as street:
        ann, chen = street.live("ann", "chen")
        chen.ask("keep.set", categories=["ceramics"], hops=0, budget="5MB")
        chen.stop()
        chen.start()
        shown = chen.ask("keep.show")
        assert [each["name"] for each in shown["parts"]] == ["", "", "ceramics"]
        assert shown["budget"]["bytes_max"] == 5_000_000
        chen.ask("node.connect", address=ann.addresses[0])
        other = publish(ann, "Loaf", "bread")
        bowl = publish(ann, "Bowl", "ceramics")
        # What is published before she has told her topics on the new line comes by catch-up.
        chen.until(partial(has_listing, chen, bowl), seconds=60)
        assert not has_listing(chen, other)
