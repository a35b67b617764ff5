"""Reviews: publish and withdraw mine, and what those of others show of a person."""

from __future__ import annotations

from typing import Final

from goodword.crypto.keys import PublicKey, Signature
from goodword.protocol import review as reviews_
from goodword.protocol.contract import OrderId
from goodword.protocol.entry import Role
from goodword.protocol.errors import NotSettled
from goodword.protocol.order import Order
from goodword.protocol.record import Slot
from goodword.protocol.review import Rating, Review
from goodword.storage import endorsements, orders, reviews
from goodword.storage.database import Database, Transaction
from goodword.storage.reviews import Reviewed

from . import reading, show
from .author import Author
from .clock import Clock
from .reading import Misunderstood, NotFound, composed
from .show import Json

BY_MINE_MAX: Final = 20
"""Reviews of one person by those I vouch for, on her page."""

BY_OTHERS_MAX: Final = 5
"""And by others: anybody can have himself praised by keys of his own, so the newest few will do."""

LISTED_MAX: Final = 50
"""Each way in `review list`."""


class Reviewing:
    def __init__(self, author: Author, database: Database, me: PublicKey, clock: Clock) -> None:
        self._author = author
        self._database = database
        self._me = me
        self._clock = clock

    def review(self, *, order: str, rating: str = "", text: str = "") -> Json:
        """Say what I think of the other party of a settled order: good, mixed or bad, and why."""
        with self._database.reading() as db:
            settled = _settled(db, order)
        role = settled.role_of(self._me)
        if role is None or role is Role.MODERATOR:
            raise NotFound("you did not trade in this order", "buyer and seller review it")
        other = Role.SELLER if role is Role.BUYER else Role.BUYER
        given = settled.licences[other]
        return self.publish(
            settled.id,
            about=settled.parties[other],
            role=role,
            count=given.count,
            licence=given.signature,
            rating=rating,
            text=text,
        )

    def publish(
        self,
        order_id: OrderId,
        *,
        about: PublicKey,
        role: Role,
        count: int,
        licence: Signature,
        rating: str = "",
        text: str = "",
    ) -> Json:
        """Say what I think of the other party; said again, it replaces itself.

        That the order is settled, and that `licence` and `count` are those of `about`, the
        caller knows from the order. Without `rating` and `text` it is a bare receipt.
        """
        if rating and rating not in set(Rating):
            raise Misunderstood(f"{rating!r} is no rating", f"it is one of {', '.join(Rating)}")
        review = Review(
            about=about,
            role=role,
            count=count,
            licence=licence,
            rating=Rating(rating) if rating else None,
            text=composed(text),
        )
        self._author.say(reviews_.KIND, Slot(order_id), review.to_body())
        with self._database.reading() as db:
            said = reviews.get(db, self._me, order_id)
            assert said is not None, "it was just admitted"
            return self._shown(db, said)

    def withdraw(self, *, order: str) -> Json:
        """Take back what I said of an order; it can be reviewed again."""
        with self._database.reading() as db:

            def starting_with(first: bytes, last: bytes) -> list[OrderId]:
                return reviews.starting_with(db, self._me, first, last)

            found = reading.by_prefix(order, "review", starting_with)
        record = self._author.withdraw(reviews_.KIND, Slot(found))
        return {"order": found.hex(), "record": record.id.hex()}

    def list(self, *, person: str = "") -> Json:
        """What a person says of others, and others of her; mine, where nobody is named."""
        with self._database.reading() as db:
            key = reading.person(db, person) if person else self._me
            return {
                "person": show.person(db, key),
                "is_me": key == self._me,
                "by": [self._shown(db, each) for each in reviews.by(db, key, LISTED_MAX)],
                "about": [self._shown(db, each) for each in reviews.about(db, key, LISTED_MAX)],
            }

    def _shown(self, db: Transaction, said: Reviewed) -> Json:
        return shown(db, said, self._me, self._clock())


def _settled(db: Transaction, order: str) -> Order:
    """The order that begins so. Raises NotSettled where there is nothing to review yet."""
    found = orders.load(db, reading.order(db, order))
    assert found is not None, "it was just found"
    if not found.is_settled:
        raise NotSettled(state=found.state)
    return found


def of_person(db: Transaction, person: PublicKey, me: PublicKey, now: int) -> Json:
    """What her page shows: first what those say whom I vouch for, then a few others; receipts."""
    by_mine = reviews.about_by_mine(db, me, person, now, BY_MINE_MAX)
    by_others = reviews.about_by_others(db, me, person, now, BY_OTHERS_MAX)
    return {
        "reviews": [shown(db, each, me, now) for each in [*by_mine, *by_others]],
        "reviews_by_others": reviews.count_by_others(db, me, person, now),
        "receipts": receipts(db, person),
    }


def receipts(db: Transaction, person: PublicKey) -> Json:
    sold = reviews.receipts(db, person)
    return {
        "as_seller": {
            "orders": sold.orders,
            "count_up_to": sold.count_up_to,
            "twice": [
                {"count": each.count, "one": each.one.hex(), "other": each.other.hex()}
                for each in sold.twice
            ],
            "missing": sold.missing,
            "missing_count": sold.missing_count,
        },
        "as_buyer": {"orders": reviews.bought(db, person)},
    }


def shown(db: Transaction, said: Reviewed, me: PublicKey, now: int) -> Json:
    return {
        **show.review(db, said),
        "is_mine": said.author == me,
        "is_vouched_by_me": endorsements.has_vouch(db, me, said.author, now),
    }
