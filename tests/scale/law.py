"""A law of growth: the power of the number of people by which a figure grows, fitted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """figure = factor · people ^ exponent"""

    factor: float
    exponent: float
    r2: float
    """How much of the figure's variation the law tells; 1 for a constant too."""

    def at(self, people: float) -> float:
        return self.factor * math.pow(people, self.exponent)

    def __str__(self) -> str:
        return f"N^{self.exponent:+.2f} (R² {self.r2:.2f})"


def fit(people: Sequence[float], figures: Sequence[float]) -> Law | None:
    """By least squares of the logarithms; None where there are too few points above zero."""
    points = [
        (math.log(n), math.log(figure))
        for n, figure in zip(people, figures, strict=True)
        if figure > 0
    ]
    if len(points) < 3:
        return None
    x_mean = sum(x for x, _ in points) / len(points)
    y_mean = sum(y for _, y in points) / len(points)
    xx = sum((x - x_mean) ** 2 for x, _ in points)
    xy = sum((x - x_mean) * (y - y_mean) for x, y in points)
    yy = sum((y - y_mean) ** 2 for _, y in points)
    exponent = xy / xx
    rest = sum((y - y_mean - exponent * (x - x_mean)) ** 2 for x, y in points)
    return Law(
        factor=math.exp(y_mean - exponent * x_mean),
        exponent=exponent,
        r2=1 - rest / yy if yy > 1e-12 else 1.0,
    )
