"""What is measured while a network lives: what can be reached, what it costs, how news spreads."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from goodword.protocol.bounds import Place
from goodword.protocol.limits import DAY, HOUR

from . import carrier
from .carrier import Bill
from .churn import Session
from .market import Bools, Market, Revisions, Slots
from .network import Network, Node

BEGIN: Final = 98.0 * DAY
"""The network is then a hundred days old: those who stay have met."""
NEWS_SECONDS: Final = 14.0 * DAY
"""Listings that change in so many days are followed;"""
FOLLOWED_SECONDS: Final = 14.0 * DAY
"""each for so long."""
END: Final = BEGIN + NEWS_SECONDS + FOLLOWED_SECONDS

NEWS: Final = 200
BILLS: Final = 30
"""Sessions, about, whose bytes are counted, by dice: each runs the protocol with every peer."""
BILLS_OF_EVERYTHING: Final = 10
"""Where all is compared with all."""
PAUSE_SECONDS_MAX: Final = float(HOUR)
LOOKS: Final = 400
"""Sessions at whose beginning one looks what can be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A session, and its bytes."""

    seconds: float
    records: int
    """Here when it ends."""
    peers: int
    is_first: bool
    """Of this person: all that it keeps has to come."""
    bill: Bill
    backed_off: int
    """Bytes of repeats, if the pause between two doubled up to PAUSE_SECONDS_MAX."""
    in_common: int
    """Bytes of repeats, if two compared only what both keep: what one of them will never take is
    not found anew each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Shares of the living shops: of sellers who are there and will be online again."""

    online: int
    """Others, at that moment."""
    near: float | None
    """Of the shops within two hops: reached now by asking whoever is online and can be found.
    None: there are none."""
    near_with_disk: float | None
    """The same, and what lies on one's own disk."""
    any_online: float | None
    """Of all shops: somebody, anywhere, is online and has it."""


@dataclass(slots=True, kw_only=True)
class News:
    slot: int
    revision: int
    at: float
    got: dict[int, float] = field(default_factory=dict[int, float])
    """Who, and when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Seconds until so large a part of those had it who wanted it and were online at all in
    FOLLOWED_SECONDS; infinite if they never had."""

    half: float
    most: float
    """Nine in ten."""
    half_floor: float
    most_floor: float
    """If everybody had it in the moment in which they come online."""
    share: float
    """Of these people who had it in the end."""


