"""Somebody sends letters that are far too large, to fill memory and disk."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from goodword.crypto.sealing import seal
from goodword.node.guards.limits import FRAME_BYTES_MAX
from goodword.node.transport import Transport
from goodword.protocol import letter, mailroom
from goodword.protocol.codec import encode
from goodword.protocol.letter import Fate
from goodword.protocol.limits import LETTER_BYTES_MAX, LETTER_RECORDS_MAX, RECORD_BYTES_MAX
from tests.make import BEN, CHEN
from tests.node.office import letters_at
from tests.node.test_mailroom import Host
from tests.storage import dump
from tests.world import Trader, traders

MALLORY = Transport(b"\x66" * 32, []).peer_id


@pytest.fixture
def ben(tmp_path: Path) -> Generator[Trader]:
    with traders(tmp_path, [BEN]) as (ben,):
        yield ben


@pytest.mark.parametrize("size", [LETTER_BYTES_MAX + 1, FRAME_BYTES_MAX])
async def test_a_giant_is_refused_by_its_size_alone(ben: Trader, size: int) -> None:
    """Nothing of it is parsed: these bytes would be another refusal."""
    answer = letter.read_receipt(await ben.letterbox.receive(MALLORY, b"\xc1" * size))
    assert (answer.fate, answer.code) == (Fate.REFUSED, "record.too_large")
    assert ben.marks == [(MALLORY, "record.too_large")]


@pytest.mark.parametrize(
    "records",
    [[bytes(RECORD_BYTES_MAX + 1)], [b""] * (LETTER_RECORDS_MAX + 1), [b"\x91" * 60_000]],
)
async def test_a_giant_inside_of_a_seal_leaves_no_trace(ben: Trader, records: list[bytes]) -> None:
    before = dump.everything(ben.database)
    inside = encode([1, bytes(ben.me), bytes(32), records])
    envelope = letter.Envelope(to=ben.me, sealed=seal(ben.me, inside))
    receipt = ben.letterbox.open(envelope, peer=MALLORY)
    assert (receipt.fate, receipt.token, receipt.ids) == (Fate.REFUSED, b"", ())
    assert [peer for peer, _ in ben.marks] == [MALLORY]
    assert dump.everything(ben.database) == before


@pytest.mark.parametrize("size", [LETTER_BYTES_MAX + 1, FRAME_BYTES_MAX - 64])
async def test_no_mailbox_takes_a_giant(tmp_path: Path, size: int) -> None:
    with traders(tmp_path, [CHEN]) as (chen,):
        host = Host(chen)
        question = encode([1, "deposit", bytes(size)])
        answer = mailroom.read_answer(await host.room.answer(MALLORY, question))
        assert answer == mailroom.Refused(code="record.too_large")
        assert letters_at(chen) == 0
