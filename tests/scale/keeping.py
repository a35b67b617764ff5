"""What each keeps: the policies that are compared, and whose records a person's interest holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from .carrier import TOPICS_PEOPLE_MAX
from .graph import within
from .market import Market, Slots

PEOPLE_MAX: Final = 2_000
"""In a scope: what one message can name."""


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
        for seller, category in market.category.items():
            self._sellers.setdefault(category, []).append(seller)

    def people(self, person: int) -> Sequence[int]:
        """Whose records `person` keeps, his own too; the nearest first."""
        if self._policy.is_everything:
            return range(self._market.people)
        near = within(self._market.friends, person, self._policy.hops, PEOPLE_MAX)
        if not self._policy.has_categories:
            return near
        sellers = [s for each in self._market.picked[person] for s in self._sellers.get(each, [])]
        return list(dict.fromkeys([*near, *sellers]))

    def named(self, person: int) -> int:
        """How many people his scope names: sellers in a category are not."""
        if self._policy.is_everything:
            return 0
        return len(within(self._market.friends, person, self._policy.hops, PEOPLE_MAX))

    def topics(self, person: int) -> int:
        """Of gossip, that he subscribes to."""
        if self._policy.is_everything:
            return 1
        near = min(self.named(person), TOPICS_PEOPLE_MAX)
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
