"""The other process: one for the whole session, for it takes a second to start."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator

import pytest

from tests.node.peer_process import PeerProcess


@pytest.fixture(scope="session")
def peer_processes() -> Generator[list[PeerProcess]]:
    """The process that the tests share; a list, for it may have to be replaced."""
    shared: list[PeerProcess] = []
    yield shared
    for process in shared:
        process.end()


@pytest.fixture
async def other(peer_processes: list[PeerProcess]) -> AsyncGenerator[PeerProcess]:
    """Another process, where nothing runs yet."""
    while peer_processes and not peer_processes[0].is_in_step:
        peer_processes.pop().end()
    if not peer_processes:
        peer_processes.append(PeerProcess())
    process = peer_processes[0]
    yield process
    if process.is_in_step:
        await process.tell("reset")
