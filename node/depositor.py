"""Hand over an envelope: to a device of its recipient, or to a host of her mailbox.

Strangers are asked for work; it is done in a thread, once somebody asks for it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, TypeVar

import trio

from goodword.crypto.keys import PublicKey
from goodword.protocol import letter, mailroom, work
from goodword.protocol.errors import NeedsWork, Refusal
from goodword.protocol.letter import Envelope, Receipt
from goodword.protocol.mailroom import Deposit, Done, Refused

from .roads import Roads
from .transport import RequestFailed, Transport, TransportError

RECEIPT_SECONDS: Final = 15.0
"""For one letter, there and back, over a poor line."""

log = logging.getLogger(__name__)

Said = TypeVar("Said")


class Depositor:
    def __init__(self, transport: Transport, roads: Roads) -> None:
        self._transport = transport
        self._roads = roads

    async def hand_over(self, peer: str, envelope: Envelope) -> Receipt:
        """What `peer` answers, who is or is not the recipient. Raises TransportError."""

        async def ask(made: Envelope) -> Receipt:
            answer = await self._ask(peer, letter.PROTOCOL, made.to_bytes())
            return _read(letter.read_receipt, answer)

        return await _with_work(envelope, ask, lambda said: said.code)

    async def leave(self, envelope: Envelope, hosts: list[PublicKey]) -> bool:
        """Leave it with the first of `hosts` who takes it; False where nobody does.

        Hosts that cannot be reached are taken out of `hosts`.
        """
        for host in list(hosts):
            try:
                peer = await self._roads.to(host)
                answer = await self._leave_at(peer, envelope)
            except TransportError as error:
                log.info("no mailbox there: %s", error)
                hosts.remove(host)
                continue
            if isinstance(answer, Done):
                return True
            log.info("the mailbox refuses a letter: %s", answer.code)
        return False

    async def _leave_at(self, peer: str, envelope: Envelope) -> Done | Refused:
        async def ask(made: Envelope) -> Done | Refused:
            question = Deposit(envelope=made).to_bytes()
            answer = _read(mailroom.read_answer, await self._ask(peer, mailroom.PROTOCOL, question))
            if isinstance(answer, Done | Refused):
                return answer
            raise RequestFailed("an answer to another question")

        return await _with_work(
            envelope, ask, lambda said: said.code if isinstance(said, Refused) else ""
        )

    async def _ask(self, peer: str, protocol: str, data: bytes) -> bytes:
        try:
            with trio.fail_after(RECEIPT_SECONDS):
                return await self._transport.request(peer, protocol, data)
        except trio.TooSlowError as error:
            raise RequestFailed(f"no answer within {RECEIPT_SECONDS:.0f} s") from error


async def _with_work(
    envelope: Envelope,
    ask: Callable[[Envelope], Awaitable[Said]],
    code_of: Callable[[Said], str],
) -> Said:
    """Ask, and where work is wanted do it, and ask once more."""
    answer = await ask(envelope)
    if code_of(answer) != NeedsWork.code:
        return answer
    done = await trio.to_thread.run_sync(
        work.find, envelope.to, envelope.sealed, abandon_on_cancel=True
    )
    return await ask(replace(envelope, work=done))


def _read(read: Callable[[bytes], Said], data: bytes) -> Said:
    """Raises RequestFailed for what is no answer."""
    try:
        return read(data)
    except Refusal as refusal:
        raise RequestFailed(f"no answer but nonsense: {refusal}") from refusal
