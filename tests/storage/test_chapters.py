from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Final

import pytest

from goodword.crypto.person import Person
from goodword.protocol.money import Money
from goodword.protocol.record import Record
from goodword.storage import candidates, chapters, listings
from goodword.storage.candidates import (
    CANDIDATES_MAX,
    ENOUGH,
    NEAR_LISTINGS_MAX,
    NEW_CHAPTERS,
    Filter,
)
from goodword.storage.chapters import ARRIVALS, Words
from goodword.storage.database import Database, Transaction
from goodword.storage.nearby import Nearby
from tests.make import ANN, BEN, CHEN, listing
from tests.storage.memory import Memory


@pytest.fixture
def database() -> Generator[Database]:
    found = Database()
    yield found
    found.close()


def sold(
    title: str,
    seq: int,
    seller: Person = ANN,
    *,
    region: str = "",
    categories: Sequence[str] = (),
    price: str = "2 EUR",
) -> tuple[Record, int]:
    """And as which arrival it comes."""
    nonce = seq.to_bytes(16, "big")
    made = listing(
        seller, nonce=nonce, title=title, region=region, categories=categories, price=price
    )
    return made, seq


def show(database: Database, *shown: tuple[Record, int]) -> None:
    """Index these records as if each had come as that arrival."""
    with database.transaction() as db:
        for record, seq in shown:
            db.execute(
                "INSERT INTO record VALUES (?, ?, 'listing', ?, ?, 0, 0, 0, ?)",
                (seq, record.id, record.author, record.slot, record.to_bytes()),
            )
            listings.index(db, [(record, seq)])


def take_out(database: Database, record: Record, seq: int) -> None:
    with database.transaction() as db:
        listings.unindex(db, record, seq)


def found(database: Database, words: str, wanted: Filter | None = None) -> list[int]:
    """The best first."""
    with database.reading() as db:
        some = candidates.find(db, words, wanted or Filter())
    return [each.seq for each in sorted(some, key=lambda each: (each.place, -each.seq))]


def test_a_chapter_is_made_when_something_of_it_comes_and_over_when_all_has_gone(
    database: Database,
) -> None:
    first, last = sold("tea", ARRIVALS - 1), sold("tea", 5 * ARRIVALS)
    show(database, first, last)
    with database.reading() as db:
        assert chapters.numbers(db) == [5, 0]
        assert chapters.numbers(db, before=ARRIVALS) == [0]
        assert chapters.numbers(db, before=5 * ARRIVALS) == [0]
        assert chapters.numbers(db, before=5 * ARRIVALS + 1) == [5, 0]
    take_out(database, *first)
    with database.reading() as db:
        assert chapters.numbers(db) == [5]
        assert db.execute("SELECT count(*) FROM listing_words_0_docsize").fetchone() == (0,)
    assert found(database, "tea") == [5 * ARRIVALS]
    with database.transaction() as db:
        chapters.empty(db)
        assert (
            db.execute("SELECT name FROM sqlite_schema WHERE name GLOB '*_words_*'").fetchall()
            == []
        )


def test_the_newest_chapter_goes_on_when_all_has_gone(database: Database) -> None:
    first = sold("tea", 1)
    show(database, first)
    take_out(database, *first)
    assert found(database, "tea") == []
    show(database, sold("tea", 2))
    assert found(database, "tea") == [2]


def test_a_listing_can_leave_while_others_are_read(database: Database) -> None:
    """As when all views are made anew: SQLite drops no table then."""
    shown = [sold("tea", 1), sold("tea", ARRIVALS), sold("tea", 2 * ARRIVALS)]
    show(database, *shown)
    with database.transaction() as db:
        reading = db.execute("SELECT seq FROM record ORDER BY seq")
        for record, seq in shown:
            assert next(reading) == (seq,)
            listings.unindex(db, record, seq)
        assert chapters.numbers(db) == [2]


def test_a_chapter_of_which_something_is_left_forgets_the_rest_alone(database: Database) -> None:
    kept, gone = sold("green tea", 1), sold("black tea", 2)
    show(database, kept, gone)
    take_out(database, *gone)
    assert (found(database, "tea"), found(database, "black")) == ([1], [])
    with database.transaction() as db:
        chapters.merge(db, 1)
        assert db.execute("SELECT number, removed FROM chapter").fetchall() == [(0, 0)]
    assert found(database, "tea") == [1]


