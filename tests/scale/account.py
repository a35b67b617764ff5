"""An account: what one node says and hears in one session, with each peer and both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from goodword.protocol.record import RecordId

from .again import Change, again
from .carrier import Bill, Visit, fetch
from .network import How


@dataclass(slots=True, kw_only=True)
class Way:
    """One of two who are connected visits the other."""

    client: int
    server: int
    since: float
    until: float
    """When one of the two goes offline; seconds, and so are the changes."""
    changes: Sequence[Change]
    """Of what the client has: it grows while they are connected."""
    first: Visit | None = None
    later: Visit | None = None
    """As the two were when both had met everybody: so each later one is counted, if something has
    changed before it; else its first two messages are."""
    is_shared: bool = False
    """Some of what the first found was fetched from others: it is compared once more."""
    is_forgotten: bool = False
    """The server has so many peers that it does not remember what this one keeps."""


@dataclass(slots=True, kw_only=True)
class Account:
    is_first: bool
    """Session of this person: all that it keeps has to come."""
    bill: Bill = field(default_factory=Bill)
    ways: list[Way] = field(default_factory=list[Way])
    looks: int = 0
    """Visits in which nothing had changed;"""
    comparisons: int = 0
    """and others. Without the first."""

    @property
    def peers(self) -> int:
        return len(self.ways) // 2

    def way(self, client: int, server: int) -> Way:
        """The last of these two: who left may have come again."""
        both = ((each.client, each.server) for each in reversed(self.ways))
        return self.ways[-1 - list(both).index((client, server))]

    def begin(
        self, client: int, server: int, first: Visit, share: float = 1.0, *, is_shared: bool = False
    ) -> None:
        """The first visit. `share`: how much of what it finds is fetched here, and not elsewhere
        in the same moment."""
        way = self.way(client, server)
        way.first, way.is_shared = first, is_shared
        self.bill.scopes += first.told
        self.bill.comparison += first.compared + first.newer
        self.bill.records += round(first.records * share)

    def fetch(
        self, client: int, server: int, ids: Sequence[RecordId], sizes: Sequence[int], how: How
    ) -> None:
        """Records come in a visit. What the first one found is counted by then."""
        first = self.way(client, server).first
        known = first.found if first and how is How.FIRST else ()
        rows = [(one, size) for one, size in zip(ids, sizes, strict=True) if one not in known]
        self.bill.records += fetch([one for one, _ in rows], [size for _, size in rows])

    def close(self) -> None:
        """The session is over: count what was repeated in it."""
        for each in self.ways:
            if each.first and each.later:
                self._add(each, each.first, each.later)

    def _add(self, way: Way, first: Visit, later: Visit) -> None:
        visits = again(
            since=way.since,
            until=way.until,
            server=way.server,
            changes=way.changes,
            messages=later.messages,
            first_messages=first.messages,
            first_is_new=first.is_new,
        )
        if way.is_shared:
            self.bill.comparison += later.compared + later.newer
        self.looks += visits.looks
        self.comparisons += visits.comparisons
        self.bill.looked_again += visits.looks * later.first
        self.bill.compared_again += visits.comparisons * later.compared
        self.bill.asked_again += visits.comparisons * later.newer
        if way.is_forgotten:
            self.bill.told_again += (visits.looks + visits.comparisons) * later.told
