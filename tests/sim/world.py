"""A world: some houses, the wire between them, trouble, and calm; all of it from one seed."""

from __future__ import annotations

import logging
import random
import tempfile
import traceback
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, cast

import trio
import trio.testing
from trio._core import _run as trio_run

from goodword.crypto.person import Person
from goodword.protocol import entry as entries
from goodword.protocol.contract import OrderId
from goodword.protocol.entry import Role
from goodword.protocol.errors import HoldsTooMuch, OutOfStock, Refusal
from goodword.protocol.limits import DAY, HOUR, MINUTE
from goodword.protocol.order import Order
from goodword.protocol.record import Record
from goodword.storage import orders
from tests.make import NOW, listing
from tests.sim import liar, post, whims
from tests.sim.disk import Crash
from tests.sim.house import House
from tests.sim.judge import Broken, Judge
from tests.sim.time import Time
from tests.sim.wire import CALM, Weather, Wire

NAMES: Final = ("Ann", "Ben", "Chen", "Dai", "Eve", "Fay")

SKEW_SECONDS_MAX: Final = 10 * MINUTE

STEP_SECONDS_MAX: Final = 3 * HOUR
"""Time stands still at least so often, for every node to look around."""

LOOK_SECONDS: Final = 6 * HOUR
"""Between two looks of the judge."""

RETRY_SECONDS: Final = 660
"""By then a postman has tried again."""

CALM_STEPS_MAX: Final = 100
"""Until every order is over; more means that something goes round in circles."""

PRESENCE_SECONDS: Final = 10 * DAY
"""Between two presences: they hold for 30 days."""

RAM: Final = Path("/dev/shm")
"""A disk that only the simulation's crashes can fail, and that is fast."""


@dataclass(kw_only=True)
class Plan:
    """What kind of world a seed makes."""

    houses: int
    orders: int
    acts: int
    is_orderly: bool = True
    weather: Weather = CALM
    skew: int = 0
    pace: int = 2 * HOUR
    """Seconds between two acts, on average."""
    crashes: float = 0.0
    """How likely each kind of trouble is, between two acts."""
    sleeps: float = 0.0
    cuts: float = 0.0
    restores: float = 0.0
    lies: float = 0.0
    """How likely the liar lies, when it is his turn to act."""
    confesses: bool = True
    haste: float = 0.0
    """How likely all parties of an order act at the same moment."""
    mailboxes: float = 0.0
    """How likely somebody has friends who keep letters for her."""
    drops: float = 0.0
    """How likely a host throws away what he keeps, between two acts."""
    silences: float = 0.0
    """How likely somebody has no time for an order."""

    @classmethod
    def of(cls, rng: random.Random) -> Plan:
        size = cls(houses=rng.randint(3, 6), orders=rng.randint(3, 4), acts=rng.randint(30, 60))
        if rng.random() < 0.1:
            return replace(size, silences=rng.choice((0, 0.2)))

        def sometimes(most: float) -> float:
            return rng.choice((0, most / 3, most))

        return replace(
            size,
            is_orderly=False,
            weather=Weather(
                loss=sometimes(0.3),
                doubling=sometimes(0.3),
                slowness=sometimes(0.5),
                lying=sometimes(0.1),
            ),
            skew=rng.choice((0, SKEW_SECONDS_MAX)),
            pace=rng.choice((MINUTE, HOUR, 2 * HOUR)),
            crashes=sometimes(0.3),
            sleeps=sometimes(0.15),
            cuts=sometimes(0.06),
            restores=rng.choice((0, 0, 0, 0.04)),
            lies=rng.choice((0, 0.5)),
            haste=sometimes(0.6),
            mailboxes=rng.choice((0, 0.5, 1)),
            drops=sometimes(0.2),
            silences=rng.choice((0, 0.2)),
        )


@dataclass(kw_only=True)
class Result:
    """What happened in a run, counted."""

    seed: int
    states: Counter[str] = field(default_factory=Counter[str])
    """Reached, at anybody's."""
    ends: Counter[str] = field(default_factory=Counter[str])
    events: Counter[str] = field(default_factory=Counter[str])
    cells: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """(state, event) of the table that were gone through."""
    counts: Counter[str] = field(default_factory=Counter[str])
    broken: str = ""
    """The name of the promise that was not kept."""
    why: str = ""
    story: list[str] = field(default_factory=list[str])


