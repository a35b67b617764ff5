"""The local API: JSON-RPC 2.0, one message a line, over a Unix socket only we can open.

`watch` answers once, and then streams notifications until the client closes.
"""

from __future__ import annotations

import logging
import os
import socket
import stat
from pathlib import Path
from typing import Final

import trio

from goodword.storage.database import StorageFailed

from .events import Event, Events
from .home import HomeBusy, HomeError
from .methods import Methods
from .rpc import NOT_A_REQUEST, REFUSED, Answer, answer, write_error, write_line
from .show import Json

REQUEST_BYTES_MAX: Final = 1024 * 1024
"""The largest honest request, a listing of 8,000 characters with each escaped, is 50 KB."""

CHUNK_BYTES: Final = 64 * 1024

CLIENTS_MAX: Final = 64
"""Connections at a time; a desktop page and a few scripts take under ten."""

WATCHERS_MAX: Final = 32
"""Half of them may watch: the other half stays for those who ask."""

SEND_SECONDS: Final = 30.0
"""A client who does not read what he asked for is gone after this."""

log = logging.getLogger(__name__)


async def serve(
    path: Path,
    methods: Methods,
    events: Events,
    *,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Answer requests on `path` until cancelled. The caller holds the lock of the home.

    Raises HomeError where `path` cannot be listened on; StorageFailed, once it is answered.
    """
    if WATCH not in methods:
        methods.expose(WATCH, watch)
    _remove_stale(path)
    listener = trio.SocketListener(trio.socket.from_stdlib_socket(_listen(path)))
    server = _Server(methods, events)
    try:
        task_status.started()
        await trio.serve_listeners(server.handle, [listener])
    finally:
        path.unlink(missing_ok=True)


WATCH: Final = "watch"


def watch() -> Json:
    """Stream what happens, as notifications named `event`, until the client closes."""
    return {"watching": True}


# --- one client --------------------------------------------------------------------------------


class _LineTooLong(Exception):
    pass


class _Lines:
    """The lines of a stream; what stands behind the last line end is no request."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._buffer = bytearray()
        self._searched = 0  # bytes known to hold no line end, so that drips cost no rescans

    async def next(self) -> bytes | None:
        """None at the end. Raises _LineTooLong."""
        while (end := self._buffer.find(b"\n", self._searched)) < 0:
            self._searched = len(self._buffer)
            if self._searched > REQUEST_BYTES_MAX:
                raise _LineTooLong
            chunk = await self._stream.receive_some(CHUNK_BYTES)
            if not chunk:
                return None
            self._buffer += chunk
        if end > REQUEST_BYTES_MAX:
            raise _LineTooLong
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._searched = 0
        return line


class _Server:
    """Everybody who is connected.

    When all seats are taken, whoever has been silent for longest gives his to who comes: idle
    clients block nobody, and nobody who waits for an answer is sent away.
    """

    def __init__(self, methods: Methods, events: Events) -> None:
        self._methods = methods
        self._events = events
        self._seats = 0
        self._watchers = 0
        self._silent: dict[trio.CancelScope, None] = {}
        """In the order in which they fell silent."""

    async def handle(self, stream: trio.SocketStream) -> None:
        """Converse until one side ends it. Raises StorageFailed, and nothing else."""
        self._seats += 1
        try:
            async with stream:
                if self._seats > CLIENTS_MAX and not self._free_a_seat():
                    await _send(stream, _busy(None, "too many clients at once"))
                    return
                with trio.CancelScope() as scope:
                    await self._converse(stream, scope)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # gone in the middle: what was asked is done, nobody is told
        except StorageFailed:
            raise
        except Exception:
            log.exception("a conversation on the control socket failed")
        finally:
            self._seats -= 1

    def _free_a_seat(self) -> bool:
        for scope in self._silent:
            del self._silent[scope]
            scope.cancel()
            return True
        return False

    async def _converse(self, stream: trio.SocketStream, scope: trio.CancelScope) -> None:
        lines = _Lines(stream)
        while True:
            self._silent[scope] = None
            try:
                line = await lines.next()
            except _LineTooLong:
                text = f"a request has at most {REQUEST_BYTES_MAX} bytes"
                await _send(
                    stream, write_error(None, NOT_A_REQUEST, text, {"code": "usage", "hint": ""})
                )
                return
            finally:
                self._silent.pop(scope, None)
            if line is None or scope.cancel_called:  # sent away before it was begun
                return
            if not line.strip():
                continue
            said = await answer(line, self._methods)
            if said.method == WATCH:
                await self._stream_events(stream, said)
                return
            await _send(stream, said.line)
            if said.failure:
                raise said.failure

    async def _stream_events(self, stream: trio.SocketStream, said: Answer) -> None:
        if self._watchers >= WATCHERS_MAX:
            await _send(stream, _busy(said.id, "too many clients watch already"))
            return
        self._watchers += 1
        try:
            with self._events.watched() as happening:
                await _send(stream, said.line)
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_until_closed, stream, nursery.cancel_scope)
                    await _tell(stream, happening)
                    nursery.cancel_scope.cancel()
        finally:
            self._watchers -= 1


async def _tell(stream: trio.SocketStream, happening: trio.MemoryReceiveChannel[Event]) -> None:
    """Until the watcher is gone, or too slow: then the stream ends, and he sees that it did."""
    try:
        async for event in happening:
            await _send(stream, write_line({"jsonrpc": "2.0", "method": "event", "params": event}))
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        return


async def _until_closed(stream: trio.SocketStream, scope: trio.CancelScope) -> None:
    """What a watcher says is not listened to; that he hangs up is."""
    try:
        while await stream.receive_some(CHUNK_BYTES):
            pass
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass
    scope.cancel()


async def _send(stream: trio.SocketStream, data: bytes) -> None:
    """Raises BrokenResourceError for a client who is gone, or does not read."""
    try:
        with trio.fail_after(SEND_SECONDS):
            await stream.send_all(data)
    except trio.TooSlowError as error:
        raise trio.BrokenResourceError("the client does not read") from error


def _busy(request_id: object, text: str) -> bytes:
    data = {"code": "busy", "hint": "close some of them, or try again"}
    return write_error(request_id, REFUSED, text, data)


# --- the socket --------------------------------------------------------------------------------


def _remove_stale(path: Path) -> None:
    """What a node that was killed left behind; we hold the lock, so nobody may listen there."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise HomeError(f"{path} is in the way: it is not a socket", "move it elsewhere")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
        else:
            raise HomeBusy(f"somebody listens on {path} already", "stop it first")


def _listen(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    old_mask = os.umask(0o177)  # the socket file is ours alone from its first moment
    try:
        listening.bind(str(path))
        listening.listen(CLIENTS_MAX)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise HomeError(f"cannot listen on {path}: {error}") from error
    finally:
        os.umask(old_mask)
    return listening
