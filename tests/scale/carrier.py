"""The carrier: every byte that two nodes say to each other, in the messages that nodes send.

Comparison is the protocol's own: two Reconcilers, message by message, each in the frame in which
nodes say it; so are the requests for records, and gossip is the library's. What is not counted is
below our messages: encryption, streams, TCP, and what libp2p says for itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from itertools import chain, islice
from typing import Final

from libp2p.pubsub.pb import rpc_pb2

from goodword.node.claims import above
from goodword.node.guards.gossip import FEW_TOPICS, LATER_ROUNDS
from goodword.node.guards.limits import Limits
from goodword.node.syncer import NEWER_MAX
from goodword.protocol.bounds import END, START, Bound, Gap, Place, id_of
from goodword.protocol.comparison import Compare, Compared
from goodword.protocol.exchange import (
    AskGaps,
    AskNewer,
    AskRecords,
    Filling,
    Records,
    UnknownScope,
)
from goodword.protocol.gossip import pack
from goodword.protocol.interest import Interest
from goodword.protocol.limits import GAPS_MAX, KNOWN_LISTINGS_MAX, PAGE_BYTES_MAX, WANT_IDS_MAX
from goodword.protocol.listing import SLOT_BYTES
from goodword.protocol.reconcile import Reconciler
from goodword.protocol.record import RecordId, Slot
from goodword.protocol.topics import TOPIC_CHARS

from .shelf import Shelf

ANNOUNCE_SECONDS: Final = Limits().announce_every_seconds
MESH_DEGREE: Final = 6
"""Peers of a topic to whom a node forwards, as `node/guards/gossip.py` wants it: a record crosses
each such line once."""

PEER_ID_BYTES, KEY_BYTES, SIGNATURE_BYTES, NUMBER_BYTES = 38, 36, 64, 8
"""Of Ed25519, as libp2p writes them around a message of gossip."""

ROUNDS_MAX: Final = 4_096
"""Messages of one comparison."""


@dataclass(slots=True, kw_only=True)
class Bill:
    """What one node has said and heard in one session, in bytes."""

    scopes: int = 0
    """Telling each peer what one keeps."""
    comparison: int = 0
    """Finding what differs, when two meet; and whether there is anything newer."""
    records: int = 0
    """Asking for what differs, and the records."""
    gossip: int = 0
    told_again: int = 0
    """What one keeps, to a peer that has so many that it forgets."""
    looked_again: int = 0
    """The two messages that show that nothing has changed since the last comparison;"""
    compared_again: int = 0
    """the whole comparison, where something has;"""
    asked_again: int = 0
    """and then whether there is anything newer of the listings that only one keeps."""
    announcements: int = 0
    """Telling each topic to each peer, and repeating it."""

    @property
    def needed(self) -> int:
        """Without what is said again and again."""
        return self.scopes + self.comparison + self.records + self.gossip

    @property
    def repeats(self) -> int:
        return self.told_again + self.looked_again + self.compared_again + self.asked_again

    @property
    def total(self) -> int:
        return sum(getattr(self, each.name) for each in fields(self))


class Stock:
    """What one of the two has in a scope."""

    def __init__(
        self, places: Sequence[Place], sizes: Sequence[int], listings: Mapping[RecordId, int]
    ) -> None:
        """`places`: ascending, with the bytes of each record; `listings`: their revisions."""
        self.shelf = Shelf(places)
        self.listings = listings
        self._sizes = dict(zip(map(id_of, places), sizes, strict=True))

    def size(self, record: RecordId) -> int:
        return self._sizes[record]


@dataclass(slots=True, kw_only=True)
class Visit:
    """One catch-up of a client with a server, in bytes both ways."""

    told: int = 0
    """To name the scope to who does not know it, and to tell it."""
    first: int = 0
    """Of comparison the first two messages: all, if they are those of the last visit."""
    compared: int = 0
    """All of comparison."""
    newer: int = 0
    """Asking what came after listings that the server does not offer."""
    records: int = 0
    """Asking for records, and the records."""
    messages: int = 0
    """Of comparison that the client sends."""
    need: list[RecordId] = field(default_factory=list[RecordId])
    """What came, asked for by its id;"""
    filled: list[RecordId] = field(default_factory=list[RecordId])
    """and by where it lies."""
    have: list[RecordId] = field(default_factory=list[RecordId])
    """What the server lacks, of what it was told."""

    @property
    def found(self) -> set[RecordId]:
        return {*self.need, *self.filled}

    @property
    def is_new(self) -> bool:
        """It brought something."""
        return bool(self.need or self.filled)


def visit(scope: Interest, ours: Stock, theirs: Stock) -> Visit:
    """What a client with `ours` and a server with `theirs` say, in the scope of the client."""
    of = Visit()
    client = Reconciler(storage=ours.shelf, is_client=True, is_gap=lambda _: True)
    server = Reconciler(storage=theirs.shelf, is_client=False)
    if scope.is_everything and not ours.shelf.size():
        _fill(of, scope, [Gap(START, END)], theirs)
        return of
    message = client.initiate()
    asked = 0
    for number in range(ROUNDS_MAX):
        answer = server.handle(message).message
        assert answer is not None, "a server always has an answer"
        named = len(Compare(scope=scope.id, told=None, message=message).to_bytes())
        said = named + len(Compared(message=answer).to_bytes())
        if number == 0:
            of.first = said
            if not scope.is_everything:
                told = Compare(scope=scope.id, told=scope.to_bytes(), message=message)
                of.told = len(UnknownScope().to_bytes()) + len(told.to_bytes())
        of.compared += said
        of.messages += 1
        learned = client.handle(answer)
        _fill(of, scope, learned.gaps, theirs)
        of.records += fetch(learned.need, [theirs.size(each) for each in learned.need])
        of.need += learned.need
        of.have += learned.have
        if not scope.is_everything:
            told_of = [each for each in learned.have if each in ours.listings]
            some = told_of[: NEWER_MAX - asked]
            of.newer += newer([ours.listings[each] for each in some])
            asked += len(some)
        if learned.message is None:
            return of
        message = learned.message
    raise AssertionError("a comparison that does not end")


def fetch(asked: Sequence[RecordId], sizes: Sequence[int]) -> int:
    """Bytes to ask for these records by their ids, and of the answers."""
    total, begin = 0, 0
    while begin < len(asked):
        ids = asked[begin : begin + WANT_IDS_MAX]
        page = _page(sizes[begin : begin + WANT_IDS_MAX])
        total += len(AskRecords(ids=ids).to_bytes()) + len(Records(records=page).to_bytes())
        begin += len(page)
    return total


def newer(revisions: Sequence[int]) -> int:
    """Bytes to ask what came after listings of these revisions, and of answers without anything."""
    known = [(Slot(bytes(SLOT_BYTES)), each) for each in revisions]
    pages = [known[n : n + KNOWN_LISTINGS_MAX] for n in range(0, len(known), KNOWN_LISTINGS_MAX)]
    none = len(Records(records=[]).to_bytes())
    return sum(len(AskNewer(known=each).to_bytes()) + none for each in pages)


def announcements(topics: int, seconds: float) -> int:
    """Bytes by which one node tells one peer in which topics it takes part: when they meet, and in
    rounds."""
    rounds = int(seconds / ANNOUNCE_SECONDS)
    if topics > FEW_TOPICS:
        rounds = sum(n <= 2 or n % LATER_ROUNDS == 0 for n in range(1, rounds + 1))
    return (1 + rounds) * _announcement(topics)


def gossip(sizes: Sequence[int]) -> int:
    """Bytes of records, said together, on one line of a topic."""
    return sum(_gossiped(len(each)) for each in pack(map(bytes, sizes)))


def _fill(of: Visit, scope: Interest, gaps: Sequence[Gap], theirs: Stock) -> None:
    """Ask for what lies in the gaps, page by page."""
    while gaps:
        asked = gaps[:GAPS_MAX]
        stretches = [_stretch(theirs.shelf, each) for each in asked]
        places = list(islice(_lying(theirs.shelf, stretches), WANT_IDS_MAX + 1))
        page = _page([theirs.size(id_of(each)) for each in places[:WANT_IDS_MAX]])
        rest = places[len(page) :]
        answer = Filling(
            records=page,
            begun=Bound(places[0]) if places else asked[-1].until,
            settled=Bound(rest[0]) if rest else asked[-1].until,
            left=sum(until - since for since, until in stretches) - len(page),
        )
        of.records += len(AskGaps(scope=scope.id, gaps=asked).to_bytes())
        of.records += len(answer.to_bytes())
        of.filled += map(id_of, places[: len(page)])
        gaps = above(gaps, answer.settled)


def _lying(shelf: Shelf, stretches: Sequence[tuple[int, int]]) -> Iterator[Place]:
    return chain.from_iterable(shelf.iterate(*each) for each in stretches)


def _stretch(shelf: Shelf, gap: Gap) -> tuple[int, int]:
    since = shelf.find_lower_bound(gap.since)
    return since, max(since, shelf.find_lower_bound(gap.until))


def _page(sizes: Sequence[int]) -> list[bytes]:
    """Records of these bytes, as many as one answer holds."""
    page: list[bytes] = []
    filled = 0
    for each in sizes:
        filled += each
        if page and filled > PAGE_BYTES_MAX:
            break
        page.append(_record(each))
    return page


@cache
def _record(size: int) -> bytes:
    return bytes(size)


@cache
def _announcement(topics: int) -> int:
    one = rpc_pb2.RPC.SubOpts(subscribe=True, topicid="." * TOPIC_CHARS)
    return _framed(rpc_pb2.RPC(subscriptions=[one] * topics))


@cache
def _gossiped(size: int) -> int:
    said = rpc_pb2.Message(
        data=bytes(size),
        topicIDs=["." * TOPIC_CHARS],
        from_id=bytes(PEER_ID_BYTES),
        seqno=bytes(NUMBER_BYTES),
        key=bytes(KEY_BYTES),
        signature=bytes(SIGNATURE_BYTES),
    )
    return _framed(rpc_pb2.RPC(publish=[said]))


def _framed(packet: rpc_pb2.RPC) -> int:
    """With its length before it."""
    size: int = packet.ByteSize()
    return size + max(1, -(-size.bit_length() // 7))
