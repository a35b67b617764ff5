"""A second process at the other end of a real connection: a friend, or somebody hostile.

Run as a program it takes one JSON command a line and answers each with one line. The hostile
commands speak the wire format by themselves, for no honest library would send what they send.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import trio
from libp2p.abc import INetStream
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.crypto.x25519 import create_new_key_pair as create_noise_key_pair
from libp2p.custom_types import TProtocol, TSecurityOptions
from libp2p.exceptions import BaseLibp2pError
from libp2p.peer.envelope import seal_record
from libp2p.peer.id import ID
from libp2p.peer.peer_record import PeerRecord
from libp2p.peer.peerinfo import info_from_p2p_addr
from libp2p.protocol_muxer.multiselect_client import MultiselectClient
from libp2p.protocol_muxer.multiselect_communicator import MultiselectCommunicator
from libp2p.pubsub.pb import rpc_pb2
from libp2p.security.insecure.transport import PLAINTEXT_PROTOCOL_ID, InsecureTransport
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE_ID
from libp2p.security.noise.transport import Transport as NoiseTransport
from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID as YAMUX_ID
from libp2p.stream_muxer.yamux.yamux import Yamux, YamuxStream
from libp2p.transport.tcp.tcp import TCP
from libp2p.transport.upgrader import TransportUpgrader
from libp2p.utils import encode_varint_prefixed
from multiaddr import Multiaddr

from goodword.node.transport import Guards, Limits, PeerUnreachable, RequestFailed, Transport

LOOPBACK = "/ip4/127.0.0.1/tcp/0"
ECHO, SLOW, BROKEN, TOPIC = "/test/echo/1", "/test/slow/1", "/test/broken/1", "test"
ANSWER_SECONDS = 30.0

Json = Any


class PeerProcess:
    """The test's end of the pipe to the other process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.node.peer_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        self.is_in_step = True

    async def tell(self, command: str, **arguments: object) -> Json:
        """Have `command` done; its result, or AssertionError with what went wrong."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = json.dumps({"command": command, **arguments}).encode() + b"\n"
        self.is_in_step = False
        self._process.stdin.write(line)
        self._process.stdin.flush()
        with trio.fail_after(ANSWER_SECONDS):
            answer = json.loads(
                await trio.to_thread.run_sync(self._process.stdout.readline, abandon_on_cancel=True)
            )
        self.is_in_step = True
        assert "error" not in answer, answer["error"]
        return answer["result"]

    async def start(self, guards: Guards | None = None, **arguments: object) -> Json:
        """Start a node of the other process: {"peer": …, "address": …}."""
        return await self.tell("start", guards=asdict(guards or Guards()), **arguments)

    def freeze(self) -> None:
        """Stop the process where it is, as a closed laptop does."""
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self._process.pid, signal.SIGCONT)

    def end(self) -> None:
        """Kill the process and close its pipes."""
        self._process.kill()
        self._process.communicate()


class Node:
    """A node of the test's own process, and what it was told."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.messages: list[tuple[str, bytes]] = []
        self.came: list[str] = []
        self.left: list[str] = []
        self.waiting: list[str] = []
        self.refuses: Callable[[bytes], bool] = lambda _data: False
        self._news = trio.Event()
        transport.serve(ECHO, self._echo)
        transport.serve(SLOW, self._wait)
        transport.serve(BROKEN, _break)
        transport.join(TOPIC, self._take)
        transport.on_peer(self._came, self._left)

    @property
    def address(self) -> str:
        """The first of its addresses."""
        return self.transport.addresses[0]

    @property
    def port(self) -> int:
        """The port of its first address."""
        return int(self.address.split("/")[4])

    async def until(self, condition: Callable[[], bool], seconds: float = 5) -> None:
        """Wait for news that make `condition` true."""
        with trio.fail_after(seconds):
            while not condition():
                await self._news.wait()

    def has_message(self, text: str) -> bool:
        """Whether this was gossiped to us."""
        return any(data == text.encode() for _, data in self.messages)

    def _take(self, forwarder: str, data: bytes) -> bool:
        if self.refuses(data):
            return False
        self.messages.append((forwarder, data))
        self._tell_waiting()
        return True

    def _came(self, peer: str) -> None:
        self.came.append(peer)
        self._tell_waiting()

    def _left(self, peer: str) -> None:
        self.left.append(peer)
        self._tell_waiting()

    def _tell_waiting(self) -> None:
        self._news.set()
        self._news = trio.Event()

    async def _echo(self, peer: str, data: bytes) -> bytes:
        return data

    async def _wait(self, peer: str, data: bytes) -> bytes:
        self.waiting.append(peer)
        self._tell_waiting()
        return await _wait(peer, data)