class World:
    def __init__(self, seed: int, folder: Path) -> None:
        self.result = Result(seed=seed)
        self._rng = random.Random(seed)
        self._plan = Plan.of(self._rng)
        self._folder = folder
        self.time = Time()
        self._wire = Wire(self._rng, self.time.later, post.false_answer)
        self._houses = [self._house(name) for name in NAMES[: self._plan.houses]]
        self._judge = Judge(self._houses, is_orderly=self._plan.is_orderly)
        self._public: list[Record] = []
        self._offers: list[Record] = []
        self._mailboxes: list[Record] = []
        self._placed = 0
        self._looked_at = self.time.now
        self._words: list[tuple[House, Record]] = []
        """What liars said beside their own nodes."""
        self._silent: dict[tuple[House, OrderId], bool] = {}
        self._story: list[tuple[float, OrderId | None, str]] = []

    def _house(self, name: str) -> House:
        person = Person.from_root(self._rng.randbytes(32))
        house = House(name, person, self._folder, self.time, self._wire, self._rng)
        house.skew = self._rng.randint(-self._plan.skew, self._plan.skew)
        house.listener = lambda record: self._noticed(house, record)
        return house

    async def run(self) -> None:
        """All of it. Raises Broken."""
        async with trio.open_nursery() as self._nursery:
            for house in self._houses:
                await self._wake(house)
            self._open_shops()
            await self._trouble()
            await self._calm()
            self._judge.end(self._folder)
            self._nursery.cancel_scope.cancel()
        self._count()

    # --- the course of things ------------------------------------------------------------------

    def _open_shops(self) -> None:
        for house in self._houses[: self._rng.randint(1, len(self._houses))]:
            title = f"{house.name}'s bread"
            quantity = self._rng.choice((2, 5, 50))
            nonce = self._rng.randbytes(16)
            self._offers.append(
                listing(house.person, title=title, quantity=quantity, handling=DAY, nonce=nonce)
            )
        if self._plan.lies:
            self._rng.choice(self._houses).is_liar = True
        for house in self._houses:
            house.get_acquainted(self._houses)
            self._open_mailbox(house)
        self._tell_presences()

    def _open_mailbox(self, guest: House) -> None:
        """Perhaps one or two friends keep her letters."""
        if self._rng.random() >= self._plan.mailboxes:
            return
        others = [each for each in self._houses if each is not guest]
        hosts = self._rng.sample(others, self._rng.choice((1, 2)))
        for host in hosts:
            with host.database.transaction() as db:
                post.keeps_for(db, guest.me)
        self._mailboxes.append(post.kept_by(guest.person, [each.me for each in hosts], NOW))

    def _tell_presences(self) -> None:
        self._public = [
            *self._offers,
            *self._mailboxes,
            *(each.presence() for each in self._houses),
        ]
        for house in self._houses:
            if house.is_up:
                with self._power():
                    house.learn(self._public)

        async def again() -> None:
            self._tell_presences()

        self.time.later(PRESENCE_SECONDS, again)

    async def _trouble(self) -> None:
        self._wire.weather = self._plan.weather
        for _ in range(self._plan.acts):
            await self._until(self.time.now + self._rng.expovariate(1 / self._plan.pace))
            if self._plan.is_orderly:
                await self._until_quiet()
            await self._disturb()
            self._act()
            await self._quiet()
            if self._placed == self._plan.orders and not self._judge.under_way():
                return

    async def _disturb(self) -> None:
        plan = self._plan
        house = self._rng.choice(self._houses)
        if self._rng.random() < plan.crashes and house.is_up:
            house.fuse.light()
        if self._rng.random() < plan.sleeps and house.is_up:
            await self._put_to_sleep(house)
        if self._rng.random() < plan.cuts:
            self._cut()
        for liar_ in self._houses:
            if liar_.is_liar and self._judge.known and self._rng.random() < plan.lies:
                self._lie(liar_)
        if house.is_up and (house.is_liar or self._rng.random() < plan.drops):
            self._throw_letters_away(house)
        if plan.restores and self._rng.random() < 2 * plan.restores and house.is_up:
            house.back_up()
            self._tell(None, f"{house.name} makes a backup")
        if self._rng.random() < plan.restores and house.is_up and not house.is_liar:
            await self._put_to_sleep(house, is_restored=True)

    def _throw_letters_away(self, host: House) -> None:
        with self._power(), host.database.transaction() as db:
            lost = post.lose_letters(db)
            if lost:
                self.result.counts["letter thrown away"] += lost
                self._tell(None, f"{host.name} throws away {lost} letters of others")

    async def _put_to_sleep(self, house: House, *, is_restored: bool = False) -> None:
        hours = self._rng.choice((1, 6, 30, 100))
        self._tell(None, f"{house.name} sleeps for {hours} h")
        house.scope.cancel()
        await self._quiet()
        if is_restored and house.restore():
            self._judge.forget(house)
            self._count_one("restore")
            self._tell(None, f"{house.name} is restored from a backup")
        self._count_one("sleep")
        self.time.later(hours * HOUR, lambda: self._wake(house))

    async def _wake(self, house: House) -> None:
        if house.is_open:
            return
        self._nursery.start_soon(self._live, house)
        await self._quiet()
        self._judge.reread(house)
        with self._power():
            house.learn(self._public)
            self._wire.meet()
        await self._quiet()

    async def _live(self, house: House) -> None:
        await house.live()
        if house.fuse.is_blown:
            self._count_one("crash")
            self._tell(None, f"the power of {house.name} fails")
            seconds = self._rng.choice((1, MINUTE, HOUR, DAY))
            self.time.later(seconds, lambda: self._restart(house))

    async def _restart(self, house: House) -> None:
        await self._wake(house)
        if house.is_up and not house.is_liar:
            self._judge.after_crash(house, self._folder)

    def _cut(self) -> None:
        """Two groups cannot reach one another for a while."""
        for house in self._houses:
            self._wire.parts[house.line.peer_id] = self._rng.randrange(2)
        self._count_one("partition")
        self._tell(None, "the wire is cut in two")

        async def heal() -> None:
            self._wire.parts.clear()
            self._wire.meet()

        self.time.later(self._rng.choice((2, 12, 60)) * HOUR, heal)

    async def _calm(self) -> None:
        """All are awake, nothing gets lost: every order comes to its end."""
        self._wire.weather = CALM
        self._wire.parts.clear()
        for house in self._houses:
            house.fuse.put_out()
        await self._until(self.time.now + RETRY_SECONDS)
        for house in self._houses:
            await self._wake(house)
        self._confess()
        self._wire.meet()
        for _ in range(CALM_STEPS_MAX):
            await self._until_quiet()
            self._judge.look(self.time.now)
            deadlines = [each.next_deadline() for each in self._houses]
            ahead = [each for each in deadlines if each is not None]
            if not self._is_settled():
                at = self.time.now + RETRY_SECONDS
            elif self._wire.on_the_way:
                at = self.time.now + LOOK_SECONDS
            elif ahead:
                at = min(ahead) + 1
            else:
                return
            await self._until(at)
        owing = {house.name: self._owes(house) for house in self._houses}
        raise Broken("every order ends", None, f"they go on for ever: owed {owing}")

    def _confess(self) -> None:
        """The liar comes to reason, and holds nothing back any more."""
        for house in self._houses:
            if house.is_liar and self._plan.confesses:
                for order_id in house.order_ids():
                    if (order := house.order(order_id)) is not None:
                        self._own_up(house, order)

        for number, (house, word) in enumerate(self._words * 2):
            for other in self._houses:
                if other is not house and OrderId(word.slot) in other.order_ids():
                    self._bring_to(other, house, word, number * MINUTE)

    def _own_up(self, house: House, order: Order) -> None:
        for role, other in order.parties.items():
            is_to_know = role is not Role.MODERATOR or order.is_agreed
            if is_to_know and other != house.me:
                with house.database.transaction() as db:
                    post.own_everything_up(db, other, order.id, house.clock())

    async def _until_quiet(self) -> None:
        """Until nobody owes anything to anybody; with a bound, since some may sleep."""
        for _ in range(20):
            await self._quiet()
            if self._wire.in_flight == 0 and self._is_settled():
                return
            await self._until(self.time.now + MINUTE)

    def _is_settled(self) -> bool:
        return not any(self._owes(house) for house in self._houses if house.is_up)

    def _owes(self, house: House) -> int:
        with house.database.reading() as db:
            return post.undelivered(db)

    # --- what people do ------------------------------------------------------------------------

    def _act(self) -> None:
        """Somebody who is at home does something."""
        up = [house for house in self._houses if house.is_up]
        ways = self._judge.under_way()
        with self._power():
            if up and self._placed < self._plan.orders and self._rng.random() < 0.25:
                self._place(self._rng.choice(up))
            elif ways:
                awaited = self._judge.awaited()
                chosen = self._rng.choice(ways if self._rng.random() < 0.3 else awaited or ways)
                is_hasty = self._rng.random() < self._plan.haste
                for house, order_id in ways if is_hasty else [chosen]:
                    if order_id == chosen[1]:
                        self._step(house, order_id)

    def _place(self, house: House) -> None:
        foreign = [each for each in self._offers if each.author != house.me]
        if not foreign:
            return
        offered = self._rng.choice(foreign)
        self._placed += 1
        judges = self._judges(house, offered.author)
        shown = whims.place(house.trading, self._rng, offered, judges)
        self._tell(OrderId(bytes.fromhex(str(shown["order"]))), f"{house.name} orders")

    def _judges(self, *parties: House | bytes) -> list[str]:
        return [
            each.address for each in self._houses if each not in parties and each.me not in parties
        ]

    def _step(self, house: House, order_id: OrderId) -> None:
        shown = house.show(order_id)
        order = house.order(order_id)
        assert shown is not None
        assert order is not None
        steps = cast("list[str]", shown["open_steps"])
        if self._has_no_time(house, order_id) or not steps:
            return
        event = whims.choose(self._rng, steps)
        if event is None:
            return
        word = None
        if house.is_liar and self._rng.random() < self._plan.lies:
            word = liar.other_word(house, order, self._rng, but=event)
        try:
            judges = self._judges(order.contract.buyer, order.contract.seller)
            whims.take(house.trading, self._rng, shown, event, judges)
        except (OutOfStock, HoldsTooMuch) as refusal:
            self._count_one(refusal.code)
        except Refusal as refusal:
            raise Broken("what is open is possible", order_id, f"{event}: {refusal}") from refusal
        if word is not None:
            self._sign_both_ways(house, order, word)

    def _has_no_time(self, house: House, order_id: OrderId) -> bool:
        key = (house, order_id)
        if key not in self._silent:
            self._silent[key] = self._rng.random() < self._plan.silences
        return self._silent[key]

    # --- what liars do -------------------------------------------------------------------------

    def _lie(self, house: House) -> None:
        """Say something that is not for him to say, perhaps in an order of others."""
        open_ones = [order_id for _, order_id in self._judge.under_way()]
        order_id = self._rng.choice(open_ones or [*self._judge.known])
        if self._rng.random() < 0.3:
            order_id = self._rng.choice([*self._judge.known])
        knowing = [each for each in self._houses if each.is_up and each.order(order_id)]
        order = self._rng.choice(knowing).order(order_id) if knowing else None
        if order is not None:
            self._count_one("forbidden word")
            self._bring(house, order, liar.forbidden_word(house, order, self._rng), hours=1)

    def _sign_both_ways(self, house: House, order: Order, word: Record) -> None:
        """He has said one thing; to some, or later, he says another on the same heads."""
        self._count_one("fork")
        others = [each for each in order.parties.values() if each != house.me]
        for other in others:
            if self._rng.random() < 0.5:
                with house.database.transaction() as db:
                    post.withhold(db, other, order.id)
        self._bring(house, order, word, hours=self._rng.choice((0, 5, 100)))

    def _bring(self, house: House, order: Order, word: Record, *, hours: float) -> None:
        said = entries.read(word)
        for other in self._houses:
            if other is house or other.me not in order.parties.values():
                continue
            if self._rng.random() < 0.7:
                self._tell(order.id, f"{house.name} also says {said.event} to {other.name}")
                self._bring_to(other, house, word, self._rng.uniform(0, hours * HOUR))
        self._words.append((house, word))

    def _bring_to(self, other: House, house: House, word: Record, seconds: float) -> None:
        letter = post.sealed_letter(house.person, other.me, OrderId(word.slot), word.to_bytes())
        peers = house.line.peer_id, other.line.peer_id
        self._wire.bring(*peers, post.PROTOCOL, letter, seconds)

    # --- time ----------------------------------------------------------------------------------

    async def _until(self, at: float) -> None:
        """Let happen what happens until then."""
        await self._quiet()
        while self.time.now < at:
            if self.time.next_at() <= min(at, self.time.now + STEP_SECONDS_MAX):
                happening = self.time.pop()
                await self._quiet()
                with self._power():
                    await happening()
            else:
                self.time.now = min(at, self.time.now + STEP_SECONDS_MAX)
            await self._quiet()
            if self.time.now - self._looked_at > LOOK_SECONDS:
                self._looked_at = self.time.now
                self._judge.look(self.time.now)

    async def _quiet(self) -> None:
        """Every node has done what it can do now."""
        await trio.testing.wait_all_tasks_blocked()
        for house in self._houses:
            if house.is_open and house.fuse.is_blown:
                house.scope.cancel()
                await trio.testing.wait_all_tasks_blocked()

    @contextmanager
    def _power(self) -> Generator[None]:
        """Where the power of a house fails in this block, that ends the block, and the house."""
        with suppress(Crash):
            yield

    # --- what is told of it --------------------------------------------------------------------

    def _noticed(self, house: House, record: Record) -> None:
        if record.kind != entries.KIND:
            return
        said = entries.read(record)
        with house.database.reading() as db:
            order = orders.load(db, said.order)
        assert order is not None
        whose = "says" if said.identity == house.me else "hears"
        text = f"{house.name} {whose}: {said.role} {said.event} {said.id.hex()[:6]}"
        after = " ".join(sorted(each.hex()[:6] for each in said.seen))
        void = "" if any(line.entry.id == said.id for line in order.history) else " (void)"
        self._tell(said.order, f"{text} after [{after}]{void}: {order.state}")
        self.result.states[order.state.value] += 1
        if said.identity == house.me:
            self.result.events[said.event.value] += 1
        self._judge.noticed(house, said, order)

    def _tell(self, order_id: OrderId | None, text: str) -> None:
        self._story.append((self.time.now, order_id, text))

    def story(self, order_id: OrderId | None = None) -> list[str]:
        """What happened, of one order or of all, in its order."""
        return [
            f"{_when(at)} {about.hex()[:6] if about else '      '} {text}"
            for at, about, text in self._story
            if order_id is None or about is None or about == order_id
        ]

    def _count_one(self, what: str) -> None:
        self.result.counts[what] += 1

    def _count(self) -> None:
        for known in self._judge.known.values():
            now = self._judge.standing(known)
            self.result.ends[now.state] += 1
            self.result.counts["entry"] += len(known)
            self.result.counts["void"] += len(known) - len(now.lines)
            for before, line in zip(now.states, now.lines[1:], strict=False):
                self.result.cells[before, line.event.value] += 1
        self.result.counts.update(self._wire.counts)
        self.result.counts["day"] += int((self.time.now - NOW) / DAY)


