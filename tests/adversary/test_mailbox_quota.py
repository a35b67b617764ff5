"""Somebody fills a mailbox, so that no honest letter finds room.

What stands against him: work, a quarter of the room for each peer, and that the letters of
strangers give way to those of people whom the host knows.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from goodword.node.transport import Transport
from goodword.protocol import letter
from goodword.storage import mailboxes
from tests.make import BEN, CHEN
from tests.node.office import letters_at
from tests.node.test_mailroom import Host
from tests.world import traders

LARGE = 49_000
"""Bytes of a letter: two of them fit a quarter of the quota of 400 kB."""


@pytest.fixture
def host(tmp_path: Path) -> Generator[Host]:
    with traders(tmp_path, [CHEN]) as (chen,):
        yield Host(chen)


def sybil(number: int) -> str:
    return Transport(bytes([0x70 + number]) * 32, []).peer_id


async def fill(host: Host) -> None:
    """Until nothing of a stranger's is taken any more."""
    for number in range(8):
        for n in range(2):
            sealed = bytes([number, n]) * (LARGE // 2)
            await host.leave(sealed, sybil(number), works=True)


async def test_one_peer_takes_a_quarter_at_most(host: Host) -> None:
    codes = [await host.leave(bytes([n]) * LARGE, sybil(0), works=True) for n in range(5)]
    assert codes == ["", "", "mailbox.full", "mailbox.full", "mailbox.full"]


async def test_strangers_are_refused_when_it_is_full(host: Host) -> None:
    await fill(host)
    assert letters_at(host.chen) == 400_000 // (LARGE + 60)
    assert await host.leave(b"x" * LARGE, sybil(9), works=True) == "mailbox.full"


async def test_a_letter_of_somebody_known_finds_room_all_the_same(host: Host) -> None:
    await fill(host)
    before = letters_at(host.chen)
    assert await host.leave(b"from Ann" * (LARGE // 8)) == ""
    assert letters_at(host.chen) == before
    last = letter.read_envelope((await host.page()).envelopes[0])
    assert last.sealed[:2] != bytes([0, 0]), "the oldest of a stranger has given way"


async def test_what_somebody_known_left_gives_way_to_nobody(host: Host) -> None:
    await host.leave(b"from Ann")
    await fill(host)
    await fill(host)
    first = letter.read_envelope((await host.page()).envelopes[0])
    assert first.sealed == b"from Ann"


async def test_a_full_mailbox_takes_from_no_other_guest(host: Host) -> None:
    host.chen.mailboxes.host(person="Ann")
    await fill(host)
    with host.chen.database.reading() as db:
        quotas = {each.person: each.quota_bytes - each.bytes for each in mailboxes.guests(db)}
    assert min(quotas.values()) >= 0
    assert quotas.pop(BEN.public_key) < LARGE + 60
    assert list(quotas.values()) == [1_000_000]
