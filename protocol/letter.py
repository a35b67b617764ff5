"""A letter: one order entry, sealed to one person, and the receipt that proves she opened it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from goodword.crypto.keys import PUBLIC_KEY_BYTES, PublicKey

from .codec import decode_message, encode
from .errors import Malformed
from .limits import LETTER_BYTES_MAX, LINE_CHARS_MAX, TOKEN_BYTES

VERSION: Final = 1
PROTOCOL: Final = "/goodword/letter/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is inside the seal."""

    token: bytes
    """TOKEN_BYTES of dice, which the receipt repeats: nobody else can have read it."""
    record: bytes
    """The entry, in wire form."""

    def to_bytes(self) -> bytes:
        return encode([VERSION, self.token, self.record])


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What is on the wire: for whom, and the sealed letter."""

    to: PublicKey
    sealed: bytes

    def to_bytes(self) -> bytes:
        return encode([VERSION, self.to, self.sealed])


class Fate(StrEnum):
    """What became of a letter."""

    KEPT = "kept"
    """It is in the recipient's database, for good. Said again to every repetition."""
    REFUSED = "refused"
    """Her rules refuse it; the code says which."""
    NOT_MINE = "not_mine"
    """Nobody of that name lives here, or the seal did not open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    fate: Fate
    token: bytes = b""
    code: str = ""
    """The code of the refusal."""

    def to_bytes(self) -> bytes:
        return encode([VERSION, self.fate.value, self.token, self.code])


def read_letter(data: bytes) -> Letter:
    """Raises Malformed, or another Refusal of the codec."""
    match decode_message(data, VERSION, size_max=LETTER_BYTES_MAX):
        case [bytes() as token, bytes() as record] if len(token) == TOKEN_BYTES:
            return Letter(token=token, record=record)
        case _:
            raise Malformed(why="expected a letter: [1, token, record]")


def read_envelope(data: bytes) -> Envelope:
    """Raises Malformed, or another Refusal of the codec."""
    match decode_message(data, VERSION, size_max=LETTER_BYTES_MAX):
        case [bytes() as to, bytes() as sealed] if len(to) == PUBLIC_KEY_BYTES:
            return Envelope(to=PublicKey(to), sealed=sealed)
        case _:
            raise Malformed(why="expected an envelope: [1, recipient, sealed letter]")


def read_receipt(data: bytes) -> Receipt:
    """Raises Malformed, or another Refusal of the codec."""
    match decode_message(data, VERSION, size_max=LETTER_BYTES_MAX):
        case [str() as fate, bytes() as token, str() as code] if (
            fate in set(Fate) and len(code) <= LINE_CHARS_MAX
        ):
            return Receipt(fate=Fate(fate), token=token, code=code)
        case _:
            raise Malformed(why="expected a receipt: [1, fate, token, code]")
