from __future__ import annotations

from typing import NamedTuple

import cryptography_vectors
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_core_ed25519_add, crypto_scalarmult_ed25519_base_noclamp

from goodword.crypto.keys import (
    SIGNATURE_BYTES,
    Identity,
    PublicKey,
    Signature,
    is_public_key,
    is_signed_by,
)

from .points import (
    GROUP_ORDER,
    IDENTITY_POINT,
    NOT_REDUCED,
    ORDER_EIGHT,
    SMALL_ORDER,
    SMALL_ORDER_AGAIN,
    challenge,
    forge,
)

SEED = bytes(range(32))
ALICE = Identity.from_seed(SEED)
MESSAGE = b"three apples"

seeds = st.binary(min_size=32, max_size=32)


class Vector(NamedTuple):
    seed: bytes
    public_key: PublicKey
    message: bytes
    signature: Signature


def read_vectors() -> list[Vector]:
    """The 1,024 of the Ed25519 authors, which RFC 8032 quotes: seed+key : key : m : sig+m."""
    with cryptography_vectors.open_vector_file("asymmetric/Ed25519/sign.input", "r") as lines:
        rows = [line.strip().split(":") for line in lines]
    return [
        Vector(
            bytes.fromhex(row[0])[:32],
            PublicKey(bytes.fromhex(row[1])),
            bytes.fromhex(row[2]),
            Signature(bytes.fromhex(row[3])[:SIGNATURE_BYTES]),
        )
        for row in rows
    ]


def test_all_official_vectors_are_signed_and_verified_alike() -> None:
    vectors = read_vectors()
    assert len(vectors) == 1024
    for vector in vectors:
        identity = Identity.from_seed(vector.seed)
        assert identity.public_key == vector.public_key
        assert identity.sign(vector.message) == vector.signature
        assert is_signed_by(vector.public_key, vector.message, vector.signature)
        assert not is_signed_by(vector.public_key, vector.message + b"!", vector.signature)


@given(seeds, st.binary(max_size=100), st.integers(0, SIGNATURE_BYTES * 8 - 1))
def test_a_changed_bit_of_a_signature_is_refused(seed: bytes, message: bytes, bit: int) -> None:
    identity = Identity.from_seed(seed)
    changed = bytearray(identity.sign(message))
    changed[bit // 8] ^= 1 << bit % 8
    assert not is_signed_by(identity.public_key, message, Signature(bytes(changed)))


@given(seeds, seeds)
def test_nobody_signs_for_another(one: bytes, other: bytes) -> None:
    signature = Identity.from_seed(one).sign(MESSAGE)
    key = Identity.from_seed(other).public_key
    assert is_signed_by(key, MESSAGE, signature) == (one == other)


@given(st.binary(max_size=70), st.binary(max_size=70))
def test_any_bytes_are_answered_without_an_error(key: bytes, signature: bytes) -> None:
    assert not is_signed_by(PublicKey(key), MESSAGE, Signature(signature))


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_seed_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="seed must be 32 bytes"):
        Identity.from_seed(bytes(size))


def test_an_identity_does_not_show_its_secret() -> None:
    shown = repr(ALICE)
    assert "public_key" in shown
    assert "signing_key" not in shown
    assert repr(SEED) not in shown


def test_two_identities_are_one_when_their_keys_are() -> None:
    assert Identity.from_seed(SEED) == ALICE
    assert hash(Identity.from_seed(SEED)) == hash(ALICE)
    assert Identity.from_seed(bytes(32)) != ALICE


@given(seeds)
def test_the_key_of_every_seed_is_a_public_key(seed: bytes) -> None:
    assert is_public_key(Identity.from_seed(seed).public_key)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_another_length_is_none(size: int) -> None:
    assert not is_public_key(ALICE.public_key[:1] * size)


@pytest.mark.parametrize("point", SMALL_ORDER.values(), ids=SMALL_ORDER)
def test_a_key_of_small_order_is_none(point: str) -> None:
    refuse_as_key(bytes.fromhex(point))


@pytest.mark.parametrize("point", SMALL_ORDER_AGAIN.values(), ids=SMALL_ORDER_AGAIN)
def test_a_key_of_small_order_in_another_spelling_is_none(point: str) -> None:
    refuse_as_key(bytes.fromhex(point))


@pytest.mark.parametrize("point", NOT_REDUCED, ids=lambda point: point.hex()[::62])
def test_a_key_that_is_not_reduced_is_none(point: bytes) -> None:
    refuse_as_key(point)


def refuse_as_key(key: bytes) -> None:
    """Under such keys R = S·B with S = 0 or 1 would sign many a message."""
    assert not is_public_key(key)
    base = crypto_scalarmult_ed25519_base_noclamp((1).to_bytes(32, "little"))
    for r_point, s in ((IDENTITY_POINT, 0), (key, 0), (base, 1)):
        signature = Signature(r_point + s.to_bytes(32, "little"))
        for number in range(16):  # one in eight would fit by the order of the key
            assert not is_signed_by(PublicKey(key), bytes([number]), signature)


def test_a_point_off_the_curve_is_no_key() -> None:
    off_the_curve = (2).to_bytes(32, "little")  # y = 2 has no x
    assert not is_public_key(off_the_curve)
    assert not is_signed_by(PublicKey(off_the_curve), MESSAGE, ALICE.sign(MESSAGE))


def test_a_key_with_a_small_order_part_is_none() -> None:
    """Seven more keys would share Alice's secret, and libsodium alone would take them."""
    mixed = PublicKey(crypto_core_ed25519_add(ALICE.public_key, ORDER_EIGHT))
    base = crypto_scalarmult_ed25519_base_noclamp((1).to_bytes(32, "little"))
    message = next(m for m in map(bytes, range(999)) if challenge(base, mixed, m) % 8 == 0)
    assert not is_public_key(mixed)
    assert not is_signed_by(mixed, message, Signature(forge(SEED, mixed, message, 1, base)))


def test_s_above_the_group_order_is_refused() -> None:
    """Otherwise anyone makes a second signature from the first."""
    signature = ALICE.sign(MESSAGE)
    s = int.from_bytes(signature[32:], "little")
    assert is_signed_by(ALICE.public_key, MESSAGE, signature)
    for times in range(1, 16):
        if s + times * GROUP_ORDER < 2**256:
            again = signature[:32] + (s + times * GROUP_ORDER).to_bytes(32, "little")
            assert not is_signed_by(ALICE.public_key, MESSAGE, Signature(again))


def test_a_forged_r_of_full_order_is_accepted() -> None:
    """The forge works, so that the refusals below are for their R."""
    base = crypto_scalarmult_ed25519_base_noclamp((1).to_bytes(32, "little"))
    signature = Signature(forge(SEED, ALICE.public_key, MESSAGE, 1, base))
    assert is_signed_by(ALICE.public_key, MESSAGE, signature)


@pytest.mark.parametrize(
    "point",
    [*SMALL_ORDER.values(), *SMALL_ORDER_AGAIN.values()],
    ids=[*SMALL_ORDER, *SMALL_ORDER_AGAIN],
)
def test_r_of_small_order_is_refused(point: str) -> None:
    signature = forge(SEED, ALICE.public_key, MESSAGE, 0, bytes.fromhex(point))
    assert not is_signed_by(ALICE.public_key, MESSAGE, Signature(signature))
