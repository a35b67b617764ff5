"""Forks: two entries of one party, neither of which follows the other: it signed both ways.

An entry names the heads that its author had seen, so the entries of an honest party follow one
another. Which branch of a forker's stands is for all to compute alike.

Rule 1: nobody gains by a second way, nor by a word that he held back until he saw more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping
from typing import Final, NamedTuple, TypeAlias

from .entry import Entry, Event, Role
from .limits import SEEN_MAX
from .record import RecordId

Entries: TypeAlias = Mapping[RecordId, Entry]

TRADERS: Final = frozenset({Role.BUYER, Role.SELLER})

LAST_WORDS: Final = frozenset({Event.CONFIRM, Event.AGREE, Event.REFUND, Event.ACKNOWLEDGE})
"""Who said one of these gave something up, or saw the end. A moderator who was told another way
does not give it back to him: else a buyer could confirm, and win a dispute about it after."""


class Branches(NamedTuple):
    """How a set of entries hangs together."""

    lost: frozenset[RecordId]
    """Entries that yield to another of the same author."""
    forkers: frozenset[Role]
    """Who signed both ways."""
    heads: frozenset[RecordId]
    """What the next entry names: the entries that none follows, at most SEEN_MAX."""
    sealed: Mapping[RecordId, int]
    """What a last word follows: taken before all else, so that nothing held back undoes it. Each
    with the place of the first last word that follows it: what was settled first goes first."""
    judged: frozenset[RecordId]
    """What a verdict follows: taken before what its moderator had not seen."""


def branches(known: Entries, rank: Mapping[Event, int]) -> Branches:
    """Each entry that one of `known` follows is in `known` too.

    `rank`: of two last words that nobody could build on, the one of lower rank stands. By id
    alone, whoever confirmed could grind a TIMEOUT that takes it back.
    """
    pasts = {key: past(entry, known) for key, entry in known.items()}
    kept: list[Entry] = []
    lost: set[RecordId] = set()
    # SPEC 4.6: "the one that more entries of the other trader follow stands, then a last word, then
    # the one that more entries of the moderator follow, then the one whose event has the lower
    # rank, then the one of lower id"
    by_traders = _support(known, pasts, TRADERS)
    by_moderator = _support(known, pasts, {Role.MODERATOR})
    for entry in sorted(
        known.values(),
        key=lambda each: (
            -by_traders[each.id],
            each.event not in LAST_WORDS,
            -by_moderator[each.id],
            rank[each.event],
            each.id,
        ),
    ):
        if any(_is_rival(entry, other, pasts) for other in kept):
            lost.add(entry.id)
        else:
            kept.append(entry)
    return Branches(
        lost=frozenset(lost),
        forkers=frozenset(known[key].role for key in lost),
        heads=_heads(pasts, lost),
        sealed=_sealed(known, pasts, lost),
        judged=_before({Event.VERDICT}, known, pasts, lost),
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


def _support(
    known: Entries, pasts: Mapping[RecordId, set[RecordId]], by: Container[Role]
) -> Counter[RecordId]:
    """How many entries of the roles `by`, its author's apart, follow each entry."""
    return Counter(
        before
        for key, ancestors in pasts.items()
        if known[key].role in by
        for before in ancestors
        if known[before].role is not known[key].role
    )


def _is_rival(one: Entry, other: Entry, pasts: Mapping[RecordId, set[RecordId]]) -> bool:
    return (
        one.role is other.role and one.id not in pasts[other.id] and other.id not in pasts[one.id]
    )


def _sealed(
    known: Entries, pasts: Mapping[RecordId, set[RecordId]], lost: Container[RecordId]
) -> dict[RecordId, int]:
    """Of all that a last word follows, unless that is lost: the least of its words' places."""
    words = {key for key, entry in known.items() if entry.event in LAST_WORDS and key not in lost}
    places: dict[RecordId, int] = {}
    for word in words:
        place = len(pasts[word] & words)
        for key in pasts[word]:
            places[key] = min(place, places.get(key, place))
    return places


def _before(
    events: Container[Event],
    known: Entries,
    pasts: Mapping[RecordId, set[RecordId]],
    lost: Container[RecordId],
) -> frozenset[RecordId]:
    """All that an entry of these `events` follows, unless it is lost."""
    said = (key for key, entry in known.items() if entry.event in events and key not in lost)
    return frozenset[RecordId]().union(*(pasts[key] for key in said))


def _heads(pasts: Mapping[RecordId, set[RecordId]], lost: set[RecordId]) -> frozenset[RecordId]:
    """First what stands, at most one entry a party, so that no forks can push that out.

    A party who forks SEEN_MAX times would otherwise leave the other more than an entry can name.
    """
    stands = _unfollowed({key: before for key, before in pasts.items() if key not in lost})
    others = sorted(_unfollowed(pasts).difference(stands))
    return stands.union(others[: SEEN_MAX - len(stands)])


def _unfollowed(pasts: Mapping[RecordId, set[RecordId]]) -> frozenset[RecordId]:
    return frozenset(pasts) - frozenset[RecordId]().union(*pasts.values())