def test_what_is_undone_leaves_no_chapter(database: Database) -> None:
    record, seq = sold("tea", 1)
    with pytest.raises(KeyError):
        _interrupted(database, seq)
    with database.reading() as db:
        assert chapters.numbers(db) == []
    show(database, (record, seq))
    assert found(database, "tea") == [1]


def _interrupted(database: Database, seq: int) -> None:
    with database.transaction() as db:
        chapters.put(db, [(seq, Words("tea", "", "", ""))])
        raise KeyError


def test_all_words_and_filters_hold_across_chapters(database: Database) -> None:
    show(
        database,
        sold("green tea", 1, region="DE-BE", categories=("tea",)),
        sold("green tea", ARRIVALS + 1, BEN, region="FR", categories=("tea-pots",)),
        sold("black tea", 2 * ARRIVALS + 1, region="de", price="0.01 EUR"),
    )
    early, middle, late = 1, ARRIVALS + 1, 2 * ARRIVALS + 1
    assert sorted(found(database, "green")) == [early, middle]
    assert sorted(found(database, "tea gre")) == [early, middle]
    assert sorted(found(database, "tea", Filter(region="DE"))) == [early, late]
    assert found(database, "tea", Filter(category="tea")) == [early]
    assert found(database, "", Filter(category="tea-pots")) == [middle]
    assert found(database, "te", Filter(category="tea-pots")) == [middle]
    assert found(database, "te", Filter(category="pots")) == []
    assert found(database, "tea", Filter(seller=BEN.public_key)) == [middle]
    assert found(database, "", Filter(max_price=Money(1, "EUR"))) == [late]
    assert found(database, "") == [late, middle, early]


def test_how_well_something_fits_does_not_depend_on_its_chapter(database: Database) -> None:
    """In the older chapter the word is rare, in the newer one all have it: bm25 alone would put
    what comes in the newer one far behind."""
    others = [sold("honey", seq) for seq in range(2, 30)]
    show(database, sold("words words words tea", 1), *others, sold("tea", ARRIVALS))
    assert found(database, "tea") == [ARRIVALS, 1]


def test_what_strangers_sell_does_not_hide_older_listings_of_those_near(
    database: Database,
) -> None:
    flood = [sold("tea", ARRIVALS + n, BEN) for n in range(CANDIDATES_MAX)]
    theirs = [sold("tea", seq, CHEN) for seq in range(1, NEAR_LISTINGS_MAX + 2)]
    show(database, *theirs, *flood, sold("honey", ARRIVALS - 1, CHEN))
    nearby = Nearby()
    with database.reading() as db:
        for words in ("tea", ""):
            near = candidates.find(db, words, Filter(), [CHEN.public_key], nearby)
            old = [each for each in near if each.seq < ARRIVALS]
            assert len(near) == CANDIDATES_MAX + NEAR_LISTINGS_MAX
            assert {each.seller for each in old} == {CHEN.public_key}
            assert (old[0].seq == ARRIVALS - 1) is (words == "")
        assert len(candidates.find(db, "tea", Filter())) == CANDIDATES_MAX


OLD: Final = 0
"""A chapter that is none of the newest, once `newer` have come."""


def newer() -> list[tuple[Record, int]]:
    return [sold("honey", (OLD + 1 + n) * ARRIVALS) for n in range(NEW_CHAPTERS)]


