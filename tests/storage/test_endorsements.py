"""Who vouches for whom, and who warns of whom: what a view of it finds."""

from __future__ import annotations

import pytest

from goodword.crypto.keys import PublicKey
from goodword.protocol.endorsement import Strength
from goodword.protocol.errors import TooManyEndorsements
from goodword.protocol.limits import ENDORSEMENTS_MAX, ENDORSEMENTS_OF_ONE_MAX
from goodword.protocol.record import Record
from goodword.protocol.scope import Part, Scope
from goodword.storage import acquaintances, endorsements
from tests.make import ANN, BEN, CHEN, DAI, NOW, deal, fresh, vouch, warning, withdrawal
from tests.storage.memory import Memory, memory


def raters(of: Memory, subject: PublicKey, now: int = NOW) -> list[PublicKey]:
    with of.database.reading() as db:
        return [each.rater for each in endorsements.about(db, subject, now)]


def test_one_is_found_by_who_gave_it_and_by_whom_it_is_about() -> None:
    given = vouch(CHEN, ANN.public_key, strength=Strength.TRUST, how="two winters on one boat")
    with memory(made=[given]) as kept, kept.database.reading() as db:
        (found,) = endorsements.by(db, CHEN.public_key, NOW)
        assert [found] == endorsements.about(db, ANN.public_key, NOW)
        assert [found] == endorsements.of_pair(db, CHEN.public_key, ANN.public_key, NOW)
        assert found == endorsements.get(db, CHEN.public_key, ANN.public_key, Scope(), NOW)
        assert (found.id, found.made_at, found.rater) == (given.id, NOW, CHEN.public_key)
        assert (found.said.strength, found.said.how) == (
            Strength.TRUST,
            "two winters on one boat",
        )
        assert endorsements.has_vouch(db, CHEN.public_key, ANN.public_key, NOW)
        assert not endorsements.has_vouch(db, ANN.public_key, CHEN.public_key, NOW)


def test_one_counts_until_it_expires_or_is_taken_back() -> None:
    short = vouch(BEN, ANN.public_key, seconds=100)
    revoked = vouch(CHEN, ANN.public_key)
    with memory(made=[short, revoked]) as kept:
        assert set(raters(kept, ANN.public_key)) == {BEN.public_key, CHEN.public_key}
        assert raters(kept, ANN.public_key, NOW + 100) == [CHEN.public_key]
        kept.learn([withdrawal(revoked, CHEN)])
        assert raters(kept, ANN.public_key, NOW + 100) == []


def test_the_newest_comes_first() -> None:
    given = [vouch(giver, ANN.public_key, now=NOW + n) for n, giver in enumerate([BEN, CHEN, DAI])]
    with memory(made=given) as kept:
        assert raters(kept, ANN.public_key) == [DAI.public_key, CHEN.public_key, BEN.public_key]


def test_scopes_are_apart_and_the_latest_wins_in_each() -> None:
    said = [
        vouch(CHEN, ANN.public_key, part=Part.SELLER, now=NOW + 1),
        vouch(CHEN, ANN.public_key, part=Part.SELLER, category="tea"),
        warning(CHEN, ANN.public_key, part=Part.BUYER, deal=deal(ANN, CHEN, count=0)),
        warning(CHEN, ANN.public_key, part=Part.SELLER),
        withdrawal(vouch(CHEN, ANN.public_key, part=Part.SELLER, category="tea"), CHEN),
    ]
    for come in (said, said[::-1]):
        with memory(made=come) as kept, kept.database.reading() as db:
            found = endorsements.by(db, CHEN.public_key, NOW)
            assert [(each.said.scope, each.said.strength) for each in found] == [
                (Scope(Part.SELLER), Strength.KNOW),
                (Scope(Part.BUYER), Strength.WARN),
            ]
            assert found[1].said.deal == deal(ANN, CHEN, count=0)


def test_a_warning_is_no_vouch() -> None:
    with memory(CHEN, [warning(CHEN, ANN.public_key)]) as kept, kept.database.reading() as db:
        assert not endorsements.has_vouch(db, CHEN.public_key, ANN.public_key, NOW)
        assert endorsements.vouched_for_by(db, CHEN.public_key, NOW, 9) == []
        assert endorsements.count_about(db, ANN.public_key, NOW) == (0, 1)
        assert not acquaintances.knows(db, CHEN.public_key, ANN.public_key)


