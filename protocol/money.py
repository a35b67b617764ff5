"""Money is whole minor units and a currency code: never a float, never rounded user input."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from iso4217 import Currency

from .limits import MINOR_MAX

NOT_ISO: Final = {"BTC": 8, "XMR": 12, "HOUR": 2}
"""Exponents of the few units people trade in that ISO 4217 does not list. A closed list:
adding one is a change of the protocol."""

_AMOUNT: Final = re.compile(r"(\d{1,16})(?:\.(\d{1,12}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` units (cents, yen, satoshi) of the currency `code`; 0 … MINOR_MAX."""

    minor: int
    code: str

    def __post_init__(self) -> None:
        exponent(self.code)
        if type(self.minor) is not int or not 0 <= self.minor <= MINOR_MAX:
            raise ValueError(f"{self.minor!r} is not an amount between 0 and {MINOR_MAX}")

    def __str__(self) -> str:
        """As people write it: `12.50 EUR`, `1250 JPY`."""
        digits = exponent(self.code)
        if digits == 0:
            return f"{self.minor} {self.code}"
        whole, part = divmod(self.minor, 10**digits)
        return f"{whole}.{part:0{digits}d} {self.code}"

    def times(self, quantity: int) -> Money:
        """Raises ValueError where the product is over the bound."""
        return Money(self.minor * quantity, self.code)


def parse(text: str) -> Money:
    """`12.5 EUR` or `12.50 EUR` -> 1250 minor units.

    Raises ValueError, with words, on anything that would have to be guessed or rounded: signs,
    commas, exponents, other digits, more decimals than the currency has.
    """
    amount, space, code = text.strip().partition(" ")
    if not space:
        raise ValueError(f"{text!r} is not an amount and a currency, such as '12.50 EUR'")
    code = code.strip().upper()
    digits = exponent(code)
    match = _AMOUNT.fullmatch(amount)
    if match is None:
        raise ValueError(f"{amount!r} is not an amount: write digits and at most one point")
    whole, part = match[1], match[2] or ""
    if len(part.rstrip("0")) > digits:
        raise ValueError(f"{amount!r} has more decimals than {code} has ({digits})")
    return Money(int(whole + part[:digits].ljust(digits, "0")), code)


@lru_cache(maxsize=256)  # codes come from strangers: the cache is bounded
def exponent(code: str) -> int:
    """Decimals of the currency. Source: ISO 4217. Raises ValueError where it has none."""
    if code in NOT_ISO:
        return NOT_ISO[code]
    try:
        found = Currency(code).exponent
    except ValueError:
        found = None
    if found is None:
        raise ValueError(f"{code[:8]!r} is not a currency code that we know, such as EUR or CNY")
    return found


def split(total: int, weights: list[int]) -> list[int]:
    """`total` in parts as `weights` ask, by largest remainder: the sum is exact.

    Ties go to the earlier part. Raises ValueError unless the weights are whole, not negative,
    and not all zero.
    """
    whole = sum(weights)
    if total < 0 or whole <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative, nor all zero")
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda n: (-(total * weights[n] % whole), n))
    for position in by_remainder[: total - sum(parts)]:
        parts[position] += 1
    return parts
