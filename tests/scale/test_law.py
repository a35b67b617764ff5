"""A law that is known is found again, and one that is none is told by its R²."""

from __future__ import annotations

import pytest

from tests.scale.law import fit

SIZES = (300, 1_000, 3_000, 10_000)


@pytest.mark.parametrize("exponent", [-0.5, 0.0, 0.37, 1.0, 2.0])
def test_a_known_exponent_is_found(exponent: float) -> None:
    law = fit(SIZES, [5 * n**exponent for n in SIZES])
    assert law is not None
    assert law.exponent == pytest.approx(exponent, abs=1e-9)
    assert law.factor == pytest.approx(5)
    assert law.r2 == pytest.approx(1)
    assert law.at(30_000) == pytest.approx(5 * 30_000**exponent)


def test_what_follows_no_law_has_a_small_r2() -> None:
    law = fit(SIZES, [1, 100, 1, 100])
    assert law is not None
    assert law.r2 < 0.5


def test_of_two_points_there_is_no_law() -> None:
    assert fit(SIZES[:2], [1, 2]) is None
    assert fit(SIZES, [0, 0, 1, 2]) is None
