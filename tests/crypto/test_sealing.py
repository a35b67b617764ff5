from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.crypto.keys import Identity, PublicKey
from goodword.crypto.sealing import SEAL_BYTES, NotForUs, open_sealed, seal

from .points import SMALL_ORDER

ALICE, BOB = (Identity.from_seed(bytes([n]) * 32) for n in (1, 2))
LETTER = seal(ALICE.public_key, b"Bread Street 5")


@given(st.binary(max_size=300))
def test_the_recipient_opens_what_was_sealed(plain: bytes) -> None:
    sealed = seal(ALICE.public_key, plain)
    assert len(sealed) == len(plain) + SEAL_BYTES
    assert open_sealed(ALICE, sealed) == plain


def test_nobody_else_opens_it() -> None:
    with pytest.raises(NotForUs):
        open_sealed(BOB, LETTER)


def test_two_letters_with_one_text_look_unrelated() -> None:
    again = seal(ALICE.public_key, b"Bread Street 5")
    assert again[:32] != LETTER[:32]
    assert again[32:] != LETTER[32:]


@given(st.integers(0, len(LETTER) * 8 - 1))
def test_a_changed_bit_is_noticed(bit: int) -> None:
    changed = bytearray(LETTER)
    changed[bit // 8] ^= 1 << bit % 8
    # The top bit of an X25519 key carries nothing, yet it is under the letter's nonce.
    with pytest.raises(NotForUs):
        open_sealed(ALICE, bytes(changed))


@given(st.integers(0, len(LETTER) - 1))
def test_a_shortened_letter_is_noticed(size: int) -> None:
    with pytest.raises(NotForUs):
        open_sealed(ALICE, LETTER[:size])


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(NotForUs):
        open_sealed(ALICE, data)


@pytest.mark.parametrize("key", [bytes.fromhex(point) for point in SMALL_ORDER.values()])
def test_a_letter_from_a_key_of_small_order_is_refused(key: bytes) -> None:
    with pytest.raises(NotForUs):
        open_sealed(ALICE, key + LETTER[32:])


@pytest.mark.parametrize("key", [b"", bytes(32), ALICE.public_key + b"\0"])
def test_nothing_is_sealed_to_what_is_no_key(key: bytes) -> None:
    with pytest.raises(ValueError, match="not a public key"):
        seal(PublicKey(key), b"Bread Street 5")
