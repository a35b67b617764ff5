"""The carrier: every byte that two nodes say to each other, in the messages that nodes send.

Comparison is the protocol's own: two Reconcilers, message by message. What
is not counted is below our messages: encryption, streams, TCP, and what libp2p says for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Final

from goodword.protocol.bounds import Place, id_of
from goodword.protocol.codec import Value, encode
from goodword.protocol.exchange import AskRecords, Records
from goodword.protocol.limits import PAGE_BYTES_MAX, WANT_IDS_MAX
from goodword.protocol.reconcile import Reconciler
from goodword.protocol.record import RecordId

from .shelf import Shelf

REPEAT_SECONDS: Final = 30.0
"""Between two catch-ups of two nodes that are connected: node/syncer.py."""

ANNOUNCE_SECONDS: Final = 20.0
"""Between two rounds in which topics are announced to each peer: node/guards/limits.py."""
ANNOUNCE_FEW: Final = 4
ANNOUNCE_EVERY: Final = 6
"""More topics than so few are announced in the first two rounds, and in each sixth."""
ANNOUNCE_BYTES: Final = 58
"""Of one topic: "/goodword/records/1/", 32 digits, and framing."""
TOPICS_PEOPLE_MAX: Final = 96
"""People of whom one takes part in the topic, the nearest; of others one hears by catch-up."""

GOSSIP_FRAME_BYTES: Final = 250
"""Around a record: the topic, a peer id, a number, a signature of 64 bytes, its key."""
MESH_DEGREE: Final = 6
"""Peers of a topic to whom a node forwards: a record crosses each such line once."""

SCOPE_ID_BYTES: Final = 32
SLOT_BYTES: Final = 32
"""Of a listing."""
NEWER_MAX: Final = 2_048
"""Listings about which one asks in one visit."""
NEWER_PAGE_MAX: Final = 340
"""In one message: each takes three of the 1,024 values that a message may hold."""
ROUNDS_MAX: Final = 4_096
"""Messages of one comparison."""


@dataclass(slots=True, kw_only=True)
class Bill:
    """What one node has said and heard in one session, in bytes."""

    scopes: int = 0
    """Telling each peer what one keeps."""
    comparison: int = 0
    """Finding what differs, when two meet."""
    records: int = 0
    """Asking for what differs, and the records."""
    gossip: int = 0
    told_again: int = 0
    """What is said again every REPEAT_SECONDS, though nothing is new: what one keeps;"""
    compared_again: int = 0
    """the comparison, in which all comes up that one of the two does not keep;"""
    asked_again: int = 0
    """and whether there is anything newer of the listings among that."""
    announcements: int = 0
    """Repeating each topic to each peer."""

    @property
    def needed(self) -> int:
        """Without what is said again and again."""
        return self.scopes + self.comparison + self.records + self.gossip

    @property
    def repeats(self) -> int:
        return self.told_again + self.compared_again + self.asked_again

    @property
    def total(self) -> int:
        return sum(getattr(self, each.name) for each in fields(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One comparison."""

    size: int
    """Of all messages, both ways."""
    need: Sequence[RecordId] = field(default=())
    have: Sequence[RecordId] = field(default=())


def compare(ours: Sequence[Place], theirs: Sequence[Place]) -> Talk:
    """What a client with `ours` says to a server with `theirs`, and learns."""
    client = Reconciler(storage=Shelf(ours), is_client=True)
    server = Reconciler(storage=Shelf(theirs), is_client=False)
    need: dict[RecordId, None] = {}
    have: dict[RecordId, None] = {}
    size = 0
    said = client.initiate()
    for _ in range(ROUNDS_MAX):
        answer = server.handle(said).message
        assert answer is not None, "a server always has an answer"
        size += len(_request(said)) + len(_answer(answer))
        learned = client.handle(answer)
        need.update(dict.fromkeys(learned.need))
        have.update(dict.fromkeys(learned.have))
        if learned.message is None:
            return Talk(size=size, need=list(need), have=list(have))
        said = learned.message
    raise AssertionError("a comparison that does not end")


def fetch(asked: Sequence[Place], sizes: Sequence[int]) -> int:
    """Bytes to ask for these records by their ids, and of the answers."""
    total = 0
    page: list[Place] = []
    filled = 0
    for place, size in zip(asked, sizes, strict=True):
        if len(page) == WANT_IDS_MAX or filled + size > PAGE_BYTES_MAX:
            total += _page(page, filled)
            page, filled = [], 0
        page.append(place)
        filled += size
    return total + (_page(page, filled) if page else 0)


def scope(people: int) -> int:
    """Bytes of a scope that names so many."""
    return len(encode([1, bytes(32 * people), [], []]))


def newer(listings: int) -> int:
    """Bytes to ask for what came after so many listings, and of answers without anything."""
    asked = min(listings, NEWER_MAX)
    pages, rest = divmod(asked, NEWER_PAGE_MAX)
    return pages * _asked_newer(NEWER_PAGE_MAX) + (_asked_newer(rest) if rest else 0)


def announcements(topics: int, seconds: float) -> int:
    """Bytes by which one node tells one peer in which topics it takes part."""
    rounds = int(seconds / ANNOUNCE_SECONDS)
    if topics > ANNOUNCE_FEW:
        rounds = min(rounds, 2) + rounds // ANNOUNCE_EVERY
    return rounds * topics * ANNOUNCE_BYTES


@cache
def _asked_newer(listings: int) -> int:
    known: list[Value] = [[bytes(SLOT_BYTES), 1]] * listings
    return len(encode([1, "ask-newer", known])) + len(Records(records=[]).to_bytes())


def _page(places: Sequence[Place], filled: int) -> int:
    ask = AskRecords(ids=[id_of(each) for each in places])
    # All of one size: the framing of a record is three bytes from 256 bytes on.
    each, more = divmod(filled, len(places))
    records = [bytes(each + (n < more)) for n in range(len(places))]
    return len(ask.to_bytes()) + len(Records(records=records).to_bytes())


def _request(message: bytes) -> bytes:
    return encode([1, "compare", bytes(SCOPE_ID_BYTES), None, message])


def _answer(message: bytes) -> bytes:
    return encode([1, "compared", message])
