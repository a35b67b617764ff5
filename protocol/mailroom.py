"""What is said at a mailbox: deposit, fetch, discard, a knock; and the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from goodword.crypto.keys import (
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    Identity,
    PublicKey,
    Signature,
    is_signed_by,
)

from .codec import Value, decode_message, encode
from .errors import BadProof, Malformed, StaleProof
from .letter import ID_BYTES, Envelope, EnvelopeId, read_envelope
from .limits import (
    FUTURE_SECONDS_MAX,
    LETTER_BYTES_MAX,
    LINE_CHARS_MAX,
    PAGE_BYTES_MAX,
    PAGE_LETTERS_MAX,
    REVISION_MAX,
)

VERSION: Final = 1
PROTOCOL: Final = "/goodword/mailbox/1"
DOMAIN: Final = b"goodword/mailbox/1"
FETCH, DISCARD = "fetch", "discard"
_MESSAGE_BYTES_MAX: Final = PAGE_BYTES_MAX + 64 * 1024
"""A page with its framing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """Keep this for whom it is addressed to."""

    envelope: Envelope

    def to_bytes(self) -> bytes:
        return encode([VERSION, "deposit", self.envelope.to_bytes()])


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Who asks for what is hers: she herself, at this host, now."""

    person: PublicKey
    time: int
    """Unix seconds, her clock."""
    signature: Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """Hand me the oldest of what you keep for me."""

    proof: Proof

    def to_bytes(self) -> bytes:
        return encode([VERSION, FETCH, *_members(self.proof)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Discard:
    """I have these, or want them no more."""

    proof: Proof
    ids: Sequence[EnvelopeId]

    def to_bytes(self) -> bytes:
        return encode([VERSION, DISCARD, *_members(self.proof), b"".join(self.ids)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """A host to its guest: something has come for you."""

    def to_bytes(self) -> bytes:
        return encode([VERSION, "knock"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """As many envelopes as fit in PAGE_BYTES_MAX, the oldest first."""

    envelopes: Sequence[bytes]
    is_end: bool
    """Whether these are all."""

    def to_bytes(self) -> bytes:
        return encode([VERSION, "letters", list(self.envelopes), self.is_end])


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It was done as asked."""

    def to_bytes(self) -> bytes:
        return encode([VERSION, "done"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    code: str

    def to_bytes(self) -> bytes:
        return encode([VERSION, "refused", self.code])


Question = Deposit | Fetch | Discard | Knock
Answer = Letters | Done | Refused


def prove(
    identity: Identity, verb: str, peer: bytes, now: int, ids: Sequence[EnvelopeId] = ()
) -> Proof:
    """The proof for `verb` at the host whose peer id is `peer`, at `now` (Unix seconds)."""
    signature = identity.sign(_proven(verb, peer, now, ids))
    return Proof(person=identity.public_key, time=now, signature=signature)


def check_proof(asked: Fetch | Discard, peer: bytes, now: int) -> None:
    """Raises BadProof or StaleProof unless her own key asks for it, here and now."""
    proof = asked.proof
    # SPEC 5.5: "Its time is at most 10 minutes from the host's clock"
    if abs(proof.time - now) > FUTURE_SECONDS_MAX:
        raise StaleProof
    verb, ids = (DISCARD, asked.ids) if isinstance(asked, Discard) else (FETCH, ())
    if not is_signed_by(proof.person, _proven(verb, peer, proof.time, ids), proof.signature):
        raise BadProof


def read_question(data: bytes) -> Question:
    """Raises Malformed, or another Refusal of the codec."""
    match decode_message(data, VERSION, size_max=LETTER_BYTES_MAX + 64):
        case ["deposit", bytes() as envelope]:
            return Deposit(envelope=read_envelope(envelope))
        case ["fetch", bytes() as person, int() as time, bytes() as signature]:
            return Fetch(proof=_proof(person, time, signature))
        case ["discard", bytes() as person, int() as time, bytes() as signature, bytes() as ids]:
            return Discard(proof=_proof(person, time, signature), ids=_ids(ids))
        case ["knock"]:
            return Knock()
        case _:
            raise Malformed(why="not a question to a mailbox")


def read_answer(data: bytes) -> Answer:
    """Raises Malformed, or another Refusal of the codec."""
    match decode_message(data, VERSION, size_max=_MESSAGE_BYTES_MAX):
        case ["letters", [*envelopes], bool() as is_end] if len(envelopes) <= PAGE_LETTERS_MAX:
            return Letters(envelopes=[_envelope(each) for each in envelopes], is_end=is_end)
        case ["done"]:
            return Done()
        case ["refused", str() as code] if len(code) <= LINE_CHARS_MAX:
            return Refused(code=code)
        case _:
            raise Malformed(why="not an answer of a mailbox")


def _members(proof: Proof) -> list[Value]:
    return [proof.person, proof.time, proof.signature]


def _proven(verb: str, peer: bytes, time: int, ids: Sequence[EnvelopeId]) -> bytes:
    # Bound to the host, so that it can take nothing from another one; to the verb and the ids,
    # so that who was let look cannot throw away.
    return DOMAIN + b"\0" + encode([verb, peer, time, b"".join(ids)])


def _proof(person: bytes, time: int, signature: bytes) -> Proof:
    is_time = type(time) is int and 0 <= time <= REVISION_MAX
    if not is_time or len(person) != PUBLIC_KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        raise Malformed(why="expected a person, a time, and a signature")
    return Proof(person=PublicKey(person), time=time, signature=Signature(signature))


def _ids(joined: bytes) -> list[EnvelopeId]:
    count, rest = divmod(len(joined), ID_BYTES)
    if rest or not 1 <= count <= PAGE_LETTERS_MAX:
        raise Malformed(why=f"{len(joined)} bytes are not 1 to {PAGE_LETTERS_MAX} ids of 32 bytes")
    return [EnvelopeId(joined[at : at + ID_BYTES]) for at in range(0, len(joined), ID_BYTES)]


def _envelope(value: Value) -> bytes:
    if not isinstance(value, bytes):
        raise Malformed(why="an envelope must be bytes")
    return value
