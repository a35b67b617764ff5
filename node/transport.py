"""libp2p behind a few verbs; with `guards`, the only file that knows it.

Rule 1: peer ids and addresses are `str` outside of here, and errors are ours.
Rule 2: whatever a peer does costs at most that peer.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager

import trio
from libp2p.abc import INetStream
from libp2p.custom_types import TProtocol
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import InvalidAddrError, PeerInfo, info_from_p2p_addr
from multiaddr import Multiaddr
from multiaddr.exceptions import Error as MultiaddrError

from .guards import Guards, Limits, host
from .guards.frames import FrameTooLarge, ended, read_frame, reset, write_frame
from .guards.gossip import Admit
from .guards.lifetime import CannotListen, Live, Setup, addresses_of, join_all, living, read_listen
from .guards.limits import FRAME_BYTES_MAX, GOSSIP_BYTES_MAX
from .guards.marks import Marks
from .guards.presence import Notice, Presence
from .guards.pulse import PING, answer_pings, keep_pinging
from .guards.streams import ENDINGS
from .guards.streams import Handler as StreamHandler

__all__ = [
    "FRAME_BYTES_MAX",
    "GOSSIP_BYTES_MAX",
    "STOP_SECONDS",
    "CannotListen",
    "Guards",
    "Limits",
    "PeerUnreachable",
    "RequestFailed",
    "Transport",
    "TransportError",
    "peer_of",
]

Handler = Callable[[str, bytes], Awaitable[bytes]]

START_SECONDS = 10.0  # binding sockets; more means that something is broken
STOP_SECONDS = 3.0  # from the cancel to the last closed socket

log = logging.getLogger(__name__)


class TransportError(Exception):
    """The network did not do what was asked of it."""


class PeerUnreachable(TransportError):
    """There is no connection to this peer, and none could be made."""


class RequestFailed(TransportError):
    """The peer was there, but no whole response came."""


class Transport:
    """Our end of the network: who is connected, requests, gossip."""

    def __init__(
        self,
        seed: bytes,
        listen: Sequence[str],
        *,
        limits: Limits | None = None,
        guards: Guards | None = None,
    ) -> None:
        """`seed` is the 32 bytes of the node's own key; `listen` are multiaddrs, all TCP."""
        self._limits = limits or Limits()
        self._guards = guards or Guards()
        self._listen = list(listen)
        self._key = host.key_pair(seed)
        self.peer_id = host.peer_id_of(self._key)
        self._marks = Marks(self._limits)
        self._handlers: dict[str, Handler] = {}
        self._topics: dict[str, Admit] = {}
        self._open_topics: list[tuple[str, int]] = []
        self._presence = Presence()
        self._live: Live | None = None

    @property
    def addresses(self) -> list[str]:
        """Where others can reach us, as multiaddrs with our peer id; empty unless running."""
        if self._live is None:
            return []
        return [f"{each}/p2p/{self.peer_id}" for each in addresses_of(self._live.host)]

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Listen until cancelled; then close everything, within STOP_SECONDS.

        The library's tasks run under a shield, for a cancel that reaches them half-way leaves
        sockets open: only our own wait is cancelled, and they are stopped in order.

        Raises:
            CannotListen: when one of the addresses is malformed, taken or not ours.
        """
        listen = [read_listen(each) for each in self._listen]
        ready, stop = trio.Event(), trio.Event()
        scope = trio.CancelScope(shield=True)
        scope.deadline = trio.current_time() + START_SECONDS
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._run_shielded, listen, scope, ready, stop)
            try:
                await ready.wait()  # not nursery.start: cancelled, it would wait for the child
                scope.deadline = float("inf")
                task_status.started()
                await trio.sleep_forever()
            finally:
                stop.set()
                scope.deadline = trio.current_time() + STOP_SECONDS

    def serve(self, protocol: str, handler: Handler) -> None:
        """Answer each request on `protocol` with `await handler(peer, request)`.

        What a handler raises is logged and costs only its stream.
        """
        self._handlers[protocol] = handler
        if self._live is not None:
            self._live.host.set_stream_handler(TProtocol(protocol), self._answering(handler))

    async def request(self, peer: str, protocol: str, data: bytes) -> bytes:
        """Ask a connected peer; the caller limits the time with `trio.fail_after`.

        Raises:
            PeerUnreachable: when there is no connection; `connect` makes one.
            RequestFailed: when no whole response came.
            ValueError: for more than FRAME_BYTES_MAX.
        """
        live = self._running()
        if peer not in self._presence:
            raise PeerUnreachable(f"not connected to {peer}")
        if len(data) > FRAME_BYTES_MAX:
            raise ValueError(f"{len(data)} bytes are too many for a request")
        with _mapped(RequestFailed, f"no response from {peer}"):
            stream = await live.host.new_stream(ID.from_string(peer), [TProtocol(protocol)])
            try:
                await write_frame(stream, data)
                return await read_frame(stream)
            finally:
                # Not close: a peer that never closes its half would leave it with us.
                await reset(stream)

    async def connect(self, address: str) -> str:
        """Connect to a multiaddr that ends in /p2p/…, unless we are; returns the peer id.

        Raises:
            PeerUnreachable: the address is malformed or ours, nobody answers, somebody else
                answers, or we refuse this peer for now.
        """
        live = self._running()
        info = _read_address(address)
        peer = str(info.peer_id)
        if peer == self.peer_id:
            raise PeerUnreachable(f"{address} is our own address")
        if self._is_refused(peer):
            raise PeerUnreachable(f"{peer} is refused for a while")
        if peer not in self._presence:
            with _mapped(PeerUnreachable, f"no connection to {address}"):
                with trio.fail_after(self._limits.dial_seconds):
                    await self._dial(live, info)
        return peer

    async def disconnect(self, peer: str) -> None:
        """Close every connection to this peer; nothing when there is none."""
        live = self._running()
        with trio.CancelScope(shield=True):  # half closed, it would stay in every table for ever
            with trio.move_on_after(self._limits.frame_write_seconds + 1):
                await live.host.swarm.close_peer(ID.from_string(peer))

    def peers(self) -> list[str]:
        """Who is connected now."""
        return self._presence.peers()

    def on_peer(self, came: Notice, left: Notice) -> None:
        """Call `came` with each peer that connects and `left` with each that is gone."""
        self._presence.tell(came, left)

    def join(self, topic: str, admit: Admit) -> None:
        """Take part in `topic`; call it before `run`.

        `admit(peer that forwarded, data)` is called once for each message, never for ours, and
        says whether it is forwarded. It must not block; what it raises is logged and means no.
        """
        if self._live is not None:
            raise RuntimeError("join topics before run")
        self._topics[topic] = admit

    def open(self, beginning: str, chars: int) -> None:
        """Let peers say that they take part in topics that begin so and have so many characters;
        call it before `run`. To the rest, but for our own, nobody here listens."""
        self._open_topics.append((beginning, chars))

    async def take_part(self, topics: Mapping[str, Admit]) -> None:
        """Take part in these topics from now on, and in no others."""
        live = self._running()
        before, self._topics = self._topics, dict(topics)
        for topic in before.keys() - topics.keys():
            await live.pubsub.leave(topic)
        for topic in topics.keys() - before.keys():
            await live.pubsub.listen_to(topic, topics[topic])

    def has_listeners(self, topic: str) -> bool:
        """Whether a connected peer takes part in it."""
        return self._live is not None and self._live.pubsub.has_listeners(topic)

    def has_others(self) -> bool:
        """Whether a connected peer takes part in a topic in which we do not."""
        return self._live is not None and self._live.pubsub.has_others()

    async def gossip(self, topic: str, data: bytes) -> None:
        """Hand `data` to the peers that joined `topic`: a hint, nothing promises that it arrives.

        Raises:
            ValueError: for more than GOSSIP_BYTES_MAX.
        """
        if len(data) > GOSSIP_BYTES_MAX:
            raise ValueError(f"{len(data)} bytes are too many for gossip")
        await self._running().pubsub.publish(topic, data)

    def mark(self, peer: str, why: str) -> None:
        """Count a fault of `peer`; too many, and it is disconnected and refused for a while."""
        log.info("mark against %s: %s", peer, why)
        if self._marks.add(peer, trio.current_time()):
            log.warning("peer %s is refused for a while, at last for: %s", peer, why)
            if self._live is not None:
                self._live.chores.start_soon(self.disconnect, peer)

    async def _run_shielded(
        self,
        listen: Sequence[Multiaddr],
        scope: trio.CancelScope,
        ready: trio.Event,
        stop: trio.Event,
    ) -> None:
        setup = Setup(
            key=self._key,
            listen=listen,
            limits=self._limits,
            guards=self._guards,
            is_refused=self._is_refused,
            report=self.mark,
            open_topics=self._open_topics,
        )
        try:
            with scope:
                async with living(setup, self._prepare) as self._live:
                    await join_all(self._live, self._topics)
                    if self._guards.peers_pinged:
                        self._live.chores.start_soon(
                            keep_pinging, self._live.host, self._limits, self.peers, self.disconnect
                        )
                    ready.set()
                    await stop.wait()
        finally:
            self._live = None
            for peer in self.peers():
                self._presence.left(peer)

    def _prepare(self, built: host.GuardedHost) -> None:
        self._presence.watch(built)
        built.set_stream_handler(PING, answer_pings)
        for protocol, handler in self._handlers.items():
            built.set_stream_handler(TProtocol(protocol), self._answering(handler))

    def _answering(self, handler: Handler) -> StreamHandler:
        async def answer(stream: INetStream) -> None:
            peer = str(stream.muxed_conn.peer_id)
            with trio.fail_after(self._limits.request_seconds):
                request = await read_frame(stream)
            try:
                async with ended(stream):
                    with trio.fail_after(self._limits.answer_seconds):
                        await write_frame(stream, await handler(peer, request))
            except ENDINGS as error:
                log.debug("%s did not wait for the answer: %r", peer, error)
            except Exception:
                log.exception("the answer to %s on %s failed", peer, stream.get_protocol())

        return answer

    async def _dial(self, live: Live, info: PeerInfo) -> None:
        """R11: `host.connect` bans a peer for 60 s after one failed dial, and never takes less
        than 250 ms. Whom to dial and when is our own decision, so dial.
        """
        if self._guards.dials_direct:
            await live.host.swarm.dial_addr(info.addrs[0], info.peer_id)
        else:
            await live.host.connect(info)

    def _is_refused(self, peer: str) -> bool:
        return self._marks.is_refused(peer, trio.current_time())

    def _running(self) -> Live:
        if self._live is None:
            raise PeerUnreachable("the transport is not running")
        return self._live


def peer_of(address: str) -> str:
    """The peer id at the end of a multiaddr, in the spelling that we use everywhere.

    Raises PeerUnreachable where it is no address of a peer.
    """
    info = _read_address(address)
    if not any(str(each) for each in info.addrs):
        raise PeerUnreachable(f"{address} says who, but not where")
    return str(info.peer_id)


def _read_address(address: str) -> PeerInfo:
    try:
        return info_from_p2p_addr(Multiaddr(address))
    except (MultiaddrError, InvalidAddrError, ValueError) as error:
        raise PeerUnreachable(f"{address} is not an address with a peer id") from error


@contextmanager
def _mapped(becomes: type[TransportError], what: str) -> Generator[None]:
    """Turn what the library raises into an error of ours."""
    try:
        yield
    except (*ENDINGS, FrameTooLarge, trio.TooSlowError) as error:
        raise becomes(f"{what}: {error or type(error).__name__}") from error
    except Exception as error:
        # S6: two bytes that are not UTF-8, in answer to a new stream, came through as a
        # UnicodeDecodeError: no error of the network's, it ended the node.
        log.warning("%s: the library failed", what, exc_info=error)
        raise becomes(f"{what}: {error!r}") from error
