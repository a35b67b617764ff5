"""Stay connected: to the peers that the owner asked for, to friends, and to those met before."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import trio

from goodword.crypto.keys import PublicKey
from goodword.storage import circle, mailboxes, meta, peers, people
from goodword.storage.database import Database, Transaction

from .clock import Clock
from .events import Events
from .roads import DIALS_MAX, dial_any, peer_bytes, peer_text
from .transport import PeerUnreachable, Transport, peer_of

WANTED_MAX: Final = 16
"""Connections that we look for by ourselves; more may come to us."""

DIALS_AT_ONCE: Final = 8

BACKOFF_SECONDS_FIRST: Final = 1.0
BACKOFF_SECONDS_MAX: Final = 300.0
"""Between two attempts at one peer, doubling."""

ASKED_FOR_SECONDS_MAX: Final = 15.0
"""The same for a peer that the owner asked for: he waits for it."""

STEADY_SECONDS: Final = 60.0
"""A connection that lasted so long is worth another at once. One that ends before was perhaps
not meant: a peer that refuses us closes it as soon as it is made."""

DEVICES_MAX: Final = 2
"""Of one who keeps letters for us, or of a friend: those that answer longest."""

FRIENDS_MAX: Final = 64
"""People whom I follow or vouch for whose nodes we look for: of so many, several are on."""

FORGET_SECONDS: Final = 30 * 24 * 3600
"""A peer not met for a month is not dialled by ourselves any more."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Backoff:
    wait: float = BACKOFF_SECONDS_FIRST
    not_before: float = 0.0
    """trio's clock."""


class Keeper:
    def __init__(
        self, transport: Transport, database: Database, clock: Clock, events: Events
    ) -> None:
        self._transport = transport
        self._database = database
        self._clock = clock
        self._events = events
        self._backoffs: dict[str, _Backoff] = {}
        self._came_at: dict[str, float] = {}
        """trio's clock, for those who are connected."""
        self._dialling: set[str] = set()
        self._room = trio.CapacityLimiter(DIALS_AT_ONCE)
        self._has_changed = trio.Event()
        transport.on_peer(self._came, self._left)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        async with trio.open_nursery() as nursery:
            task_status.started()
            while True:
                self._has_changed = trio.Event()
                for peer in self._to_dial():
                    self._dialling.add(peer.id)
                    nursery.start_soon(self._dial, peer)
                with trio.move_on_after(self._seconds_to_wait()):
                    await self._has_changed.wait()

    async def ask_for(self, address: str) -> str:
        """Connect to `address` now, and stay connected from now on; the peer id.

        Raises PeerUnreachable; the address is remembered only if it answered.
        """
        peer = await self._transport.connect(address)
        self.want(address)
        return peer

    def want(self, address: str) -> None:
        """Remember a peer that the owner asked for. Raises PeerUnreachable for no address."""
        peer = peer_of(address)
        with self._database.transaction() as db:
            peers.remember(db, peer, [address], is_wanted=True)
        self._has_changed.set()

    def look_again(self) -> None:
        """Somebody may have moved, or keeps letters for us since now."""
        self._has_changed.set()

    async def _dial(self, peer: peers.Peer) -> None:
        try:
            async with self._room:
                self._back_off(peer)
                if addresses := self._addresses(peer):
                    await dial_any(self._transport, addresses)
        except PeerUnreachable as error:
            log.info("not connected with %s: %s", peer.id, error)
        finally:
            self._dialling.discard(peer.id)
            self._has_changed.set()

    def _back_off(self, peer: peers.Peer) -> None:
        """Whatever becomes of this attempt: the next one is after a pause."""
        backoff = self._backoffs.setdefault(peer.id, _Backoff())
        backoff.not_before = trio.current_time() + backoff.wait
        longest = ASKED_FOR_SECONDS_MAX if peer.is_wanted else BACKOFF_SECONDS_MAX
        backoff.wait = min(backoff.wait * 2, longest)

    def _to_dial(self) -> list[peers.Peer]:
        """Whom to try now: all that the owner asked for, others while we have few."""
        now = trio.current_time()
        connected = set(self._transport.peers())
        room = WANTED_MAX - len(connected) - len(self._dialling)
        chosen: list[peers.Peer] = []
        for peer in self._candidates():
            if peer.id in connected or peer.id in self._dialling:
                continue
            if peer.id in self._backoffs and self._backoffs[peer.id].not_before > now:
                continue
            if peer.is_wanted or len(chosen) < room:
                chosen.append(peer)
        return chosen

    def _candidates(self) -> list[peers.Peer]:
        """Who keeps our letters and whom the owner asked for, then friends, then others we met."""
        oldest = self._clock() - FORGET_SECONDS
        with self._database.reading() as db:
            known = {each.id: each for each in peers.every(db)}
            me = meta.owner(db)
            hosts = mailboxes.hosts(db, me) if me else []
            friends = circle.members(db, me, self._clock())[:FRIENDS_MAX] if me else []
            of_hosts = [*self._devices(db, hosts, known, is_wanted=True)]
            of_friends = [*self._devices(db, friends, known, is_wanted=False)]
        wanted = [each for each in known.values() if each.is_wanted]
        met = [each for each in known.values() if each.met_at is not None and each.met_at > oldest]
        found: dict[str, peers.Peer] = {}
        for each in (*of_hosts, *wanted, *of_friends, *met):
            found.setdefault(each.id, each)
        found.pop(self._transport.peer_id, None)
        return list(found.values())

    def _devices(
        self,
        db: Transaction,
        of: Sequence[PublicKey],
        known: Mapping[str, peers.Peer],
        *,
        is_wanted: bool,
    ) -> Iterator[peers.Peer]:
        """Where these people say they are; of hosts, as if the owner had asked for them."""
        for person in of:
            for device in people.presence(db, person, self._clock())[:DEVICES_MAX]:
                peer = peer_text(device.peer)
                addresses = known[peer].addresses if peer in known else ()
                yield peers.Peer(id=peer, addresses=addresses, is_wanted=is_wanted, met_at=None)

    def _addresses(self, peer: peers.Peer) -> list[str]:
        """What the owner gave, then what others say, each once.

        A presence is anybody's word: it must not stand before, or instead of, the owner's.
        """
        with self._database.reading() as db:
            said = people.addresses_of(db, peer_bytes(peer.id), self._clock())
        found = dict.fromkeys([*peer.addresses, *(f"{each}/p2p/{peer.id}" for each in said)])
        return list(found)[:DIALS_MAX]

    def _seconds_to_wait(self) -> float:
        """Until the next pause ends. Who is not dialled after his waits for room: for a change."""
        now = trio.current_time()
        connected = set(self._transport.peers())
        waits = [
            backoff.not_before - now
            for peer, backoff in self._backoffs.items()
            if backoff.not_before > now and peer not in connected and peer not in self._dialling
        ]
        return max(min(waits, default=BACKOFF_SECONDS_MAX), 0.1)

    def _came(self, peer: str) -> None:
        self._came_at[peer] = trio.current_time()
        with self._database.transaction(is_promise=False) as db:
            peers.met(db, peer, self._clock())
        self._events.tell("peer", peer=peer, is_connected=True)

    def _left(self, peer: str) -> None:
        if trio.current_time() - self._came_at.pop(peer, float("inf")) >= STEADY_SECONDS:
            self._backoffs.pop(peer, None)
        self._events.tell("peer", peer=peer, is_connected=False)
        self._has_changed.set()
