"""A secret as 24 English words, to be written on paper and typed in again (BIP-39)."""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches
from functools import cache

from mnemonic import Mnemonic

ENTROPY_BYTES = 32
WORDS = 24  # 32 bytes and an 8-bit checksum, 11 bits a word
PHRASE_CHARS_MAX = 1_024  # 24 words of at most 8 letters are 215; the rest is room for spaces
NAMED_CHARS_MAX = 20  # of an unknown word in an error


class BadPhrase(ValueError):
    """The words are no phrase; the text names the wrong word, the count, or the checksum."""


def to_words(entropy: bytes) -> str:
    """24 lower-case words with single spaces. Raises ValueError unless given 32 bytes."""
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"a phrase holds {ENTROPY_BYTES} bytes, got {len(entropy)}")
    return _english().to_mnemonic(entropy)


def from_words(phrase: str) -> bytes:
    """The 32 bytes in `phrase`; extra spaces, line ends and capitals do no harm.

    The checksum finds 255 of 256 mistakes that happen to be words. Raises: BadPhrase.
    """
    if len(phrase) > PHRASE_CHARS_MAX:
        raise BadPhrase(f"a phrase has at most {PHRASE_CHARS_MAX} characters")
    words = unicodedata.normalize("NFKD", phrase).lower().split()
    for position, word in enumerate(words, start=1):
        if word not in _english().wordlist:
            raise BadPhrase(f"word {position} is {_named(word)}")
    if len(words) != WORDS:
        raise BadPhrase(f"a phrase has {WORDS} words, this has {len(words)}")
    try:
        return bytes(_english().to_entropy(words))
    except ValueError as error:
        raise BadPhrase(
            "the checksum of the words does not match: a word is wrong, or two are swapped"
        ) from error


def _named(word: str) -> str:
    shown = repr(word[:NAMED_CHARS_MAX])
    likely = get_close_matches(word[:NAMED_CHARS_MAX], _english().wordlist, n=1)
    return f"{shown}, which is not in the list" + (f": perhaps {likely[0]!r}?" if likely else "")


@cache
def _english() -> Mnemonic:
    """The 2,048 words, a constant. Not pure: the package reads them from its own file, once."""
    return Mnemonic("english")
