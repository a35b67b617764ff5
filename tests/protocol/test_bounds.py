"""Places, bounds and numbers of reconciliation: one spelling each, in the order of bytes."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from goodword.protocol.bounds import (
    END,
    START,
    Bound,
    Place,
    Scroll,
    between,
    id_of,
    place,
    time_of,
    varint,
    written,
)
from goodword.protocol.errors import NotOfReconciliation, Refusal
from goodword.protocol.record import RecordId

hexed = bytes.fromhex
times = st.integers(0, 3) | st.integers(0, 2**64 - 2)
ids = st.binary(min_size=32, max_size=32) | st.binary(max_size=2).map(
    lambda it: it.ljust(32, b"\0")
)
places = st.builds(place, times, ids.map(RecordId))


@given(times, ids, times, ids)
def test_the_order_of_places_is_by_time_then_id(
    time: int, one: bytes, later: int, other: bytes
) -> None:
    first, second = place(time, RecordId(one)), place(later, RecordId(other))
    assert (first < second) is ((time, one) < (later, other))
    assert (time_of(first), id_of(first)) == (time, one)


@given(places, places)
def test_the_bound_between_two_is_the_shortest(one: Place, other: Place) -> None:
    assume(one != other)
    last, first = sorted([one, other])
    bound = between(last, first)
    assert last < bound <= first
    shorter = bound[:-1]
    assert len(bound) == 8 or not last < shorter.ljust(40, b"\0") <= first


@given(st.integers(0, 2**64 - 1))
def test_a_number_is_read_as_it_was_written(number: int) -> None:
    scroll = Scroll(varint(number))
    assert scroll.varint() == number
    assert scroll.is_end


@pytest.mark.parametrize(
    ("number", "data"),
    [(0, "00"), (127, "7f"), (128, "8100"), (16_383, "ff7f"), (16_384, "818000")],
)
def test_a_number_has_its_highest_bits_first(number: int, data: str) -> None:
    assert varint(number) == hexed(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("", "ends early"),
        ("80", "more bytes than it needs"),
        ("8001", "more bytes than it needs"),
        ("ff" * 9, "ends early"),
        ("ff" * 10, "more than 10 bytes"),
        ("ff" * 10 + "7f", "more than 10 bytes"),
        ("ff" * 9 + "7f", "more than 64 bits"),
        ("82" + "80" * 8 + "00", "more than 64 bits"),
    ],
)
def test_a_number_that_is_none_is_refused(data: str, why: str) -> None:
    with pytest.raises(NotOfReconciliation, match=why):
        Scroll(hexed(data)).varint()


@given(st.lists(places.flatmap(lambda it: st.integers(8, 40).map(lambda size: Bound(it[:size])))))
def test_bounds_are_read_as_they_were_written(bounds: list[Bound]) -> None:
    ascending = [START, *sorted(bounds, key=lambda it: it.ljust(40, b"\0")), END, END]
    data = b"".join(written(bound, before) for before, bound in pairwise(ascending))
    scroll = Scroll(data)
    assert [scroll.bound() for _ in ascending[1:]] == ascending[1:]
    assert scroll.is_end


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("0101", "ends early"),
        ("0121" + "00" * 33, "a bound with 33 bytes of an id"),
        ("01ffffff7f", "a bound with 268435455 bytes of an id"),
        ("0001ff", "an end that has an id"),
        ("00000100", "a bound after the end"),
        ("0201ff0101fe", "a bound below the one before"),
        ("0201ff0100", "a bound below the one before"),
        ("81ffffffffffffffff7f000200", "a bound later than there is time"),
        ("81ffffffffffffffff7e000300", "a bound later than there is time"),
    ],
)
def test_a_bound_that_is_none_is_refused(data: str, why: str) -> None:
    scroll = Scroll(hexed(data))
    with pytest.raises(NotOfReconciliation, match=why):
        [scroll.bound() for _ in range(2)]


@given(st.binary(max_size=60))
def test_any_bytes_are_bounds_in_order_or_refused(data: bytes) -> None:
    scroll, bounds = Scroll(data), [START]
    with suppress(Refusal):
        while not scroll.is_end:
            bounds.append(scroll.bound())
    assert all(one.ljust(40, b"\0") <= other.ljust(40, b"\0") for one, other in pairwise(bounds))
