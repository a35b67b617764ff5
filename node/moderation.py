"""Moderators: offer to decide disputes, and find somebody whom both sides know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from goodword.crypto.keys import PublicKey
from goodword.protocol import moderator as moderators_
from goodword.protocol.limits import FEE_BASIS_POINTS_MAX
from goodword.protocol.moderator import Moderator
from goodword.protocol.record import Slot
from goodword.protocol.scope import Part, Scope
from goodword.storage import moderators, people
from goodword.storage.database import Database, Transaction
from goodword.storage.moderators import Offer

from . import market, reading, show
from .aside import Aside
from .author import Author
from .clock import Clock
from .paths import Path, paths
from .reading import Misunderstood, NotFound, composed
from .show import Json
from .trusting import Trusting

CANDIDATES_MAX: Final = 50
"""Moderators in one answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    offer: Offer
    mine: Path | None
    """From me; None where I do not reach him."""
    theirs: Path | None
    """From the other party; None where it does not reach him, or there is none."""
    score: float
    """As a moderator, -1 to 1: of the two sides' judgements the lower."""


_Candidates: TypeAlias = list[Candidate]


class Moderation:
    def __init__(
        self,
        author: Author,
        database: Database,
        aside: Aside,
        trusting: Trusting,
        me: PublicKey,
        clock: Clock,
    ) -> None:
        self._author = author
        self._database = database
        self._aside = aside
        self._trusting = trusting
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

    async def list(self, *, other: str = "", category: str = "") -> Json:
        """Who offers to moderate, best known first: to me, and to the `other` party of a trade.

        `other`: a person, or a listing, whose seller it is. Neither of us is in the list.
        """

        def ask(db: Transaction) -> Json:
            key = self._other(db, other) if other else None
            found = self._candidates(db, key, reading.category(category))
            mine = moderators.get(db, self._me)
            return {
                "other": show.person(db, key) if key else None,
                "mine": show.moderator(db, mine) if mine else None,
                "moderators": [self._shown(db, each) for each in found],
            }

        return await self._aside.read(ask)

    def _candidates(self, db: Transaction, other: PublicKey | None, category: str) -> _Candidates:
        """At most CANDIDATES_MAX; who is reached is not crowded out by cheaper strangers."""
        me, now = self._me, self._clock()
        # The other's own word must not make his friend look like one of mine, nor mine like his.
        mine = dict(paths(db, me, now, without=other))
        theirs = dict(paths(db, other, now, without=me)) if other else {}
        reached = moderators.among(db, mine | theirs, category)
        offers = [
            each
            for each in [*reached, *moderators.cheapest(db, category)]
            if each.person not in (me, other)
        ]
        scores = self._trusting.between(db, other, [each.person for each in offers])
        found = {
            each.person: Candidate(
                offer=each,
                mine=mine.get(each.person),
                theirs=theirs.get(each.person),
                score=scores[each.person],
            )
            for each in offers
        }
        return sorted(found.values(), key=closeness)[:CANDIDATES_MAX]

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
            "trust": self._trusting.brief(db, found.offer.person, Scope(Part.MODERATOR)),
        }


def closeness(candidate: Candidate) -> tuple[bool, int, float, int, int, int, bytes]:
    """The lower, the better known to both.

    Whom both reach come first, of these who is trusted most by the side that trusts him less;
    then before whom the farther side is nearer, then the nearer side; then whom one side
    reaches, then strangers. Of equal ones the lower fee. Whom one side distrusts comes last.
    """
    steps = [path.steps for path in (candidate.mine, candidate.theirs) if path]
    offer, score = candidate.offer, candidate.score
    return (
        score < 0,
        -len(steps),
        -score,
        max(steps, default=0),
        sum(steps),
        offer.moderator.fee,
        offer.person,
    )


def _path(db: Transaction, path: Path | None) -> Json | None:
    return {"steps": path.steps, "through": show.person(db, path.first)} if path else None
