"""Bisq v1, May 2026: a modified client said what was never checked: 11.59 BTC of ten people gone.

Here each signature names its order: what was said in a cheap one is worth nothing in a dear one.
"""

from __future__ import annotations

from typing import Final

import pytest

from goodword.protocol import entry, licence, record
from goodword.protocol.codec import Value
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import BadBinding, BadLicence, BadSignature, MissingEntries
from goodword.protocol.record import Record, RecordId
from goodword.protocol.table import State
from tests.make import ANN, BEN, contract, propose, say
from tests.storage import dump

from .door import APPLES, bring, home, order_at

CHEAP: Final = contract(APPLES, quantity=1)
DEAR: Final = contract(APPLES, quantity=5)
"""With the nonce of the cheap one, so that Ben's key is the same in both."""
ASKED: Final = [propose(CHEAP), propose(DEAR)]
ACCEPTED: Final = say(BEN, Event.ACCEPT, [ASKED[0]])


def forged(
    order: bytes, details: dict[str, Value], seen: RecordId, *, bound_to: bytes | None = None
) -> Record:
    """An accept of the dear order, by Ben's key: as if Ann had stolen it, and nothing else."""
    key = BEN.order_identity(DEAR.nonce)
    to = CHEAP.id if bound_to == CHEAP.id else DEAR.id
    return entry.write(
        key,
        BEN.public_key,
        entry.bind(BEN.identity, to, Role.SELLER, key.public_key),
        order=DEAR.id,
        role=Role.SELLER,
        event=Event.ACCEPT,
        seen=frozenset({seen}),
        details=details,
        now=ACCEPTED.made_at,
    )


def given(count: int = 1, order: bytes = DEAR.id) -> dict[str, Value]:
    to = ANN.public_key
    return {"count": count, "licence": licence.give(BEN.identity, order, to, count)}


def test_the_two_orders_share_a_key_and_nothing_else() -> None:
    assert CHEAP.nonce == DEAR.nonce
    assert CHEAP.id != DEAR.id


def test_an_accept_moved_to_another_order_is_not_signed() -> None:
    data = ACCEPTED.to_bytes()
    assert data.count(CHEAP.id) == 1
    with home(ANN, [*ASKED, ACCEPTED]) as node:
        whole = dump.everything(node.database)
        (outcome,) = node.intake.admit_many([data.replace(CHEAP.id, DEAR.id)])
        assert isinstance(outcome, BadSignature)
        assert dump.everything(node.database) == whole
        assert order_at(node, CHEAP).state is State.ACCEPTED
        assert order_at(node, DEAR).state is State.PROPOSED


@pytest.mark.parametrize(
    ("letter", "code"),
    [
        (forged(DEAR.id, given(), ASKED[1].id, bound_to=CHEAP.id), BadBinding.code),
        (forged(DEAR.id, given(order=CHEAP.id), ASKED[1].id), BadLicence.code),
        (forged(DEAR.id, given(), ASKED[0].id), MissingEntries.code),
        (forged(DEAR.id, given(), ACCEPTED.id), MissingEntries.code),
    ],
    ids=["the binding", "the licence", "what it follows", "the accept that it follows"],
)
def test_a_part_of_another_order_is_refused(letter: Record, code: str) -> None:
    with home(ANN, [*ASKED, ACCEPTED]) as node:
        whole = dump.everything(node.database)
        assert bring(node, letter) == [code]
        assert dump.everything(node.database) == whole


def test_with_all_parts_its_own_it_is_let_in() -> None:
    """So it is those parts that the others fail by."""
    with home(ANN, ASKED) as node:
        assert bring(node, forged(DEAR.id, given(), ASKED[1].id)) == ["new"]
        assert order_at(node, DEAR).state is State.ACCEPTED


def test_the_bindings_of_one_order_are_not_those_of_another_role() -> None:
    """Ann, who also sells, does not make the word that she buys into one that she sells."""
    key = ANN.order_identity(CHEAP.nonce)
    binding = entry.bind(ANN.identity, CHEAP.id, Role.BUYER, key.public_key)
    letter = entry.write(
        key,
        ANN.public_key,
        binding,
        order=CHEAP.id,
        role=Role.SELLER,
        event=Event.REJECT,
        seen=frozenset({ASKED[0].id}),
        details={},
        now=ASKED[0].made_at,
    )
    with home(BEN, [ASKED[0]]) as node:
        assert bring(node, letter) == [BadBinding.code]


def test_a_contract_in_the_slot_of_another_order_is_refused() -> None:
    """The id is the hash of the contract: nothing can be put in its place."""
    opening = ASKED[0]
    assert opening.body is not None
    key = ANN.order_identity(DEAR.nonce)
    body = {
        **opening.body,
        "binding": entry.bind(ANN.identity, DEAR.id, Role.BUYER, key.public_key),
    }
    moved = record.make(key, entry.KIND, body, slot=DEAR.id, revision=0, now=opening.made_at)
    with home(BEN) as node:
        whole = dump.everything(node.database)
        assert bring(node, moved) == ["record.bad_field"]
        assert dump.everything(node.database) == whole


def test_a_letter_that_comes_again_changes_nothing() -> None:
    """In the same order, that is: a month later, from whomever."""
    told = [ASKED[0], ACCEPTED, say(ANN, Event.WITHDRAW, [ASKED[0], ACCEPTED])]
    for owner in (ANN, BEN):
        with home(owner, told) as node:
            whole = dump.everything(node.database)
            assert bring(node, *told) == ["known"] * 3
            assert dump.everything(node.database) == whole
            assert order_at(node, CHEAP).state is State.CANCELLED
