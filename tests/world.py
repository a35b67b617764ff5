"""Traders with real memories and no network: the test itself carries what they say."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from goodword.crypto.address import to_address
from goodword.crypto.person import Person
from goodword.crypto.sealing import seal
from goodword.node.aside import Aside
from goodword.node.author import Author
from goodword.node.bundles import Bundles
from goodword.node.circle import Circle
from goodword.node.clerk import Clerk
from goodword.node.crowd import Crowd
from goodword.node.delivery import Delivery
from goodword.node.doorkeeper import Doorkeeper
from goodword.node.endorsing import Endorsing
from goodword.node.events import Events
from goodword.node.intake import Intake
from goodword.node.keep import Keep
from goodword.node.letterbox import Letterbox
from goodword.node.mailboxes import Mailboxes
from goodword.node.market import Market
from goodword.node.moderation import Moderation
from goodword.node.notary import Notary
from goodword.node.notices import Notices
from goodword.node.reputation import Reputation
from goodword.node.reviewing import Reviewing
from goodword.node.trading import Trading
from goodword.node.trusting import Trusting
from goodword.protocol.bounds import id_of
from goodword.protocol.contract import OrderId
from goodword.protocol.entry import Entry
from goodword.protocol.letter import Envelope, Letter
from goodword.protocol.record import Record
from goodword.storage import meta, orders, outbox, records
from goodword.storage.database import Database, Reader
from goodword.storage.outbox import Debt
from tests.make import NOW

KEPT: Final = "kept"
"""What a receipt says where it does not name the code of a refusal."""

Shown: TypeAlias = dict[str, Any]
"""An answer of the API, whose shape the test knows."""


class Watch:
    """A clock that only the test moves."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def forward(self, seconds: int) -> None:
        self.now += seconds


class Trader:
    """A person with all of a node's memory and verbs, on a real file in `folder`."""

    def __init__(self, person: Person, folder: Path, watch: Watch | None = None) -> None:
        self.person = person
        self.me = person.public_key
        self.address = to_address(self.me)
        self.watch = watch or Watch()
        self.path = folder / f"{self.address}.sqlite"
        self.open()

    def open(self) -> None:
        """Begin, from what is on disk."""
        me, watch = self.me, self.watch
        self.database = Database(self.path)
        self.reader, self.builder = Reader(self.path), Reader(self.path)
        with self.database.transaction() as db:
            meta.claim(db, me)
        self.intake = Intake(self.database, me, watch)
        self.author = Author(self.person, self.intake, self.database, watch)
        aside = Aside(self.reader)
        self.crowd = Crowd(self.builder, me, watch)
        self.trusting = Trusting(aside, self.crowd, me, watch)
        self.intake.on_new(self.trusting.note)
        self.market = Market(self.author, self.database, aside, self.trusting, me, watch)
        self.reputation = Reputation(self.author, self.database, me, watch)
        self.endorsing = Endorsing(self.author, self.database, me, watch)
        self.moderation = Moderation(self.author, self.database, aside, self.trusting, me, watch)
        self.reviewing = Reviewing(self.author, self.database, me, watch)
        self.trading = Trading(self.person, self.intake, self.database, watch)
        self.notary = Notary(self.database)
        self.bundles = Bundles(self.database, aside, self.intake, me, watch)
        self.keep = Keep(self.database, aside, self.intake, me, watch)
        self.clerk = Clerk(self.trading, self.database, self.intake, watch)
        self.events = Events()
        self.circle = Circle(self.database, me, watch)
        self.notices = Notices(self.database, self.intake, me, watch, self.events)
        self.mailboxes = Mailboxes(self.author, self.database, me)
        self.delivery = Delivery(self.person, self.database, watch, Events())
        self.doorkeeper = Doorkeeper(self.intake.nearness, watch)
        self.marks: list[tuple[str, str]] = []
        self.letterbox = Letterbox(
            self.doorkeeper,
            self.intake,
            self.delivery,
            self.database,
            self.person,
            watch,
            Events(),
            lambda peer, why: self.marks.append((peer, why)),
        )

    def restart(self) -> None:
        """End, and begin again."""
        self.close()
        self.open()

    def close(self) -> None:
        self.reader.close()
        self.builder.close()
        self.database.close()

    def admit(self, *made: Record) -> None:
        """Let records in, in this order. Raises the first Refusal."""
        for each in made:
            self.intake.admit(each.to_bytes())

    def debts(self, recipient: Trader) -> list[Debt]:
        """What is still owed to `recipient`."""
        with self.database.reading() as db:
            return outbox.owed_to(db, recipient.me)

    def entries(self, order: str) -> list[Entry]:
        """What was said in `order` (hex), in the order in which it came here."""
        with self.database.reading() as db:
            return list(orders.entries_of(db, OrderId(bytes.fromhex(order))).values())

    def order(self, order: str) -> Shown:
        """What `goodword order show` shows."""
        return self.trading.show(order=order)

    def orders(self) -> list[Shown]:
        return cast("list[Shown]", self.trading.list()["orders"])

    def listings(self, seller: str = "") -> list[Shown]:
        return cast("list[Shown]", self.market.list(seller=seller)["listings"])


@contextmanager
def traders(
    folder: Path, people: Sequence[Person], watch: Watch | None = None
) -> Generator[list[Trader]]:
    """One trader for each of `people`; they share `watch` unless given others later."""
    shared = watch or Watch()
    with ExitStack() as stack:
        made = [Trader(person, folder, shared) for person in people]
        for trader in made:
            stack.callback(trader.close)
        yield made


def gossip(sender: Trader, *receivers: Trader) -> None:
    """Tell `receivers` all that `sender` would tell anybody; refusals are theirs to make."""
    with sender.database.reading() as db:
        told = list(records.public_bytes(db, [id_of(each) for each in records.offered(db)]))
    for receiver in receivers:
        receiver.intake.admit_many([data for data in told if data is not None])


def deliver(sender: Trader, recipient: Trader) -> list[str]:
    """Carry a letter for each order; for each entry what the receipt says: KEPT, or a code."""
    with sender.database.reading() as db:
        orders_owed = outbox.orders_owed(db, recipient.me)
    return [fate for order in orders_owed for fate in _carry(sender, recipient, order)]


def _carry(sender: Trader, recipient: Trader, order: OrderId) -> list[str]:
    with sender.database.reading() as db:
        debts = outbox.owed(db, recipient.me, order)
    envelope = sealed(sender, recipient, order, [each.record for each in debts])
    receipt = recipient.letterbox.open(envelope, peer=sender.address)
    sender.delivery.settle(recipient.me, order, debts, receipt, may_begin_anew=False)
    fates = [KEPT] * len(receipt.ids)
    return [*fates, receipt.code] if receipt.code else fates


def sealed(sender: Trader, recipient: Trader, order: OrderId, entries: Sequence[bytes]) -> Envelope:
    """The envelope in which `sender` sends these entries of `order`."""
    inside = Letter(
        sender=sender.me, token=sender.person.letter_token(recipient.me, order), records=entries
    )
    return Envelope(to=recipient.me, sealed=seal(recipient.me, inside.to_bytes()))
