from __future__ import annotations

import json
import socket
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import trio

from goodword.node import control
from goodword.node.control import CLIENTS_MAX, REQUEST_BYTES_MAX, SEND_SECONDS, WATCHERS_MAX
from goodword.node.events import UNREAD_MAX, Events
from goodword.node.home import HomeBusy, HomeError
from goodword.storage.database import StorageFailed
from tests.node.asked import make_methods, request

Message: TypeAlias = dict[str, Any]


class Server:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.methods = make_methods()
        self.events = Events()
        self._streams: list[trio.SocketStream] = []

    async def start(self, nursery: trio.Nursery) -> None:
        await nursery.start(control.serve, self.path, self.methods, self.events)

    async def client(self) -> Client:
        stream = await trio.open_unix_socket(str(self.path))
        self._streams.append(stream)
        return Client(stream)

    async def hang_up(self) -> None:
        for stream in self._streams:
            await trio.aclose_forcefully(stream)


class Client:
    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self._buffered = b""

    async def say(self, data: bytes) -> None:
        await self.stream.send_all(data)

    async def ask(self, method: str, **params: object) -> Message:
        await self.say(request(method, **params))
        return await self.hear()

    async def hear(self) -> Message:
        while b"\n" not in self._buffered:
            chunk = await self.stream.receive_some(1 << 20)
            if not chunk:
                raise EOFError
            self._buffered += chunk
        line, _, self._buffered = self._buffered.partition(b"\n")
        return dict(json.loads(line))

    async def is_cut_off(self) -> bool:
        try:
            await self.hear()
        except (EOFError, trio.BrokenResourceError):
            return True
        return False


@pytest.fixture
async def server(tmp_path: Path, nursery: trio.Nursery) -> AsyncGenerator[Server]:
    made = Server(tmp_path / "control.sock")
    await made.start(nursery)
    yield made
    await made.hang_up()


# --- requests ----------------------------------------------------------------------------------


async def test_an_answer_comes_back(server: Server) -> None:
    client = await server.client()
    said = await client.ask("test.hello", name="Ann")
    assert said == {"jsonrpc": "2.0", "id": 7, "result": {"hello": "Ann"}}


async def test_one_connection_serves_many_requests_in_order(server: Server) -> None:
    client = await server.client()
    await client.say(b"".join(request("test.hello", name=str(n)) for n in range(100)))
    assert [(await client.hear())["result"]["hello"] for _ in range(100)] == [
        str(n) for n in range(100)
    ]


async def test_after_what_is_no_request_the_conversation_goes_on(server: Server) -> None:
    client = await server.client()
    for line in (b"hello", b"[]", b"{}", b"\xff", b"[" * 100_000):
        await client.say(line + b"\n")
        assert (await client.hear())["error"]["code"] < 0
    assert "result" in await client.ask("test.hello", name="Ann")


async def test_a_notification_is_done_and_not_answered(server: Server) -> None:
    client = await server.client()
    await client.say(b'{"jsonrpc": "2.0", "method": "test.break"}\n\n  \n')
    assert (await client.ask("test.hello", name="Ann"))["result"] == {"hello": "Ann"}


# --- lines -------------------------------------------------------------------------------------


async def test_a_request_may_drip(server: Server) -> None:
    client = await server.client()
    for byte in request("test.hello", name="Ann"):
        await client.say(bytes([byte]))
    assert (await client.hear())["result"] == {"hello": "Ann"}


async def test_half_a_line_is_no_request(server: Server) -> None:
    client = await server.client()
    await client.say(request("test.hello", name="Ann")[:-1])
    await client.stream.send_eof()
    assert await client.is_cut_off()


async def test_the_largest_request_is_read(server: Server) -> None:
    client = await server.client()
    empty = request("test.hello", name="")
    await client.say(request("test.hello", name="x" * (REQUEST_BYTES_MAX - len(empty) + 1)))
    assert "result" in await client.hear()


@pytest.mark.parametrize("end", [b"", b"\n"])
async def test_a_larger_one_is_refused_and_ends_the_conversation(
    server: Server, end: bytes
) -> None:
    client = await server.client()
    with suppress(trio.BrokenResourceError):  # it hangs up while we speak
        await client.say(b"x" * (REQUEST_BYTES_MAX + 1) + end)
    assert (await client.hear())["error"]["code"] == -32600
    assert await client.is_cut_off()
    assert "result" in await (await server.client()).ask("test.hello", name="Ann")


# --- clients -----------------------------------------------------------------------------------


async def test_a_client_who_goes_in_the_middle_harms_nobody(server: Server) -> None:
    for half in (b"", b"{", request("test.large")):
        client = await server.client()
        await client.say(half)
        await client.stream.aclose()
    assert "result" in await (await server.client()).ask("test.hello", name="Ann")


async def test_a_client_who_waits_blocks_nobody(server: Server) -> None:
    slow = await server.client()
    await slow.say(request("test.wait"))
    assert "result" in await (await server.client()).ask("test.hello", name="Ann")


