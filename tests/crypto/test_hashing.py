from __future__ import annotations

import hashlib
import hmac

import cryptography_vectors
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.crypto.hashing import DERIVED_BYTES_MAX, DIGEST_BYTES, derive, digest

HKDF_VECTORS = "KDF/rfc-5869-HKDF-SHA256.txt"


def hkdf(secret: bytes, salt: bytes, info: bytes, size: int) -> bytes:
    """RFC 5869 with SHA-256, by the letter: what a second implementation would write."""
    key = hmac.digest(salt or bytes(32), secret, "sha256")
    block, data = b"", b""
    for counter in range(1, -(-size // 32) + 1):
        block = hmac.digest(key, block + info + bytes([counter]), "sha256")
        data += block
    return data[:size]


def read_vectors() -> list[dict[str, str]]:
    cases: list[dict[str, str]] = []
    with cryptography_vectors.open_vector_file(HKDF_VECTORS, "r") as lines:
        for line in lines:
            name, equals, value = (part.strip() for part in line.partition("="))
            if name == "COUNT":
                cases.append({})
            elif equals and cases:
                cases[-1][name] = value
    return cases


@pytest.mark.parametrize("case", read_vectors(), ids=["basic", "longer", "no salt, no info"])
def test_the_second_implementation_follows_rfc_5869(case: dict[str, str]) -> None:
    secret, salt, info, want = (bytes.fromhex(case[key]) for key in ("IKM", "salt", "info", "OKM"))
    assert hkdf(secret, salt, info, int(case["L"])) == want
    if not salt:
        assert derive(secret, info, int(case["L"])) == want


def test_a_vector_without_salt_was_among_them() -> None:
    assert [case["salt"] == "" for case in read_vectors()] == [False, False, True]


@given(st.binary(max_size=80), st.binary(max_size=80), st.integers(1, 200))
def test_derive_is_hkdf_without_salt(secret: bytes, purpose: bytes, size: int) -> None:
    assert derive(secret, purpose, size) == hkdf(secret, b"", purpose, size)


@pytest.mark.parametrize("size", [-1, 0, DERIVED_BYTES_MAX + 1])
def test_no_size_out_of_bounds_is_derived(size: int) -> None:
    with pytest.raises(ValueError, match="size must be in"):
        derive(b"secret", b"purpose", size)


def test_the_largest_size_is_derived() -> None:
    assert len(derive(b"secret", b"purpose", DERIVED_BYTES_MAX)) == DERIVED_BYTES_MAX


@given(st.binary(min_size=32, max_size=32), st.binary(), st.binary())
def test_two_purposes_give_two_secrets(secret: bytes, one: bytes, other: bytes) -> None:
    assert (derive(secret, one) == derive(secret, other)) == (one == other)


@given(st.binary())
def test_a_digest_is_sha_256_over_domain_zero_and_data(data: bytes) -> None:
    assert digest(b"goodword/test/1", data) == hashlib.sha256(b"goodword/test/1\0" + data).digest()
    assert len(digest(b"d", data)) == DIGEST_BYTES


no_zero = st.binary(max_size=20).filter(lambda domain: b"\0" not in domain)


@given(no_zero, st.binary(), no_zero, st.binary())
def test_domain_and_data_cannot_be_shifted(a: bytes, b: bytes, c: bytes, d: bytes) -> None:
    assert (digest(a, b) == digest(c, d)) == ((a, b) == (c, d))
