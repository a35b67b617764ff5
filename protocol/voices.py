"""Voices: how many speak for or against a person who do not all depend on one other.

A voice is a path from me to somebody who speaks; no two voices share a person. So a thousand
inventions of one liar are one voice, because all of them come through whoever vouches for him.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Final, NamedTuple

from goodword.crypto.keys import PublicKey

from .trust import Judgement
from .walk import Without

VOICES_MAX: Final = 5
"""Counted on each side. More say no more: the words ask for two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """About one person."""

    support: int
    """v+, at most VOICES_MAX."""
    against: int
    """v-, at most VOICES_MAX."""
    only_support: PublicKey | None
    """Where all that is good comes through one person: who is the nearest to me."""
    only_against: PublicKey | None


def voices(judgement: Judgement) -> Voices:
    """How many independent ones stand behind what others say; my own word is not among them."""
    for_, against = (_Flow(judgement, _speakers(judgement, sign)) for sign in (1, -1))
    return Voices(
        support=for_.value,
        against=against.value,
        only_support=for_.only(),
        only_against=against.only(),
    )


def _speakers(judgement: Judgement, sign: int) -> frozenset[PublicKey]:
    return frozenset(
        each.rater
        for each in judgement.contributions
        if each.rater != judgement.me and each.trust and sign * each.strength > 0
    )


class _Place(NamedTuple):
    """Where one can stand: a person has room for one path, from her door to inside."""

    person: PublicKey
    is_inside: bool


_END: Final = _Place(PublicKey(b""), True)
"""What all speakers lead to, from inside."""


class _Flow:
    """The most paths from me to the speakers that share nobody (Ford and Fulkerson).

    They go along the vouches of the walk, and not through the subject.
    """

    def __init__(self, judgement: Judgement, speakers: Set[PublicKey]) -> None:
        self._me = judgement.me
        self._subject = judgement.subject
        self._given = judgement.walk.walk.given
        self._speakers = speakers
        self._on = _between(judgement.walk, speakers)
        self._from: dict[_Place, _Place] = {}
        """The paths: each place on one, and the place before it."""
        self._spoken: set[PublicKey] = set()
        """At whom a path ends."""
        friends = len(self._given.get(self._me, {}))
        while self.value < min(VOICES_MAX, len(speakers), friends) and self._add():
            pass

    @property
    def value(self) -> int:
        return len(self._spoken)

    def only(self) -> PublicKey | None:
        """Whom every path goes through, the nearest to me."""
        if self.value != 1:
            return None
        # Where there is no second path, one can come to the door of whom all must pass, and
        # not inside; behind the others who are in the way one comes by another way.
        found = self._search()
        doors = (place.person for place in found if not place.is_inside)
        return next(each for each in doors if _Place(each, True) not in found)

    def _add(self) -> bool:
        """Find one more path, and lead those that are in its way elsewhere."""
        found = self._search()
        if _END not in found:
            return False
        place = _END
        while (came := found[place]) is not None:
            self._lead(came, place)
            place = came
        return True

    def _lead(self, came: _Place, place: _Place) -> None:
        if place is _END:
            self._spoken.add(came.person)
        elif self._from.get(came) == place:
            del self._from[came]  # back along a path: it does not come this way any more
        else:
            self._from[place] = came

    def _search(self) -> Mapping[_Place, _Place | None]:
        """What can be reached, speakers first, and from where; until the end is."""
        start = _Place(self._me, True)
        found: dict[_Place, _Place | None] = {start: None}
        doors = {self._me, self._subject}
        queue = deque([start])
        while queue and _END not in found:
            place = queue.popleft()
            for each in self._next(place, doors):
                if each not in found:
                    found[each] = place
                    (queue.appendleft if each.person in self._speakers else queue.append)(each)
        return found

    def _next(self, place: _Place, doors: set[PublicKey]) -> Iterator[_Place]:
        """Where one can go from here; `doors` at which one has been are left out, and added."""
        person, is_inside = place
        if not is_inside:
            inside = _Place(person, True)
            yield self._from[place] if inside in self._from else inside
            return
        if person in self._speakers and person not in self._spoken:
            yield _END
        if place in self._from:
            yield self._from[place]
        for about in self._given.get(person, ()):
            if about not in doors and about in self._on:
                doors.add(about)
                yield _Place(about, False)


def _between(without: Without, speakers: Set[PublicKey]) -> Set[PublicKey]:
    """Who is on a way of at most LEVELS steps from me to a speaker, the speakers too.

    Nobody would call a longer one a voice; and to search all whom the walk has reached took
    60 ms about some people of Bitcoin-OTC.
    """
    received = without.walk.received
    one = set[PublicKey]().union(*(received[each] for each in speakers))
    one &= without.reached(1) | without.reached(2)
    two = set[PublicKey]().union(*(received[each] for each in one)) & without.reached(1)
    return speakers | one | two
