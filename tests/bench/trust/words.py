"""A6: what became of those of whom a word was said. Scores and words by the pure rules alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from goodword.crypto.keys import PublicKey
from goodword.protocol.trust import judge
from goodword.protocol.voices import voices
from goodword.protocol.walk import Walk, walk
from goodword.protocol.word import GOOD, Word, word

from .accuracy import Foretold
from .bar import Bar
from .otc import Otc
from .told import Told, key


def measure(otc: Otc, pairs: Sequence[Foretold]) -> Iterator[Bar]:
    bad = [each.rating.strength < 0 for each in pairs]
    avoided = [foretold.rating.strength < 0 for foretold in avoid(otc, pairs)]
    liked = [foretold.rating.strength < 0 for foretold in pairs if foretold.score > GOOD]
    known = f"{_share(bad):.3f} of all covered"
    yield Bar.at_least("A6", "next rating bad, of those to avoid", _share(avoided), 0.72, known)
    yield Bar.at_most("A6", f"next rating bad, score > {GOOD}", _share(liked), 0.08, known)


def avoid(otc: Otc, pairs: Sequence[Foretold]) -> Iterator[Foretold]:
    """Those of whom the word was *avoid*."""
    for said_at, some in groupby(pairs, lambda each: each.said_at):
        told = Told(otc.ratings[:said_at])
        walks: dict[PublicKey, Walk] = {}
        for each in some:
            if each.score < 0 and _is_avoided(told, each, walks):
                yield each


def _is_avoided(told: Told, foretold: Foretold, walks: dict[PublicKey, Walk]) -> bool:
    me, now = key(foretold.rating.rater), foretold.rating.made_at
    if me not in walks or walks[me].now != now:
        walks[me] = walk(told, me, now)
    judgement = judge(told, walks[me], key(foretold.rating.subject), paths=0)
    return word(judgement, voices(judgement)) is Word.AVOID


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 0.0
