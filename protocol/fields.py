"""What a field of a body may hold: small checks, put together in tables by each kind.

Rule 1: every kind lists all of its fields; a field that is not listed is refused, so that
nobody can hide bytes in a record or see a later version's meaning misread.
Rule 2: a check either returns or raises BadField with words; none changes the value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias, cast

from goodword.crypto.keys import PUBLIC_KEY_BYTES, is_public_key

from .codec import Value
from .errors import BadField
from .money import Money

Check: TypeAlias = Callable[[str, object], None]
"""(name of the field, its value) -> None, or raises BadField."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body."""

    check: Check
    required: bool = True


Schema: TypeAlias = Mapping[str, Field]

NAMED_CHARS_MAX: Final = 40
"""Of what a stranger wrote, in the words of a refusal."""


def check_body(schema: Schema, body: Mapping[str, Value]) -> None:
    """Raises BadField on a missing, unlisted or ill-valued field."""
    for name in body:
        if name not in schema:
            # A stranger's words: shown without what could rewrite a terminal, and not at length.
            raise BadField(field=repr(name[:NAMED_CHARS_MAX]), why="there is no such field")
    for name, field in schema.items():
        if name in body:
            field.check(name, body[name])
        elif field.required:
            raise BadField(field=name, why="is missing")


def line(chars_max: int, chars_min: int = 1) -> Check:
    """Text of one line: no control character at all."""
    return _text(chars_min, chars_max, _NOT_IN_A_LINE)


def prose(chars_max: int, chars_min: int = 0) -> Check:
    """Text of many lines, possibly empty."""
    return _text(chars_min, chars_max, _NOT_IN_PROSE)


# Control characters would let a listing rewrite a reader's terminal; bidirectional overrides
# let a name pass for another. C0, DEL, C1, line and paragraph separators, overrides, isolates.
_NOT_IN_A_LINE: Final = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_NOT_IN_PROSE: Final = re.compile(
    "[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"  # all but \n
)


def _text(chars_min: int, chars_max: int, forbidden: re.Pattern[str]) -> Check:
    def check(name: str, value: object) -> None:
        if not isinstance(value, str):
            raise BadField(field=name, why="must be text")
        if not chars_min <= len(value) <= chars_max:
            raise BadField(
                field=name, why=f"{len(value)} characters, {chars_min} to {chars_max} are allowed"
            )
        if found := forbidden.search(value):
            raise BadField(field=name, why=f"contains the control character U+{ord(found[0]):04X}")
        if not unicodedata.is_normalized("NFC", value):
            raise BadField(field=name, why="is not in Unicode normal form C")

    return check


def integer(low: int, high: int) -> Check:
    def check(name: str, value: object) -> None:
        if type(value) is not int:
            raise BadField(field=name, why="must be an integer")
        if not low <= value <= high:
            raise BadField(field=name, why=f"{value} is not between {low} and {high}")

    return check


def blob(bytes_min: int, bytes_max: int | None = None) -> Check:
    """Bytes, exactly `bytes_min` of them where no maximum is given."""
    high = bytes_min if bytes_max is None else bytes_max

    def check(name: str, value: object) -> None:
        if not isinstance(value, bytes):
            raise BadField(field=name, why="must be bytes")
        if not bytes_min <= len(value) <= high:
            raise BadField(field=name, why=f"{len(value)} bytes, {bytes_min} to {high} are allowed")

    return check


def public_key(name: str, value: object) -> None:
    """A key that somebody can hold: any other has no address, and cannot be shown."""
    blob(PUBLIC_KEY_BYTES)(name, value)
    if not is_public_key(cast("bytes", value)):
        raise BadField(field=name, why="is nobody's key")


def one_of(*allowed: str) -> Check:
    def check(name: str, value: object) -> None:
        if value not in allowed:
            shown = repr(value)[:NAMED_CHARS_MAX]
            raise BadField(field=name, why=f"{shown} is none of {', '.join(allowed)}")

    return check


def listed(
    check_item: Check, items_max: int, *, items_min: int = 0, ascending: bool = False
) -> Check:
    """A list of `items_min` to `items_max`; `ascending` also forbids doubles."""

    def check(name: str, value: object) -> None:
        if not isinstance(value, list):
            raise BadField(field=name, why="must be a list")
        items = cast("list[object]", value)
        if len(items) > items_max:
            raise BadField(field=name, why=f"{len(items)} items, the limit is {items_max}")
        if len(items) < items_min:
            raise BadField(field=name, why="is empty: leave it out")
        for item in items:
            check_item(name, item)
        if ascending and any(a >= b for a, b in pairwise(cast("list[str]", items))):
            raise BadField(field=name, why="must be sorted, without doubles")

    return check


def pair(first: Check, second: Check) -> Check:
    """A list of two."""

    def check(name: str, value: object) -> None:
        items = cast("list[object]", value) if isinstance(value, list) else []
        if len(items) != 2:
            raise BadField(field=name, why="must be pairs")
        first(name, items[0])
        second(name, items[1])

    return check


def money(name: str, value: object) -> None:
    """[minor units, currency code]."""
    match value:
        case [int() as minor, str() as code]:
            try:
                Money(minor, code)
            except ValueError as error:
                raise BadField(field=name, why=str(error)) from error
        case _:
            raise BadField(field=name, why="must be [minor units, currency code]")


def anything(name: str, value: object) -> None:
    """For fields whose check needs more than the value alone."""


def slug(chars_max: int) -> Check:
    """A category: lower case, words joined by hyphens, so that two people write it alike."""
    check_line = line(chars_max)

    def check(name: str, value: object) -> None:
        check_line(name, value)
        text = str(value)
        if not all(map(_is_word, text.split("-"))) or text != text.lower():
            raise BadField(field=name, why=f"{text!r} is not lower-case words joined by hyphens")

    return check


def _is_word(text: str) -> bool:
    """Letters, marks and digits of any script: without the marks there is no word in Hindi."""
    # Most words are letters and digits alone, which Python tells ten times as fast.
    return text.isalnum() or (
        bool(text) and all(unicodedata.category(char)[0] in "LMN" for char in text)
    )
