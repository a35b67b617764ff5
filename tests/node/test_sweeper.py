"""Who narrows what he keeps gets his disk back; what he needs stays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import trio

from goodword.node import sweeper
from goodword.node.aside import Aside
from goodword.node.declared import Declared, kept
from goodword.node.sweeper import Sweeper
from goodword.protocol.entry import Event
from goodword.protocol.record import Record
from goodword.storage import records, soundness, views
from tests.make import (
    ANN,
    BEN,
    CHEN,
    DAI,
    NOW,
    chain,
    contract,
    fresh,
    listing,
    profile,
    propose,
    vouch,
)
from tests.node.peer_process import eventually
from tests.world import Trader, traders

EVE, FINN = fresh("Eve"), fresh("Finn")
PLUMS = listing(EVE, categories=["fruit"])
OF_EVE = [PLUMS, profile(EVE), vouch(BEN, EVE.public_key)]
LOAVES = [
    listing(FINN, categories=["bread"], nonce=n.to_bytes(16, "big"), title=f"loaf {n}")
    for n in range(200)
]
ORDERED = listing(BEN, title="ordered", nonce=b"o" * 16)


async def swept(of: Trader, **said: object) -> int:
    """After `goodword keep set`."""
    await of.intake.catalogue.make(Aside(of.reader))
    broom = Sweeper(of.intake, of.database)
    declared = Declared(is_everything=not said, **said)  # type: ignore[arg-type]
    with of.database.reading() as db:
        broom.follow(kept(db, declared, of.me, of.watch()))
    return await broom.sweep()


def here(of: Trader, made: Sequence[Record]) -> list[bool]:
    with of.database.reading() as db:
        return [records.has(db, each.id) for each in made]


async def test_what_is_not_kept_leaves_and_the_rest_stays(tmp_path: Path) -> None:
    mine, friends = profile(ANN), [vouch(ANN, CHEN.public_key), profile(CHEN), listing(CHEN)]
    near = [vouch(CHEN, DAI.public_key), listing(DAI)]
    order = chain(propose(contract(ORDERED)), (BEN, Event.ACCEPT))
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(mine, *friends, *near, ORDERED, *order, *OF_EVE, *LOAVES, profile(BEN))
        assert await swept(ann, categories=("fruit",), hops=0) == len(LOAVES)
        assert not any(here(ann, LOAVES))
        assert all(here(ann, [mine, *friends, *near, ORDERED, *order, *OF_EVE]))
        assert await swept(ann, categories=("fruit",), hops=0) == 0


async def test_what_is_counted_and_shown_is_what_is_left(tmp_path: Path) -> None:
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(*OF_EVE, *LOAVES, listing(DAI))
        await swept(ann, categories=("fruit",), hops=0)
        everything = await ann.intake.catalogue.ready()
        with ann.database.transaction() as db:
            assert list(everything.iterate(0, everything.size())) == records.offered(db)
            shares = ann.intake.room.shares(db)
            assert sum(each.records for each in shares.values()) == everything.size()
            before = soundness.fingerprints(db)
            views.rebuild(db, ann.me)
            assert soundness.fingerprints(db) == before
            assert not soundness.broken_references(db)


async def test_a_slot_leaves_only_if_nothing_of_it_is_kept(tmp_path: Path) -> None:
    """The listing that is kept, and another at its revision, outside: proof that he said both."""
    one, other = (
        listing(EVE, title=title, categories=[title], revision=1) for title in ("fruit", "bread")
    )
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(*sorted([one, other], key=lambda each: each.id, reverse=True), listing(DAI))
        with ann.database.reading() as db:
            stands = records.current(db, EVE.public_key, "listing", one.slot)
        assert stands is not None
        await swept(ann, categories=(str((stands.body or {})["title"]),), hops=0)
        assert here(ann, [one, other]) == [True, True]


async def test_nothing_leaves_who_keeps_everything(tmp_path: Path) -> None:
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(*LOAVES)
        assert await swept(ann) == 0
        assert all(here(ann, LOAVES))


async def test_what_was_swept_out_can_come_back(tmp_path: Path) -> None:
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(*LOAVES, listing(DAI))
        await swept(ann, hops=0)
        assert not any(here(ann, LOAVES))
        ann.admit(*LOAVES)
        assert all(here(ann, LOAVES))


async def test_a_round_ends_when_the_interest_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeper, "ROWS_AT_ONCE", 1)
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(*LOAVES, listing(DAI))
        await ann.intake.catalogue.make(Aside(ann.reader))
        broom = Sweeper(ann.intake, ann.database)
        with ann.database.reading() as db:
            narrow = kept(db, Declared(is_everything=False, hops=0), ann.me, NOW)
            whole = kept(db, Declared(), ann.me, NOW)
        broom.follow(narrow)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(broom.sweep)
            await eventually(lambda: not all(here(ann, LOAVES)))
            broom.follow(whole)
        assert any(here(ann, LOAVES))
