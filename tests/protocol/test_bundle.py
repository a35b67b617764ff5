"""A bundle: what was written is read; what was cut off, or changed, is told, with the place."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from goodword.protocol import bundle
from goodword.protocol.errors import DamagedBundle, NotABundle, Refusal
from goodword.protocol.limits import PAGE_BYTES_MAX, RECORD_BYTES_MAX

RECORDS = st.lists(st.binary(min_size=1, max_size=60), max_size=200)

FILE = b"".join(bundle.write([b"one", b"two", b"three" * 9]))


def read(file: bytes) -> tuple[list[bytes], Refusal | None]:
    """The records before the end, or before the refusal."""
    found: list[bytes] = []
    try:
        for batch in bundle.read(BytesIO(file).read):
            found += batch
    except Refusal as refusal:
        return found, refusal
    return found, None


@given(RECORDS)
def test_what_was_written_is_read(records: list[bytes]) -> None:
    assert read(b"".join(bundle.write(records))) == (records, None)


@given(st.binary(max_size=300))
@example(bundle.MAGIC)
def test_any_bytes_are_refused(data: bytes) -> None:
    is_begun = data.startswith(bundle.MAGIC)
    assert isinstance(read(data)[1], DamagedBundle if is_begun else NotABundle)


@given(st.binary(max_size=300))
def test_any_bytes_after_a_header_are_read_or_refused(data: bytes) -> None:
    found, refusal = read(FILE[:20] + data)
    assert found == [] or isinstance(refusal, DamagedBundle)


@pytest.mark.parametrize("length", range(20, len(FILE)))
def test_a_file_that_is_cut_off_is_told_with_the_place(length: int) -> None:
    found, refusal = read(FILE[:length])
    assert isinstance(refusal, DamagedBundle)
    assert refusal.at == length
    assert found == [b"one", b"two", b"three" * 9][: len(found)]


@pytest.mark.parametrize("at", range(len(FILE)))
def test_one_flipped_bit_is_told(at: int) -> None:
    changed = bytearray(FILE)
    changed[at] ^= 1
    assert read(bytes(changed))[1] is not None


def test_what_stands_before_the_damage_is_read() -> None:
    many = [bytes([n]) * 9 for n in range(1, 201)]
    whole = b"".join(bundle.write(many))
    found, refusal = read(whole[: 20 + 13 * 150 + 5])
    assert found == many[:150]
    assert str(refusal) == (
        "the bundle is damaged at byte 1975: the file ends here, before its end mark"
    )


def test_no_batch_is_larger_than_what_can_be_let_in_at_once() -> None:
    small, large = [b"x"] * 200, [bytes(RECORD_BYTES_MAX)] * 20
    sizes = [len(each) for each in bundle.read(BytesIO(b"".join(bundle.write(small))).read)]
    assert sizes == [64, 64, 64, 8]
    for batch in bundle.read(BytesIO(b"".join(bundle.write(large))).read):
        assert sum(map(len, batch)) < PAGE_BYTES_MAX + RECORD_BYTES_MAX


def test_no_more_is_asked_of_the_file_than_a_record() -> None:
    """What is announced and cannot be takes no memory: a length is checked before it is read."""
    asked: list[int] = []
    source = BytesIO(FILE[:20] + b"\xff\xff\xff\xff" + bytes(999))

    def take(size: int) -> bytes:
        asked.append(size)
        return source.read(size)

    with pytest.raises(DamagedBundle, match="4294967295 bytes"):
        list(bundle.read(take))
    assert max(asked) <= 16
