"""What a node keeps is told in one spelling, and read by whoever it is told to."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.crypto.keys import PublicKey
from goodword.protocol import interest
from goodword.protocol.codec import encode
from goodword.protocol.errors import BadField, Malformed, Refusal, TooLarge
from goodword.protocol.interest import EVERYTHING, Interest, folded
from goodword.protocol.limits import (
    INTEREST_BYTES_MAX,
    INTEREST_CATEGORIES_MAX,
    INTEREST_PEOPLE_MAX,
    INTEREST_REGIONS_MAX,
)

KEYS = st.binary(min_size=32, max_size=32).map(PublicKey)
WORDS = st.from_regex(r"[a-z0-9]{1,12}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)
REGIONS = st.sampled_from(["DE", "DE-BE", "de", "Berlin", "台北", "ÄÖ", "İ"])
INTERESTS = st.builds(
    interest.make,
    st.lists(KEYS, max_size=8),
    st.lists(WORDS, max_size=8),
    st.lists(REGIONS, max_size=4),
)
WHOLE = interest.make([PublicKey(bytes([n]) * 32) for n in (1, 2)], ["fruit"], ["DE"])


@given(INTERESTS)
def test_what_was_told_is_read(told: Interest) -> None:
    assert interest.read(told.to_bytes()) == told
    assert len(told.id) == 32


def test_everything_has_no_bytes_and_no_id() -> None:
    assert EVERYTHING.to_bytes() == EVERYTHING.id == b""
    assert interest.read(b"") is EVERYTHING
    assert EVERYTHING.fits([], "")


def test_the_order_in_which_it_was_said_does_not_matter() -> None:
    keys = [PublicKey(bytes([n]) * 32) for n in (3, 1, 2, 1)]
    one = interest.make(keys, ["b", "a"], ["DE", "at"])
    other = interest.make(reversed(keys), ["a", "b", "a"], ["AT", "de"])
    assert one == other
    assert one.id == other.id
    assert one.id != interest.make(keys[:2], ["b", "a"], ["DE", "at"]).id


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        found = interest.read(data)
    except Refusal:
        return
    assert found.to_bytes() == data


@pytest.mark.parametrize("at", range(len(WHOLE.to_bytes()) * 8))
def test_one_flipped_bit_is_refused_or_another_scope(at: int) -> None:
    changed = bytearray(WHOLE.to_bytes())
    changed[at // 8] ^= 1 << at % 8
    with suppress(Refusal):
        assert interest.read(bytes(changed)).id != WHOLE.id


@pytest.mark.parametrize(
    ("categories", "region", "is_wanted"),
    [
        (["fruit"], "", True),
        (["bread", "fruit"], "", True),
        (["fruits"], "", False),
        (["fruit-dried"], "", False),
        ([], "DE", True),
        ([], "de-BE", True),
        ([], "Deutz", True),
        ([], "ADE", False),
        ([], "", False),
        ([], "ＤＥ", False),  # noqa: RUF001  # wide letters are others
    ],
)
def test_a_listing_fits_by_one_category_or_the_beginning_of_its_region(
    categories: list[str], region: str, *, is_wanted: bool
) -> None:
    assert WHOLE.fits(categories, region) is is_wanted


def test_only_the_capitals_of_ascii_are_folded() -> None:
    assert folded("DE-Bayern ÄÖÜ İ ẞ 台北") == "de-bayern ÄÖÜ İ ẞ 台北"


def test_nothing_fits_who_wants_people_alone() -> None:
    assert not interest.make(WHOLE.people).fits(["fruit"], "DE")


def test_the_largest_scope_is_read() -> None:
    people = [PublicKey(n.to_bytes(32, "big")) for n in range(INTEREST_PEOPLE_MAX)]
    # Four bytes each: the largest that a letter of a word and a character of a line take.
    categories = [f"{n:02}" + "𠀀" * 38 for n in range(INTEREST_CATEGORIES_MAX)]
    regions = [f"{n:02}" + "𠀀" * 78 for n in range(INTEREST_REGIONS_MAX)]
    largest = interest.make(people, categories, regions)
    assert len(largest.to_bytes()) < INTEREST_BYTES_MAX
    assert interest.read(largest.to_bytes()) == largest
    with pytest.raises(BadField, match="people: 2001 items, the limit is 2000"):
        interest.make([*people, PublicKey(bytes([9]) * 32)])
    with pytest.raises(BadField, match="categories: 65 items, the limit is 64"):
        interest.make([], [*categories, "a"])
    with pytest.raises(BadField, match="regions: 65 items, the limit is 64"):
        interest.make([], [], [*regions, "a"])


ONE, TWO = bytes([1]) * 32, bytes([2]) * 32


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (encode([2, b"", [], []]), Malformed),
        (encode([1, b"", []]), Malformed),
        (encode([1, b"", [], [], []]), Malformed),
        (encode([1, [ONE], [], []]), Malformed),
        (encode([1, ONE[:31], [], []]), Malformed),
        (encode([1, bytes(32 * 2_001), [], []]), Malformed),
        (encode([1, TWO + ONE, [], []]), BadField),
        (encode([1, ONE + ONE, [], []]), BadField),
        (encode([1, b"", ["b", "a"], []]), BadField),
        (encode([1, b"", ["a", "a"], []]), BadField),
        (encode([1, b"", ["A"], []]), BadField),
        (encode([1, b"", ["a b"], []]), BadField),
        (encode([1, b"", [1], []]), BadField),
        (encode([1, b"", [], ["DE"]]), BadField),
        (encode([1, b"", [], [""]]), BadField),
        (encode([1, b"", [], ["b", "a"]]), BadField),
        (encode([1, b"", [], ["a\n"]]), BadField),
        (encode([1, b"", [], [b"a"]]), BadField),
        (bytes(98_305), TooLarge),
    ],
)
def test_another_spelling_is_refused(data: bytes, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        interest.read(data)
