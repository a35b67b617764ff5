"""Find nodes on the same LAN, and be found there: DNS-SD over multicast, only when asked for.

zeroconf's own threads do the network; what it finds is handed to trio. (py-libp2p's mDNS blocks
the event loop for 1.6 s at its start, fault R14.)
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Sequence
from functools import partial
from typing import Final

import trio
from zeroconf import IPVersion, ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

from .transport import PeerUnreachable, Transport

SERVICE: Final = "_goodword._tcp.local."
ADDRESS: Final = "address"
"""The TXT field that holds a full multiaddr, `/p2p/…` included."""

TEXT_BYTES_MAX: Final = 240
"""Of one TXT field: 255 with its name, by RFC 6763, section 6.1."""

ASK_MILLISECONDS: Final = 3_000
"""For the details of a service that was announced."""

FOUND_MAX: Final = 64
"""Nodes found and not dialled yet: a LAN has a few."""

log = logging.getLogger(__name__)


class Lan:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._found, self._finds = trio.open_memory_channel[str](FOUND_MAX)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        token = trio.lowlevel.current_trio_token()
        zeroconf = await trio.to_thread.run_sync(partial(Zeroconf, ip_version=IPVersion.V4Only))
        try:
            await trio.to_thread.run_sync(self._announce, zeroconf)
            hand_over = partial(self._look_up, token=token)
            browser = ServiceBrowser(zeroconf, SERVICE, handlers=[hand_over])
            log.info("looking for nodes on the LAN")
            async with trio.open_nursery() as nursery:
                task_status.started()
                async for address in self._finds:
                    nursery.start_soon(self._connect, address)
            browser.cancel()
        finally:
            with trio.CancelScope(shield=True), trio.move_on_after(1):
                await trio.to_thread.run_sync(zeroconf.close, abandon_on_cancel=True)

    async def _connect(self, address: str) -> None:
        try:
            await self._transport.connect(address)
        except PeerUnreachable as error:
            log.info("a node on the LAN does not answer: %s", error)

    def _announce(self, zeroconf: Zeroconf) -> None:
        """Say where we are, on each address that a neighbour can use."""
        for number, address in enumerate(_reachable(self._transport.addresses)):
            host, port = address.split("/")[2], int(address.split("/")[4])
            zeroconf.register_service(
                ServiceInfo(
                    SERVICE,
                    f"{self._transport.peer_id}-{number}.{SERVICE}",
                    addresses=[socket.inet_aton(host)],
                    port=port,
                    properties={ADDRESS: address},
                )
            )

    def _look_up(
        self,
        zeroconf: Zeroconf,
        service_type: str,
        name: str,
        state_change: ServiceStateChange,
        *,
        token: trio.lowlevel.TrioToken,
    ) -> None:
        """In zeroconf's thread."""
        if state_change is ServiceStateChange.Removed:
            return
        info = zeroconf.get_service_info(service_type, name, timeout=ASK_MILLISECONDS)
        address = _address(info)
        if address is None or address.endswith(f"/p2p/{self._transport.peer_id}"):
            return
        try:
            trio.from_thread.run_sync(self._found.send_nowait, address, trio_token=token)
        except (trio.WouldBlock, trio.RunFinishedError):
            log.info("not dialled: %s", address)


def _reachable(addresses: Sequence[str]) -> list[str]:
    """IPv4 addresses, without loopback unless there is nothing else."""
    fitting = [each for each in addresses if each.startswith("/ip4/")]
    abroad = [each for each in fitting if not each.startswith("/ip4/127.")]
    return [each for each in abroad or fitting if len(each) <= TEXT_BYTES_MAX]


def _address(info: ServiceInfo | None) -> str | None:
    """The multiaddr that a stranger announced; None where it is none."""
    value = info.properties.get(ADDRESS.encode()) if info else None
    if value is None or len(value) > TEXT_BYTES_MAX:
        return None
    return value.decode("ascii", errors="replace")
