"""Fetch our letters from the friends who keep them: when we meet, when they knock, now and then."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

import trio

from goodword.crypto.keys import PublicKey
from goodword.crypto.person import Person
from goodword.protocol import letter, mailbox, mailroom, presence
from goodword.protocol.errors import Refusal
from goodword.protocol.letter import EnvelopeId
from goodword.protocol.mailroom import Answer, Discard, Fetch, Letters, Refused
from goodword.protocol.record import Record
from goodword.storage import mailboxes
from goodword.storage.database import Database

from .clock import Clock
from .events import Events
from .intake import Intake
from .letterbox import Letterbox
from .roads import Roads, peer_bytes
from .transport import RequestFailed, Transport, TransportError

REPEAT_SECONDS: Final = 30.0
"""Between two visits at a host who is connected: how long a knock that was lost costs."""

ANSWER_SECONDS: Final = 20.0
"""For one page, as in catch-up."""

PAGES_MAX: Final = 64
"""In one visit: 16 MB. A host that never comes to an end waits for the next."""

log = logging.getLogger(__name__)


class Collector:
    def __init__(
        self,
        transport: Transport,
        roads: Roads,
        letterbox: Letterbox,
        intake: Intake,
        database: Database,
        person: Person,
        clock: Clock,
        events: Events,
    ) -> None:
        self._transport = transport
        self._roads = roads
        self._letterbox = letterbox
        self._database = database
        self._person = person
        self._clock = clock
        self._events = events
        self._busy: set[str] = set()
        self._knocks: set[str] = set()
        """Who knocked while we were there: there is more."""
        self._is_something = trio.Event()
        transport.on_peer(lambda _: self._is_something.set(), lambda _: None)
        intake.on_new(self._noticed)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Collect until cancelled."""
        async with trio.open_nursery() as nursery:
            task_status.started()
            while True:
                self._is_something = trio.Event()
                for peer in self._hosts():
                    if peer not in self._busy:
                        self._busy.add(peer)
                        nursery.start_soon(self._visit, peer)
                with trio.move_on_after(REPEAT_SECONDS):
                    await self._is_something.wait()

    def knocked(self, peer: str) -> None:
        """`peer` says that something has come. Only of our hosts do we believe it."""
        if peer in self._busy:
            self._knocks.add(peer)
        elif peer in self._hosts():
            self._is_something.set()

    async def collect(self, peer: str) -> int:
        """Fetch all that `peer` keeps for us; how many letters came. Raises TransportError."""
        known: set[EnvelopeId] = set()
        for _ in range(PAGES_MAX):
            page = await self._ask(peer, Fetch(proof=self._proof(mailroom.FETCH, peer)))
            if not isinstance(page, Letters):
                break  # we are no guest there any more, or not yet
            ids = await self._open(page.envelopes, known)
            if not ids:
                break
            proof = self._proof(mailroom.DISCARD, peer, ids)
            await self._ask(peer, Discard(proof=proof, ids=ids))
            known.update(ids)
            if page.is_end:
                break
        return len(known)

    async def _open(self, envelopes: Sequence[bytes], known: set[EnvelopeId]) -> list[EnvelopeId]:
        """Let in what is new; the ids of these. Raises RequestFailed for what is no envelope."""
        ids: list[EnvelopeId] = []
        for data in envelopes:
            try:
                envelope = letter.read_envelope(data)
            except Refusal as refusal:
                raise RequestFailed(f"the mailbox keeps nonsense: {refusal}") from refusal
            if envelope.id in known:
                continue
            if envelope.to == self._person.public_key:
                self._letterbox.open(envelope)
            ids.append(envelope.id)
            await trio.lowlevel.checkpoint()  # a full mailbox must not starve the others
        return ids

    async def _visit(self, peer: str) -> None:
        try:
            came = await self.collect(peer)
        except TransportError as error:
            log.info("no letters from the mailbox at %s: %s", peer, error)
        else:
            if came:
                self._events.tell("collected", peer=peer, letters=came)
        finally:
            self._busy.discard(peer)
            if peer in self._knocks:
                self._knocks.discard(peer)
                self._is_something.set()

    def _proof(self, verb: str, peer: str, ids: Sequence[EnvelopeId] = ()) -> mailroom.Proof:
        return mailroom.prove(self._person.identity, verb, peer_bytes(peer), self._clock(), ids)

    async def _ask(self, peer: str, question: Fetch | Discard) -> Answer:
        try:
            with trio.fail_after(ANSWER_SECONDS):
                data = await self._transport.request(peer, mailroom.PROTOCOL, question.to_bytes())
            answer = mailroom.read_answer(data)
        except trio.TooSlowError as error:
            raise RequestFailed(f"{peer} did not answer within {ANSWER_SECONDS:.0f} s") from error
        except Refusal as refusal:
            raise RequestFailed(f"no answer but nonsense: {refusal}") from refusal
        if isinstance(answer, Refused):
            log.info("the mailbox at %s refuses: %s", peer, answer.code)
        return answer

    def _hosts(self) -> list[str]:
        """The devices of my hosts that are connected now."""
        return [peer for host in self._my_hosts() for peer in self._roads.connected(host)]

    def _my_hosts(self) -> list[PublicKey]:
        with self._database.reading() as db:
            return mailboxes.hosts(db, self._person.public_key)

    def _noticed(self, record: Record) -> None:
        """Where somebody is, and who keeps letters for us, is found in records."""
        is_mine = record.kind == mailbox.KIND and record.author == self._person.public_key
        if is_mine or (record.kind == presence.KIND and record.author in self._my_hosts()):
            self._is_something.set()
