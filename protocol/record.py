"""The one thing that travels and is kept: a signed, content-addressed record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NewType, TypeAlias, cast

from goodword.crypto.hashing import digest
from goodword.crypto.keys import (
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    Identity,
    PublicKey,
    Signature,
    is_public_key,
    is_signed_by,
)

from .codec import Value, decode, decode_again, encode
from .errors import BadField, BadKey, BadSignature, Malformed, UnknownVersion
from .limits import RECORD_BYTES_MAX, REVISION_MAX, SLOT_BYTES_MAX

RecordId = NewType("RecordId", bytes)
"""32 bytes: the hash of the signed part."""

Slot = NewType("Slot", bytes)
"""Which thing of its author's a record is about: up to SLOT_BYTES_MAX bytes."""

Body = Mapping[str, Value]

VERSION: Final = 1
DOMAIN: Final = b"goodword/record/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What `author` said of `slot` at `made_at`, for the `revision`-th time."""

    kind: str
    author: PublicKey
    made_at: int
    """Unix seconds, the author's clock."""
    slot: Slot
    revision: int
    body: Body | None
    """None withdraws the slot."""
    signed: bytes
    """The bytes that `signature` is over, as they came."""
    signature: Signature
    id: RecordId

    @property
    def is_withdrawal(self) -> bool:
        return self.body is None

    def to_bytes(self) -> bytes:
        """The wire and disk form."""
        return encode([self.signed, self.signature])


def make(
    identity: Identity, kind: str, body: Body | None, *, slot: bytes, revision: int, now: int
) -> Record:
    """Write a record as `identity` at `now` (Unix seconds).

    What it says is not checked here: `intake.admit` is the one door, for our own records too.
    """
    header: list[Value] = [VERSION, kind, identity.public_key, now, slot, revision, body]
    signed = encode(header)
    return _record(signed, identity.sign(_message(signed)))


def read(data: bytes) -> Record:
    """Parse and verify: what is returned is authentic.

    Raises:
        Malformed, NotCanonical, TooLarge, TooDeep: the bytes are no record.
        UnknownVersion: they are one of a version that we do not know.
        BadField: a header field is out of bounds.
        BadKey, BadSignature: who claims to have signed has not.
    """
    record = parse(data)
    verify(record)
    return record


def parse(data: bytes) -> Record:
    """Parse without verifying: for bytes that came out of our own database."""
    # SPEC 2.1: "A record is the canonical encoding of `[signed, signature]`"
    match decode(data, size_max=RECORD_BYTES_MAX):
        case [bytes() as signed, bytes() as signature] if len(signature) == SIGNATURE_BYTES:
            return _record(signed, Signature(signature))
        case _:
            raise Malformed(why="expected [signed part, signature of 64 bytes]")


def parse_again(data: bytes) -> Record:
    """The record in bytes of which `parse` has made one before: half of its work."""
    signed, signature = cast("list[bytes]", decode_again(data))
    members = cast("_Members", decode_again(signed))
    return _made_of(members, signed, Signature(signature))


def verify(record: Record) -> None:
    """Raises BadSignature, or BadKey where the key itself is unusable."""
    if is_authentic(record.author, record.signed, record.signature):
        return
    if not is_public_key(record.author):  # slow, so only asked when something is wrong
        raise BadKey
    raise BadSignature


def is_authentic(author: PublicKey, signed: bytes, signature: Signature) -> bool:
    """Whether `author` signed the signed part of a record."""
    return is_signed_by(author, _message(signed), signature)


def _message(signed: bytes) -> bytes:
    # SPEC 2.2: "The signature is over the domain, a zero byte, and the signed part"
    return DOMAIN + b"\0" + signed


def _record(signed: bytes, signature: Signature) -> Record:
    match decode(signed):
        case [int() as version, *_] if version != VERSION and not isinstance(version, bool):
            raise UnknownVersion(version=version)
        case [
            int() as version,
            str() as kind,
            bytes() as author,
            int() as made_at,
            bytes() as slot,
            int() as revision,
            Mapping() | None as body,
        ] if bool not in {type(version), type(made_at), type(revision)}:
            pass  # Python's True is an int, msgpack's is not
        case _:
            raise Malformed(
                why="expected [version, kind, author, made_at, slot, revision, body or nil]"
            )
    _check_header(author, slot, made_at=made_at, revision=revision)
    members = (version, kind, PublicKey(author), made_at, Slot(slot), revision, body)
    return _made_of(members, signed, signature)


_Members: TypeAlias = "tuple[int, str, PublicKey, int, Slot, int, Body | None]"
"""Of the signed part, in its order."""


def _made_of(members: _Members, signed: bytes, signature: Signature) -> Record:
    _, kind, author, made_at, slot, revision, body = members
    return Record(
        kind=kind,
        author=author,
        made_at=made_at,
        slot=slot,
        revision=revision,
        body=body,
        signed=signed,
        signature=signature,
        id=RecordId(digest(DOMAIN, signed)),
    )


def _check_header(author: bytes, slot: bytes, **numbers: int) -> None:
    if len(author) != PUBLIC_KEY_BYTES:
        raise BadKey
    if len(slot) > SLOT_BYTES_MAX:
        raise BadField(field="slot", why=f"{len(slot)} bytes, the limit is {SLOT_BYTES_MAX}")
    for name, number in numbers.items():
        if not 0 <= number <= REVISION_MAX:
            raise BadField(field=name, why=f"{number} is not between 0 and {REVISION_MAX}")
