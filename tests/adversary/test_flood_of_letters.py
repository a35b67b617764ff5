"""Somebody with many peer ids sends letters without end, to keep a node busy.

What stands against him: work before anything is decrypted, a pace for each peer, and few places
for the proposals of strangers.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path
from statistics import median

import pytest

from goodword.crypto.person import Person
from goodword.crypto.sealing import seal
from goodword.node.nearness import PACE_SECONDS, Distance
from goodword.node.pace import PEERS_MAX
from goodword.node.quotas import QUOTAS, STRANGER_PROPOSALS_MAX, STRANGER_QUOTA
from goodword.node.roads import peer_bytes
from goodword.node.transport import Transport
from goodword.protocol import letter, work
from goodword.protocol.letter import Envelope, Fate, Letter, Receipt
from tests.make import ANN, BEN, contract, fresh, presence, propose, vouch
from tests.node.deal import BREAD
from tests.storage import dump
from tests.world import Trader, traders

MALLORY = Transport(b"\x66" * 32, []).peer_id
FLOOD = 2_000


@pytest.fixture
def ben(tmp_path: Path) -> Generator[Trader]:
    with traders(tmp_path, [BEN]) as (ben,):
        ben.admit(BREAD)
        yield ben


async def send(ben: Trader, envelope: Envelope, peer: str = MALLORY) -> Receipt:
    return letter.read_receipt(await ben.letterbox.receive(peer, envelope.to_bytes()))


def proposal(buyer: Person, number: int) -> Envelope:
    agreed = contract(BREAD, buyer=buyer.public_key, nonce=number.to_bytes(32, "big"))
    record = propose(agreed, buyer=buyer).to_bytes()
    inside = Letter(sender=buyer.public_key, token=bytes(32), records=[record])
    return Envelope(to=BEN.public_key, sealed=seal(BEN.public_key, inside.to_bytes()))


def worked(envelope: Envelope) -> Envelope:
    nonce = work.find(envelope.to, envelope.sealed)
    return Envelope(to=envelope.to, sealed=envelope.sealed, work=nonce)


async def test_without_work_nothing_is_decrypted(ben: Trader) -> None:
    """A seal that does not open would be `not_mine`: Ben has not even tried."""
    junk = Envelope(to=BEN.public_key, sealed=b"no seal at all")
    assert (await send(ben, junk)).code == "letter.needs_work"
    assert (await send(ben, worked(junk))).fate is Fate.NOT_MINE


async def test_a_flood_without_work_costs_less_than_opening_it(ben: Trader) -> None:
    """Half as much, for letters of the usual size. And keeps nothing: no row, no mark, no entry."""
    inside = Letter(sender=BEN.public_key, token=bytes(32), records=[bytes(1_000)]).to_bytes()
    envelope = Envelope(to=BEN.public_key, sealed=seal(BEN.public_key, inside))
    data = envelope.to_bytes()
    before = dump.everything(ben.database)
    refusing: list[float] = []
    opening: list[float] = []
    for _ in range(FLOOD):
        began = time.process_time()
        answer = letter.read_receipt(await ben.letterbox.receive(MALLORY, data))
        refusing.append(time.process_time() - began)
        assert (answer.code, answer.token) == ("letter.needs_work", b"")
        began = time.process_time()
        ben.letterbox.open(envelope, peer=MALLORY)
        opening.append(time.process_time() - began)
    # By turns, and the middle of each: a busy machine slows both.
    assert median(refusing) < median(opening)
    assert dump.everything(ben.database) == before


async def test_work_for_one_letter_pays_for_no_other(ben: Trader) -> None:
    first = worked(proposal(fresh("Mallory"), 1))
    second = proposal(fresh("Mallory"), 2)
    stolen = Envelope(to=second.to, sealed=second.sealed, work=first.work)
    assert (await send(ben, stolen)).code == "letter.needs_work"


async def test_who_works_is_still_held_to_a_pace(ben: Trader) -> None:
    envelope = worked(proposal(fresh("Mallory"), 1))
    pace = STRANGER_QUOTA.letters_a_minute
    fates = [(await send(ben, envelope)).code for _ in range(pace + 2)]
    assert fates == [""] * pace + ["letter.quota"] * 2
    ben.watch.forward(60)
    assert (await send(ben, envelope)).fate is Fate.KEPT


async def test_many_peers_fill_no_memory(ben: Trader) -> None:
    envelope = worked(proposal(fresh("Mallory"), 1))
    for n in range(PEERS_MAX + 50):
        peer = "1" + "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"[n % 32] * (n // 32 + 1)
        await send(ben, envelope, peer)
    assert len(ben.doorkeeper._pace) == PEERS_MAX


async def test_who_is_vouched_for_by_a_friend_works_for_nothing(ben: Trader) -> None:
    """And is held to a pace all the same."""
    eve = fresh("Eve")
    ben.admit(vouch(BEN, ANN.public_key), vouch(ANN, eve.public_key))
    ben.admit(presence(eve, peer=peer_bytes(MALLORY)))
    ben.watch.forward(PACE_SECONDS)
    pace = QUOTAS[Distance.TWO_STEPS].letters_a_minute
    assert pace > STRANGER_QUOTA.letters_a_minute
    codes = [(await send(ben, proposal(eve, 1))).code for _ in range(pace + 1)]
    assert codes == [""] * pace + ["letter.quota"]


def test_many_buyers_fill_no_shop(ben: Trader) -> None:
    """However much they work, and whoever they say they are."""
    codes = [
        ben.letterbox.open(proposal(fresh(f"sybil {n}"), n), peer=MALLORY).code
        for n in range(STRANGER_PROPOSALS_MAX + 10)
    ]
    assert codes == [""] * STRANGER_PROPOSALS_MAX + ["letter.quota"] * 10
    assert len(ben.orders()) == STRANGER_PROPOSALS_MAX
