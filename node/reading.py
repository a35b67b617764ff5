"""What people type, made into what the rules know; and what to say when it cannot be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from goodword.crypto.address import HRP, BadAddress, from_address, to_address
from goodword.crypto.keys import PublicKey
from goodword.protocol import money
from goodword.protocol.contract import OrderId
from goodword.protocol.errors import BadField
from goodword.protocol.fields import line, slug
from goodword.protocol.limits import CATEGORY_CHARS_MAX, DAY, HOUR, MINUTE, REGION_CHARS_MAX
from goodword.protocol.money import Money
from goodword.protocol.scope import Part
from goodword.storage import orders, people
from goodword.storage.database import Transaction

ID_BYTES: Final = 32
PREFIX_DIGITS_MIN: Final = 4
"""Shorter beginnings of an id match by accident."""

ADDRESS_START: Final = f"{HRP}1"

CHOICES_MAX: Final = 4
"""People named when a beginning of an address fits several."""

_UNITS: Final = {
    "min": MINUTE,
    "h": HOUR,
    "d": DAY,
    "w": 7 * DAY,
    "m": 30 * DAY,
    "y": 365 * DAY,
}
_DURATION: Final = re.compile(rf"(\d{{1,6}}) ?({'|'.join(_UNITS)})", re.ASCII)

_check_category: Final = slug(CATEGORY_CHARS_MAX)
_check_region: Final = line(REGION_CHARS_MAX)

_PERCENT: Final = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))? ?%", re.ASCII)
_SIZES: Final = {"kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000}
_SIZE: Final = re.compile(rf"(\d{{1,6}}) ?({'|'.join(_SIZES)})", re.ASCII)


class Misunderstood(Exception):
    """What was asked makes no sense: usage, exit 2."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.hint = hint


class NotFound(Exception):
    """What was named is not here: exit 1."""

    code: Final = "not_found"

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.hint = hint


def composed(text: str) -> str:
    """As records want it: Unicode normal form C, no white space around. Raises Misunderstood."""
    try:
        text.encode()
    except UnicodeEncodeError as error:  # JSON can spell half of a character
        raise Misunderstood(f"{text!r} is not Unicode text", "type it again") from error
    return unicodedata.normalize("NFC", text).strip()


def duration(text: str) -> int:
    """`3d`, `48h`, `2y` -> seconds. Raises Misunderstood."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise Misunderstood(
            f"{text!r} is not a duration", "write a number and one of min, h, d, w, m, y: 3d"
        )
    return int(match[1]) * _UNITS[match[2]]


def size(text: str) -> int:
    """`1MB`, `500 kB` -> bytes. Raises Misunderstood."""
    match = _SIZE.fullmatch(text.strip().lower())
    if match is None:
        raise Misunderstood(f"{text!r} is not a size", "write a number and kB, MB or GB: 1MB")
    return int(match[1]) * _SIZES[match[2]]


def price(text: str) -> Money:
    """`12.50 EUR`. Raises Misunderstood."""
    try:
        return money.parse(text)
    except ValueError as error:
        raise Misunderstood(str(error), "write it as '12.50 EUR'") from error


def categories(names: Sequence[str]) -> tuple[str, ...]:
    """Sorted, without doubles, lower case, words joined by hyphens."""
    return tuple(sorted({category(each) for each in names}))


def category(name: str) -> str:
    """`Slow  food` -> `slow-food`."""
    return "-".join(composed(name).lower().split())


def category_named(name: str) -> str:
    """The same, of somebody asked about. Raises Misunderstood where no record can name it."""
    found = category(name)
    try:
        _check_category("category", found)
    except BadField as error:
        raise Misunderstood(str(error), "write words joined by hyphens: slow-food") from error
    return found


def region_beginning(name: str) -> str:
    """`DE`, of regions that begin so. Raises Misunderstood where none can."""
    found = composed(name)
    try:
        _check_region("region", found)
    except BadField as error:
        raise Misunderstood(str(error), "write how its regions begin: DE-BE") from error
    return found


def parts(names: Sequence[str]) -> tuple[Part, ...]:
    """Roles that a person offers, sorted, without doubles. Raises Misunderstood."""
    return tuple(sorted({part(each) for each in names}))


def part(name: str) -> Part:
    """`seller`. Raises Misunderstood."""
    try:
        return Part(composed(name).lower())
    except ValueError as error:
        raise Misunderstood(f"{name!r} is no role", f"it is one of {', '.join(Part)}") from error


def percent(text: str) -> int:
    """`1.5%` -> 150 basis points. Raises Misunderstood."""
    match = _PERCENT.fullmatch(text.strip())
    if match is None:
        raise Misunderstood(
            f"{text!r} is not a share in percent", "write a number with at most two decimals: 1.5%"
        )
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def person(db: Transaction, text: str) -> PublicKey:
    """A petname, an address, or an unambiguous beginning of the address of somebody known.

    Raises Misunderstood or NotFound.
    """
    text = composed(text)
    if (named := people.named(db, text)) is not None:
        return named
    if not text.lower().startswith(ADDRESS_START):
        raise NotFound(
            f"nobody is called {text!r} here", "`goodword person name gw1… NAME` gives a name"
        )
    try:
        return from_address(text)
    except BadAddress as error:
        return _beginning(db, text.lower(), error)


def _beginning(db: Transaction, text: str, error: BadAddress) -> PublicKey:
    found = [each for each in people.known(db) if to_address(each).startswith(text)]
    match found[: CHOICES_MAX + 1]:
        case [only]:
            return only
        case []:
            raise NotFound(f"{text}: {error}", "nobody known here has an address that begins so")
        case several:
            names = ", ".join(to_address(each)[: len(text) + 4] + "…" for each in several)
            raise Misunderstood(f"{text} fits several people: {names}", "write more of it")


Id = TypeVar("Id", bound=bytes)


def by_prefix(text: str, what: str, starting_with: Callable[[bytes, bytes], Sequence[Id]]) -> Id:
    """The one id that begins with the hex digits `text`.

    `starting_with(first, last)` returns up to two ids between the two, both included.
    Raises Misunderstood or NotFound.
    """
    digits = text.strip().lower()
    if not is_id(digits) or len(digits) > 2 * ID_BYTES:
        raise Misunderstood(f"{text!r} is no id of {_a(what)}", "an id is hex digits")
    if len(digits) < PREFIX_DIGITS_MIN:
        raise Misunderstood(
            f"{text!r} is too short for {_a(what)}", f"write at least {PREFIX_DIGITS_MIN} digits"
        )
    first = bytes.fromhex(digits.ljust(2 * ID_BYTES, "0"))
    last = bytes.fromhex(digits.ljust(2 * ID_BYTES, "f"))
    found = starting_with(first, last)
    if not found:
        raise NotFound(f"no {what} {digits} is here")
    if len(found) > 1:
        raise Misunderstood(f"{digits} fits several {what}s", "write more digits of it")
    return found[0]


def is_id(text: str) -> bool:
    """Whether it can be nothing but the beginning of an id, or a petname."""
    return re.fullmatch(r"[0-9a-f]+", text.strip().lower()) is not None


def order(db: Transaction, text: str) -> OrderId:
    """The one order of mine whose id begins with `text`. Raises Misunderstood or NotFound."""

    def starting_with(first: bytes, last: bytes) -> list[OrderId]:
        return orders.starting_with(db, first, last)

    return by_prefix(text, "order", starting_with)


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
