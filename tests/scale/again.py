"""Again: how often one who stays connected visits the other, and how much of it is a comparison.

As `node/visit.py` says: after a visit that brought nothing the pause is twice as long; and as
`node/comparer.py` does it: where the first two messages are those of the visit before, all is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from goodword.node.visit import FIRST_PAUSE_SECONDS, LOOK_MESSAGES, next_pause


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that the client has, from now on."""

    at: float
    """Seconds."""
    giver: int | None = None
    """Who handed it over in a visit; None: gossip brought it, or the client said it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Visits after the first."""

    looks: int
    """After whose first two messages all is as it was."""
    comparisons: int
    """The others."""


def again(
    *,
    since: float,
    until: float,
    server: int,
    changes: Sequence[Change],
    messages: int,
    first_messages: int,
    first_is_new: bool,
) -> Again:
    """How often a client visits `server` between the two.

    `messages`: what it says in each whole comparison; `first_messages`: in the first visit, at
    `since`; `first_is_new`: whether that brought something.
    The first visit after it is a whole comparison: each of the two has met others meanwhile.
    """
    looks = comparisons = 0
    pause = FIRST_PAUSE_SECONDS
    now, said, is_new, is_left = since, first_messages, first_is_new, False
    coming = [each for each in changes if since < each.at]
    number = 0
    while True:
        pause = next_pause(pause, messages=said, is_new=is_new)
        if (now := now + pause) > until:
            break
        is_changed = is_new = False
        while number < len(coming) and coming[number].at <= now:
            is_changed = True
            is_new = is_new or coming[number].giver == server
            number += 1
        if is_left and not is_changed:
            looks, said = looks + 1, LOOK_MESSAGES
        else:
            comparisons += 1
            said, is_left = messages, not is_new
    return Again(looks=looks, comparisons=comparisons)
