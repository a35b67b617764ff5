"""Requests and responses on a stream: four bytes of length, then the bytes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import trio
from libp2p.abc import INetStream
from libp2p.io.utils import read_exactly

from .limits import FRAME_BYTES_MAX

LENGTH_BYTES = 4
RESET_SECONDS = 2.0  # a reset is one frame of twelve bytes


class FrameTooLarge(ValueError):
    """A frame announces, or we were about to send, more than FRAME_BYTES_MAX."""


async def read_frame(stream: INetStream) -> bytes:
    """The next frame of `stream`.

    Raises:
        FrameTooLarge: before a byte of the body is read.
        libp2p's own errors when the stream ends within the frame: an end, a reset and a crash
        look alike, so only a whole frame counts.
    """
    length = int.from_bytes(await read_exactly(stream, LENGTH_BYTES), "big")
    if length > FRAME_BYTES_MAX:
        raise FrameTooLarge(f"a frame of {length} bytes was announced")
    return await read_exactly(stream, length) if length else b""


async def write_frame(stream: INetStream, data: bytes) -> None:
    """Send `data` as one frame."""
    if len(data) > FRAME_BYTES_MAX:
        raise FrameTooLarge(f"a frame of {len(data)} bytes was to be sent")
    await stream.write(len(data).to_bytes(LENGTH_BYTES, "big") + data)


@asynccontextmanager
async def ended(stream: INetStream) -> AsyncGenerator[INetStream]:
    """Close `stream` after the block, or reset it when the block failed or was cancelled.

    A stream that is neither holds one of the 256 that a connection may open.
    """
    try:
        yield stream
        await stream.close()
    except BaseException:
        await reset(stream)
        raise


async def reset(stream: INetStream) -> None:
    """Drop `stream` on both sides; never fails, never takes long, can not be cancelled."""
    with trio.CancelScope(shield=True), trio.move_on_after(RESET_SECONDS):
        await stream.reset()
