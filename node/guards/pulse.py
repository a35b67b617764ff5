"""A sign of life from every peer, or goodbye: R12."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable

import trio
from libp2p.abc import INetStream
from libp2p.host.ping import ID as PING_ID
from libp2p.host.ping import PING_LENGTH
from libp2p.io.utils import read_exactly
from libp2p.peer.id import ID

from .frames import reset
from .host import GuardedHost
from .limits import Limits
from .streams import ENDINGS

PING = PING_ID

log = logging.getLogger(__name__)


async def keep_pinging(
    host: GuardedHost,
    limits: Limits,
    peers: Callable[[], Iterable[str]],
    drop: Callable[[str], Awaitable[None]],
) -> None:
    """R12: a peer that was stopped (SIGSTOP, a closed laptop) was never noticed and stayed in
    the mesh for ever. Ask each, all at once, and drop who does not answer.
    """

    async def check(peer: str) -> None:
        if not await _answers(host, peer, limits.ping_answer_seconds):
            log.info("peer %s does not answer; dropped", peer)
            await drop(peer)

    while True:
        await trio.sleep(limits.ping_every_seconds)
        async with trio.open_nursery() as nursery:
            for peer in peers():
                nursery.start_soon(check, peer)


async def answer_pings(stream: INetStream) -> None:
    """Send back what comes until the stream ends: what libp2p calls ping.

    The library's own service remembers every peer that ever pinged, with its last connection:
    300 strangers cost 7 MB, for ever.
    """
    while True:
        await stream.write(await read_exactly(stream, PING_LENGTH))


async def _answers(host: GuardedHost, peer: str, seconds: float) -> bool:
    """Whether `peer` says anything within `seconds`. A no is an answer too."""
    with trio.move_on_after(seconds):
        try:
            stream = await host.new_stream(ID.from_string(peer), [PING])
            try:
                await stream.write(secrets.token_bytes(PING_LENGTH))
                await read_exactly(stream, PING_LENGTH)
            finally:
                await reset(stream)
        except ENDINGS as error:
            log.debug("ping of %s ended: %r", peer, error)
        return True
    return False