def _when(at: float) -> str:
    days, seconds = divmod(int(at) - NOW, DAY)
    hours, seconds = divmod(seconds, HOUR)
    return f"day {days:3} {hours:02}:{seconds // MINUTE:02}:{seconds % MINUTE:02}"


def run(seed: int) -> Result:
    """One world, from its beginning to its end."""
    logging.disable(logging.ERROR)
    # Not for others to set: trio offers no other way to run the same way twice.
    cast("Any", trio_run)._ALLOW_DETERMINISTIC_SCHEDULING = True
    trio_run._r.seed(seed)
    post.hurry_less()
    parent = RAM if RAM.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="gw-sim-", dir=parent) as folder:
        world = World(seed, Path(folder))
        try:
            trio.run(world.run, clock=world.time)
        except BaseExceptionGroup as group:
            broken = _broken(group) or _error(group)
            world.result.broken = broken.promise
            world.result.why = str(broken)
            world.result.story = world.story(broken.order)
        else:
            world.result.story = world.story()
    return world.result


def _error(group: BaseExceptionGroup[BaseException]) -> Broken:
    """What nobody foresaw, told as a broken promise. Raises what is no error: an interruption."""
    if not isinstance(group, ExceptionGroup):
        raise group
    several = cast("ExceptionGroup[Exception]", group)
    return Broken("no error", None, "".join(traceback.format_exception(several)))


def _broken(group: BaseExceptionGroup[BaseException]) -> Broken | None:
    """The promise that was broken; None where it is something else."""
    found: list[Broken] = []

    def look(error: BaseException) -> bool:
        if isinstance(error, Broken):
            found.append(error)
        return isinstance(error, Broken)

    _, rest = group.split(look)
    return found[0] if found and rest is None else None
