"""What a peer can do with streams: S2 and the stream half of R9."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import trio
from libp2p.abc import INetStream
from libp2p.exceptions import BaseLibp2pError
from libp2p.network.stream.net_stream import NetStream
from libp2p.stream_muxer.yamux.yamux import Yamux

from .frames import reset
from .limits import Guards, Limits

Handler = Callable[[INetStream], Awaitable[None]]
Report = Callable[[str, str], None]

# What the network does by itself: a peer that leaves in mid-sentence is no fault of anybody.
ENDINGS = (BaseLibp2pError, OSError, trio.BrokenResourceError, trio.ClosedResourceError)

log = logging.getLogger(__name__)


def guarded(handler: Handler, limits: Limits, guards: Guards, report: Report) -> Handler:
    """`handler` for every stream of every peer, with the guards around it."""

    async def handle(stream: INetStream) -> None:
        if guards.streams_capped and _is_one_too_many(stream, limits):
            await reset(stream)
        elif guards.contained_handlers:
            await _contain(handler, stream, guards, report)
        else:
            await handler(stream)

    return handle


def _is_one_too_many(stream: INetStream, limits: Limits) -> bool:
    """R9: the library allows a peer 10,000 streams. Counted are those the peer keeps open,
    not the handlers that run: a stream that is answered but never closed costs memory too.
    """
    connection = stream.muxed_conn
    if not isinstance(connection, Yamux):
        return True
    inbound = sum(not each.is_initiator for each in connection.streams.values())
    return inbound > limits.streams_per_connection_max


async def _contain(handler: Handler, stream: INetStream, guards: Guards, report: Report) -> None:
    """S2: an exception in any handler cancels the whole host: 21 bytes of bad protobuf on
    `/meshsub/1.1.0` ended the node. Here it costs its stream, and a mark for its peer.
    """
    peer = str(stream.muxed_conn.peer_id)
    try:
        if guards.streams_capped:
            await _until_closed(handler, stream)
        else:
            await handler(stream)
    except (*ENDINGS, trio.TooSlowError) as error:
        log.debug("stream %s of %s ended: %r", stream.get_protocol(), peer, error)
        await reset(stream)
    except Exception:
        log.exception("stream %s of %s failed", stream.get_protocol(), peer)
        await reset(stream)
        report(peer, "a stream that broke its protocol")


async def _until_closed(handler: Handler, stream: INetStream) -> None:
    """R9: handlers ran on after their connection was gone; cancel them with it."""
    connection = stream.swarm_conn if isinstance(stream, NetStream) else None
    if connection is None:
        await handler(stream)
        return
    failed: list[Exception] = []

    async def watch() -> None:
        await connection.event_closed.wait()
        nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch)
        try:
            await handler(stream)
        except Exception as error:  # noqa: BLE001 raised again outside, without a group around it
            failed.append(error)
        nursery.cancel_scope.cancel()
    if failed:
        raise failed[0]
