"""Many people scored at once, for a list: with arrays, where there are many opinions.

Rule 1: what is noted here is only that somebody said something of somebody. What she said is read
from the database by whoever scores next, in his thread.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import trio

from goodword.crypto.keys import PublicKey
from goodword.protocol import endorsement, review
from goodword.protocol.record import Record
from goodword.protocol.scope import Scope
from goodword.storage import opinions
from goodword.storage.database import Reader, Transaction

from .clock import Clock

if TYPE_CHECKING:
    from .arrays import Arrays, Reach

log = logging.getLogger(__name__)

ARRAYS_FROM: Final = 2_000
"""Opinions. With fewer each person is judged by herself as fast, and numpy is never loaded."""

PENDING_MAX: Final = 10_000
"""Pairs of people who wait to be looked at: with more, everything is read anew."""

REBUILD_SECONDS: Final = 10
"""How old arrays may get while something newer waits."""

LOOK_SECONDS: Final = 1.0
"""Between two looks at whether the arrays are old: as soon as a person would search again."""

REST: Final = 20
"""Times what the last building took, to wait before the next: so that it takes a twentieth of one
core, however large the graph and however steadily it grows."""


SCORE_SECONDS: Final = 60
"""How long a score is told again while nobody says anything: opinions fade, but in months."""

SCORES_MAX: Final = 50_000
"""Remembered so, in all categories; 5 MB."""


class Crowd:
    def __init__(self, reader: Reader, me: PublicKey, clock: Clock) -> None:
        """`reader`: used here alone, to build."""
        self._reader = reader
        self._me = me
        self._clock = clock
        self._in_use = threading.Lock()
        """Of all that follows, but `_pending`: search and building are different threads."""
        self._arrays: Arrays | None = None
        self._reach: Reach | None = None
        self._distrusted: frozenset[PublicKey] = frozenset()
        self._told: dict[Scope, dict[PublicKey, float | None]] = {}
        """Scores of `_told_of`, from `_told_at` (our clock) on."""
        self._told_of: tuple[Reach, int] | None = None
        self._told_at = 0
        self._pending: deque[tuple[int, PublicKey, PublicKey]] = deque()
        """Who said something of whom, numbered: put in by one thread, taken out by others."""
        self.noted = 0
        """How many were put in. Asked before the database is looked at: what is noted later may
        not be seen there yet."""
        self._must_build = False
        self._must_look = True
        """Whether there may be enough opinions now."""
        self._next = trio.Event()
        """When they are built the next time."""
        self._took_seconds = 0.0
        self._built_at = float("-inf")
        """trio's clock."""

    async def ready(self) -> None:
        """Until the arrays are there."""
        if self._arrays is None:
            await self.renewed()

    async def renewed(self) -> None:
        """Until the arrays are built the next time."""
        await self._next.wait()

    def note(self, record: Record) -> None:
        """A record came: what one person says of another may have changed."""
        if record.kind == endorsement.KIND:
            about = endorsement.about(record)
        elif record.kind == review.KIND:
            if record.is_withdrawal:  # which does not say of whom
                self._must_build = True
                return
            about = review.read(record).about
        else:
            return
        self._must_look = True
        if len(self._pending) < PENDING_MAX:
            self._pending.append((self.noted, record.author, about))
            self.noted += 1
        else:
            self._must_build = True

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Build the arrays when there are enough opinions for them, and anew when they are old."""
        task_status.started()
        while True:
            if self.is_due():
                began = trio.current_time()
                try:
                    await trio.to_thread.run_sync(self._build)
                except ModuleNotFoundError:
                    log.warning("numpy is not here: searches in a large market take longer")
                    return
                self._built_at = trio.current_time()
                self._took_seconds = self._built_at - began
                self._next.set()
                self._next = trio.Event()
            await trio.sleep(LOOK_SECONDS)

    def is_due(self) -> bool:
        """Whether to build now."""
        if trio.current_time() < self._built_at + REST * self._took_seconds:
            return False
        if self._arrays is not None:
            now = self._clock()
            is_old = now - self._arrays.edges.built_at >= REBUILD_SECONDS
            has_more = bool(self._pending) and is_old
            return self._must_build or has_more or self._arrays.is_stale(now)
        if not self._must_look:
            return False
        self._must_look = False
        with self._reader.reading() as db:
            return opinions.has_many(db, ARRAYS_FROM)

    def scores(
        self,
        db: Transaction,
        people: Sequence[PublicKey],
        scope: Scope,
        distrusted: frozenset[PublicKey],
        noted: int,
    ) -> Mapping[PublicKey, float] | None:
        """The score of each of `people` who is spoken of at all; None where there are no arrays.

        `distrusted`: whom I hold something against, or blocked. `noted`: as it was before `db` was
        looked at.
        """
        with self._in_use:
            if self._arrays is None:
                return None
            self._catch_up(db, self._arrays, noted)
            me = opinions.id_of(db, self._me)
            if me is None:
                return {}
            told = self._remembered(self._reached(db, self._arrays, me, distrusted), scope)
            if new := [each for each in people if each not in told]:
                told |= dict.fromkeys(new)
                told |= self._scored(db, self._arrays, new, scope)
            return {each: score for each in people if (score := told[each]) is not None}

    def _scored(
        self, db: Transaction, arrays: Arrays, people: Sequence[PublicKey], scope: Scope
    ) -> Mapping[PublicKey, float]:
        ids = opinions.ids_of(db, people)
        if not ids or self._reach is None:
            return {}
        told = arrays.scores(self._reach, list(ids.values()), now=self._clock(), scope=scope)
        return dict(zip(ids, told.score.tolist(), strict=True))

    def _remembered(self, reach: Reach, scope: Scope) -> dict[PublicKey, float | None]:
        """What was scored in `scope` since anything changed; None of whom nobody speaks."""
        assert self._arrays is not None
        of, now = (reach, self._arrays.generation), self._clock()
        is_full = sum(map(len, self._told.values())) > SCORES_MAX
        if self._told_of != of or not 0 <= now - self._told_at < SCORE_SECONDS or is_full:
            self._told, self._told_of, self._told_at = {}, of, now
        return self._told.setdefault(scope, {})

    def _reached(
        self, db: Transaction, arrays: Arrays, me: int, distrusted: frozenset[PublicKey]
    ) -> Reach:
        reach = self._reach
        if reach is None or self._distrusted != distrusted or not arrays.is_current(reach):
            reach = arrays.reach(me, list(opinions.ids_of(db, sorted(distrusted)).values()))
            self._reach, self._distrusted = reach, distrusted
        return reach

    def _catch_up(self, db: Transaction, arrays: Arrays, noted: int) -> None:
        """Put what was noted since into the overlay, as far as `db` shows it."""
        while self._pending and self._pending[0][0] < noted:
            _, rater, subject = self._pending.popleft()
            one, other = opinions.id_of(db, rater), opinions.id_of(db, subject)
            if one is not None and other is not None:
                arrays.put(one, other, opinions.rows_of(db, one, other))

    def _build(self) -> None:
        """In a worker thread: read all, and let the new arrays take the place of the old ones."""
        # Imported here: it takes longer than all else that a small node does.
        from .arrays import Arrays
        from .edges import Edges

        noted = self.noted
        with self._reader.reading() as db:
            with self._in_use:
                # What was said before is read below; what is put in from now on is kept.
                self._must_build = False
                before = self._arrays
                if before is None:
                    self._pending.clear()
                else:  # also so that it is not built again for these
                    self._catch_up(db, before, noted)
                read_at = before.generation if before else 0
            edges = Edges.of(opinions.everything(db), opinions.people(db) + 1, self._clock())
        with self._in_use:
            self._arrays = before.renewed(edges, read_at) if before else Arrays(edges)
            self._reach = None
