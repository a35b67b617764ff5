from __future__ import annotations

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.make import ANN, BEN
from tests.node.deal import Deal, agree
from tests.world import KEPT, Trader, deliver, traders


@pytest.fixture
def deal(tmp_path: Path) -> Generator[Deal]:
    with traders(tmp_path, [ANN, BEN]) as (ann, ben):
        yield Deal(ann, ben)


def _restore(trader: Trader, backup: Path) -> None:
    trader.close()
    for leftover in trader.path.parent.glob(f"{trader.path.name}-*"):
        leftover.unlink()
    shutil.copyfile(backup, trader.path)
    trader.open()


def test_who_forgot_what_he_said_is_told_again(deal: Deal, tmp_path: Path) -> None:
    deal.place()
    backup = tmp_path / "backup.sqlite"
    deal.ben.database.copy_to(backup)
    deal.take(deal.ben, "accept")
    _restore(deal.ben, backup)
    deal.ben.trading.reject(order=deal.id)
    assert deliver(deal.ben, deal.ann) == [KEPT]
    assert deliver(deal.ann, deal.ben) == [KEPT]
    assert agree(deal.ann, deal.ben, deal.id)
    assert deal.seen_by(deal.ben)["signed_both_ways"] == ["seller"]


def test_who_forgot_what_he_heard_is_told_again(deal: Deal, tmp_path: Path) -> None:
    deal.place()
    deal.take(deal.ben, "accept")
    backup = tmp_path / "backup.sqlite"
    deal.ben.database.copy_to(backup)
    deal.take(deal.ann, "paid")
    _restore(deal.ben, backup)
    deal.ben.trading.reject(order=deal.id)
    assert deliver(deal.ben, deal.ann) == [KEPT]
    assert deliver(deal.ann, deal.ben) == [KEPT]
    assert agree(deal.ann, deal.ben, deal.id)
    assert deal.seen_by(deal.ben)["state"] == "pay_claimed"


def test_who_has_heard_all_is_told_nothing_again(deal: Deal) -> None:
    deal.place()
    deal.take(deal.ben, "accept")
    deal.take(deal.ann, "paid")
    assert deal.ann.debts(deal.ben) == deal.ben.debts(deal.ann) == []