@asynccontextmanager
async def running(
    *,
    guards: Guards | None = None,
    limits: Limits | None = None,
    seed: int = 1,
    listen: Sequence[str] = (LOOPBACK,),
) -> AsyncGenerator[Node]:
    """A node that runs within the block."""
    node = Node(Transport(bytes([seed]) * 32, listen, guards=guards, limits=limits))
    async with trio.open_nursery() as nursery:
        await nursery.start(node.transport.run)
        yield node
        nursery.cancel_scope.cancel()


async def eventually(condition: Callable[[], bool], seconds: float = 5) -> None:
    """Look until `condition` is true: for what the system knows and nobody is told of."""
    with trio.fail_after(seconds):
        while not condition():  # noqa: ASYNC110 there is no event to wait for
            await trio.sleep(0.01)


async def open_streams(node: Node, peer: str) -> list[INetStream]:
    """Streams enough to fill the sockets between us: 40 windows of 256 KiB."""
    live = node.transport._live
    assert live is not None
    peer_id = ID.from_string(peer)
    return [await live.host.new_stream(peer_id, [TProtocol(SLOW)]) for _ in range(40)]


async def stuff(stream: INetStream) -> None:
    """Write until the stream is lost."""
    with suppress(BaseLibp2pError):
        while True:
            await stream.write(bytes(64 * 1024))


def leaf(error: BaseException) -> BaseException:
    """What is inside of the groups that nurseries put around an error."""
    inside: tuple[BaseException, ...] = getattr(error, "exceptions", ())
    return leaf(inside[0]) if inside else error


async def _wait(peer: str, data: bytes) -> bytes:
    await trio.sleep(float(data or b"60"))
    return data


async def _break(peer: str, data: bytes) -> bytes:
    raise ZeroDivisionError


