"""The acts in which two haggle, name whom both trust, fall out, and he decides."""

from __future__ import annotations

from functools import partial
from typing import Final

from goodword.cli.deal import STATES
from tests.demo.stage import Stage
from tests.nodes import Node

BROKEN: Final = "it came in two pieces, the box had no straw in it"

FAIR: Final = "the box shows it was packed badly; half of it was still good tea"


class Quarrel:
    """Ben buys of Ann; Chen is the friend of both."""

    def __init__(self, stage: Stage, ann: Node, ben: Node, chen: Node) -> None:
        self._stage = stage
        self._ann = ann
        self._ben = ben
        self._chen = chen

    def perform(self, bowl: str) -> str:
        """The id of the order that Chen decides, and Ben reviews."""
        order = self._haggle(bowl)
        self._decide(order)
        self._review(order)
        return order

    def _haggle(self, bowl: str) -> str:
        stage, ann, ben, chen = self._stage, self._ann, self._ben, self._chen
        stage.act("Ann and Ben haggle, and name a friend who decides if they fall out")
        stage.types(chen, "moderator", "offer", "--fee", "2%", lines=("fee",))
        ben.until(lambda: bool(ben.ask("moderator.list")["moderators"]))
        ben.ask("person.name", person=chen.person, petname="Chen")
        told = ("you buy", "moderator:", "price:")
        stage.types(
            ben, "order", "place", bowl, "--price", "18 EUR", "--moderator", "Chen", lines=told
        )
        (placed,) = ben.ask("order.list")["orders"]
        order = str(placed["order"])
        ann.until(partial(_is, ann, order, "proposed"))
        stage.say("Ann wants more. Her counter carries whole new terms; each round is kept.")
        stage.types(
            ann, "order", "counter", order[:8], "--price", "22 EUR", lines=("round", "price:")
        )
        ben.until(partial(_is, ben, order, "countered"))
        stage.types(ben, "order", "accept", order[:8], lines=(STATES["accepted"], "moderator"))
        chen.until(partial(_is, chen, order, "accepted"))
        stage.say("Chen has the whole order now, and says that he is ready.")
        stage.types(chen, "order", "consent", order[:8], lines=("you moderate", "ready"))
        return order

    def _decide(self, order: str) -> None:
        stage, ann, ben, chen = self._stage, self._ann, self._ben, self._chen
        stage.act("The bowl comes broken, and Chen decides")
        steps: tuple[tuple[Node, Node, str, str, tuple[str, ...]], ...] = (
            (ben, ann, "paid", "pay_claimed", ("--method", "cash")),
            (ann, ben, "received", "funded", ()),
            (ann, ben, "ship", "fulfilled", ()),
            (ben, chen, "dispute", "disputed", ("--because", BROKEN)),
            (chen, ann, "verdict", "decided", ("--to-seller", "11 EUR", "--because", FAIR)),
            (ann, ben, "executed", "resolved", ("--method", "cash", "--amount", "11 EUR")),
        )
        for node, other, verb, state, more in steps:
            lines = (STATES[state], "to the seller:")
            stage.types(node, "order", verb, order[:8], *more, lines=lines)
            other.until(partial(_is, other, order, state))
        stage.say(
            """Chen could say one thing only: how much of the 22 EUR is Ann's. He never held the
            money, and could not have taken it."""
        )

    def _review(self, order: str) -> None:
        stage, ann, ben, chen = self._stage, self._ann, self._ben, self._chen
        stage.say(
            """Ben says publicly how it was. Ann cannot withhold that: when she countered, she
            signed his right to one review of her, of her second deal."""
        )
        words = ("--rating", "mixed", "--text", "Fine glaze, poor box, fair end.")
        stage.types(ben, "order", "review", order[:8], *words)
        chen.until(lambda: bool(chen.ask("review.list", person=ann.person)["about"]))
        stage.types(chen, "review", "list", "Ann")


def _is(node: Node, order: str, state: str) -> bool:
    return node.state(order) == state
