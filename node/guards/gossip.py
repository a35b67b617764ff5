"""Gossip that no message can break and no burst can lose: S3, R3 to R7, R14, R15."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import trio
from libp2p.abc import IHost
from libp2p.custom_types import TProtocol
from libp2p.peer.id import ID
from libp2p.pubsub.gossipsub import GossipSub
from libp2p.pubsub.pb import rpc_pb2
from libp2p.pubsub.pubsub import Pubsub

from .limits import Guards, Limits
from .streams import Report

Admit = Callable[[str, bytes], bool]

# Not 1.2: with its IDONTWANT half of all messages took 1,250 ms instead of 5.
PROTOCOLS = [TProtocol("/meshsub/1.1.0"), TProtocol("/meshsub/1.0.0")]

FEW_TOPICS = 4
"""So many are told to everybody at each round: 100 bytes."""

LATER_ROUNDS = 30
"""Between two, of many topics: of 96 people 7 KB, for each peer."""

log = logging.getLogger(__name__)


class GuardedGossip(GossipSub):
    """The mesh: whom we forward to."""

    def __init__(self, guards: Guards) -> None:
        super().__init__(
            PROTOCOLS,
            degree=6,
            degree_low=4,
            degree_high=12,
            # R6: the default is 120 s, and adaptive gossip makes 30 to 60 s of any value.
            heartbeat_interval=1 if guards.heartbeat_steady else 120,
            adaptive_gossip_enabled=not guards.heartbeat_steady,
            # R3: 10 messages a second and topic from each forwarder, our own included, the rest
            # dropped in silence: 20 % arrived at 50/s. Quotas are the intake's business.
            spam_protection_enabled=not guards.bursts_allowed,
            eclipse_protection_enabled=False,  # it wants three networks before it has any
        )
        self._guards = guards

    async def leave(self, topic: str) -> None:
        """The library goes through a set that changes while it awaits."""
        for peer in self.mesh.pop(topic, set[ID]()):
            self._add_back_off(peer, topic, is_unsubscribe=True)
            await self.emit_prune(topic, peer, do_px=False, is_unsubscribe=True)

    async def _do_px(self, px_peers: list[rpc_pb2.PeerInfo]) -> None:
        """R15: addresses that a peer sends with a PRUNE were dialled inside the read loop."""
        if not self._guards.exchange_ignored:
            await super()._do_px(px_peers)


class GuardedPubsub(Pubsub):
    """Messages and subscriptions."""

    def __init__(
        self, host: IHost, router: GossipSub, limits: Limits, guards: Guards, report: Report
    ) -> None:
        super().__init__(
            host,
            router,
            strict_signing=True,
            max_subscriptions_per_peer=limits.topics_per_peer_max,
            max_subscriptions_per_rpc=2 * limits.topics_per_peer_max,
        )
        self._open: list[tuple[str, int]] = []
        """What else a peer may take part in: how it begins, and how long it is."""
        self._rounds: dict[ID, int] = {}
        """How often each peer was told again what we take part in."""
        self._limits = limits
        self._guards = guards
        self._report = report
        if guards.seqno_fresh:
            # R4: the library starts at the seconds of the clock. 100 messages later a restart
            # begins below them, and peers drop what they take for old: 4 of 100 arrived.
            self.counter = time.time_ns()

    def open(self, beginning: str, chars: int) -> None:
        """Peers may take part in any topic that begins so and has so many characters."""
        self._open.append((beginning, chars))

    def has_listeners(self, topic: str) -> bool:
        """Whether a connected peer takes part in it."""
        return bool(self.peer_topics.get(topic))

    def has_others(self) -> bool:
        """Whether a connected peer takes part in a topic in which we do not."""
        return any(topic not in self.topic_ids for topic in self.peer_topics)

    async def listen_to(self, topic: str, admit: Admit) -> None:
        """Subscribe to `topic`; `admit` sees each message once and says whether to forward it."""
        self.set_topic_validator(topic, self._validator(admit), is_async_validator=False)
        await self.subscribe(topic)

    async def leave(self, topic: str) -> None:
        """Hear nothing of `topic` any more."""
        await self.unsubscribe(topic)
        self.remove_topic_validator(topic)

    async def announce_again(self) -> None:
        """R7: a subscription that crosses the hello is lost: 1 pair in 12 to 30 never meshed.
        To repeat it costs a few bytes, and the receiver takes it for the same.

        Many topics cost more, so they are repeated twice to a new peer, then every ten minutes.
        """
        while self._guards.subscriptions_repeated:
            await trio.sleep(self._limits.announce_every_seconds)
            self._rounds = {each: self._rounds.get(each, 0) + 1 for each in self.peer_queues}
            few = len(self.topic_ids) <= FEW_TOPICS
            for peer, number in self._rounds.items():
                if few or number <= 2 or number % LATER_ROUNDS == 0:
                    self.peer_queues[peer].push(self._announcement())

    def _announcement(self) -> rpc_pb2.RPC:
        """All that we take part in."""
        packet = rpc_pb2.RPC()
        for topic in self.topic_ids:
            packet.subscriptions.append(rpc_pb2.RPC.SubOpts(subscribe=True, topicid=topic))
        return packet

    def handle_subscription(self, origin_id: ID, sub_message: rpc_pb2.RPC.SubOpts) -> None:
        """What a peer takes part in we remember only of topics that can be ours."""
        topic = sub_message.topicid
        is_open = any(
            len(topic) == chars and topic.startswith(beginning) for beginning, chars in self._open
        )
        if is_open or topic in self.topic_ids or not sub_message.subscribe:
            super().handle_subscription(origin_id, sub_message)

    async def push_msg(self, msg_forwarder: ID, msg: rpc_pb2.Message) -> None:
        """S3: this runs as a bare task: one message with a malformed key ended the node."""
        if len(msg.topicIDs) != 1:
            return  # a topic named a thousand times would be validated a thousand times
        if msg_forwarder == self.my_id or not self._guards.contained_gossip:
            await super().push_msg(msg_forwarder, msg)
            return
        try:
            await super().push_msg(msg_forwarder, msg)
        except Exception:
            log.exception("gossip from %s failed", msg_forwarder)
            self._report(str(msg_forwarder), "a gossip message that broke its protocol")

    def notify_subscriptions(self, publish_message: rpc_pb2.Message) -> None:
        """Nothing to queue: `admit` has already seen the message."""

    async def _handle_new_peer(self, peer_id: ID) -> None:
        """R5: 32 messages fit a peer's queue, the rest is dropped in silence: of 100 at once,
        32 arrived.
        """
        await super()._handle_new_peer(peer_id)
        queue = self.peer_queues.get(peer_id)
        if self._guards.bursts_allowed and queue is not None:
            queue._queue.max_size = self._limits.gossip_queue_messages_max  # noqa: SLF001 no setter

    def stop_thread(self) -> None:
        """R14: each start left a thread behind. Its own stop() would wait for it and block us."""
        if self._guards.threads_stopped:
            self.seen_messages._stop_event.set()  # noqa: SLF001

    def _validator(self, admit: Admit) -> Callable[[ID, rpc_pb2.Message], bool]:
        def is_forwarded(forwarder: ID, message: rpc_pb2.Message) -> bool:
            if forwarder == self.my_id:
                return True
            try:
                return admit(str(forwarder), message.data)
            except Exception:
                log.exception("a gossip message from %s was not judged", forwarder)
                return False

        return is_forwarded
