"""`goodword notice …`: what is found or said against people for whom you vouch."""

from __future__ import annotations

from collections.abc import Iterator

from goodword.cli.client import Json
from goodword.cli.command import Command, word
from goodword.cli.page import Block, Line
from goodword.cli.words import count, person


def told(notices: list[Json]) -> Iterator[Block]:
    """A line for each, with the command that shows the evidence."""
    for each in notices:
        what = f"{person(each['person'])} {each['text']}"
        if each["by"]:
            what = f"{person(each['by'])} warns of {person(each['person'])}: {each['text']}"
        yield Line(f"{what}: {' and '.join(each['commands'])}", "red")


def _list(answer: Json, _now: int) -> Iterator[Block]:
    if not answer["notices"]:
        yield Line("nothing is known against anybody for whom you vouch")
    yield from told(answer["notices"])


def _dismissed(answer: Json, _now: int) -> Iterator[Block]:
    yield Line(f"{count(answer['dismissed'], 'notice')} dismissed")


COMMANDS = (
    Command(
        noun="notice",
        verb="list",
        help="what is found or said against people for whom you vouch",
        example="notice list",
        method="notice.list",
        show=_list,
    ),
    Command(
        noun="notice",
        verb="dismiss",
        help="you have seen a notice, and need not see it again; all, where none is named",
        example="notice dismiss 3fa2bc10",
        arguments=(word("notice", "the id that it shows, or its first digits", nargs="?"),),
        method="notice.dismiss",
        show=_dismissed,
    ),
)
