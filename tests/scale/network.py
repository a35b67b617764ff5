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
from enum import Enum
from typing import Final, Protocol

import numpy as np

from goodword.node.syncer import AT_ONCE_MAX

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
    disk: Revisions
    """Of each of them the newest revision here; 0: none. Kept while it is offline."""
    is_everything: bool = False
    """It wants each slot."""
    have: Revisions
    """Of all slots there are, while it is online: a slot is found at once."""
    wants: Bools
    """The same."""
    state: int = 0
    """Of two who want everything: equal only if they have the same."""
    end: float = 0.0
    """Of the session; it is online until then."""
    links: dict[int, Node] = field(default_factory=dict[int, "Node"])

    def wake(self, slots: int) -> None:
        if not self.is_everything:
            self.have = np.zeros(slots, np.uint16)
            self.have[self.want] = self.disk
            self.wants = np.zeros(slots, np.bool_)
            self.wants[self.want] = True

    def sleep(self) -> None:
        if not self.is_everything:
            self.disk = self.kept()
            self.have, self.wants = self.disk[:0], self.wants[:0]

    def kept(self) -> Revisions:
        """What it has of each slot that it wants."""
        return self.have if self.is_everything else self.have.take(self.want)

    def find(self, slots: Slots) -> Revisions:
        """What it has of these."""
        return self.have.take(slots)

    def lacks(self, slots: Slots, revisions: Revisions) -> Bools:
        """Of each of the slots: whether it wants it, and has not come to this revision."""
        lacking: Bools = self.have.take(slots) < revisions
        if not self.is_everything:
            lacking &= self.wants.take(slots)
        return lacking


class How(Enum):
    """A record comes."""

    FIRST = "in the first visit"
    LATER = "in a later one"
    GOSSIP = "by gossip"


