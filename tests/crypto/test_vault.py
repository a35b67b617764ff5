from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.crypto import vault
from goodword.crypto.vault import (
    DOCUMENT_BYTES_MAX,
    MEMORY_BYTES_MAX,
    MODERATE,
    NONCE_BYTES,
    OPS_MAX,
    PASSPHRASE_BYTES_MAX,
    SALT_BYTES,
    SECRET_BYTES_MAX,
    BadVault,
    Cost,
    WrongPassphrase,
    lock,
    needs_passphrase,
    unlock,
)

FAST = Cost(ops=1, memory_bytes=8_192)
SALT, NONCE = b"s" * SALT_BYTES, b"n" * NONCE_BYTES
ROOT = bytes(range(32))
PASSPHRASE = b"correct horse"

LOCKED = lock(ROOT, PASSPHRASE, salt=SALT, nonce=NONCE, cost=FAST)
CLEAR = lock(ROOT, None, salt=SALT, nonce=NONCE)


def changed(document: bytes, **fields: object) -> bytes:
    return json.dumps(json.loads(document) | fields).encode()


@given(
    st.binary(min_size=1, max_size=SECRET_BYTES_MAX),
    st.none() | st.binary(min_size=1, max_size=PASSPHRASE_BYTES_MAX),
)
def test_what_is_locked_is_unlocked(secret: bytes, passphrase: bytes | None) -> None:
    document = lock(secret, passphrase, salt=SALT, nonce=NONCE, cost=FAST)
    assert len(document) <= DOCUMENT_BYTES_MAX
    assert needs_passphrase(document) == (passphrase is not None)
    assert unlock(document, passphrase) == secret


def test_the_default_cost_is_moderate_and_written_down() -> None:
    document = lock(ROOT, PASSPHRASE, salt=SALT, nonce=NONCE)
    fields = json.loads(document)
    assert (fields["kdf"], fields["ops"], fields["memory_bytes"]) == ("argon2id", 3, 256 << 20)
    assert Cost(ops=3, memory_bytes=256 << 20) == MODERATE
    assert unlock(document, PASSPHRASE) == ROOT


def test_a_locked_vault_does_not_show_its_secret() -> None:
    assert ROOT.hex().encode() not in LOCKED
    assert ROOT.hex().encode() in CLEAR


def test_people_can_read_the_document() -> None:
    assert LOCKED.startswith(b'{\n  "format": "goodword vault 1",\n  "kdf": "argon2id",\n')
    assert LOCKED.endswith(b"\n}\n")


@given(st.binary(min_size=1, max_size=40).filter(lambda guess: guess != PASSPHRASE))
def test_a_wrong_passphrase_opens_nothing(guess: bytes) -> None:
    with pytest.raises(WrongPassphrase, match="wrong, or the vault is damaged"):
        unlock(LOCKED, guess)


@pytest.mark.parametrize("guess", [None, b"", b"x" * (PASSPHRASE_BYTES_MAX + 1)])
def test_a_passphrase_that_cannot_be_is_refused_without_work(guess: bytes | None) -> None:
    with pytest.raises(WrongPassphrase, match="none fitting"):
        unlock(LOCKED, guess)


@pytest.mark.parametrize("passphrase", [b"", b"x" * (PASSPHRASE_BYTES_MAX + 1)])
def test_nothing_is_locked_with_a_passphrase_that_cannot_be(passphrase: bytes) -> None:
    with pytest.raises(ValueError, match="passphrase must be"):
        lock(ROOT, passphrase, salt=SALT, nonce=NONCE, cost=FAST)


@pytest.mark.parametrize("secret", [b"", bytes(SECRET_BYTES_MAX + 1)])
def test_no_secret_out_of_bounds_is_locked(secret: bytes) -> None:
    with pytest.raises(ValueError, match="secret must be"):
        lock(secret, None, salt=SALT, nonce=NONCE)


@pytest.mark.parametrize(
    ("salt", "nonce", "cost"),
    [
        (SALT[1:], NONCE, FAST),
        (SALT, NONCE[1:], FAST),
        (SALT, NONCE, Cost(ops=OPS_MAX + 1, memory_bytes=8_192)),
        (SALT, NONCE, Cost(ops=1, memory_bytes=MEMORY_BYTES_MAX + 1)),
    ],
)
def test_what_unlock_would_refuse_is_not_written(salt: bytes, nonce: bytes, cost: Cost) -> None:
    with pytest.raises(ValueError, match="cost is bounded"):
        lock(ROOT, PASSPHRASE, salt=salt, nonce=nonce, cost=cost)


