"""What each holds of each: made anew whenever an endorsement or a review comes or goes."""

from __future__ import annotations

from goodword.protocol import endorsement, opinion
from goodword.protocol import review as reviews
from goodword.protocol.endorsement import Strength
from goodword.protocol.entry import Role
from goodword.protocol.opinion import NEVER, Opinion, Reviewed, Said
from goodword.protocol.record import Record
from goodword.protocol.review import Rating
from goodword.protocol.scope import Part
from goodword.storage import opinions
from goodword.storage.opinions import Row
from tests.make import ANN, BEN, CHEN, DAI, NOW, deal, review, vouch, warning, withdrawal
from tests.storage.memory import Memory, memory

TRUST = vouch(ANN, BEN.public_key, strength=Strength.TRUST, seconds=100)
AS_SELLER = vouch(ANN, BEN.public_key, part=Part.SELLER)
AS_SUPPORT = vouch(ANN, BEN.public_key, part=Part.SUPPORT)
BAD = review(ANN, BEN, order="one", count=1, rating=Rating.BAD, now=NOW + 5)
BARE = review(ANN, BEN, order="two", count=2, rating=None, now=NOW + 9)


def held(of: Memory, now: int = NOW) -> list[Opinion]:
    with of.database.reading() as db:
        return opinions.of_pair(db, ANN.public_key, BEN.public_key, now)


def numbers(of: Memory, now: int = NOW) -> list[tuple[str | None, float, float]]:
    return [(each.role, each.strength, each.forward) for each in held(of, now)]


def said_of(record: Record) -> Said:
    said = endorsement.read(record)
    return Said(
        role=said.scope.part,
        category=said.scope.category,
        strength=said.strength.value,
        made_at=record.made_at,
        expires_at=said.expires_at,
        has_deal=said.deal is not None,
        source=record.id,
    )


def reviewed_of(record: Record) -> Reviewed:
    said = reviews.read(record)
    return Reviewed(
        role=Part.SELLER,
        rating=said.rating.value if said.rating else None,
        made_at=record.made_at,
        source=record.id,
    )


def test_an_opinion_is_found_by_its_rater_and_by_its_subject() -> None:
    with memory(made=[TRUST, warning(CHEN, DAI.public_key, category="tea")]) as kept:
        (found,) = held(kept)
        assert found == Opinion(
            rater=ANN.public_key,
            subject=BEN.public_key,
            role=None,
            category=None,
            strength=0.5,
            forward=0.5,
            made_at=NOW,
            expires_at=NOW + 100,
            sources=(TRUST.id,),
        )
        with kept.database.reading() as db:
            assert opinions.by(db, ANN.public_key, NOW) == [found]
            assert opinions.about(db, BEN.public_key, NOW) == [found]
            assert opinions.about(db, ANN.public_key, NOW) == []
            (other,) = opinions.by(db, CHEN.public_key, NOW)
            assert (other.category, other.strength, other.forward) == ("tea", -0.5, 0.0)
            assert opinions.by(db, DAI.public_key, NOW) == []
        assert held(kept, NOW + 100) == []


def test_a_review_scales_what_its_author_endorsed_and_gone_it_does_no_more() -> None:
    with memory(made=[AS_SELLER, AS_SUPPORT, BARE]) as kept:
        assert numbers(kept) == [("seller", 1.0, 1.0), ("support", 0.25, 0.25)]
        assert held(kept)[0].sources == (AS_SELLER.id, BARE.id)
        kept.learn([withdrawal(BARE, ANN)])
        assert numbers(kept) == [("seller", 0.25, 0.25), ("support", 0.25, 0.25)]


def test_an_endorsement_that_comes_after_the_review_is_scaled_as_well() -> None:
    with memory(made=[BARE, TRUST]) as kept:
        assert numbers(kept) == [(None, 1.0, 1.0)]
        kept.learn([withdrawal(TRUST, ANN)])
        assert numbers(kept) == []


