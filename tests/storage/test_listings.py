from __future__ import annotations

from collections.abc import Generator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from goodword.protocol.money import Money
from goodword.protocol.record import Record, Slot
from goodword.storage import listings
from goodword.storage.listings import RESULTS_MAX, Filter
from tests.make import ANN, BEN, CHEN, NOW, listing, withdrawal
from tests.storage import dump
from tests.storage.memory import Memory, memory

WALLET = listing(
    BEN,
    title="纯手工制作真皮钱包 Handmade Wallet",
    price="120.00 EUR",
    text="植鞣革 手缝。Vegetable tanned.",
    region="DE-BE",
    categories=["leather", "wallet"],
    nonce=b"w" * 16,
    now=NOW - 40,
)
WÄLLÉT = listing(
    ANN, title="Wällét, small", price="80.00 EUR", region="DE-BY", nonce=b"s" * 16, now=NOW - 30
)
BELT = listing(
    ANN,
    title="Belt",
    price="900 JPY",
    text="goes with your wallet",
    region="台北",
    categories=["leather"],
    nonce=b"b" * 16,
    now=NOW - 20,
)
HONEY = listing(
    CHEN, title="Miel", price="5.00 EUR", region="100%_\\x", nonce=b"h" * 16, now=NOW - 10
)
ALL = [WALLET, WÄLLÉT, BELT, HONEY]


@pytest.fixture(scope="module")
def market() -> Generator[Memory]:
    with memory(made=ALL) as shop:
        yield shop


def titles(*made: Record) -> list[str]:
    return [str((each.body or {})["title"]) for each in made]


# --- words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("手工 钱包", [WALLET]),
        ("手工", [WALLET]),
        ("手缝", [WALLET]),
        ("包", [WALLET]),
        ("工手", []),
        ("钱包 belt", []),
        ("wallet", [WALLET, WÄLLÉT, BELT]),
        ("WALLET", [WALLET, WÄLLÉT, BELT]),
        ("Wällét", [WALLET, WÄLLÉT, BELT]),
        ("Wa\u0308lle\u0301t", [WALLET, WÄLLÉT, BELT]),
        ("wall", [WALLET, WÄLLÉT, BELT]),
        ("allet", []),
        ("small wal", [WÄLLÉT]),
        ("leather", [WALLET, BELT]),
        ("tanned", [WALLET]),
        ("台北", [BELT]),
        ("berlin", []),
    ],
)
def test_words_find_what_they_should(market: Memory, words: str, found: list[Record]) -> None:
    assert sorted(market.found(words)) == sorted(titles(*found))


def test_a_word_in_the_title_ranks_above_one_in_the_text(market: Memory) -> None:
    *better, last = market.found("wallet")
    assert (len(better), last) == (2, "Belt")


def test_a_category_ranks_between_title_and_text() -> None:
    # As long as one another, so that only the place of the word differs.
    made = [
        listing(nonce=bytes([n]) * 16, title=title, text=text, categories=categories)
        for n, (title, text, categories) in enumerate(
            [("one", "tea", ["pot"]), ("two", "pot", ["tea"]), ("tea", "pot", ["two"])]
        )
    ]
    with memory(made=made) as shop:
        assert shop.found("tea") == ["tea", "two", "one"]


def test_without_words_the_newest_comes_first(market: Memory) -> None:
    assert market.found("") == market.found(" \n") == titles(HONEY, BELT, WÄLLÉT, WALLET)
    assert market.found("", limit=2) == titles(HONEY, BELT)


@given(st.text(st.characters()))
@example('"')
@example('wallet" OR "belt')
@example("title: wallet")
@example("wallet*^")
@example("NEAR(wallet belt, 5)")
@example("((((")
@example("\0")
@example("wallet\0belt")
@example("\ud800")
@example("w" * 100_000)
@example("包" * 100_000)
@example("wallet " * 100_000)
@example("%_\\")
def test_no_query_is_hostile_enough(market: Memory, words: str) -> None:
    market.found(words)


@pytest.mark.parametrize("words", ['"', "-", "!!!", "「」", "_", "\0", "・", "🙂"])
def test_punctuation_alone_finds_nothing(market: Memory, words: str) -> None:
    assert market.found(words) == []