@given(st.sampled_from(["salt", "nonce", "sealed"]), st.integers(0, 383))
def test_a_changed_bit_is_noticed(name: str, bit: int) -> None:
    data = bytearray(bytes.fromhex(json.loads(LOCKED)[name]))
    data[bit // 8 % len(data)] ^= 1 << bit % 8
    with pytest.raises(WrongPassphrase):
        unlock(changed(LOCKED, **{name: data.hex()}), PASSPHRASE)


@pytest.mark.parametrize("fields", [{"ops": 2}, {"memory_bytes": 16_384}])
def test_a_changed_cost_is_noticed(fields: dict[str, Any]) -> None:
    with pytest.raises(WrongPassphrase):
        unlock(changed(LOCKED, **fields), PASSPHRASE)


@pytest.mark.parametrize(
    "fields",
    [
        {"ops": 0},
        {"ops": -1},
        {"ops": OPS_MAX + 1},
        {"ops": 2**64},
        {"memory_bytes": 0},
        {"memory_bytes": 8_191},
        {"memory_bytes": MEMORY_BYTES_MAX + 1},
        {"memory_bytes": 2**64},
    ],
)
def test_a_hostile_cost_is_refused_before_any_work(
    fields: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault, "_stretch", pytest.fail)
    with pytest.raises(BadVault, match="more time or memory"):
        unlock(changed(LOCKED, **fields), PASSPHRASE)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"format": "goodword vault 2"}, "not of the format"),
        ({"format": None}, "not of the format"),
        ({"kdf": "scrypt"}, "otherwise than"),
        ({"kdf": "none"}, "lacks a field"),
        ({"kdf": ["none"]}, "otherwise than"),
        ({"cipher": "aes"}, "otherwise than"),
        ({"more": 1}, "one too many"),
        ({"ops": 1.0}, "ops of the vault is not a whole number"),
        ({"ops": True}, "ops of the vault is not a whole number"),
        ({"memory_bytes": "8192"}, "memory_bytes of the vault is not"),
        ({"salt": "00"}, "salt of the vault has a wrong length"),
        ({"salt": 7}, "salt of the vault has a wrong length"),
        ({"salt": "zz" * 16}, "salt of the vault is not hexadecimal"),
        ({"nonce": "00" * 25}, "nonce of the vault has a wrong length"),
        ({"sealed": "00" * 16}, "sealed of the vault has a wrong length"),
        ({"sealed": "00" * (17 + SECRET_BYTES_MAX)}, "sealed of the vault has a wrong length"),
    ],
)
def test_a_tampered_field_says_what_is_wrong(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(BadVault, match=why):
        unlock(changed(LOCKED, **fields), PASSPHRASE)


@pytest.mark.parametrize("name", json.loads(LOCKED))
def test_a_missing_field_is_refused(name: str) -> None:
    fields = json.loads(LOCKED)
    del fields[name]
    with pytest.raises(BadVault):
        unlock(json.dumps(fields).encode(), PASSPHRASE)


@pytest.mark.parametrize("secret", ["", "0", "zz", None, "00" * (SECRET_BYTES_MAX + 1)])
def test_a_clear_vault_with_another_secret_is_refused(secret: object) -> None:
    with pytest.raises(BadVault):
        unlock(changed(CLEAR, secret=secret), None)


def test_a_clear_vault_needs_no_passphrase_and_minds_none() -> None:
    assert not needs_passphrase(CLEAR)
    assert unlock(CLEAR, b"any") == ROOT


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b"null", b"\xff", b"[" * DOCUMENT_BYTES_MAX, b" " * 5_000, b"9" * 4_000],
    ids=["empty", "list", "null", "not UTF-8", "deep", "long", "a long number"],
)
def test_what_is_no_vault_is_refused(document: bytes) -> None:
    with pytest.raises(BadVault):
        needs_passphrase(document)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(BadVault):
        unlock(data, PASSPHRASE)


def test_too_little_memory_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise RuntimeError("Unexpected library error")

    monkeypatch.setattr("nacl.pwhash.argon2id.kdf", fail)
    with pytest.raises(MemoryError, match="needs 256 MiB"):
        lock(ROOT, PASSPHRASE, salt=SALT, nonce=NONCE)
