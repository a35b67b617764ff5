"""The way to a person: which of her devices is connected, or can be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import base58
import trio

from goodword.crypto.keys import PublicKey
from goodword.protocol.presence import Presence
from goodword.storage import people
from goodword.storage.database import Database

from .clock import Clock
from .transport import PeerUnreachable, Transport

DIAL_SECONDS: Final = 10.0
"""For all addresses of all devices together; they are tried at the same time."""

DIALS_MAX: Final = 8
"""Addresses that are tried at the same time: nobody's word may make us dial for ever."""


class Roads:
    def __init__(self, transport: Transport, database: Database, clock: Clock) -> None:
        self._transport = transport
        self._database = database
        self._clock = clock

    async def to(self, person: PublicKey) -> str:
        """The peer id of one of her devices, connected. Raises PeerUnreachable."""
        if connected := self.connected(person):
            return connected[0]
        addresses = list(_addresses(self._devices(person)))[:DIALS_MAX]
        if not addresses:
            raise PeerUnreachable("nobody knows where she is: she has published no address")
        return await dial_any(self._transport, addresses)

    def connected(self, person: PublicKey) -> list[str]:
        """The peer ids of those of her devices that are connected now."""
        connected = set(self._transport.peers())
        devices = [peer_text(each.peer) for each in self._devices(person)]
        return [each for each in devices if each in connected]

    def people_at(self, peer: str) -> list[PublicKey]:
        """Who says that the device `peer` is hers."""
        with self._database.reading() as db:
            return people.at_peer(db, peer_bytes(peer), self._clock())

    def _devices(self, person: PublicKey) -> list[Presence]:
        with self._database.reading() as db:
            return people.presence(db, person, self._clock())


async def dial_any(transport: Transport, addresses: Sequence[str]) -> str:
    """Dial all at the same time; the peer id of the first to answer. Raises PeerUnreachable."""
    answered: list[str] = []

    async def dial(address: str, nursery: trio.Nursery) -> None:
        try:
            answered.append(await transport.connect(address))
        except PeerUnreachable:
            return
        nursery.cancel_scope.cancel()

    with trio.move_on_after(DIAL_SECONDS):
        async with trio.open_nursery() as nursery:
            for address in addresses:
                nursery.start_soon(dial, address, nursery)
    if not answered:
        raise PeerUnreachable(f"none of {len(addresses)} addresses answers")
    return answered[0]


def peer_text(peer: bytes) -> str:
    return base58.b58encode(peer).decode()


def peer_bytes(peer: str) -> bytes:
    return base58.b58decode(peer)


def _addresses(devices: list[Presence]) -> Iterator[str]:
    for device in devices:
        for address in device.addresses:
            yield f"{address}/p2p/{peer_text(device.peer)}"
