"""The door of who keeps a part lets in no stranger's listing from outside of it; and all else."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from goodword.node.wanted import Wanted
from goodword.protocol import interest
from goodword.protocol.entry import Event
from goodword.protocol.interest import EVERYTHING, Interest
from goodword.protocol.record import Record
from tests.make import (
    ANN,
    BEN,
    CHEN,
    DAI,
    chain,
    contract,
    listing,
    profile,
    propose,
    vouch,
    withdrawal,
)
from tests.storage.memory import Memory, memory

FRUIT = interest.make([DAI.public_key], ["fruit"], ["DE"])
PLUMS = listing(BEN, categories=["fruit"])
LOAF = listing(BEN, categories=["bread"], nonce=b"l" * 16)


def fates(of: Memory, made: Sequence[Record], kept: Interest = FRUIT) -> list[str]:
    """As they come by gossip or catch-up."""
    of.intake.wanted = Wanted(of.intake.nearness, kept)
    return [str(getattr(each, "code", each)) for each in _admit(of, made)]


def _admit(of: Memory, made: Sequence[Record]) -> list[object]:
    return [*of.intake.admit_public([each.to_bytes() for each in made])]


@pytest.mark.parametrize(
    "made",
    [
        PLUMS,
        listing(BEN, region="de-by"),
        listing(DAI, categories=["bread"]),
        listing(ANN, categories=["bread"]),
        listing(CHEN, categories=["bread"]),
        profile(BEN),
        withdrawal(LOAF, BEN),
    ],
    ids=["category", "region", "whom-I-keep", "mine", "near", "no-listing", "withdrawal"],
)
def test_it_lets_in_what_is_kept_and_whatever_is_no_listing_of_a_stranger(made: Record) -> None:
    with memory(ANN, [vouch(ANN, CHEN.public_key)]) as ann:
        assert fates(ann, [made]) == ["new"]


def test_a_strangers_listing_outside_is_refused_without_fault() -> None:
    with memory(ANN) as ann:
        assert fates(ann, [LOAF, listing(BEN)]) == ["record.out_of_interest"] * 2
        assert ann.intake.refused["record.out_of_interest"] == 2
        outcome = _admit(ann, [LOAF])[0]
        assert not getattr(outcome, "is_fault", True)
        assert fates(ann, [LOAF], EVERYTHING) == ["new"]


def test_that_a_listing_left_what_is_kept_is_let_in() -> None:
    with memory(ANN, [PLUMS]) as ann:
        assert fates(ann, [listing(BEN, categories=["jam"], revision=1)]) == ["new"]
        assert fates(ann, [withdrawal(PLUMS, BEN, revision=2)]) == ["new"]


def test_what_an_order_is_about_is_let_in() -> None:
    """My order came back to a home that lost it; the listing comes after."""
    order = chain(propose(contract(LOAF)), (BEN, Event.ACCEPT))
    with memory(ANN) as ann:
        ann.learn(order)
        assert fates(ann, [LOAF]) == ["new"]
