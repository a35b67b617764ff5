"""`goodword mailbox …`: friends who keep letters for each other while a node is off."""

from __future__ import annotations

from collections.abc import Iterator

from goodword.cli.client import Json
from goodword.cli.command import Command, option, word
from goodword.cli.page import Block, Line, Table
from goodword.cli.words import person, size, when

PERSON = word("person", "a petname, an address, or the beginning of an address")


def _mailboxes(answer: Json, now: int) -> Iterator[Block]:
    if answer["hosts"]:
        names = ", then ".join(person(each) for each in answer["hosts"])
        yield Line(f"your letters are kept by {names}")
    else:
        yield Line("nobody keeps your letters: `goodword mailbox use PERSON` asks a friend's node")
    if not answer["guests"]:
        yield Line("you keep letters for nobody: `goodword mailbox host PERSON`")
        return
    yield Line("you keep letters for", "bold")
    rows = [
        [
            person(each["person"]),
            str(each["letters"]),
            f"{size(each['bytes'])} of {size(each['quota_bytes'])}",
            when(each["oldest_at"], now) if each["oldest_at"] else "",
        ]
        for each in answer["guests"]
    ]
    yield Table(["person", "letters", "size", "oldest"], rows)


COMMANDS = (
    Command(
        noun="mailbox",
        verb="show",
        help="who keeps your letters while your node is off, and for whom you keep some",
        example="mailbox show",
        method="mailbox.show",
        show=_mailboxes,
    ),
    Command(
        noun="mailbox",
        verb="use",
        help="say who keeps your letters; they must host you, too",
        example="mailbox use Chen Dai",
        arguments=(word("people", "who is asked first comes first", nargs="+", metavar="PERSON"),),
        method="mailbox.use",
        show=_mailboxes,
    ),
    Command(
        noun="mailbox",
        verb="leave",
        help="say that nobody keeps your letters any more",
        example="mailbox leave",
        method="mailbox.leave",
        show=_mailboxes,
    ),
    Command(
        noun="mailbox",
        verb="host",
        help="keep letters for a friend while her node is off; you cannot read them",
        example="mailbox host Ben --quota 1MB",
        arguments=(
            PERSON,
            option("--quota", "how much you keep for her: 1MB, the default", metavar="SIZE"),
        ),
        method="mailbox.host",
        show=_mailboxes,
    ),
    Command(
        noun="mailbox",
        verb="evict",
        help="keep no letters for somebody any more, and drop those that are here",
        example="mailbox evict Ben",
        arguments=(PERSON,),
        method="mailbox.evict",
        show=_mailboxes,
    ),
)
