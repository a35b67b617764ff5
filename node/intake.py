"""The one door. Every record, ours or theirs, by gossip, letter or catch-up, enters here.

Rule 1: nothing here awaits: two records cannot interleave, so no rule is checked against a
state that another record is changing.
Rule 2: a record and all that follows from it (views, what we owe) is one transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Final, TypeAlias

from goodword.crypto.keys import PublicKey
from goodword.protocol import endorsement, entry, kinds
from goodword.protocol.errors import Malformed, Refusal, TooManyEndorsements, UnknownKind
from goodword.protocol.kinds import KINDS
from goodword.protocol.limits import ENDORSEMENTS_MAX, ENDORSEMENTS_OF_ONE_MAX
from goodword.protocol.record import Record, parse, verify
from goodword.storage import endorsements
from goodword.storage.arrivals import Arrivals
from goodword.storage.database import Database, Transaction

from .catalogue import Catalogue
from .clock import Clock
from .nearness import Nearness
from .quotas import MB, POT_MEGABYTES
from .registrar import Registrar
from .room import Account, Room
from .verify import Read, checked
from .wanted import Wanted

BULK_RECORDS_MAX: Final = 2_000
"""Records that a caller with many should bring at once: one transaction, and some 160 ms in which
nobody else is answered. A commit writes whole pages: of 500 records it takes 10 µs a record, of
2,000 four."""


class Came(StrEnum):
    """What admitting a record changed."""

    NEW = "new"
    KNOWN = "known"


_SEALED: Final = [name.encode() for name, kind in KINDS.items() if not kind.is_public]

Outcome: TypeAlias = Came | Refusal
Listener: TypeAlias = Callable[[Record], None]
"""Told of each new record, after it is safely kept. Must not raise."""


class Intake:
    def __init__(
        self, database: Database, me: PublicKey, clock: Clock, pot_bytes: int = POT_MEGABYTES * MB
    ) -> None:
        """`pot_bytes`: the room that strangers share."""
        self._database = database
        self._me = me
        self._clock = clock
        self.nearness = Nearness(database, me, clock)
        self.room = Room(self.nearness, pot_bytes)
        self._registrar = Registrar(me, self.nearness)
        self.catalogue = Catalogue(database)
        self.wanted = Wanted(self.nearness)
        """All, until `Keep` narrows it."""
        self._listeners: list[Listener] = []
        self.refused: Counter[str] = Counter()
        """How often each rule refused, by its code."""

    def on_new(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def admit(self, data: bytes) -> Came:
        """Let `data` in, or raise the Refusal that keeps it out."""
        return _raised(self.admit_many([data]))

    def admit_letter(self, batch: Sequence[bytes]) -> list[Outcome]:
        """Let in what another party brings: entries of one order, up to the first that is refused.

        For each up to there what became of it. It may be what I said before, to a home that lost
        it: that stands, whatever is left of the listing by now. Refused, I would say the
        opposite, and have signed both ways.
        """
        now = self._clock()
        parsed = _only_one_order([_parse(data) for data in batch])
        is_promise = any(isinstance(each, Record) for each in parsed)  # each of an order
        reads = ([_authentic(each, now)] for each in parsed)
        try:
            return self._admit(batch, reads, now, is_promise=is_promise, is_brought=True)
        except Refusal as refusal:  # of the letter as a whole
            self.refused[refusal.code] += 1
            return [refusal]

    def admit_public(self, batch: Sequence[bytes], coming: Sequence[bytes] = ()) -> list[Outcome]:
        """As `admit_many`, for what comes from anybody: only what everybody may see. `coming`: what
        is to be let in next, of which a part can be checked meanwhile.

        An order by gossip would be kept by its parties and passed on, and to all others be a
        fault: whoever asked to buy could have the seller marked by his neighbours.
        """
        return self._admit_many(batch, coming, is_public=True)

    def admit_many(self, batch: Sequence[bytes]) -> list[Outcome]:
        """Let in what may come in, in one transaction: for each of `batch` what became of it.

        Raises StorageFailed, and then nothing of the batch is kept.
        """
        return self._admit_many(batch, (), is_public=False)

    def _admit_many(
        self, batch: Sequence[bytes], coming: Sequence[bytes], *, is_public: bool
    ) -> list[Outcome]:
        now = self._clock()
        is_promise = self._is_promise(batch, is_public=is_public)
        reads = checked(batch, now, is_public=is_public, coming=coming)
        return self._admit(batch, reads, now, is_promise=is_promise, is_brought=False)

    def _admit(
        self,
        batch: Sequence[bytes],
        reads: Iterable[Sequence[Read]],
        now: int,
        *,
        is_promise: bool,
        is_brought: bool,
    ) -> list[Outcome]:
        """Enter what is in `batch`, which is read some at a time."""
        entered: list[Record] = []
        outcomes: list[Outcome] = []
        with self._database.transaction(
            is_promise=is_promise, is_offers=lambda: arrivals.are_offers and not account.has_evicted
        ) as db:
            account = self.room.open(db)
            arrivals = Arrivals(db, self._me, now)
            for some in reads:
                arrivals.expect(each for each in some if isinstance(each, Record))
                for read in some:
                    data = batch[len(outcomes)]
                    outcome = self._enter(
                        db, read, data, now, account, arrivals, is_brought=is_brought
                    )
                    outcomes.append(outcome)
                    if outcome is Came.NEW:
                        assert isinstance(read, Record)
                        entered.append(read)
                if is_brought and isinstance(outcomes[-1], Refusal):
                    break  # what follows it would be refused for want of it
            arrivals.write()
            if is_brought and entered:
                last = outcomes[-1] if isinstance(outcomes[-1], Refusal) else None
                self._registrar.check_letter(db, entered, last)
            account.settle()
        self.room.keep(account)
        self.catalogue.change(account.offered)
        self.refused.update(each.code for each in outcomes if isinstance(each, Refusal))
        for record in entered:
            self.nearness.note(record)
            for listener in self._listeners:
                listener(record)
        return outcomes

    def _enter(
        self,
        db: Transaction,
        read: Read,
        data: bytes,
        now: int,
        account: Account,
        arrivals: Arrivals,
        *,
        is_brought: bool,
    ) -> Outcome:
        """All checks that need what is here; a refusal leaves no trace in the transaction."""
        if isinstance(read, Refusal):
            return read
        try:
            if read.kind == entry.KIND:
                arrivals.write()  # perhaps the listing that it is about
                arrivals.are_offers = False
                is_new = self._registrar.enter(db, read, data, now, is_brought=is_brought)
            else:
                if read.kind == endorsement.KIND:
                    _check_room(db, read, now)
                is_new = self._enter_public(db, read, data, account, arrivals)
        except Refusal as refusal:
            return refusal
        return Came.NEW if is_new else Came.KNOWN

    def _enter_public(
        self, db: Transaction, record: Record, data: bytes, account: Account, arrivals: Arrivals
    ) -> bool:
        """Keep what everybody may see, if there is room; False if it is here already."""
        place = arrivals.place(record)
        if place is None:
            return False
        if record.author != self._me:
            self.wanted.check(db, record, place)
            account.check(record, len(data), place)
        freed, offered = arrivals.keep(record, data, place)
        account.add(record.author, 1 - freed.records, len(data) - freed.bytes)
        account.offered |= offered
        return True

    def _is_promise(self, batch: Sequence[bytes], *, is_public: bool) -> bool:
        """Whether others will count on our remembering any of it: if so it must be on disk.

        Asked before the signatures are checked: a forger gains a wait for the disk, and a mark.
        """
        # Most are parsed by the helper alone: only what holds my key can be mine.
        words = [self._me] if is_public else [self._me, *_SEALED]
        joined = b"".join(batch)
        if not any(word in joined for word in words):
            return False
        return any(
            self._is_mine(data, is_public=is_public)
            for data in batch
            if any(word in data for word in words)
        )

    def _is_mine(self, data: bytes, *, is_public: bool) -> bool:
        """Whether I said it, or an order of mine needs it."""
        read = _parse(data)
        if isinstance(read, Refusal) or read.kind not in KINDS:
            return False
        is_sealed = not KINDS[read.kind].is_public
        return not (is_sealed and is_public) and (is_sealed or read.author == self._me)


def _raised(outcomes: Sequence[Outcome]) -> Came:
    (outcome,) = outcomes
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def _parse(data: bytes) -> Read:
    try:
        return parse(data)
    except Refusal as refusal:
        return refusal


def _authentic(read: Read, now: int) -> Read:
    """Itself, if what was parsed stands all that `kinds.read` asks next; else why not."""
    if isinstance(read, Refusal):
        return read
    try:
        verify(read)
        kinds.check(read, now)
    except Refusal as refusal:
        return refusal
    return read


def _only_one_order(parsed: Sequence[Read]) -> list[Read]:
    """What everybody may see travels by gossip and catch-up; and an order has its own letter."""
    reads: list[Read] = []
    entries = [each for each in parsed if isinstance(each, Record) and each.kind == entry.KIND]
    slots = {each.slot for each in entries}
    for each in parsed:
        if isinstance(each, Record) and each.kind != entry.KIND:
            reads.append(UnknownKind(kind=each.kind[:40]))
        elif isinstance(each, Record) and len(slots) > 1:
            reads.append(Malformed(why="a letter holds entries of one order"))
        else:
            reads.append(each)
    return reads


def _check_room(db: Transaction, record: Record, now: int) -> None:
    """Raises TooManyEndorsements where one more of its author would take too much room.

    Which ones are kept depends on what came first: it bounds what a key can fill, no more.
    """
    if record.is_withdrawal:
        return
    said = endorsement.read(record)
    scopes = endorsements.scopes_of_pair(db, record.author, said.about, now)
    # SPEC 3.4: "A reader keeps at most ENDORSEMENTS_MAX of one author that are in force"
    if not scopes.get(said.scope) and endorsements.is_full(
        db, record.author, now, ENDORSEMENTS_MAX
    ):
        raise TooManyEndorsements(limit=ENDORSEMENTS_MAX)
    if said.scope not in scopes and len(scopes) >= ENDORSEMENTS_OF_ONE_MAX:
        raise TooManyEndorsements(limit=ENDORSEMENTS_OF_ONE_MAX)
