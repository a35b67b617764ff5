"""A world: people, their friends, what they say and when they are there; and what came of it."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from goodword.protocol.limits import DAY, HOUR

from . import churn, graph, market
from .keeping import Policy
from .market import Market
from .measure import END, Counted, Measure
from .network import Network

SEED: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Of one policy in one world. Shares of 1; bytes of a session, that is a day online; hours."""

    people: int
    policy: Policy
    online: float
    """How many, when somebody comes online."""
    peers: float
    records: float
    """Kept, median."""
    any_online: float
    """Shops that somebody online has."""
    near: float
    """Shops within two hops that can be asked for."""
    near_with_disk: float
    """The same, or on one's own disk."""
    needed: float
    needed_worst: float
    total: float
    total_worst: float
    repeats: float
    told_again: float
    looked_again: float
    compared_again: float
    asked_again: float
    announcements: float
    looks: float
    """Visits after the first in which nothing had changed, with all peers, both ways;"""
    comparisons: float
    """and others."""
    half: float
    most: float
    half_floor: float
    most_floor: float
    told: float
    """Of those who wanted news and came online: who got it."""
    bills: int
    news: int
    moments: int
    """At which one looked what can be reached."""


def build(people: int, seed: int = SEED, helpers: int = 0) -> Market:
    """The same people, friends and hours for the same seed."""
    dice = random.Random(f"{seed}/{people}")
    friends = graph.grow(people, dice)
    return market.build(friends, churn.sessions(people, dice, helpers), dice)


def simulate(made: Market, policy: Policy, seed: int = SEED) -> Result:
    made.forget()
    measure = Measure(random.Random(f"{seed}/measure"))
    network = Network(made, policy, random.Random(f"{seed}/network"), measure)
    measure.watch(network)
    network.run(END)
    return summary(made, policy, measure)


def summary(made: Market, policy: Policy, measure: Measure) -> Result:
    spreads = measure.spreads()
    return Result(
        people=made.people,
        policy=policy,
        online=_mean([float(each.online) for each in measure.looks]),
        peers=_of(measure.bills, lambda each: each.peers),
        records=_of(measure.bills, lambda each: each.records),
        any_online=_mean([each.any_online for each in measure.looks]),
        near=_mean([each.near for each in measure.looks]),
        near_with_disk=_mean([each.near_with_disk for each in measure.looks]),
        needed=_of(measure.bills, lambda each: each.bill.needed),
        needed_worst=max((float(each.bill.needed) for each in measure.bills), default=0.0),
        total=_of(measure.bills, lambda each: each.bill.total),
        total_worst=max((float(each.bill.total) for each in measure.bills), default=0.0),
        repeats=_of(measure.bills, lambda each: each.bill.repeats),
        told_again=_of(measure.bills, lambda each: each.bill.told_again),
        looked_again=_of(measure.bills, lambda each: each.bill.looked_again),
        compared_again=_of(measure.bills, lambda each: each.bill.compared_again),
        asked_again=_of(measure.bills, lambda each: each.bill.asked_again),
        announcements=_of(measure.bills, lambda each: each.bill.announcements),
        looks=_of(measure.bills, lambda each: each.looks),
        comparisons=_of(measure.bills, lambda each: each.comparisons),
        half=_median([each.half for each in spreads]) / HOUR,
        most=_median([each.most for each in spreads]) / HOUR,
        half_floor=_median([each.half_floor for each in spreads]) / HOUR,
        most_floor=_median([each.most_floor for each in spreads]) / HOUR,
        told=_mean([each.share for each in spreads]),
        bills=len(measure.bills),
        news=len(spreads),
        moments=len(measure.looks),
    )


def checked(made: Market, helpers: int = 0) -> str:
    """What was measured of the market that this one imitates, and what this one has."""
    lives = made.lives
    one_day, online = churn.one_day_share(lives), churn.online_share(lives)
    assert helpers or abs(one_day - churn.ONE_DAY_SHARE) < 0.01, one_day
    assert helpers or abs(online - churn.ONLINE_SHARE) < 0.002, online
    return (
        f"seen at most one day {one_day:.1%} (measured {churn.ONE_DAY_SHARE:.1%}), "
        f"online at once {online:.2%} (measured {churn.ONLINE_SHARE:.2%})"
    )


def days() -> float:
    return END / DAY


def _of(bills: Sequence[Counted], figure: Callable[[Counted], float]) -> float:
    return _median([float(figure(each)) for each in bills])


def _median(figures: Sequence[float]) -> float:
    return statistics.median_low(figures) if figures else 0.0


def _mean(figures: Sequence[float | None]) -> float:
    told = [each for each in figures if each is not None]
    return statistics.fmean(told) if told else 0.0
