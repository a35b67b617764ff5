"""What each may send by distance from me: the further off, the less. All numbers are here.

These are this node's own: another may have more room, or less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .nearness import Distance

MB: Final = 1_000_000

POT_MEGABYTES: Final = 256
"""For all strangers together, unless the owner says otherwise: a market of 100,000 listings is
60 MB. So much disk a phone has to spare, and the indexes about as much again."""

STRANGER_RECORDS_A_MINUTE_MAX: Final = 1_200
"""By gossip, from one forwarding peer: twenty a second, or 0.3 % of a core. A market of 100,000
strangers who each change something daily is 70. What is more is not kept, nor passed on."""

NEAR_PROPOSALS_MAX: Final = 512
"""Of all people two or three steps away together: whom one fool vouches for fill no shop."""

STRANGER_PROPOSALS_MAX: Final = 64
"""Open proposals of all strangers together: a page or two to look through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    records: int
    """Of one author in the heap."""
    bytes: int
    """The same."""
    proposals: int
    """Orders of one buyer that nobody has answered."""
    letters_a_minute: int
    """From one peer."""


UNLIMITED: Final = 2**53 - 1

QUOTAS: Final[dict[Distance, Quota]] = {
    Distance.ME: Quota(
        records=UNLIMITED, bytes=UNLIMITED, proposals=UNLIMITED, letters_a_minute=UNLIMITED
    ),
    # A shop with everything that it ever had; whom I know I can call, and letters are his to write.
    Distance.KNOWN: Quota(
        records=100_000, bytes=100 * MB, proposals=UNLIMITED, letters_a_minute=UNLIMITED
    ),
    # A large shop. At most 2,000 people are near along vouches: their share has an end too.
    Distance.TWO_STEPS: Quota(records=10_000, bytes=10 * MB, proposals=32, letters_a_minute=128),
    Distance.THREE_STEPS: Quota(records=2_000, bytes=2 * MB, proposals=16, letters_a_minute=64),
    # Some hundred listings of 500 bytes, or sixteen of the largest. An order has a dozen letters
    # in days; a new peer id costs nothing, but each of its letters costs work.
    Distance.STRANGER: Quota(records=500, bytes=512 * 1024, proposals=4, letters_a_minute=32),
}

STRANGER_QUOTA: Final = QUOTAS[Distance.STRANGER]
"""The smallest: who is below it need not be looked for."""
