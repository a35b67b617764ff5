"""What each keeps: the policies that are compared, and whose records a person's interest holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from goodword.crypto.hashing import digest
from goodword.crypto.keys import PublicKey
from goodword.node.crier import TOPICS_PEOPLE_MAX
from goodword.protocol import interest
from goodword.protocol.interest import EVERYTHING as ALL
from goodword.protocol.interest import Interest
from goodword.protocol.limits import INTEREST_PEOPLE_MAX

from .graph import within
from .market import Market, Slots

REMEMBERED_MAX: Final = 256
"""Scopes of people: each is asked for a few times in a row, and none in most of the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    name: str
    caption: str
    hops: int = 2
    has_categories: bool = True
    is_everything: bool = False
    is_seller_only: bool = False
    """Each serves what is his own, and nobody else does; everybody finds each seller online."""


SELLER: Final = Policy(name="seller", caption="only the seller serves", is_seller_only=True)
FRIENDS: Final = Policy(name="friends", caption="friends keep", hops=1, has_categories=False)
CIRCLE: Final = Policy(name="circle", caption="two hops keep", has_categories=False)
CATEGORIES: Final = Policy(name="categories", caption="two hops and categories")
EVERYTHING: Final = Policy(name="everything", caption="everybody, all", is_everything=True)
POLICIES: Final = (SELLER, FRIENDS, CIRCLE, CATEGORIES, EVERYTHING)


class Interests:
    """Of all people, under one policy."""

    def __init__(self, market: Market, policy: Policy) -> None:
        self._market = market
        self._policy = policy
        self._sellers: dict[int, list[int]] = {}
        self.scope = lru_cache(REMEMBERED_MAX)(self._scope)
        """As a person tells it to peers."""
        for seller, category in market.category.items():
            self._sellers.setdefault(category, []).append(seller)

    def people(self, person: int) -> Sequence[int]:
        """Whose records `person` keeps, his own too; the nearest first."""
        if self._policy.is_everything:
            return range(self._market.people)
        near = self._near(person)
        if not self._policy.has_categories:
            return near
        sellers = [s for each in self._market.picked[person] for s in self._sellers.get(each, [])]
        return list(dict.fromkeys([*near, *sellers]))

    def hears(self, person: int, author: int) -> bool:
        """Whether gossip brings to `person` what `author` says: else it waits for a visit."""
        if self._policy.is_everything:
            return True
        if self._policy.has_categories:
            category = self._market.category.get(author)
            if category in self._market.picked[person]:
                return True
        return author in self._near(person)[:TOPICS_PEOPLE_MAX]

    def topics(self, person: int) -> int:
        """Of gossip, that he subscribes to."""
        if self._policy.is_everything:
            return 1
        near = min(len(self._near(person)), TOPICS_PEOPLE_MAX)
        return near + len(self._market.picked[person]) * self._policy.has_categories

    def slots(self, people: Sequence[int]) -> Slots:
        """Of records by these, and of vouches for them; ascending."""
        if self._policy.is_everything:
            return np.arange(self._market.slots, dtype=np.intp)
        by = [self._market.by[each] for each in people]
        about = [self._market.about[each] for each in people]
        marked = np.zeros(self._market.slots, np.bool_)
        marked[np.concatenate([*by, *about])] = True
        return np.flatnonzero(marked)

    def _near(self, person: int) -> list[int]:
        """Who is in his scope by name: sellers in a category are not."""
        return within(self._market.friends, person, self._policy.hops, INTEREST_PEOPLE_MAX)

    def _scope(self, person: int) -> Interest:
        if self._policy.is_everything:
            return ALL
        picked = self._market.picked[person] if self._policy.has_categories else ()
        return interest.make(
            map(public_key, self._near(person)), [f"category-{each}" for each in picked]
        )


def public_key(person: int) -> PublicKey:
    """As long as one, and in an order that has nothing to do with who came first."""
    return PublicKey(digest(b"goodword/scale/person", person.to_bytes(8, "big")))
