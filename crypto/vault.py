"""A secret at rest: a JSON document, locked with a passphrase or openly in clear."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id
from nacl.secret import SecretBox

FORMAT = "goodword vault 1"
CIPHER = "xsalsa20-poly1305"

SALT_BYTES = argon2id.SALTBYTES
NONCE_BYTES = SecretBox.NONCE_SIZE

# The bounds on what is read: a hostile file asks for no more than this much of the machine.
DOCUMENT_BYTES_MAX = 4_096  # a locked 32-byte root takes about 350
SECRET_BYTES_MAX = 1_024  # in hexadecimal it fits the document
PASSPHRASE_BYTES_MAX = 1_024
OPS_MAX = 8  # twice libsodium's SENSITIVE: with MEMORY_BYTES_MAX about ten seconds
MEMORY_BYTES_MAX = argon2id.MEMLIMIT_SENSITIVE  # 1 GiB

LOCKED_FIELDS = {"format", "kdf", "ops", "memory_bytes", "salt", "cipher", "nonce", "sealed"}
CLEAR_FIELDS = {"format", "kdf", "secret"}


class BadVault(ValueError):
    """The document is not a vault, or asks for what no vault needs."""


class WrongPassphrase(ValueError):
    """The passphrase does not open the vault, or the vault was changed: the two look alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one guess at the passphrase costs. Source: RFC 9106 (Argon2id)."""

    ops: int  # passes over the memory
    memory_bytes: int

    def is_bounded(self) -> bool:
        """Tell whether a vault may ask for this much."""
        return (
            argon2id.OPSLIMIT_MIN <= self.ops <= OPS_MAX
            and argon2id.MEMLIMIT_MIN <= self.memory_bytes <= MEMORY_BYTES_MAX
        )


# 3 passes over 256 MiB: 0.7 s on a small server, once a start; a guesser pays the same each time.
MODERATE = Cost(ops=argon2id.OPSLIMIT_MODERATE, memory_bytes=argon2id.MEMLIMIT_MODERATE)


def lock(
    secret: bytes,
    passphrase: bytes | None,
    *,
    salt: bytes,
    nonce: bytes,
    cost: Cost = MODERATE,
) -> bytes:
    """Write `secret` as a document that only `passphrase` opens; None writes it in clear.

    `salt` (16 bytes) and `nonce` (24 bytes) are fresh random bytes from the caller.
    `passphrase` is in Unicode NFC, UTF-8: the caller normalizes, or a Mac and a PC differ.
    Raises: ValueError on an empty passphrase, which would look like a lock and be none.
    """
    if not 1 <= len(secret) <= SECRET_BYTES_MAX:
        raise ValueError(f"a secret must be 1…{SECRET_BYTES_MAX} bytes, got {len(secret)}")
    if passphrase is None:
        return _to_document({"format": FORMAT, "kdf": "none", "secret": secret.hex()})
    if not 1 <= len(passphrase) <= PASSPHRASE_BYTES_MAX:
        raise ValueError(f"a passphrase must be 1…{PASSPHRASE_BYTES_MAX} bytes long")
    if len(salt) != SALT_BYTES or len(nonce) != NONCE_BYTES or not cost.is_bounded():
        raise ValueError(f"salt is {SALT_BYTES} bytes, nonce {NONCE_BYTES}, cost is bounded")
    sealed = SecretBox(_stretch(passphrase, salt, cost)).encrypt(secret, nonce).ciphertext
    return _to_document(
        {
            "format": FORMAT,
            "kdf": "argon2id",
            "ops": cost.ops,
            "memory_bytes": cost.memory_bytes,
            "salt": salt.hex(),
            "cipher": CIPHER,
            "nonce": nonce.hex(),
            "sealed": sealed.hex(),
        }
    )


def unlock(document: bytes, passphrase: bytes | None) -> bytes:
    """The secret inside. A vault in clear opens with any passphrase and with none.

    Raises: BadVault, WrongPassphrase; MemoryError when the system has less than it takes.
    """
    fields = _read(document)
    if fields["kdf"] == "none":
        return _hex(fields, "secret", 1, SECRET_BYTES_MAX)
    cost = Cost(ops=_integer(fields, "ops"), memory_bytes=_integer(fields, "memory_bytes"))
    if not cost.is_bounded():
        raise BadVault("the vault asks for more time or memory than any vault needs")
    salt = _hex(fields, "salt", SALT_BYTES, SALT_BYTES)
    nonce = _hex(fields, "nonce", NONCE_BYTES, NONCE_BYTES)
    sealed = _hex(fields, "sealed", SecretBox.MACBYTES + 1, SecretBox.MACBYTES + SECRET_BYTES_MAX)
    if not passphrase or len(passphrase) > PASSPHRASE_BYTES_MAX:
        raise WrongPassphrase("the vault is locked with a passphrase, and none fitting was given")
    try:
        return SecretBox(_stretch(passphrase, salt, cost)).decrypt(sealed, nonce)
    except CryptoError as error:
        raise WrongPassphrase("the passphrase is wrong, or the vault is damaged") from error


def needs_passphrase(document: bytes) -> bool:
    """Tell whether to ask for one before `unlock`. Raises: BadVault."""
    return _read(document)["kdf"] != "none"


def _stretch(passphrase: bytes, salt: bytes, cost: Cost) -> bytes:
    try:
        return argon2id.kdf(SecretBox.KEY_SIZE, passphrase, salt, cost.ops, cost.memory_bytes)
    except RuntimeError as error:  # libsodium's only failure within the bounds
        raise MemoryError(f"the vault needs {cost.memory_bytes >> 20} MiB of memory") from error


def _to_document(fields: Mapping[str, str | int]) -> bytes:
    """One field a line: people look into this file."""
    return json.dumps(fields, indent=2).encode("ascii") + b"\n"


def _read(document: bytes) -> Mapping[str, object]:
    if len(document) > DOCUMENT_BYTES_MAX:
        raise BadVault(f"a vault has at most {DOCUMENT_BYTES_MAX} bytes")
    try:
        value: object = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise BadVault("the vault is not JSON") from error
    if not isinstance(value, dict):
        raise BadVault("the vault is not a JSON object")
    fields = cast("Mapping[str, object]", value)
    if fields.get("format") != FORMAT:
        raise BadVault(f"the vault is not of the format {FORMAT!r}")
    in_clear = fields.get("kdf") == "none"
    if set(fields) != (CLEAR_FIELDS if in_clear else LOCKED_FIELDS):
        raise BadVault("the vault lacks a field, or has one too many")
    if not in_clear and (fields["kdf"] != "argon2id" or fields["cipher"] != CIPHER):
        raise BadVault(f"the vault is locked otherwise than with argon2id and {CIPHER}")
    return fields


def _integer(fields: Mapping[str, object], name: str) -> int:
    value = fields[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadVault(f"{name} of the vault is not a whole number")
    return value


def _hex(fields: Mapping[str, object], name: str, bytes_min: int, bytes_max: int) -> bytes:
    value = fields[name]
    try:
        data = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError as error:
        raise BadVault(f"{name} of the vault is not hexadecimal") from error
    if not bytes_min <= len(data) <= bytes_max:
        raise BadVault(f"{name} of the vault has a wrong length")
    return data
