"""How a cost grows: the exponent of the power law that fits what was measured best."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, log


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Of `costs` at `sizes`: 0 where they stay the same, 1 where they double with the size.

    Least squares on logarithms. All numbers are above 0; at least two sizes differ.
    """
    xs, ys = [log(each) for each in sizes], [log(each) for each in costs]
    x, y = fsum(xs) / len(xs), fsum(ys) / len(ys)
    together = fsum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True))
    return together / fsum((a - x) ** 2 for a in xs)
