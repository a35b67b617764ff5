"""Whom I follow."""

from __future__ import annotations

from goodword.storage import circle
from goodword.storage.circle import Follow
from tests.make import ANN, BEN, CHEN, NOW
from tests.storage.memory import memory


def test_who_is_followed_is_listed_the_latest_first() -> None:
    with memory() as kept, kept.database.transaction() as db:
        circle.follow(db, ANN.public_key, NOW)
        circle.follow(db, CHEN.public_key, NOW + 5)
        circle.follow(db, ANN.public_key, NOW + 9)  # she is followed already
        assert circle.followed(db) == [
            Follow(person=CHEN.public_key, followed_at=NOW + 5),
            Follow(person=ANN.public_key, followed_at=NOW),
        ]
        assert circle.count(db) == 2
        assert circle.follows(db, ANN.public_key)
        assert not circle.follows(db, BEN.public_key)


def test_who_is_unfollowed_is_gone() -> None:
    with memory() as kept, kept.database.transaction() as db:
        circle.follow(db, ANN.public_key, NOW)
        assert circle.unfollow(db, ANN.public_key)
        assert not circle.unfollow(db, ANN.public_key)
        assert circle.followed(db) == []
