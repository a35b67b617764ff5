"""Somebody lets strangers vouch without end, or what a walk goes along vanish under it.

What stands against it: who hands nothing on changes no walk; and a walk along records that have
left is walked anew.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import cast

import pytest
import trio

from goodword.crypto.address import to_address
from goodword.protocol import endorsement
from goodword.protocol.endorsement import Strength
from goodword.protocol.record import Record
from goodword.protocol.scope import Scope
from goodword.storage import records, views
from goodword.storage.database import Transaction
from tests.make import ANN, BEN, CHEN, DAI, NOW, fresh, vouch, withdrawal
from tests.world import Shown, Trader, traders

OTHER = fresh("other")


@pytest.fixture
def ann(tmp_path: Path) -> Generator[Trader]:
    """She listens to Ben, and through him to Chen, who vouches for Dai."""
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(vouch(ANN, BEN.public_key), vouch(BEN, CHEN.public_key))
        ann.admit(vouch(CHEN, DAI.public_key))
        yield ann


async def score(of: Trader) -> float:
    return float((await seen(of))["score"])


async def seen(of: Trader) -> Shown:
    return cast("Shown", await of.trusting.show(person=to_address(DAI.public_key)))


async def test_strangers_do_not_make_her_walk_anew(ann: Trader) -> None:
    before = await score(ann)
    first = ann.trusting._walked
    assert first is not None
    for n in range(20):
        ann.admit(vouch(fresh(f"liar {n}"), DAI.public_key))
        assert await score(ann) == before
        assert ann.trusting._walked is not None
        assert ann.trusting._walked[2] is first[2]


@pytest.mark.parametrize(
    "said",
    [
        vouch(ANN, OTHER.public_key),
        vouch(BEN, OTHER.public_key),
        vouch(BEN, CHEN.public_key, strength=Strength.TRUST, now=NOW + 1),
        withdrawal(vouch(BEN, CHEN.public_key), BEN),
    ],
)
async def test_who_hands_on_does(ann: Trader, said: Record) -> None:
    await score(ann)
    first = ann.trusting._walked
    assert first is not None
    ann.admit(said)
    await score(ann)
    assert ann.trusting._walked is not None
    assert ann.trusting._walked[2] is not first[2]


async def test_a_walk_along_what_has_left_is_walked_anew(ann: Trader) -> None:
    """Room is made of those whom nobody near vouches for, as of the last look: the walk goes on."""
    assert await score(ann) > 0
    with ann.database.transaction() as db:
        slot = endorsement.slot(CHEN.public_key, Scope())
        seq = next(iter(records.of_slot(db, BEN.public_key, endorsement.KIND, slot)))
        views.hide(db, BEN.public_key, endorsement.KIND, slot)
        records.drop(db, seq)
    assert await score(ann) == 0


async def test_what_is_said_while_she_looks_is_not_missed(ann: Trader) -> None:
    """Said after the moment that she looks at, and noted before she walks."""

    def ask(db: Transaction) -> None:
        records.last(db)  # from here on this is the moment that is seen
        trio.from_thread.run_sync(
            ann.admit, vouch(BEN, OTHER.public_key), vouch(OTHER, DAI.public_key)
        )
        assert not ann.trusting.judgement(db, OTHER.public_key, Scope()).counted

    await ann.trusting._aside.read(ask)
    assert [each["steps"] for each in (await seen(ann))["evidence"]] == [2, 2]
