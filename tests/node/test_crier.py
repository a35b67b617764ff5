"""Who keeps a part of the market hears of that part, over real connections; and of no more."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise

import trio

from goodword.crypto.person import Person
from goodword.node import crier
from goodword.node.crier import Crier
from goodword.node.declared import Declared, kept
from goodword.node.transport import Transport
from goodword.protocol import gossip, topics
from goodword.protocol.gossip import TOPIC
from goodword.protocol.record import Record
from goodword.storage import records
from tests.make import ANN, BEN, CHEN, DAI, fresh, listing, profile, review, vouch, withdrawal
from tests.node.peer_process import LOOPBACK, eventually
from tests.storage.memory import Memory

WAIT_SECONDS = 30.0

FRUIT, BREAD = topics.of_category("fruit"), topics.of_category("bread")


@dataclass
class Ear:
    """A node that gossips, and does nothing else."""

    memory: Memory
    transport: Transport
    crier: Crier

    def keep(self, **said: object) -> None:
        """As `goodword keep set` does."""
        declared = Declared(is_everything=not said, **said)  # type: ignore[arg-type]
        with self.memory.database.reading() as db:
            self.crier.follow(kept(db, declared, self.memory.owner, self.memory.now))

    def say(self, *made: Record) -> None:
        for each in made:
            self.memory.intake.admit(each.to_bytes())

    def has(self, made: Record) -> bool:
        with self.memory.database.reading() as db:
            return records.has(db, made.id)

    async def hears(self, made: Record) -> None:
        await eventually(lambda: self.has(made), WAIT_SECONDS)

    async def knows_listeners(self, topic: str) -> None:
        await eventually(lambda: self.transport.has_listeners(topic), WAIT_SECONDS)


@asynccontextmanager
async def ear(person: Person, seed: int) -> AsyncGenerator[Ear]:
    memory = Memory(person)
    transport = Transport(bytes([seed]) * 32, [LOOPBACK])
    cries = Crier(transport, memory.intake, memory.database, memory.owner, lambda: memory.now)
    async with trio.open_nursery() as nursery:
        await nursery.start(transport.run)
        await nursery.start(cries.run)
        yield Ear(memory, transport, cries)
        nursery.cancel_scope.cancel()
    memory.database.close()


@asynccontextmanager
async def row(*people: Person) -> AsyncGenerator[list[Ear]]:
    """Each connected to the one before."""
    async with AsyncExitStack() as stack:
        ears = [await stack.enter_async_context(ear(each, 60 + n)) for n, each in enumerate(people)]
        for one, other in pairwise(ears):
            await other.transport.connect(one.transport.addresses[0])
        yield ears


def sales(person: Person, *categories: str) -> list[Record]:
    return [
        listing(person, title=each, categories=[each], nonce=each.encode().ljust(16, b"."))
        for each in categories
    ]


async def test_who_keeps_a_category_hears_of_it_and_not_of_the_rest() -> None:
    bread, plums = sales(BEN, "bread", "fruit")
    async with row(BEN, ANN) as (ben, ann):
        ann.keep(categories=("fruit",), hops=0)
        await ben.knows_listeners(FRUIT)
        ben.say(bread, plums)
        await ann.hears(plums)
        assert not ann.has(bread)


async def test_a_node_that_keeps_everything_carries_it_to_who_keeps_a_part() -> None:
    bread, plums = sales(BEN, "bread", "fruit")
    async with row(BEN, CHEN, ANN) as (ben, chen, ann):
        ann.keep(categories=("fruit",), hops=0)
        await chen.knows_listeners(FRUIT)
        await ben.knows_listeners(TOPIC)
        ben.say(bread, plums)
        await chen.hears(bread)
        await ann.hears(plums)
        assert not ann.has(bread)


async def test_what_who_keeps_a_part_says_reaches_who_keeps_everything() -> None:
    async with row(BEN, ANN) as (ben, ann):
        ann.keep(hops=0)
        await ann.knows_listeners(TOPIC)
        await eventually(lambda: not ben.transport.has_listeners(TOPIC), WAIT_SECONDS)
        ann.say(profile(ANN))
        await ben.hears(profile(ANN))


async def test_a_person_is_heard_and_what_is_said_of_her() -> None:
    of_ben, of_dai = review(CHEN, BEN), review(CHEN, DAI, order="second")
    said = profile(BEN)
    async with row(CHEN, ANN) as (chen, ann):
        ann.memory.learn([vouch(ANN, BEN.public_key)])
        ann.keep(hops=0)
        await chen.knows_listeners(topics.of_person(BEN.public_key))
        chen.say(of_dai, of_ben)
        await ann.hears(of_ben)
        (told,) = gossip.pack([said.to_bytes()])
        assert chen.crier.hear("somebody", told)
        await ann.hears(said)
        assert not ann.has(of_dai)


async def test_who_keeps_what_a_listing_leaves_hears_that_it_left() -> None:
    (plums,) = sales(BEN, "fruit")
    jam = listing(BEN, categories=["bread"], nonce=b"fruit".ljust(16, b"."), revision=1)
    async with row(BEN, ANN) as (ben, ann):
        ann.keep(categories=("fruit",), hops=0)
        await ben.knows_listeners(FRUIT)
        ben.say(plums, jam)
        await ann.hears(jam)
        other = listing(BEN, categories=["fruit"], nonce=b"o" * 16)
        ben.say(other, withdrawal(other, BEN))
        await ann.hears(withdrawal(other, BEN))


async def test_a_region_is_heard_by_itself_and_by_its_country() -> None:
    far, near, nearest = (
        listing(BEN, region=each, nonce=each.encode().ljust(16, b"."))
        for each in ("DK-84", "DE-BY", "DE")
    )
    async with row(BEN, ANN) as (ben, ann):
        ann.keep(regions=("de",), hops=0)
        await ben.knows_listeners(topics.of_region("DE"))
        ben.say(far, near, nearest)
        await ann.hears(near)
        await ann.hears(nearest)
        assert not ann.has(far)


async def test_who_keeps_everything_again_hears_of_everything() -> None:
    (bread,) = sales(BEN, "bread")
    async with row(BEN, ANN) as (ben, ann):
        ann.keep(categories=("fruit",), hops=0)
        await ben.knows_listeners(FRUIT)
        await eventually(lambda: not ben.transport.has_listeners(TOPIC), WAIT_SECONDS)
        ann.keep()
        await ben.knows_listeners(TOPIC)
        await eventually(lambda: not ben.transport.has_listeners(FRUIT), WAIT_SECONDS)
        ben.say(bread)
        await ann.hears(bread)


async def test_only_topics_that_can_be_ours_are_remembered_and_so_many_of_one_peer() -> None:
    def hear(_peer: str, _data: bytes) -> bool:
        return False

    junk = ["/goodword/records/2", f"{topics.BEGINNING}fruit", "x" * topics.TOPIC_CHARS]
    many = [topics.of_category(f"c{n}") for n in range(300)]
    async with row(BEN, ANN) as (ben, ann):
        everywhere = dict.fromkeys([*junk, *many], hear)
        await ann.transport.take_part(everywhere)
        await eventually(lambda: any(map(ben.transport.has_listeners, many)), WAIT_SECONDS)
        gone = next(filter(ben.transport.has_listeners, many))
        await ann.transport.take_part({each: hear for each in everywhere if each != gone})
        # That she left is told after all else.
        await eventually(lambda: not ben.transport.has_listeners(gone), WAIT_SECONDS)
        assert 250 <= sum(map(ben.transport.has_listeners, many)) <= 256
        assert not any(map(ben.transport.has_listeners, junk))


# --- what goes on, and what does not --------------------------------------------------------------


def message(*made: Record) -> bytes:
    (packed,) = gossip.pack(each.to_bytes() for each in made)
    return packed


async def test_what_came_new_by_one_topic_goes_on_once_in_another_of_its_own() -> None:
    (plums,) = sales(BEN, "fruit")
    async with ear(ANN, 60) as ann:
        assert ann.crier.hear("p", message(plums), topics.of_person(BEN.public_key))
        assert not ann.crier.hear("p", message(plums), topics.of_person(BEN.public_key))
        assert ann.crier.hear("q", message(plums), FRUIT)
        assert not ann.crier.hear("q", message(plums), FRUIT)
        assert not ann.crier.hear("q", message(plums), BREAD), "it is not about that"


async def test_a_replay_of_old_records_goes_nowhere() -> None:
    (plums,) = sales(BEN, "fruit")
    async with ear(ANN, 60) as ann:
        ann.memory.learn([plums])
        assert not ann.crier.hear("p", message(plums), FRUIT)
        assert not ann.crier.hear("p", message(plums))


async def test_what_we_refuse_a_part_of_goes_no_further_on_any_topic() -> None:
    (plums,) = sales(BEN, "fruit")
    older = profile(CHEN)
    async with ear(ANN, 60) as ann:
        ann.memory.learn([profile(CHEN, name="Chen", revision=1)])
        assert not ann.crier.hear("p", message(plums, older), FRUIT)
        assert ann.has(plums)


async def test_more_people_than_topics_are_left_to_catch_up() -> None:
    many = [fresh(f"friend {n}") for n in range(crier.TOPICS_PEOPLE_MAX + 5)]
    async with row(BEN, ANN) as (ben, ann):
        ann.memory.learn([vouch(ANN, each.public_key) for each in many])
        ann.keep(hops=1, categories=("fruit",))
        await ben.knows_listeners(FRUIT)
        told = [topics.of_person(each.public_key) for each in many]
        await eventually(lambda: sum(map(ben.transport.has_listeners, told)) >= 95, WAIT_SECONDS)
        assert ben.transport.has_listeners(topics.of_person(ANN.public_key))
        assert sum(map(ben.transport.has_listeners, told)) == crier.TOPICS_PEOPLE_MAX - 1
