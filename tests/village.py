"""A village: people who hold opinions of each other, in memory, for who asks whom to trust."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from goodword.crypto.hashing import digest
from goodword.crypto.keys import PublicKey
from goodword.protocol.opinion import NEVER, Opinion
from goodword.protocol.record import RecordId
from goodword.protocol.scope import Scope
from goodword.protocol.trust import Judgement, judge
from goodword.protocol.walk import walk
from tests.make import NOW


def person(name: str) -> PublicKey:
    return PublicKey(digest(b"goodword/test-person", name.encode()))


ME = person("me")
ANY = Scope()


@dataclass(slots=True)
class Village:
    """A `Graph` of the protocol; of one rater, subject and scope the latest word stands."""

    said: dict[tuple[str, str, Scope], Opinion] = field(
        default_factory=dict[tuple[str, str, Scope], Opinion]
    )
    _by: dict[PublicKey, list[Opinion]] = field(default_factory=dict[PublicKey, list[Opinion]])
    _about: dict[PublicKey, list[Opinion]] = field(default_factory=dict[PublicKey, list[Opinion]])
    _is_indexed: bool = False

    def by(self, rater: PublicKey, /) -> Sequence[Opinion]:
        self._index()
        return self._by.get(rater, ())

    def about(self, subject: PublicKey, /) -> Sequence[Opinion]:
        self._index()
        return self._about.get(subject, ())

    def say(
        self,
        by: str,
        about: str,
        strength: float = 0.5,
        *,
        scope: Scope = ANY,
        forward: float | None = None,
        made_at: int = NOW,
        expires_at: int = NEVER,
    ) -> Opinion:
        source = digest(b"goodword/test-source", f"{by} {about} {scope} {made_at}".encode())
        opinion = Opinion(
            rater=person(by),
            subject=person(about),
            role=scope.part,
            category=scope.category,
            strength=strength,
            forward=max(0.0, strength) if forward is None else forward,
            made_at=made_at,
            expires_at=expires_at,
            sources=(RecordId(source),),
        )
        self.said[by, about, scope] = opinion
        self._is_indexed = False
        return opinion

    def revoke(self, by: str, about: str, scope: Scope = ANY) -> None:
        del self.said[by, about, scope]
        self._is_indexed = False

    def judged(self, subject: str, me: str = "me", scope: Scope = ANY) -> Judgement:
        return judge(self, walk(self, person(me), NOW), person(subject), scope)

    def _index(self) -> None:
        """Both directions, in the order in which it was said."""
        if self._is_indexed:
            return
        self._by, self._about = defaultdict(list), defaultdict(list)
        for each in self.said.values():
            self._by[each.rater].append(each)
            self._about[each.subject].append(each)
        self._is_indexed = True
