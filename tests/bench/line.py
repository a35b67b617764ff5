"""A line between two nodes, which counts the bytes that go over it."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Final

from tests.nodes import Node

CHUNK_BYTES: Final = 256 * 1024


class Line:
    """Whoever dials `address` comes out at `node`. One connection after the other."""

    def __init__(self, node: Node) -> None:
        _, _, host, _, port, _, peer = node.addresses[0].split("/")
        self._to = host, int(port)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.address = f"/ip4/127.0.0.1/tcp/{self._door.getsockname()[1]}/p2p/{peer}"
        self.to_node = self.from_node = 0
        """Bytes so far."""
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._open, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for each in (self._door, *self._ends):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join()

    def _open(self) -> None:
        while True:
            try:
                one, _ = self._door.accept()
            except OSError:  # it was closed
                return
            other = socket.create_connection(self._to)
            self._ends += [one, other]
            for way in ((one, other, True), (other, one, False)):
                thread = threading.Thread(target=self._carry, args=way, daemon=True)
                self._threads.append(thread)
                thread.start()

    def _carry(self, source: socket.socket, to: socket.socket, is_to_node: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK_BYTES):
                to.sendall(data)
                if is_to_node:
                    self.to_node += len(data)
                else:
                    self.from_node += len(data)
        with contextlib.suppress(OSError):
            to.shutdown(socket.SHUT_RDWR)
