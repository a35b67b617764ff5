from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .fit import exponent

SIZES = (10_000, 100_000, 1_000_000)


@given(st.floats(-3, 3), st.floats(1e-9, 1e9))
def test_the_exponent_of_a_power_is_found(power: float, factor: float) -> None:
    costs = [factor * size**power for size in SIZES]
    assert exponent(SIZES, costs) == pytest.approx(power, abs=1e-9)


def test_a_cost_that_stays_the_same_has_none() -> None:
    assert exponent(SIZES, [7.0, 7.0, 7.0]) == pytest.approx(0)


def test_it_is_the_slope_between_the_ends_of_three_equal_steps() -> None:
    """Least squares: what lies in the middle moves the line, and does not turn it."""
    assert exponent(SIZES, [1.0, 5.0, 100.0]) == pytest.approx(1)
