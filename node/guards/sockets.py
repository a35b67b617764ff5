"""Every TCP socket we opened or accepted, so that none outlives the node."""

from __future__ import annotations

from weakref import WeakSet

import trio
from libp2p.abc import IRawConnection
from libp2p.io.trio import TrioTCPStream
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.transport.tcp.tcp import TCP
from multiaddr import Multiaddr


class OpenSockets:
    """Remembers sockets, weakly: a closed one that nobody holds is gone."""

    def __init__(self) -> None:
        self._streams: WeakSet[trio.SocketStream] = WeakSet()

    def add(self, stream: object) -> None:
        """Remember the socket of a connection that was dialled or accepted."""
        if isinstance(stream, TrioTCPStream):
            self._streams.add(stream.stream)

    def cut_all(self) -> None:
        """R2: leaving `host.run()` closes neither sockets nor listener: peers see us online.

        Also what ends a goodbye to a frozen peer, whose full socket would hold us for ever.
        """
        for stream in list(self._streams):
            stream.socket.close()


class TrackedTCP(TCP):
    """TCP that tells OpenSockets whom it dialled."""

    def __init__(self, sockets: OpenSockets) -> None:
        super().__init__()
        self._sockets = sockets

    async def dial(self, maddr: Multiaddr) -> IRawConnection:
        connection = await super().dial(maddr)
        if isinstance(connection, RawConnection):
            self._sockets.add(connection.stream)
        return connection
