"""In which order a search shows what it finds, from real records."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from goodword.crypto.address import to_address
from goodword.crypto.keys import PublicKey
from goodword.crypto.person import Person
from goodword.node.ranking import FRESH_SECONDS, Sort, ordered, relevance
from goodword.node.reading import Misunderstood
from goodword.protocol.endorsement import Strength
from goodword.protocol.entry import Event
from goodword.protocol.limits import DAY
from goodword.protocol.record import Record
from goodword.protocol.scope import Part
from goodword.protocol.trust import AVOIDED, LIKING
from goodword.storage.candidates import CANDIDATES_MAX, Candidate
from goodword.storage.findings import FINDINGS_MAX
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
    say,
    vouch,
)
from tests.world import Shown, Trader, traders

STRANGER: Final = fresh("a stranger")

POOR: Final = "a box " * 60
"""Of all who have the word, this says least of it."""


@pytest.fixture
def ann(tmp_path: Path) -> Generator[Trader]:
    """Ann, who trusts Chen."""
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(vouch(ANN, CHEN.public_key, strength=Strength.TRUST))
        yield ann


def sold(by: Person, title: str, *, at: int = NOW, **more: Any) -> Record:
    nonce = title.encode()[:16].ljust(16, b".")
    return listing(by, title=title, nonce=nonce, now=at, **more)


async def found(of: Trader, words: str = "", **more: Any) -> list[Shown]:
    answer: Any = await of.market.search(words=words, **more)
    return list(answer["listings"])


async def titles(of: Trader, words: str = "", **more: Any) -> list[str]:
    return [str(each["title"]) for each in await found(of, words, **more)]


# --- what fits, and whom I trust ---------------------------------------------------------------


async def test_of_two_that_fit_alike_the_one_of_a_friend_is_first(ann: Trader) -> None:
    ann.admit(sold(CHEN, "tea bowl one"), sold(STRANGER, "tea bowl two"))
    assert await titles(ann, "bowl") == ["tea bowl one", "tea bowl two"]
    assert await titles(ann, "bowl", sort="relevance") == ["tea bowl two", "tea bowl one"]


async def test_a_perfect_find_of_a_stranger_stays_above_a_poor_one_of_a_friend(
    ann: Trader,
) -> None:
    ann.admit(sold(CHEN, "crate", text=f"{POOR} bowl"), sold(STRANGER, "blue bowl"))
    assert await titles(ann, "bowl") == ["blue bowl", "crate"]
    first, second = await found(ann, "bowl")
    assert (first["trust"]["word"], second["trust"]["word"]) == ("no opinion", "known, good")


@pytest.mark.parametrize("how", ["warn", "block"])
async def test_whom_i_avoid_comes_last_and_it_says_why(ann: Trader, how: str) -> None:
    ann.admit(sold(BEN, "bowl bowl bowl"), sold(STRANGER, "crate", text=f"{POOR} bowl"))
    assert await titles(ann, "bowl") == ["bowl bowl bowl", "crate"]
    ben = to_address(BEN.public_key)
    if how == "warn":
        ann.endorsing.warn(person=ben, because="nothing came")
    else:
        ann.reputation.block(person=ben)
    assert await titles(ann, "bowl") == ["crate", "bowl bowl bowl"]
    last = (await found(ann, "bowl"))[-1]["trust"]
    assert last["word"] == "avoid"
    if how == "warn":
        assert [each["text"] for each in last["evidence"]] == ["nothing came"]
    else:
        assert [each["what"] for each in last["findings"]] == ["blocked"]


async def test_whom_a_friend_warns_of_comes_after_strangers(ann: Trader) -> None:
    ann.admit(
        sold(BEN, "bowl by Ben"),
        sold(STRANGER, "bowl by a stranger"),
        vouch(CHEN, BEN.public_key, strength=Strength.WARN),
    )
    assert await titles(ann, "bowl") == ["bowl by a stranger", "bowl by Ben"]
    assert [each["trust"]["word"] for each in await found(ann, "bowl")] == ["no opinion", "warned"]


async def test_he_is_judged_as_a_seller_of_what_is_searched(ann: Trader) -> None:
    ann.admit(
        sold(BEN, "cup by Ben", categories=["tea"]),
        sold(DAI, "cup by Dai", at=NOW - 1, categories=["tea"]),
        vouch(CHEN, BEN.public_key, strength=Strength.WARN, part=Part.BUYER),
        vouch(CHEN, DAI.public_key, part=Part.SELLER, category="tea"),
    )
    assert await titles(ann, category="tea") == ["cup by Dai", "cup by Ben"]
    assert [each["trust"]["word"] for each in await found(ann)] == ["some reason", "no opinion"]


async def test_a_category_is_judged_as_it_is_searched_however_it_is_typed(ann: Trader) -> None:
    """Two of whom the same is said, one of them in this category: the last that came is first."""
    ann.admit(
        sold(BEN, "jam by Ben", categories=["slow-food"]),
        sold(DAI, "jam by Dai", categories=["slow-food"]),
        vouch(CHEN, BEN.public_key),
        vouch(CHEN, DAI.public_key, category="slow-food"),
    )
    for typed in ("slow-food", "Slow  Food"):
        assert await titles(ann, category=typed) == ["jam by Dai", "jam by Ben"]


async def test_without_words_what_is_new_is_first_and_halves_in_a_month(ann: Trader) -> None:
    ann.admit(
        sold(STRANGER, "new", at=NOW),
        sold(CHEN, "of a friend, a week old", at=NOW - 7 * DAY),
        sold(STRANGER, "a week old", at=NOW - 7 * DAY),
        sold(CHEN, "of a friend, a year old", at=NOW - 365 * DAY),
        sold(STRANGER, "two months old", at=NOW - 60 * DAY),
    )
    # A friend's is 2^-(7/30) + 0.4 of nearly 1, and 2^-(365/30) + that.
    assert await titles(ann) == [
        "of a friend, a week old",
        "new",
        "a week old",
        "of a friend, a year old",
        "two months old",
    ]
    assert await titles(ann, sort="newest") == [
        "new",
        "a week old",
        "of a friend, a week old",
        "two months old",
        "of a friend, a year old",
    ]


# --- the other ways ----------------------------------------------------------------------------


async def test_prices_are_compared_within_their_currency(ann: Trader) -> None:
    prices = ["9 EUR", "1000 JPY", "12.50 USD", "8.99 EUR", "100 JPY", "100 EUR"]
    ann.admit(*(sold(STRANGER, f"for {each}", price=each) for each in prices))
    assert await titles(ann, sort="price") == [
        *("for 8.99 EUR", "for 9 EUR", "for 100 EUR"),
        *("for 100 JPY", "for 1000 JPY", "for 12.50 USD"),
    ]


@pytest.mark.parametrize("sort", ["", "cheapest", "TRUST"])
async def test_another_order_is_said_so(ann: Trader, sort: str) -> None:
    with pytest.raises(Misunderstood, match="is no order") as caught:
        await found(ann, sort=sort)
    assert caught.value.hint == "it is one of trust, relevance, newest, price"


async def test_the_answer_says_in_which_order_it_is(ann: Trader) -> None:
    assert await ann.market.search() == {"sort": "trust", "listings": []}
    assert (await ann.market.search(sort="price"))["sort"] == "price"


# --- the numbers -------------------------------------------------------------------------------


def candidate(seq: int, place: float = -1.0, at: int = NOW) -> Candidate:
    seller = PublicKey(bytes([seq]) * 32)
    return Candidate(seq, seller, price_minor=1, currency="EUR", made_at=at, place=place)


def order(found: Sequence[Candidate], **scores: float) -> list[int]:
    def told(sellers: Sequence[PublicKey]) -> dict[PublicKey, float]:
        named = {PublicKey(bytes([int(n[1:])]) * 32): score for n, score in scores.items()}
        return {each: named[each] for each in sellers if each in named}

    best = ordered(found, Sort.TRUST, has_words=True, scores=told, now=NOW)
    return [each.seq for each in best]


def test_the_best_fit_is_one_and_the_others_are_parts_of_it() -> None:
    some = [candidate(1, -8.0), candidate(2, -2.0), candidate(3, -0.000001)]
    assert relevance(some, NOW, has_words=True) == [1.0, 0.25, 0.000000125]
    assert relevance([], NOW, has_words=True) == []
    assert relevance([candidate(1, 0.0)], NOW, has_words=True) == [1.0]
    ages = [candidate(1), candidate(2, at=NOW - FRESH_SECONDS), candidate(3, at=NOW + 60)]
    assert relevance(ages, NOW, has_words=False) == [1.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("fit", "score", "is_above"),
    [
        (1.0, 0.0, True),
        (1 - LIKING + 0.01, 0.999, True),
        (1 - LIKING - 0.01, 1.0, False),
        (1.0, -0.001, False),
        (1.0, AVOIDED, False),
    ],
)
def test_liking_lifts_by_two_fifths_and_a_bad_word_weighs_in_full(
    fit: float, score: float, *, is_above: bool
) -> None:
    """The first is a stranger's, and fits best; the second came later."""
    best = order([candidate(1, -1.0), candidate(2, -fit)], s2=score)
    assert best == ([2, 1] if is_above else [1, 2])


