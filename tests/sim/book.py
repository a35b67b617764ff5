"""The order table and the fold a second time, from the design and not from the code: the judge's.

Slow and plain: it recomputes everything from the set each time. Where it and the product differ,
one of them is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias, cast

from goodword.protocol.entry import Entry
from goodword.protocol.record import RecordId
from goodword.protocol.terms import Terms

Entries: TypeAlias = Mapping[RecordId, Entry]

HOUR: Final = 3600
DAY: Final = 24 * HOUR

ENDS: Final = ("cancelled", "expired", "completed", "refunded", "resolved", "unresolved")

_TABLE: Final = """
proposed    accept       S   accepted    1
proposed    reject       S   cancelled   1
proposed    withdraw     B   cancelled   2
proposed    counter      S   countered   3
proposed    timeout      BS  expired     9
countered   accept       B   accepted    1
countered   reject       B   cancelled   1
countered   withdraw     S   cancelled   2
countered   counter      B   proposed    3
countered   timeout      BS  expired     9
accepted    consent      M   accepted    8
accepted    pay_sent     B   pay_claimed 1
accepted    pay_received S   funded      1
accepted    on_delivery  S   funded      1
accepted    withdraw     B   cancelled   3
accepted    reject       S   cancelled   3
accepted    timeout      BS  expired     9
pay_claimed consent      M   pay_claimed 8
pay_claimed offer        BS  pay_claimed 8
pay_claimed pay_received S   funded      1
pay_claimed pay_denied   S   disputed    2
pay_claimed agree        BS  refunded    3
pay_claimed refund       S   refunded    3
pay_claimed dispute      BS  disputed    4
pay_claimed timeout      BS  disputed    9
funded      consent      M   funded      8
funded      offer        BS  funded      8
funded      fulfil       S   fulfilled   1
funded      confirm      B   completed   2
funded      agree        BS  refunded    3
funded      refund       S   refunded    3
funded      dispute      BS  disputed    4
funded      timeout      B   disputed    9
fulfilled   consent      M   fulfilled   8
fulfilled   offer        BS  fulfilled   8
fulfilled   extend       B   fulfilled   8
fulfilled   confirm      B   completed   1
fulfilled   agree        BS  refunded    3
fulfilled   refund       S   refunded    3
fulfilled   dispute      BS  disputed    4
fulfilled   timeout      S   completed   9
disputed    consent      M   disputed    8
disputed    offer        BS  disputed    8
disputed    confirm      B   completed   2
disputed    agree        BS  refunded    3
disputed    refund       S   refunded    3
disputed    verdict      M   decided     5
disputed    pay_received S   funded      6
disputed    fulfil       S   fulfilled   6
disputed    timeout      BS  unresolved  9
decided     executed     BS  resolved    1
decided     timeout      BS  unresolved  9
"""

_WINDOWS: Final[Mapping[str, int | str]] = {
    "proposed": 48 * HOUR,
    "countered": 48 * HOUR,
    "accepted": "payment",
    "pay_claimed": "clearing",
    "funded": "handling",
    "fulfilled": "inspection",
    "disputed": "dispute",
    "decided": 3 * DAY,
}

_LIMITS: Final = {
    "counter": 8,
    "pay_received": 1,
    "fulfil": 1,
    "extend": 1,
    "offer": 4,
    "consent": 1,
    "acknowledge": 1,
}

_LAST_WORDS: Final = ("confirm", "agree", "refund", "acknowledge")
"""By these somebody gives something up, or says that he has seen the end."""


class Row(NamedTuple):
    by: str
    to: str
    precedence: int


ROWS: Final = {
    (state, event): Row(by, to, int(precedence))
    for state, event, by, to, precedence in (line.split() for line in _TABLE.strip().splitlines())
} | {(end, "acknowledge"): Row("BS", end, 0) for end in ENDS}

_RANK: Final = {
    event: min(row.precedence for (_, each), row in ROWS.items() if each == event)
    for _, event in ROWS
} | {"propose": 0}


@dataclass(slots=True, kw_only=True)
class Standing:
    """Where an order stands."""

    state: str
    since: int
    terms: Terms
    time: int
    """Of the latest entry that counts."""
    buyer: bytes
    seller: bytes
    lines: list[Entry]
    """What counts, in its order."""
    states: list[str]
    """After each of these."""
    offers: dict[str, Entry]
    is_extended: bool
    to_seller: int | None
    forkers: set[str]

    @property
    def is_over(self) -> bool:
        return self.state in ENDS

    @property
    def is_sealed(self) -> bool:
        """Both led to the end, or said that they saw it."""
        return {"buyer", "seller"} <= self.seen_by

    @property
    def seen_by(self) -> set[str]:
        """Who led to the end, or said that he saw it."""
        if not self.is_over:
            return set()
        end = max(n for n in range(len(self.states)) if n == 0 or self.is_move(n))
        return {each.role.value for each in self.lines[end:]}

    def is_move(self, at: int) -> bool:
        return self.states[at] != self.states[at - 1]

    @property
    def deadline(self) -> int:
        window = _WINDOWS[self.state]
        seconds = window if isinstance(window, int) else int(getattr(self.terms, window))
        extra = 0
        if self.is_extended:
            locked = self.terms.handling + self.terms.inspection + self.terms.dispute + 6 * DAY
            extra = min(7 * DAY, 45 * DAY - locked)
        return self.since + seconds + extra


def standing(entries: Entries) -> Standing:
    """What the set makes."""
    befores = {key: _past(entry, entries) for key, entry in entries.items()}
    lost = _lost(entries, befores)
    stands = [key for key in entries if key not in lost]
    words = {key for key in stands if entries[key].event.value in _LAST_WORDS}
    places = {key: len([k for k in words if k in befores[key]]) for key in words}

    def place(key: RecordId) -> int:
        """Of the first last word that follows it."""
        return min((places[k] for k in words if key in befores[k]), default=len(entries))

    judged = _union(befores[key] for key in stands if entries[key].event.value == "verdict")
    root = next(e for k, e in entries.items() if e.event.value == "propose" and k not in lost)
    contract = root.contract
    now = Standing(
        state="proposed",
        since=root.made_at,
        terms=contract.terms,
        time=root.made_at,
        buyer=contract.buyer,
        seller=contract.seller,
        lines=[root],
        states=["proposed"],
        offers={},
        is_extended=False,
        to_seller=None,
        forkers={entries[key].role.value for key in lost},
    )
    done, rest = {root.id}, set(entries) - {root.id}
    while rest:
        ready = [key for key in rest if befores[key] <= done]
        key = min(
            ready,
            key=lambda each: (
                place(each),
                each not in judged,
                _precedence(now, entries[each]),
                each,
            ),
        )
        rest.discard(key)
        done.add(key)
        if key not in lost:
            _take(now, entries[key], befores[key], entries)
    return now


def _union(sets: Iterable[set[RecordId]]) -> set[RecordId]:
    return set[RecordId]().union(*sets)


def unlawful(entry: Entry, entries: Entries) -> str:
    """Why `entry` should never have been let in; empty where it should."""
    if entry.event.value == "propose":
        return ""
    before = {key: entries[key] for key in _past(entry, entries)}
    now = standing(before)
    row = ROWS.get((now.state, entry.event.value))
    judge = now.terms.moderator
    identities = {"buyer": now.buyer, "seller": now.seller, "moderator": judge}
    said = sum(e.role is entry.role and e.event is entry.event for e in before.values())
    faults = {
        f"{entry.event} in {now.state}": row is None,
        f"{entry.event} by {entry.role} in {now.state}": row is not None and not _may(row, entry),
        "by somebody else": identities[entry.role.value] != entry.identity,
        "before its past": entry.made_at < now.time,
        "too often": said >= _LIMITS.get(entry.event.value, 1_000),
        **_faults_of_details(entry, now),
    }
    return ", ".join(what for what, is_so in faults.items() if is_so)


def _faults_of_details(entry: Entry, now: Standing) -> dict[str, bool]:
    total = now.terms.total.minor
    match entry.event.value:
        case "acknowledge":
            return {"seen already": entry.role.value in now.seen_by}
        case "timeout":
            return {"too early": not now.is_over and entry.made_at < now.deadline}
        case "offer" | "verdict":
            return {"more than the total": _to_seller(entry) > total}
        case "agree":
            others = {e.id for role, e in now.offers.items() if role != entry.role.value}
            return {"no such offer": entry.details["offer"] not in others}
        case _:
            return {}


def may_time_out(now: Standing, role: str) -> bool:
    row = ROWS.get((now.state, "timeout"))
    return row is not None and role[0].upper() in row.by


def _past(entry: Entry, entries: Entries) -> set[RecordId]:
    found: set[RecordId] = set()
    stack = list(entry.seen)
    while stack:
        key = stack.pop()
        if key not in found:
            found.add(key)
            stack += entries[key].seen
    return found


def _lost(entries: Entries, befores: Mapping[RecordId, set[RecordId]]) -> set[RecordId]:
    """Of two entries of one party that do not follow one another, one is lost."""

    def support(key: RecordId, *by: str) -> int:
        """How many words of these parties, the author's own apart, follow it."""
        others = {*by} - {entries[key].role.value}
        return sum(key in befores[k] and e.role.value in others for k, e in entries.items())

    def strength(key: RecordId) -> tuple[int, bool, int, int, bytes]:
        event = entries[key].event.value
        return (
            -support(key, "buyer", "seller"),
            event not in _LAST_WORDS,
            -support(key, "moderator"),
            _RANK[event],
            key,
        )

    kept: list[RecordId] = []
    for key in sorted(entries, key=strength):
        rivals = (k for k in kept if entries[k].role is entries[key].role)
        if all(k in befores[key] or key in befores[k] for k in rivals):
            kept.append(key)
    return set(entries) - set(kept)