class Measure:
    """An Observer."""

    def __init__(self, dice: random.Random, begin: float = BEGIN, end: float = END) -> None:
        self.bills: list[Counted] = []
        self.looks: list[Look] = []
        self.news: list[News] = []
        self.scopes: list[int] = []
        """People named in the scopes of those who came."""
        self.network: Network
        self._dice = dice
        self._begin, self._end = begin, end
        self._open: dict[int, Bill] = {}
        self._is_first: dict[int, bool] = {}
        self._met: dict[int, int] = {}
        self._backed_off: dict[int, int] = {}
        self._in_common: dict[int, int] = {}
        self._followed: dict[int, News] = {}
        self._chances: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def watch(self, network: Network) -> None:
        """Before it lives: and choose by how much there will be what is looked at."""
        self.network = network
        coming = [s for life in network.market.lives for s in life if self._is_within(s.start)]
        sellers = sum(each.person in network.market.listings for each in coming)
        count = max(len(coming), 1)
        self._chances = (
            (BILLS_OF_EVERYTHING if network.policy.is_everything else BILLS) / count,
            LOOKS / count,
            NEWS / max(sellers, 1) * (self._end - self._begin) / NEWS_SECONDS,
        )

    def _is_within(self, at: float) -> bool:
        return self._begin <= at < self._end

    # --- what the network tells -----------------------------------------------------------------

    def came(self, node: Node, now: float) -> None:
        if not self._is_within(now):
            return
        self.scopes.append(self.network.interests.named(node.person))
        if self._dice.random() < self._chances[1]:
            self.looks.append(self._look(node, now))
        if self._dice.random() < self._chances[0]:
            self._open[node.person] = Bill()
            self._is_first[node.person] = not node.have.any()
            self._met[node.person] = 0
            self._backed_off[node.person] = self._in_common[node.person] = 0

    def linked(self, one: Node, other: Node, now: float) -> None:
        if not (bills := self._bills(one, other)):
            return
        interests = self.network.interests
        seconds = min(one.end, other.end) - now
        scopes = sum(self._scope(each) for each in (one, other))
        announced = sum(
            carrier.announcements(interests.topics(each.person), seconds) for each in (one, other)
        )
        said = sum(self._compare(client, server) for client, server in ((one, other), (other, one)))
        for person, bill in bills.items():
            bill.scopes += scopes
            bill.announcements += announced
            bill.comparison += said
            self._met[person] += 1

    def takes(self, client: Node, server: Node, slots: Slots, revisions: Revisions) -> None:
        if bills := self._bills(client, server):
            places = self._places(slots, revisions)
            size = carrier.fetch(places, self.network.market.size[slots].tolist())
            for bill in bills.values():
                bill.records += size
        if self._followed:
            self._note(client, slots, revisions)

    def spread(self, source: Node, reached: Sequence[Node], slots: Slots) -> None:
        """Not over the line by which it came here, but over each of the mesh."""
        inside = {each.person: each for each in (source, *reached)}
        for person, node in inside.items():
            if bill := self._open.get(person):
                lines = sum(peer in inside for peer in node.links)
                wanted = slots[node.find(slots) > 0]
                size = int((self.network.market.size[wanted] + carrier.GOSSIP_FRAME_BYTES).sum())
                bill.gossip += min(lines, carrier.MESH_DEGREE) * size

    def settled(self, node: Node, now: float) -> None:
        """All who are connected with `node` repeat their comparison until one of them leaves."""
        for peer in node.links.values():
            if bills := self._bills(node, peer):
                self._repeat(bills, node, peer, min(node.end, peer.end) - now)

    def _repeat(self, bills: Mapping[int, Bill], one: Node, other: Node, seconds: float) -> None:
        """Each visits the other every REPEAT_SECONDS, for so long."""
        rounds = int(seconds / carrier.REPEAT_SECONDS)
        ways = ((one, other), (other, one))
        scopes = sum(self._scope(each) for each in (one, other))
        compared = sum(self._compare(*each) for each in ways)
        newer = sum(carrier.newer(self._listings_kept_by_one(*each)) for each in ways)
        is_same = self.network.policy.is_everything
        common = compared if is_same else sum(self._compare_common(*each) for each in ways)
        for person, bill in bills.items():
            bill.told_again += rounds * scopes
            bill.compared_again += rounds * compared
            bill.asked_again += rounds * newer
            self._backed_off[person] += pauses(seconds) * (scopes + compared + newer)
            self._in_common[person] += rounds * common

    def said(self, node: Node, slot: int, revision: int, now: float) -> None:
        is_time = self._begin <= now < self._end - FOLLOWED_SECONDS
        if is_time and slot not in self._followed and self._dice.random() < self._chances[2]:
            self._followed[slot] = News(slot=slot, revision=revision, at=now)
            self.news.append(self._followed[slot])

    def left(self, node: Node, now: float) -> None:
        if bill := self._open.pop(node.person, None):
            seconds = now - max(
                each.start for each in self.network.market.lives[node.person] if each.start < now
            )
            self.bills.append(
                Counted(
                    seconds=seconds,
                    records=int(np.count_nonzero(node.have)),
                    peers=self._met[node.person],
                    is_first=self._is_first[node.person],
                    bill=bill,
                    backed_off=self._backed_off[node.person],
                    in_common=self._in_common[node.person],
                )
            )

    # --- bytes ----------------------------------------------------------------------------------

    def _bills(self, one: Node, other: Node) -> Mapping[int, Bill]:
        people = (one.person, other.person)
        return {each: self._open[each] for each in people if each in self._open}

    def _compare(self, client: Node, server: Node) -> int:
        """What one comparison costs now."""
        ours = self._places(client.want, client.have)
        theirs = self._places(client.want, self.network.offered(server, client))
        return carrier.compare(ours, theirs).size

    def _scope(self, node: Node) -> int:
        """To tell what it keeps: all needs no telling."""
        if self.network.policy.is_everything:
            return 0
        return carrier.scope(self.network.interests.named(node.person))

    def _listings_kept_by_one(self, client: Node, server: Node) -> int:
        """Of the listings of `client`: those that `server` does not offer."""
        theirs = self.network.offered(server, client)
        lacking = client.want[(client.have > 0) & (client.have != theirs)]
        return int(self.network.market.is_listing[lacking].sum())

    def _compare_common(self, client: Node, server: Node) -> int:
        """The same, of what both want."""
        slots = np.intersect1d(client.want, server.want, assume_unique=True)
        ours = self._places(slots, client.find(slots))
        theirs = self._places(slots, server.find(slots))
        return carrier.compare(ours, theirs).size

    def _places(self, slots: Slots, revisions: Revisions) -> list[Place]:
        at = np.flatnonzero(revisions)
        pairs = zip(slots[at].tolist(), revisions[at].tolist(), strict=True)
        return sorted(self.network.market.place(*each) for each in pairs)

    # --- what can be reached --------------------------------------------------------------------

    def _look(self, node: Node, now: float) -> Look:
        market = self.network.market
        living = np.array([s for s in market.listings if _is_living(market.lives[s], now)], np.intp)
        circle = self._circle(node.person)
        near = np.array([s for s in living.tolist() if s in circle and s != node.person], np.intp)
        others = [each for each in self.network.online.values() if each is not node]
        found = [each for each in others if each.person in node.scope]
        if not self.network.policy.is_seller_only:
            rest = [each for each in others if each.person not in node.scope]
            found += self._dice.sample(rest, min(3, len(rest)))
        reached = self._held(found, near)
        return Look(
            online=len(others),
            near=_share(reached),
            near_with_disk=_share(reached | self._held([node], near)),
            any_online=_share(self._held(others, living)),
        )

    def _held(self, nodes: Sequence[Node], sellers: Slots) -> Bools:
        """Of each shop: whether one of the nodes would serve it."""
        slots = np.array([self.network.market.listings[s][0] for s in sellers.tolist()], np.intp)
        held = np.zeros(len(slots), np.bool_)
        for each in nodes:
            has = each.find(slots) > 0
            if self.network.policy.is_seller_only:
                has &= sellers == each.person
            held |= has
        return held

    def _circle(self, person: int) -> set[int]:
        friends = self.network.market.friends
        return {far for near in friends[person] for far in (near, *friends[near])} - {person}

    # --- news -----------------------------------------------------------------------------------

    def _note(self, client: Node, slots: Slots, revisions: Revisions) -> None:
        for slot, revision in zip(slots.tolist(), revisions.tolist(), strict=True):
            news = self._followed.get(slot)
            if news is not None and revision >= news.revision:
                news.got.setdefault(client.person, self.network.now)

    def spreads(self) -> list[Spread]:
        """Of each news that anybody wanted."""
        market, interests = self.network.market, self.network.interests
        authors = {int(market.author[each.slot]) for each in self.news}
        wanting: dict[int, list[int]] = {each: [] for each in authors}
        for person in range(market.people):
            for author in authors.intersection(interests.people(person)) - {person}:
                wanting[author].append(person)
        made = (_spread(market, each, wanting[int(market.author[each.slot])]) for each in self.news)
        return [each for each in made if each is not None]


