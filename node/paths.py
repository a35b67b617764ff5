"""How far people are from one person along vouches, and through whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.storage import endorsements
from goodword.storage.database import Transaction

STEPS_MAX: Final = 3
"""A friend of a friend of a friend. Further on one reaches everybody, which says nothing."""

PEOPLE_MAX: Final = 2_000
"""People who are visited from one start: about 10 ms, whoever vouches for thousands."""

VOUCHES_MAX: Final = 200
"""Of one person on the way, her newest: nobody knows more, and one fool must not take all room."""


@dataclass(frozen=True, slots=True)
class Path:
    steps: int
    first: PublicKey
    """The first person on the way, whom the start itself vouches for: the end, if one step off."""


def paths(
    db: Transaction, start: PublicKey, now: int, *, without: PublicKey | None = None
) -> Mapping[PublicKey, Path]:
    """The shortest path from `start` to each person, along vouches in force at `now`.

    None leads through `without` or ends there. Breadth first; among equally short ones keys
    decide, so that the answer does not depend on what came first. Not complete: beyond
    PEOPLE_MAX people, or the VOUCHES_MAX newest vouches of one, nobody is looked for.
    """
    found: dict[PublicKey, Path] = {}
    level: list[PublicKey] = [start]
    for steps in range(1, STEPS_MAX + 1):
        above = level
        level = list[PublicKey]()
        for person in above:
            limit = PEOPLE_MAX if person == start else VOUCHES_MAX
            for each in endorsements.vouched_for_by(db, person, now, limit):
                if each in found or each in (start, without):
                    continue
                if len(found) == PEOPLE_MAX:
                    return found
                found[each] = Path(steps, each if person == start else found[person].first)
                level.append(each)
        level.sort()
    return found