class Observer(Protocol):
    """Who looks on. Nothing that it does changes what happens."""

    def came(self, node: Node, now: float) -> None:
        """`node` is online, and has not spoken to anybody yet."""

    def linked(self, one: Node, other: Node, now: float) -> None:
        """Two are connected, and have not spoken yet."""

    def meets(self, node: Node, peers: Sequence[Node]) -> None:
        """`node` and these, with whom it has just been connected, are about to catch up with each
        other, all at once."""

    def takes(
        self, client: Node, server: Node, slots: Slots, revisions: Revisions, how: How
    ) -> None:
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
        self._all = np.arange(market.slots, dtype=np.intp)
        self._everybody = frozenset(range(market.people if policy.is_everything else 0))
        self._states: dict[tuple[int, bytes], int] = {}
        """To which what is passed on now leads: from which, and with how much of it."""
        self._last_state = 0
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
        node.wake(self.market.slots)
        peers = self._peers(node)
        self._observer.came(node, self.now)
        self.online[node.person] = node
        mine = node.kept()
        for begin in range(0, len(peers), AT_ONCE_MAX):
            some = peers[begin : begin + AT_ONCE_MAX]
            for peer in some:
                node.links[peer.person] = peer
                peer.links[node.person] = node
                self._observer.linked(node, peer, self.now)
            self._observer.meets(node, some)
            for peer in some:
                self._catch_up(node, peer, mine)
        for peer in peers:
            brought = self._catch_up(peer, node, peer.kept())
            if len(brought):
                self._pass_on(peer, brought, How.LATER)
        self._speak(node)
        self._observer.settled(node, self.now)

    def _go(self, person: int, *, is_last: bool) -> None:
        node = self.online.pop(person)
        for peer in node.links.values():
            del peer.links[person]
        node.links.clear()
        self._observer.left(node, self.now)
        node.sleep()
        if is_last:
            del self._homes[person]

    def _home(self, person: int) -> Node:
        if person not in self._homes:
            is_everything = self.policy.is_everything
            people = self.interests.people(person)
            want = self._all if is_everything else self.interests.slots(people)
            none = np.zeros(len(want), np.uint16)
            self._homes[person] = Node(
                person=person,
                scope=self._everybody or frozenset(people),
                want=want,
                disk=none[:0] if is_everything else none,
                is_everything=is_everything,
                have=none if is_everything else none[:0],
                wants=np.zeros(0, np.bool_),
            )
        return self._homes[person]

    def _peers(self, node: Node) -> list[Node]:
        """Whom it connects with: people of its interest, friends first, and a few strangers."""
        friends = set(self.market.friends[node.person])
        near = [each for each in self.online.values() if each.person in node.scope]
        self._dice.shuffle(near)
        near.sort(key=lambda each: each.person not in friends)
        chosen = near if self.policy.is_seller_only else near[:DIALLED_MAX]
        others = [self.online[each] for each in self.online.keys() - {c.person for c in chosen}]
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
        node.have[slots] = self.newest[slots]
        reached = self._pass_on(node, slots, How.GOSSIP)
        self._observer.spread(node, reached, slots)

    # --- how it travels -------------------------------------------------------------------------

    def offered(self, server: Node, client: Node) -> Revisions:
        """What `server` has of each slot that `client` wants; 0: nothing."""
        if client.is_everything:
            return server.have
        if not self.policy.is_seller_only:
            return server.have.take(client.want)
        own = self.market.by[server.person]
        own = own[client.wants.take(own)]
        theirs = np.zeros(len(client.want), np.uint16)
        theirs[client.want.searchsorted(own)] = server.have.take(own)
        return theirs

    def _catch_up(self, client: Node, server: Node, mine: Revisions) -> Slots:
        """The slots of what was new to `client`, who has kept `mine`, which grows by it."""
        if client.is_everything and client.state == server.state:
            return self._all[:0]
        theirs = self.offered(server, client)
        at = np.flatnonzero(theirs > mine)
        slots = client.want[at]
        if len(at):
            self._observer.takes(client, server, slots, theirs[at], How.FIRST)
            mine[at] = theirs[at]
            client.have[slots] = theirs[at]
        if client.is_everything:
            is_same = np.array_equal(client.have, server.have)
            client.state = server.state if is_same else self._new_state()
        return slots

    def _pass_on(self, source: Node, slots: Slots, how: How) -> list[Node]:
        """To all who want it and are connected with one who has it; whom it has reached."""
        if self.policy.is_seller_only:
            slots = slots[self.market.author[slots] == source.person]
        people = {*self.market.author[slots].tolist(), *self.market.subject[slots].tolist()}
        revisions = source.find(slots)
        lacking: dict[int, Bools] = {}
        content = {source.person}
        """Who has all of it that he wants."""
        reached: dict[int, Node] = {}
        self._states.clear()
        whole, nothing = np.ones(len(slots), np.bool_), np.zeros(len(slots), np.bool_)
        if how is How.GOSSIP:  # it has just said it
            source.state = self._state_after(source.state, whole)
        waiting = deque([(source, whole)])
        while waiting:
            holder, some = waiting.popleft()
            for person in holder.links.keys() - content:
                peer = holder.links[person]
                if person not in lacking:
                    is_near = peer.is_everything or not peer.scope.isdisjoint(people)
                    lacking[person] = peer.lacks(slots, revisions) if is_near else nothing
                lack = lacking[person]
                new = lack & some
                if self._hand(peer, holder, slots, revisions, new, how):
                    lack &= ~new
                    reached[person] = peer
                    if not self.policy.is_seller_only:
                        waiting.append((peer, new))
                if not np.count_nonzero(lack):
                    content.add(person)
        return list(reached.values())

    def _hand(
        self, peer: Node, holder: Node, slots: Slots, revisions: Revisions, new: Bools, how: How
    ) -> bool:
        """Those of the slots that are `new` to `peer`; whether any is."""
        count = np.count_nonzero(new)
        if not count:
            return False
        if count < len(slots):
            slots, revisions = slots[new], revisions[new]
        self._observer.takes(peer, holder, slots, revisions, how)
        peer.have[slots] = revisions
        peer.state = self._state_after(peer.state, new)
        return True

    def _new_state(self) -> int:
        self._last_state += 1
        return self._last_state

    def _state_after(self, state: int, new: Bools) -> int:
        """The same for all who were in one state and take the same."""
        found = self._states.get((state, new.tobytes()))
        if found is None:
            found = self._states[state, new.tobytes()] = self._new_state()
        return found
