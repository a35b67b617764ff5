from __future__ import annotations

import pytest

from goodword.crypto.keys import PublicKey
from goodword.crypto.person import Person
from goodword.protocol.moderator import Moderator
from goodword.storage import moderators, people
from tests.make import ANN, BEN, CHEN, DAI, NOW, fresh, moderator, withdrawal
from tests.storage.memory import Memory, memory

OFFERED = [
    moderator(ANN, fee=200, categories=["ceramics", "tea"]),
    moderator(BEN, fee=100, categories=["tea"]),
    moderator(CHEN, fee=100),
]


def cheapest(of: Memory, category: str = "", limit: int = 50) -> list[PublicKey]:
    with of.database.reading() as db:
        return [each.person for each in moderators.cheapest(db, category, limit)]


def test_an_offer_is_what_the_person_said_last() -> None:
    revised = moderator(DAI, fee=75, categories=["tea"], about="a\nb", revision=1, now=NOW + 1)
    with memory(made=[moderator(DAI), revised]) as kept, kept.database.reading() as db:
        found = moderators.get(db, DAI.public_key)
        assert found == moderators.Offer(
            person=DAI.public_key,
            moderator=Moderator(fee=75, categories=("tea",), about="a\nb"),
            made_at=NOW + 1,
            id=revised.id,
        )
        assert moderators.get(db, ANN.public_key) is None
        assert people.known(db) == [DAI.public_key]


def test_a_withdrawn_offer_is_gone_and_can_be_made_again() -> None:
    gone = withdrawal(moderator(DAI), DAI)
    with memory(made=[moderator(DAI), gone]) as kept:
        assert cheapest(kept) == []
        kept.learn([moderator(DAI, revision=2)])
        assert cheapest(kept) == [DAI.public_key]


def test_the_cheapest_come_first() -> None:
    tied = sorted([BEN.public_key, CHEN.public_key])
    with memory(made=OFFERED) as kept:
        assert cheapest(kept) == [*tied, ANN.public_key]
        assert cheapest(kept, limit=2) == tied


@pytest.mark.parametrize(
    ("category", "who"),
    [("ceramics", [ANN, CHEN]), ("tea", [ANN, BEN, CHEN]), ("te", [CHEN]), ("bread", [CHEN])],
)
def test_who_names_no_category_takes_any(category: str, who: list[Person]) -> None:
    everybody = [each.public_key for each in (ANN, BEN, CHEN, DAI)]
    with memory(made=OFFERED) as kept:
        wanted = {each.public_key for each in who}
        assert set(cheapest(kept, category)) == wanted
        with kept.database.reading() as db:
            found = moderators.among(db, everybody, category)
        assert {each.person for each in found} == wanted
        assert [each.person for each in found] == [each for each in everybody if each in wanted]


def test_an_answer_is_bounded() -> None:
    crowd = [moderator(fresh(f"moderator {n}")) for n in range(moderators.OFFERS_MAX + 1)]
    with memory(made=crowd) as kept:
        assert len(cheapest(kept, limit=10_000)) == moderators.OFFERS_MAX
