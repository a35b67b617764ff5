"""Moderators: offer to decide disputes, and find somebody whom both sides know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import moderator as moderators_
from goodword.protocol.limits import FEE_BASIS_POINTS_MAX
from goodword.protocol.moderator import Moderator
from goodword.protocol.record import Slot
from goodword.storage import moderators, people
from goodword.storage.database import Database, Transaction
from goodword.storage.moderators import Offer

from . import market, reading, show
from .author import Author
from .clock import Clock
from .paths import Path, paths
from .reading import Misunderstood, NotFound, composed
from .show import Json

CANDIDATES_MAX: Final = 50
"""Moderators in one answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    offer: Offer
    mine: Path | None
    """From me; None where I do not reach him."""
    theirs: Path | None
    """From the other party; None where it does not reach him, or there is none."""


class Moderation:
    def __init__(self, author: Author, database: Database, me: PublicKey, clock: Clock) -> None:
        self._author = author
        self._database = database
        self._me = me
        self._clock = clock

    def offer(self, *, fee: str, categories: list[str] | None = None, about: str = "") -> Json:
        """Offer to moderate, for a share of the total ("1.5%"); said again, it replaces itself."""
        basis_points = reading.percent(fee)
        if basis_points > FEE_BASIS_POINTS_MAX:
            most = show.percent(FEE_BASIS_POINTS_MAX)
            raise Misunderstood(
                f"a fee of {show.percent(basis_points)} is too much", f"at most {most}"
            )
        moderator = Moderator(
            fee=basis_points,
            categories=reading.categories(categories or []),
            about=composed(about),
        )
        self._author.say(moderators_.KIND, Slot(moderators_.SLOT), moderator.to_body())
        with self._database.reading() as db:
            return show.moderator(db, self._mine(db))

    def withdraw(self) -> Json:
        """Take my offer to moderate back. Orders that name me go on."""
        with self._database.reading() as db:
            self._mine(db)
        record = self._author.withdraw(moderators_.KIND, Slot(moderators_.SLOT))
        return {"record": record.id.hex()}

    def list(self, *, other: str = "", category: str = "") -> Json:
        """Who offers to moderate, best known first: to me, and to the `other` party of a trade.

        `other`: a person, or a listing, whose seller it is. Neither of us is in the list.
        """
        with self._database.reading() as db:
            key = self._other(db, other) if other else None
            found = candidates(db, self._me, key, reading.category(category), self._clock())
            mine = moderators.get(db, self._me)
            return {
                "other": show.person(db, key) if key else None,
                "mine": show.moderator(db, mine) if mine else None,
                "moderators": [self._shown(db, each) for each in found],
            }

    def _other(self, db: Transaction, text: str) -> PublicKey:
        """The person, or the seller of the listing. Raises Misunderstood or NotFound."""
        if reading.is_id(text) and people.named(db, composed(text)) is None:
            key = market.find(db, text).record.author
        else:
            key = reading.person(db, text)
        if key == self._me:
            raise Misunderstood("a trade is with somebody else", "name the other party")
        return key

    def _mine(self, db: Transaction) -> Offer:
        if (offer := moderators.get(db, self._me)) is None:
            raise NotFound("you do not offer to moderate", "`goodword moderator offer --fee …`")
        return offer

    def _shown(self, db: Transaction, found: Candidate) -> Json:
        return {
            **show.moderator(db, found.offer),
            "from_me": _path(db, found.mine),
            "from_other": _path(db, found.theirs),
        }


def candidates(
    db: Transaction, me: PublicKey, other: PublicKey | None, category: str, now: int
) -> list[Candidate]:
    """At most CANDIDATES_MAX; who is reached is not crowded out by cheaper strangers."""
    # The other's own word must not make his friend look like one of mine, nor mine like his.
    mine = dict(paths(db, me, now, without=other))
    theirs = dict(paths(db, other, now, without=me)) if other else {}
    reached = moderators.among(db, mine | theirs, category)
    found = {
        each.person: Candidate(
            offer=each, mine=mine.get(each.person), theirs=theirs.get(each.person)
        )
        for each in [*reached, *moderators.cheapest(db, category)]
        if each.person not in (me, other)
    }
    return sorted(found.values(), key=closeness)[:CANDIDATES_MAX]


def closeness(candidate: Candidate) -> tuple[int, int, int, int, bytes]:
    """The lower, the better known to both. The seam: a metric of trust would replace this.

    Whom both reach come first, those before whom the farther side is nearer, then the nearer
    side; then whom one side reaches, then strangers. Of equal ones the lower fee.
    """
    steps = [path.steps for path in (candidate.mine, candidate.theirs) if path]
    offer = candidate.offer
    return (-len(steps), max(steps, default=0), sum(steps), offer.moderator.fee, offer.person)


def _path(db: Transaction, path: Path | None) -> Json | None:
    return {"steps": path.steps, "through": show.person(db, path.first)} if path else None
