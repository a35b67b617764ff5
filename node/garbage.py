"""Garbage: how often Python looks for objects that hold each other."""

from __future__ import annotations

import gc
from typing import Final

YOUNG_OBJECTS: Final = 10_000
"""That come before Python looks among them for those that hold each other: 0.5 ms. A batch at
catch-up makes 30,000, which end by themselves; at Python's 700 an eighth of the time went there."""


def look_seldom() -> None:
    """From now on; and never again through what is here now, which stays until the end."""
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
