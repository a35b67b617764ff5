"""Somebody says that letters have arrived, so that they are never sent again.

What stands against him: a secret inside the seal, of this recipient and this order alone.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from goodword.crypto.sealing import seal
from goodword.protocol.contract import OrderId
from goodword.protocol.letter import Envelope, Fate, Receipt
from goodword.protocol.record import RecordId
from tests.make import ANN, BEN, DAI
from tests.node.deal import BREAD, Deal
from tests.storage import dump
from tests.world import Trader, traders


@pytest.fixture
def deal(tmp_path: Path) -> Generator[Deal]:
    """Ann has ordered twice; the first is at Ben's, the second at nobody's."""
    with traders(tmp_path, [ANN, BEN]) as (ann, ben):
        deal = Deal(ann, ben)
        deal.place()
        deal.ann.trading.place(listing=BREAD.slot.hex(), note="the second")
        yield deal


def second(deal: Deal) -> tuple[OrderId, RecordId]:
    (debt,) = deal.ann.debts(deal.ben)
    return debt.order, debt.id


def come(ann: Trader, receipt: Receipt) -> None:
    """By a mailbox, where nobody tells who left it."""
    ann.letterbox.open(Envelope(to=ann.me, sealed=seal(ann.me, receipt.to_bytes())))


def forgeries(deal: Deal) -> dict[str, bytes]:
    order, entry = second(deal)
    return {
        "guessed": bytes(32),
        "none": b"",
        "of the order that he has": ANN.letter_token(BEN.public_key, deal.order_id),
        "of another recipient": ANN.letter_token(DAI.public_key, order),
        "his own": BEN.letter_token(ANN.public_key, order),
        "the id of the entry": entry,
    }


@pytest.mark.parametrize("fate", Fate)
def test_a_receipt_with_a_token_of_something_else_changes_nothing(deal: Deal, fate: Fate) -> None:
    _, entry = second(deal)
    for what, token in forgeries(deal).items():
        before = dump.everything(deal.ann.database)
        ids = [] if fate is Fate.REFUSED else [entry]
        come(deal.ann, Receipt(fate=fate, token=token, code="order.full", ids=ids))
        assert dump.everything(deal.ann.database) == before, what
        assert len(deal.ann.debts(deal.ben)) == 1


def test_who_has_one_order_says_nothing_of_another(deal: Deal) -> None:
    """Ben's token of the first order is good, and names the entry of the second."""
    _, entry = second(deal)
    token = ANN.letter_token(BEN.public_key, deal.order_id)
    known = deal.ann.entries(deal.id)[0].id
    come(deal.ann, Receipt(fate=Fate.KEPT, token=token, ids=[known, entry]))
    assert len(deal.ann.debts(deal.ben)) == 1


def test_a_receipt_for_what_was_never_sent_is_nothing(deal: Deal) -> None:
    before = dump.everything(deal.ann.database)
    come(deal.ann, Receipt(fate=Fate.KEPT, token=bytes(32), ids=[RecordId(bytes(32))]))
    assert dump.everything(deal.ann.database) == before


def test_the_real_one_still_counts(deal: Deal) -> None:
    order, entry = second(deal)
    token = ANN.letter_token(BEN.public_key, order)
    come(deal.ann, Receipt(fate=Fate.KEPT, token=token, ids=[entry]))
    assert deal.ann.debts(deal.ben) == []
