"""Forks: two entries of one party, neither of which follows the other: it signed both ways.

An entry names the heads that its author had seen, so the entries of an honest party follow one
another. Which branch of a forker's stands is for all to compute alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from .entry import Entry, Event, Role
from .limits import SEEN_MAX
from .record import RecordId

Entries: TypeAlias = Mapping[RecordId, Entry]


class Branches(NamedTuple):
    """How a set of entries hangs together."""

    lost: frozenset[RecordId]
    """Entries that yield to another of the same author."""
    forkers: frozenset[Role]
    """Who signed both ways."""
    heads: frozenset[RecordId]
    """What the next entry names: the entries that none follows, at most SEEN_MAX."""


def branches(known: Entries, rank: Mapping[Event, int]) -> Branches:
    """Each entry that one of `known` follows is in `known` too.

    `rank`: of two last words that nobody could build on, the one of lower rank stands. By id
    alone, whoever confirmed could grind a TIMEOUT that takes it back.
    """
    pasts = {key: past(entry, known) for key, entry in known.items()}
    kept: list[Entry] = []
    lost: set[RecordId] = set()
    # SPEC 4.6: "the one that more entries of other roles follow stands, then the one whose event
    # has the lower rank, then the one of lower id"
    support = _support(known, pasts)
    for entry in sorted(
        known.values(), key=lambda each: (-support[each.id], rank[each.event], each.id)
    ):
        if any(_is_rival(entry, other, pasts) for other in kept):
            lost.add(entry.id)
        else:
            kept.append(entry)
    return Branches(
        lost=frozenset(lost),
        forkers=frozenset(known[key].role for key in lost),
        heads=_heads(pasts, lost),
    )


def past(entry: Entry, known: Entries) -> set[RecordId]:
    """All entries that `entry` follows, however far back; each is in `known`."""
    found: set[RecordId] = set()
    unvisited = list(entry.seen)
    while unvisited:
        key = unvisited.pop()
        if key not in found:
            found.add(key)
            unvisited.extend(known[key].seen)
    return found


def _support(known: Entries, pasts: Mapping[RecordId, set[RecordId]]) -> Counter[RecordId]:
    """How many entries of other parties follow each entry."""
    return Counter(
        before
        for key, ancestors in pasts.items()
        for before in ancestors
        if known[before].role is not known[key].role
    )


def _is_rival(one: Entry, other: Entry, pasts: Mapping[RecordId, set[RecordId]]) -> bool:
    return (
        one.role is other.role and one.id not in pasts[other.id] and other.id not in pasts[one.id]
    )


def _heads(pasts: Mapping[RecordId, set[RecordId]], lost: set[RecordId]) -> frozenset[RecordId]:
    """First what stands, at most one entry a party, so that no forks can push that out.

    A party who forks SEEN_MAX times would otherwise leave the other more than an entry can name.
    """
    stands = _unfollowed({key: before for key, before in pasts.items() if key not in lost})
    others = sorted(_unfollowed(pasts) - stands)
    return stands | frozenset(others[: SEEN_MAX - len(stands)])


def _unfollowed(pasts: Mapping[RecordId, set[RecordId]]) -> frozenset[RecordId]:
    return frozenset(pasts) - frozenset[RecordId]().union(*pasts.values())
