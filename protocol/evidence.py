"""Evidence: an order in one file, which proves to anybody, anywhere, what its parties signed.

Rule 1: nothing in the file is trusted. Each record is verified, each entry passes the gate, and
the state is the fold: what a node does, with no node.
Rule 2: what is wrong is found and named, never mended. What is left of the order is still shown.
Rule 3: the order of the entries in the file means nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from . import contract as contracts
from . import entry as entries_
from . import kinds
from . import listing as listings
from . import record as records
from . import review as reviews
from .codec import Value, decode, encode
from .contract import ID_BYTES, Contract, OrderId
from .entry import Entry
from .errors import BadContract, FromTheFuture, Malformed, Refusal, UnknownKind
from .findings import Code, Finding
from .forks import past
from .limits import EVIDENCE_BYTES_MAX, EVIDENCE_RECORDS_MAX
from .order import Order, check, fold
from .record import Record, RecordId

MAGIC: Final = "goodword/evidence/1"
"""What the file begins with, and the version of its form."""

LIMITS: Final = (
    "whether anything was said after the last entries here: who holds back the end shows no gap",
    "when it was said: the times are the parties' own words, and only their order is sure",
    "what happened: that money or goods came is what the parties say of it",
)
"""What no such file can tell."""

SHOWN_DIGITS: Final = 8
"""Of an id, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a file proves, and what is wrong with it."""

    id: OrderId | None = None
    """Which order the file says it is of."""
    order: Order | None = None
    """What the entries that hold make of it."""
    listing: Record | None = None
    """The record that was ordered."""
    entries: Mapping[RecordId, Entry] = field(default_factory=dict[RecordId, Entry])
    """Those that hold."""
    others: tuple[Record, ...] = ()
    """What else the parties signed about the order."""
    findings: tuple[Finding, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether all in it is authentic, by the rules, and founded on what is in it."""
        return not any(each.is_fatal for each in self.findings)


def write(
    order: OrderId,
    listing: Record | None,
    entries: Iterable[Record],
    others: Iterable[Record] = (),
) -> bytes:
    """The file of `order`: the same records make the same bytes, whoever writes them."""
    # SPEC 4.10: "`[magic, order id, listing or nil, entries, other records]`"
    value: list[Value] = [
        MAGIC,
        order,
        None if listing is None else listing.to_bytes(),
        _sorted(entries),
        _sorted(others),
    ]
    return encode(value)


def _sorted(several: Iterable[Record]) -> list[bytes]:
    return [each.to_bytes() for each in sorted(several, key=lambda each: each.id)]


def examine(data: bytes, now: int) -> Evidence:
    """What `data` proves at `now` (Unix seconds, our clock). Any bytes have an answer."""
    try:
        file = _open(data)
    except Refusal as refusal:
        why = refusal.why if isinstance(refusal, Malformed) else str(refusal)
        return Evidence(findings=(Finding(code=Code.MALFORMED, rule=refusal.code, why=why),))
    return _Examination(file, now).evidence()


class _File(NamedTuple):
    order: OrderId
    listing: bytes | None
    entries: Sequence[bytes]
    others: Sequence[bytes]


def _open(data: bytes) -> _File:
    """Raises Malformed, or another Refusal of the codec."""
    match decode(data, size_max=EVIDENCE_BYTES_MAX):
        case [str() as magic, *_] if magic != MAGIC:
            raise Malformed(why=f"it does not begin with {MAGIC}")
        case [
            str(),
            bytes() as order,
            (bytes() | None) as listing,
            [*entries],
            [*others],
        ] if len(order) == ID_BYTES:
            file = _File(OrderId(order), listing, _blobs(entries), _blobs(others))
        case _:
            raise Malformed(why="expected [magic, order id, listing or nil, entries, others]")
    if len(file.entries) + len(file.others) > EVIDENCE_RECORDS_MAX:
        raise Malformed(why=f"more than {EVIDENCE_RECORDS_MAX} records")
    return file


def _blobs(values: Sequence[object]) -> list[bytes]:
    found = [each for each in values if isinstance(each, bytes)]
    if len(found) < len(values):
        raise Malformed(why="a record in it is not bytes")
    return found


