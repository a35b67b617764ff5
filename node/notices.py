"""Notices: tell me what is found or said against somebody for whom I vouch.

What is found follows from what is stored, so that a restart, or a month away, loses nothing. It is
shown until I dismiss it, or vouch for her no longer, or it was made good.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import trio

from goodword.crypto.keys import PUBLIC_KEY_BYTES, PublicKey
from goodword.protocol import endorsement, entry
from goodword.protocol.record import Record
from goodword.storage import notices
from goodword.storage.database import Database, Transaction
from goodword.storage.findings import Finding
from goodword.storage.notices import Notice

from . import reading, show
from .clock import Clock
from .events import Events
from .intake import Intake
from .show import Json

ID_DIGITS: Final = 8
"""Of an id in a command that is shown: enough for one person's records."""


class Notices:
    def __init__(
        self, database: Database, intake: Intake, me: PublicKey, clock: Clock, events: Events
    ) -> None:
        self._database = database
        self._me = me
        self._clock = clock
        self._events = events
        self._mine: frozenset[PublicKey] = frozenset()
        """For whom I vouched at the last look."""
        self._has_changed = trio.Event()
        intake.on_new(self._noticed)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        task_status.started()
        while True:
            self._has_changed = trio.Event()
            self.look()
            await self._has_changed.wait()

    def look(self) -> int:
        """Tell what is new, whoever watches; how many notices that were."""
        now = self._clock()
        with self._database.reading() as db:
            self._mine = frozenset(notices.watched(db, self._me, now))
            standing = notices.standing(db, self._me, now)
            new = [each for each in standing if not notices.is_noted(db, each)]
        if new:
            self._tell(new)
        return len(new)

    def list(self) -> Json:
        """What is found or said against people for whom I vouch, and not dismissed yet."""
        with self._database.reading() as db:
            return {"notices": told(db, self._me, self._clock())}

    def dismiss(self, *, notice: str = "") -> Json:
        """Show a notice no longer, by the id that it names; all, where none is named."""
        with self._database.transaction() as db:
            standing = notices.standing(db, self._me, self._clock())

            def starting_with(first: bytes, last: bytes) -> list[bytes]:
                named = {id_ for each in standing for id_ in _ids(each)}
                return sorted(id_ for id_ in named if first <= id_ <= last)[:2]

            only = reading.by_prefix(notice, "notice", starting_with) if notice else None
            dismissed = [each for each in standing if only is None or only in _ids(each)]
            for each in dismissed:
                notices.dismiss(db, each)
            return {"dismissed": len(dismissed)}

    def _tell(self, new: Sequence[Notice]) -> None:
        with self._database.transaction() as db:
            for each in new:
                notices.note(db, each)
        with self._database.reading() as db:
            for each in new:
                self._events.tell("notice", **shown(db, each))

    def _noticed(self, record: Record) -> None:
        if self._may_matter(record):
            self._has_changed.set()

    def _may_matter(self, record: Record) -> bool:
        """Without a look at the database: this is asked for each record that comes."""
        if record.kind == endorsement.KIND:  # which names its person first
            is_about_mine = record.slot[:PUBLIC_KEY_BYTES] in self._mine
        else:
            is_about_mine = record.kind == entry.KIND
        return is_about_mine or record.author == self._me or record.author in self._mine


def told(db: Transaction, me: PublicKey, now: int) -> list[Json]:
    """What is not dismissed yet, the latest first."""
    return [shown(db, each) for each in notices.standing(db, me, now)]


def shown(db: Transaction, notice: Notice) -> Json:
    return {
        "person": show.person(db, notice.person),
        "what": notice.what,
        "text": notice.text,
        "by": show.person(db, notice.by) if notice.by else None,
        "made_at": notice.made_at,
        "records": [each.hex() for each in notice.records],
        "order": notice.order.hex() if notice.order else None,
        "commands": _commands(notice),
    }


def broken(finding: Finding) -> Json:
    """What somebody did in an order of mine."""
    assert finding.order is not None, "the caller has chosen it"
    return {
        "what": finding.wrong.value,
        "text": finding.text,
        "made_at": finding.made_at,
        "order": finding.order.hex(),
    }


def _ids(notice: Notice) -> set[bytes]:
    """By any of these a notice can be named: those that its commands show."""
    return {*notice.records, *([notice.order] if notice.order else [])}


def _commands(notice: Notice) -> list[str]:
    """What shows the evidence."""
    if notice.order:
        return [f"goodword order show {notice.order.hex()[:ID_DIGITS]}"]
    return [f"goodword record show {each.hex()[:ID_DIGITS]}" for each in notice.records]
