"""Keep letters for friends whose nodes are off: the host's side of a mailbox.

A host reads nothing: it learns for whom a letter is, its size, when it came and by which peer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

import trio

from goodword.crypto.keys import PublicKey
from goodword.protocol import mailroom
from goodword.protocol.errors import MailboxFull, NotHosted, Refusal
from goodword.protocol.letter import Envelope
from goodword.protocol.limits import MAILBOX_SECONDS_MAX, PAGE_BYTES_MAX, PAGE_LETTERS_MAX
from goodword.protocol.mailroom import (
    Answer,
    Deposit,
    Discard,
    Done,
    Fetch,
    Knock,
    Letters,
    Question,
    Refused,
)
from goodword.storage import mailboxes
from goodword.storage.database import Database, Transaction

from .clock import Clock
from .doorkeeper import Doorkeeper
from .roads import Roads, peer_bytes
from .transport import Transport, TransportError

DEPOSITOR_SHARE: Final = 4
"""One peer may take a quarter of a guest's quota, so that no one alone can fill it."""

KNOCK_SECONDS: Final = 5.0
KNOCKS_MAX: Final = 64
"""Knocks that wait to be made. One that is lost costs the guest half a minute."""

log = logging.getLogger(__name__)


class Mailroom:
    def __init__(
        self,
        transport: Transport,
        roads: Roads,
        doorkeeper: Doorkeeper,
        database: Database,
        clock: Clock,
        knocked: Callable[[str], None],
    ) -> None:
        """`knocked` is told of each peer who says that something has come for us."""
        self._transport = transport
        self._roads = roads
        self._doorkeeper = doorkeeper
        self._database = database
        self._clock = clock
        self._knocked = knocked
        self._came, self._coming = trio.open_memory_channel[PublicKey](KNOCKS_MAX)
        transport.serve(mailroom.PROTOCOL, self.answer)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Knock at guests who are here and for whom something has come."""
        task_status.started()
        async for guest in self._coming:
            for peer in self._roads.connected(guest):
                await self._knock(peer)

    async def answer(self, peer: str, data: bytes) -> bytes:
        """What a peer asks of us."""
        try:
            return self._answer(peer, mailroom.read_question(data)).to_bytes()
        except Refusal as refusal:
            if refusal.is_fault:
                self._transport.mark(peer, refusal.code)
            return Refused(code=refusal.code).to_bytes()

    def _answer(self, peer: str, question: Question) -> Answer:
        """Raises a Refusal."""
        match question:
            case Deposit(envelope=envelope):
                self._keep(peer, envelope)
            case Fetch():
                return self._page(question)
            case Discard():
                self._discard(question)
            case Knock():
                self._knocked(peer)
        return Done()

    def _keep(self, peer: str, envelope: Envelope) -> None:
        with self._database.reading() as db:
            if mailboxes.quota(db, envelope.to) is None:
                raise NotHosted
        self._doorkeeper.check(peer, envelope)
        is_stranger = not self._doorkeeper.knows(peer)
        data, now = envelope.to_bytes(), self._clock()
        with self._database.transaction() as db:
            mailboxes.expire(db, now - MAILBOX_SECONDS_MAX)
            if mailboxes.has(db, envelope.id):
                return
            _make_room(db, envelope.to, peer, len(data), is_stranger=is_stranger)
            mailboxes.keep(db, envelope.to, envelope.id, data, peer, now, is_stranger=is_stranger)
        try:
            self._came.send_nowait(envelope.to)
        except trio.WouldBlock:
            log.info("no knock at a guest: too many letters came at once")

    def _page(self, asked: Fetch) -> Letters:
        self._check(asked)
        with self._database.transaction(is_promise=False) as db:
            mailboxes.expire(db, self._clock() - MAILBOX_SECONDS_MAX)
            found, is_end = mailboxes.page(db, asked.proof.person, PAGE_LETTERS_MAX, PAGE_BYTES_MAX)
        return Letters(envelopes=found, is_end=is_end)

    def _discard(self, asked: Discard) -> None:
        self._check(asked)
        with self._database.transaction(is_promise=False) as db:
            mailboxes.discard(db, asked.proof.person, asked.ids)

    def _check(self, asked: Fetch | Discard) -> None:
        """Raises BadProof, StaleProof or NotHosted."""
        mailroom.check_proof(asked, peer_bytes(self._transport.peer_id), self._clock())
        with self._database.reading() as db:
            if mailboxes.quota(db, asked.proof.person) is None:
                raise NotHosted

    async def _knock(self, peer: str) -> None:
        try:
            with trio.move_on_after(KNOCK_SECONDS):
                await self._transport.request(peer, mailroom.PROTOCOL, Knock().to_bytes())
        except TransportError as error:
            log.debug("a knock was not heard: %s", error)


def _make_room(
    db: Transaction, guest: PublicKey, depositor: str, size: int, *, is_stranger: bool
) -> None:
    """Raises MailboxFull. For letters of those we know, the oldest of strangers give way."""
    quota = mailboxes.quota(db, guest)
    if quota is None:
        raise NotHosted
    taken = mailboxes.room(db, guest, depositor)
    if taken.of_depositor + size > quota // DEPOSITOR_SHARE:
        raise MailboxFull
    wanted = taken.bytes + size - quota
    if wanted > 0 and (is_stranger or mailboxes.drop_strangers(db, guest, wanted) < wanted):
        raise MailboxFull
