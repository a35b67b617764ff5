"""The simulated network invents nothing, loses nothing, and is the same from the same seed."""

from __future__ import annotations

import random
from dataclasses import replace
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest

from goodword.protocol.bounds import id_of
from goodword.protocol.limits import DAY, HOUR
from tests.scale import graph, market, plot, world
from tests.scale.__main__ import laws, table
from tests.scale.churn import Session
from tests.scale.keeping import CATEGORIES, CIRCLE, EVERYTHING, FRIENDS, POLICIES, SELLER, Policy
from tests.scale.market import Market, Revisions, Slots
from tests.scale.measure import FOLLOWED_SECONDS, Measure, News, Spread
from tests.scale.network import How, Network, Node
from tests.scale.world import Result

PEOPLE = 60


class Onlooker(Measure):
    """Measures nothing; checks each record that is handed over."""

    def __init__(self) -> None:
        super().__init__(random.Random(0), begin=0.0, end=0.0)
        self.taken = 0
        self.compared = 0
        self.is_comparing = False

    def takes(
        self, client: Node, server: Node, slots: Slots, revisions: Revisions, how: How
    ) -> None:
        """What somebody takes the other has, wants, and has not yet."""
        assert server.person in client.links
        assert client.person in server.links
        assert (server.find(slots) == revisions).all()
        assert (client.find(slots) < revisions).all()
        assert np.isin(slots, client.want).all()
        if self.network.policy.is_seller_only:
            assert (self.network.market.author[slots] == server.person).all()
        if self.is_comparing and how is How.FIRST and self.compared < 60:
            self._compare_as_nodes_do(client, server, slots, revisions)
        self.taken += len(slots)

    def _compare_as_nodes_do(
        self, client: Node, server: Node, slots: Slots, revisions: Revisions
    ) -> None:
        """And may find an older revision than the client has."""
        visit = self._visit(client, server)
        found = {*visit.need, *visit.filled}
        ours = self._places(client.want, client.kept())
        theirs = self._places(client.want, self.network.offered(server, client))
        assert found == {id_of(each) for each in set(theirs) - set(ours)}
        assert found >= {id_of(each) for each in self._places(slots, revisions)}
        self.compared += 1


@pytest.fixture(scope="module")
def small() -> Result:
    return world.simulate(world.build(PEOPLE), CIRCLE)


def run(made: Market, policy: Policy, until: float, *, is_comparing: bool = False) -> Network:
    made.forget()
    onlooker = Onlooker()
    onlooker.is_comparing = is_comparing
    network = Network(made, policy, random.Random(1), onlooker)
    onlooker.watch(network)
    network.run(until)
    assert onlooker.taken > 0
    return network


def everybody_online(people: int) -> Market:
    """They come one after the other in the first hours, and stay."""
    dice = random.Random(4)
    lives = [
        [
            Session(person=n, start=(n + 1) * 60.0, end=2 * HOUR),
            Session(person=n, start=3 * HOUR, end=DAY),
        ]
        for n in range(people)
    ]
    return market.build(graph.grow(people, dice), lives, dice)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda each: each.name)
def test_a_record_comes_from_somebody_who_has_it(policy: Policy) -> None:
    run(world.build(PEOPLE), policy, 60 * DAY)


@pytest.mark.parametrize("policy", [FRIENDS, CATEGORIES, EVERYTHING], ids=lambda each: each.name)
def test_comparing_arrays_finds_what_reconciliation_finds(policy: Policy) -> None:
    """But for what was superseded: a node would offer the older revision of it too."""
    run(world.build(PEOPLE), policy, 60 * DAY, is_comparing=True)


@pytest.mark.parametrize("policy", [EVERYTHING, CIRCLE, CATEGORIES], ids=lambda each: each.name)
def test_where_everybody_is_online_everybody_has_all_that_he_wants(policy: Policy) -> None:
    network = run(everybody_online(PEOPLE), policy, DAY - 1)
    newest = network.newest
    assert len(network.online) == PEOPLE
    assert newest.all(), "everybody has said all that he had to say"
    lacking = [each for each in network.online.values() if (each.kept() != newest[each.want]).any()]
    assert not lacking


def test_who_is_in_the_same_state_has_the_same() -> None:
    """Of those who keep everything: two of them are not compared."""
    network = run(world.build(300), EVERYTHING, 60 * DAY)
    by_state: dict[int, list[Node]] = {}
    for each in network.online.values():
        by_state.setdefault(each.state, []).append(each)
    assert max(map(len, by_state.values())) > 1
    for some in by_state.values():
        assert all((each.have == some[0].have).all() for each in some)


def test_where_only_sellers_serve_a_shop_is_gone_with_its_seller() -> None:
    """He was there while all came, and left."""
    made = everybody_online(30)
    seller, slots = next((s, np.array(some)) for s, some in made.listings.items())
    lives = [list(life) for life in made.lives]
    lives[seller] = [Session(person=seller, start=0.0, end=40 * 60.0)]
    made = replace(made, lives=lives)

    def serving(policy: Policy) -> list[int]:
        network = run(made, policy, DAY - 1)
        online = network.online.values()
        asker = next(each for each in online if np.isin(slots, each.want).all())
        is_shop = np.isin(asker.want, slots)
        others = [each for each in online if each is not asker]
        return [each.person for each in others if network.offered(each, asker)[is_shop].any()]

    assert serving(SELLER) == []
    assert 0 < len(serving(CIRCLE)) < 29
    assert len(serving(EVERYTHING)) == 28


