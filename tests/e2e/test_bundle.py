"""What is public goes by file where no line is, and stays where a friend's node runs."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import pytest

from goodword.protocol import bundle
from tests import make
from tests.e2e.street import Street, has_listing, is_sealed, meet, offer, order_in
from tests.nodes import Json, Node

pytestmark = pytest.mark.xdist_group("bundle")

ANSWER_SECONDS: Final = 0.05
"""As fast as no person notices; half of all, for other tests take the processor too."""

SECONDS: Final = 60.0
"""By then catch-up has come by twice."""


def test_a_shop_comes_by_file_to_a_node_that_was_never_connected(street: Street) -> None:
    """Dai vouches for Chen, Chen for Ann; and Dai's node is connected to nobody."""
    ann, chen = street.live("ann", "chen")
    (dai,) = street.live("dai")
    listing = offer(ann, chen, title="手工茶碗 Blue tea bowl")
    ann.ask("profile.set", name="Ann", about="bowls since 1998")
    chen.ask("vouch.give", person=ann.person, strength="trust", how="her bowls never break")
    chen.until(partial(has_about, chen, ann, "bowls since 1998"))
    dai.ask("person.name", person=chen.person, petname="Chen")
    dai.ask("vouch.give", person=chen.person, strength="trust", how="my brother")
    assert dai.ask("trust.show", person=ann.person)["word"] == "no opinion"
    file = street.path / "stick"

    written = chen.cli("bundle", "write", str(file), "--scope", "circle")
    assert written.returncode == 0, written.stderr
    assert written.stdout.startswith(f"written: {file}, ")
    assert dai.ask("node.peers")["peers"] == []
    read = dai.cli("bundle", "read", str(file))
    assert (read.returncode, read.stderr) == (0, "")
    assert ", 0 known before, 0 refused\n" in read.stdout

    found = dai.cli("listing", "search", "茶碗")
    assert listing[:8] in found.stdout
    shown = dai.cli("trust", "show", ann.person)
    first, *lines = shown.stdout.splitlines()
    assert first == "some reason: Chen, whom you trust, vouches for them; only through Chen"
    assert any(line.startswith("  you -> ") and " -> Chen -> " in line for line in lines)
    assert has_about(dai, ann, "bowls since 1998")
    assert ": 0 kept, " in dai.cli("bundle", "read", str(file)).stdout


def test_half_a_file_brings_half_of_what_was_in_it(street: Street) -> None:
    (ann, ben) = (*street.live("ann"), *street.live("ben"))
    for number in range(9):
        offer(ann, title=f"bowl {number}")
    file, half = street.path / "stick", street.path / "half"
    ann.ask("bundle.write", file=str(file), scope=["mine"])
    half.write_bytes(file.read_bytes()[: file.stat().st_size * 2 // 3])
    read = ben.cli("bundle", "read", str(half))
    assert read.returncode == 1
    assert f"the bundle is damaged at byte {half.stat().st_size}: " in read.stderr
    came = len(ben.ask("listing.search")["listings"])
    assert 0 < came < 9
    assert ben.cli("bundle", "read", str(file)).returncode == 0
    assert len(ben.ask("listing.search")["listings"]) == 9


def test_requests_are_answered_while_a_bundle_is_read(street: Street) -> None:
    (ann,) = street.live("ann")
    file, now = street.path / "stick", int(time.time())
    people = [make.fresh(f"seller {n}") for n in range(40)]
    made = (
        make.listing(each, nonce=n.to_bytes(16, "big"), now=now)
        for each in people
        for n in range(99)
    )
    file.write_bytes(b"".join(bundle.write(each.to_bytes() for each in made)))
    waits: list[float] = []
    with ThreadPoolExecutor() as pool:
        read = pool.submit(ann.ask, "bundle.read", file=str(file))
        while not read.done():
            before = time.monotonic()
            ann.ask("person.list")
            waits.append(time.monotonic() - before)
    assert read.result()["kept"] == 40 * 99
    assert len(waits) > 10
    assert statistics.median(waits) < ANSWER_SECONDS, sorted(waits)


def test_a_shop_is_open_while_its_node_is_off(street: Street) -> None:
    """Ann sells, Ben buys and reviews; when Dai comes, both are off and only Chen is there."""
    ann, ben, chen = street.live("ann", "ben", "chen")
    ann.ask("profile.set", name="Ann", about="bowls since 1998")
    listing = offer(ann, ben, chen, title="手工茶碗 Blue tea bowl")
    order = order_in(ann, ben, listing, "completed")
    ben.until(partial(is_sealed, ben, order), SECONDS)
    ben.ask("order.review", order=order, rating="good", text="no chips at all")
    chen.until(partial(is_reviewed, chen, ann), SECONDS)
    chen.until(partial(has_about, chen, ann, "bowls since 1998"), SECONDS)
    ann.stop()
    ben.stop()

    (dai,) = street.live("dai")
    meet(dai, chen)
    dai.until(partial(has_listing, dai, listing), SECONDS)
    dai.until(partial(is_reviewed, dai, ann), SECONDS)
    found = dai.cli("listing", "search", "茶碗")
    assert found.returncode == 0
    assert listing[:8] in found.stdout
    assert "“Ann”" in found.stdout
    shown = dai.cli("person", "show", ann.person)
    assert shown.returncode == 0
    for told in ("bowls since 1998", "listings      1", "no chips at all"):
        assert told in shown.stdout, shown.stdout
    assert "手工茶碗 Blue tea bowl" in dai.cli("listing", "list", ann.person).stdout
    (review,) = dai.ask("review.list", person=ann.person)["about"]
    assert (review["author"]["name"], review["rating"]) == ("Ben", "good")


def has_about(reader: Node, about: Node, text: str) -> bool:
    shown: Json = reader.ask("profile.show", person=about.person)
    return text in str(shown)


def is_reviewed(reader: Node, seller: Node) -> bool:
    return "no chips at all" in str(reader.ask("review.list", person=seller.person))
