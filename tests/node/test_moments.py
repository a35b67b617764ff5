"""The moment: what is told of people stays good until anything but a new listing comes."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from goodword.protocol.record import Record
from goodword.storage import people
from goodword.storage.database import moment
from tests.make import ANN, BEN, CHEN, listing, profile, vouch, withdrawal
from tests.world import Trader, traders


@pytest.fixture
def ann(tmp_path: Path) -> Generator[Trader]:
    with traders(tmp_path, [ANN]) as (made,):
        yield made


def now(ann: Trader) -> int:
    with ann.database.reading() as db:
        return moment(db)


def test_a_new_listing_changes_nothing_that_is_told_of_people(ann: Trader) -> None:
    before = now(ann)
    ann.intake.admit_many([listing(BEN, nonce=bytes([n] * 16)).to_bytes() for n in range(3)])
    ann.admit(listing(CHEN))
    assert now(ann) == before


def test_what_changes_nothing_is_no_moment(ann: Trader) -> None:
    ann.admit(profile(BEN))
    before = now(ann)
    ann.intake.admit_many([profile(BEN).to_bytes()])
    assert now(ann) == before


@pytest.mark.parametrize(
    "record",
    [
        profile(BEN),
        vouch(ANN, BEN.public_key),
        listing(BEN, title="other bread"),
        listing(BEN, revision=1),
        withdrawal(listing(BEN), BEN),
    ],
    ids=["profile", "vouch", "fork", "revision", "withdrawal"],
)
def test_all_else_that_comes_is_another_moment(ann: Trader, record: Record) -> None:
    ann.admit(listing(BEN))
    before = now(ann)
    ann.intake.admit_many([listing(CHEN).to_bytes(), record.to_bytes()])
    assert now(ann) == before + 1


def test_what_i_note_of_somebody_is_another_moment(ann: Trader) -> None:
    before = now(ann)
    with ann.database.transaction() as db:
        people.name(db, BEN.public_key, "Ben")
    assert now(ann) == before + 1
