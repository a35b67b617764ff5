"""A stranger fetches, or throws away, the letters that a friend keeps for another."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from goodword.node.transport import Transport
from goodword.protocol import letter, mailroom
from goodword.protocol.letter import EnvelopeId
from goodword.protocol.mailroom import DISCARD, FETCH, Discard, Fetch, Proof, Refused
from tests.make import ANN, BEN, CHEN, DAI, NOW, PEER
from tests.node.office import letters_at
from tests.node.test_mailroom import Host
from tests.world import traders

MALLORY = Transport(b"\x66" * 32, []).peer_id


@pytest.fixture
async def host(tmp_path: Path) -> AsyncGenerator[Host]:
    """Chen, who keeps two letters for Ben."""
    with traders(tmp_path, [CHEN]) as (chen,):
        host = Host(chen)
        for sealed in (b"first", b"second"):
            await host.leave(sealed)
        yield host


FORGERIES: dict[str, tuple[str, Callable[[bytes, str], Proof]]] = {
    "in his own name": (
        "mailbox.not_hosted",
        lambda peer, verb: mailroom.prove(DAI.identity, verb, peer, NOW),
    ),
    "in her name": (
        "mailbox.bad_proof",
        lambda peer, verb: replace(
            mailroom.prove(DAI.identity, verb, peer, NOW), person=BEN.public_key
        ),
    ),
    "with what she told another host": (
        "mailbox.bad_proof",
        lambda _, verb: mailroom.prove(BEN.identity, verb, PEER, NOW),
    ),
    "with what she asked half an hour ago": (
        "mailbox.stale_proof",
        lambda peer, verb: mailroom.prove(BEN.identity, verb, peer, NOW - 1_800),
    ),
    "with what she will ask": (
        "mailbox.stale_proof",
        lambda peer, verb: mailroom.prove(BEN.identity, verb, peer, NOW + 1_800),
    ),
}


@pytest.mark.parametrize("how", FORGERIES)
async def test_a_stranger_fetches_nothing(host: Host, how: str) -> None:
    code, forge = FORGERIES[how]
    assert await host.ask(Fetch(proof=forge(host.peer, FETCH)), MALLORY) == Refused(code=code)


@pytest.mark.parametrize("how", FORGERIES)
async def test_a_stranger_throws_nothing_away(host: Host, how: str) -> None:
    ids = [letter.read_envelope(each).id for each in (await host.page()).envelopes]
    code, forge = FORGERIES[how]
    asked = Discard(proof=forge(host.peer, DISCARD), ids=ids)
    answer = await host.ask(asked, MALLORY)
    assert isinstance(answer, Refused)
    assert answer.code in (code, "mailbox.bad_proof")
    assert letters_at(host.chen) == 2


async def test_her_own_look_throws_nothing_away(host: Host) -> None:
    """Who overhears a fetch has no discard of it, nor of other letters."""
    ids = [EnvelopeId(bytes(32))]
    looked = mailroom.prove(BEN.identity, FETCH, host.peer, NOW)
    discarded = mailroom.prove(BEN.identity, DISCARD, host.peer, NOW, ids)
    kept = [letter.read_envelope(each).id for each in (await host.page()).envelopes]
    for proof in (looked, discarded):
        answer = await host.ask(Discard(proof=proof, ids=kept), MALLORY)
        assert answer == Refused(code="mailbox.bad_proof")
    assert letters_at(host.chen) == 2


async def test_one_guest_throws_away_nothing_of_another(host: Host) -> None:
    host.chen.mailboxes.host(person="Ann")
    kept = [letter.read_envelope(each).id for each in (await host.page()).envelopes]
    proof = mailroom.prove(ANN.identity, DISCARD, host.peer, NOW, kept)
    await host.ask(Discard(proof=proof, ids=kept))
    assert letters_at(host.chen) == 2


async def test_a_host_can_read_nothing(host: Host) -> None:
    """What lies on his disk names the recipient, the peer who left it, and no sender."""
    with host.chen.database.reading() as db:
        rows = db.execute("SELECT * FROM kept_letter").fetchall()
    stored = b"".join(value for row in rows for value in row if isinstance(value, bytes))
    assert bytes(BEN.public_key) in stored
    assert bytes(ANN.public_key) not in stored