class Actor:
    """What the other process can be told to do."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery
        self._transport: Transport | None = None
        self._ended = trio.Event()
        self._scopes: list[trio.CancelScope] = []
        self._held: list[object] = []
        self._received: list[str] = []
        self._peers: list[list[str]] = []
        self._news = trio.Event()

    async def answer(self, line: bytes) -> bytes:
        """One command line to one answer line."""
        arguments = json.loads(line)
        command = arguments.pop("command")
        try:
            result = await getattr(self, f"do_{command}")(**arguments)
        except Exception as error:  # noqa: BLE001 the test at the other end of the pipe judges it
            return json.dumps({"error": f"{command}: {error!r}"}).encode() + b"\n"
        return json.dumps({"result": result}).encode() + b"\n"

    # What a friend does

    async def do_start(
        self, guards: dict[str, bool], seed: int = 2, listen: str = LOOPBACK
    ) -> Json:
        transport = Transport(
            bytes([seed]) * 32, [listen], guards=Guards(**guards), limits=Limits()
        )
        transport.serve(ECHO, self._echo)
        transport.serve(SLOW, _wait)
        transport.join(TOPIC, self._take)
        transport.on_peer(
            lambda peer: self._note("came", peer), lambda peer: self._note("left", peer)
        )
        self._transport, self._ended = transport, trio.Event()
        await self._nursery.start(self._run, transport)
        return {"peer": transport.peer_id, "address": transport.addresses[0]}

    async def do_stop(self) -> None:
        self._scopes.pop().cancel()
        await self._ended.wait()

    async def do_reset(self) -> None:
        """As if the process were new."""
        for scope in self._scopes:
            scope.cancel()
        if self._transport is not None:
            await self._ended.wait()
        for held in self._held:
            if isinstance(held, trio.SocketStream):
                await held.aclose()
        self.__init__(self._nursery)  # type: ignore[misc]

    async def do_connect(self, address: str) -> str:
        return await self._running().connect(address)

    async def do_disconnect(self, peer: str) -> None:
        await self._running().disconnect(peer)

    async def do_request(self, peer: str, data: str, protocol: str = ECHO) -> str:
        try:
            with trio.fail_after(10):
                return (await self._running().request(peer, protocol, data.encode())).decode()
        except (PeerUnreachable, RequestFailed) as error:
            return type(error).__name__

    async def do_gossip(self, texts: list[str]) -> None:
        for text in texts:
            await self._running().gossip(TOPIC, text.encode())

    async def do_await_message(self, text: str, seconds: float = 5) -> bool:
        with trio.move_on_after(seconds):
            while text not in self._received:
                await self._news.wait()
        return text in self._received

    async def do_await_peer(self, what: str, peer: str, seconds: float = 5) -> bool:
        with trio.move_on_after(seconds):
            while [what, peer] not in self._peers:
                await self._news.wait()
        return [what, peer] in self._peers

    async def do_await_subscriber(self, peer: str, seconds: float = 5) -> bool:
        """Whether the peer tells us in time that it listens."""
        live = self._running()._live
        assert live is not None
        with trio.move_on_after(seconds):
            await live.pubsub.wait_for_subscription(ID.from_string(peer), TOPIC, seconds)
            return True
        return False

    async def do_forget_subscriptions(self) -> None:
        """What a lost hello leaves behind: we do not know what our peers listen to."""
        live = self._running()._live
        assert live is not None
        live.pubsub.peer_topics.clear()
        router: Any = live.pubsub.router
        for mesh in router.mesh.values():
            mesh.clear()

    # What somebody hostile does

    async def do_impersonate(self, address: str, victim: str) -> bool:
        """Send a request in plaintext as `victim`, whose public key everybody knows."""
        known = ID.from_string(victim).extract_public_key()
        assert known is not None
        forged = create_new_key_pair(secrets.token_bytes(32))
        forged.private_key.get_public_key = lambda: known  # type: ignore[method-assign]
        security: TSecurityOptions = {PLAINTEXT_PROTOCOL_ID: InsecureTransport(forged)}
        async with self._dialled(address, security) as muxed:
            stream = await _open(muxed, ECHO)
            await stream.write(b"\0\0\0\1x")
            return await stream.read(5) == b"\0\0\0\1x"

    async def do_send_on_mesh(self, address: str, hex_bytes: str) -> bool:
        """Write these bytes to a new gossip stream; true when the peer ended only that stream."""
        async with self._dialled(address) as muxed:
            stream = await _open(muxed, "/meshsub/1.1.0")
            await stream.write(bytes.fromhex(hex_bytes))
            with trio.fail_after(5):
                await _ended(stream)
            return not muxed.event_shutting_down.is_set()

    async def do_write_on_mesh(self, peer: str, hex_bytes: str) -> None:
        """The same, from our own node, whose peer id stays."""
        live = self._running()._live
        assert live is not None
        stream = await live.host.new_stream(ID.from_string(peer), [TProtocol("/meshsub/1.1.0")])
        await stream.write(bytes.fromhex(hex_bytes))

    async def do_publish_malformed_key(self, address: str) -> None:
        """Publish one message whose author's key is no key."""
        message = rpc_pb2.Message(
            data=b"x",
            topicIDs=[TOPIC],
            from_id=bytes.fromhex("1220") + secrets.token_bytes(32),  # a hash: names no key
            seqno=b"\x01",
            signature=b"x",
            key=b"no key",
        )
        await self._send_rpc(address, rpc_pb2.RPC(publish=[message]))

    async def do_publish_to_topics(self, address: str, topics: list[str]) -> None:
        """Publish one signed message to all of `topics`."""
        key = create_new_key_pair(secrets.token_bytes(32))
        message = rpc_pb2.Message(
            data=b"x",
            topicIDs=topics,
            from_id=ID.from_pubkey(key.public_key).to_bytes(),
            seqno=secrets.token_bytes(8),
        )
        message.signature = key.private_key.sign(b"libp2p-pubsub:" + message.SerializeToString())
        await self._send_rpc(address, rpc_pb2.RPC(publish=[message]))

    async def do_prune_with_addresses(self, address: str, target: str) -> None:
        """Prune the peer from our mesh and send it to `target` instead."""
        key = create_new_key_pair(secrets.token_bytes(32))
        peer = ID.from_pubkey(key.public_key)
        record = seal_record(PeerRecord(peer, [Multiaddr(target)]), key.private_key)
        prune = rpc_pb2.ControlPrune(topicID=TOPIC)
        prune.peers.append(
            rpc_pb2.PeerInfo(peerID=peer.to_bytes(), signedPeerRecord=record.marshal_envelope())
        )
        await self._send_rpc(address, rpc_pb2.RPC(control=rpc_pb2.ControlMessage(prune=[prune])))

    async def do_come_and_go(self, address: str, times: int) -> int:
        """Connect with a new identity and leave, `times` times; how often it was let in."""
        admitted = 0
        for _ in range(times):
            try:
                async with self._dialled(address) as muxed:
                    admitted += await _is_admitted(muxed)
            except Exception:  # noqa: BLE001 refused is what is being counted
                continue
        return admitted

    async def do_hold_identities(self, address: str, count: int) -> int:
        """Stay connected with `count` identities; how many were let in."""
        admitted = 0
        for _ in range(count):
            try:
                muxed = await self._nursery.start(self._hold, address)
                admitted += await _is_admitted(muxed)
            except Exception:  # noqa: BLE001 refused is what is being counted
                continue
        return admitted

    async def do_hold_sockets(self, port: int, count: int) -> None:
        """Open `count` sockets and say nothing."""
        for _ in range(count):
            self._held.append(await trio.open_tcp_stream("127.0.0.1", port))

    async def do_sockets_closed(self, seconds: float) -> int:
        """How many of the sockets that we hold the peer closes within `seconds`."""
        closed = 0
        with trio.move_on_after(seconds):
            for held in self._held:
                assert isinstance(held, trio.SocketStream)
                while await held.receive_some(1024):
                    pass  # its half of the negotiation comes first
                closed += 1
        return closed

    async def do_hold_streams(self, address: str, count: int) -> int:
        """Open `count` streams on one connection; how many the peer answered."""
        async with self._dialled(address) as muxed:
            opened = 0
            for _ in range(count):
                try:
                    await _open(muxed, SLOW)
                except Exception:  # noqa: BLE001 the peer says no by resetting the stream
                    break
                opened += 1
            return opened

    async def do_overrun(self, address: str, megabytes: int) -> bool:
        """Send far more than we were granted to a handler that reads four bytes; true when the
        peer put up with all of it.
        """
        async with self._dialled(address) as muxed:
            stream = await _open(muxed, SLOW)
            chunk = bytes(64 * 1024 - 64)
            header = b"\x00\x00\x00\x00" + stream.stream_id.to_bytes(4, "big")
            frame = header + len(chunk).to_bytes(4, "big") + chunk
            try:
                for _ in range(megabytes * 16):
                    await muxed._write_frame(frame)
                return await _is_admitted(muxed)
            except Exception:  # noqa: BLE001 the peer closed the connection
                return False

    # Below

    async def _run(self, transport: Transport, *, task_status: trio.TaskStatus[None]) -> None:
        with trio.CancelScope() as scope:
            self._scopes.append(scope)
            await transport.run(task_status=task_status)
        self._ended.set()

    def _running(self) -> Transport:
        assert self._transport is not None
        return self._transport

    async def _echo(self, peer: str, data: bytes) -> bytes:
        return data

    def _take(self, forwarder: str, data: bytes) -> bool:
        self._received.append(data.decode())
        self._tell_waiting()
        return True

    def _note(self, what: str, peer: str) -> None:
        self._peers.append([what, peer])
        self._tell_waiting()

    def _tell_waiting(self) -> None:
        self._news.set()
        self._news = trio.Event()

    async def _send_rpc(self, address: str, rpc: rpc_pb2.RPC) -> None:
        async with self._dialled(address) as muxed:
            stream = await _open(muxed, "/meshsub/1.1.0")
            await stream.write(encode_varint_prefixed(rpc.SerializeToString()))
            await _is_admitted(muxed)  # when this is answered, that was read

    async def _hold(self, address: str, *, task_status: trio.TaskStatus[Yamux]) -> None:
        with trio.CancelScope() as scope:
            self._scopes.append(scope)
            async with self._dialled(address) as muxed:
                task_status.started(muxed)
                await trio.sleep_forever()

    @asynccontextmanager
    async def _dialled(
        self, address: str, security: TSecurityOptions | None = None
    ) -> AsyncGenerator[Yamux]:
        """A bare connection with a new identity: a muxer, and nothing behind it."""
        info = info_from_p2p_addr(Multiaddr(address))
        upgrader = TransportUpgrader(security or _noise(), {TProtocol(YAMUX_ID): Yamux})
        raw = await TCP().dial(info.addrs[0])
        try:
            with trio.fail_after(10):
                secured = await upgrader.upgrade_security(raw, True, info.peer_id)
                muxed = await upgrader.upgrade_connection(secured, info.peer_id)
            assert isinstance(muxed, Yamux)
            muxed.stream_backlog_semaphore = trio.Semaphore(1_000_000)  # no manners
            async with trio.open_nursery() as nursery:
                nursery.start_soon(muxed.start)
                await muxed.event_started.wait()
                yield muxed
                nursery.cancel_scope.cancel()
        finally:
            with trio.CancelScope(shield=True):
                await raw.close()


