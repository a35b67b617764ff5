"""Words for people, money, times and ids: the same everywhere in the output."""

from __future__ import annotations

import time
from typing import Final

from .client import Json

ID_DIGITS: Final = 8
"""Enough that two ids of one person's never look alike; commands take any beginning of four."""

ADDRESS_CHARS: Final = 12
"""Of an address: `gw1` and 45 bits, which nobody imitates by chance."""

_MONTHS: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip

_UNITS: Final = (("y", 365 * 86400), ("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def short(identifier: str) -> str:
    return identifier[:ID_DIGITS]


def person(who: Json) -> str:
    """My name for somebody, which is mine; or the name that she claims, in quotes; or neither."""
    address = f"{who['address'][:ADDRESS_CHARS]}…"
    if who.get("petname"):
        return str(who["petname"])
    if who.get("name"):
        # Anybody can claim any name: it must not look like a petname.
        return f"{quoted(str(who['name']))} ({address})"
    return address


def quoted(text: str) -> str:
    """What somebody else wrote, which must not end its own quotes and go on as if it were ours."""
    inside = text.translate({0x201C: "'", 0x201D: "'"})
    return f"“{inside}”"


def money(amount: Json) -> str:
    return str(amount["text"])


def when(moment: int, now: int) -> str:
    """`6 Jan 14:00`, in the local time; with the year where it is another one."""
    there = time.localtime(moment)
    year = "" if there.tm_year == time.localtime(now).tm_year else f" {there.tm_year}"
    month = _MONTHS[there.tm_mon - 1]
    return f"{there.tm_mday} {month}{year} {there.tm_hour:02}:{there.tm_min:02}"


def duration(seconds: int) -> str:
    """`3 d`, `1 d 12 h`: the two largest units."""
    parts: list[str] = []
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def age(moment: int, now: int) -> str:
    """`3 d ago`: the largest unit; a clock that runs a little ahead is no other day."""
    passed = now - moment
    unit, worth = next((each for each in _UNITS if each[1] <= passed), ("s", 0))
    return f"{passed // worth} {unit} ago" if worth else "now"


def size(number: int) -> str:
    """`1.5 MB`: in thousands, as disks are sold."""
    for unit, worth in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if number >= worth:
            return f"{number / worth:.1f}".removesuffix(".0") + f" {unit}"
    return f"{number} B"


def count(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"
