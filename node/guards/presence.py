"""Who is here: the library's news of connections, made into news of peers, who may have several."""

from __future__ import annotations

from collections.abc import Callable

from libp2p.abc import INetConn, INetStream, INetwork, INotifee
from multiaddr import Multiaddr

from .host import GuardedHost

Notice = Callable[[str], None]


class Presence:
    """The peers that have a connection to us."""

    def __init__(self) -> None:
        self._present: set[str] = set()
        self._notices: list[tuple[Notice, Notice]] = []

    def __contains__(self, peer: str) -> bool:
        return peer in self._present

    def peers(self) -> list[str]:
        """All of them, sorted."""
        return sorted(self._present)

    def tell(self, came: Notice, left: Notice) -> None:
        """Call `came` with each peer that connects and `left` with each that is gone."""
        self._notices.append((came, left))

    def watch(self, host: GuardedHost) -> None:
        """Learn from `host` who comes and goes."""
        host.swarm.register_notifee(_Watcher(host, self))

    def came(self, peer: str) -> None:
        """The peer has a connection; only the first is news."""
        if peer not in self._present:
            self._present.add(peer)
            for came, _ in self._notices:
                came(peer)

    def left(self, peer: str) -> None:
        """The peer has no connection any more."""
        if peer in self._present:
            self._present.remove(peer)
            for _, left in self._notices:
                left(peer)


class _Watcher(INotifee):
    def __init__(self, host: GuardedHost, presence: Presence) -> None:
        self._host = host
        self._presence = presence

    async def connected(self, network: INetwork, conn: INetConn) -> None:  # noqa: ARG002
        if not conn.is_closed:
            self._presence.came(str(conn.muxed_conn.peer_id))

    async def disconnected(self, network: INetwork, conn: INetConn) -> None:  # noqa: ARG002
        peer = conn.muxed_conn.peer_id
        if not self._host.swarm.get_connections(peer):
            self._presence.left(str(peer))
            self._host.forget(peer)

    async def opened_stream(self, network: INetwork, stream: INetStream) -> None:
        """No news."""

    async def closed_stream(self, network: INetwork, stream: INetStream) -> None:
        """No news."""

    async def listen(self, network: INetwork, multiaddr: Multiaddr) -> None:
        """No news."""

    async def listen_close(self, network: INetwork, multiaddr: Multiaddr) -> None:
        """No news."""
