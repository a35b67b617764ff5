"""A node that follows no rules but those of the wire: a process of its own, told what to send.

Run as a program it takes one JSON command a line and answers each with one line.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import trio

from goodword.crypto.keys import PublicKey
from goodword.crypto.sealing import seal
from goodword.node.transport import Transport, TransportError
from goodword.protocol import letter, work
from goodword.protocol.gossip import TOPIC, pack
from goodword.protocol.letter import Envelope, Letter, Receipt
from goodword.protocol.limits import TOKEN_BYTES
from goodword.protocol.record import Record
from tests.nodes import LOOPBACK

Json: TypeAlias = dict[str, Any]

ANSWER_SECONDS: Final = 10.0


class Unheard(Exception):
    """The other side did not listen to the end."""


class Liar:
    """Our end of the pipe to the process."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.demo.liar"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def send(self, address: str, to: PublicKey, record: Record | bytes) -> Receipt:
        """Deliver `record` to the node at `address` in a letter that is sealed as it should be.

        Raises Unheard.
        """
        data = record if isinstance(record, bytes) else record.to_bytes()
        told = self._tell("send", address=address, to=to.hex(), record=data.hex())
        return letter.read_receipt(bytes.fromhex(told["receipt"]))

    def cry(self, address: str, *records: bytes) -> None:
        """Gossip `records` in one message to the node at `address`. Raises Unheard."""
        (message,) = pack(records)
        self._tell("cry", address=address, message=message.hex())

    def end(self) -> None:
        """Kill the process, and close its pipes."""
        self.process.kill()
        self.process.communicate()

    def _tell(self, do: str, **what: str) -> Json:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, **what}).encode() + b"\n")
        self.process.stdin.flush()
        answer: Json = json.loads(self.process.stdout.readline())
        if "failed" in answer:
            raise Unheard(answer["failed"])
        return answer


class _Wire:
    """The end in the other process."""

    def __init__(self) -> None:
        self._transport = Transport(secrets.token_bytes(32), [LOOPBACK])
        self._transport.join(TOPIC, lambda _peer, _data: False)  # hears, and passes nothing on

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        await self._transport.run(task_status=task_status)

    async def answer(self, line: bytes) -> Json:
        command: Json = json.loads(line)
        try:
            with trio.fail_after(ANSWER_SECONDS):
                return await self._do(command)
        except (TransportError, trio.TooSlowError) as error:
            return {"failed": str(error) or "no answer in time"}

    async def _do(self, command: Mapping[str, str]) -> Json:
        peer = await self._transport.connect(command["address"])
        if command["do"] == "send":
            return {"receipt": (await self._send(peer, command)).hex()}
        await self._is_listening(peer)
        await self._transport.gossip(TOPIC, bytes.fromhex(command["message"]))
        return {}

    async def _send(self, peer: str, command: Mapping[str, str]) -> bytes:
        to = PublicKey(bytes.fromhex(command["to"]))
        inside = Letter(
            sender=to,  # nobody in particular: receipts come as answers
            token=secrets.token_bytes(TOKEN_BYTES),
            records=[bytes.fromhex(command["record"])],
        )
        sealed = seal(to, inside.to_bytes())
        envelope = Envelope(to=to, sealed=sealed, work=work.find(to, sealed))
        return await self._transport.request(peer, letter.PROTOCOL, envelope.to_bytes())

    async def _is_listening(self, peer: str) -> None:
        """Wait until `peer` has told us that it listens to the topic: before, gossip is lost."""
        live = self._transport._live
        assert live is not None
        while peer not in map(str, live.pubsub.peer_topics.get(TOPIC, ())):  # noqa: ASYNC110
            await trio.sleep(0.02)  # the library has no event for it


async def _main() -> None:
    async with trio.open_nursery() as nursery:
        wire = _Wire()
        await nursery.start(wire.run)
        buffered = b""
        async with trio.lowlevel.FdStream(os.dup(0)) as commands:
            async for chunk in commands:
                *lines, buffered = (buffered + chunk).split(b"\n")
                for line in lines:
                    os.write(1, json.dumps(await wire.answer(line)).encode() + b"\n")
        nursery.cancel_scope.cancel()


if __name__ == "__main__":
    trio.run(_main)
