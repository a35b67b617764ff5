from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodword.crypto.person import Person
from goodword.protocol.entry import Role
from goodword.protocol.record import Record, RecordId
from goodword.protocol.review import Rating
from goodword.storage import people, reviews
from goodword.storage.reviews import MISSING_MAX, RESULTS_MAX, TWICE_MAX, Receipts, Twice
from tests.make import ANN, BEN, CHEN, DAI, NOW, fresh, order_of, review, vouch, withdrawal
from tests.storage.memory import Memory, memory


def of_ben(of: Memory) -> Receipts:
    with of.database.reading() as db:
        return reviews.receipts(db, BEN.public_key)


def ids(found: Sequence[reviews.Reviewed]) -> list[RecordId]:
    return [each.id for each in found]


def receipt(count: int, order: str = "", author: Person = ANN) -> Record:
    """A bare one, about Ben, of an order of its own unless told."""
    return review(author, BEN, order=order or f"order {count}", count=count, rating=None)


# --- what they say -----------------------------------------------------------------------------


def test_a_review_is_found_by_author_subject_and_order() -> None:
    made = review(ANN, BEN, count=3, rating=Rating.MIXED, text="late\nbut good")
    with memory(made=[made]) as kept, kept.database.reading() as db:
        (found,) = reviews.by(db, ANN.public_key)
        assert [found] == reviews.about(db, BEN.public_key)
        assert found == reviews.get(db, ANN.public_key, order_of("first"))
        assert (found.author, found.order, found.made_at, found.id) == (
            ANN.public_key,
            order_of("first"),
            NOW,
            made.id,
        )
        said = found.review
        assert (said.about, said.role, said.count) == (BEN.public_key, Role.BUYER, 3)
        assert (said.rating, said.text) == (Rating.MIXED, "late\nbut good")
        assert reviews.by(db, BEN.public_key) == reviews.about(db, ANN.public_key) == []
        assert reviews.get(db, BEN.public_key, order_of("first")) is None
        assert people.known(db) == sorted([ANN.public_key, BEN.public_key])


def test_an_author_says_one_thing_of_an_order_and_may_change_it() -> None:
    first = review(ANN, BEN, rating=Rating.GOOD)
    second = review(ANN, BEN, rating=Rating.BAD, text="it broke", revision=1)
    with memory(made=[first, second]) as kept:
        with kept.database.reading() as db:
            (found,) = reviews.about(db, BEN.public_key)
        assert (found.id, found.review.rating) == (second.id, Rating.BAD)
        kept.learn([withdrawal(second, ANN)])
        with kept.database.reading() as db:
            assert reviews.about(db, BEN.public_key) == []
        assert of_ben(kept).orders == 0
        again = review(ANN, BEN, revision=3)
        kept.learn([again])
        with kept.database.reading() as db:
            assert ids(reviews.about(db, BEN.public_key)) == [again.id]


def test_the_newest_review_comes_first_and_there_are_only_so_many() -> None:
    made = [review(ANN, BEN, order=f"{n}", now=NOW - n) for n in range(RESULTS_MAX + 1)]
    with memory(made=made[::-1]) as kept, kept.database.reading() as db:
        expected = [each.id for each in made[:RESULTS_MAX]]
        assert ids(reviews.by(db, ANN.public_key, 10_000)) == expected
        assert ids(reviews.about(db, BEN.public_key, 2)) == expected[:2]


def test_those_by_people_i_vouch_for_and_by_me_are_told_from_those_by_others() -> None:
    mine, friend, stranger, bare = (
        review(DAI, BEN, order="mine", count=1, now=NOW - 1),
        review(ANN, BEN, order="friend", count=2),
        review(CHEN, BEN, order="stranger", count=3),
        review(CHEN, BEN, order="bare", count=4, rating=None),
    )
    said = [mine, friend, stranger, bare, vouch(DAI, ANN.public_key, seconds=10)]
    with memory(DAI, said) as kept, kept.database.reading() as db:

        def told(now: int) -> tuple[list[RecordId], list[RecordId], int]:
            me, about = DAI.public_key, BEN.public_key
            return (
                ids(reviews.about_by_mine(db, me, about, now, 9)),
                ids(reviews.about_by_others(db, me, about, now, 9)),
                reviews.count_by_others(db, me, about, now),
            )

        assert told(NOW) == ([friend.id, mine.id], [stranger.id], 1)
        by_others = [each.id for each in sorted([friend, stranger], key=lambda each: each.author)]
        assert told(NOW + 10) == ([mine.id], by_others, 2)


