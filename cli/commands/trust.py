"""`goodword trust …`: how much reason you have to trust somebody, and through whom."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from goodword.cli import hearsay, picture
from goodword.cli.client import Json, call
from goodword.cli.command import Command, option, word
from goodword.cli.failure import DISK, Failed
from goodword.cli.page import Block, Line

PERSON = word("person", "a petname, an address, or the beginning of an address")

SCOPE = (
    option(
        "--for",
        "only as this: seller, buyer, agent, moderator or support",
        dest="role",
        choices=tuple(hearsay.PARTS),
        metavar="ROLE",
    ),
    option("--category", "above all in this category: ceramics"),
)


def _show(answer: Json, _now: int) -> Iterator[Block]:
    yield from hearsay.whole(answer)


def _draw(options: Namespace) -> Json:
    """The node gives the numbers; the picture is ours to draw, and to write where we stand."""
    given = {"role": options.role, "category": options.category}
    answer = call(
        options.home / "control.sock",
        "trust.show",
        person=options.person,
        **{name: value for name, value in given.items() if value is not None},
    )
    try:
        with options.svg.open("x", encoding="utf-8") as file:
            file.write(picture.draw(answer))
    except FileExistsError as error:
        raise Failed(
            f"{options.svg} exists: nothing was overwritten",
            "name a file that does not",
            code="file",
        ) from error
    except OSError as error:
        raise Failed(
            f"cannot write {options.svg}: {error.strerror or error}", status=DISK, code="disk"
        ) from error
    return {**answer, "file": str(options.svg)}


def _drawn(answer: Json, _now: int) -> Iterator[Block]:
    yield hearsay.line(answer)
    yield Line(f"drawn: {answer['file']}, which any browser shows")


COMMANDS = (
    Command(
        noun="trust",
        verb="show",
        help="how much reason you have to trust somebody, and through whom",
        example="trust show Ann --for seller",
        arguments=(PERSON, *SCOPE),
        method="trust.show",
        show=_show,
    ),
    Command(
        noun="trust",
        verb="graph",
        help="the same as a picture: the ways from you to somebody",
        example="trust graph Ann --svg ann.svg",
        arguments=(
            PERSON,
            option("--svg", "where to", required=True, type=Path, metavar="FILE"),
            *SCOPE,
        ),
        method="trust.show",
        run=_draw,
        show=_drawn,
    ),
)
