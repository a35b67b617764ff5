"""Somebody with many keys speaks of one person without end, in every category that there is.

What stands against it: what is said by whom no path leads to is not even read.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import cast

import pytest

from goodword.crypto.address import to_address
from goodword.node import trusting
from goodword.protocol.scope import Part, Scope
from goodword.storage import opinions
from tests.make import ANN, BEN, CHEN, NOW, fresh, vouch, warning
from tests.world import Shown, Trader, traders

FLOOD = [
    warning(fresh(f"liar {n}"), CHEN.public_key, part=Part.AGENT, category=f"a-{n}")
    for n in range(trusting.APART_MAX + 5)
]


@pytest.fixture
def ann(tmp_path: Path) -> Generator[Trader]:
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(vouch(ANN, BEN.public_key), warning(BEN, CHEN.public_key, part=Part.SELLER))
        ann.admit(vouch(BEN, CHEN.public_key, part=Part.BUYER, category="rugs"))
        ann.admit(*FLOOD)
        yield ann


async def test_many_scopes_of_strangers_do_not_hide_what_friends_say(ann: Trader) -> None:
    told = cast("Shown", await ann.trusting.show(person=to_address(CHEN.public_key)))
    scopes = [(each["role"], each["category"]) for each in told["apart"]]
    assert scopes == [("buyer", None), ("buyer", "rugs"), ("seller", None)]


async def test_a_flood_changes_no_number_and_is_not_read(ann: Trader) -> None:
    with ann.database.reading() as db:
        judged = ann.trusting.judgement(db, CHEN.public_key, Scope())
        assert len(opinions.about(db, CHEN.public_key, NOW)) == len(FLOOD) + 2
    assert [each.rater for each in judged.contributions] == [BEN.public_key]
    assert judged.unreached == 0, "nobody was looked at to whom no path leads"


async def test_a_farm_of_one_fool_hides_neither_what_a_friend_says(ann: Trader) -> None:
    """They are heard, a little, and have the first names."""
    farm = [fresh(f"liar {n}") for n in range(trusting.APART_MAX + 5)]
    ann.admit(*(vouch(BEN, each.public_key) for each in farm))
    told = cast("Shown", await ann.trusting.show(person=to_address(CHEN.public_key)))
    scopes = [(each["role"], each["category"]) for each in told["apart"]]
    assert len(scopes) == trusting.APART_MAX
    assert {("buyer", None), ("buyer", "rugs"), ("seller", None)} <= set(scopes)
