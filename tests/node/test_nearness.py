"""How near somebody is, is what vouches, petnames and orders make of it, and soon enough."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from goodword.crypto.person import Person
from goodword.node.nearness import PACE_SECONDS, REFRESH_SECONDS, Distance
from goodword.protocol.limits import DAY
from goodword.storage import people
from tests.make import ANN, BEN, CHEN, DAI, NOW, fresh, presence, vouch, withdrawal
from tests.storage.memory import Memory, memory

EVE = fresh("Eve")
CHAIN = [
    vouch(ANN, BEN.public_key),
    vouch(BEN, CHEN.public_key),
    vouch(CHEN, DAI.public_key),
    vouch(DAI, EVE.public_key),
]


@pytest.fixture
def ann() -> Generator[Memory]:
    with memory(ANN) as ann:
        yield ann


def distance(of: Memory, person: Person) -> Distance:
    with of.database.reading() as db:
        of.intake.nearness.look(db)
        return of.intake.nearness.of(db, person.public_key)


def test_distance_is_counted_along_vouches_and_ends_after_three(ann: Memory) -> None:
    ann.learn(CHAIN)
    ann.now += PACE_SECONDS
    assert [distance(ann, each) for each in (ANN, BEN, CHEN, DAI, EVE)] == list(Distance)
    assert not Distance.STRANGER.is_near


def test_whom_i_name_is_known_at_once_and_for_some_minutes_after(ann: Memory) -> None:
    assert distance(ann, DAI) is Distance.STRANGER
    with ann.database.transaction() as db:
        people.name(db, DAI.public_key, "Dai")
    assert distance(ann, DAI) is Distance.KNOWN
    with ann.database.transaction() as db:
        people.forget(db, "Dai")
    ann.now += REFRESH_SECONDS
    assert distance(ann, DAI) is Distance.STRANGER


def test_my_own_vouch_counts_at_once_and_so_does_taking_it_back(ann: Memory) -> None:
    ann.learn(CHAIN[1:])
    assert distance(ann, CHEN) is Distance.STRANGER
    ann.learn(CHAIN[:1])
    assert (distance(ann, BEN), distance(ann, CHEN)) == (Distance.KNOWN, Distance.TWO_STEPS)
    ann.learn([withdrawal(CHAIN[0], ANN)])
    assert (distance(ann, BEN), distance(ann, CHEN)) == (Distance.STRANGER, Distance.STRANGER)


def test_vouches_of_those_near_count_soon_and_cannot_keep_a_node_looking(ann: Memory) -> None:
    ann.learn(CHAIN[:1])
    assert distance(ann, CHEN) is Distance.STRANGER
    looks = ann.intake.nearness.looks
    for n in range(20):
        ann.learn([vouch(BEN, CHEN.public_key, now=NOW + n)])
    assert ann.intake.nearness.looks == looks
    ann.now += PACE_SECONDS
    assert distance(ann, CHEN) is Distance.TWO_STEPS
    assert ann.intake.nearness.looks == looks + 1


def test_a_vouch_of_a_stranger_is_no_reason_to_look(ann: Memory) -> None:
    assert distance(ann, CHEN) is Distance.STRANGER
    looks = ann.intake.nearness.looks
    ann.learn([vouch(DAI, CHEN.public_key)])
    ann.now += PACE_SECONDS
    assert distance(ann, CHEN) is Distance.STRANGER
    assert ann.intake.nearness.looks == looks


def test_a_vouch_that_expires_brings_nobody_near(ann: Memory) -> None:
    ann.learn([CHAIN[0], vouch(BEN, CHEN.public_key, seconds=DAY)])
    ann.now += PACE_SECONDS
    assert distance(ann, CHEN) is Distance.TWO_STEPS
    ann.now += DAY
    assert distance(ann, CHEN) is Distance.STRANGER


def test_a_device_is_as_near_as_the_nearest_who_says_that_it_is_hers(ann: Memory) -> None:
    peer = bytes.fromhex("002408011220") + bytes(32)
    nearness = ann.intake.nearness
    ann.learn(CHAIN)
    ann.now += PACE_SECONDS
    assert nearness.of_device(peer) is Distance.STRANGER
    for person in (EVE, DAI, CHEN, BEN):
        ann.learn([presence(person, peer=peer)])
        assert nearness.of_device(peer) is distance(ann, person)
