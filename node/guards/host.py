"""The library's host, put together from guarded parts: S1, and no identify of our own."""

from __future__ import annotations

from collections.abc import Callable

from libp2p import generate_peer_id_from
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.crypto.keys import KeyPair
from libp2p.crypto.x25519 import create_new_key_pair as create_noise_key_pair
from libp2p.custom_types import TProtocol, TSecurityOptions
from libp2p.host.basic_host import BasicHost
from libp2p.identity.identify_push.identify_push import ID_PUSH
from libp2p.peer.id import ID
from libp2p.security.insecure.transport import PLAINTEXT_PROTOCOL_ID, InsecureTransport
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE_ID
from libp2p.security.noise.transport import Transport as NoiseTransport
from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID as YAMUX_ID
from libp2p.stream_muxer.yamux.yamux import Yamux
from libp2p.transport.upgrader import TransportUpgrader

from .inbound import GuardedSwarm
from .limits import Guards, Limits
from .muxer import OnlyYamux
from .sockets import OpenSockets
from .streams import Report, guarded


class GuardedHost(BasicHost):
    """A host that answers identify but neither asks nor believes it.

    Identify runs in system tasks, where an exception ends the process; and what it would learn is
    only the peer's word.
    """

    def __init__(self, swarm: GuardedSwarm, limits: Limits, guards: Guards, report: Report) -> None:
        super().__init__(swarm, disable_identify_address_discovery=True)
        self.swarm = swarm
        self.remove_stream_handler(ID_PUSH)
        swarm.set_stream_handler(guarded(self._swarm_stream_handler, limits, guards, report))

    def _schedule_identify(self, peer_id: ID, *, reason: str) -> None:
        """Ask nobody."""

    def forget(self, peer: ID) -> None:
        """Drop what the library keeps of a peer that left; it would keep it for ever."""
        if peer in self.peerstore.peer_ids():
            self.peerstore.clear_peerdata(peer)


def build(
    key: KeyPair,
    limits: Limits,
    guards: Guards,
    sockets: OpenSockets,
    is_refused: Callable[[str], bool],
    report: Report,
) -> GuardedHost:
    """A host for the peer with this key, not yet listening."""
    upgrader = TransportUpgrader(_security(key, guards), {TProtocol(YAMUX_ID): Yamux})
    upgrader.muxer_multistream = OnlyYamux(limits, guards)
    me = generate_peer_id_from(key)
    swarm = GuardedSwarm(me, upgrader, limits, guards, sockets, is_refused)
    swarm.peerstore.add_key_pair(me, key)
    return GuardedHost(swarm, limits, guards, report)


def key_pair(seed: bytes) -> KeyPair:
    """The Ed25519 key that is our peer id, from its 32 bytes of seed."""
    return create_new_key_pair(seed)


def peer_id_of(key: KeyPair) -> str:
    """The base58 peer id of this key."""
    return str(generate_peer_id_from(key))


def _security(key: KeyPair, guards: Guards) -> TSecurityOptions:
    """S1: by default the library also offers plaintext and secio, and in plaintext anyone is
    whoever they say: a stranger sent records as any peer id.
    """
    noise = NoiseTransport(key, noise_privkey=create_noise_key_pair().private_key)
    if guards.noise_only:
        return {NOISE_ID: noise}
    return {NOISE_ID: noise, PLAINTEXT_PROTOCOL_ID: InsecureTransport(key)}
