"""A market: what people say, when, and how many bytes it takes.

Light: nothing is signed and nothing is written. A record is its slot, its revision, a place in the
order of reconciliation (40 bytes, the id made by a hash), and a size; the sizes are those of real
records, made once. People say who they are, where they are (each time they come online), for whom
they vouch (once both are there), and what they sell. Reviews are left out: there were few.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from statistics import NormalDist
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from goodword.crypto.hashing import digest
from goodword.protocol.bounds import Place, place
from goodword.protocol.record import RecordId
from tests import make
from tests.bench.corpus import Corpus

from .churn import Session
from .graph import Friends

Slots: TypeAlias = npt.NDArray[np.intp]
"""Slots, or people, by their numbers. Of the type that numpy finds places by without a copy."""
Revisions: TypeAlias = npt.NDArray[np.uint16]
Bools: TypeAlias = npt.NDArray[np.bool_]

SHOP_SHARE: Final = 1 / 3
"""Of people who sell."""
LISTINGS_MEAN: Final = 24_379 / 6_651 / SHOP_SHARE
"""Of a shop: so many distinct items, of so many people, the crawl of OpenBazaar found."""
LISTINGS_SPREAD: Final = 1.2
"""Of the logarithm: half of all shops have five listings or fewer, some have two hundred."""
LISTINGS_MAX: Final = 400
REVISED_SHARE: Final = 0.5
"""How often a seller changes one listing while he is online."""

CATEGORIES: Final = 64
PICKED: Final = 2
"""Categories that somebody keeps; as Zipf says, the n-th is picked, and sold in, 1/n as often."""

DAYS_ZERO: Final = 1_600_000_000
"""Unix seconds: when the first day began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    friends: Friends
    lives: Sequence[Sequence[Session]]
    author: Slots
    """Of each slot: who may say something in it."""
    subject: Slots
    """Whom it is about: somebody else where it is a vouch."""
    size: Slots
    """Of a record in it, bytes."""
    is_listing: Bools
    listings: Mapping[int, Sequence[int]]
    """The slots of each seller; who sells nothing is missing."""
    category: Mapping[int, int]
    """In which a seller sells: one, to keep it simple."""
    picked: Sequence[Sequence[int]]
    """The categories that each keeps."""
    profile: Sequence[int]
    presence: Sequence[int]
    vouches: Sequence[Mapping[int, int]]
    """Of each: the slot of the vouch for each friend."""
    by: Sequence[Slots]
    """The slots of each author, ascending."""
    about: Sequence[Slots]
    """The slots of vouches about each, ascending."""
    said_at: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    """When each revision was said; Unix seconds. Filled while the network lives."""
    places: dict[tuple[int, int], Place] = field(default_factory=dict[tuple[int, int], Place])
    """Those that were asked for."""

    @property
    def people(self) -> int:
        return len(self.friends)

    @property
    def slots(self) -> int:
        return len(self.author)

    def place(self, slot: int, revision: int) -> Place:
        """Where that record is in the order."""
        made = self.places.get((slot, revision))
        if made is None:
            made = place(self.said_at[slot, revision], record_id(slot, revision))
            self.places[slot, revision] = made
        return made

    def forget(self) -> None:
        """Nobody has said anything yet."""
        self.said_at.clear()
        self.places.clear()


def record_id(slot: int, revision: int) -> RecordId:
    return RecordId(
        digest(b"goodword/scale", slot.to_bytes(8, "big") + revision.to_bytes(8, "big"))
    )


def build(friends: Friends, lives: Sequence[Sequence[Session]], dice: random.Random) -> Market:
    people = len(friends)
    sizes = sizes_of_records()
    author: list[int] = []
    subject: list[int] = []
    size: list[int] = []

    def add(by: int, about: int, kind: str) -> int:
        author.append(by)
        subject.append(about)
        size.append(sizes[kind])
        return len(author) - 1

    weights = list(accumulate(1 / (n + 1) for n in range(CATEGORIES)))
    profile = [add(one, one, "profile") for one in range(people)]
    presence = [add(one, one, "presence") for one in range(people)]
    vouches = [{f: add(one, f, "vouch") for f in friends[one]} for one in range(people)]
    sellers = sorted(dice.sample(range(people), round(people * SHOP_SHARE)))
    counts = listing_counts(len(sellers))
    dice.shuffle(counts)
    listings = {
        one: [add(one, one, "listing") for _ in range(count)]
        for one, count in zip(sellers, counts, strict=True)
    }
    authors, subjects = np.array(author, np.intp), np.array(subject, np.intp)
    return Market(
        friends=friends,
        lives=lives,
        author=authors,
        subject=subjects,
        size=np.array(size, np.intp),
        is_listing=np.array(size, np.intp) == sizes["listing"],
        listings=listings,
        category=dict(
            zip(
                sellers,
                dice.choices(range(CATEGORIES), cum_weights=weights, k=len(sellers)),
                strict=True,
            )
        ),
        picked=[
            sorted(set(dice.choices(range(CATEGORIES), cum_weights=weights, k=PICKED)))
            for _ in range(people)
        ],
        profile=profile,
        presence=presence,
        vouches=vouches,
        by=_grouped(authors, np.arange(len(authors)), people),
        about=_grouped(subjects, np.flatnonzero(authors != subjects), people),
    )


def listing_counts(sellers: int) -> list[int]:
    """Of each shop, ascending: lognormal, by quantiles, so that the mean is the same everywhere."""
    normal = NormalDist(np.log(LISTINGS_MEAN) - LISTINGS_SPREAD**2 / 2, LISTINGS_SPREAD)
    quantiles = (normal.inv_cdf((rank + 0.5) / sellers) for rank in range(sellers))
    return [min(max(round(float(np.exp(each))), 1), LISTINGS_MAX) for each in quantiles]


@cache
def sizes_of_records() -> Mapping[str, int]:
    """Bytes of a real record of each kind."""
    listed = [len(each) for each in Corpus().records(100)]
    how = "we have bought bowls of each other's since 2019"
    addresses = ("/ip4/192.0.2.1/tcp/4001", "/ip6/2001:db8::1/tcp/4001")
    about = "Bowls and plates, made by hand, sent on Mondays."
    return {
        "profile": len(make.profile(name="Ann of the bowls", about=about).to_bytes()),
        "presence": len(make.presence(addresses=addresses).to_bytes()),
        "vouch": len(make.vouch(how=how).to_bytes()),
        "listing": round(sum(listed) / len(listed)),
    }


def _grouped(keys: Slots, slots: Slots, people: int) -> list[Slots]:
    """Of the slots those of each person, by `keys`."""
    chosen = keys[slots]
    order = np.argsort(chosen, kind="stable")
    ends = np.searchsorted(chosen[order], np.arange(people + 1))
    ordered = slots[order]
    return [ordered[ends[one] : ends[one + 1]] for one in range(people)]
