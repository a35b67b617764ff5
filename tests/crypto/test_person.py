from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.crypto.hashing import derive
from goodword.crypto.keys import Identity, is_signed_by
from goodword.crypto.person import Person
from goodword.crypto.sealing import NotForUs, seal

ROOT = bytes(range(32))
ALICE = Person.from_root(ROOT)

nonces = st.binary(min_size=32, max_size=32)


def test_one_root_is_always_the_same_person() -> None:
    """Frozen: another number here would be another person after an upgrade."""
    assert ALICE.public_key.hex() == (
        "10dc544f1447d05d87d2a131367282e3485da3c8514a55138ceb6a9dc10c4d83"
    )
    assert ALICE.order_identity(bytes(32)).public_key.hex() == (
        "da4de91bf7e2183ded5bf10c5fb18b0c008df4139c5bacf1fe1d73e0f8866e5a"
    )
    assert Person.from_root(ROOT) == ALICE


def test_keys_follow_from_the_root_by_their_purpose() -> None:
    identity = Identity.from_seed(derive(ROOT, b"goodword/identity/1"))
    order = Identity.from_seed(derive(ROOT, b"goodword/order-key/1" + b"n" * 32))
    assert ALICE.identity == identity
    assert ALICE.order_identity(b"n" * 32) == order


def test_the_root_itself_signs_nothing() -> None:
    assert Identity.from_seed(ROOT) != ALICE.identity


@given(nonces, nonces)
def test_every_order_has_its_own_key(one: bytes, other: bytes) -> None:
    first, second = ALICE.order_identity(one), ALICE.order_identity(other)
    assert (first == second) == (one == other)
    assert first != ALICE.identity
    assert is_signed_by(first.public_key, b"accept", first.sign(b"accept"))


@pytest.mark.parametrize("size", [0, 31, 33])
def test_another_length_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="root must be 32 bytes"):
        Person.from_root(bytes(size))
    with pytest.raises(ValueError, match="nonce must be 32 bytes"):
        ALICE.order_identity(bytes(size))


def test_a_person_opens_their_letters_and_no_others() -> None:
    assert ALICE.open_sealed(seal(ALICE.public_key, b"hello")) == b"hello"
    bob = Person.from_root(bytes(32))
    with pytest.raises(NotForUs):
        bob.open_sealed(seal(ALICE.public_key, b"hello"))


def test_a_letter_to_an_order_key_is_not_one_to_the_person() -> None:
    with pytest.raises(NotForUs):
        ALICE.open_sealed(seal(ALICE.order_identity(bytes(32)).public_key, b"hello"))


def test_a_person_does_not_show_their_secrets() -> None:
    for shown in (repr(ALICE), str(ALICE), f"{ALICE}"):
        assert repr(ROOT) not in shown
        assert ROOT.hex() not in shown
        assert "root" not in shown


def test_a_token_is_for_one_recipient_and_one_order() -> None:
    """Frozen: receipts for letters that were sent before an upgrade come after it."""
    bob = Person.from_root(bytes(32)).public_key
    token = ALICE.letter_token(bob, bytes(32))
    assert token == derive(ROOT, b"goodword/letter-token/1" + bob + bytes(32))
    others = {
        ALICE.letter_token(ALICE.public_key, bytes(32)),
        ALICE.letter_token(bob, b"o" * 32),
        Person.from_root(bytes(32)).letter_token(bob, bytes(32)),
    }
    assert token not in others
    assert len(others) == 3
    with pytest.raises(ValueError, match="id must be 32 bytes"):
        ALICE.letter_token(bob, bytes(31))
