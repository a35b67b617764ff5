"""What a shelf has is, at any moment, what its interest holds of the database."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
import trio
import trio.testing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodword.node import catalogue
from goodword.node.aside import Aside
from goodword.node.catalogue import Catalogue
from goodword.protocol import bounds, interest
from goodword.protocol.accumulator import Accumulator
from goodword.protocol.bounds import Place
from goodword.protocol.interest import EVERYTHING, Interest
from goodword.protocol.record import Record
from goodword.storage import records, shelves
from goodword.storage.database import Transaction
from tests.make import ANN, BEN, CHEN, DAI, fresh, listing, profile, review, vouch, withdrawal
from tests.node.test_catalogue import House, Slow
from tests.storage.memory import Memory, memory
from tests.storage.test_views import PUBLIC

EVE: Final = fresh("Eve")
SHOP: Final = [
    listing(EVE, title="figs", categories=["fruit"], nonce=b"f" * 16),
    listing(EVE, title="fig jam", categories=["jam"], nonce=b"f" * 16, revision=1),
    listing(EVE, title="figs again", categories=["fruit"], nonce=b"f" * 16, revision=2),
    listing(EVE, title="two at once", categories=["fruit"], nonce=b"f" * 16, revision=2),
    listing(EVE, title="a stool", region="de-by", nonce=b"s" * 16),
    listing(EVE, title="a stool", region="AT", nonce=b"s" * 16, revision=1),
    withdrawal(listing(EVE, nonce=b"s" * 16), EVE, revision=2),
    listing(CHEN, title="plums", categories=["fruit", "jam"], nonce=b"c" * 16),
    listing(CHEN, title="plums", nonce=b"c" * 16, revision=1),
    profile(EVE),
    profile(EVE, name="Evi", revision=1),
    profile(EVE, name="Eva", revision=1),
    vouch(EVE, CHEN.public_key),
    vouch(BEN, EVE.public_key),
    withdrawal(vouch(BEN, EVE.public_key), BEN),
    review(EVE, CHEN, order="fourth"),
    review(CHEN, EVE, order="fifth"),
    withdrawal(review(CHEN, EVE, order="fifth"), CHEN),
]
"""Sellers who come into a category or region, and leave it."""
ALL: Final = [*PUBLIC, *SHOP]


def history(seed: int, length: int) -> list[Record]:
    return random.Random(seed).choices(ALL, k=length)


histories = st.builds(history, st.integers(0, 2**32), st.integers(0, 60))
interests = st.builds(
    interest.make,
    st.sets(st.sampled_from([each.public_key for each in (ANN, BEN, CHEN, EVE)]), max_size=2),
    st.sets(st.sampled_from(["fruit", "jam"]), max_size=2),
    st.sets(st.sampled_from(["DE", "de-by", "at"]), max_size=2),
)


def held(house: House | Memory, of: Interest) -> list[Place]:
    """By a shelf that is built anew."""
    with house.database.reading() as db:
        return all_of(shelves.build(db, of).places)


def all_of(places: Accumulator) -> list[Place]:
    return list(places.iterate(0, places.size()))


@given(st.lists(interests, min_size=1, max_size=3), histories, histories, histories, histories)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_shelf_follows_what_comes_and_leaves(
    tmp_path: Path,
    of: list[Interest],
    before: list[Record],
    at_first: list[Record],
    meanwhile: list[Record],
    after: list[Record],
) -> None:
    house = House(tmp_path / "goodword.sqlite")
    trio.run(_live, house, of, before, at_first, meanwhile, after)
    house.close()


async def _live(
    house: House,
    of: list[Interest],
    before: list[Record],
    at_first: list[Record],
    meanwhile: list[Record],
    after: list[Record],
) -> None:
    """Records come before a shelf is built, while it is, before and after the other thread has
    looked, and when it is there."""
    house.learn(before)
    kept = house.intake.catalogue
    aside = Slow(house.reader)
    await kept.make(aside)
    may_look = threading.Event()
    aside.on_read = lambda: _wait(may_look)
    aside.meanwhile = lambda: house.learn(meanwhile)
    async with trio.open_nursery() as nursery:
        for each in of:
            nursery.start_soon(kept.ready, each)
        await trio.testing.wait_all_tasks_blocked(0.01)
        house.learn(at_first)
        may_look.set()
    for each in of:
        assert all_of(await kept.ready(each)) == held(house, each)
    for record in after:
        house.learn([record])
        for each in of:
            assert all_of(await kept.ready(each)) == held(house, each)


def _wait(until: threading.Event) -> None:
    assert until.wait(10)


# --- what an interest holds ----------------------------------------------------------------------


@given(interests, histories)
@settings(max_examples=100)
def test_what_is_held_is_what_the_spec_says(of: Interest, came: list[Record]) -> None:
    with memory(DAI, came) as dai:
        with dai.database.reading() as db:
            wanted = sorted(_held_by_the_words(db, of))
        assert held(dai, of) == wanted


def _held_by_the_words(db: Transaction, of: Interest) -> list[Place]:
    """SPEC 5.9, word by word, from the records that are offered."""
    offered = [(each, *_told(db, each)) for each in records.offered(db)]
    for_sale = [
        (place, record)
        for place, record, stands in offered
        if record.kind == "listing" and stands and not record.is_withdrawal
        if of.fits(_texts(record, "categories"), str((record.body or {}).get("region", "")))
    ]
    sellers = {record.author for _, record in for_sale}
    listed = {place for place, _ in for_sale}
    return [
        place
        for place, record, stands in offered
        if record.author in of.people
        or place in listed
        or (record.kind != "listing" and record.author in sellers)
        or (stands and _about(record) in {*of.people, *sellers})
    ]


def _told(db: Transaction, place: Place) -> tuple[Record, bool]:
    record = records.get(db, bounds.id_of(place))
    assert record is not None
    stands = records.current(db, record.author, record.kind, record.slot)
    return record, stands is not None and stands.id == record.id


def _texts(record: Record, name: str) -> Sequence[str]:
    found = (record.body or {}).get(name, [])
    assert isinstance(found, list)
    return [str(each) for each in found]


def _about(record: Record) -> object:
    if record.kind == "endorsement":
        return record.slot[:32]
    return (record.body or {}).get("about") if record.kind == "review" else None


@pytest.mark.parametrize(
    ("of", "titles"),
    [
        (interest.make([]), []),
        (interest.make([], ["jam"]), [7]),
        (interest.make([], [], ["AT"]), []),
        (interest.make([], [], ["DE"]), [4]),
        (interest.make([EVE.public_key]), [2, 4]),
    ],
)
def test_listings_are_held_by_category_by_region_and_by_their_seller(
    of: Interest, titles: list[int]
) -> None:
    with memory(DAI, [SHOP[n] for n in (0, 1, 2, 4, 7)]) as dai:
        places = [bounds.place(SHOP[n].made_at, SHOP[n].id) for n in titles]
        assert held(dai, of) == sorted(places)


def test_with_a_seller_comes_what_she_says_and_what_is_said_of_her() -> None:
    figs, said, of_her = SHOP[0], SHOP[9], SHOP[13]
    with memory(DAI, [figs, said, of_her, SHOP[4], profile(CHEN), vouch(CHEN)]) as dai:
        wanted = interest.make([], ["fruit"])
        assert {bounds.id_of(each) for each in held(dai, wanted)} == {figs.id, said.id, of_her.id}
        dai.learn([withdrawal(figs, EVE)])
        assert held(dai, wanted) == []


def test_to_be_told_twice_does_no_harm() -> None:
    """What changes while a shelf is built is seen there, and told after."""
    figs, said, wanted = SHOP[0], SHOP[9], interest.make([], ["fruit"])
    place = bounds.place(figs.made_at, figs.id)
    with memory(DAI, [figs, said]) as dai:
        with dai.database.reading() as db:
            shelf = shelves.build(db, wanted)
            for _ in range(2):
                shelf.change(db, {place: True}, shelves.rows(db, [place]))
        assert all_of(shelf.places) == held(dai, wanted)
        gone = withdrawal(figs, EVE)
        dai.learn([gone])
        came = bounds.place(gone.made_at, gone.id)
        with dai.database.reading() as db:
            for _ in range(2):
                shelf.change(db, {place: False, came: True}, shelves.rows(db, [came]))
        assert all_of(shelf.places) == held(dai, wanted) == []


# --- which are remembered ------------------------------------------------------------------------


async def test_who_asks_while_a_shelf_is_built_gets_the_same(tmp_path: Path) -> None:
    house = House(tmp_path / "goodword.sqlite")
    house.learn(SHOP)
    kept, wanted = house.intake.catalogue, interest.make([], ["fruit"])
    got: list[object] = []

    async def ask() -> None:
        got.append(await kept.ready(wanted))

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
        assert kept.known(wanted.id) is None
        await kept.make(Aside(house.reader))
    assert len({id(each) for each in got}) == 1
    assert kept.known(wanted.id) == wanted
    house.close()


async def test_who_waits_for_a_builder_that_was_cancelled_builds_it_himself(
    tmp_path: Path,
) -> None:
    house = House(tmp_path / "goodword.sqlite")
    house.learn(SHOP)
    kept, wanted = house.intake.catalogue, interest.make([], ["fruit"])
    aside = Aside(house.reader)
    await kept.make(aside)
    may_look = threading.Event()
    aside.on_read = lambda: _wait(may_look)
    with trio.CancelScope() as first:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(kept.ready, wanted)
            await trio.testing.wait_all_tasks_blocked(0.01)
            first.cancel()
            may_look.set()
    assert all_of(await kept.ready(wanted)) == held(house, wanted)
    house.close()


async def test_the_shelf_that_was_not_asked_for_longest_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(tmp_path / "goodword.sqlite")
    kept = house.intake.catalogue
    await kept.make(Aside(house.reader))
    some = [interest.make([], [f"c{n}"]) for n in range(catalogue.SHELVES_MAX + 2)]
    for each in some[:-1]:
        await kept.ready(some[0])
        await kept.ready(each)
    await kept.ready(some[-1])
    remembered = [each for each in some if kept.known(each.id)]
    assert remembered == [some[0], *some[3:]]
    house.learn(SHOP)
    monkeypatch.setattr(catalogue, "SHELVES_PLACES_MAX", 1)
    fruit = interest.make([], ["fruit"])
    assert (await kept.ready(fruit)).size() > 1
    assert kept.known(some[-1].id) is None
    assert kept.known(fruit.id) == fruit
    house.close()


async def test_everything_is_always_known(tmp_path: Path) -> None:
    house = House(tmp_path / "goodword.sqlite")
    kept: Catalogue = house.intake.catalogue
    await kept.make(Aside(house.reader))
    assert kept.known(b"") is EVERYTHING
    assert kept.known(bytes(32)) is None
    assert await kept.ready(EVERYTHING) is await kept.ready()
    house.close()
