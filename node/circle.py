"""My circle: whom I follow or vouch for, and the feed of what they list, say and review."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, TypeAlias, assert_never

from goodword.crypto.keys import PublicKey
from goodword.storage import circle, endorsements, listings, people, reviews
from goodword.storage.database import Database, Transaction
from goodword.storage.endorsements import Endorsed
from goodword.storage.listings import Found
from goodword.storage.reviews import Reviewed

from . import notices, reading, show
from .clock import Clock
from .reading import Misunderstood, NotFound
from .show import Json

FEED_DEFAULT: Final = 20
"""Items when nobody says how many: a screen."""

FEED_MAX: Final = 200
"""Items in one answer; who wants to see more looks at one person."""


Said: TypeAlias = Found | Endorsed | Reviewed
"""What becomes an item."""


class Kind(StrEnum):
    """What an item of the feed is."""

    LISTING = "listing"
    VOUCH = "vouch"
    WARNING = "warning"
    REVIEW = "review"


class Circle:
    def __init__(self, database: Database, me: PublicKey, clock: Clock) -> None:
        self._database = database
        self._me = me
        self._clock = clock

    def follow(self, *, person: str = "") -> Json:
        """See in my feed what a person publishes; whom I follow. Only who keeps a part tells it."""
        followed = self._follow(person) if person else None
        with self._database.reading() as db:
            return {
                "followed": show.person(db, followed) if followed else None,
                "people": [
                    {**show.person(db, each.person), "followed_at": each.followed_at}
                    for each in circle.followed(db)
                ],
            }

    def unfollow(self, *, person: str) -> Json:
        """Follow a person no longer."""
        with self._database.transaction() as db:
            key = reading.person(db, person)
            if not circle.unfollow(db, key):
                raise NotFound("you do not follow this person", "`goodword follow` lists whom")
            return {"person": show.person(db, key)}

    def feed(self, *, limit: int = FEED_DEFAULT, since: str = "", kind: str = "") -> Json:
        """What those I follow or vouch for published since then ("7d" ago), newest first."""
        if limit < 1:
            raise Misunderstood(f"a limit of {limit} shows nothing", "it is at least 1")
        kinds = [_kind(kind)] if kind else list(Kind)
        now = self._clock()
        start = now - reading.duration(since) if since else 0
        with self._database.reading() as db:
            members = circle.members(db, self._me, now)
            said = _said(db, members, kinds, start, now, min(limit, FEED_MAX))
            return {
                "notices": notices.told(db, self._me, now),
                "items": [_item(db, each) for each in said],
                "people": len(members),
            }

    def _follow(self, person: str) -> PublicKey:
        with self._database.transaction() as db:
            key = reading.person(db, person)
            if key == self._me:
                raise Misunderstood("this is you", "follow somebody else")
            if people.contact(db, key).is_blocked:
                raise Misunderstood("you blocked this person", "`goodword person unblock` first")
            if not circle.follows(db, key) and circle.count(db) >= circle.FOLLOWS_MAX:
                raise Misunderstood(
                    f"you follow {circle.FOLLOWS_MAX} people already", "`goodword unfollow PERSON`"
                )
            circle.follow(db, key, self._clock())
            return key


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError as error:
        raise Misunderstood(f"{text!r} is never in a feed", f"it has {', '.join(Kind)}") from error


def _said(
    db: Transaction,
    people: Sequence[PublicKey],
    kinds: Sequence[Kind],
    since: int,
    now: int,
    limit: int,
) -> list[Said]:
    """At most `limit`, newest first by the clocks of their authors."""
    found: list[Said] = []
    for kind in kinds:
        match kind:
            case Kind.LISTING:
                found += listings.by_sellers(db, people, since, limit)
            case Kind.REVIEW:
                found += reviews.by_authors(db, people, since, limit)
            case Kind.VOUCH | Kind.WARNING:
                is_vouch = kind is Kind.VOUCH
                found += endorsements.by_raters(db, people, since, now, limit, is_vouch=is_vouch)
            case _:
                assert_never(kind)
    found.sort(key=lambda each: -_made_at(each))
    return found[:limit]


def _made_at(said: Said) -> int:
    return said.record.made_at if isinstance(said, Found) else said.made_at


def _item(db: Transaction, said: Said) -> Json:
    match said:
        case Found():
            return _listing(db, said)
        case Endorsed():
            return _endorsement(db, said)
        case Reviewed():
            return _review(db, said)
        case _:
            assert_never(said)


def _listing(db: Transaction, sale: Found) -> Json:
    shown = show.listing(db, sale)
    kept = ("listing", "record", "title", "price", "quantity", "region", "categories", "made_at")
    return {
        "kind": Kind.LISTING.value,
        "by": shown["seller"],
        "is_revised": sale.record.revision > 1,
        **{name: shown[name] for name in kept},
    }


def _endorsement(db: Transaction, said: Endorsed) -> Json:
    shown = show.endorsed(db, said)
    kind = Kind.VOUCH if said.said.is_vouch else Kind.WARNING
    return {"kind": kind.value, "by": shown.pop("rater"), **shown}


def _review(db: Transaction, said: Reviewed) -> Json:
    shown = show.review(db, said)
    return {"kind": Kind.REVIEW.value, "by": shown.pop("author"), **shown}
