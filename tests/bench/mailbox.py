"""Figure 7: letters through a mailbox: what a node collects that was off while others wrote.

Ann wrote while Ben was off; Chen kept it. Measured is from the first letter that Ben has collected,
opened, judged and on disk, to the last. The raw limit is as many requests of the size of one
letter, between two bare transports.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from goodword.cli.client import Json
from tests.nodes import Node, stopped_at_end

from .figure import Figure
from .pair import watched
from .raw import RawPeer, two_peers

LETTERS: Final = 200
LETTER_BYTES: Final = 900
"""A proposal in its envelope."""

WAIT_SECONDS: Final = 120.0


def measure(folder: Path) -> Figure:
    ann, ben, chen = (Node.new(folder / name, name) for name in ("Ann", "Ben", "Chen"))
    with stopped_at_end(ann, ben, chen):
        chen.start()
        ann.start(chen.addresses[0])
        chen.ask("person.name", person=ann.person, petname="Ann")
        listing = _opened(ann, ben, chen)
        ann.until(partial(_has, ann, listing), WAIT_SECONDS)
        for _ in range(LETTERS):
            ann.ask("order.place", listing=listing)
        chen.until(lambda: _kept(chen) == LETTERS, WAIT_SECONDS)
        rate = _collected(ben, chen)
    with two_peers() as (one, _):
        raw = LETTERS / sum(_request(one) for _ in range(LETTERS))
    return Figure(
        name=f"letters through a mailbox, {LETTERS} collected",
        ours=f"{rate:,.0f}/s",
        raw=f"{raw:,.0f}/s bare requests of {LETTER_BYTES} bytes",
        ratio=f"{rate / raw:.2f}",
    )


def _opened(ann: Node, ben: Node, chen: Node) -> str:
    """Ben's listing, which Chen has; then Ben goes. Chen keeps his letters.

    Both know Ann: strangers have a small quota, and pay for each letter.
    """
    ben.start(chen.addresses[0])
    ben.until(lambda: bool(ben.ask("node.status")["peers"]))
    chen.ask("mailbox.host", person=ben.person, quota="10MB")
    ben.ask("person.name", person=ann.person, petname="Ann")
    ben.ask("mailbox.use", people=[chen.person])
    made = ben.ask("listing.publish", title="bowl", price="12.50 EUR", quantity=10_000)
    chen.until(partial(_has, chen, str(made["listing"])))
    ben.stop()
    return str(made["listing"])


def _collected(ben: Node, chen: Node) -> float:
    """Letters a second, from the first to the last."""
    ben.start()
    with watched(ben) as at_ben:
        moments = [at_ben.next("order", WAIT_SECONDS)[0] for _ in range(LETTERS)]
    return (LETTERS - 1) / (moments[-1] - moments[0])


def _kept(chen: Node) -> int:
    guests: list[Json] = chen.ask("mailbox.show")["guests"]
    return sum(each["letters"] for each in guests)


def _has(node: Node, listing: str) -> bool:
    return listing in {each["listing"] for each in node.ask("listing.search")["listings"]}


def _request(peer: RawPeer) -> float:
    peer.tell("request", LETTER_BYTES)
    return float(peer.wait("answered")[1])
