"""Whole minor units: read without guessing, written as people do, split without loss."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.protocol import money
from goodword.protocol.limits import MINOR_MAX
from goodword.protocol.money import Money, parse, split

CODES = ["EUR", "JPY", "KWD", "CLF", "BTC", "XMR", "HOUR"]
amounts = st.builds(Money, st.integers(0, MINOR_MAX), st.sampled_from(CODES))
shares = st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any)


@given(amounts)
def test_what_is_written_is_read(amount: Money) -> None:
    assert parse(str(amount)) == amount


@given(st.text(max_size=20))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    with suppress(ValueError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "minor", "code"),
    [
        ("12.50 EUR", 1_250, "EUR"),
        ("12.5 EUR", 1_250, "EUR"),
        ("12 EUR", 1_200, "EUR"),
        ("12.500 EUR", 1_250, "EUR"),
        ("012.50 eur", 1_250, "EUR"),
        ("  12.50  EUR ", 1_250, "EUR"),
        ("1250 JPY", 1_250, "JPY"),
        ("1250.0 JPY", 1_250, "JPY"),
        ("1.234 KWD", 1_234, "KWD"),
        ("0.00000001 BTC", 1, "BTC"),
        ("0 CNY", 0, "CNY"),
        ("1.5 hour", 150, "HOUR"),
    ],
)
def test_an_amount_is_read_as_people_write_it(text: str, minor: int, code: str) -> None:
    assert parse(text) == Money(minor, code)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not an amount and a currency"),
        ("12.50", "is not an amount and a currency"),
        ("EUR", "is not an amount and a currency"),
        ("EUR 12.50", "is not a currency code"),
        ("1e3 EUR", "is not an amount: write digits"),
        ("-1 EUR", "is not an amount"),
        ("+1 EUR", "is not an amount"),
        ("1,5 EUR", "is not an amount"),
        ("1.000,50 EUR", "is not an amount"),
        ("1'000 EUR", "is not an amount"),
        ("1_000 EUR", "is not an amount"),
        (".5 EUR", "is not an amount"),
        ("5. EUR", "is not an amount"),
        ("٣ EUR", "is not an amount"),
        ("\uff11 EUR", "is not an amount"),
        ("0x10 EUR", "is not an amount"),
        ("NaN EUR", "is not an amount"),
        ("1.005 EUR", "has more decimals than EUR has \\(2\\)"),
        ("1.5 JPY", "has more decimals than JPY has \\(0\\)"),
        ("0.000000001 BTC", "has more decimals than BTC has \\(8\\)"),
        ("90071992547409.92 EUR", "is not an amount between 0 and"),
        ("99999999999999999 EUR", "is not an amount"),
        ("1 ABC", "'ABC' is not a currency code"),
        ("1 XAU", "'XAU' is not a currency code"),
        ("1 €", "'€' is not a currency code"),
    ],
)
def test_what_would_have_to_be_guessed_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse(text)


@pytest.mark.parametrize("minor", [-1, MINOR_MAX + 1, True, 1.0, "1"])
def test_only_a_bounded_integer_is_an_amount(minor: int) -> None:
    with pytest.raises(ValueError, match="is not an amount between 0 and"):
        Money(minor, "EUR")


@pytest.mark.parametrize("code", ["", "eur", "EURO", "EU", "XXX", "978", "Euro", "EUR ", "€"])
def test_only_a_known_code_is_a_currency(code: str) -> None:
    with pytest.raises(ValueError, match="is not a currency code that we know"):
        Money(1, code)


def test_a_strangers_code_is_not_repeated_at_length() -> None:
    with pytest.raises(ValueError, match=r"^'AAAAAAAA' is not a currency code"):
        Money(1, "A" * 9_999)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_so_many_pieces_cost_so_much(price: int, quantity: int) -> None:
    assert Money(price, "EUR").times(quantity) == Money(price * quantity, "EUR")


def test_a_total_over_the_bound_is_refused() -> None:
    with pytest.raises(ValueError, match="is not an amount between"):
        Money(MINOR_MAX, "EUR").times(2)


def test_an_amount_shows_all_its_decimals() -> None:
    shown = [str(Money(5, code)) for code in CODES]
    assert shown == [
        "0.05 EUR",
        "5 JPY",
        "0.005 KWD",
        "0.0005 CLF",
        "0.00000005 BTC",
        "0.000000000005 XMR",
        "0.05 HOUR",
    ]


@given(st.integers(0, MINOR_MAX), shares)
def test_a_split_neither_makes_nor_loses_money(total: int, weights: list[int]) -> None:
    assert sum(split(total, weights)) == total


@given(st.integers(0, MINOR_MAX), shares)
def test_a_part_is_off_by_less_than_one_unit(total: int, weights: list[int]) -> None:
    for part, weight in zip(split(total, weights), weights, strict=True):
        assert abs(part * sum(weights) - total * weight) < sum(weights)


@given(st.integers(0, MINOR_MAX), shares)
def test_a_larger_weight_gets_no_smaller_part(total: int, weights: list[int]) -> None:
    in_order = sorted(weights, reverse=True)
    parts = split(total, in_order)
    assert parts == sorted(parts, reverse=True)


def test_a_weight_of_zero_gets_nothing() -> None:
    assert split(7, [0, 1, 0]) == [0, 7, 0]


def test_the_earlier_of_equal_parts_gets_the_rest() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(2, [1, 1, 1]) == [1, 1, 0]


@pytest.mark.parametrize(("total", "weights"), [(-1, [1]), (1, []), (1, [0]), (1, [2, -1])])
def test_a_split_without_sense_is_refused(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights must not be negative, nor all zero"):
        split(total, weights)


def test_what_iso_does_not_list_stays_so() -> None:
    """Should ISO 4217 take up one of these codes, the two could disagree about its decimals."""
    from_iso = {"EUR", "JPY", "KWD", "CLF"}
    assert set(CODES) - from_iso == set(money.NOT_ISO)
