"""Who vouched for a liar is told, on a node that the liar never spoke to."""

from __future__ import annotations

import time
from collections.abc import Generator

import pytest

from goodword.crypto.address import to_address
from tests.demo.liar import Liar
from tests.make import fresh, profile
from tests.nodes import Node

pytestmark = pytest.mark.xdist_group("hostile")


@pytest.fixture
def liar() -> Generator[Liar]:
    process = Liar()
    yield process
    process.end()


def test_who_vouched_for_a_forker_is_told_by_another_node(ann: Node, ben: Node, liar: Liar) -> None:
    """Mallory tells Ann two things at one revision; Ben, who vouched, has both from Ann."""
    mallory, now = fresh("Mallory"), int(time.time())
    address = to_address(mallory.public_key)
    one, other = (profile(mallory, name=name, revision=7, now=now) for name in ("M", "Not M"))
    liar.cry(ann.addresses[0], one.to_bytes())
    ben.until(lambda: ben.ask("profile.show", person=address)["person"]["name"] == "M")
    ben.ask("vouch.give", person=address, how="met on a ship", strength="know")
    assert ben.ask("notice.list")["notices"] == []
    with ben.watching() as events:
        liar.cry(ann.addresses[0], other.to_bytes())
        told = events.first(20, event="notice", what="two_versions")
    assert told["person"]["address"] == address
    assert set(told["records"]) == {one.id.hex(), other.id.hex()}
    shown = ben.cli("feed").stdout.splitlines()[0]
    assert "said two things at once: goodword record show" in shown
    assert ben.cli("notice", "dismiss", told["records"][0][:8]).returncode == 0
    assert "said two things" not in ben.cli("feed").stdout
