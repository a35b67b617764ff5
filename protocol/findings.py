"""Findings: what an evidence file does not prove, or proves against somebody, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from .record import RecordId


class Code(StrEnum):
    """What was found. A code never changes once released: scripts match it."""

    MALFORMED = "evidence.malformed"
    ALTERED = "evidence.altered"
    FUTURE = "evidence.from_the_future"
    NO_ORDER = "evidence.no_order"
    FOREIGN_ENTRY = "evidence.foreign_entry"
    HIDDEN_ENTRY = "evidence.hidden_entry"
    AGAINST_RULES = "evidence.against_the_rules"
    UNFOUNDED = "evidence.unfounded"
    FOREIGN_LISTING = "evidence.foreign_listing"
    FOREIGN_RECORD = "evidence.foreign_record"
    EQUIVOCATION = "evidence.equivocation"
    NO_LISTING = "evidence.no_listing"
    UNKNOWN_RECORD = "evidence.unknown_record"


class Meaning(NamedTuple):
    is_fatal: bool
    """The file is unsound: it was tampered with, or does not hold all that it builds on.
    Otherwise it is a fact, which the file proves."""
    text: str
    """`what` is the entry or record concerned, `other` the one that it has to do with."""


MEANINGS: Final[Mapping[Code, Meaning]] = {
    Code.MALFORMED: Meaning(True, "this is no evidence file, or not all of one: {why}"),
    Code.ALTERED: Meaning(True, "{what} is not what anybody signed: {why}"),
    Code.FUTURE: Meaning(True, "{what} does not count: {why}"),
    Code.NO_ORDER: Meaning(True, "no proposal of this order is here that holds: nothing follows"),
    Code.FOREIGN_ENTRY: Meaning(True, "{what} is no entry of this order"),
    Code.HIDDEN_ENTRY: Meaning(True, "{what} follows {other}, which was left out of the file"),
    Code.AGAINST_RULES: Meaning(True, "{what} is against the rules: {why}"),
    Code.UNFOUNDED: Meaning(True, "{what} follows {other}, which does not count: nor does it"),
    Code.FOREIGN_LISTING: Meaning(True, "{what} is not the one that was ordered: {why}"),
    Code.FOREIGN_RECORD: Meaning(True, "{what} is not about this order, or by none of its parties"),
    Code.EQUIVOCATION: Meaning(
        False, "signed both ways: neither {what} nor {other} follows the other"
    ),
    Code.NO_LISTING: Meaning(False, "the listing is not here: what it promised cannot be told"),
    Code.UNKNOWN_RECORD: Meaning(False, "{what} is of a kind that is not known here"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    code: Code
    what: str = ""
    """The entry or record concerned, as people call it: `the seller's accept 3fa2bc10`."""
    record: RecordId | None = None
    """Its id, where its bytes are a record at all."""
    other: str = ""
    other_record: RecordId | None = None
    rule: str = ""
    """The code of the refusal, where a rule of records or orders was broken."""
    why: str = ""

    @property
    def is_fatal(self) -> bool:
        return MEANINGS[self.code].is_fatal

    def __str__(self) -> str:
        text = MEANINGS[self.code].text
        return text.format(what=self.what, other=self.other, why=self.why)
