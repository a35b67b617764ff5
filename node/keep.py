"""Keep: what this node keeps, why, and how large it is; the owner may narrow it at any time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import trio

from goodword.crypto.keys import PublicKey
from goodword.protocol import endorsement, interest, mailbox
from goodword.protocol.interest import EVERYTHING, Interest
from goodword.protocol.limits import (
    INTEREST_CATEGORIES_MAX,
    INTEREST_REGIONS_MAX,
)
from goodword.protocol.record import Record
from goodword.storage import excerpt, shelves
from goodword.storage.database import Database, Transaction
from goodword.storage.holdings import Holding

from . import declared, reading, show
from .aside import Aside
from .clock import Clock
from .declared import COMMUNITIES_MAX, HOPS_MAX, Declared, Kept, Part, Sort, kept
from .intake import Intake
from .quotas import MB
from .reading import Misunderstood
from .settings import MEGABYTES_MAX
from .show import Json
from .wanted import Wanted

REFRESH_SECONDS: Final = 60
"""Between two walks: others vouch, and vouches expire. What I say myself counts at once."""

BUDGET_BYTES_MIN: Final = MB

Listener: TypeAlias = Callable[[Kept], None]
"""Told of what is kept from now on. Must not raise."""

_WHY: Final = {
    Sort.FRIENDS: "you, and whom you vouch for or follow, your hosts and guests: always kept",
    Sort.NEAR: "vouches lead to them",
    Sort.COMMUNITY: "this key, and whom it vouches for",
    Sort.CATEGORY: "listings of this category, and what is said by and of their sellers",
    Sort.REGION: "listings from there, and what is said by and of their sellers",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What was found, of what, and when."""

    declared: Declared
    pinned: Sequence[PublicKey]
    at: int
    kept: Kept