def test_what_a_buyer_says_is_of_a_seller_and_the_other_way_round() -> None:
    said = [BAD, review(BEN, ANN, order="one", role=Role.SELLER, rating=Rating.GOOD)]
    with memory(made=said) as kept, kept.database.reading() as db:
        (of_seller,) = opinions.about(db, BEN.public_key, NOW)
        (of_buyer,) = opinions.about(db, ANN.public_key, NOW)
    assert (of_seller.role, of_seller.strength, of_seller.expires_at) == (Part.SELLER, -1.0, NEVER)
    assert (of_buyer.role, of_buyer.strength, of_buyer.forward) == (Part.BUYER, 1.0, 0.0)


def test_of_an_endorsement_and_a_review_in_one_scope_either_can_end() -> None:
    short = vouch(ANN, BEN.public_key, part=Part.SELLER, seconds=50, now=NOW + 7)
    with memory(made=[BAD, short]) as kept:
        assert sorted(numbers(kept, NOW + 8)) == [("seller", -1.0, 0.0), ("seller", 1.0, 1.0)]
        assert numbers(kept, NOW + 57) == [("seller", -1.0, 0.0)]
        kept.learn([withdrawal(BAD, ANN)])
        assert numbers(kept, NOW + 8) == [("seller", 0.25, 0.25)]


def test_the_latest_review_counts_and_the_one_before_it_again_when_it_goes() -> None:
    good = review(ANN, BEN, order="three", count=3, now=NOW + 6)
    for come in ([BAD, good, BARE], [BARE, good, BAD]):
        with memory(made=come) as kept:
            assert numbers(kept) == [("seller", 1.0, 0.0)]
            kept.learn([withdrawal(good, ANN)])
            assert numbers(kept) == [("seller", -1.0, 0.0)]
            assert held(kept)[0].sources == (BAD.id,)


def test_the_view_is_what_the_rule_makes_of_all_that_was_said() -> None:
    """Though it looks at four reviews of a pair only, and at the scope that has changed."""
    endorsed = [
        TRUST,
        AS_SELLER,
        AS_SUPPORT,
        warning(ANN, BEN.public_key, category="tea"),
        warning(ANN, BEN.public_key, part=Part.SELLER, category="tea", deal=deal(BEN, ANN)),
    ]
    reviewed = [
        review(ANN, BEN, order=str(n), count=n, rating=rating, now=NOW + n % 3)
        for n, rating in enumerate([*Rating, None, None, Rating.BAD, *Rating, None], start=1)
    ]
    mixed = [each for pair in zip(endorsed, reviewed, strict=False) for each in pair]
    with memory(made=[*mixed, *reviewed[len(endorsed) :]]) as kept:
        found = held(kept)
    expected = opinion.opinions(
        ANN.public_key,
        BEN.public_key,
        [said_of(each) for each in endorsed],
        [reviewed_of(each) for each in reviewed],
    )
    assert set(found) == set(expected)
    assert len(found) == len(expected) == 6


def test_rows_have_numbers_for_people_and_come_pair_by_pair() -> None:
    made: list[Record] = [AS_SELLER, warning(CHEN, ANN.public_key, category="tea"), BAD]
    with memory(made=made) as kept, kept.database.reading() as db:
        rows = list(opinions.everything(db))
        ann, ben, chen = (opinions.id_of(db, each.public_key) for each in (ANN, BEN, CHEN))
        assert None not in (ann, ben, chen)
        assert opinions.id_of(db, DAI.public_key) is None
        assert ann is not None
        assert opinions.key_of(db, ann) == ANN.public_key
    assert sorted(rows) == sorted(
        [
            Row(ann, ben or 0, "seller", "", 1.0, 1.0, NOW, NOW + 365 * 86_400),
            Row(ann, ben or 0, "seller", "", -1.0, 0.0, NOW + 5, NEVER),
            Row(chen or 0, ann, "", "tea", -0.5, 0.0, NOW, NOW + 365 * 86_400),
        ]
    )
    assert [each.rater for each in rows] == sorted(each.rater for each in rows)
