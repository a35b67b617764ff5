"""A trader whose methods answer on a control socket, and a command line to ask them with."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import trio

from goodword.cli.main import main
from goodword.node import control
from goodword.node.events import Event, Events
from goodword.node.home import Home
from goodword.node.methods import Methods
from goodword.node.show import Json
from tests.world import Trader

Answer: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def answer(self) -> Answer:
        return dict(json.loads(self.out))


def goodword(*arguments: str) -> Done:
    """Run the command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = main(arguments)
        except SystemExit as ended:  # argparse: --help, --version, a mistake
            status = ended.code if isinstance(ended.code, int) else 0
    return Done(status, out.getvalue(), err.getvalue())


def at(home: Home, *arguments: str) -> Done:
    return goodword("--home", str(home.path), *arguments)


def made(home: Home, *more: str) -> Answer:
    """A home without a passphrase; what `init` said of it."""
    done = at(home, "init", "--no-passphrase", "--json", *more)
    assert done.status == 0, done.err
    return done.answer


class KnownEvents(Events):
    """Events that tell the test when somebody watches."""

    def __init__(self) -> None:
        super().__init__()
        self.is_watched = trio.Event()

    @contextmanager
    def watched(self) -> Generator[trio.MemoryReceiveChannel[Event]]:
        with super().watched() as happening:
            self.is_watched.set()
            yield happening


class Desk:
    """A home with a control socket, and whatever methods answer there."""

    def __init__(self, home: Path, methods: Methods) -> None:
        home.mkdir()
        (home / "identity.json").touch()
        self.home = home
        self.methods = methods
        self.events = KnownEvents()

    async def start(self, nursery: trio.Nursery) -> None:
        await nursery.start(control.serve, self.home / "control.sock", self.methods, self.events)

    async def __call__(self, *arguments: str) -> Done:
        return await trio.to_thread.run_sync(goodword, "--home", str(self.home), *arguments)

    async def ask(self, *arguments: str) -> Answer:
        """The answer of a command that must succeed."""
        done = await self(*arguments, "--json")
        assert done.status == 0, done.err
        return done.answer


def methods_of(trader: Trader) -> Methods:
    """What a node exposes of a trader."""
    market, people, trading = trader.market, trader.reputation, trader.trading
    moderation, reviewing = trader.moderation, trader.reviewing
    circle, notices, mailboxes = trader.circle, trader.notices, trader.mailboxes
    endorsing = trader.endorsing
    methods = Methods()
    table: dict[str, Callable[..., object]] = {
        "node.status": lambda: status(trader),
        "node.peers": peers,
        "node.connect": connect,
        "node.api": lambda: {"methods": methods.catalogue()},
        "keep.show": trader.keep.show,
        "keep.set": trader.keep.set,
        "bundle.write": trader.bundles.write,
        "bundle.read": trader.bundles.read,
        "person.name": people.name,
        "person.forget": people.forget,
        "person.show": people.show,
        "person.list": people.list,
        "person.note": people.note,
        "person.block": people.block,
        "person.unblock": people.unblock,
        "profile.set": people.set_profile,
        "profile.show": people.show_profile,
        "circle.follow": circle.follow,
        "circle.unfollow": circle.unfollow,
        "circle.feed": circle.feed,
        "notice.list": notices.list,
        "notice.dismiss": notices.dismiss,
        "trust.show": trader.trusting.show,
        "listing.publish": market.publish,
        "listing.revise": market.revise,
        "listing.withdraw": market.withdraw,
        "listing.list": market.list,
        "listing.show": market.show,
        "listing.search": market.search,
        "vouch.give": endorsing.vouch,
        "vouch.revoke": endorsing.revoke,
        "vouch.list": endorsing.list,
        "warn.give": endorsing.warn,
        "warn.revoke": endorsing.unwarn,
        "moderator.offer": moderation.offer,
        "moderator.withdraw": moderation.withdraw,
        "moderator.list": moderation.list,
        "review.withdraw": reviewing.withdraw,
        "review.list": reviewing.list,
        "mailbox.host": mailboxes.host,
        "mailbox.evict": mailboxes.evict,
        "mailbox.use": mailboxes.use,
        "mailbox.leave": mailboxes.leave,
        "mailbox.show": mailboxes.show,
        "order.place": trading.place,
        "order.list": trading.list,
        "order.show": trading.show,
        "order.counter": trading.counter,
        "order.accept": trading.accept,
        "order.reject": trading.reject,
        "order.withdraw": trading.withdraw,
        "order.paid": trading.paid,
        "order.received": trading.received,
        "order.denied": trading.denied,
        "order.on_delivery": trading.on_delivery,
        "order.ship": trading.ship,
        "order.extend": trading.extend,
        "order.confirm": trading.confirm,
        "order.refund": trading.refund,
        "order.offer": trading.offer,
        "order.agree": trading.agree,
        "order.dispute": trading.dispute,
        "order.consent": trading.consent,
        "order.verdict": trading.verdict,
        "order.executed": trading.executed,
        "order.review": reviewing.review,
        "order.export": trader.notary.export,
        "record.show": show_record,
    }
    for name, function in table.items():
        methods.expose(name, function)
    return methods


def status(trader: Trader) -> Json:
    """What runs here."""
    person = {"address": trader.address, "did": "", "petname": None, "name": None}
    return {
        "person": person,
        "peers": 1,
        "uptime_seconds": 90_000,
        "room": {
            "mine": {"records": 1, "bytes": 550},
            "near": {"records": 2_000, "bytes": 1_100_000},
            "strangers": {"records": 100_000, "bytes": 55_000_000},
            "strangers_bytes_max": 256_000_000,
        },
        "addresses": ["/ip4/127.0.0.1/tcp/1", "/ip4/127.0.0.1/tcp/2"],
        "records": {"listing": 2},
        "is_listening": True,
        "latest": None,
    }


def peers() -> Json:
    """Who is connected."""
    return {"peers": [{"peer": "12D3KooWA"}]}


def connect(*, address: str) -> Json:
    """Connect to a node."""
    return {"peer": address.rpartition("/")[2]}


def show_record(*, record: str) -> Json:
    """A record."""
    return {
        "record": record,
        "kind": "listing",
        "author": {"address": "gw1qqqqqqqqqqqqq", "did": "", "petname": None, "name": None},
        "made_at": 1_700_000_000,
        "slot": "00",
        "revision": 1,
        "is_withdrawal": record.startswith("dead"),
        "body": {"title": "\x1b[2Jred\u202e bicycle"},
        "bytes": "00",
        "signature": "11",
    }
