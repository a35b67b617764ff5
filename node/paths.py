"""How far people are from one person along vouches, and through whom."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
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

    None leads through `without` or ends there. Breadth first; those whom the start itself vouches
    for take turns, so that a fool among them does not fill all room with his. Among equally short
    paths turns and keys decide, so that the answer does not depend on what came first. Not
    complete: beyond PEOPLE_MAX people, or the VOUCHES_MAX newest vouches of one, nobody is looked
    for.
    """
    found: dict[PublicKey, Path] = {}
    ends = start, without
    for each in endorsements.vouched_for_by(db, start, now, PEOPLE_MAX):
        if each not in ends:
            found[each] = Path(1, each)
    level = {each: [each] for each in sorted(found)}
    for steps in range(2, STEPS_MAX + 1):
        turns = deque((first, _vouched_for(db, sorted(row), now)) for first, row in level.items())
        level = {first: list[PublicKey]() for first in level}
        while turns and len(found) < PEOPLE_MAX:
            first, row = turns.popleft()
            new = next((each for each in row if each not in found and each not in ends), None)
            if new is not None:
                found[new] = Path(steps, first)
                level[first].append(new)
                turns.append((first, row))
    return found


def _vouched_for(db: Transaction, people: Sequence[PublicKey], now: int) -> Iterator[PublicKey]:
    for person in people:
        yield from endorsements.vouched_for_by(db, person, now, VOUCHES_MAX)
