"""An interest: what a node keeps, as it tells its peers: all, or people, categories, regions.

What it holds of the records here, both sides find by the same rule (SPEC 5.9), each in its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from goodword.crypto.hashing import digest
from goodword.crypto.keys import PUBLIC_KEY_BYTES, PublicKey

from . import fields
from .codec import Value, decode_message, encode
from .errors import BadField, Malformed
from .limits import (
    CATEGORY_CHARS_MAX,
    INTEREST_BYTES_MAX,
    INTEREST_CATEGORIES_MAX,
    INTEREST_PEOPLE_MAX,
    INTEREST_REGIONS_MAX,
    REGION_CHARS_MAX,
)

VERSION: Final = 1
DOMAIN: Final = b"goodword/scope-of-interest/1"

_FOLDED: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_check_line: Final = fields.line(REGION_CHARS_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    people: tuple[PublicKey, ...] = ()
    """Ascending, without doubles; and so are the others. Not checked to be keys: 2,000 would take
    a tenth of a second, and of what is nobody's key there is nothing."""
    categories: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    """Beginnings, folded."""
    is_everything: bool = False

    def to_bytes(self) -> bytes:
        """Of everything none."""
        if self.is_everything:
            return b""
        people = b"".join(self.people)
        return encode([VERSION, people, list(self.categories), list(self.regions)])

    @property
    def id(self) -> bytes:
        """32 bytes; of everything none."""
        # SPEC 5.9: "its id is hash(`"goodword/scope-of-interest/1"`, scope)"
        return b"" if self.is_everything else digest(DOMAIN, self.to_bytes())

    def fits(self, categories: Iterable[str], region: str) -> bool:
        """Whether a listing with these is wanted, whoever sells it."""
        # SPEC 5.9: "with one of the categories, or with a region that, folded, begins with
        # one of the regions"
        return (
            self.is_everything
            or any(each in self.categories for each in categories)
            or folded(region).startswith(self.regions)
        )


EVERYTHING: Final = Interest(is_everything=True)


def make(
    people: Iterable[PublicKey], categories: Iterable[str] = (), regions: Iterable[str] = ()
) -> Interest:
    """In their order, each once.

    Raises BadField where one is none, or there are too many of them.
    """
    everybody = sorted(set(people))
    if len(everybody) > INTEREST_PEOPLE_MAX:
        why = f"{len(everybody)} items, the limit is {INTEREST_PEOPLE_MAX}"
        raise BadField(field="people", why=why)
    all_categories: list[Value] = [*sorted(set(categories))]
    all_regions: list[Value] = [*sorted({folded(each) for each in regions})]
    return read(encode([VERSION, b"".join(everybody), all_categories, all_regions]))


def folded(region: str) -> str:
    """Small letters for the capitals A to Z, and nothing else: what every language does alike."""
    return region.translate(_FOLDED)


def read(data: bytes) -> Interest:
    """Raises Malformed, BadField, or another Refusal of the codec."""
    if not data:
        return EVERYTHING
    match decode_message(data, VERSION, size_max=INTEREST_BYTES_MAX):
        case [bytes() as people, [*categories], [*regions]]:
            keys = _people(people)
            _CATEGORIES("categories", categories)
            _REGIONS("regions", regions)
            return Interest(
                people=keys,
                categories=tuple(map(str, categories)),
                regions=tuple(map(str, regions)),
            )
        case _:
            raise Malformed(why="not a scope")


def _people(joined: bytes) -> tuple[PublicKey, ...]:
    count, rest = divmod(len(joined), PUBLIC_KEY_BYTES)
    if rest or count > INTEREST_PEOPLE_MAX:
        raise Malformed(
            why=f"{len(joined)} bytes are not up to {INTEREST_PEOPLE_MAX} keys of 32 bytes"
        )
    starts = range(0, len(joined), PUBLIC_KEY_BYTES)
    keys = tuple(PublicKey(joined[at : at + PUBLIC_KEY_BYTES]) for at in starts)
    if any(one >= other for one, other in pairwise(keys)):
        raise BadField(field="people", why="must be sorted, without doubles")
    return keys


def _folded_line(name: str, value: object) -> None:
    _check_line(name, value)
    if value != folded(str(value)):
        raise BadField(field=name, why="has a capital of A to Z: it is compared without")


_CATEGORIES: Final = fields.listed(
    fields.slug(CATEGORY_CHARS_MAX), INTEREST_CATEGORIES_MAX, ascending=True
)
_REGIONS: Final = fields.listed(_folded_line, INTEREST_REGIONS_MAX, ascending=True)
