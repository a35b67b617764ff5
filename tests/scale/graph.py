"""Who knows whom: a graph that grows by word of mouth, with few hubs and many triangles.

Holme and Kim (2002): whoever comes knows four people, the first by how many know them already, the
others mostly friends of the one before. So the mean is eight, and a few are known by hundreds.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

KNOWN_AT_FIRST: Final = 4
TRIANGLE_SHARE: Final = 0.7
"""How often the next one known is a friend of the one before."""

Friends = Sequence[Sequence[int]]
"""Of each person, by number. Friends vouch for each other."""


def grow(people: int, dice: random.Random) -> Friends:
    """In the order of their coming, which has nothing to do with when they are online."""
    assert people > KNOWN_AT_FIRST
    known: list[set[int]] = [set() for _ in range(people)]
    ends: list[int] = []
    """Each person as often as somebody knows them."""

    def meet(one: int, other: int) -> None:
        known[one].add(other)
        known[other].add(one)
        ends.extend((one, other))

    for one in range(KNOWN_AT_FIRST + 1):
        for other in range(one):
            meet(one, other)
    for one in range(KNOWN_AT_FIRST + 1, people):
        last = dice.choice(ends)
        meet(one, last)
        while len(known[one]) < KNOWN_AT_FIRST:
            near = sorted(known[last] - known[one] - {one})
            if near and dice.random() < TRIANGLE_SHARE:
                meet(one, dice.choice(near))
            else:
                last = dice.choice(ends)
                if last != one and last not in known[one]:
                    meet(one, last)
    return [sorted(each) for each in known]


def within(friends: Friends, person: int, hops: int, people_max: int) -> list[int]:
    """Of `person` and those so near, the nearest first: at most `people_max`."""
    seen = {person: None}
    layer = [person]
    for _ in range(hops):
        layer = [each for one in layer for each in friends[one]]
        seen.update(dict.fromkeys(layer))
        layer = list(dict.fromkeys(layer))
    return list(seen)[:people_max]