def test_people_are_counted_once_whatever_the_scopes() -> None:
    said = [vouch(CHEN, ANN.public_key, part=part) for part in (None, *Part)]
    said += [vouch(DAI, ANN.public_key), warning(DAI, ANN.public_key, category="tea")]
    with memory(made=said) as kept, kept.database.reading() as db:
        assert endorsements.count_about(db, ANN.public_key, NOW) == (2, 1)
        assert endorsements.vouched_for_by(db, CHEN.public_key, NOW, 9) == [ANN.public_key]


def test_of_many_the_newest_are_walked_along() -> None:
    people = [fresh(str(n)).public_key for n in range(5)]
    said = [vouch(CHEN, each, now=NOW + n) for n, each in enumerate(people)]
    with memory(made=said) as kept, kept.database.reading() as db:
        assert endorsements.vouched_for_by(db, CHEN.public_key, NOW, 2) == sorted(people[-2:])


@pytest.mark.parametrize(
    ("given", "is_heard"),
    [
        ([vouch(ANN, CHEN.public_key), vouch(CHEN, BEN.public_key)], True),
        ([vouch(ANN, CHEN.public_key), warning(CHEN, BEN.public_key)], True),
        ([warning(ANN, CHEN.public_key), vouch(CHEN, BEN.public_key)], False),
        ([vouch(CHEN, BEN.public_key)], False),
        ([vouch(ANN, CHEN.public_key), vouch(DAI, BEN.public_key)], False),
        ([vouch(ANN, CHEN.public_key, seconds=5), vouch(CHEN, BEN.public_key)], False),
        ([vouch(ANN, CHEN.public_key), vouch(CHEN, BEN.public_key, seconds=5)], False),
        ([vouch(CHEN, ANN.public_key), vouch(CHEN, BEN.public_key)], False),
    ],
)
def test_word_of_mouth_is_one_step_long(given: list[Record], is_heard: bool) -> None:
    """Ann asks about Ben: she hears only those whom she vouches for herself."""
    with memory(ANN, given) as kept, kept.database.reading() as db:
        heard = endorsements.about_by_mine(db, ANN.public_key, BEN.public_key, NOW + 10)
    assert [each.rater for each in heard] == [CHEN.public_key] * is_heard


def test_an_author_has_so_many_in_force_and_no_more() -> None:
    """Ben knows Chen: a stranger's room is smaller than that."""
    people = [fresh(str(n)).public_key for n in range(ENDORSEMENTS_MAX)]
    given = [vouch(CHEN, each, seconds=100 + n) for n, each in enumerate(people)]
    more = vouch(CHEN, ANN.public_key, category="more")
    with memory(BEN, [vouch(BEN, CHEN.public_key), *given]) as kept:
        (outcome,) = kept.learn([more])
        assert str(outcome) == "its author has 1000 such endorsements already"
        # Another word in a scope that has one, and a withdrawal, take no more room.
        renewed = vouch(CHEN, people[7], now=NOW + 1)
        gone = withdrawal(given[8], CHEN)
        assert kept.learn([renewed, gone, more]) == ["new", "new", "new"]
        (outcome,) = kept.learn([vouch(CHEN, people[8], now=NOW + 2)])
        assert isinstance(outcome, TooManyEndorsements)
        assert not outcome.is_fault
        kept.now += 101
        late = vouch(CHEN, BEN.public_key, now=kept.now)
        assert kept.learn([late]) == ["new"]


def test_an_author_says_so_much_of_one_person_and_no_more() -> None:
    """Over or not: a review makes anew all that is held of her."""
    given = [
        vouch(CHEN, ANN.public_key, category=f"c{n}", seconds=10)
        for n in range(ENDORSEMENTS_OF_ONE_MAX)
    ]
    with memory(made=given) as kept:
        kept.now += 10
        more = vouch(CHEN, ANN.public_key, category="more", now=kept.now)
        renewed = vouch(CHEN, ANN.public_key, category="c7", now=kept.now)
        (outcome,) = kept.learn([more])
        assert str(outcome) == "its author has 32 such endorsements already"
        assert kept.learn([renewed, vouch(CHEN, BEN.public_key)]) == ["new", "new"]
        gone = withdrawal(given[8], CHEN)
        assert kept.learn([gone, more]) == ["new", "new"]
