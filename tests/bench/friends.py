"""Who vouches for whom in the bench's market: the same in every run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from goodword.crypto.hashing import digest
from goodword.crypto.keys import Identity, PublicKey
from goodword.protocol import endorsement, record
from goodword.protocol.endorsement import Endorsement, Strength
from goodword.protocol.limits import DAY
from goodword.protocol.scope import Part, Scope

from .corpus import NOW, Corpus

BUYERS: Final = 3_000
"""Who sell nothing, and speak of those who do."""

SAID: Final = 6
"""By each; one of them is a warning."""

MINE: Final = 20
"""People for whom the searcher vouches."""


def endorsements(me: Identity, corpus: Corpus) -> Iterator[bytes]:
    """About 20,000 records: half of what anybody says is of sellers."""
    dice = random.Random(3)
    buyers = [Identity.from_seed(_seed(n)) for n in range(BUYERS)]
    sellers = [each.public_key for each in corpus.sellers]
    people = [each.public_key for each in buyers]
    for about in dice.sample(people, MINE):
        yield _say(me, about, Strength.TRUST, Scope(), dice)
    for each in (*corpus.sellers, *buyers):
        others = [*dice.sample(sellers, SAID // 2), *dice.sample(people, SAID - SAID // 2)]
        for place, about in enumerate(others):
            if about != each.public_key:
                strength = Strength.TRUST if place else dice.choice((Strength.WARN, Strength.KNOW))
                scope = Scope(Part.SELLER) if place < SAID // 2 else Scope()
                yield _say(each, about, strength, scope, dice)


def _say(
    by: Identity, about: PublicKey, strength: Strength, scope: Scope, dice: random.Random
) -> bytes:
    made_at = NOW - dice.randrange(600) * DAY
    said = Endorsement(
        about=about,
        scope=scope,
        strength=strength,
        how="we have dealt",
        expires_at=made_at + 5 * 365 * DAY,
        deal=None,
    )
    slot = endorsement.slot(about, scope)
    made = record.make(
        by, endorsement.KIND, said.to_body(), slot=slot, revision=made_at, now=made_at
    )
    return made.to_bytes()


def _seed(number: int) -> bytes:
    return digest(b"goodword/bench-buyer", number.to_bytes(4, "big"))