def _spread(market: Market, news: News, wanting: Sequence[int]) -> Spread | None:
    end = news.at + FOLLOWED_SECONDS
    first = {p: _online_from(market.lives[p], news.at) for p in wanting}
    there = [person for person, at in first.items() if at < end]
    if not there:
        return None
    got = sorted(_in_time(news.got.get(each, float("inf")) - news.at) for each in there)
    floor = sorted(first[each] - news.at for each in there)
    half, most = (len(there) - 1) // 2, (len(there) * 9 - 1) // 10
    return Spread(
        half=got[half],
        most=got[most],
        half_floor=floor[half],
        most_floor=floor[most],
        share=sum(map(math.isfinite, got)) / len(got),
    )


def _in_time(seconds: float) -> float:
    """News is followed for equally long, whenever it was: what comes later came never."""
    return seconds if seconds <= FOLLOWED_SECONDS else math.inf


def _online_from(life: Sequence[Session], at: float) -> float:
    """When somebody is online next, from `at` on; infinite: never."""
    number = bisect_right(life, at, key=lambda each: each.end)
    return max(life[number].start, at) if number < len(life) else float("inf")


def _is_living(life: Sequence[Session], now: float) -> bool:
    return life[0].start < now < life[-1].end


def _share(held: Bools) -> float | None:
    return float(held.mean()) if len(held) else None


def pauses(seconds: float) -> int:
    """How many fit, the first of REPEAT_SECONDS, each twice as long as the one before."""
    count, pause, left = 0, carrier.REPEAT_SECONDS, seconds
    while left >= pause:
        count, left, pause = count + 1, left - pause, min(pause * 2, PAUSE_SECONDS_MAX)
    return count
