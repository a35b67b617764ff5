"""Endorsements: vouch for people and warn of them, in a scope; take it back; what is in force."""

from __future__ import annotations

from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import endorsement
from goodword.protocol.endorsement import Deal, Endorsement, Strength
from goodword.protocol.entry import Role
from goodword.protocol.order import Order
from goodword.protocol.scope import Part, Scope
from goodword.storage import endorsements, orders
from goodword.storage.database import Database, Transaction
from goodword.storage.endorsements import Endorsed

from . import notices, reading, show
from .author import Author
from .clock import Clock
from .reading import Misunderstood, NotFound, composed
from .show import Json

EXPIRES_DEFAULT: Final = "2y"
"""How long a word holds when nobody says: long enough to be of use, short enough to be true."""


class Endorsing:
    def __init__(self, author: Author, database: Database, me: PublicKey, clock: Clock) -> None:
        self._author = author
        self._database = database
        self._me = me
        self._clock = clock

    def vouch(
        self,
        *,
        person: str,
        strength: str,
        how: str,
        role: str = "",
        category: str = "",
        expires: str = EXPIRES_DEFAULT,
    ) -> Json:
        """Say that I `know` or `trust` a person, and how; everybody can read it."""
        if strength not in (Strength.KNOW, Strength.TRUST):
            raise Misunderstood(f"{strength!r} is no strength", "it is know or trust")
        with self._database.reading() as db:
            about = reading.person(db, person)
        scope = _scope(role, category)
        return self._say(about, scope, Strength(strength), how, expires)

    def warn(
        self,
        *,
        person: str,
        because: str,
        order: str = "",
        role: str = "",
        category: str = "",
        expires: str = EXPIRES_DEFAULT,
    ) -> Json:
        """Warn of a person, and say why; everybody can read it. An order proves that we dealt."""
        with self._database.reading() as db:
            about = reading.person(db, person)
            deal = self._deal(db, order, about) if order else None
        scope = _scope(role or (deal.part.value if deal else ""), category)
        return self._say(about, scope, Strength.WARN, because, expires, deal)

    def revoke(self, *, person: str, role: str = "", category: str = "") -> Json:
        """Take back a vouch of mine; of several the one for a role or category."""
        return self._take_back(person, role, category, is_vouch=True)

    def unwarn(self, *, person: str, role: str = "", category: str = "") -> Json:
        """Take back a warning of mine; of several the one for a role or category."""
        return self._take_back(person, role, category, is_vouch=False)

    def list(self) -> Json:
        """Whom I vouch for and warn of, and who vouches for me and warns of me; and what speaks
        against those for whom I vouch."""
        now = self._clock()
        with self._database.reading() as db:
            given = endorsements.by(db, self._me, now)
            received = endorsements.about(db, self._me, now)
            return {
                "given": [show.endorsed(db, each) for each in given if each.said.is_vouch],
                "received": [show.endorsed(db, each) for each in received if each.said.is_vouch],
                "notices": notices.told(db, self._me, now),
                "warnings_given": [
                    show.endorsed(db, each) for each in given if not each.said.is_vouch
                ],
                "warnings_received": [
                    show.endorsed(db, each) for each in received if not each.said.is_vouch
                ],
            }

    def _say(
        self,
        about: PublicKey,
        scope: Scope,
        strength: Strength,
        how: str,
        expires: str,
        deal: Deal | None = None,
    ) -> Json:
        said = Endorsement(
            about=about,
            scope=scope,
            strength=strength,
            how=composed(how),
            expires_at=self._clock() + reading.duration(expires),
            deal=deal,
        )
        slot = endorsement.slot(about, scope)
        record = self._author.say(endorsement.KIND, slot, said.to_body())
        with self._database.reading() as db:
            return show.endorsed(
                db, Endorsed(rater=self._me, said=said, made_at=record.made_at, id=record.id)
            )

    def _take_back(self, person: str, role: str, category: str, *, is_vouch: bool) -> Json:
        with self._database.reading() as db:
            about = reading.person(db, person)
            mine = [
                each
                for each in endorsements.of_pair(db, self._me, about, self._clock())
                if each.said.is_vouch is is_vouch
            ]
        found = _only(mine, role, category, is_vouch=is_vouch)
        slot = endorsement.slot(about, found.said.scope)
        record = self._author.withdraw(endorsement.KIND, slot)
        with self._database.reading() as db:
            return {**show.endorsed(db, found), "record": record.id.hex()}

    def _deal(self, db: Transaction, text: str, about: PublicKey) -> Deal:
        """What proves that `about` agreed to an order with me."""
        order = orders.load(db, reading.order(db, text))
        assert order is not None, "it was just found"
        role = _role_beside(order, self._me, about)
        given = order.licences.get(role)
        if given is None or not order.is_agreed:  # a buyer gives hers with the proposal
            raise NotFound(
                f"order {order.id.hex()[:8]} was not agreed to: it proves nothing of this person",
                "without --order the warning is given all the same, and counts for less",
            )
        return Deal(order=order.id, count=given.count, licence=given.signature)


def _role_beside(order: Order, me: PublicKey, about: PublicKey) -> Role:
    """The role of `about` in an order in which I had the other one."""
    sides = {order.parties[Role.BUYER]: Role.BUYER, order.parties[Role.SELLER]: Role.SELLER}
    if me not in sides or about not in sides or me == about:
        raise Misunderstood(
            f"order {order.id.hex()[:8]} is not between you and this person",
            "`goodword order list` shows your orders",
        )
    return sides[about]


def _scope(role: str, category: str) -> Scope:
    if role and role not in set(Part):
        raise Misunderstood(f"{role!r} is no role", f"it is one of {', '.join(Part)}")
    return Scope(Part(role) if role else None, reading.category(category) or None)


def _only(mine: list[Endorsed], role: str, category: str, *, is_vouch: bool) -> Endorsed:
    """The one that is meant. Raises NotFound or Misunderstood."""
    noun = "vouch" if is_vouch else "warn"
    if role or category:
        asked = _scope(role, category)
        mine = [each for each in mine if each.said.scope == asked]
    match mine:
        case [only]:
            return only
        case []:
            does = "vouch for" if is_vouch else "warn of"
            where = " so" if role or category else ""
            raise NotFound(f"you do not {does} this person{where}", "`goodword vouch list`")
        case _:
            scopes = "; ".join(_options(each.said.scope) for each in mine)
            raise Misunderstood(
                f"there are {len(mine)} {'vouches' if is_vouch else 'warnings'}: {scopes}",
                f"name one: `goodword {noun} revoke PERSON --for ROLE --category NAME`",
            )


def _options(scope: Scope) -> str:
    """As one types it: `--for seller --category ceramics`."""
    role = f"--for {scope.part}" if scope.part else ""
    category = f"--category {scope.category}" if scope.category else ""
    return f"{role} {category}".strip() or "as a whole"
