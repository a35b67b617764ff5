"""`goodword keep …`: what this node keeps of the market, why, and how much room it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from goodword.cli.client import Json
from goodword.cli.command import Command, option, switch
from goodword.cli.page import Block, Line, Table
from goodword.cli.words import count, person, size

_NAMES: Final = {
    "friends": "friends, pinned",
    "near": "within {steps} of vouches",
    "community": "the community around {community}",
    "category": "category {name}",
    "region": "region {name}…",
}


def _kept(answer: Json, _now: int) -> Iterator[Block]:
    if answer["is_everything"]:
        yield Line("everything is kept, as long as there is room", "bold")
    else:
        yield Line("a part of the market is kept", "bold")
    rows = [_row(answer, each) for each in answer["parts"]]
    rest = answer["rest"]
    name, why = (
        ("everything else", "the oldest leave when the budget is full")
        if answer["is_everything"]
        else ("everything else", "leaves, but for what orders and people near you need")
    )
    rows.append([name, "", str(rest["records"]), size(rest["bytes"]), why])
    yield Table(["part", "people", "records", "size", "why"], rows)
    if left_out := answer["people_left_out"]:
        yield Line(f"{count(left_out, 'person', 'people')} more than a scope can name: not kept")
    budget = answer["budget"]
    whose = "as declared" if budget["is_declared"] else "as in settings.toml"
    used = f"{size(budget['bytes'])} of {size(budget['bytes_max'])}"
    yield Line(f"budget, for what strangers say: {used}, {whose}")
    if answer["is_everything"]:
        yield Line("`goodword keep set` keeps a part; peers are then told of whom and what", "dim")
    else:
        yield Line(
            "Peers are told this list, so that they send no more: they know whom you follow,"
        )
        yield Line("and for whom you keep letters. Your names, notes and blocks never are.")


def _row(answer: Json, part: Json) -> list[str]:
    community = person(part["community"]) if part["community"] else ""
    steps = count(answer["hops"], "step")
    words = {"steps": steps, "name": part["name"], "community": community}
    people = str(part["people"]) if part["part"] in ("friends", "near", "community") else ""
    return [
        _NAMES[part["part"]].format(**words),
        people,
        str(part["records"]),
        size(part["bytes"]),
        part["why"],
    ]


COMMANDS = (
    Command(
        noun="keep",
        verb="show",
        help="what is kept here, why, and how large it is",
        example="keep show",
        method="keep.show",
        show=_kept,
    ),
    Command(
        noun="keep",
        verb="set",
        help="say what is kept here: all, or friends and a part; your own always is",
        example="keep set --hops 2 --category ceramics --region DE --budget 256MB",
        arguments=(
            option(
                "--hops",
                "people within so many steps of vouches: 0 to 3; 2 unless you say",
                type=int,
            ),
            option(
                "--category",
                "listings of this category, with their sellers; may be repeated",
                action="append",
                dest="categories",
            ),
            option(
                "--region",
                "listings whose region begins so: DE, DE-BE; may be repeated",
                action="append",
                dest="regions",
            ),
            option(
                "--community",
                "whom this person or brand vouches for; may be repeated",
                metavar="WHO",
                action="append",
                dest="communities",
            ),
            switch("--everything", "keep all again"),
            option("--budget", "room for what strangers say: 256MB", metavar="SIZE"),
        ),
        method="keep.set",
        show=_kept,
    ),
)
