"""What a cheat can do: bring letters to the door of somebody honest, and see what comes of it."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import permutations
from typing import Any, Final

from goodword.crypto.person import Person
from goodword.protocol.codec import Value
from goodword.protocol.contract import Contract
from goodword.protocol.entry import Event
from goodword.protocol.errors import Refusal
from goodword.protocol.limits import DAY
from goodword.protocol.order import Order
from goodword.protocol.record import Record
from goodword.storage import orders
from tests.make import ANN, BEN, CHEN, NOW, listing, say
from tests.protocol.ways import AGREED, DETAILS
from tests.storage.memory import Memory, memory

APPLES: Final = listing()
LATE: Final = NOW + 365 * DAY
"""Late enough for every deadline of a story to have passed."""

PARTIES: Final = (ANN, BEN, CHEN)


@contextmanager
def home(owner: Person, told: Sequence[Record] = (), now: int = LATE) -> Generator[Memory]:
    """An honest node of `owner`, who knows the apples of Ben's and was `told` these letters."""
    with memory(owner, [APPLES]) as node:
        node.now = now
        assert bring(node, *told) == ["new"] * len(told)
        yield node


def bring(node: Memory, *letters: Record) -> list[str]:
    """What the door says to each: `new`, `known`, or the code of its refusal."""
    return [_brought(node, each) for each in letters]


def _brought(node: Memory, letter: Record) -> str:
    try:
        (outcome,) = node.intake.admit_letter([letter.to_bytes()])
    except Refusal as refusal:  # of the letter as a whole
        return refusal.code
    return outcome.code if isinstance(outcome, Refusal) else outcome.value


def order_at(node: Memory, of: Contract = AGREED) -> Order:
    """Where the order stands for the owner of this node."""
    with node.database.reading() as db:
        order = orders.load(db, of.id)
    assert order is not None, "it was told"
    return order


def after(
    known: Sequence[Record],
    person: Person,
    event: Event,
    seconds: int = 60,
    **details: Value,
) -> Record:
    """What `person` says when he has seen `known`, or says that he has seen no more."""
    told: Mapping[str, Value] = {**DETAILS.get(event, {}), **details}
    return say(person, event, known, details=told, now=max(e.made_at for e in known) + seconds)


def verdicts_of_all(told: Sequence[Record], late: Sequence[Record]) -> Iterator[Order]:
    """The order as each party sees it in the end, in whatever order the `late` letters come."""
    for owner in PARTIES:
        for shuffled in permutations(late):
            with home(owner, told) as node:
                waiting = list(shuffled)
                while waiting:  # what comes before its past is brought again
                    fates = bring(node, *waiting)
                    kept = [e for e, fate in zip(waiting, fates, strict=True) if fate == "new"]
                    assert kept, fates
                    waiting = [each for each in waiting if each not in kept]
                yield order_at(node)


def agreed_by_all(told: Sequence[Record], late: Sequence[Record]) -> Order:
    """The one order that all see in the end."""
    first, *others = verdicts_of_all(told, late)
    assert all(each == first for each in others)
    return first


def void(order: Order) -> list[tuple[str, str]]:
    """(role, event) of what changed nothing."""
    return [(each.entry.role.value, each.entry.event.value) for each in order.void]


def flipped(data: bytes) -> Iterator[bytes]:
    """`data`, with one bit of each eighth byte turned."""
    for at in range(0, len(data), 8):
        yield data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@contextmanager
def homes(told: Sequence[Record] = ()) -> Generator[list[Memory]]:
    """One honest node for each party."""
    with ExitStack() as stack:
        yield [stack.enter_context(home(owner, told)) for owner in PARTIES]


def minor(order: Order) -> Any:
    """How much is the seller's, in minor units; None where nothing is decided."""
    return order.to_seller and order.to_seller.minor
