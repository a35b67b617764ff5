"""Whose records have how much room, and what leaves when there is no more: strangers' first.

Rule 1: of mine, of people within three steps, of orders and of the listings that these are about
nothing ever leaves.
Rule 2: only who is a stranger waits for room to be made, and for a bounded time.
"""

from __future__ import annotations

from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import bounds
from goodword.protocol.errors import AuthorQuota, NoRoom
from goodword.protocol.record import Record
from goodword.storage import chapters, eviction, holdings, meta, records
from goodword.storage.database import Transaction
from goodword.storage.holdings import Holding
from goodword.storage.views import Place

from .nearness import Distance, Nearness
from .quotas import QUOTAS, STRANGER_QUOTA, UNLIMITED

AUTHORS_MAX: Final = 20_000
"""Whose holdings are remembered; 4 MB. The others are asked for in the database."""

LOOKED_AT_MAX: Final = 2_048
"""Rows of the heap that one transaction looks at to make room: 5 ms. Where all of them stay, the
record must wait for the next one."""


class Room:
    """What everybody holds, in memory, as of the last transaction that was committed."""

    def __init__(self, nearness: Nearness, pot_bytes: int) -> None:
        self._nearness = nearness
        self.pot_bytes = pot_bytes
        self._authors: dict[PublicKey, Holding] = {}
        self._strangers: int | None = None
        """Bytes; None before they were added up."""
        self._looks = -1
        self._hand: tuple[int, int] | None = None

    def open(self, db: Transaction) -> Account:
        """Begin to count what a transaction brings. Settle it at its end, and keep it after."""
        self._nearness.look(db)
        if self._strangers is None or self._looks != self._nearness.looks:
            near = holdings.of_these(db, self._nearness.near())
            self._strangers = holdings.of_all(db).bytes - near.bytes
            self._looks = self._nearness.looks
        if self._hand is None:
            self._hand = meta.hand(db)
        return Account(
            db, self._nearness, self._authors, self._strangers, self._hand, self.pot_bytes
        )

    def keep(self, account: Account) -> None:
        """What was counted is committed."""
        self._strangers, self._hand = account.strangers, account.hand
        self._authors |= account.after
        while len(self._authors) > AUTHORS_MAX:
            del self._authors[next(iter(self._authors))]

    def shares(self, db: Transaction) -> dict[str, Holding]:
        """Of the heap: mine, that of people who are near, that of strangers."""
        mine = holdings.of(db, self._nearness.me)
        near = holdings.of_these(db, self._nearness.near()).plus(-mine.records, -mine.bytes)
        all_ = holdings.of_all(db)
        strangers = all_.plus(-mine.records - near.records, -mine.bytes - near.bytes)
        return {"mine": mine, "near": near, "strangers": strangers}


class Account:
    """What one transaction changes. Thrown away with it, if it fails."""

    def __init__(
        self,
        db: Transaction,
        nearness: Nearness,
        authors: dict[PublicKey, Holding],
        strangers: int,
        hand: tuple[int, int],
        pot_bytes: int,
    ) -> None:
        self._db = db
        self._nearness = nearness
        self._authors = authors
        self._before: dict[PublicKey, Holding] = {}
        self.after: dict[PublicKey, Holding] = {}
        self.strangers = strangers
        self.hand = hand
        self._pot_bytes = pot_bytes
        self._changed = 0
        """Records that came or left."""
        self.offered: dict[bounds.Place, bool] = {}
        """Of which records it changed whether we hand them to others, and to what."""
        self._looked_at = 0
        self._until = records.last(db)
        """What comes in this transaction stays, and so does the last that came before it."""

    @property
    def has_evicted(self) -> bool:
        """Perhaps: it has looked for what may leave."""
        return self._looked_at > 0

    def check(self, record: Record, size: int, place: Place) -> None:
        """Raises AuthorQuota or NoRoom where there is no room; makes some, of strangers'."""
        author = record.author
        held = self.after.get(author) or self._look_up(author)
        near = self._nearness.glance(author)
        if held.records >= STRANGER_QUOTA.records or held.bytes + size > STRANGER_QUOTA.bytes:
            near = self._nearness.of(self._db, author)
            self._check_quota(near, held, size, place)
        if near is not Distance.STRANGER:
            return
        is_late = record.made_at <= self.hand[1] and place.before is None
        if is_late or self.strangers + size > self._pot_bytes:
            self._check_pot(record, size, is_late=is_late)

    def add(self, author: PublicKey, number: int, size: int) -> None:
        """The author has so many records and bytes more from now on; less, where negative."""
        held = self.after.get(author) or self._look_up(author)
        self.after[author] = Holding(held.records + number, held.bytes + size)
        if self._nearness.glance(author) is Distance.STRANGER:
            self.strangers += size
        self._changed += abs(number)

    def settle(self) -> None:
        """Write down who has how much, at the end of the transaction."""
        if self.after:
            holdings.put(self._db, self._before, self.after)
        if self._changed:
            chapters.merge(self._db, self._changed)
        if self._looked_at:
            meta.set_hand(self._db, *self.hand)

    def _look_up(self, author: PublicKey) -> Holding:
        """What the author held before this transaction, and so far holds."""
        held = self._authors.get(author) or holdings.of(self._db, author)
        self._before[author] = self.after[author] = held
        return held

    def _check_quota(self, near: Distance, held: Holding, size: int, place: Place) -> None:
        quota = QUOTAS[near]
        if quota.bytes == UNLIMITED:
            return
        freed = records.size(self._db, place.seq) if place.replaces else 0
        if (
            held.records - place.replaces >= quota.records
            or held.bytes - freed + size > quota.bytes
        ):
            raise AuthorQuota

    def _check_pot(self, record: Record, size: int, *, is_late: bool) -> None:
        # Perhaps he is known since a moment ago.
        if self._nearness.of(self._db, record.author) is not Distance.STRANGER:
            return
        if is_late:
            raise NoRoom
        self._make_room(record, size)
        if self.strangers + size > self._pot_bytes:
            raise NoRoom

    def _make_room(self, record: Record, size: int) -> None:
        """Let strangers' oldest go until `size` bytes are free, as far as it may look; but not the
        slot of `record`, whose place in it is known already."""
        db = self._db
        at, horizon = self.hand
        left = LOOKED_AT_MAX - self._looked_at
        for each in eviction.after(db, at, self._until, left):
            if self.strangers + size <= self._pot_bytes:
                break
            self._looked_at += 1
            at = each.seq
            if _is_in_slot(each, record) or self._stays(each):
                continue
            gone, offered = eviction.evict(db, each, self._until)
            if gone.records:
                self.add(each.author, -gone.records, -gone.bytes)
                self.offered |= offered
                horizon = max(horizon, each.age)
        self.hand = (at, horizon)

    def _stays(self, candidate: eviction.Candidate) -> bool:
        if not eviction.may_go(self._db, candidate):
            return True
        return self._nearness.of(self._db, candidate.author) is not Distance.STRANGER


def _is_in_slot(candidate: eviction.Candidate, record: Record) -> bool:
    return (candidate.author, candidate.kind, candidate.slot) == (
        record.author,
        record.kind,
        record.slot,
    )
