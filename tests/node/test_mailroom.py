"""A host with nobody on the line: what it keeps, for whom, and how much."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import base58
import pytest
import trio

from goodword.crypto.address import to_address
from goodword.node.mailroom import DEPOSITOR_SHARE, Mailroom
from goodword.node.roads import Roads, peer_bytes
from goodword.node.transport import Transport
from goodword.protocol import letter, mailroom, work
from goodword.protocol.letter import Envelope
from goodword.protocol.limits import MAILBOX_SECONDS_MAX, PAGE_BYTES_MAX
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
from tests.make import ANN, BEN, CHEN, mailbox, presence
from tests.node.office import Office, letters_at
from tests.node.peer_process import running
from tests.world import Trader, traders

FRIEND = Transport(b"\7" * 32, []).peer_id
STRANGER = Transport(b"\x08" * 32, []).peer_id


class Host:
    """Chen, who knows Ann and keeps letters for Ben."""

    def __init__(self, chen: Trader) -> None:
        self.chen = chen
        self.transport = Transport(b"\3" * 32, [])
        self.peer = peer_bytes(self.transport.peer_id)
        self.knocks: list[str] = []
        roads = Roads(self.transport, chen.database, chen.watch)
        self.room = Mailroom(
            self.transport,
            roads,
            chen.doorkeeper,
            chen.database,
            chen.watch,
            self.knocks.append,
        )
        chen.reputation.name(person=to_address(ANN.public_key), petname="Ann")
        chen.admit(presence(ANN, peer=base58.b58decode(FRIEND)))
        chen.mailboxes.host(person=to_address(BEN.public_key), quota="400kB")

    async def ask(self, question: Question, peer: str = FRIEND) -> Answer:
        return mailroom.read_answer(await self.room.answer(peer, question.to_bytes()))

    async def leave(self, sealed: bytes, peer: str = FRIEND, *, works: bool = False) -> str:
        """The code with which an envelope for Ben is refused, or nothing."""
        nonce = work.find(BEN.public_key, sealed) if works else b""
        envelope = Envelope(to=BEN.public_key, sealed=sealed, work=nonce)
        answer = await self.ask(Deposit(envelope=envelope), peer)
        assert isinstance(answer, Done | Refused)
        return answer.code if isinstance(answer, Refused) else ""

    async def page(self) -> Letters:
        proof = mailroom.prove(BEN.identity, mailroom.FETCH, self.peer, self.chen.watch())
        answer = await self.ask(Fetch(proof=proof))
        assert isinstance(answer, Letters)
        return answer


@pytest.fixture
def host(tmp_path: Path) -> Generator[Host]:
    with traders(tmp_path, [CHEN]) as (chen,):
        yield Host(chen)


async def test_what_is_left_is_handed_out_and_then_discarded(host: Host) -> None:
    assert await host.leave(b"first") == await host.leave(b"second") == ""
    page = await host.page()
    kept = [letter.read_envelope(each) for each in page.envelopes]
    assert ([each.sealed for each in kept], page.is_end) == ([b"first", b"second"], True)
    ids = [kept[0].id]
    proof = mailroom.prove(BEN.identity, mailroom.DISCARD, host.peer, host.chen.watch(), ids)
    assert await host.ask(Discard(proof=proof, ids=ids)) == Done()
    (left,) = (await host.page()).envelopes
    assert letter.read_envelope(left).sealed == b"second"


async def test_what_is_left_twice_is_kept_once(host: Host) -> None:
    assert await host.leave(b"sealed") == await host.leave(b"sealed", works=True) == ""
    assert letters_at(host.chen) == 1


async def test_only_for_guests_is_anything_kept(host: Host) -> None:
    envelope = Envelope(to=CHEN.public_key, sealed=b"")
    assert await host.ask(Deposit(envelope=envelope)) == Refused(code="mailbox.not_hosted")
    proof = mailroom.prove(ANN.identity, mailroom.FETCH, host.peer, host.chen.watch())
    assert await host.ask(Fetch(proof=proof)) == Refused(code="mailbox.not_hosted")


async def test_a_stranger_works_for_what_he_leaves(host: Host) -> None:
    assert await host.leave(b"sealed", STRANGER) == "letter.needs_work"
    assert await host.leave(b"sealed", STRANGER, works=True) == ""


async def test_pages_are_bounded_and_lead_on(host: Host) -> None:
    host.chen.mailboxes.host(person=to_address(BEN.public_key), quota="4MB")
    sealed = [bytes([n]) * 60_000 for n in range(6)]
    for each in sealed:
        assert await host.leave(each) == ""
    page = await host.page()
    assert sum(map(len, page.envelopes)) <= PAGE_BYTES_MAX
    assert (len(page.envelopes), page.is_end) == (4, False)


async def test_what_nobody_fetches_for_a_month_is_dropped(host: Host) -> None:
    await host.leave(b"old")
    host.chen.watch.forward(MAILBOX_SECONDS_MAX)
    assert len((await host.page()).envelopes) == 1
    host.chen.watch.forward(1)
    assert (await host.page()).envelopes == []


async def test_one_peer_takes_no_more_than_its_share(host: Host) -> None:
    for n in range(400_000 // DEPOSITOR_SHARE // 50_100):
        assert await host.leave(bytes([n]) * 50_000) == ""
    assert await host.leave(b"x" * 50_000) == "mailbox.full"


async def test_a_restart_forgets_no_letter(host: Host) -> None:
    await host.leave(b"sealed")
    host.chen.restart()
    assert letters_at(host.chen) == 1


async def test_a_knock_is_heard(host: Host) -> None:
    assert await host.ask(Knock()) == Done()
    assert host.knocks == [FRIEND]


async def test_what_is_no_question_is_refused(host: Host) -> None:
    answer = await host.room.answer(FRIEND, b"\x80")
    assert mailroom.read_answer(answer) == Refused(code="record.malformed")


async def test_a_host_that_hands_out_the_same_for_ever_is_left(tmp_path: Path) -> None:
    """It says that it discards, and does not."""
    envelope = Envelope(to=BEN.public_key, sealed=b"again").to_bytes()
    asked: list[Question] = []

    async def repeat(peer: str, data: bytes) -> bytes:
        question = mailroom.read_question(data)
        asked.append(question)
        is_fetch = isinstance(question, Fetch)
        answer = Letters(envelopes=[envelope], is_end=False) if is_fetch else Done()
        return answer.to_bytes()

    with traders(tmp_path, [BEN]) as (ben,):
        async with running(seed=2) as there, running(seed=3) as host:
            host.transport.serve(mailroom.PROTOCOL, repeat)
            ben.admit(mailbox(BEN))
            peer = await there.transport.connect(host.address)
            with trio.fail_after(5):
                assert await Office(ben, there).collector.collect(peer) == 1
    assert len(asked) == 3