def _may(row: Row, entry: Entry) -> bool:
    return entry.role.value[0].upper() in row.by


def _precedence(now: Standing, entry: Entry) -> int:
    row = ROWS.get((now.state, entry.event.value))
    return row.precedence if row and _may(row, entry) else 99


def _take(now: Standing, entry: Entry, before: Iterable[RecordId], entries: Entries) -> None:
    row = ROWS.get((now.state, entry.event.value))
    if row is None or not _may(row, entry):
        return
    if entry.event.value == "timeout":
        moves = {e.id for n, e in enumerate(now.lines) if n == 0 or now.is_move(n)}
        if not moves <= set(before) or entry.made_at < now.deadline:
            return
    match entry.event.value:
        case "counter":
            now.terms = entry.terms
        case "offer":
            now.offers[entry.role.value] = entry
        case "extend":
            now.is_extended = True
        case _:
            pass
    if row.to != now.state:
        now.to_seller = _decided(now, entry, row.to, entries)
        now.since = max(now.since, entry.made_at)
        now.state = row.to
        now.offers = {}
        now.is_extended = False
    now.time = max(now.time, entry.made_at)
    now.lines.append(entry)
    now.states.append(row.to)


def _decided(now: Standing, entry: Entry, to: str, entries: Entries) -> int | None:
    match to, entry.event.value:
        case "completed", _:
            return now.terms.total.minor
        case "refunded", "agree":
            return _to_seller(entries[cast("RecordId", entry.details["offer"])])
        case "refunded", _:
            return 0
        case "decided", _:
            return _to_seller(entry)
        case _:
            return now.to_seller


def _to_seller(entry: Entry) -> int:
    return cast("int", entry.details["to_seller"])