def _noise() -> TSecurityOptions:
    key = create_new_key_pair(secrets.token_bytes(32))
    return {NOISE_ID: NoiseTransport(key, create_noise_key_pair().private_key)}


async def _open(muxed: Yamux, protocol: str) -> YamuxStream:
    stream = await muxed.open_stream()
    communicator: Any = MultiselectCommunicator(stream)
    with trio.fail_after(5):
        await MultiselectClient().select_one_of([TProtocol(protocol)], communicator)
    return stream


async def _is_admitted(muxed: Yamux) -> bool:
    """Whether the peer still answers on this connection."""
    with trio.move_on_after(3):
        try:
            stream = await _open(muxed, "/ipfs/ping/1.0.0")
            await stream.write(bytes(32))
            return await stream.read(32) == bytes(32)
        except Exception:  # noqa: BLE001 whatever it is, it is not an answer
            return False
    return False


async def _ended(stream: YamuxStream) -> None:
    """Wait until the peer has closed or reset this stream."""
    try:
        while await stream.read(1024):
            pass
    except Exception:  # noqa: BLE001 an end and a reset look alike
        pass


async def _main() -> None:
    """Answer commands until the test closes the pipe."""
    async with trio.open_nursery() as nursery:
        actor = Actor(nursery)
        buffered = b""
        async with trio.lowlevel.FdStream(os.dup(0)) as commands:
            async for chunk in commands:
                *lines, buffered = (buffered + chunk).split(b"\n")
                for line in lines:
                    os.write(1, await actor.answer(line))
        nursery.cancel_scope.cancel()


if __name__ == "__main__":
    trio.run(_main)
