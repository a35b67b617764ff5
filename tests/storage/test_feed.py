"""What several people published, found among what all others did."""

from __future__ import annotations

from goodword.protocol.limits import DAY
from goodword.storage import listings, reviews
from goodword.storage.listings import Filter
from tests.make import ANN, BEN, CHEN, DAI, NOW, fresh, listing, profile, review, withdrawal
from tests.storage.memory import Memory, memory

SALES = [
    listing(BEN, title="bread", nonce=b"1" * 16, now=NOW - 2 * DAY),
    listing(BEN, title="jam", nonce=b"2" * 16, now=NOW - 5 * DAY),
    listing(CHEN, title="tea", nonce=b"3" * 16, now=NOW - DAY),
    listing(DAI, title="spam", nonce=b"4" * 16),
]


def sold_by(of: Memory, *sellers: bytes, since: int = 0, limit: int = 50) -> list[str]:
    people = [each.public_key for each in (ANN, BEN, CHEN, DAI) if each.public_key in sellers]
    with of.database.reading() as db:
        found = listings.by_sellers(db, people, since, limit)
    return [each.listing.title for each in found]


def test_the_newest_of_several_sellers_come_first() -> None:
    with memory(made=SALES) as kept:
        both = (BEN.public_key, CHEN.public_key)
        assert sold_by(kept, *both) == ["tea", "bread", "jam"]
        assert sold_by(kept, *both, since=NOW - 2 * DAY) == ["tea", "bread"]
        assert sold_by(kept, *both, limit=1) == ["tea"]
        assert sold_by(kept, ANN.public_key) == []
        assert sold_by(kept) == []


def test_what_was_withdrawn_or_replaced_is_not_there() -> None:
    again = listing(BEN, title="rye", nonce=b"2" * 16, revision=1)
    with memory(made=[*SALES, withdrawal(SALES[0], BEN), again]) as kept:
        assert sold_by(kept, BEN.public_key) == ["rye"]


def test_reviews_of_several_are_found_without_bare_receipts() -> None:
    made = [
        profile(ANN),
        review(ANN, BEN, order="one", text="good bread", now=NOW - DAY),
        review(CHEN, BEN, order="two", text="stale", now=NOW),
        review(CHEN, DAI, order="three", rating=None),
        review(DAI, BEN, order="four", text="mine"),
    ]
    with memory(made=made) as kept, kept.database.reading() as db:
        people = [ANN.public_key, CHEN.public_key]
        found = reviews.by_authors(db, people, 0, 50)
        assert [each.review.text for each in found] == ["stale", "good bread"]
        assert len(reviews.by_authors(db, people, NOW, 50)) == 1
        assert len(reviews.by_authors(db, people, 0, 1)) == 1
        assert reviews.by_authors(db, [], 0, 50) == []


def test_of_one_seller_it_is_the_same_as_a_search() -> None:
    with memory(made=SALES) as kept:
        searched = kept.found("", Filter(seller=BEN.public_key))
        assert sold_by(kept, BEN.public_key) == searched


def test_a_feed_takes_no_longer_for_all_that_strangers_sell() -> None:
    """What SQLite does is counted: a look at each of the strangers' listings would be seen."""
    mallory = fresh("mallory")
    with memory(made=SALES) as kept:
        before = _work(kept)
        nonces = [bytes([n // 256, n % 256]) * 8 for n in range(600)]
        kept.intake.admit_many(
            [listing(mallory, title="spam", nonce=each).to_bytes() for each in nonces]
        )
        assert sold_by(kept, BEN.public_key, CHEN.public_key) == ["tea", "bread", "jam"]
        assert _work(kept) <= before + 20


def _work(of: Memory) -> int:
    """Steps of SQLite's machine, in tens."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    with of.database.reading() as db:
        db.set_progress_handler(step, 10)
        listings.by_sellers(db, [BEN.public_key, CHEN.public_key], 0, 50)
        db.set_progress_handler(None, 0)
    return steps
