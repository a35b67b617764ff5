"""Honest parties walk through the table at random, over a network that delays and repeats."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from goodword.crypto.person import Person
from goodword.protocol import entry, order
from goodword.protocol.codec import Value
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import MissingEntries
from goodword.protocol.limits import DAY, ROLE_ENTRIES_MAX
from goodword.protocol.order import Order, open_steps
from goodword.protocol.record import Record
from tests.make import entries_of, say, terms

from .ways import OPENING, PEOPLE


@dataclass
class Party:
    """A node, as far as one order goes."""

    person: Person
    role: Role
    known: list[Record] = field(default_factory=lambda: [OPENING])
    early: list[Record] = field(default_factory=list[Record])
    """Arrived before what they follow."""

    @property
    def order(self) -> Order:
        return order.fold(entries_of(self.known).values())

    def act(self, choice: int, now: int) -> Record | None:
        """One of the steps that are open, if any is."""
        here = self.order
        now = max(now, here.since)
        steps = open_steps(here, self.role, now)
        if not steps:
            return None
        event = steps[choice % len(steps)]
        details = self._details(here, event, choice)
        said = say(self.person, event, self.known, details=details, now=now)
        self.receive(said)
        return said

    def _details(self, here: Order, event: Event, choice: int) -> dict[str, Value]:
        match event:
            case Event.COUNTER:
                other = terms(quantity=1 + choice % 5, moderator=here.terms.moderator)
                return {"terms": other.to_body()}
            case Event.OFFER:
                return {"to_seller": choice % (here.terms.total.minor + 1)}
            case Event.VERDICT:
                part = choice % (here.terms.total.minor + 1)
                return {"to_seller": part, "reasons": "so"}
            case Event.AGREE:
                offers = [each for by, each in here.offers.items() if by is not self.role]
                return {"offer": offers[0].id}
            case Event.DISPUTE:
                return {"reasons": "no"}
            case _:
                return {}

    def receive(self, said: Record) -> None:
        """What an honest party says is never refused; at most it is early."""
        if said.id not in entries_of(self.known):
            try:
                order.check(entry.read(said), entries_of(self.known))
            except MissingEntries:
                self.early.append(said)
                return
            self.known.append(said)
            waiting, self.early = self.early, []
            for each in waiting:
                self.receive(each)


moves = st.tuples(
    st.sampled_from(["act", "act", "deliver", "repeat", "wait"]),
    st.sampled_from(Role),
    st.integers(0, 10**4),
)


@settings(max_examples=150)
@given(st.lists(moves, max_size=30))
def test_honest_parties_agree_in_the_end(walk: list[tuple[str, Role, int]]) -> None:
    parties = {role: Party(person, role) for role, person in PEOPLE.items()}
    on_the_way: dict[Role, list[Record]] = {role: [] for role in Role}
    now = OPENING.made_at
    for move, role, number in walk:
        queue = on_the_way[role]
        match move:
            case "act":
                said = parties[role].act(number, now)
                if said:
                    for other in Role:
                        if other is not role:
                            on_the_way[other].append(said)
            case "deliver" if queue:
                parties[role].receive(queue.pop(number % len(queue)))
            case "repeat" if queue:
                parties[role].receive(queue[number % len(queue)])
            case _:
                now += number * DAY // 1_000
    for role, queue in on_the_way.items():
        for said in reversed(queue):
            parties[role].receive(said)
    agreed = [party.order for party in parties.values()]
    assert agreed[0] == agreed[1] == agreed[2]
    assert not any(party.early for party in parties.values())
    assert not agreed[0].forkers
    assert len(agreed[0].heads) <= len(Role)
    assert all(len(party.known) < ROLE_ENTRIES_MAX for party in parties.values())
