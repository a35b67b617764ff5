"""Who may connect, and whom we dial: S4, R9, R10, and the refused."""

from __future__ import annotations

import ipaddress
import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager

import trio
from libp2p.abc import IMuxedConn, INetStream
from libp2p.io.abc import ReadWriteCloser
from libp2p.io.trio import TrioTCPStream
from libp2p.network.auto_connector import AutoConnector
from libp2p.network.config import ConnectionConfig, RetryConfig
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.network.connection.swarm_connection import SwarmConn
from libp2p.network.exceptions import SwarmException
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID
from libp2p.peer.peerstore import PeerStore
from libp2p.stream_muxer.yamux.yamux import Yamux
from libp2p.transport.upgrader import TransportUpgrader
from multiaddr import Multiaddr

from .limits import Guards, Limits
from .sockets import OpenSockets, TrackedTCP

log = logging.getLogger(__name__)


class Gate:
    """How many handshakes and connections each network has with us.

    A network is an IPv4 address or an IPv6 /64: what one subscriber is given.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._handshakes: OrderedDict[trio.CancelScope, str] = OrderedDict()
        self._connections: Counter[str] = Counter()

    def has_room(self, network: str) -> bool:
        """R9: 250 identities from one address took every slot."""
        return (
            self._connections[network] < self._limits.connections_per_network_max
            and self._connections.total() < self._limits.connections_inbound_max
        )

    @contextmanager
    def handshake(self, network: str) -> Generator[trio.CancelScope]:
        """R9: 260 idle sockets blocked all inbound for 10 s. Now the oldest unfinished
        handshake makes room for the newest: an honest one takes 8 ms and is not the oldest.
        """
        self._make_room(network)
        with trio.move_on_after(self._limits.handshake_seconds) as scope:
            self._handshakes[scope] = network
            try:
                yield scope
            finally:
                self._handshakes.pop(scope, None)

    @contextmanager
    def connection(self, network: str) -> Generator[None]:
        """Counts one established connection."""
        self._connections[network] += 1
        try:
            yield
        finally:
            self._connections[network] -= 1
            if not self._connections[network]:
                del self._connections[network]

    def _make_room(self, network: str) -> None:
        own = [scope for scope, other in self._handshakes.items() if other == network]
        if len(own) >= self._limits.handshakes_per_network_max:
            self._evict(own[0])
        elif len(self._handshakes) >= self._limits.handshakes_max:
            self._evict(next(iter(self._handshakes)))

    def _evict(self, scope: trio.CancelScope) -> None:
        del self._handshakes[scope]
        scope.cancel()


class GuardedSwarm(Swarm):
    """The library's connections, with our gate before them."""

    def __init__(
        self,
        me: ID,
        upgrader: TransportUpgrader,
        limits: Limits,
        guards: Guards,
        sockets: OpenSockets,
        is_refused: Callable[[str], bool],
    ) -> None:
        super().__init__(
            me,
            PeerStore(),
            upgrader,
            [TrackedTCP(sockets)],
            RetryConfig(max_retries=0),  # our keeper redials, with its own patience
            ConnectionConfig(
                max_connections=limits.connections_max,
                min_connections=limits.connections_max - limits.connections_inbound_max,
                low_watermark=limits.connections_max - limits.connections_inbound_max,
                high_watermark=limits.connections_max,
                inbound_upgrade_timeout=limits.handshake_seconds,
            ),
        )
        self._gate = Gate(limits)
        self._limits = limits
        self._guards = guards
        self._sockets = sockets
        self._is_refused = is_refused
        if guards.dials_ours:
            self.auto_connector = NoAutoConnector(self)

    async def _handle_inbound_connection(
        self, read_write_closer: ReadWriteCloser, maddr: Multiaddr
    ) -> None:
        """S4: an inbound slot was never given back: after 250 connections in the node's
        lifetime it refused all. A slot now lives as long as its connection.
        """
        self._sockets.add(read_write_closer)
        if not (self._guards.slots_released and self._guards.inbound_gated):
            await super()._handle_inbound_connection(read_write_closer, maddr)
            return
        network = network_of(read_write_closer)
        try:
            if self._gate.has_room(network):
                await self._admit(read_write_closer, maddr, network)
        except SwarmException as error:
            log.debug("connection from %s failed: %s", network, error)
        finally:
            with trio.CancelScope(shield=True):
                await read_write_closer.close()

    async def _admit(self, raw: ReadWriteCloser, maddr: Multiaddr, network: str) -> None:
        muxed: IMuxedConn | None = None
        with self._gate.connection(network):
            with self._gate.handshake(network):
                muxed = await self.upgrade_inbound_raw_conn(RawConnection(raw, False), maddr)
            if isinstance(muxed, Yamux):
                await muxed.event_closed.wait()

    async def add_conn(self, muxed_conn: IMuxedConn, direction: str = "unknown") -> SwarmConn:
        """Once the handshake has proved who it is: refuse the marked."""
        if self._is_refused(str(muxed_conn.peer_id)):
            await muxed_conn.close()
            raise SwarmException("this peer is refused for a while")
        return await super().add_conn(muxed_conn, direction)

    async def new_stream(self, peer_id: ID) -> INetStream:
        """R1: a cancel between a stream's first frame and its registration loses one of the
        256 streams of the connection for ever. R10: a stream is no reason to dial.
        """
        if self._guards.dials_ours and not self.get_connections(peer_id):
            raise SwarmException("not connected")
        if not self._guards.frames_whole:
            return await super().new_stream(peer_id)
        with trio.CancelScope(shield=True) as scope:
            scope.deadline = trio.current_time() + self._limits.open_stream_seconds
            return await super().new_stream(peer_id)
        raise SwarmException("no stream is free on this connection")

    def _schedule_auto_connect(self) -> None:
        if not self._guards.dials_ours:
            super()._schedule_auto_connect()


class NoAutoConnector(AutoConnector):
    """R10: below 100 connections the library dials every peer that it ever heard of."""

    def __init__(self, swarm: Swarm) -> None:
        super().__init__(swarm)

    async def maybe_connect(self) -> None:
        """Dial nobody."""

    def record_disconnect(self, peer_id: ID) -> None:
        """Remember nobody."""


def network_of(connection: ReadWriteCloser) -> str:
    """The network at the other end; empty when the socket is already gone.

    Asks the socket: the library's own question fails for IPv6, whose answer has four parts.
    """
    if not isinstance(connection, TrioTCPStream):
        return ""
    try:
        address = ipaddress.ip_address(str(connection.stream.socket.getpeername()[0]).split("%")[0])
    except (OSError, ValueError):
        return ""
    if address.version == 4:
        return str(address)
    return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
