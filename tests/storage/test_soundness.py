from __future__ import annotations

from collections.abc import Generator

import pytest

from goodword.storage import soundness, views
from goodword.storage.database import Database
from goodword.storage.soundness import Fingerprint
from tests.make import (
    ANN,
    BEN,
    CHEN,
    NOW,
    contract,
    listing,
    moderator,
    profile,
    propose,
    review,
    vouch,
)
from tests.storage.memory import memory

MADE = [
    listing(title="apples 苹果", categories=["fruit"]),
    profile(ANN),
    profile(ANN, name="Anna"),
    vouch(BEN, ANN.public_key),
    moderator(ANN),
    review(),
    propose(contract(listing(title="apples 苹果", categories=["fruit"]))),
]


@pytest.fixture
def database() -> Generator[Database]:
    with memory(BEN, MADE) as ben:
        yield ben.database


def fingerprints(database: Database) -> dict[str, Fingerprint]:
    with database.reading() as db:
        return soundness.fingerprints(db)


def test_a_view_that_was_rebuilt_has_the_same_fingerprint(database: Database) -> None:
    before = fingerprints(database)
    assert set(before) == {*views.VIEWS, "listing_words"}
    assert (before["listing"].rows, before["fork"].rows, before["listing_words"].rows) == (1, 1, 6)
    with database.transaction() as db:
        views.rebuild(db, BEN.public_key)
    assert fingerprints(database) == before


@pytest.mark.parametrize(
    ("damage", "view"),
    [
        ("UPDATE listing SET price_minor = 1", "listing"),
        ("UPDATE profile SET name = 'Eve'", "profile"),
        ("DELETE FROM endorsement", "endorsement"),
        ("UPDATE opinion SET strength = 1", "opinion"),
        ("UPDATE moderator SET fee = 0", "moderator"),
        ("UPDATE review SET count = 9", "review"),
        ("DELETE FROM fork", "fork"),
        ("UPDATE standing SET is_forked = 0", "standing"),
        ("UPDATE trade SET state = 'completed'", "trade"),
        ("INSERT INTO listing_words_0 (listing_words_0) VALUES ('delete-all')", "listing_words"),
    ],
)
def test_what_is_wrong_in_a_view_shows_in_its_fingerprint(
    database: Database, damage: str, view: str
) -> None:
    before = fingerprints(database)
    with database.transaction() as db:
        db.execute(damage)
    after = fingerprints(database)
    assert {name for name in before if before[name] != after[name]} == {view}


def test_a_wrong_person_shows_wherever_he_is_named(database: Database) -> None:
    before = fingerprints(database)
    with database.transaction() as db:
        db.execute("UPDATE person SET key = x'00' WHERE id = 1")
    after = fingerprints(database)
    wrong = {name for name in before if before[name] != after[name]}
    assert wrong == {"person", "endorsement", "opinion"}


def test_who_was_numbered_first_is_no_difference() -> None:
    """The first vouch has left when all is made anew: then others come first."""
    made = [
        vouch(BEN, CHEN.public_key),
        vouch(BEN, ANN.public_key),
        vouch(BEN, CHEN.public_key, now=NOW + 1),
    ]
    with memory(ANN, made) as ann:
        before = fingerprints(ann.database)
        with ann.database.transaction() as db:
            views.rebuild(db, ann.owner)
        assert fingerprints(ann.database) == before


def test_a_row_that_refers_to_nothing_is_found(database: Database) -> None:
    with database.reading() as db:
        assert soundness.broken_references(db) == []
        db.execute("COMMIT")
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("DELETE FROM record WHERE kind = 'listing'")
        assert soundness.broken_references(db) == ["listing", "standing"]
