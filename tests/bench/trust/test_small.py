"""Every bar of `make bench-trust` on a made market: the same functions, in seconds.

The bars are those of the real ratings. Where a made market is easier than real people, a test asks
for more, so that it notices what is lost.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from math import isfinite
from pathlib import Path

import pytest

from tests.nodes import environment

from . import accuracy, attacks, made, speed, words
from .bar import Bar
from .otc import Otc

ROOT = Path(__file__).parents[3]
INVENTIONS = 200
"""Of a thousand who all vouch for all there are a million vouches."""
VIEWERS = 30
EDGES = 10**5


@pytest.fixture(scope="module")
def market() -> Otc:
    return made.market()


@pytest.fixture(scope="module")
def foretold(market: Otc) -> list[Bar]:
    refreshed = accuracy.covered(accuracy.foretell(market, accuracy.CHUNKS))
    return [*accuracy.measure(market, refreshed), *words.measure(market, refreshed.pairs)]


@pytest.fixture(scope="module")
def attacked(market: Otc) -> list[Bar]:
    return list(attacks.measure(market, many=INVENTIONS, far_away=VIEWERS))


@pytest.fixture(scope="module")
def timed(market: Otc) -> list[Bar]:
    return list(speed.measure(market, [EDGES]))


def values(bars: Iterable[Bar], code: str) -> list[float]:
    return [each.value for each in bars if each.code == code]


def met(bars: Iterable[Bar], code: str) -> list[float]:
    """What was measured for `code`, each within the bar of the real ratings."""
    asked = [each for each in bars if each.code == code]
    assert [each for each in asked if not each.is_met] == []
    return [each.value for each in asked]


def test_the_market_is_the_same_every_time_and_nobody_rates_one_person_twice(market: Otc) -> None:
    assert made.market() == market
    pairs = {(each.rater, each.subject) for each in market.ratings}
    assert len(pairs) == len(market.ratings) == made.RATINGS
    assert 0.1 < sum(each.strength < 0 for each in market.ratings) / made.RATINGS < 0.2


def test_who_is_rated_badly_next_is_known_from_what_friends_said(foretold: list[Bar]) -> None:
    """A1"""
    auc, coverage = met(foretold, "A1")
    assert auc >= 0.95
    assert coverage >= 0.95


def test_it_is_known_from_a_graph_that_grew_old_too(foretold: list[Bar]) -> None:
    """A2"""
    auc, coverage = met(foretold, "A2")
    assert auc >= 0.95
    assert coverage >= 0.95


def test_a_rating_is_known_from_all_others(foretold: list[Bar]) -> None:
    """A3"""
    auc, coverage = met(foretold, "A3")
    assert auc >= 0.95
    assert coverage >= 0.95


def test_whom_i_ask_matters_and_one_standing_for_all_knows_less(foretold: list[Bar]) -> None:
    """A4"""
    (gain,) = met(foretold, "A4")
    assert gain >= 0.06


def test_without_distrust_less_is_known(foretold: list[Bar]) -> None:
    """A5"""
    (loss,) = met(foretold, "A5")
    assert loss >= 0.15


def test_who_is_to_avoid_is_rated_badly_and_who_scores_well_is_not(foretold: list[Bar]) -> None:
    """A6"""
    avoided, liked = met(foretold, "A6")
    assert avoided >= 0.90
    assert liked <= 0.03


def test_many_inventions_gain_no_more_than_ten(attacked: list[Bar]) -> None:
    """S1"""
    (worst,) = met(attacked, "S1")
    assert worst > 0, "nobody listens to a farm: nothing was attacked"


def test_a_farm_gains_little_more_than_its_honest_vouches(attacked: list[Bar]) -> None:
    """S2"""
    (worst,) = met(attacked, "S2")
    assert worst > 1, "a dense farm gains something: nothing was attacked"


def test_a_farm_gains_a_voice_for_each_whom_it_fooled_and_no_more(attacked: list[Bar]) -> None:
    """S3"""
    assert met(attacked, "S3") == [0]


def test_a_farm_that_fools_strangers_stays_below_the_honest(attacked: list[Bar]) -> None:
    """S4"""
    one, five, twenty = met(attacked, "S4")
    assert 0 < one <= five <= twenty
    assert one <= 0.15
    assert five <= 0.22
    assert twenty <= 0.38


def test_slander_from_afar_or_through_one_friend_harms_nobody(attacked: list[Bar]) -> None:
    """S5"""
    lost, avoided = met(attacked, "S5")
    assert lost > 0, "nobody lost anything: nothing was attacked"
    assert avoided == 0


@pytest.mark.parametrize(("code", "figures"), [("T1", 1), ("T2", 2), ("T3", 1)])
def test_time_is_measured_whatever_it_is(timed: list[Bar], code: str, figures: int) -> None:
    """T1 to T3. How long it took says nothing on a busy machine."""
    taken = values(timed, code)
    assert len(taken) == figures
    assert all(isfinite(each) and each > 0 for each in taken)


def test_an_edge_takes_few_bytes_and_not_none(timed: list[Bar]) -> None:
    """M1"""
    (size,) = met(timed, "M1")
    assert size >= 8


def test_without_the_real_ratings_the_bench_is_skipped_and_says_so() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.trust"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("bench-trust: skipped: GOODWORD_DATA names no folder")
