"""Haveno, RetoSwap, May 2026: a forged message replaced the arbitrator's address: ≈7,000 XMR gone.

Here who speaks is a key, and each entry carries the word of the identity that the key is its own.
"""

from __future__ import annotations

from itertools import product

import pytest

from goodword.crypto.keys import Identity
from goodword.protocol import entry, record
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import BadBinding, BadSignature, Refusal, UnknownKind
from goodword.protocol.record import Record
from goodword.protocol.table import STEPS, State
from tests.make import ANN, BEN, CHEN, DAI, altered, say, write
from tests.protocol.ways import AGREED, AT, PEOPLE, before, step
from tests.storage import dump

from .door import bring, flipped, home, order_at

CELLS = [(state, event, role) for (state, event), each in STEPS.items() for role in sorted(each.by)]


def refused_everywhere(told: list[Record], forged: Record, code: str) -> None:
    for owner in (ANN, BEN, CHEN):
        with home(owner, told) as node:
            whole = dump.everything(node.database)
            assert bring(node, forged) == [code]
            assert dump.everything(node.database) == whole


@pytest.mark.parametrize(("state", "event", "role"), CELLS)
def test_a_stranger_takes_no_step_of_anybody(state: State, event: Event, role: Role) -> None:
    told = before(state, event)
    with home(ANN if role is not Role.BUYER else BEN, told) as node:
        whole = dump.everything(node.database)
        assert bring(node, step(DAI, event, told, role=role)) == [BadBinding.code]
        assert dump.everything(node.database) == whole


@pytest.mark.parametrize(("mine", "theirs"), [(a, b) for a, b in product(Role, Role) if a != b])
def test_a_party_does_not_speak_for_another(mine: Role, theirs: Role) -> None:
    """Her own identity is no other's, and her key is not bound for his role."""
    for state, event in STEPS:
        told = before(state, event)
        with home(PEOPLE[theirs], told) as node:
            assert bring(node, step(PEOPLE[mine], event, told, role=theirs)) == [BadBinding.code]


def test_a_moderator_whom_nobody_named_is_nobody() -> None:
    told = AT[State.DISPUTED]
    forged = step(DAI, Event.VERDICT, told)
    refused_everywhere(told, forged, BadBinding.code)


def test_a_key_that_the_identity_did_not_bind_speaks_for_nobody() -> None:
    told = AT[State.ACCEPTED]
    thief = Identity.from_seed(b"t" * 32)
    seen = frozenset({told[-1].id})
    binding = entry.bind(ANN.identity, AGREED.id, Role.SELLER, thief.public_key)
    forged = entry.write(
        thief,
        BEN.public_key,
        binding,
        order=AGREED.id,
        role=Role.SELLER,
        event=Event.PAY_RECEIVED,
        seen=seen,
        details={},
        now=told[-1].made_at,
    )
    refused_everywhere(told, forged, BadBinding.code)


def test_a_binding_that_was_seen_is_no_use_to_who_saw_it() -> None:
    """Ann has read it in every entry of Ben's; signed by another key, it binds nothing."""
    told = AT[State.ACCEPTED]
    received = say(BEN, Event.PAY_RECEIVED, told)
    assert received.body is not None
    key = ANN.order_identity(AGREED.nonce)
    forged = record.make(
        key, entry.KIND, received.body, slot=AGREED.id, revision=0, now=received.made_at
    )
    refused_everywhere(told, forged, BadBinding.code)
    refused_everywhere(told, altered(received, ANN), BadBinding.code)


def test_another_author_on_a_signed_entry_is_seen() -> None:
    told = AT[State.ACCEPTED]
    received = say(BEN, Event.PAY_RECEIVED, told)
    mine = ANN.order_identity(AGREED.nonce).public_key
    assert received.to_bytes().count(received.author) == 1
    with home(ANN, told) as node:
        forged = received.to_bytes().replace(received.author, mine)
        (outcome,) = node.intake.admit_many([forged])
        assert isinstance(outcome, BadSignature)
        assert order_at(node).state is State.ACCEPTED


def test_no_bit_of_an_entry_can_be_turned() -> None:
    told = AT[State.ACCEPTED]
    received = say(BEN, Event.PAY_RECEIVED, told)
    with home(ANN, told) as node:
        whole = dump.everything(node.database)
        for data in flipped(received.to_bytes()):
            (outcome,) = node.intake.admit_many([data])
            assert isinstance(outcome, Refusal)
        assert dump.everything(node.database) == whole
        assert bring(node, received) == ["new"]


def test_an_order_does_not_come_by_gossip() -> None:
    """Else a stranger could have the seller marked, or read who buys."""
    told = AT[State.ACCEPTED]
    with home(ANN, told) as node:
        (outcome,) = node.intake.admit_public([say(BEN, Event.PAY_RECEIVED, told).to_bytes()])
        assert isinstance(outcome, UnknownKind)
        assert order_at(node).state is State.ACCEPTED


def test_what_a_stranger_forges_counts_against_him() -> None:
    told = AT[State.ACCEPTED]
    with home(ANN, told) as node:
        bring(node, write(DAI, AGREED, Event.PAY_RECEIVED, role=Role.SELLER, seen=frozenset()))
        bring(node, step(DAI, Event.PAY_RECEIVED, told, role=Role.SELLER))
        assert node.intake.refused[BadBinding.code] == 1
        assert BadBinding.is_fault
