"""Figure 9: a friend's record, admitted while 100,000 of new keys pour in, and after it.

Two databases hold the same: one stays quiet, the other is flooded. Each record of the friend goes
into both, in turns, alone, as gossip brings it: so that whatever else the machine does slows both.
The pot is small, so that most of the flood must evict what came before it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from goodword.crypto.hashing import digest
from goodword.crypto.keys import Identity, PublicKey
from goodword.node.intake import Came, Intake
from goodword.protocol import endorsement
from goodword.protocol import listing as listings
from goodword.protocol.endorsement import Endorsement, Strength
from goodword.protocol.listing import Listing
from goodword.protocol.money import Money
from goodword.protocol.record import make
from goodword.protocol.scope import Scope
from goodword.storage import meta, records
from goodword.storage.database import Database

from .corpus import NOW, Corpus
from .figure import Figure, milliseconds, percentile

BAR: Final = 2.0

MARKET: Final = 10_000
"""Strangers' listings that both have to begin with."""

PAGE: Final = 100
"""Records of the flood that come at once: a gossip message of the largest size."""

BETWEEN: Final = 3
"""Records of the friend after each of them."""

AFTER: Final = 3_000
"""Records of the friend when the flood is over."""

POT_BYTES: Final = 20_000_000
"""A third of what comes."""

ME: Final = Identity.from_seed(digest(b"flood", b"me"))
FRIEND: Final = Identity.from_seed(digest(b"flood", b"friend"))


class _Node:
    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self.now = NOW
        with self.database.transaction() as db:
            meta.claim(db, ME.public_key)
        self.intake = Intake(self.database, ME.public_key, lambda: self.now, POT_BYTES)

    def admit(self, page: list[bytes]) -> float:
        """Seconds that it took; all of it was new."""
        began = time.perf_counter()
        outcomes = self.intake.admit_public(page)
        took = time.perf_counter() - began
        assert outcomes == [Came.NEW] * len(page), self.intake.refused
        return took


def measure(folder: Path, count: int) -> list[Figure]:
    """While `count` records pour in, and after it."""
    corpus = Corpus()
    quiet, flooded = _Node(folder / "quiet.sqlite"), _Node(folder / "flooded.sqlite")
    market = list(corpus.records(MARKET))
    for node in (quiet, flooded):
        node.admit([_vouch()])
        for start in range(0, MARKET, PAGE):
            node.admit(market[start : start + PAGE])
    said = _friends()
    flood = corpus.flood(count, NOW)
    told: list[bytes] = []
    during: list[tuple[float, float]] = []
    while page := list(islice(flood, PAGE)):
        flooded.now = quiet.now = quiet.now + 1
        flooded.admit(page)
        during += [_in_turns(quiet, flooded, said, told) for _ in range(BETWEEN)]
    after = [_in_turns(quiet, flooded, said, told) for _ in range(AFTER)]
    _check(flooded, told)
    for node in (quiet, flooded):
        node.database.close()
    return [_figure(f"in a flood of {count:,}", during), _figure("after it", after)]


def _in_turns(
    quiet: _Node, flooded: _Node, said: Iterator[bytes], told: list[bytes]
) -> tuple[float, float]:
    told.append(next(said))
    first, second = (quiet, flooded) if len(told) % 2 else (flooded, quiet)
    took = {first: first.admit(told[-1:]), second: second.admit(told[-1:])}
    return took[quiet], took[flooded]


def _check(flooded: _Node, told: list[bytes]) -> None:
    """All of the friend's is there, and strangers' is what has room."""
    with flooded.database.reading() as db:
        shares = flooded.intake.room.shares(db)
        assert shares["near"].records == len(told), shares
        assert shares["near"].bytes == sum(map(len, told)), shares
        assert shares["strangers"].bytes <= POT_BYTES, shares
        assert records.count(db)["listing"] == len(told) + shares["strangers"].records


def _vouch() -> bytes:
    said = Endorsement(
        about=FRIEND.public_key,
        scope=Scope(),
        strength=Strength.TRUST,
        how="my sister",
        expires_at=NOW + 10_000_000,
        deal=None,
    )
    slot = endorsement.slot(FRIEND.public_key, Scope())
    return make(ME, endorsement.KIND, said.to_body(), slot=slot, revision=NOW, now=NOW).to_bytes()


def _friends() -> Iterator[bytes]:
    number = 0
    while True:
        number += 1
        body = Listing(
            title=f"a bowl for a long winter, number {number}",
            price=Money(1_250, "EUR"),
            text="hand made of oak, oiled and packed in wool. " * 8,
        ).to_body()
        slot = listings.slot(PublicKey(FRIEND.public_key), number.to_bytes(16, "big"))
        yield make(FRIEND, listings.KIND, body, slot=slot, revision=1, now=NOW).to_bytes()


def _figure(when: str, took: list[tuple[float, float]]) -> Figure:
    quiet = percentile([each for each, _ in took], 99)
    flooded = percentile([each for _, each in took], 99)
    return Figure(
        name=f"a friend's record {when}, p99",
        ours=milliseconds(flooded),
        raw=f"{milliseconds(quiet)} a quiet node",
        ratio=f"{flooded / quiet:.2f}",
        bar=f"<= {BAR:.2f}",
        is_met=flooded / quiet <= BAR,
    )
