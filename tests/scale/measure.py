"""What is measured while a network lives: what can be reached, what it costs, how news spreads."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from goodword.crypto.hashing import digest
from goodword.node.catalogue import SHELVES_MAX
from goodword.protocol.bounds import Place, id_of
from goodword.protocol.limits import DAY
from goodword.protocol.record import RecordId

from . import carrier
from .account import Account, Way
from .again import Change
from .carrier import Bill, Stock, Visit
from .churn import Session
from .market import Bools, Market, Revisions, Slots
from .network import How, Network, Node

BEGIN: Final = 98.0 * DAY
"""The network is then a hundred days old: those who stay have met."""
NEWS_SECONDS: Final = 14.0 * DAY
"""Listings that change in so many days are followed;"""
FOLLOWED_SECONDS: Final = 14.0 * DAY
"""each for so long."""
END: Final = BEGIN + NEWS_SECONDS + FOLLOWED_SECONDS

NEWS: Final = 200
BILLS: Final = 20
"""Sessions, about, whose bytes are counted, by dice: each runs the protocol with every peer."""
BILLS_OF_EVERYTHING: Final = 10
"""Where all is compared with all."""
STOCK_MAX: Final = 16
"""Kept to be compared again: those who keep everything have much the same."""
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
    looks: int
    """Visits after the first with each peer in which nothing had changed, both ways;"""
    comparisons: int
    """and others."""
    bill: Bill


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
        self.network: Network
        self._dice = dice
        self._begin, self._end = begin, end
        self._open: dict[int, Account] = {}
        self._changes: dict[int, list[Change]] = {}
        """Of whose who have an account, or are connected with one who has: what came to them."""
        self._stock: dict[bytes, Stock] = {}
        """Of everything, what was compared lately; the last comes last."""
        self._followed: dict[int, News] = {}
        self._is_followed: Bools = np.zeros(0, np.bool_)
        """The same, by slots."""
        self._chances: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def watch(self, network: Network) -> None:
        """Before it lives: and choose by how much there will be what is looked at."""
        self.network = network
        self._is_followed = np.zeros(network.market.slots, np.bool_)
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
        if self._dice.random() < self._chances[1]:
            self.looks.append(self._look(node, now))
        if self._dice.random() < self._chances[0]:
            self._open[node.person] = Account(is_first=not node.have.any())

    def linked(self, one: Node, other: Node, now: float) -> None:
        for account in self._accounts(one, other):
            until = min(one.end, other.end)
            for client, server in ((one, other), (other, one)):
                topics = self.network.interests.topics(client.person)
                account.bill.announcements += carrier.announcements(topics, until - now)
                account.ways.append(
                    Way(
                        client=client.person,
                        server=server.person,
                        since=now,
                        until=until,
                        changes=self._changes.setdefault(client.person, []),
                    )
                )

    def meets(self, node: Node, peers: Sequence[Node]) -> None:
        found: set[RecordId] = set()
        for peer in peers:
            if accounts := self._accounts(node, peer):
                there, back = self._visit(node, peer), self._visit(peer, node)
                is_shared = not found.isdisjoint(there.found)
                share = len(there.found - found) / max(len(there.found), 1)
                found |= there.found
                for account in accounts:
                    account.begin(node.person, peer.person, there, share, is_shared=is_shared)
                    account.begin(peer.person, node.person, back)

    def takes(
        self, client: Node, server: Node, slots: Slots, revisions: Revisions, how: How
    ) -> None:
        if self.network.now < self._begin:
            return
        if how is How.GOSSIP and not self._hears(client, slots):
            how = How.LATER
        self._note_change(client, None if how is How.GOSSIP else server.person)
        if how is not How.GOSSIP and (accounts := self._accounts(client, server)):
            ids = [id_of(each) for each in self._unsorted(slots, revisions)]
            sizes = self.network.market.size[slots].tolist()
            for account in accounts:
                account.fetch(client.person, server.person, ids, sizes, how)
        if self._followed:
            self._note(client, slots, revisions)

    def spread(self, source: Node, reached: Sequence[Node], slots: Slots) -> None:
        """Over each line of the mesh, once."""
        if self.network.now < self._begin:
            return
        self._note_change(source, None)
        if not self._open:
            return
        hearing = (each for each in reached if self._hears(each, slots))
        inside = {each.person: each for each in (source, *hearing)}
        for person, node in inside.items():
            if account := self._open.get(person):
                lines = sum(peer in inside for peer in node.links)
                wanted = slots[node.find(slots) > 0]
                size = carrier.gossip(self.network.market.size[wanted].tolist())
                account.bill.gossip += min(lines, carrier.MESH_DEGREE) * size

    def settled(self, node: Node, now: float) -> None:
        """All who are connected with `node` go on visiting each other until one of them leaves."""
        for peer in node.links.values():
            if accounts := self._accounts(node, peer):
                for client, server in ((node, peer), (peer, node)):
                    visit = self._visit(client, server)
                    is_forgotten = len(server.links) + 1 > SHELVES_MAX
                    for account in accounts:
                        way = account.way(client.person, server.person)
                        way.later, way.is_forgotten = visit, is_forgotten

    def said(self, node: Node, slot: int, revision: int, now: float) -> None:
        is_time = self._begin <= now < self._end - FOLLOWED_SECONDS
        if is_time and slot not in self._followed and self._dice.random() < self._chances[2]:
            self._followed[slot] = News(slot=slot, revision=revision, at=now)
            self._is_followed[slot] = True
            self.news.append(self._followed[slot])

    def left(self, node: Node, now: float) -> None:
        if account := self._open.pop(node.person, None):
            account.close()
            watched = {way.client for each in self._open.values() for way in each.ways}
            for person in self._changes.keys() - watched:
                del self._changes[person]
            seconds = now - max(
                each.start for each in self.network.market.lives[node.person] if each.start < now
            )
            self.bills.append(
                Counted(
                    seconds=seconds,
                    records=int(np.count_nonzero(node.have)),
                    peers=account.peers,
                    is_first=account.is_first,
                    looks=account.looks,
                    comparisons=account.comparisons,
                    bill=account.bill,
                )
            )

    # --- bytes ----------------------------------------------------------------------------------

    def _accounts(self, one: Node, other: Node) -> Sequence[Account]:
        if not self._open:
            return ()
        both = (self._open.get(one.person), self._open.get(other.person))
        return [each for each in both if each is not None]

    def _hears(self, node: Node, slots: Slots) -> bool:
        """Said together, by one: gossip brings all of it, or nothing."""
        author = int(self.network.market.author[slots[0]])
        return self.network.interests.hears(node.person, author)

    def _note_change(self, node: Node, giver: int | None) -> None:
        if (changes := self._changes.get(node.person)) is not None:
            change = Change(at=self.network.now, giver=giver)
            if not changes or changes[-1] != change:
                changes.append(change)

    def _visit(self, client: Node, server: Node) -> Visit:
        """What one catch-up takes now."""
        scope = self.network.interests.scope(client.person)
        ours = self._stock_of(client.want, client.kept())
        return carrier.visit(
            scope, ours, self._stock_of(client.want, self.network.offered(server, client))
        )

    def _stock_of(self, slots: Slots, revisions: Revisions) -> Stock:
        if not self.network.policy.is_everything:
            return self._made_stock(slots, revisions)
        name = digest(b"goodword/scale/stock", revisions.tobytes())
        stock = self._stock.pop(name, None) or self._made_stock(slots, revisions)
        self._stock[name] = stock
        if len(self._stock) > STOCK_MAX:
            del self._stock[next(iter(self._stock))]
        return stock

    def _made_stock(self, slots: Slots, revisions: Revisions) -> Stock:
        market = self.network.market
        at = np.flatnonzero(revisions)
        rows = zip(
            self._unsorted(slots[at], revisions[at]),
            market.size[slots[at]].tolist(),
            (revisions[at] * market.is_listing[slots[at]]).tolist(),
            strict=True,
        )
        told = sorted(rows)
        listings = {id_of(place): revision for place, _, revision in told if revision}
        return Stock([place for place, _, _ in told], [size for _, size, _ in told], listings)

    def _places(self, slots: Slots, revisions: Revisions) -> list[Place]:
        at = np.flatnonzero(revisions)
        return sorted(self._unsorted(slots[at], revisions[at]))

    def _unsorted(self, slots: Slots, revisions: Revisions) -> list[Place]:
        pairs = zip(slots.tolist(), revisions.tolist(), strict=True)
        return [self.network.market.place(*each) for each in pairs]

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
        at = np.flatnonzero(self._is_followed[slots])
        for slot, revision in zip(slots[at].tolist(), revisions[at].tolist(), strict=True):
            news = self._followed[slot]
            if revision >= news.revision:
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
