"""What the carrier counts is what two nodes would say."""

from __future__ import annotations

import random

import pytest

from goodword.protocol.accumulator import Accumulator
from goodword.protocol.bounds import END, START, Bound, Place, id_of, place
from goodword.protocol.exchange import AskRecords, Records
from goodword.protocol.reconcile import Reconciler
from tests.scale import carrier, measure
from tests.scale.market import record_id
from tests.scale.shelf import Shelf


def places(numbers: range) -> list[Place]:
    return sorted(place(1_600_000_000 + n // 3, record_id(n, 1)) for n in numbers)


def test_a_shelf_says_what_an_accumulator_says() -> None:
    some = places(range(700))
    shelf, accumulator = Shelf(some), Accumulator(some)
    dice = random.Random(1)
    for _ in range(100):
        begin, end = sorted((dice.randrange(701), dice.randrange(701)))
        assert shelf.fingerprint(begin, end) == accumulator.fingerprint(begin, end)
        assert list(shelf.iterate(begin, end)) == list(accumulator.iterate(begin, end))
        bound = Bound(dice.choice(some)[: dice.choice((8, 12, 40))])
        assert shelf.find_lower_bound(bound) == accumulator.find_lower_bound(bound)
    assert shelf.size() == accumulator.size() == 700
    assert shelf.at(699) == accumulator.at(699)
    assert (shelf.find_lower_bound(START), shelf.find_lower_bound(END)) == (0, 700)


def test_a_comparison_finds_all_and_counts_each_message() -> None:
    ours, theirs = places(range(100)), places(range(40, 130))
    talk = carrier.compare(ours, theirs)
    assert set(talk.need) == {id_of(each) for each in set(theirs) - set(ours)}
    assert set(talk.have) == {id_of(each) for each in set(ours) - set(theirs)}
    assert talk.size == spoken(ours, theirs)


def spoken(ours: list[Place], theirs: list[Place]) -> int:
    """The same with the accumulators of a node, and with 47 bytes around a request of up to 255
    bytes, 13 around such an answer; one more for each that is longer."""
    client = Reconciler(storage=Accumulator(ours), is_client=True)
    server = Reconciler(storage=Accumulator(theirs), is_client=False)
    size = 0
    said: bytes | None = client.initiate()
    while said is not None:
        answer = server.handle(said).message
        assert answer is not None
        size += len(said) + 47 + (len(said) > 255) + len(answer) + 13 + (len(answer) > 255)
        said = client.handle(answer).message
    return size


def test_two_who_have_the_same_say_little_and_two_who_do_not_say_more() -> None:
    same = carrier.compare(places(range(500)), places(range(500))).size
    other = carrier.compare(places(range(500)), places(range(1_000))).size
    assert same < 600
    assert other > 10 * same


@pytest.mark.parametrize("count", [1, 7, 511, 512, 513, 1_300])
def test_fetching_counts_the_messages_of_the_exchange(count: int) -> None:
    some = places(range(count))
    expected = 0
    for begin in range(0, count, 512):
        page = some[begin : begin + 512]
        expected += len(AskRecords(ids=[id_of(each) for each in page]).to_bytes())
        expected += len(Records(records=[bytes(300)] * len(page)).to_bytes())
    assert carrier.fetch(some, [300] * count) == expected


def test_a_page_holds_no_more_than_its_bytes() -> None:
    one, two = places(range(1)), places(range(2))
    large = 200_000
    assert carrier.fetch(two, [large] * 2) == pytest.approx(2 * carrier.fetch(one, [large]), abs=9)


def test_asking_for_what_is_newer_counts_each_listing_up_to_a_bound() -> None:
    assert carrier.newer(0) == 0
    assert 36 * 100 < carrier.newer(100) < 37 * 100
    assert carrier.newer(2_040) == 6 * carrier.newer(340)
    assert carrier.newer(2_048) == carrier.newer(100_000)


def test_many_topics_are_announced_less_often_than_few() -> None:
    assert carrier.announcements(1, 59) == 2 * carrier.ANNOUNCE_BYTES
    assert carrier.announcements(4, 240) == 12 * 4 * carrier.ANNOUNCE_BYTES
    assert carrier.announcements(5, 240) == 4 * 5 * carrier.ANNOUNCE_BYTES


def test_pauses_that_double_are_few() -> None:
    assert measure.pauses(29) == 0
    assert measure.pauses(30) == 1
    assert measure.pauses(90) == 2
    assert measure.pauses(8 * 3_600) == 13