def test_nobody_hears_of_a_shop_that_was_open_when_nobody_was_there() -> None:
    made = everybody_online(30)
    seller, some = next(iter(made.listings.items()))
    lives = [list(life) for life in made.lives]
    lives[seller] = [Session(person=seller, start=0.0, end=30.0)]
    network = run(replace(made, lives=lives), EVERYTHING, DAY - 1)
    slots = np.array(some)
    assert not any(each.find(slots).any() for each in network.online.values())


def test_the_same_seed_gives_the_same_figures_and_another_one_others(
    small: Result,
) -> None:
    assert world.simulate(world.build(PEOPLE), CIRCLE) == small
    assert world.simulate(world.build(PEOPLE, seed=2), CIRCLE, seed=2) != small


def test_a_world_that_is_not_the_measured_market_is_refused() -> None:
    assert "52.9%" in world.checked(world.build(PEOPLE))
    with pytest.raises(AssertionError):
        world.checked(everybody_online(PEOPLE))


def test_measuring_changes_nothing() -> None:
    made = world.build(PEOPLE)
    unmeasured = run(made, CIRCLE, 70 * DAY)
    made.forget()
    measure = Measure(random.Random(3), begin=20 * DAY, end=70 * DAY)
    measured = Network(made, CIRCLE, random.Random(1), measure)
    measure.watch(measured)
    measured.run(70 * DAY)
    assert measure.bills
    assert measured.online.keys() == unmeasured.online.keys()
    assert (measured.newest == unmeasured.newest).all()
    for person, node in measured.online.items():
        assert (node.have == unmeasured.online[person].have).all()


class Listener(Measure):
    """Counts again, by itself, what is billed for records."""

    def __init__(self) -> None:
        super().__init__(random.Random(3), begin=0.0, end=60 * DAY)
        self.sizes: dict[int, int] = {}
        self.least: list[tuple[int, int]] = []
        """What the records of a bill are at least, and what it says."""

    def takes(
        self, client: Node, server: Node, slots: Slots, revisions: Revisions, how: How
    ) -> None:
        super().takes(client, server, slots, revisions, how)
        for person in (client.person, server.person):
            if person in self._open and (how is not How.GOSSIP or not self._hears(client, slots)):
                size = int(self.network.market.size[slots].sum())
                self.sizes[person] = self.sizes.get(person, 0) + size

    def left(self, node: Node, now: float) -> None:
        before = len(self.bills)
        super().left(node, now)
        if len(self.bills) > before:
            self.least.append((self.sizes.pop(node.person, 0), self.bills[-1].bill.records))


def test_a_bill_is_the_records_and_little_more() -> None:
    """Some of their ids, and revisions that the other had still, and which this one had no more."""
    made = world.build(PEOPLE)
    listener = Listener()
    network = Network(made, CIRCLE, random.Random(1), listener)
    listener.watch(network)
    network.run(60 * DAY)
    told = [(least, billed) for least, billed in listener.least if least]
    assert len(told) > 5
    assert all(least < billed for least, billed in told), told
    assert sum(billed for _, billed in told) < 1.4 * sum(least for least, _ in told)


def test_a_law_is_told_only_of_what_is_finite_everywhere(small: Result) -> None:
    grown = [replace(small, people=n, needed=float(n), half=n**0.5) for n in (300, 1_000, 3_000)]
    told = laws(grown)
    assert f"bytes needed, {CIRCLE.caption}: N^+1.00 (R² 1.00)" in told
    assert f"hours to half, {CIRCLE.caption}: N^+0.50 (R² 1.00)" in told
    never = laws([*grown, replace(small, people=10_000, needed=10_000.0, half=float("inf"))])
    assert f"hours to half, {CIRCLE.caption}: none: for some sizes it is never" in never
    assert len({len(line) for line in table(grown).splitlines()}) == 1


def test_most_visits_find_all_as_it_was(small: Result) -> None:
    assert 0 < small.comparisons < small.looks / 10
    assert 0 < small.compared_again < small.looked_again
    assert small.told_again == 0, "nobody has so many peers that it forgets a scope"


def test_news_that_comes_too_late_is_news_that_never_came() -> None:
    made = world.build(PEOPLE)
    spreads: list[Spread] = []
    for seconds in (FOLLOWED_SECONDS - 1, FOLLOWED_SECONDS + 1):
        measure = Measure(random.Random(0), begin=0.0, end=0.0)
        measure.network = Network(made, EVERYTHING, random.Random(0), measure)
        news = News(slot=made.listings[min(made.listings)][0], revision=1, at=100 * DAY)
        news.got = dict.fromkeys(range(PEOPLE), news.at + seconds)
        measure.news.append(news)
        spreads += measure.spreads()
    in_time, late = spreads
    assert (in_time.half, in_time.share) == (FOLLOWED_SECONDS - 1, 1)
    assert (late.half, late.share) == (float("inf"), 0)
    assert in_time.half_floor == late.half_floor < in_time.most_floor < FOLLOWED_SECONDS


def test_the_plot_is_xml_and_shows_each_policy(small: Result) -> None:
    results = [
        replace(small, people=n, policy=policy, half=float("inf") if n > 300 else 2.0)
        for n in (300, 3_000)
        for policy in POLICIES
    ]
    svg = fromstring(plot.draw(results))
    texts = [each.text for each in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert all(policy.caption in texts for policy in POLICIES)
    assert "3,000" in texts
