"""One value, one spelling."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from contextlib import suppress

import msgpack
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from goodword.protocol.codec import Value, decode, decode_message, encode
from goodword.protocol.entry import Event
from goodword.protocol.errors import Malformed, NotCanonical, Refusal, TooDeep, TooLarge
from goodword.protocol.limits import DEPTH_MAX, RECORD_BYTES_MAX, VALUES_MAX

INTEGER_MIN, INTEGER_MAX = -(2**63), 2**64 - 1  # what msgpack can spell

texts = st.text(max_size=40)
scalars = st.none() | st.booleans() | st.integers(INTEGER_MIN, INTEGER_MAX) | texts | st.binary()
values: st.SearchStrategy[Value] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def depth(value: Value) -> int:
    match value:
        case str() | bytes():
            return 0
        case Mapping():
            return max((1 + depth(each) for each in value.values()), default=0)
        case Sequence():
            return max((1 + depth(each) for each in value), default=0)
        case _:
            return 0


def nested(levels: int) -> Value:
    value: Value = 0
    for _ in range(levels):
        value = [value]
    return value


@given(values)
def test_what_is_encoded_is_decoded(value: Value) -> None:
    assume(depth(value) <= DEPTH_MAX)
    assert decode(encode(value)) == value


@given(st.dictionaries(texts, st.integers(0, 9)))
def test_the_order_in_which_a_map_was_made_does_not_matter(value: dict[str, int]) -> None:
    backwards = dict(reversed(value.items()))
    assert encode(value) == encode(backwards)


@given(st.lists(texts, unique=True, min_size=2))
def test_keys_are_sorted_by_their_utf8(keys: list[str]) -> None:
    decoded = decode(encode(dict.fromkeys(keys)))
    assert isinstance(decoded, Mapping)
    assert list(decoded) == sorted(keys, key=lambda key: key.encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(Refusal):
        assert encode(decode(data)) == data


@given(st.lists(st.sampled_from(range(0x80, 0x100)) | st.integers(0, 255), max_size=60))
def test_any_bytes_that_look_like_msgpack_are_read_or_refused(data: list[int]) -> None:
    with suppress(Refusal):
        assert encode(decode(bytes(data))) == bytes(data)


@given(values, st.data())
def test_a_flipped_bit_is_another_value_or_none(value: Value, data: st.DataObject) -> None:
    assume(depth(value) <= DEPTH_MAX)
    good = encode(value)
    at = data.draw(st.integers(0, len(good) * 8 - 1))
    bad = bytearray(good)
    bad[at // 8] ^= 1 << at % 8
    with suppress(Refusal):
        # Compared as encodings: in Python True equals 1.
        assert encode(decode(bytes(bad))) != good


@given(st.integers(0, 2**64 - 1))
def test_an_integer_has_no_longer_spelling(number: int) -> None:
    spellings = {
        bytes([0xCF]) + struct.pack(">Q", number),
        *([bytes([0xCE]) + struct.pack(">I", number)] if number < 2**32 else []),
        *([bytes([0xCD]) + struct.pack(">H", number)] if number < 2**16 else []),
        *([bytes([0xCC, number])] if number < 2**8 else []),
        *([bytes([0xD3]) + struct.pack(">q", number)] if number < 2**63 else []),
    }
    for spelling in spellings - {encode(number)}:
        with pytest.raises(NotCanonical):
            decode(spelling)


@given(st.integers(-(2**63), -1))
def test_a_negative_integer_has_no_longer_spelling(number: int) -> None:
    spellings = {
        bytes([0xD3]) + struct.pack(">q", number),
        *([bytes([0xD2]) + struct.pack(">i", number)] if number >= -(2**31) else []),
        *([bytes([0xD1]) + struct.pack(">h", number)] if number >= -(2**15) else []),
        *([bytes([0xD0]) + struct.pack(">b", number)] if number >= -(2**7) else []),
    }
    for spelling in spellings - {encode(number)}:
        with pytest.raises(NotCanonical):
            decode(spelling)


@given(texts, st.binary(max_size=40))
def test_a_length_has_no_longer_spelling(text: str, data: bytes) -> None:
    utf8 = text.encode()
    for spelling in (
        b"\xda" + struct.pack(">H", len(utf8)) + utf8,
        b"\xdb" + struct.pack(">I", len(utf8)) + utf8,
        b"\xc5" + struct.pack(">H", len(data)) + data,
        b"\xc6" + struct.pack(">I", len(data)) + data,
        b"\xdc\0\1" + encode(text),
        b"\xdd\0\0\0\1" + encode(text),
        b"\xde\0\1" + encode(text) + b"\0",
        b"\xdf\0\0\0\1" + encode(text) + b"\0",
    ):
        with pytest.raises(NotCanonical):
            decode(spelling)


@given(st.floats())
def test_no_float_is_spelled_or_read(number: float) -> None:
    with pytest.raises(NotCanonical, match="float is not allowed"):
        decode(msgpack.packb(number, use_bin_type=True))
    with pytest.raises(NotCanonical):
        encode([number])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("levels", range(DEPTH_MAX + 1))
def test_nesting_up_to_the_limit_is_read(levels: int) -> None:
    assert decode(encode(nested(levels))) == nested(levels)


@pytest.mark.parametrize("levels", [DEPTH_MAX + 1, DEPTH_MAX + 2, 100, 2_000, 30_000])
def test_deeper_nesting_is_refused(levels: int) -> None:
    with pytest.raises(TooDeep):
        decode(b"\x91" * levels + b"\x00")
    with pytest.raises(TooDeep):
        decode(b"\x81\xa1a" * (levels // 4 + DEPTH_MAX) + b"\x00")


def test_what_is_nested_too_deep_is_not_written() -> None:
    with pytest.raises(TooDeep):
        encode(nested(DEPTH_MAX + 1))


def test_a_list_may_hold_as_many_values_as_the_limit() -> None:
    assert decode(encode([None] * (VALUES_MAX - 1))) == [None] * (VALUES_MAX - 1)


@pytest.mark.parametrize("count", [VALUES_MAX, 30_000])
def test_a_longer_list_is_refused(count: int) -> None:
    with pytest.raises(TooLarge, match=rf"{count + 1} values, the limit is {VALUES_MAX}"):
        decode(msgpack.packb([None] * count, use_bin_type=True))
    with pytest.raises(TooLarge):
        encode([None] * count)


def test_many_short_lists_are_counted_together() -> None:
    with pytest.raises(TooLarge):
        decode(msgpack.packb([[0] * 30] * 34, use_bin_type=True))


def test_more_bytes_than_asked_for_are_refused_unread() -> None:
    with pytest.raises(TooLarge, match="32769 bytes, the limit is 32768"):
        decode(bytes(RECORD_BYTES_MAX + 1))
    with pytest.raises(TooLarge):
        decode(encode("abc"), size_max=3)


@pytest.mark.parametrize("number", [INTEGER_MIN - 1, INTEGER_MAX + 1, 10**30])
def test_an_integer_of_more_than_64_bits_is_not_written(number: int) -> None:
    with pytest.raises(NotCanonical, match="does not fit in 64 bits"):
        encode([number])


def test_a_surrogate_is_not_written() -> None:
    with pytest.raises(NotCanonical, match="not Unicode"):
        encode("\ud800")


def test_a_key_that_is_not_text_is_not_written() -> None:
    with pytest.raises(NotCanonical, match="a map key that is not text"):
        encode({1: 2})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]


def test_an_enumeration_is_not_taken_for_its_text() -> None:
    """What is written is what is read: an Event would come back as text."""
    with pytest.raises(NotCanonical, match="Event is not allowed"):
        encode(Event.ACCEPT)


def test_a_tuple_is_a_list() -> None:
    assert encode((1, 2)) == encode([1, 2])


@pytest.mark.parametrize("message", [[], 1, None, {"1": 1}, [2, 3], [True, 3], ["1", 3], [[1], 3]])
def test_a_message_starts_with_its_version(message: Value) -> None:
    with pytest.raises(Malformed, match="expected a list that starts with 1"):
        decode_message(encode(message), 1, size_max=100)


def test_a_message_is_what_follows_its_version() -> None:
    assert decode_message(encode([1, "a", b"b"]), 1, size_max=100) == ["a", b"b"]
