"""What one peer may take from us: every bound of the transport, its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass

FRAME_BYTES_MAX = 512 * 1024
"""A request or a response. Twice a page of catch-up (256 KiB), half of what yamux buffers."""

GOSSIP_BYTES_MAX = 256 * 1024
"""A gossip message. Batches are 64 KiB; libp2p drops an RPC above 1 MiB without a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds that a test or a larger machine may want to change."""

    connections_max: int = 300
    """Connections in all: the library's own bound."""

    connections_inbound_max: int = 250
    """Inbound ones: the rest is for those whom we want to reach."""

    connections_per_network_max: int = 64
    """Established connections from one network: a household or an office, not a crowd."""

    handshakes_per_network_max: int = 32
    """Unfinished handshakes from one network; a handshake takes 8 ms when it is meant."""

    handshakes_max: int = 128
    """Unfinished handshakes in all, so that many networks can not do what one can not."""

    handshake_seconds: float = 5.0
    """An inbound handshake, to the muxer. The library would wait 10 s."""

    dial_seconds: float = 10.0
    """An outbound connection, handshake and all."""

    streams_per_connection_max: int = 256
    """Inbound streams open at once: what the library itself opens before it waits."""

    received_bytes_max: int = 32 * 1024 * 1024
    """Bytes received on one connection that no handler has read yet."""

    frame_write_seconds: float = 5.0
    """One muxer frame. A reader that is slower than 64 KiB in 5 s is not reading."""

    open_stream_seconds: float = 2.0
    """A slot for a new stream; the library would wait for ever when 256 are open."""

    request_seconds: float = 10.0
    """A peer's request, from the opening of its stream to its last byte."""

    answer_seconds: float = 30.0
    """A handler's answer, and its way out."""

    ping_every_seconds: float = 15.0
    """How often each peer is asked for a sign of life."""

    ping_answer_seconds: float = 5.0
    """A peer that does not answer for this long is frozen or gone."""

    announce_every_seconds: float = 20.0
    """How often we repeat what we subscribe to."""

    topics_per_peer_max: int = 256
    """Gossip topics of one peer: what the largest interest has, and room."""

    gossip_queue_messages_max: int = 512
    """Messages waiting for one slow peer: at 64 KiB, 32 MiB."""

    marks_max: int = 16
    """Faults within `ban_seconds` after which a peer is refused."""

    ban_seconds: float = 600.0
    """How long a peer stays refused, and how long a mark counts."""

    close_seconds: float = 1.5
    """Saying goodbye to every peer when we stop; then sockets are cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """Which guards are up. All, but for the test that shows what happens without one."""

    noise_only: bool = True
    """S1: anyone impersonates anyone over plaintext."""
    contained_handlers: bool = True
    """S2: an exception in a stream handler ends the node."""
    contained_gossip: bool = True
    """S3: a malformed key in a gossip message ends the node."""
    slots_released: bool = True
    """S4: the 251st inbound connection is refused for ever."""
    buffers_bounded: bool = True
    """S5: one stream makes us buffer 200 MB."""
    frames_whole: bool = True
    """R1: a cancelled request breaks the connection for all."""
    sockets_closed: bool = True
    """R2: a stopped node leaves its sockets open."""
    bursts_allowed: bool = True
    """R3, R5: bursts are dropped in silence."""
    seqno_fresh: bool = True
    """R4: after a restart peers take our messages for old ones."""
    heartbeat_steady: bool = True
    """R6: the heartbeat slows down to a minute."""
    subscriptions_repeated: bool = True
    """R7: one pair in some twenty never meshes."""
    inbound_gated: bool = True
    """R9: idle sockets and many identities fill the node."""
    streams_capped: bool = True
    """R9: one connection fills the node with streams."""
    dials_ours: bool = True
    """R10: the library dials whom it likes."""
    dials_direct: bool = True
    """R11: a failed dial bans a peer for a minute."""
    peers_pinged: bool = True
    """R12: a frozen peer is never noticed."""
    threads_stopped: bool = True
    """R14: one thread a start is never stopped."""
    exchange_ignored: bool = True
    """R15: a peer makes us dial addresses of its choice."""
    windows_batched: bool = True
    """R16: one window update for every read, however small."""
