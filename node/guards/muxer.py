"""Yamux that a hostile or a cancelled peer can not break: R1, R16, S5."""

from __future__ import annotations

import trio
from libp2p.abc import IMuxedConn, IMuxedStream, ISecureConn
from libp2p.custom_types import TProtocol
from libp2p.peer.id import ID
from libp2p.stream_muxer.exceptions import MuxedStreamError
from libp2p.stream_muxer.muxer_multistream import MuxerMultistream
from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID, Yamux, YamuxStream

from .limits import Guards, Limits

WINDOW_BYTES = 1024 * 1024  # what a sender may send ahead of the reader


class GuardedYamux(Yamux):
    """One connection's muxer, with whole frames and bounded buffers."""

    def __init__(self, connection: ISecureConn, peer: ID, limits: Limits, guards: Guards) -> None:
        super().__init__(connection, peer, is_initiator=connection.is_initiator)
        self._limits = limits
        self._guards = guards

    async def _write_frame(self, data: bytes) -> None:
        """R1: cancelling inside a frame leaves noise half a frame ahead of the other side.

        3 to 4 of some hundred cancelled requests killed the connection for everybody else;
        a frame that has begun is now finished, or the connection is dropped.
        """
        if not self._guards.frames_whole:
            await super()._write_frame(data)
            return
        async with self._write_lock:
            with trio.CancelScope(shield=True) as scope:
                scope.deadline = trio.current_time() + self._limits.frame_write_seconds
                await self.secured_conn.write(data)
            if scope.cancelled_caught:
                with trio.CancelScope(shield=True):
                    await self.secured_conn.close()  # the reading task cleans up behind us
                raise MuxedStreamError("the peer does not read; the connection is dropped")

    async def _read_data_body(self, length: int) -> bytes:
        """S5: the receive window is logged, not enforced: one stream had us buffer 200 MB.

        TooSlowError is the one error that the library turns into a closed connection.
        """
        if self._guards.buffers_bounded:
            held = sum(len(buffer) for buffer in self.stream_buffers.values())
            if held + length > self._limits.received_bytes_max:
                raise trio.TooSlowError("the peer sends more than it was granted")
        return await super()._read_data_body(length)

    async def open_stream(self) -> YamuxStream:
        return self._ours(await super().open_stream())

    async def accept_stream(self) -> IMuxedStream:
        stream = await super().accept_stream()
        return self._ours(stream) if isinstance(stream, YamuxStream) else stream

    def _ours(self, stream: YamuxStream) -> YamuxStream:
        """The library names its stream class in the middle of its read loop; so a stream becomes
        ours as it is handed over, before anybody has read from it.
        """
        stream.__class__ = FrugalStream if self._guards.windows_batched else GuardedStream
        return stream


class GuardedStream(YamuxStream):
    """A stream that is gone when it is reset."""

    async def reset(self) -> None:
        """What nobody has read of a dropped stream was kept for 60 to 90 s."""
        await super().reset()
        async with self.conn.streams_lock:
            self.conn.stream_buffers.pop(self.stream_id, None)
            self.conn._finalize_stream_locked(self, fully_closed=True)  # noqa: SLF001


class FrugalStream(GuardedStream):
    """A stream that grants credit in large steps."""

    async def _auto_tune_and_send_window_update(self, *, bytes_read: int = 0) -> None:  # noqa: ARG002
        """R16: one window update per read() was half of the latency of small messages.

        As go-yamux does, credit is given back when half of the window is used up.
        """
        self.target_recv_window = max(self.target_recv_window, WINDOW_BYTES)
        buffered = len(self.conn.stream_buffers.get(self.stream_id, b""))
        owed = self.target_recv_window - (self.recv_window + buffered)
        if owed < self.target_recv_window // 2:
            return
        self.recv_window += owed
        await self.send_window_update(owed, skip_lock=True)


class OnlyYamux(MuxerMultistream):
    """Agrees on yamux and builds ours: the library builds its own whatever was registered."""

    def __init__(self, limits: Limits, guards: Guards) -> None:
        super().__init__({TProtocol(PROTOCOL_ID): Yamux})
        self._limits = limits
        self._guards = guards

    async def new_conn(self, conn: ISecureConn, peer_id: ID) -> IMuxedConn:
        protocol, _ = await self._selector.select(conn, conn.is_initiator, self.negotiate_timeout)
        muxed = GuardedYamux(conn, peer_id, self._limits, self._guards)
        return self._annotate_connection(muxed, conn, protocol)
