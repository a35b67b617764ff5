"""What the owner declared that this node keeps, and what it comes to: whose records, which goods.

Rule 1: it is made of vouches, hosts and guests, follows and what was typed. Petnames, notes and
blocks show in nothing that a peer is told, but that somebody blocked is not asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from goodword.crypto.keys import PUBLIC_KEY_BYTES, PublicKey
from goodword.protocol import interest
from goodword.protocol.codec import decode_message, encode
from goodword.protocol.errors import Malformed
from goodword.protocol.interest import EVERYTHING, Interest
from goodword.protocol.limits import INTEREST_PEOPLE_MAX
from goodword.storage import circle, endorsements, mailboxes, meta, people
from goodword.storage.database import Transaction

from .paths import STEPS_MAX, paths

VERSION: Final = 1
HOPS: Final = 2
"""Where the owner narrows it and does not say: friends, and theirs."""
HOPS_MAX: Final = STEPS_MAX
COMMUNITIES_MAX: Final = 16
"""Each a walk of one step from another start, at most as many people as a scope holds."""
DECLARED_BYTES_MAX: Final = 32 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    is_everything: bool = True
    hops: int = HOPS
    """Along vouches from me; 0: nobody but those who are pinned."""
    categories: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    """Beginnings."""
    communities: tuple[PublicKey, ...] = ()
    """The people around each of these: for whom they vouch."""
    budget_bytes: int | None = None
    """Room for what strangers say; None: as the settings have it."""

    def to_bytes(self) -> bytes:
        communities = b"".join(self.communities)
        return encode(
            [
                VERSION,
                self.is_everything,
                self.hops,
                list(self.categories),
                list(self.regions),
                communities,
                self.budget_bytes,
            ]
        )


def read(data: bytes) -> Declared:
    """Raises Malformed where it is not what `to_bytes` wrote."""
    match decode_message(data, VERSION, size_max=DECLARED_BYTES_MAX):
        case [
            bool() as is_everything,
            int() as hops,
            [*categories],
            [*regions],
            bytes() as joined,
            int() | None as budget_bytes,
        ]:
            starts = range(0, len(joined), PUBLIC_KEY_BYTES)
            return Declared(
                is_everything=is_everything,
                hops=hops,
                categories=tuple(map(str, categories)),
                regions=tuple(map(str, regions)),
                communities=tuple(PublicKey(joined[at : at + PUBLIC_KEY_BYTES]) for at in starts),
                budget_bytes=budget_bytes,
            )
        case _:
            raise Malformed(why="not what a node keeps")


def load(db: Transaction) -> Declared:
    """As it was declared last; everything where it never was."""
    stored = meta.keep(db)
    return Declared() if stored is None else read(stored)


def save(db: Transaction, declared: Declared) -> None:
    meta.set_keep(db, declared.to_bytes())


# --- what it comes to ----------------------------------------------------------------------------


class Sort(StrEnum):
    """What a part of the interest is."""

    FRIENDS = "friends"
    NEAR = "near"
    COMMUNITY = "community"
    CATEGORY = "category"
    REGION = "region"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One reason to keep records. Who is in an earlier part is not in a later one."""

    sort: Sort
    people: tuple[PublicKey, ...] = ()
    of: PublicKey | None = None
    """Whose community."""
    goods: Interest = field(default_factory=Interest)
    """Of a category or region: the listings, with their sellers."""

    @property
    def name(self) -> str:
        """The category, the beginning of the region; else nothing."""
        return "".join(self.goods.categories or self.goods.regions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was declared comes to this, as things stand."""

    interest: Interest
    parts: tuple[Part, ...]
    nearest: tuple[PublicKey, ...]
    """All people in it, the nearest first: me, my hosts and guests, whom I follow, and so on."""
    left_out: int
    """People for whom a scope has no room: the furthest."""


def pinned(db: Transaction, me: PublicKey, now: int) -> tuple[PublicKey, ...]:
    """Me and my friends: hosts and guests, whom I follow, and for whom I vouch at `now`. Always
    kept, whatever was declared."""
    guests = [each.person for each in mailboxes.guests(db)]
    members = circle.members(db, me, now)
    blocked = set(people.blocked(db))
    friends = dict.fromkeys([*mailboxes.hosts(db, me), *guests, *members])
    return (me, *(each for each in friends if each not in blocked and each != me))


def kept(db: Transaction, declared: Declared, me: PublicKey, now: int) -> Kept:
    """A walk along vouches: some 10 ms."""
    blocked = set(people.blocked(db))
    seen: dict[PublicKey, None] = {}
    parts: list[Part] = []

    def add(sort: Sort, some: Iterable[PublicKey], of: PublicKey | None = None) -> None:
        new = [each for each in some if each not in seen and each not in blocked]
        seen.update(dict.fromkeys(new))
        parts.append(Part(sort=sort, people=tuple(new), of=of))

    add(Sort.FRIENDS, pinned(db, me, now))
    hops = HOPS_MAX if declared.is_everything else declared.hops
    found = paths(db, me, now)
    near = [each for each in found if found[each].steps <= hops]
    add(Sort.NEAR, sorted(near, key=lambda each: found[each].steps))
    if declared.is_everything:
        return Kept(interest=EVERYTHING, parts=tuple(parts), nearest=tuple(seen), left_out=0)
    for each in declared.communities:
        around = endorsements.vouched_for_by(db, each, now, INTEREST_PEOPLE_MAX)
        add(Sort.COMMUNITY, [each, *around], of=each)
    parts += [
        Part(sort=Sort.CATEGORY, goods=interest.make((), [each])) for each in declared.categories
    ]
    parts += [
        Part(sort=Sort.REGION, goods=interest.make((), (), [each])) for each in declared.regions
    ]
    nearest = tuple(seen)[:INTEREST_PEOPLE_MAX]
    return Kept(
        interest=interest.make(nearest, declared.categories, declared.regions),
        parts=tuple(parts),
        nearest=nearest,
        left_out=len(seen) - len(nearest),
    )
