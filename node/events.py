"""What happens, told to whoever watches: scripts, a page, the owner."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Final, TypeAlias

import trio

Event: TypeAlias = Mapping[str, object]
"""{"event": what, …} in the shapes of the local API."""

UNREAD_MAX: Final = 1_000
"""Events kept for a watcher who does not read; then he is cut off, and sees that he is."""


class Events:
    def __init__(self) -> None:
        self._watchers: set[trio.MemorySendChannel[Event]] = set()

    def tell(self, event: str, **details: object) -> None:
        """Never waits: a slow watcher loses his channel, not our time."""
        for watcher in list(self._watchers):
            try:
                watcher.send_nowait({"event": event, **details})
            except (trio.WouldBlock, trio.BrokenResourceError):
                self._watchers.discard(watcher)
                watcher.close()

    @contextmanager
    def watched(self) -> Generator[trio.MemoryReceiveChannel[Event]]:
        """The events from now on; the channel ends if its reader falls too far behind."""
        send, receive = trio.open_memory_channel[Event](UNREAD_MAX)
        self._watchers.add(send)
        try:
            yield receive
        finally:
            self._watchers.discard(send)
            send.close()
            receive.close()