class _Examination:
    """One file, gone through once; what is found is noted on the way."""

    def __init__(self, file: _File, now: int) -> None:
        self._file = file
        self._now = now
        self._findings: list[Finding] = []

    def evidence(self) -> Evidence:
        entries = self._gated(self._candidates())
        order = fold(entries.values()) if entries else None
        if order is None:
            self._note(Code.NO_ORDER)
        self._findings += _equivocations(entries)
        return Evidence(
            id=self._file.order,
            order=order,
            listing=self._listing(order.contract if order else None),
            entries=entries,
            others=tuple(self._others(order)),
            findings=tuple(self._findings),
        )

    def _note(
        self,
        code: Code,
        what: str = "",
        record: RecordId | None = None,
        *,
        why: str = "",
        rule: str = "",
    ) -> None:
        self._findings.append(Finding(code=code, what=what, record=record, why=why, rule=rule))

    def _read(self, place: str, data: bytes) -> Record | None:
        """The record, if somebody signed just this."""
        try:
            return records.read(data)
        except Refusal as refusal:
            self._note(Code.ALTERED, place, why=str(refusal), rule=refusal.code)
            return None

    def _holds(self, what: str, record: Record) -> bool:
        """Whether all rules that need no other record let it pass."""
        try:
            kinds.check(record, self._now)
        except FromTheFuture as refusal:
            self._note(Code.FUTURE, what, record.id, why=str(refusal), rule=refusal.code)
        except UnknownKind:
            self._note(Code.UNKNOWN_RECORD, what, record.id)
        except Refusal as refusal:
            self._note(Code.AGAINST_RULES, what, record.id, why=str(refusal), rule=refusal.code)
        else:
            return True
        return False

    # --- the entries ---------------------------------------------------------------------------

    def _candidates(self) -> dict[RecordId, Entry | None]:
        """Every entry that somebody signed; None where it does not count by itself."""
        found: dict[RecordId, Entry | None] = {}
        for number, data in enumerate(self._file.entries, start=1):
            record = self._read(f"entry {number} of the file", data)
            if record is None or record.id in found:
                continue
            what = f"entry {number} of the file ({_digits(record.id)})"
            found[record.id] = None
            if record.kind != entries_.KIND or OrderId(record.slot) != self._file.order:
                self._note(Code.FOREIGN_ENTRY, what, record.id)
            elif self._holds(what, record):
                found[record.id] = entries_.read(record)
        return found

    def _gated(self, candidates: Mapping[RecordId, Entry | None]) -> dict[RecordId, Entry]:
        """Those that the gate lets in, each after all that it follows."""
        known: dict[RecordId, Entry] = {}
        waiting = {each.id: each for each in _in_time(filter(None, candidates.values()))}
        while ready := [each for each in waiting.values() if each.seen <= known.keys()]:
            for entry in ready:
                del waiting[entry.id]
                if self._passes(entry, known):
                    known[entry.id] = entry
        for entry in waiting.values():
            self._note_gap(entry, candidates, known)
        return known

    def _passes(self, entry: Entry, known: Mapping[RecordId, Entry]) -> bool:
        try:
            check(entry, known)
        except Refusal as refusal:
            why, rule = str(refusal), refusal.code
            self._note(Code.AGAINST_RULES, _name(entry), entry.id, why=why, rule=rule)
            return False
        return True

    def _note_gap(
        self,
        entry: Entry,
        candidates: Mapping[RecordId, Entry | None],
        known: Mapping[RecordId, Entry],
    ) -> None:
        """Why an entry could not be judged: what it follows is not here, or does not count."""
        hidden = sorted(entry.seen - candidates.keys())
        for key in hidden or sorted(entry.seen - known.keys())[:1]:
            other = candidates.get(key)
            self._findings.append(
                Finding(
                    code=Code.HIDDEN_ENTRY if hidden else Code.UNFOUNDED,
                    what=_name(entry),
                    record=entry.id,
                    other=_name(other) if other else f"entry {_digits(key)}",
                    other_record=key,
                )
            )

    # --- the rest ------------------------------------------------------------------------------

    def _listing(self, contract: Contract | None) -> Record | None:
        """The listing's record, if it is the one that was ordered."""
        what = "the listing in the file"
        if self._file.listing is None:
            self._note(Code.NO_LISTING)
            return None
        record = self._read(what, self._file.listing)
        if record is None or contract is None:
            return None
        if why := _departure(record, contract):
            self._note(Code.FOREIGN_LISTING, what, record.id, why=why)
            return None
        if not self._holds(what, record):
            return None
        try:
            contracts.check_listing(contract, listings.read(record), record.slot, record.author)
        except BadContract as refusal:
            why, rule = str(refusal), refusal.code
            self._note(Code.FOREIGN_LISTING, what, record.id, why=why, rule=rule)
            return None
        return record

    def _others(self, order: Order | None) -> Iterator[Record]:
        for number, data in enumerate(self._file.others, start=1):
            what = f"other record {number} of the file"
            record = self._read(what, data)
            if record is None:
                continue
            if order is None or not _is_by_a_party(record, order):
                self._note(Code.FOREIGN_RECORD, what, record.id)
            elif self._holds(what, record):
                if _is_about_a_party(record, order):
                    yield record
                else:
                    self._note(Code.FOREIGN_RECORD, what, record.id)


def _is_by_a_party(record: Record, order: Order) -> bool:
    return OrderId(record.slot) == order.id and order.role_of(record.author) is not None


def _is_about_a_party(record: Record, order: Order) -> bool:
    """Whether a review is between parties of the order, in their roles: anybody can license
    anybody for the id of an order that he has nothing to do with."""
    if record.kind != reviews.KIND or record.is_withdrawal:
        return True
    said = reviews.read(record)
    return order.role_of(record.author) is said.role and order.role_of(said.about) is not None


def _departure(record: Record, contract: Contract) -> str:
    """Why `record` cannot be the listing that the contract names; empty where it can."""
    if record.id != contract.listing:
        named, found = _digits(contract.listing), _digits(record.id)
        return f"the contract names the record {named}, this is {found}"
    if record.kind != listings.KIND or record.is_withdrawal:
        return "the record that the contract names offers nothing"
    return ""


def _equivocations(known: Mapping[RecordId, Entry]) -> Iterator[Finding]:
    """One for each entry that does not follow, nor is followed by, one of the same party."""
    pasts = {key: past(entry, known) for key, entry in known.items()}
    several = _in_time(known.values())
    for number, entry in enumerate(several):
        for other in several[:number]:
            is_apart = other.id not in pasts[entry.id] and entry.id not in pasts[other.id]
            if other.role is entry.role and is_apart:
                yield Finding(
                    code=Code.EQUIVOCATION,
                    what=_name(other),
                    record=other.id,
                    other=_name(entry),
                    other_record=entry.id,
                )
                break  # of twenty forks each is named once


def _in_time(several: Iterable[Entry]) -> list[Entry]:
    """As they say that they were made, so that findings do not depend on the file's order."""
    return sorted(several, key=lambda each: (each.made_at, each.id))


def _name(entry: Entry) -> str:
    return f"the {entry.role}'s {entry.event} ({_digits(entry.id)})"


def _digits(key: bytes) -> str:
    return key.hex()[:SHOWN_DIGITS]
