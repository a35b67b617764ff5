"""A network: light nodes that come, meet, catch up, tell what is new, and go. Discrete events.

What two nodes lack of each other is found by comparing arrays, which is fast, and comes to the same
as the protocol's comparison (a test holds them together); the protocol itself runs for the nodes
whose bytes are counted. Between nodes that stay connected, what is new travels at once: by gossip,
or by the catch-up that two neighbours repeat. Seconds do not matter where people sleep for days.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np

from .churn import Session
from .keeping import Interests, Policy
from .market import DAYS_ZERO, REVISED_SHARE, Bools, Market, Revisions, Slots

DIALLED_MAX: Final = 13
"""People of one's interest that one connects with: 16 in all, as a node looks for."""
STRANGERS: Final = 3
"""Others, by whom one finds the network at all."""


@dataclass(eq=False, slots=True, kw_only=True)
class Node:
    person: int
    scope: Set[int]
    """The people in the interest; their records are kept."""
    want: Slots
    """The slots in the interest, ascending."""
    have: Revisions
    """Of each of them the newest revision here; 0: none."""
    end: float = 0.0
    """Of the session; it is online until then."""
    links: dict[int, Node] = field(default_factory=dict[int, "Node"])

    def find(self, slots: Slots) -> Revisions:
        """What it has of these."""
        at, is_wanted = self._locate(slots)
        found: Revisions = self.have[at] * is_wanted
        return found

    def lacks(self, slots: Slots, revisions: Revisions) -> Slots:
        """Those of the slots that it wants, and of which it has not come to this revision."""
        at, is_wanted = self._locate(slots)
        return slots[is_wanted & (self.have[at] < revisions)]

    def _locate(self, slots: Slots) -> tuple[Slots, Bools]:
        """Where in what it wants, and whether it does."""
        at = np.searchsorted(self.want, slots)
        at[at == len(self.want)] = 0
        return at, self.want[at] == slots


class Observer(Protocol):
    """Who looks on. Nothing that it does changes what happens."""

    def came(self, node: Node, now: float) -> None:
        """`node` is online, and has not spoken to anybody yet."""

    def linked(self, one: Node, other: Node, now: float) -> None:
        """Two are connected, and have not spoken yet."""

    def takes(self, client: Node, server: Node, slots: Slots, revisions: Revisions) -> None:
        """`client` is about to take these from `server`."""

    def spread(self, source: Node, reached: Sequence[Node], slots: Slots) -> None:
        """New records of `source` have gone to these by gossip."""

    def settled(self, node: Node, now: float) -> None:
        """`node` has caught up with all whom it met when it came, and they with it."""

    def said(self, node: Node, slot: int, revision: int, now: float) -> None:
        """A seller has changed a listing."""

    def left(self, node: Node, now: float) -> None: ...


