"""From the first bound socket to the last closed one, in the time it may take: R2."""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio
from libp2p.crypto.keys import KeyPair
from libp2p.stream_muxer.yamux.yamux import Yamux
from libp2p.tools.anyio_service import background_trio_service
from libp2p.utils.address_validation import expand_wildcard_address
from multiaddr import Multiaddr
from multiaddr.exceptions import Error as MultiaddrError

from . import host
from .gossip import Admit, GuardedGossip, GuardedPubsub
from .host import GuardedHost
from .limits import Guards, Limits
from .sockets import OpenSockets
from .streams import Report

log = logging.getLogger(__name__)


class CannotListen(Exception):
    """An address that we were told to listen on is malformed, taken or not ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a running host is made from."""

    key: KeyPair
    listen: Sequence[Multiaddr]
    limits: Limits
    guards: Guards
    is_refused: Callable[[str], bool]
    report: Report
    open_topics: Sequence[tuple[str, int]] = ()
    """In which peers may take part though we do not: how each begins, and its length."""


@dataclass(frozen=True, slots=True)
class Live:
    """What runs while we do."""

    host: GuardedHost
    pubsub: GuardedPubsub
    chores: trio.Nursery
    """Our own tasks; cancelled before the library's are stopped."""


@asynccontextmanager
async def living(setup: Setup, prepare: Callable[[GuardedHost], None]) -> AsyncGenerator[Live]:
    """A host that listens within the block; `prepare` sets it up before anybody can connect.

    Run it under a shield and end the block: a cancel that reaches the library's tasks half-way
    leaves sockets open.
    """
    sockets = OpenSockets()
    built = host.build(
        setup.key, setup.limits, setup.guards, sockets, setup.is_refused, setup.report
    )
    prepare(built)
    router = GuardedGossip(setup.guards)
    pubsub = GuardedPubsub(built, router, setup.limits, setup.guards, setup.report)
    for beginning, chars in setup.open_topics:
        pubsub.open(beginning, chars)
    try:
        async with (
            built.run(setup.listen),
            background_trio_service(pubsub),
            background_trio_service(router),
            trio.open_nursery() as chores,
        ):
            _check_listening(built, setup.listen)
            await pubsub.wait_until_ready()
            chores.start_soon(pubsub.announce_again)
            try:
                yield Live(built, pubsub, chores)
            finally:
                chores.cancel_scope.cancel()
                if setup.guards.sockets_closed:
                    await _say_goodbye(built, sockets, setup.limits)
    finally:
        pubsub.stop_thread()


async def join_all(live: Live, topics: Mapping[str, Admit]) -> None:
    """Subscribe to every topic before anybody is dialled."""
    for topic, admit in topics.items():
        await live.pubsub.listen_to(topic, admit)


def read_listen(address: str) -> Multiaddr:
    """A multiaddr that nobody listens on yet.

    The library binds with SO_REUSEPORT: two nodes on one port would share it without a word,
    and each would get half of the other's connections. So the port is tried first.

    Raises:
        CannotListen: malformed, not TCP, taken, or not an address of this machine.
    """
    try:
        parsed = Multiaddr(address)
        family, name = (socket.AF_INET6, "ip6") if "/ip6/" in address else (socket.AF_INET, "ip4")
        host_part, port = parsed.value_for_protocol(name), parsed.value_for_protocol("tcp")
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((str(host_part), int(str(port))))
    except (MultiaddrError, ValueError) as error:
        raise CannotListen(f"{address} is not an address to listen on") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotListen(f"{address} is taken by another program") from error
        raise CannotListen(f"can not listen on {address}: {error.strerror}") from error
    return parsed


def addresses_of(built: GuardedHost) -> list[str]:
    """Where `built` listens; for 0.0.0.0 and ::, the address of each interface."""
    found: set[str] = set()
    for address in built.get_transport_addrs():
        found.update(str(each) for each in expand_wildcard_address(address))
    return sorted(found)


def _check_listening(built: GuardedHost, listen: Sequence[Multiaddr]) -> None:
    """The library is content when one of several addresses can be bound; we are not."""
    missing = [str(each) for each in listen if str(each) not in built.swarm.listeners]
    if missing:
        raise CannotListen(f"can not listen on {', '.join(missing)}")


async def _say_goodbye(built: GuardedHost, sockets: OpenSockets, limits: Limits) -> None:
    """R2: leaving `host.run()` closes neither sockets nor listener: peers think us online.

    All at once: one after the other takes 0.2 s a connection. A frozen peer gets no goodbye.
    """
    with trio.CancelScope(shield=True):
        connections = built.swarm.get_connections()
        with trio.move_on_after(limits.close_seconds):
            async with trio.open_nursery() as nursery:
                for connection in connections:
                    nursery.start_soon(connection.close)
        sockets.cut_all()
        with trio.move_on_after(limits.close_seconds):
            for connection in connections:  # their readers notice, and end what waits on them
                if isinstance(connection.muxed_conn, Yamux):
                    await connection.muxed_conn.event_closed.wait()
            await built.close()
