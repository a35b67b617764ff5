"""`goodword person …` and `profile …`: who is who, and what you keep in mind of them."""

from __future__ import annotations

from collections.abc import Iterator

from goodword.cli.client import Json
from goodword.cli.command import Command, option, word
from goodword.cli.page import Block, Facts, Line, Prose, Table
from goodword.cli.words import person, short

from . import endorsements, reviews
from .endorsements import PERSON

ROLES = ("seller", "buyer", "agent", "moderator", "support")


def _named(answer: Json, _now: int) -> Iterator[Block]:
    yield Line(f"{answer['petname']} is {answer['address']}")


def _forgotten(answer: Json, _now: int) -> Iterator[Block]:
    yield Line(f"nobody is called {answer['petname']} any more")


def _person(answer: Json, now: int) -> Iterator[Block]:
    who = answer["person"]
    yield Line("you" if answer["is_me"] else person(who), "bold")
    if answer["about"]:
        yield Prose(answer["about"])
    yield Facts(
        [
            ("address", who["address"]),
            ("did", who["did"]),
            ("claims to be", who["name"] or ""),
            ("region", answer["region"]),
            ("offers to be", ", ".join(answer["roles"])),
            ("listings", str(answer["listings"])),
        ]
    )
    if answer["note"]:
        yield Line("your note:")
        yield Prose(answer["note"], 4)
    if answer["is_blocked"]:
        yield Line("blocked by you: no new order comes in", "red")
    yield from endorsements.of_person(answer, now)
    yield from reviews.of_person(answer, now)
    for each in answer["broken_orders"]:
        yield Line(f"{each['text']}: goodword order show {short(each['order'])}", "red")
    for fork in answer["said_two_things_at_once"]:
        yield Line(
            f"said two things at once: goodword record show {short(fork['one'])}"
            f" and {short(fork['other'])}",
            "red",
        )


def _people(answer: Json, _now: int) -> Iterator[Block]:
    if not answer["people"]:
        yield Line("nobody yet: `goodword person name gw1… NAME` gives somebody a name")
        return
    rows = [
        [
            person(each),
            each["address"],
            "yes" if each["is_vouched_by_me"] else "",
            str(each["vouched_by_mine"] or ""),
            "blocked" if each["is_blocked"] else "",
        ]
        for each in answer["people"]
    ]
    yield Table(["person", "address", "you vouch", "friends who vouch", ""], rows)


def _profile(answer: Json, _now: int) -> Iterator[Block]:
    who = answer["person"]
    if who["name"] is None:
        yield Line("no profile yet: `goodword profile set --name NAME` makes yours")
    yield Facts(
        [
            ("name", who["name"] or ""),
            ("petname", who["petname"] or ""),
            ("region", answer["region"]),
            ("offers to be", ", ".join(answer["roles"])),
            ("address", who["address"]),
            ("did", who["did"]),
        ]
    )
    if answer["about"]:
        yield Prose(answer["about"])


def _noted(answer: Json, _now: int) -> Iterator[Block]:
    if answer["note"]:
        yield Line(f"your note on {person(answer)}, which nobody else sees:")
        yield Prose(answer["note"], 4)
    else:
        yield Line(f"no note on {person(answer)}")


def _blocked(answer: Json, _now: int) -> Iterator[Block]:
    yield Line(f"no new order of {person(answer)} comes in; nobody is told")
    yield Line("orders under way go on: `goodword order list`", "dim")


def _unblocked(answer: Json, _now: int) -> Iterator[Block]:
    yield Line(f"new orders of {person(answer)} come in again")


COMMANDS = (
    Command(
        noun="person",
        verb="name",
        help="call somebody by a name of your own, which nobody else sees",
        example="person name gw1qxy… Ben",
        arguments=(PERSON, word("petname", "your name for them")),
        method="person.name",
        show=_named,
    ),
    Command(
        noun="person",
        verb="forget",
        help="take back a name that you gave",
        example="person forget Ben",
        arguments=(word("petname", "your name for them"),),
        method="person.forget",
        show=_forgotten,
    ),
    Command(
        noun="person",
        verb="show",
        help="somebody, what your friends say of them, and what speaks against them",
        example="person show Ben",
        arguments=(PERSON,),
        method="person.show",
        show=_person,
    ),
    Command(
        noun="person",
        verb="list",
        help="everybody whom you named, vouch for, keep a note on or blocked",
        example="person list",
        method="person.list",
        show=_people,
    ),
    Command(
        noun="person",
        verb="note",
        help="keep a note on somebody, which nobody else sees; an empty one forgets it",
        example='person note Ben "pays late, but pays"',
        arguments=(PERSON, word("text", "what to keep in mind")),
        method="person.note",
        show=_noted,
    ),
    Command(
        noun="person",
        verb="block",
        help="let no new order of somebody in; they are not told",
        example="person block Eve",
        arguments=(PERSON,),
        method="person.block",
        show=_blocked,
    ),
    Command(
        noun="person",
        verb="unblock",
        help="let new orders of somebody in again",
        example="person unblock Eve",
        arguments=(PERSON,),
        method="person.unblock",
        show=_unblocked,
    ),
    Command(
        noun="profile",
        verb="set",
        help="say who you are, all of it: what you do not name is left out; everybody can read it",
        example='profile set --name Ann --region Berlin --about "I mend bicycles." --role seller',
        arguments=(
            option("--name", "what you call yourself", required=True),
            option("--about", "a few lines about you", metavar="TEXT"),
            option("--region", "where you are"),
            option(
                "--role",
                f"what you offer to be: {', '.join(ROLES)}; repeat it for more",
                action="append",
                dest="roles",
                choices=ROLES,
            ),
        ),
        method="profile.set",
        show=_profile,
    ),
    Command(
        noun="profile",
        verb="show",
        help="what somebody says of themselves; you, where nobody is named",
        example="profile show Ben",
        arguments=(word("person", "a petname or an address", nargs="?"),),
        method="profile.show",
        show=_profile,
    ),
)