async def test_when_all_seats_are_taken_the_longest_silent_client_leaves(server: Server) -> None:
    clients = [await server.client() for _ in range(CLIENTS_MAX)]
    for client in clients:
        await client.ask("test.hello", name="Ann")
    await clients[0].ask("test.hello", name="Ann")
    assert "result" in await (await server.client()).ask("test.hello", name="Ben")
    assert await clients[1].is_cut_off()
    assert "result" in await clients[0].ask("test.hello", name="Ann")


async def test_who_waits_for_an_answer_is_not_sent_away(server: Server) -> None:
    clients = [await server.client() for _ in range(CLIENTS_MAX)]
    for client in clients:
        await client.say(request("test.hello", name="Ann") + request("test.wait"))
        await client.hear()
    late = await server.client()
    assert (await late.hear())["error"]["data"]["code"] == "busy"
    assert await late.is_cut_off()


async def test_a_client_who_does_not_read_is_cut_off(
    server: Server, autojump_clock: trio.abc.Clock
) -> None:
    client = await server.client()
    await client.say(request("test.large"))
    await trio.sleep(SEND_SECONDS + 1)
    with pytest.raises((EOFError, trio.BrokenResourceError)):
        await client.hear()


# --- watch -------------------------------------------------------------------------------------


async def test_a_watcher_hears_what_happens(server: Server) -> None:
    client = await server.client()
    assert (await client.ask("watch"))["result"] == {"watching": True}
    server.events.tell("record", kind="listing")
    assert await client.hear() == {
        "jsonrpc": "2.0",
        "method": "event",
        "params": {"event": "record", "kind": "listing"},
    }


async def test_watching_ends_when_the_client_hangs_up(server: Server) -> None:
    for _ in range(WATCHERS_MAX + 1):
        client = await server.client()
        assert "result" in await client.ask("watch")
        await client.say(b"what a watcher says is not heard\n")
        await client.stream.send_eof()
        assert await client.is_cut_off()


async def test_watchers_leave_seats_for_those_who_ask(server: Server) -> None:
    watchers = [await server.client() for _ in range(WATCHERS_MAX + 1)]
    said = [await watcher.ask("watch") for watcher in watchers]
    assert all("result" in each for each in said[:-1])
    assert said[-1]["error"]["data"]["code"] == "busy"
    assert said[-1]["id"] == 7


async def test_a_watcher_who_falls_behind_is_cut_off(
    server: Server, autojump_clock: trio.abc.Clock
) -> None:
    client = await server.client()
    await client.ask("watch")
    for _ in range(UNREAD_MAX + 1):
        server.events.tell("record", text="x" * 10_000)
    await trio.sleep(SEND_SECONDS + 1)
    heard = 0
    while not await client.is_cut_off():
        heard += 1
    assert heard <= UNREAD_MAX


async def test_watch_is_in_the_catalogue(server: Server) -> None:
    assert server.methods.catalogue()[-1]["method"] == "watch"


# --- the socket --------------------------------------------------------------------------------


async def test_nobody_else_can_open_the_socket(server: Server) -> None:
    assert server.path.stat().st_mode & 0o777 == 0o600


async def test_the_socket_goes_with_the_node(tmp_path: Path) -> None:
    server = Server(tmp_path / "control.sock")
    async with trio.open_nursery() as nursery:
        await server.start(nursery)
        nursery.cancel_scope.cancel()
    assert not server.path.exists()


async def test_what_a_killed_node_left_is_removed(tmp_path: Path, nursery: trio.Nursery) -> None:
    server = Server(tmp_path / "control.sock")
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(server.path))
    await server.start(nursery)
    assert "result" in await (await server.client()).ask("test.hello", name="Ann")
    await server.hang_up()


async def test_a_living_node_is_not_pushed_aside(server: Server, nursery: trio.Nursery) -> None:
    with pytest.raises(HomeBusy):
        await control.serve(server.path, make_methods(), Events())
    assert "result" in await (await server.client()).ask("test.hello", name="Ann")


async def test_a_file_in_the_way_is_not_deleted(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    path.write_text("mine")
    with pytest.raises(HomeError, match="in the way"):
        await control.serve(path, make_methods(), Events())
    assert path.read_text() == "mine"


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="cannot listen"):
        await control.serve(tmp_path / "no" / "control.sock", make_methods(), Events())


async def test_when_the_disk_fails_the_client_is_told_and_the_node_stops(tmp_path: Path) -> None:
    server = Server(tmp_path / "control.sock")

    async def serve_and_ask() -> None:
        async with trio.open_nursery() as nursery:
            await server.start(nursery)
            error = (await (await server.client()).ask("test.disk"))["error"]
            assert (error["code"], error["data"]["code"]) == (-32004, "disk")
            await trio.sleep_forever()

    with pytest.raises(BaseExceptionGroup) as stopped:
        await serve_and_ask()
    await server.hang_up()
    assert stopped.value.subgroup(StorageFailed) is not None
    assert not server.path.exists()
