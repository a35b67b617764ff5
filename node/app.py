"""The node: open the home, start all services in order, stop them in reverse."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from goodword.crypto.person import Person
from goodword.protocol import letter, mailbox, presence
from goodword.protocol.contract import OrderId
from goodword.protocol.record import Record, RecordId
from goodword.storage import listings, orders, outbox, receipts, records
from goodword.storage.database import Database, Reader, StorageFailed, Transaction

from . import archive, control, reading, show
from .aside import Aside
from .author import Author
from .bundles import Bundles
from .circle import Circle
from .clerk import Clerk
from .clock import Clock, system_clock
from .collector import Collector
from .crier import Crier
from .crowd import Crowd
from .delivery import Delivery
from .doorkeeper import Doorkeeper
from .endorsing import Endorsing
from .events import Events
from .herald import Herald
from .home import Home, HomeError
from .intake import Intake
from .keep import Keep
from .keeper import Keeper
from .letterbox import Letterbox
from .mailboxes import Mailboxes
from .mailroom import Mailroom
from .market import Market
from .methods import Methods
from .moderation import Moderation
from .notary import Notary
from .notices import Notices
from .postman import Postman
from .quotas import MB
from .reading import Misunderstood, NotFound
from .reputation import Reputation
from .reviewing import Reviewing
from .roads import Roads
from .settings import Settings
from .show import Json
from .sweeper import Sweeper
from .syncer import Syncer
from .trading import Trading
from .transport import Transport
from .trusting import Trusting

if TYPE_CHECKING:
    from .lan import Lan


class Node:
    """Everything of one running node, wired together; `run` starts it."""

    def __init__(
        self,
        home: Home,
        person: Person,
        settings: Settings,
        database: Database,
        readers: tuple[Reader, Reader],
        clock: Clock = system_clock,
    ) -> None:
        """`readers`: one for long answers, one to build what makes them short."""
        me = person.public_key
        aside, builder = readers
        self._home = home
        self._database = database
        self._person = person
        self._clock = clock
        self._settings = settings
        self._started_at = clock()
        self.me = me
        self.events = Events()
        self.intake = Intake(database, me, clock, settings.strangers_megabytes * MB)
        self.transport = Transport(home.peer_seed(), settings.listen)
        self.crier = Crier(self.transport, self.intake, database, me, clock)
        self.aside = Aside(aside)
        self.keep = Keep(database, self.aside, self.intake, me, clock)
        self.keep.on_change(self.crier.follow)
        self.sweeper = Sweeper(self.intake, database)
        self.keep.on_change(self.sweeper.follow)
        self.syncer = Syncer(
            self.transport, self.intake, database, self.aside, self.events, self.keep.interest
        )
        self.keep.on_change(self.syncer.look_again)
        self.roads = Roads(self.transport, database, clock)
        self.delivery = Delivery(person, database, clock, self.events)
        self.doorkeeper = Doorkeeper(self.intake.nearness, clock)
        self.letterbox = Letterbox(
            self.doorkeeper,
            self.intake,
            self.delivery,
            database,
            person,
            clock,
            self.events,
            self.transport.mark,
        )
        self.transport.serve(letter.PROTOCOL, self.letterbox.receive)
        self.postman = Postman(
            self.transport, self.roads, self.intake, self.delivery, database, person, clock
        )
        self.collector = Collector(
            self.transport,
            self.roads,
            self.letterbox,
            self.intake,
            database,
            person,
            clock,
            self.events,
        )
        self.mailroom = Mailroom(
            self.transport,
            self.roads,
            self.doorkeeper,
            database,
            clock,
            self.collector.knocked,
        )
        self.keeper = Keeper(self.transport, database, clock, self.events)
        self.author = Author(person, self.intake, database, clock)
        self.herald = Herald(self.author, self.transport, database, clock)
        self.crowd = Crowd(builder, me, clock)
        self.trusting = Trusting(self.aside, self.crowd, me, clock)
        self.intake.on_new(self.trusting.note)
        self.market = Market(self.author, database, self.aside, self.trusting, me, clock)
        self.moderation = Moderation(self.author, database, self.aside, self.trusting, me, clock)
        self.reputation = Reputation(self.author, database, me, clock)
        self.endorsing = Endorsing(self.author, database, me, clock)
        self.reviewing = Reviewing(self.author, database, me, clock)
        self.circle = Circle(database, me, clock)
        self.notices = Notices(database, self.intake, me, clock, self.events)
        self.mailboxes = Mailboxes(self.author, database, me)
        self.trading = Trading(person, self.intake, database, clock)
        self.notary = Notary(database)
        self.bundles = Bundles(database, self.aside, self.intake, me, clock)
        self.clerk = Clerk(self.trading, database, self.intake, clock)
        self.methods = self._expose()
        self.intake.on_new(self._find_hosts)
        self.intake.on_new(
            lambda record: self.events.tell("record", kind=record.kind, record=record.id.hex())
        )

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled. Each service really serves before the next starts.

        The transport is stopped last: what others still do with it ends first.
        """
        for address in self._settings.peers:
            self.keeper.want(address)
        async with trio.open_nursery() as outer:
            await outer.start(self.transport.run)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._watch_the_disk)
                for service in (
                    self.keep,
                    self.crier,
                    self.syncer,
                    self.postman,
                    self.mailroom,
                    self.collector,
                    self.herald,
                    self.keeper,
                    self.notices,
                    self.crowd,
                    self.sweeper,
                ):
                    await nursery.start(service.run)
                await nursery.start(self.clerk.run)
                if self._settings.mdns:
                    await nursery.start(_lan(self.transport).run)
                await nursery.start(control.serve, self._home.control, self.methods, self.events)
                self._publish_first_profile()
                task_status.started()

    def _find_hosts(self, record: Record) -> None:
        if record.kind in (mailbox.KIND, presence.KIND):
            self.keeper.look_again()

    async def _watch_the_disk(self) -> None:
        """End everything, loudly, at the first failure of the disk.

        A request handler that met it has only its own request to lose; a node that goes on
        would take letters that it cannot keep.
        """
        broken = trio.Event()
        failures: list[StorageFailed] = []

        def told(failed: StorageFailed) -> None:
            failures.append(failed)
            broken.set()

        self._database.on_failure = told
        await broken.wait()
        raise failures[0]

    # --- what the local API tells of the node itself -------------------------------------------

    def status(self) -> Json:
        """What runs here, what is known, and what waits."""
        with self._database.reading() as db:
            return {
                "person": show.person(db, self._person.public_key),
                "home": str(self._home.path),
                "peer_id": self.transport.peer_id,
                "addresses": self.transport.addresses,
                "peers": len(self.transport.peers()),
                "uptime_seconds": self._clock() - self._started_at,
                "records": records.count(db),
                "listings": listings.count(db),
                "orders": dict(orders.count_by_state(db)),
                "letters_waiting": outbox.count(db),
                "receipts_waiting": receipts.count(db),
                "refused": dict(Counter(self.intake.refused)),
                "room": self._room(db),
            }

    def _room(self, db: Transaction) -> Json:
        """How much of what everybody may see is whose, and of how much."""
        room = self.intake.room
        held = {
            name: {"records": share.records, "bytes": share.bytes}
            for name, share in room.shares(db).items()
        }
        return {**held, "strangers_bytes_max": room.pot_bytes}

    def peers(self) -> Json:
        """Who is connected now, and who lives there."""
        connected = self.transport.peers()
        found = {peer: self.roads.people_at(peer) for peer in connected}
        with self._database.reading() as db:
            return {
                "peers": [
                    {"peer": peer, "people": [show.person(db, key) for key in keys]}
                    for peer, keys in found.items()
                ]
            }

    async def connect(self, *, address: str) -> Json:
        """Connect to a node, and stay connected with it from now on."""
        if not address.startswith("/") or "/p2p/" not in address:
            raise Misunderstood(
                f"{address!r} is not the address of a node",
                "write it as the node prints it: /ip4/…/tcp/…/p2p/…",
            )
        return {"peer": await self.keeper.ask_for(address)}

    async def sync_now(self) -> Json:
        """Catch up now with every node that is connected; how far it has come with each."""
        await self.syncer.now()
        return self.sync_show()

    def sync_show(self) -> Json:
        """How far catching up has come with each peer: what is new, its bytes, what is left."""
        visits = self.syncer.visits()
        found = [self.roads.people_at(str(each["peer"])) for each in visits]
        with self._database.reading() as db:
            return {
                "peers": [
                    {**visit, "people": [show.person(db, key) for key in keys]}
                    for visit, keys in zip(visits, found, strict=True)
                ]
            }

    async def show_order(self, *, order: str) -> Json:
        """One order: its history, whose turn it is, and what is said of the others in it."""
        shown = self.trading.show(order=order)
        self.delivery.looked_at(OrderId(bytes.fromhex(str(shown["order"]))))
        return {**shown, "trust": await self.trusting.of(self.trading.others(order=order))}

    def show_record(self, *, record: str) -> Json:
        """A record as it was signed, so that anybody can check it."""
        with self._database.reading() as db:

            def starting_with(first: bytes, last: bytes) -> list[RecordId]:
                return records.starting_with(db, first, last)

            found = records.get(db, reading.by_prefix(record, "record", starting_with))
            if found is None:
                raise NotFound(f"no record {record} is here")
            return show.record(db, found)

    def api(self) -> Json:
        """Every method of this API, as the code has it."""
        return {"methods": self.methods.catalogue()}

    async def backup(self, *, file: str, passphrase: str) -> Json:
        """Write an encrypted backup of this home; it can be restored elsewhere."""
        path = Path(file)
        if not path.is_absolute():
            raise Misunderstood(f"{file} is not an absolute path", "the node has its own folder")
        await trio.to_thread.run_sync(archive.write, self._home, passphrase.encode(), path)
        return {"file": file}

    def _publish_first_profile(self) -> None:
        """`goodword init --name` left a name for the first start to publish."""
        try:
            given = json.loads(self._home.first_profile.read_bytes())
        except FileNotFoundError:
            return
        self.reputation.set_profile(name=str(given["name"]))
        self._home.first_profile.unlink()

    def _expose(self) -> Methods:
        methods = Methods()
        table: dict[str, Callable[..., object]] = {
            "node.status": self.status,
            "node.peers": self.peers,
            "node.connect": self.connect,
            "sync.now": self.sync_now,
            "sync.show": self.sync_show,
            "node.backup": self.backup,
            "node.api": self.api,
            "keep.show": self.keep.show,
            "keep.set": self.keep.set,
            "bundle.write": self.bundles.write,
            "bundle.read": self.bundles.read,
            "person.name": self.reputation.name,
            "person.forget": self.reputation.forget,
            "person.show": self.reputation.show,
            "person.list": self.reputation.list,
            "person.note": self.reputation.note,
            "person.block": self.reputation.block,
            "person.unblock": self.reputation.unblock,
            "profile.set": self.reputation.set_profile,
            "profile.show": self.reputation.show_profile,
            "circle.follow": self.circle.follow,
            "circle.unfollow": self.circle.unfollow,
            "circle.feed": self.circle.feed,
            "notice.list": self.notices.list,
            "notice.dismiss": self.notices.dismiss,
            "trust.show": self.trusting.show,
            "listing.publish": self.market.publish,
            "listing.revise": self.market.revise,
            "listing.withdraw": self.market.withdraw,
            "listing.list": self.market.list,
            "listing.show": self.market.show,
            "listing.search": self.market.search,
            "vouch.give": self.endorsing.vouch,
            "vouch.revoke": self.endorsing.revoke,
            "vouch.list": self.endorsing.list,
            "warn.give": self.endorsing.warn,
            "warn.revoke": self.endorsing.unwarn,
            "moderator.offer": self.moderation.offer,
            "moderator.withdraw": self.moderation.withdraw,
            "moderator.list": self.moderation.list,
            "review.withdraw": self.reviewing.withdraw,
            "review.list": self.reviewing.list,
            "mailbox.host": self.mailboxes.host,
            "mailbox.evict": self.mailboxes.evict,
            "mailbox.use": self.mailboxes.use,
            "mailbox.leave": self.mailboxes.leave,
            "mailbox.show": self.mailboxes.show,
            "order.place": self.trading.place,
            "order.list": self.trading.list,
            "order.show": self.show_order,
            "order.counter": self.trading.counter,
            "order.accept": self.trading.accept,
            "order.reject": self.trading.reject,
            "order.withdraw": self.trading.withdraw,
            "order.paid": self.trading.paid,
            "order.received": self.trading.received,
            "order.denied": self.trading.denied,
            "order.on_delivery": self.trading.on_delivery,
            "order.ship": self.trading.ship,
            "order.extend": self.trading.extend,
            "order.confirm": self.trading.confirm,
            "order.refund": self.trading.refund,
            "order.offer": self.trading.offer,
            "order.agree": self.trading.agree,
            "order.dispute": self.trading.dispute,
            "order.consent": self.trading.consent,
            "order.verdict": self.trading.verdict,
            "order.executed": self.trading.executed,
            "order.review": self.reviewing.review,
            "order.export": self.notary.export,
            "record.show": self.show_record,
        }
        for name, function in table.items():
            methods.expose(name, function)
        return methods


def _lan(transport: Transport) -> Lan:
    """Raises HomeError where the optional package is not installed."""
    try:
        from .lan import Lan
    except ModuleNotFoundError as error:
        raise HomeError(
            "looking for nodes on the LAN needs the package zeroconf",
            "install it with `pip install 'goodword[mdns]'`, or start without --mdns",
        ) from error
    return Lan(transport)
