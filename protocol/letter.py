"""A letter: entries of one order, sealed to one person, and the receipt that she opened it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType

from goodword.crypto.hashing import digest
from goodword.crypto.keys import PUBLIC_KEY_BYTES, PublicKey

from .codec import Value, decode_message, encode
from .errors import Malformed
from .limits import (
    LETTER_BYTES_MAX,
    LETTER_RECORDS_MAX,
    LINE_CHARS_MAX,
    RECORD_BYTES_MAX,
    TOKEN_BYTES,
)
from .record import RecordId
from .work import WORK_BYTES

VERSION: Final = 1
PROTOCOL: Final = "/goodword/letter/1"
ENVELOPE_DOMAIN: Final = b"goodword/envelope/1"
ID_BYTES: Final = 32

_FRAMING_BYTES: Final = 5
"""The most that a length takes before each record."""
_CONTENT_BYTES_MAX: Final = LETTER_BYTES_MAX - 512
"""What is left for records beside sender, token, seal, recipient and work: 250 bytes, with room."""

EnvelopeId = NewType("EnvelopeId", bytes)
"""32 bytes: for whom, and the sealed letter, without the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is inside the seal."""

    sender: PublicKey
    """Who says that he sent it: only tells where receipts go. Each entry proves its own author."""
    token: bytes
    """TOKEN_BYTES that the sender alone can make, which the receipt repeats."""
    records: Sequence[bytes]
    """Entries of one order in wire form, oldest first; at least one."""

    def to_bytes(self) -> bytes:
        return encode([VERSION, self.sender, self.token, list(self.records)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What is on the wire: for whom, and the sealed letter or receipt."""

    to: PublicKey
    sealed: bytes
    work: bytes = b""
    """What a stranger adds (work.py): WORK_BYTES, or nothing."""

    @property
    def id(self) -> EnvelopeId:
        """By this a mailbox knows it."""
        return EnvelopeId(digest(ENVELOPE_DOMAIN, self.to + self.sealed))

    def to_bytes(self) -> bytes:
        return encode([VERSION, self.to, self.sealed, self.work])


class Fate(StrEnum):
    """What became of a letter."""

    KEPT = "kept"
    """It is in the recipient's database, for good. Said again to every repetition."""
    REFUSED = "refused"
    """Her rules refuse an entry of it; the code says which rule. Those before it are kept."""
    READ = "read"
    """She has looked at the order."""
    NOT_MINE = "not_mine"
    """Nobody of that name lives here, or the seal did not open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    fate: Fate
    token: bytes = b""
    code: str = ""
    """The code of the refusal."""
    ids: Sequence[RecordId] = ()
    """The entries that are kept, or read. Of a refused letter the first that is not is refused."""

    def to_bytes(self) -> bytes:
        return encode([VERSION, self.fate.value, self.token, self.code, b"".join(self.ids)])


def fitting(records: Iterable[bytes]) -> list[bytes]:
    """As many of `records`, from the first on, as one letter holds; always one."""
    taken: list[bytes] = []
    size = 0
    for record in records:
        size += len(record) + _FRAMING_BYTES
        if taken and (size > _CONTENT_BYTES_MAX or len(taken) == LETTER_RECORDS_MAX):
            break
        taken.append(record)
    return taken


def read_content(data: bytes) -> Letter | Receipt:
    """What was inside a seal: a letter, or a receipt that comes by itself.

    Raises Malformed, or another Refusal of the codec.
    """
    members = decode_message(data, VERSION, size_max=LETTER_BYTES_MAX)
    return _receipt(members) if members and isinstance(members[0], str) else _letter(members)


def read_letter(data: bytes) -> Letter:
    """Raises Malformed, or another Refusal of the codec."""
    return _letter(decode_message(data, VERSION, size_max=LETTER_BYTES_MAX))


def read_envelope(data: bytes) -> Envelope:
    """Raises Malformed, or another Refusal of the codec."""
    match decode_message(data, VERSION, size_max=LETTER_BYTES_MAX):
        case [bytes() as to, bytes() as sealed, bytes() as work] if len(
            to
        ) == PUBLIC_KEY_BYTES and len(work) in (0, WORK_BYTES):
            return Envelope(to=PublicKey(to), sealed=sealed, work=work)
        case _:
            raise Malformed(why="expected an envelope: [1, recipient, sealed letter, work]")


def read_receipt(data: bytes) -> Receipt:
    """Raises Malformed, or another Refusal of the codec."""
    return _receipt(decode_message(data, VERSION, size_max=LETTER_BYTES_MAX))


def _letter(members: list[Value]) -> Letter:
    match members:
        case [bytes() as sender, bytes() as token, [*records]] if (
            len(sender) == PUBLIC_KEY_BYTES
            and len(token) == TOKEN_BYTES
            and 1 <= len(records) <= LETTER_RECORDS_MAX
        ):
            return Letter(
                sender=PublicKey(sender), token=token, records=[_record(each) for each in records]
            )
        case _:
            raise Malformed(why="expected a letter: [1, sender, token, records]")


def _record(value: Value) -> bytes:
    if not isinstance(value, bytes) or len(value) > RECORD_BYTES_MAX:
        raise Malformed(why="a letter holds records, as bytes")
    return value


def _receipt(members: list[Value]) -> Receipt:
    match members:
        case [str() as fate, bytes() as token, str() as code, bytes() as ids] if (
            fate in set(Fate)
            and len(token) in (0, TOKEN_BYTES)
            and len(code) <= LINE_CHARS_MAX
            and len(ids) % ID_BYTES == 0
            and len(ids) <= LETTER_RECORDS_MAX * ID_BYTES
        ):
            several = [RecordId(ids[at : at + ID_BYTES]) for at in range(0, len(ids), ID_BYTES)]
            return Receipt(fate=Fate(fate), token=token, code=code, ids=several)
        case _:
            raise Malformed(why="expected a receipt: [1, fate, token, code, ids]")
