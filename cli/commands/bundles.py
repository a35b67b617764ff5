"""`goodword bundle …`: what everybody may see, carried by file where no line is."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from goodword.cli.client import Json, call
from goodword.cli.command import Command, option, word
from goodword.cli.failure import Failed
from goodword.cli.page import Block, Facts, Line
from goodword.cli.words import count, size

SCOPES: Final = (
    "all, mine, circle (me, whom I follow or vouch for), near (within three steps of vouches),"
    " person:NAME, category:NAME, region:BEGINNING"
)


def _absolute(params: Json) -> Json:
    """The node has its own folder, and its own umask."""
    return {**params, "file": str(Path(params["file"]).absolute())}


def _read(options: Namespace) -> Json:
    """A damaged file is a failure, though what stood before the damage is kept."""
    answer = call(
        options.home / "control.sock",
        "bundle.read",
        timeout_seconds=None,
        **_absolute({"file": options.file}),
    )
    if damage := answer["damage"]:
        raise Failed(
            f"{options.file}: {damage['message']}; what came before is kept",
            damage["hint"],
            code=damage["code"],
            answer=answer,
        )
    return answer


def _written(answer: Json, _now: int) -> Iterator[Block]:
    records = count(answer["records"], "record")
    yield Line(f"written: {answer['file']}, {records}, {size(answer['bytes'])}", "bold")
    yield Line("All of it is public, but it shows whom you chose.")
    yield Line("elsewhere: goodword bundle read FILE", "dim")


def _was_read(answer: Json, _now: int) -> Iterator[Block]:
    refused = sum(answer["refused"].values())
    yield Line(
        f"read: {answer['kept']} kept, {answer['known']} known before, {refused} refused", "bold"
    )
    yield Facts([(code, str(number)) for code, number in answer["refused"].items()], indent=2)


COMMANDS = (
    Command(
        noun="bundle",
        verb="write",
        help="write what is public of some people or goods into one file",
        example="bundle write market.bundle --scope circle --scope category:ceramics",
        arguments=(
            word("file", "where to; it must not exist", type=str),
            option(
                "--scope",
                f"what goes in: {SCOPES}; may be repeated, or several with commas",
                action="append",
                required=True,
            ),
        ),
        method="bundle.write",
        adapt=_absolute,
        show=_written,
        timeout_seconds=None,
    ),
    Command(
        noun="bundle",
        verb="read",
        help="let in what a bundle holds, by the same rules as from any other node",
        example="bundle read market.bundle",
        arguments=(word("file", "what `goodword bundle write` wrote", type=str),),
        method="bundle.read",
        run=_read,
        show=_was_read,
        timeout_seconds=None,
    ),
)