def test_a_review_is_found_by_the_beginning_of_its_order() -> None:
    order = order_of("first")
    with memory(made=[review(ANN, BEN)]) as kept, kept.database.reading() as db:
        first, last = order[:4] + bytes(28), order[:4] + b"\xff" * 28
        assert reviews.starting_with(db, ANN.public_key, first, last) == [order]
        assert reviews.starting_with(db, BEN.public_key, first, last) == []
        assert reviews.starting_with(db, ANN.public_key, last, last) == []


# --- what the counts prove ---------------------------------------------------------------------


def test_nobody_has_receipts_who_was_never_reviewed() -> None:
    with memory() as kept:
        assert of_ben(kept) == Receipts(
            orders=0, count_up_to=0, twice=[], missing=[], missing_count=0
        )


def test_bare_receipts_count_and_a_buyers_do_not_mix_with_a_sellers() -> None:
    made = [
        review(ANN, BEN, order="one", count=1),
        receipt(2),
        review(CHEN, BEN, order="bought", role=Role.SELLER),
        review(DAI, BEN, order="bought", role=Role.SELLER),
        review(DAI, BEN, order="bought too", role=Role.SELLER, rating=None),
    ]
    with memory(made=made) as kept:
        assert of_ben(kept) == Receipts(
            orders=2, count_up_to=2, twice=[], missing=[], missing_count=0
        )
        with kept.database.reading() as db:
            assert reviews.bought(db, BEN.public_key) == 2
            assert reviews.bought(db, ANN.public_key) == 0


def test_a_number_given_twice_is_shown_with_both_records() -> None:
    one, other = receipt(5, "one", ANN), receipt(5, "other", CHEN)
    proof = sorted([one, other], key=lambda each: each.slot)
    with memory(made=[one, other]) as kept:
        found = of_ben(kept)
    assert found.twice == [Twice(count=5, one=proof[0].id, other=proof[1].id)]
    assert (found.orders, found.count_up_to) == (2, 5)


def test_one_number_for_one_order_is_not_twice() -> None:
    """Two people can have a licence for one order; that is a number for one order still."""
    with memory(made=[receipt(5, "one", ANN), receipt(5, "one", CHEN)]) as kept:
        assert of_ben(kept).twice == []
        assert of_ben(kept).orders == 1


def test_numbers_that_no_review_shows_are_missing() -> None:
    with memory(made=[receipt(count) for count in (2, 3, 6)]) as kept:
        found = of_ben(kept)
    assert (found.missing, found.missing_count, found.count_up_to) == ([1, 4, 5], 3, 6)


@pytest.mark.parametrize("counts", [[2**53 - 1], [1, MISSING_MAX + 50, 2**53 - 1]])
def test_a_gap_may_be_as_large_as_it_likes(counts: list[int]) -> None:
    with memory(made=[receipt(count) for count in counts]) as kept:
        found = of_ben(kept)
    first = 1 + (1 in counts)
    assert found.missing == list(range(first, first + MISSING_MAX))
    assert found.missing_count == 2**53 - 1 - len(counts)


def test_only_so_many_numbers_given_twice_are_named() -> None:
    made = [receipt(n, f"{n} {m}") for n in range(1, TWICE_MAX + 3) for m in "ab"]
    with memory(made=made) as kept:
        assert [each.count for each in of_ben(kept).twice] == list(range(1, TWICE_MAX + 1))


AUTHORS = [fresh(f"author {n}") for n in range(3)]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(1, 8)), max_size=10),
    st.data(),
)
@settings(max_examples=40)
def test_what_the_counts_show_does_not_depend_on_the_order_of_arrival(
    said: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    stands = {(author, order): count for author, order, count in said}
    made = [
        receipt(count, f"order {order}", AUTHORS[author])
        for (author, order), count in stands.items()
    ]
    with memory(made=made) as one, memory(made=data.draw(st.permutations(made))) as two:
        found = of_ben(one)
        assert found == of_ben(two)
    counts = set(stands.values())
    assert found.orders == len({order for _, order in stands})
    assert found.count_up_to == max(counts, default=0)
    assert found.missing == sorted(set(range(1, found.count_up_to)) - counts)
    assert found.missing_count == len(found.missing)
    of = {count: {o for (_, o), c in stands.items() if c == count} for count in counts}
    assert [each.count for each in found.twice] == sorted(c for c in counts if len(of[c]) > 1)
    by_id = {each.id: each for each in made}
    assert all(by_id[each.one].slot < by_id[each.other].slot for each in found.twice)
