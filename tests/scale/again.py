"""Again: how often one who stays connected visits the other, and how much of it is a comparison.

As `node/syncer.py` does it: after a visit that was in vain the pause is twice as long; and as
`node/comparer.py` does it: where the first two messages are those of the visit before, all is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from goodword.node.syncer import IN_VAIN_SECONDS_MAX, REPEAT_SECONDS
from goodword.node.visit import CHEAP_MESSAGES


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
    was_in_vain: bool,
) -> Again:
    """How often a client visits `server` between the two.

    `messages`: what it says in each whole comparison. `was_in_vain`: the first visit, at `since`.
    The first visit after it is a whole comparison: each of the two has met others meanwhile.
    """
    looks = comparisons = 0
    now, pause, is_left = since, REPEAT_SECONDS, False
    coming = [each for each in changes if since < each.at]
    number = 0
    while (now := now + pause) <= until:
        pause = min(2 * pause, IN_VAIN_SECONDS_MAX) if was_in_vain else REPEAT_SECONDS
        is_changed = is_new = False
        while number < len(coming) and coming[number].at <= now:
            is_changed = True
            is_new = is_new or coming[number].giver == server
            number += 1
        if is_left and not is_changed:
            looks, was_in_vain = looks + 1, False
        else:
            comparisons += 1
            was_in_vain = not is_new and messages > CHEAP_MESSAGES
            is_left = not is_new
    return Again(looks=looks, comparisons=comparisons)
