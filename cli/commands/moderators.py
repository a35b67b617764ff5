"""`goodword moderator …`: offer to decide disputes, and find somebody whom both sides know."""

from __future__ import annotations

from collections.abc import Iterator

from goodword.cli import hearsay
from goodword.cli.client import Json
from goodword.cli.command import Command, option
from goodword.cli.page import Block, Line, Prose
from goodword.cli.words import count, person, short


def _offered(answer: Json, _now: int) -> Iterator[Block]:
    yield Line(f"you offer to moderate: {_terms(answer)}", "bold")
    if answer["about"]:
        yield Prose(answer["about"])
    yield Line("take it back with: goodword moderator withdraw", "dim")


def _withdrawn(answer: Json, _now: int) -> Iterator[Block]:
    yield Line(f"you do not offer to moderate any more: {short(answer['record'])}")


def _candidates(answer: Json, _now: int) -> Iterator[Block]:
    if answer["mine"]:
        yield Line(f"you offer to moderate: {_terms(answer['mine'])}", "dim")
    if not answer["moderators"]:
        yield Line("nobody else offers to moderate")
    for each in answer["moderators"]:
        near = _distances(each, answer["other"])
        style = "green" if each["from_me"] and each["from_other"] else ""
        yield Line(f"{person(each['person'])}: {near}; {_terms(each)}", style)
        if each["trust"]["evidence"]:
            yield hearsay.line(each["trust"], indent=4)
        if each["about"]:
            yield Prose(each["about"], indent=4)


def _terms(offer: Json) -> str:
    return "; ".join(
        part for part in (f"fee {offer['fee']}", ", ".join(offer["categories"])) if part
    )


def _distances(candidate: Json, other: Json | None) -> str:
    if other is None:
        return _distance(candidate["from_me"], "you") or "not known to anybody you know"
    if not candidate["from_me"] and not candidate["from_other"]:
        return f"a stranger to you and to {person(other)}"
    sides = ((candidate["from_me"], "you"), (candidate["from_other"], person(other)))
    return ", ".join(_distance(path, who) or f"a stranger to {who}" for path, who in sides)


def _distance(path: Json | None, who: str) -> str:
    """`2 steps from you through Dai`."""
    if path is None:
        return ""
    through = f" through {person(path['through'])}" if path["steps"] > 1 else ""
    return f"{count(path['steps'], 'step')} from {who}{through}"


COMMANDS = (
    Command(
        noun="moderator",
        verb="offer",
        help="offer to decide disputes, for a share of the total",
        example="moderator offer --fee 1.5% --category ceramics",
        arguments=(
            option("--fee", "your share of an order's total: 1.5%%", required=True),
            option(
                "--category",
                "what you know about; repeat it for more, leave it out for anything",
                action="append",
                dest="categories",
            ),
            option("--about", "a few lines about how you judge", metavar="TEXT"),
        ),
        method="moderator.offer",
        show=_offered,
    ),
    Command(
        noun="moderator",
        verb="withdraw",
        help="take your offer back; orders that name you go on",
        example="moderator withdraw",
        method="moderator.withdraw",
        show=_withdrawn,
    ),
    Command(
        noun="moderator",
        verb="list",
        help="who offers to moderate; for a trade, whom both sides know comes first",
        example="moderator list --for 3fa2bc10",
        arguments=(
            option(
                "--for",
                "the other party of a trade: a person, or a listing for its seller",
                dest="other",
                metavar="LISTING|PERSON",
            ),
            option("--category", "only who takes this category"),
        ),
        method="moderator.list",
        show=_candidates,
    ),
)