class Keep:
    def __init__(
        self, database: Database, aside: Aside, intake: Intake, me: PublicKey, clock: Clock
    ) -> None:
        self._database = database
        self._aside = aside
        self._intake = intake
        self._me = me
        self._clock = clock
        self._settings_bytes = intake.room.pot_bytes
        """The budget where the owner declares none."""
        self._listeners: list[Listener] = []
        self._is_to_look = trio.Event()
        with database.reading() as db:
            self._declared = declared.load(db)
        self._look: _Look | None = None
        self._set_budget()
        self.now()
        intake.on_new(self._note)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Look again when I vouch, and now and then, so that all who must know do."""
        task_status.started()
        while True:
            with trio.move_on_after(REFRESH_SECONDS):
                await self._is_to_look.wait()
            self._is_to_look = trio.Event()
            self.interest()

    def on_change(self, listener: Listener) -> None:
        """Tell it what is kept, now and whenever that changes."""
        self._listeners.append(listener)
        listener(self.now())

    def interest(self) -> Interest:
        """What is kept, as peers are told."""
        return EVERYTHING if self._declared.is_everything else self.now().interest

    def now(self) -> Kept:
        """What is kept, as things stand: whom I follow since a moment ago, too."""
        now = self._clock()
        look = self._look
        with self._database.reading() as db:
            friends = declared.pinned(db, self._me, now)
            if (
                look is not None
                and 0 <= now - look.at < REFRESH_SECONDS
                and (look.declared, look.pinned) == (self._declared, friends)
            ):
                return look.kept
            found = kept(db, self._declared, self._me, now)
        self._look = _Look(declared=self._declared, pinned=friends, at=now, kept=found)
        if look is None or look.kept != found:
            self._intake.wanted = Wanted(self._intake.nearness, found.interest)
            for listener in self._listeners:
                listener(found)
        return found

    async def set(
        self,
        *,
        everything: bool = False,
        hops: int | None = None,
        categories: list[str] | None = None,
        regions: list[str] | None = None,
        communities: list[str] | None = None,
        budget: str = "",
    ) -> Json:
        """Declare what this node keeps: all, or some people, categories, regions; and how much."""
        is_narrowed = hops is not None or bool(categories or regions or communities)
        if everything and is_narrowed:
            raise Misunderstood("everything, and only a part of it", "say one of the two")
        if not (everything or is_narrowed or budget):
            raise Misunderstood("nothing was said of what to keep", _HINT)
        said = self._declared
        if everything:
            said = Declared(budget_bytes=said.budget_bytes)
        elif is_narrowed:
            said = self._narrowed(hops, categories or (), regions or (), communities or ())
        if budget:
            said = replace(said, budget_bytes=_budget(budget))
        with self._database.transaction() as db:
            declared.save(db, said)
        self._declared = said
        self._set_budget()
        self.now()
        return await self.show()

    async def show(self) -> Json:
        """What is kept here, why, and how many records and bytes it is; the budget."""
        found = self.now()
        sizes = await self._aside.read(lambda db: list(_sizes(db, found.parts)))
        with self._database.reading() as db:
            parts = [_part(db, each, held) for each, held in zip(found.parts, sizes, strict=False)]
            rest = sizes[-1]
            said = self._declared
            return {
                "is_everything": said.is_everything,
                "hops": HOPS_MAX if said.is_everything else said.hops,
                "parts": parts,
                "rest": {"records": rest.records, "bytes": rest.bytes},
                "people_left_out": found.left_out,
                "budget": {
                    "bytes": self._intake.room.shares(db)["strangers"].bytes,
                    "bytes_max": self._intake.room.pot_bytes,
                    "is_declared": said.budget_bytes is not None,
                },
            }

    def _narrowed(
        self,
        hops: int | None,
        categories: Sequence[str],
        regions: Sequence[str],
        communities: Sequence[str],
    ) -> Declared:
        """What was typed. Raises Misunderstood or NotFound."""
        if hops is not None and not 0 <= hops <= HOPS_MAX:
            raise Misunderstood(f"{hops} steps of vouches", f"it is 0 to {HOPS_MAX}")
        with self._database.reading() as db:
            around = tuple(dict.fromkeys(reading.person(db, each) for each in communities))
        if len(around) > COMMUNITIES_MAX:
            raise Misunderstood(f"{len(around)} communities", f"it is at most {COMMUNITIES_MAX}")
        if len(categories) > INTEREST_CATEGORIES_MAX:
            raise Misunderstood(
                f"{len(categories)} categories", f"it is at most {INTEREST_CATEGORIES_MAX}"
            )
        if len(regions) > INTEREST_REGIONS_MAX:
            raise Misunderstood(f"{len(regions)} regions", f"it is at most {INTEREST_REGIONS_MAX}")
        goods = interest.make(
            (),
            [reading.category_named(each) for each in categories],
            [reading.region_beginning(each) for each in regions],
        )
        return Declared(
            is_everything=False,
            hops=declared.HOPS if hops is None else hops,
            categories=goods.categories,
            regions=goods.regions,
            communities=around,
            budget_bytes=self._declared.budget_bytes,
        )

    def _set_budget(self) -> None:
        said = self._declared.budget_bytes
        self._intake.room.pot_bytes = self._settings_bytes if said is None else said

    def _note(self, record: Record) -> None:
        if record.author == self._me and record.kind in (endorsement.KIND, mailbox.KIND):
            self._is_to_look.set()


_HINT: Final = "`goodword keep set --everything`, or --hops, --category, --region, --community"


def _budget(text: str) -> int:
    found = reading.size(text)
    if not BUDGET_BYTES_MIN <= found <= MEGABYTES_MAX * MB:
        raise Misunderstood(f"a budget of {text}", "it is 1MB to 1000000MB")
    return found


def _sizes(db: Transaction, parts: Sequence[Part]) -> Iterator[Holding]:
    """How much each of `parts` holds that none before it does; at last, what none holds."""
    seen: set[int] = set()
    for each in parts:
        held = {*shelves.seqs(db, each.goods)}
        held.update(excerpt.of_people(db, each.people), excerpt.about(db, each.people))
        yield shelves.holding(db, held - seen)
        seen |= held
    yield shelves.holding(db, {*excerpt.everybody(db)} - seen)


def _part(db: Transaction, part: Part, held: Holding) -> Json:
    return {
        "part": part.sort.value,
        "name": part.name,
        "community": show.person(db, part.of) if part.of else None,
        "people": len(part.people),
        "records": held.records,
        "bytes": held.bytes,
        "why": _WHY[part.sort],
    }
