"""Marks: words in the index of listings that nobody can type: whose, in which category, where.

An index of sellers would cost a tenth of the time to admit a record: each goes to another page of
it. A word more costs a hundredth. The first character of each is private: a word to the index, and
none to `words.query`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from goodword.crypto.keys import PublicKey

_SELLER: Final = "\ue000"
_CATEGORY: Final = "\ue001"
_REGION: Final = "\ue002"
_BETWEEN: Final = "\ue003"
"""Instead of what is between words: a mark is one word."""

REMEMBERED: Final = 1_024
"""Categories and regions: each is in many listings."""


def seller(key: PublicKey) -> str:
    """Half of a key: somebody can make one that has the same."""
    return f"{_SELLER}{key[:8].hex()}"


def of(sellers: Iterable[PublicKey]) -> str:
    """What the index is asked for the listings of any of `sellers`."""
    quoted = [f'"{seller(each)}"' for each in sellers]
    return f"marks : ({' OR '.join(quoted)})"


def category(slug: str) -> str:
    return f"{_CATEGORY}{_joined(slug)}"


def region(name: str) -> str:
    """What begins as a region does: the mark of `DE` is the beginning of that of `DE-BE`."""
    return f"{_REGION}{_joined(name)}"


_BREAK: Final = re.compile(r"[\W_]")


@lru_cache(REMEMBERED)
def _joined(text: str) -> str:
    return _BREAK.sub(_BETWEEN, text)
