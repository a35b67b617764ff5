"""The play: four people, three deals, one quarrel, one liar, and what is proved at the end."""

from __future__ import annotations

import hashlib
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from goodword.cli.deal import STATES
from goodword.crypto.address import from_address
from goodword.crypto.keys import PublicKey
from goodword.crypto.person import Person
from goodword.node.home import Home
from goodword.protocol import entry, record
from goodword.protocol.entry import Event, Role
from goodword.protocol.record import Record
from tests import make
from tests.demo.liar import Liar
from tests.demo.quarrel import Quarrel
from tests.demo.stage import Failed, Stage
from tests.nodes import LOOPBACK, Node

PRICE: Final = b"\xcd\x09\x60"
"""24.00, as it stands in a record."""

FLIPPED: Final = b"\xcd\x01\x60"
"""The same with one bit flipped: 3.52."""

BACK_SECONDS: Final = 5.0
"""How soon an order reaches a seller who is back."""


class Play:
    def __init__(self, stage: Stage, folder: Path) -> None:
        self._stage = stage
        self.ann, self.ben, self.chen, self.dai = self.cast = tuple(
            Node(folder / name) for name in ("ann", "ben", "chen", "dai")
        )

    def perform(self) -> str:
        """All acts in order; the id of Ben's order, which is left open.

        Raises Failed, or AssertionError where something takes too long.
        """
        self._four_people()
        bowl = self._words_that_travel()
        self._search()
        bought = self._deal(bowl)
        judged = Quarrel(self._stage, self.ann, self.ben, self.chen).perform(bowl)
        waiting = self._offline(bowl)
        self._lies(bowl, waiting)
        self._proof(
            {
                bought: (self.ann, self.dai),
                judged: (self.ann, self.ben, self.chen),
                waiting: (self.ann, self.ben),
            }
        )
        return waiting

    # --- the acts ------------------------------------------------------------------------------

    def _four_people(self) -> None:
        stage = self._stage
        stage.act("Four people, and no company between them")
        stage.say(
            """Ann makes pots. Ben, Chen and Dai do not, and like to drink tea. Each of them has a
            home: a folder with their keys and all they know. Nobody runs a server."""
        )
        for node in self.cast:
            name = node.home.name.capitalize()
            words = ("init", "--name", name, "--no-passphrase")
            stage.types(node, *words, lines=("you are",))
        stage.say(
            """Each starts a node: a real process that listens on a port of this machine, and takes
            commands from its owner alone."""
        )
        stage.pause()
        for node in self.cast:
            node.begin()
        for node in self.cast:
            stage.typed(node, "start", "--listen", LOOPBACK)
            node.ready()
        stage.say(
            """Ben connects to Ann, Chen to Ben, Dai to Chen: a chain. Dai has never heard of Ann's
            node, nor Ann's of Dai's."""
        )
        for node, other in ((self.ben, self.ann), (self.chen, self.ben), (self.dai, self.chen)):
            stage.types(node, "connect", other.addresses[0])

    def _words_that_travel(self) -> str:
        """The id of the bowl."""
        stage, ann, chen, dai = self._stage, self.ann, self.chen, self.dai
        stage.act("What they say travels from friend to friend")
        stage.say("Ann tells who she is, and what she sells: one bowl in English, one in Chinese.")
        about = ("--about", "I make bowls and cups.", "--region", "景德镇")
        stage.types(ann, "profile", "set", "--name", "Ann", *about, lines=("region", "I make"))
        told = stage.types(
            ann, *("listing", "new", "--title", "Blue tea bowl", "--price", "24 EUR"),
            *("--quantity", "6", "--text", "Thrown by hand, fired with pine."),
            lines=("published: ", "pieces"),
        )  # fmt: skip
        stage.types(
            ann, *("listing", "new", "--title", "手工茶碗", "--price", "180 CNY"),
            *("--text", "柴烧青釉 手工拉坯"), lines=("published: ",),
        )  # fmt: skip
        stage.say(
            """Chen has drunk from Ann's bowls for ten years, and says so: he vouches for her. Dai
            vouches for Chen, his neighbour. They gave each other their addresses over tea."""
        )
        stage.types(chen, "person", "name", ann.person, "Ann")
        how = "I have drunk from her bowls for ten years."
        stage.types(chen, "vouch", "for", "Ann", "--strength", "trust", "--how", how)
        stage.types(dai, "person", "name", chen.person, "Chen")
        stage.types(dai, "vouch", "for", "Chen", "--how", "neighbours since 2011")
        return told.split()[1]

    def _search(self) -> None:
        stage, dai = self._stage, self.dai
        stage.act("Dai looks for a bowl, and sees whom to trust")

        def is_all_there() -> bool:
            found = [dai.ask("listing.search", words=each)["listings"] for each in ("bowl", "茶碗")]
            return all(each and each[0]["trust"]["evidence"] for each in found)

        dai.until(is_all_there)
        stage.say(
            """Ann's listings have come along the chain, hand to hand: every node checked Ann's
            signature before it passed them on. Dai searches at home; nobody learns for what."""
        )
        for word in ("bowl", "茶碗"):
            told = stage.types(dai, "listing", "search", word)
            if "some reason: Chen, whom you know, vouches for them" not in told:
                raise Failed("the search does not show who vouches for the seller")
        stage.say(
            """Dai does not know the potter. But Dai knows Chen, and Chen stands for her: so says
            the last line. There are no stars here, and nobody who could sell them."""
        )

    def _deal(self, bowl: str) -> str:
        """The id of an order that comes to its good end."""
        stage, ann, dai = self._stage, self.ann, self.dai
        stage.act("A deal, step by step")
        stage.say(
            """Dai orders. The letter goes to Ann's node directly, sealed, so that only Ann can read
            where to ship. Each step is signed, and each says what happens if nobody does anything.
            """
        )
        stage.types(
            dai, "order", "place", bowl, "--ship-to", "Dai, Teegasse 3, Wien",
            lines=("24.00", STATES["proposed"], "if nobody"),
        )  # fmt: skip
        (placed,) = dai.ask("order.list")["orders"]
        order = str(placed["order"])
        self._arrives(ann, order, "proposed")
        stage.types(ann, "order", "list")
        steps: tuple[tuple[Node, Node, str, str, tuple[str, ...]], ...] = (
            (ann, dai, "accept", "accepted", ("--note", "Thank you!")),
            (dai, ann, "paid", "pay_claimed", ("--method", "SEPA", "--amount", "24 EUR")),
            (ann, dai, "received", "funded", ()),
            (ann, dai, "ship", "fulfilled", ("--tracking", "RR123")),
            (dai, ann, "confirm", "completed", ()),
        )
        for node, other, verb, state, more in steps:
            stage.types(node, "order", verb, order[:8], *more, lines=(STATES[state],))
            self._arrives(other, order, state)
        stage.say("Neither could take the other's steps, and both keep the same signed history.")
        return order

    def _offline(self, bowl: str) -> str:
        """The id of an order that was placed while the seller was off."""
        stage, ann, ben = self._stage, self.ann, self.ben
        stage.act("Ann's node is off, and Ben orders all the same")
        stage.say("Ann closes her laptop (Ctrl-C). Ben orders; the letter waits on Ben's own disk.")
        peer = ann.ask("node.status")["peer_id"]
        self._says_goodbye(ann)
        ben.until(lambda: peer not in [each["peer"] for each in ben.ask("node.peers")["peers"]])
        stage.types(ben, "order", "place", bowl, lines=("24.00", STATES["proposed"], "queued"))
        listed = ben.ask("order.list")["orders"]
        order = str(next(each["order"] for each in listed if each["state"] == "proposed"))
        stage.proves("the order is at Ben's, and its letter waits", not ben.is_settled())
        stage.say("Ann comes back, on another port than before.")
        stage.pause()
        stage.typed(ann, "start", "--listen", LOOPBACK)
        back = time.monotonic()
        ann.start()
        started = time.monotonic()
        self._arrives(ann, order, "proposed")
        took = time.monotonic() - started
        stage.aside(f"Her node took {started - back:.1f} s to start.")
        stage.proves(f"Ben's order was there {took:.1f} s later", took < BACK_SECONDS)
        stage.types(ann, "order", "accept", order[:8], lines=(STATES["accepted"],))
        self._arrives(ben, order, "accepted")
        return order

    def _lies(self, bowl: str, order: str) -> None:
        stage, ann = self._stage, self.ann
        stage.act("A liar")
        stage.say(
            """Mallory runs a program of her own, which follows no rules. It connects to Ann's node,
            and seals its letters as it should. Ben's order is accepted, and not paid yet."""
        )
        known = [_record(self.ben, each["record"]) for each in self.ben.order(order)["history"]]
        agreed = next(each.contract for each in map(entry.read, known) if not each.seen)
        mallory, ben = make.fresh("Mallory"), Home(self.ben.home).person(None)
        heads = make.heads(map(entry.read, known))

        def say(person: Person, event: Event, pretends: PublicKey) -> Record:
            key = person.order_identity(agreed.nonce)
            return entry.write(
                key,
                pretends,
                entry.bind(person.identity, agreed.id, Role.BUYER, key.public_key),
                order=agreed.id,
                role=Role.BUYER,
                event=event,
                seen=heads,
                details={},
                now=int(time.time()),
            )

        liar = Liar()
        try:
            send = self._lie_by(liar, ann)
            stage.say("She writes in Ben's name: “I take my order back.” But the key is hers.")
            send(say(mallory, Event.WITHDRAW, ben.public_key), "order.bad_binding")
            stage.say(
                """She bribes Ben. With his true key he now signs “the money has come”, which is the
                seller's to say."""
            )
            send(say(ben, Event.PAY_RECEIVED, ben.public_key), "order.not_yours")
            stage.say(
                "And “it came, all is well”: that is Ben's to say, but not before it was paid."
            )
            send(say(ben, Event.CONFIRM, ben.public_key), "order.wrong_turn")
            stage.say(
                """At last she passes on Ann's own listing, with a single bit flipped: now the bowl
                costs 3.52 EUR instead of 24.00."""
            )
            listed = ann.ask("record.show", record=ann.ask("listing.show", listing=bowl)["record"])
            data = bytes.fromhex(listed["bytes"])
            assert data.count(PRICE) == 1
            liar.cry(ann.addresses[0], data.replace(PRICE, FLIPPED))
            self._is_refused("record.bad_signature")
        finally:
            liar.end()
        stage.types(ann, "status", lines=("refused",))
        stage.types(ann, "order", "show", order[:8], lines=(STATES["accepted"], "it is"))
        is_same = [each["record"] for each in ann.order(order)["history"]] == [
            each.id.hex() for each in known
        ]
        stage.proves("the order stands as it stood: nothing of this was kept", is_same)

    def _proof(self, orders: dict[str, tuple[Node, ...]]) -> None:
        stage = self._stage
        stage.act("The proof")
        stage.say(
            """Do homes that never shared a disk hold the same? Here is, for each order, one hash
            over the ids of all its signed entries, as each of its parties has them."""
        )
        for order, parties in orders.items():
            for node in parties:
                node.until(node.is_settled)
            shown = [node.order(order) for node in parties]
            names = [node.home.name.capitalize() for node in parties]
            stage.proves(
                f"order {order[:8]}: {' and '.join(names)} agree that it is {shown[0]['state']}",
                all(
                    (o["state"], o["heads"]) == (shown[0]["state"], shown[0]["heads"])
                    for o in shown
                ),
            )
            digests = [_digest(each["history"]) for each in shown]
            for name, digest in zip(names, digests, strict=True):
                stage.aside(f"  {name:4} {digest}")
            stage.proves("the hashes are equal", len(set(digests)) == 1)
        stage.say("All nodes stop, and the doctor examines what each has left on disk.")
        for node in self.cast:
            self._says_goodbye(node)
        for node in self.cast:
            told = stage.types(node, "doctor")
            if "sound: " not in told:
                raise Failed(f"the doctor found something at {node.home.name}'s")

    # --- what several acts do ------------------------------------------------------------------

    def _arrives(self, node: Node, order: str, state: str) -> None:
        node.until(lambda: node.state(order) == state)

    def _says_goodbye(self, node: Node) -> None:
        if code := node.stop(signal.SIGINT):
            raise Failed(f"{node.home.name}'s node ended with {code}: {node.said}")

    def _lie_by(self, liar: Liar, ann: Node) -> Callable[[Record, str], None]:
        def send(lie: Record, code: str) -> None:
            with ann.watching() as events:
                receipt = liar.send(ann.addresses[0], from_address(ann.person), lie)
                event = events.first(5.0, event="refused", code=code)
            self._stage.answer(f"Ann's node: {receipt.fate}, {receipt.code} ({event['text']})")
            self._stage.proves(f"refused: {code}", receipt.code == code)

        return send

    def _is_refused(self, code: str) -> None:
        """By gossip nobody is answered; the node counts."""
        self.ann.until(lambda: self.ann.ask("node.status")["refused"].get(code, 0) > 0)
        self._stage.proves(f"refused: {code}", True)


def _record(node: Node, record_id: str) -> Record:
    return record.read(bytes.fromhex(node.ask("record.show", record=record_id)["bytes"]))


def _digest(history: list[dict[str, str]]) -> str:
    """SHA-256 over the sorted ids of the entries."""
    ids = sorted(each["record"] for each in history)
    return hashlib.sha256("".join(ids).encode()).hexdigest()