class Network:
    def __init__(
        self, market: Market, policy: Policy, dice: random.Random, observer: Observer
    ) -> None:
        self.market = market
        self.policy = policy
        self.interests = Interests(market, policy)
        self.online: dict[int, Node] = {}
        self._dice = dice
        self._observer = observer
        self._homes: dict[int, Node] = {}
        """Of all who have come and will come again."""
        self.newest = np.zeros(market.slots, np.uint16)
        """Of each slot the revision that was said last; 0: none."""
        self._scratch = np.zeros(market.slots, np.uint16)
        self._everybody = frozenset(range(market.people if policy.is_everything else 0))
        self.now = 0.0

    def run(self, until: float) -> None:
        """All that happens before `until`; seconds since the first day."""
        events: list[tuple[float, int, int, Callable[[], None]]] = []
        number = 0
        for life in self.market.lives:
            for session in life:
                if session.start < until:
                    for at, act in self._events(session, is_last=session is life[-1]):
                        events.append((at, number, session.person, act))
                        number += 1
        heapq.heapify(events)
        while events and events[0][0] < until:
            self.now, _, _, act = heapq.heappop(events)
            act()

    def _events(
        self, session: Session, *, is_last: bool
    ) -> Iterable[tuple[float, Callable[[], None]]]:
        person = session.person
        yield session.start, lambda: self._come(session)
        if person in self.market.listings and self._dice.random() < REVISED_SHARE:
            at = session.start + self._dice.random() * (session.end - session.start)
            yield at, lambda: self._revise(person)
        yield session.end, lambda: self._go(person, is_last=is_last)

    # --- a session ------------------------------------------------------------------------------

    def _come(self, session: Session) -> None:
        node = self._home(session.person)
        node.end = session.end
        peers = self._peers(node)
        self._observer.came(node, self.now)
        for peer in peers:
            node.links[peer.person] = peer
            peer.links[node.person] = node
            self._observer.linked(node, peer, self.now)
        self.online[node.person] = node
        for peer in peers:
            self._catch_up(node, peer, self.offered(peer, node))
        # Nobody has anything for `node` any more, so what it offers stays the same.
        offers = [self.offered(node, peer) for peer in peers]
        for peer, offered in zip(peers, offers, strict=True):
            brought = self._catch_up(peer, node, offered)
            if len(brought):
                self._pass_on(peer, brought)
        self._speak(node)
        self._observer.settled(node, self.now)

    def _go(self, person: int, *, is_last: bool) -> None:
        node = self.online.pop(person)
        for peer in node.links.values():
            del peer.links[person]
        node.links.clear()
        self._observer.left(node, self.now)
        if is_last:
            del self._homes[person]

    def _home(self, person: int) -> Node:
        if person not in self._homes:
            people = self.interests.people(person)
            want = self.interests.slots(people)
            self._homes[person] = Node(
                person=person,
                scope=self._everybody or frozenset(people),
                want=want,
                have=np.zeros(len(want), np.uint16),
            )
        return self._homes[person]

    def _peers(self, node: Node) -> list[Node]:
        """Whom it connects with: people of its interest, friends first, and a few strangers."""
        friends = set(self.market.friends[node.person])
        near = [each for each in self.online.values() if each.person in node.scope]
        self._dice.shuffle(near)
        near.sort(key=lambda each: each.person not in friends)
        chosen = near if self.policy.is_seller_only else near[:DIALLED_MAX]
        taken = {each.person for each in chosen}
        others = [each for each in self.online.values() if each.person not in taken]
        return chosen + self._dice.sample(others, min(STRANGERS, len(others)))

    # --- what it says ---------------------------------------------------------------------------

    def _speak(self, node: Node) -> None:
        """Where it is; and for the first time who, what it sells, and for whom it vouches."""
        person, market = node.person, self.market
        said = [market.presence[person]]
        if not self.newest[market.profile[person]]:
            said += [market.profile[person], *market.listings.get(person, [])]
        said += [
            slot
            for friend, slot in market.vouches[person].items()
            if not self.newest[slot] and self.newest[market.profile[friend]]
        ]
        self._say(node, said)

    def _revise(self, person: int) -> None:
        slot = self._dice.choice(self.market.listings[person])
        node = self.online[person]
        self._observer.said(node, slot, int(self.newest[slot]) + 1, self.now)
        self._say(node, [slot])

    def _say(self, node: Node, said: Sequence[int]) -> None:
        slots = np.array(sorted(said), np.intp)
        self.newest[slots] += 1
        for slot in slots.tolist():
            at = DAYS_ZERO + int(self.now)
            self.market.said_at[slot, int(self.newest[slot])] = at
        node.have[np.searchsorted(node.want, slots)] = self.newest[slots]
        reached = self._pass_on(node, slots)
        self._observer.spread(node, reached, slots)

    # --- how it travels -------------------------------------------------------------------------

    def offered(self, server: Node, client: Node) -> Revisions:
        """What `server` has of each slot that `client` wants; 0: nothing."""
        if self.policy.is_seller_only:
            own = self.market.by[server.person]
            self._scratch[own] = server.find(own)
            theirs = self._scratch.take(client.want)
            self._scratch[own] = 0
            return theirs
        if self.policy.is_everything:
            return server.have
        self._scratch[server.want] = server.have
        theirs = self._scratch.take(client.want)
        self._scratch[server.want] = 0
        return theirs

    def _catch_up(self, client: Node, server: Node, theirs: Revisions) -> Slots:
        """The slots of what was new to `client` of `theirs`, which `server` has."""
        at = np.flatnonzero(theirs > client.have)
        slots = client.want[at]
        if len(at):
            self._observer.takes(client, server, slots, theirs[at])
            client.have[at] = theirs[at]
        return slots

    def _pass_on(self, source: Node, slots: Slots) -> list[Node]:
        """To all who want it and are connected with one who has it; whom it has reached."""
        if self.policy.is_seller_only:
            slots = slots[self.market.author[slots] == source.person]
        people = {*self.market.author[slots].tolist(), *self.market.subject[slots].tolist()}
        revisions = source.find(slots)
        lacking: dict[int, Slots] = {source.person: slots[:0]}
        reached: dict[int, Node] = {}
        waiting = deque([(source, slots)])
        while waiting:
            holder, some = waiting.popleft()
            for peer in holder.links.values():
                if peer.person not in lacking:
                    is_near = not peer.scope.isdisjoint(people)
                    lacking[peer.person] = peer.lacks(slots, revisions) if is_near else slots[:0]
                if not len(lacking[peer.person]):
                    continue
                new = np.intersect1d(lacking[peer.person], some, assume_unique=True)
                if not len(new):
                    continue
                lacking[peer.person] = np.setdiff1d(lacking[peer.person], new, assume_unique=True)
                self._hand(peer, holder, new)
                reached[peer.person] = peer
                if not self.policy.is_seller_only:
                    waiting.append((peer, new))
        return list(reached.values())

    def _hand(self, peer: Node, holder: Node, slots: Slots) -> None:
        revisions = holder.find(slots)
        self._observer.takes(peer, holder, slots, revisions)
        peer.have[np.searchsorted(peer.want, slots)] = revisions
