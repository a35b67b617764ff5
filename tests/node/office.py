"""A trader's mail on a real transport: postman, collector and mailroom, as a node wires them."""

from __future__ import annotations

from goodword.node.collector import Collector
from goodword.node.events import Events
from goodword.node.herald import bare
from goodword.node.mailroom import Mailroom
from goodword.node.postman import Postman
from goodword.node.roads import Roads, peer_bytes
from goodword.protocol import letter
from goodword.storage import mailboxes
from tests.make import mailbox, presence
from tests.node.peer_process import Node
from tests.world import Trader, gossip


class Office:
    def __init__(self, trader: Trader, node: Node) -> None:
        self.trader = trader
        self.node = node
        self.transport = node.transport
        self.peer = node.transport.peer_id
        roads = Roads(node.transport, trader.database, trader.watch)
        node.transport.serve(letter.PROTOCOL, trader.letterbox.receive)
        self.postman = Postman(
            node.transport,
            roads,
            trader.intake,
            trader.delivery,
            trader.database,
            trader.person,
            trader.watch,
        )
        self.collector = Collector(
            node.transport,
            roads,
            trader.letterbox,
            trader.intake,
            trader.database,
            trader.person,
            trader.watch,
            Events(),
        )
        self.mailroom = Mailroom(
            node.transport,
            roads,
            trader.doorkeeper,
            trader.database,
            trader.watch,
            self.collector.knocked,
        )

    def open_to(self, *others: Trader) -> None:
        """Tell `others` where this device is."""
        said = presence(
            self.trader.person,
            peer=peer_bytes(self.peer),
            addresses=[bare(each) for each in self.transport.addresses],
            now=self.trader.watch(),
        )
        for each in others:
            each.admit(said)

    async def post(self, recipient: Trader) -> None:
        """One attempt at everything for `recipient`."""
        await self.postman._serve(recipient.me)

    async def collect(self, host: Office) -> int:
        """Fetch what `host` keeps."""
        await self.transport.connect(host.node.address)
        return await self.collector.collect(host.peer)


def keeps_for(host: Trader, guest: Trader, *others: Trader, revision: int = 0) -> None:
    """`host` keeps letters for `guest`, who tells `others`."""
    host.mailboxes.host(person=guest.address)
    guest.admit(mailbox(guest.person, [host.me], revision=revision, now=guest.watch()))
    gossip(guest, host, *others)


def letters_at(host: Trader) -> int:
    """How many letters `host` keeps for others."""
    with host.database.reading() as db:
        return sum(each.letters for each in mailboxes.guests(db))


def states(trader: Trader, order: str) -> list[str]:
    """How far the entries of `trader` have come."""
    history = trader.order(order)["history"]
    return [to["state"] for each in history for to in each["delivery"]]
