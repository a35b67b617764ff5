"""A licence is one person's word to one other, for one order, at one count."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.crypto.hashing import digest
from goodword.crypto.keys import Signature
from goodword.protocol import licence, record
from goodword.protocol.codec import encode
from goodword.protocol.limits import REVISION_MAX
from tests.make import ANN, BEN, CHEN, NOW

ORDER: Final = digest(b"goodword/test-order", b"licence")
GIVEN: Final = licence.give(BEN.identity, ORDER, ANN.public_key, 3)
SAID: Final[dict[str, Any]] = {
    "order": ORDER,
    "by": BEN.public_key,
    "to": ANN.public_key,
    "count": 3,
}


def test_a_licence_that_was_given_is_given() -> None:
    assert licence.is_given(GIVEN, **SAID)


@pytest.mark.parametrize(
    "other",
    [
        {"order": digest(b"goodword/test-order", b"another")},
        {"by": CHEN.public_key},
        {"to": CHEN.public_key},
        {"count": 2},
        {"count": 0},
        {"by": ANN.public_key, "to": BEN.public_key},
    ],
)
def test_it_is_given_for_nothing_else(other: dict[str, Any]) -> None:
    assert not licence.is_given(GIVEN, **{**SAID, **other})


@given(st.integers(0, 8 * len(GIVEN) - 1))
def test_one_flipped_bit_is_no_licence(bit: int) -> None:
    flipped = bytearray(GIVEN)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not licence.is_given(Signature(bytes(flipped)), **SAID)


@given(st.binary(max_size=80))
def test_other_bytes_are_no_licence(data: bytes) -> None:
    assert not licence.is_given(Signature(data), **SAID)


@given(st.integers(0, REVISION_MAX), st.binary(min_size=32, max_size=32))
def test_every_count_of_every_order_has_a_licence_of_its_own(count: int, order: bytes) -> None:
    made = licence.give(BEN.identity, order, ANN.public_key, count)
    assert licence.is_given(made, order=order, by=BEN.public_key, to=ANN.public_key, count=count)
    assert made == licence.give(BEN.identity, order, ANN.public_key, count)


def test_a_signature_of_another_use_is_no_licence() -> None:
    """The domain keeps them apart, whatever a record or a binding can be made to say."""
    said = encode([ORDER, BEN.public_key, ANN.public_key, 3])
    for message in (said, record.DOMAIN + b"\0" + said, licence.DOMAIN + said):
        assert not licence.is_given(BEN.identity.sign(message), **SAID)
    made = record.make(BEN.identity, "profile", {"name": "Ben"}, slot=b"", revision=0, now=NOW)
    assert not licence.is_given(made.signature, **SAID)
