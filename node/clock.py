"""The only clock. Everything that needs the time is given a `Clock`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

Clock: TypeAlias = Callable[[], int]
"""Unix seconds."""


def system_clock() -> int:
    return int(time.time())