def test_no_word_of_others_is_as_bad_as_my_own() -> None:
    found = [candidate(1, -1.0), candidate(2, -0.001), candidate(3, -0.001)]
    assert order(found, s1=AVOIDED, s2=-0.999) == [3, 2, 1]


# --- floods ------------------------------------------------------------------------------------


async def test_no_flood_of_strangers_hides_what_a_friend_sells(ann: Trader) -> None:
    number = CANDIDATES_MAX + 100
    ann.admit(
        sold(CHEN, "tea bowl of a friend", at=NOW - DAY),
        vouch(CHEN, DAI.public_key),
        sold(DAI, "tea bowl of his friend", at=NOW - DAY),
    )
    strangers = [fresh(f"shop {n}") for n in range(70)]
    flood = [
        sold(strangers[n % 70], f"{n} bowls", text="a bowl for tea", at=NOW) for n in range(number)
    ]
    came = ann.intake.admit_many([each.to_bytes() for each in flood])
    assert [str(each) for each in came] == ["new"] * number
    for words in ("tea bowl", ""):
        best = await titles(ann, words, limit=200)
        assert best[:2] == ["tea bowl of a friend", "tea bowl of his friend"]
        assert len(best) == 200


async def test_who_broke_an_order_of_mine_is_not_hidden_behind_the_forks_of_others(
    ann: Trader,
) -> None:
    sale = listing(BEN, title="a crate of apples")
    paid = chain(propose(contract(sale)), (BEN, Event.ACCEPT), (BEN, Event.PAY_RECEIVED))
    late = say(ANN, Event.TIMEOUT, paid, now=paid[-1].made_at + 3 * DAY)
    ann.watch.now = late.made_at
    ann.admit(sale, *paid, late)
    ann.watch.forward(1)
    for n in range(FINDINGS_MAX):
        liar = fresh(f"liar {n}")
        twice = (profile(liar, name=name, revision=7) for name in "MN")
        ann.admit(sold(liar, f"{n} apples", text=POOR), *twice)
    best = await found(ann, "apples", limit=200)
    assert "a crate of apples" not in [each["title"] for each in best]
    ann.admit(sold(STRANGER, "apples"))
    assert (await titles(ann, "apples"))[0] == "apples"