def test_with_enough_a_search_goes_no_further_back_than_the_newest_chapters(
    database: Database,
) -> None:
    first, last = OLD * ARRIVALS + 1, (OLD + NEW_CHAPTERS) * ARRIVALS
    show(database, sold("tea", first, CHEN), sold("tea", first + 1), *newer())
    show(database, *(sold("tea", last + n, BEN) for n in range(1, ENOUGH)))
    assert found(database, "tea")[-1] == first
    show(database, sold("tea", last + ENOUGH, BEN))
    assert len(found(database, "tea")) == ENOUGH
    with database.reading() as db:
        near = candidates.find(db, "tea", Filter(), [CHEN.public_key])
    assert len(near) == ENOUGH + 1
    assert near[-1].seq == first, "no others hide what those near sell"


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("green tea", Filter()),
        ("gre te", Filter()),
        ("te 绿茶", Filter()),
        ("绿茶 茶壶", Filter()),
        ("te t", Filter()),
        ("te", Filter(region="DE")),
        ("te", Filter(category="tea")),
        ("te gre", Filter(seller=BEN.public_key, region="DE-B")),
        ("te 绿茶", Filter(seller=BEN.public_key)),
        ("te gre", Filter(max_price=Money(100, "EUR"))),
        ("", Filter(region="DE", category="tea")),
    ],
)
def test_what_is_found_does_not_depend_on_how_old_it_is(
    database: Database, words: str, wanted: Filter
) -> None:
    titles = (
        "green tea",
        "teapot 绿茶",
        "greens t team",
        "绿茶 茶壶 te",
        "green",
        "tea 茶壶 绿茶 t",
    )
    goods = [
        (title, seller, region, price)
        for title in titles
        for seller in (ANN, BEN)
        for region in ("DE-BE", "FR")
        for price in ("1 EUR", "2 EUR")
    ]
    for chapter in (OLD, OLD + NEW_CHAPTERS):
        show(
            database,
            *(
                sold(
                    title,
                    chapter * ARRIVALS + place,
                    seller,
                    region=region,
                    price=price,
                    categories=("tea",) if place % 3 else (),
                )
                for place, (title, seller, region, price) in enumerate(goods, start=1)
            ),
        )
    show(database, *newer())
    places = [divmod(each, ARRIVALS) for each in found(database, words, wanted)]
    old, new = (
        {place for number, place in places if number == chapter and place}
        for chapter in (OLD, OLD + NEW_CHAPTERS)
    )
    assert old == new
    assert old


def test_an_older_listing_is_judged_by_the_word_that_says_most(database: Database) -> None:
    text = "words " * 20
    shown = [("porcelain tea", ""), ("tea", text + "porcelain"), ("honey", text + "porcelain tea")]
    for seq, (title, rest) in enumerate(shown, start=1):
        nonce = seq.to_bytes(16, "big")
        show(database, (listing(ANN, nonce=nonce, title=title, text=rest), seq))
    show(database, *newer())
    with database.reading() as db:
        judged = {each.seq: each.place for each in candidates.find(db, "tea porcelain", Filter())}
    assert judged[1] < judged[2] == pytest.approx(judged[3], rel=0.1)


# --- whose ------------------------------------------------------------------------------------


def places(nearby: Nearby, db: Transaction, *sellers: Person) -> list[int]:
    told = nearby.chapters(db, [each.public_key for each in sellers])
    return [
        number * ARRIVALS + place
        for number, marked in sorted(told.items())
        for place, mark in enumerate(marked)
        if mark
    ]


def test_what_came_since_and_who_came_near_is_learned(database: Database) -> None:
    nearby = Nearby()
    show(database, sold("tea", 1), sold("tea", 2, BEN), sold("tea", ARRIVALS, CHEN))
    with database.reading() as db:
        assert places(nearby, db, ANN) == [1]
        assert places(nearby, db, ANN, BEN) == [1, 2]
    show(database, sold("pot", ARRIVALS + 1), sold("pot", ARRIVALS + 2, BEN))
    with database.reading() as db:
        assert places(nearby, db, BEN, CHEN) == [2, ARRIVALS, ARRIVALS + 2]
        assert places(nearby, db, ANN) == [1, ARRIVALS + 1]
        assert places(nearby, db) == []
        assert places(Nearby(), db, ANN) == [1, ARRIVALS + 1]


def test_a_listing_that_was_taken_out_is_not_found_again() -> None:
    shop = Memory()
    made = listing(CHEN, title="tea", nonce=b"t" * 16)
    shop.learn([made])
    nearby = Nearby()
    with shop.database.reading() as db:
        assert places(nearby, db, CHEN) == [1]
    shop.learn([listing(CHEN, title="pot", nonce=b"t" * 16, revision=1)])
    with shop.database.reading() as db:
        assert places(nearby, db, CHEN) == [1, 2]
        found = candidates.find(db, "", Filter(), [CHEN.public_key], nearby)
        assert [each.seq for each in found] == [2]
    shop.database.close()
