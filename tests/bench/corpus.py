"""Listings as people might write them: English and Chinese, words as frequent as in real texts.

Real texts follow Zipf's law: the n-th word comes 1/n as often as the first. That matters for
both figures that use it: a few words are in most listings, most words are in a few.
Nothing is random: the same seed gives the same listings, on every machine.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from goodword.crypto.hashing import digest
from goodword.crypto.keys import Identity
from goodword.protocol import listing as listings
from goodword.protocol.listing import KIND, NONCE_BYTES, Listing
from goodword.protocol.money import Money
from goodword.protocol.record import make

SELLERS: Final = 300
"""Identities that sign 100,000 listings; a marketplace has a few hundred listings for each."""

NOW: Final = 1_700_000_000
"""Unix seconds: when the last listing was made; each is a minute younger than the one before."""

TITLE_WORDS, TEXT_WORDS = 6, 40
"""With these a record has about 550 bytes."""

CHINESE_SHARE: Final = 0.2

CURRENCIES: Final = ("EUR", "USD", "CNY", "JPY")
REGIONS: Final = ("DE-BE", "DE-HH", "FR-75", "CN-BJ", "TW-TPE", "US-CA", "JP-13", "上海")

_ONSETS: Final = [
    "b",
    "bl",
    "br",
    "c",
    "ch",
    "d",
    "dr",
    "f",
    "fl",
    "g",
    "gr",
    "h",
    "j",
    "k",
    "l",
    "m",
    "n",
    "p",
    "pl",
    "pr",
    "qu",
    "r",
    "s",
    "sh",
    "st",
    "t",
    "tr",
    "v",
    "w",
]
_VOWELS: Final = ["a", "e", "i", "o", "u", "ai", "ea", "oo", "ou"]
_ENDS: Final = ["", "n", "r", "s", "t", "l", "ck", "m", "nd"]


class Words:
    """A vocabulary, the most frequent word first, and texts written in it."""

    def __init__(self, vocabulary: list[str], dice: random.Random) -> None:
        self.vocabulary = vocabulary
        self._dice = dice
        # Mandelbrot's form of the law: in English the first word is every 20th to 30th, and
        # not every 10th, as 1/n alone would have it.
        self._weights = list(accumulate(1 / (n + 2.7) for n in range(1, len(vocabulary) + 1)))

    def some(self, count: int) -> list[str]:
        return self._dice.choices(self.vocabulary, cum_weights=self._weights, k=count)


class Corpus:
    """Sellers, their words, and the listings that they make."""

    def __init__(self, seed: int = 1, sellers: int = SELLERS) -> None:
        self._dice = random.Random(seed)
        self.english = Words(_english(8_000, self._dice), self._dice)
        self.chinese = Words(_chinese(3_000, self._dice), self._dice)
        self.categories = Words([f"{word}-goods" for word in _english(40, self._dice)], self._dice)
        self.sellers = [
            Identity.from_seed(digest(b"bench", bytes([n % 256, n // 256]))) for n in range(sellers)
        ]

    def anew(self, seed: int) -> None:
        """Other listings from here on, in the same words, by the same sellers."""
        self._dice.seed(seed)

    def records(self, count: int) -> Iterator[bytes]:
        """Signed listings in their wire form."""
        for number in range(count):
            seller = self._dice.choice(self.sellers)
            slot = listings.slot(seller.public_key, self._dice.randbytes(NONCE_BYTES))
            made_at = NOW - 60 * (count - number)
            body = self._listing().to_body()
            yield make(seller, KIND, body, slot=slot, revision=1, now=made_at).to_bytes()

    def flood(self, count: int, since: int) -> Iterator[bytes]:
        """As `records`, each by a key of its own; a hundred in each second from `since` on."""
        for number in range(count):
            liar = Identity.from_seed(digest(b"flood", number.to_bytes(8, "big")))
            slot = listings.slot(liar.public_key, bytes(NONCE_BYTES))
            now = since + number // 100
            body = self._listing().to_body()
            yield make(liar, KIND, body, slot=slot, revision=1, now=now).to_bytes()

    def _listing(self) -> Listing:
        dice = self._dice
        return Listing(
            title=self._text(TITLE_WORDS),
            price=Money(dice.randrange(100, 100_000), dice.choice(CURRENCIES)),
            text=self._text(TEXT_WORDS),
            region=dice.choice(REGIONS),
            categories=tuple(sorted(set(self.categories.some(2)))),
        )

    def _text(self, words: int) -> str:
        chinese = sum(self._dice.random() < CHINESE_SHARE for _ in range(words))
        mixed = [*self.chinese.some(chinese), *self.english.some(words - chinese)]
        self._dice.shuffle(mixed)
        return " ".join(mixed)


def _english(count: int, dice: random.Random) -> list[str]:
    """Words of one to three syllables, each once."""
    found: dict[str, None] = {}
    while len(found) < count:
        syllables = dice.choices((1, 2, 3), weights=(3, 5, 2))[0]
        word = "".join(dice.choice(_ONSETS) + dice.choice(_VOWELS) for _ in range(syllables))
        found[word + dice.choice(_ENDS)] = None
    # Frequent words are short, in every language.
    return sorted(found, key=lambda word: len(word) + dice.random() * 14)


def _chinese(count: int, dice: random.Random) -> list[str]:
    """Words of two to four of the 800 characters that begin the block of Han, each once."""
    found: dict[str, None] = {}
    while len(found) < count:
        characters = dice.choices((2, 3, 4), weights=(7, 2, 1))[0]
        found["".join(chr(0x4E00 + dice.randrange(800)) for _ in range(characters))] = None
    return list(found)
