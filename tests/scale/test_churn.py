"""People come and go as in the market that was measured, and know each other as people do."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from tests.scale import churn, graph
from tests.scale.churn import HORIZON, Session


@pytest.mark.parametrize("people", [60, 300, 3_000])
def test_half_of_the_people_are_seen_on_one_day_only_and_one_in_a_hundred_is_online(
    people: int,
) -> None:
    lives = churn.sessions(people, random.Random(7))
    assert churn.one_day_share(lives) == pytest.approx(3_521 / 6_651, abs=0.01)
    assert churn.online_share(lives) == pytest.approx(80 / 6_651, abs=0.002)


def test_who_is_there_always_is_not_taken_for_the_measured_market() -> None:
    """Both checks can fail."""
    lives = [[Session(person=n, start=0.0, end=HORIZON)] for n in range(10)]
    assert churn.one_day_share(lives) == 0
    assert churn.online_share(lives) == 1


def test_a_few_are_online_for_most_of_the_time() -> None:
    """A heavy tail: a tenth of the people make up three quarters of all hours."""
    seconds = churn.online_seconds(1_000)
    assert sum(seconds[-100:]) > 0.7 * sum(seconds)
    assert seconds == sorted(seconds)


def test_sessions_of_one_person_do_not_overlap_and_keep_his_hours() -> None:
    lives = churn.sessions(300, random.Random(3))
    for life in lives:
        assert all(one.end <= other.start for one, other in pairwise(life))
        assert life[0].start >= 0
        assert life[-1].end <= HORIZON
    told = sorted(sum(each.end - each.start for each in life) for life in lives)
    for one, other in zip(told, churn.online_seconds(300), strict=True):
        assert one == pytest.approx(other, rel=0.01)


def test_somebody_is_online_at_every_hour_of_the_day() -> None:
    lives = churn.sessions(500, random.Random(3))
    ends = [(each.start, each.end) for life in lives for each in life]
    counts = [0] * 24
    for hour in range(100 * 24, 200 * 24, 11):
        at = hour * 3_600
        counts[hour % 24] += sum(one <= at < other for one, other in ends)
    assert min(counts) > 0.4 * max(counts)


def test_helpers_are_always_online() -> None:
    lives = churn.sessions(100, random.Random(1), helpers=2)
    assert sum(each[0].end - each[0].start == HORIZON for each in lives) == 2


def test_friendship_is_mutual_and_a_few_are_known_by_many() -> None:
    friends = graph.grow(2_000, random.Random(5))
    assert all(one in friends[other] for one in range(2_000) for other in friends[one])
    counts = sorted(map(len, friends))
    assert sum(counts) / len(counts) == pytest.approx(8, abs=0.1)
    assert counts[-1] > 10 * counts[1_000]


def test_friends_of_one_are_often_friends() -> None:
    """Of a random graph of this size the share would be 0.004."""
    friends = graph.grow(2_000, random.Random(5))
    pairs = triangles = 0
    for some in friends:
        known = [(one, other) for one in some for other in some if one < other]
        pairs += len(known)
        triangles += sum(other in friends[one] for one, other in known)
    assert triangles / pairs > 0.05


def test_within_counts_hops_the_nearest_first_and_no_more_than_the_bound() -> None:
    line = [[1], [0, 2], [1, 3], [2, 4], [3]]
    assert graph.within(line, 0, 2, 10) == [0, 1, 2]
    assert graph.within(line, 2, 1, 10) == [2, 1, 3]
    assert graph.within(line, 0, 4, 3) == [0, 1, 2]