@pytest.mark.parametrize("words", ["wallet!", '"wallet"', "wallet _", "🙂 wallet", "wal-let"])
def test_punctuation_does_not_disturb_words(market: Memory, words: str) -> None:
    assert ("Belt" in market.found(words)) == (words != "wal-let")


# --- filters -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(category="leather"), [BELT, WALLET]),
        (Filter(category="leathe"), []),
        (Filter(category=""), []),
        (Filter(category="leather wallet"), []),
        (Filter(max_price=Money(8_000, "EUR")), [HONEY, WÄLLÉT]),
        (Filter(max_price=Money(7_999, "EUR")), [HONEY]),
        (Filter(max_price=Money(2**53 - 1, "JPY")), [BELT]),
        (Filter(max_price=Money(2**53 - 1, "USD")), []),
        (Filter(seller=ANN.public_key), [BELT, WÄLLÉT]),
        (Filter(region="DE"), [WÄLLÉT, WALLET]),
        (Filter(region="de-be"), [WALLET]),
        (Filter(region="台"), [BELT]),
        (Filter(region="100%"), [HONEY]),
        (Filter(region="1%"), []),
        (Filter(region="____"), []),
        (Filter(region="100%_\\"), [HONEY]),
        (Filter(seller=ANN.public_key, max_price=Money(8_000, "EUR"), region="DE"), [WÄLLÉT]),
    ],
)
def test_filters_leave_what_they_name(market: Memory, wanted: Filter, found: list[Record]) -> None:
    assert market.found("", wanted) == titles(*found)


def test_filters_and_words_both_hold(market: Memory) -> None:
    assert market.found("wallet", Filter(category="leather")) == titles(WALLET, BELT)
    assert market.found("wallet", Filter(max_price=Money(10_000, "EUR"))) == titles(WÄLLÉT)
    assert market.found("honey", Filter(seller=ANN.public_key)) == []


def test_an_answer_is_never_longer_than_its_bound() -> None:
    made = [listing(nonce=n.to_bytes(16, "big")) for n in range(RESULTS_MAX + 1)]
    with memory(made=made) as shop:
        assert len(shop.found("", limit=10**6)) == RESULTS_MAX
        assert len(shop.found("apples", limit=10**6)) == RESULTS_MAX


# --- what leaves -------------------------------------------------------------------------------


def test_a_revised_listing_is_found_by_its_new_words_only() -> None:
    revised = listing(BEN, title="Belt", nonce=b"w" * 16, revision=1)
    with memory(made=[WALLET, revised]) as shop:
        assert shop.found("wallet") == shop.found("手工") == []
        assert shop.found("belt") == shop.found("") == ["Belt"]
        assert dump.words(shop.database) == {"belt"}


def test_a_withdrawn_listing_leaves_no_word_behind() -> None:
    with memory(made=[WALLET, WÄLLÉT, withdrawal(WALLET, BEN)]) as shop:
        assert shop.found("wallet") == shop.found("") == titles(WÄLLÉT)
        assert dump.words(shop.database) == {"wallet", "small", "de", "by"}
        with shop.database.reading() as db:
            assert listings.get(db, WALLET.slot) is None
            assert listings.count(db) == 1
            assert listings.ids(db) == [WÄLLÉT.id]


def test_a_listing_is_found_by_its_slot_and_by_the_beginning_of_it(market: Memory) -> None:
    with market.database.reading() as db:
        found = listings.get(db, WALLET.slot)
        assert found is not None
        assert found.record == WALLET
        first = WALLET.slot[:4]
        assert listings.starting_with(db, first.ljust(32, b"\0"), first.ljust(32, b"\xff")) == [
            WALLET.slot
        ]
        assert len(listings.starting_with(db, bytes(32), b"\xff" * 32)) == 2
        assert listings.get(db, Slot(bytes(32))) is None


def test_a_seller_has_his_own_listings_newest_first(market: Memory) -> None:
    with market.database.reading() as db:
        found = listings.by_seller(db, ANN.public_key)
    assert [each.record for each in found] == [BELT, WÄLLÉT]


def test_a_region_of_any_length_is_looked_up() -> None:
    """SQLite refuses a pattern of 50,000 bytes: that looked like a broken disk, and ended the
    node."""
    with memory(made=[listing(region="DE-BE")]) as kept:
        assert kept.found("", Filter(region="D" * 60_000)) == []
        assert kept.found("", Filter(region="%" * 60_000)) == []
