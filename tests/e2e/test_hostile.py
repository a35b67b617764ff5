"""A hostile process on the wire: refused, counted, and at last shown the door."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator

import pytest

from goodword.crypto.address import from_address
from goodword.node.home import Home
from goodword.node.transport import Limits
from goodword.protocol import entry, record
from goodword.protocol.entry import Event, Role
from goodword.protocol.letter import Fate
from goodword.protocol.record import Record, RecordId
from tests import make
from tests.demo.liar import Liar, Unheard
from tests.e2e.street import offer, order_in, story
from tests.nodes import Node

pytestmark = pytest.mark.xdist_group("hostile")

MARKS_MAX = Limits().marks_max


@pytest.fixture
def liar() -> Generator[Liar]:
    process = Liar()
    yield process
    process.end()


def test_lies_about_an_order_are_refused_each_by_its_rule(ann: Node, ben: Node, liar: Liar) -> None:
    order = order_in(ann, ben, offer(ann, ben), "accepted")
    before = story(ann.order(order))
    known = _entries(ben, order)
    contract = entry.read(known[0]).contract
    buyer, mallory = Home(ben.home).person(None), make.fresh("Mallory")
    heads = make.heads(map(entry.read, known))
    now = int(time.time())
    unknown = frozenset([RecordId(bytes(32))])
    stranger = make.write(mallory, contract, Event.WITHDRAW, role=Role.BUYER, seen=heads, now=now)
    lies = {
        "order.bad_binding": stranger,
        "order.not_yours": make.say(buyer, Event.PAY_RECEIVED, known, now=now),
        "order.wrong_turn": make.say(buyer, Event.CONFIRM, known, now=now),
        "order.before_its_past": make.say(buyer, Event.WITHDRAW, known, now=now - 86400),
        "order.missing_entries": make.write(
            buyer, contract, Event.WITHDRAW, role=Role.BUYER, seen=unknown, now=now
        ),
        "record.unknown_kind": make.profile(buyer, name="Benedict", now=now),
    }
    for code, lie in lies.items():
        with ann.watching() as events:
            receipt = liar.send(ann.addresses[0], from_address(ann.person), lie)
            assert (receipt.fate, receipt.code) == (Fate.REFUSED, code)
            events.first(5, event="refused", code=code)
    assert story(ann.order(order)) == before


def test_gossip_with_a_flipped_bit_is_refused_and_goes_no_further(
    ann: Node, ben: Node, liar: Liar
) -> None:
    shown = ann.ask("listing.show", listing=offer(ann, ben, title="Blue cup"))
    data = bytes.fromhex(ann.ask("record.show", record=shown["record"])["bytes"])
    liar.cry(ann.addresses[0], data.replace(b"Blue", b"Clue"))
    ann.until(lambda: "record.bad_signature" in ann.ask("node.status")["refused"])
    assert ben.ask("node.status")["refused"] == {}
    for node in (ann, ben):
        assert not node.ask("listing.search", words="clue")["listings"]


def test_who_lies_too_often_is_disconnected_and_refused(ann: Node, liar: Liar) -> None:
    lie = make.propose(buyer=make.fresh("Mallory"), now=int(time.time())).to_bytes()
    address, to = ann.addresses[0], from_address(ann.person)
    for _ in range(MARKS_MAX):
        with contextlib.suppress(Unheard):  # the last answer may be cut off
            liar.send(address, to, lie[:-1] + bytes([lie[-1] ^ 1]))
    with pytest.raises(Unheard):  # not even the truth is heard from there any more
        liar.send(address, to, lie)
    assert ann.ask("node.status")["refused"]["record.bad_signature"] >= MARKS_MAX


def _entries(node: Node, order: str) -> list[Record]:
    return [
        record.read(bytes.fromhex(node.ask("record.show", record=each["record"])["bytes"]))
        for each in node.order(order)["history"]
    ]
