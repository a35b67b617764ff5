"""`goodword person …`, `profile …` and `vouch …`: who is who, and who stands for whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from goodword.cli.client import Json
from goodword.cli.command import Command, option, word
from goodword.cli.page import Block, Facts, Line, Prose, Table
from goodword.cli.words import count, person, short, when

from . import reviews

PERSON = word("person", "a petname, an address, or the beginning of an address")


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
            ("listings", str(answer["listings"])),
        ]
    )
    if answer["is_vouched_by_me"]:
        yield Line("vouched for by you", "green")
    for each in answer["vouched_by"]:
        yield Line(
            f"vouched for by {person(each['rater'])} ({each['strength']},"
            f" until {when(each['expires_at'], now)}): {each['how']}",
            "green",
        )
    others = answer["vouchers"] - len(answer["vouched_by"]) - bool(answer["is_vouched_by_me"])
    if others > 0:
        yield Line(f"vouched for by {count(others, 'other', 'others')}, whom you do not vouch for")
    yield from reviews.of_person(answer, now)
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
        ]
        for each in answer["people"]
    ]
    yield Table(["person", "address", "you vouch", "friends who vouch"], rows)


def _profile(answer: Json, _now: int) -> Iterator[Block]:
    who = answer["person"]
    if who["name"] is None:
        yield Line("no profile yet: `goodword profile set --name NAME` makes yours")
    yield Facts(
        [
            ("name", who["name"] or ""),
            ("petname", who["petname"] or ""),
            ("region", answer["region"]),
            ("address", who["address"]),
            ("did", who["did"]),
        ]
    )
    if answer["about"]:
        yield Prose(answer["about"])


def _vouched(answer: Json, now: int) -> Iterator[Block]:
    until = when(answer["expires_at"], now)
    yield Line(f"you vouch for {person(answer['about'])} ({answer['strength']}) until {until}")


def _revoked(answer: Json, _now: int) -> Iterator[Block]:
    yield Line(f"you do not vouch for {person(answer['person'])} any more")


def _vouches(answer: Json, now: int) -> Iterator[Block]:
    if not answer["given"] and not answer["received"]:
        yield Line("no vouches yet: `goodword vouch for PERSON --how …` gives one")
    if answer["given"]:
        yield Line("you vouch for", "bold")
        yield _vouch_table(answer["given"], "about", now)
    if answer["received"]:
        yield Line("who vouches for you", "bold")
        yield _vouch_table(answer["received"], "rater", now)


def _vouch_table(vouches: Sequence[Json], who: str, now: int) -> Table:
    rows = [
        [person(each[who]), each["strength"], when(each["expires_at"], now), each["how"]]
        for each in vouches
    ]
    return Table(["person", "strength", "until", "how"], rows)


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
        help="somebody, who vouches for them, and what speaks against them",
        example="person show Ben",
        arguments=(PERSON,),
        method="person.show",
        show=_person,
    ),
    Command(
        noun="person",
        verb="list",
        help="everybody whom you named or vouch for",
        example="person list",
        method="person.list",
        show=_people,
    ),
    Command(
        noun="profile",
        verb="set",
        help="say who you are; everybody can read it",
        example='profile set --name Ann --region Berlin --about "I mend bicycles."',
        arguments=(
            option("--name", "what you call yourself", required=True),
            option("--about", "a few lines about you", metavar="TEXT"),
            option("--region", "where you are"),
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
    Command(
        noun="vouch",
        verb="for",
        help="say that you know or trust somebody; everybody can read it",
        example='vouch for Ben --how "neighbours since 2011" --strength trust',
        arguments=(
            PERSON,
            option("--how", "how you know them, in a sentence", required=True, metavar="TEXT"),
            option(
                "--strength",
                "know (the default) or trust",
                choices=("know", "trust"),
                default="know",
                metavar="know|trust",
            ),
            option("--expires", "how long it holds: 2y, the default", metavar="TIME"),
        ),
        method="vouch.give",
        show=_vouched,
    ),
    Command(
        noun="vouch",
        verb="revoke",
        help="take back a vouch of yours",
        example="vouch revoke Ben",
        arguments=(PERSON,),
        method="vouch.revoke",
        show=_revoked,
    ),
    Command(
        noun="vouch",
        verb="list",
        help="whom you vouch for, and who vouches for you",
        example="vouch list",
        method="vouch.list",
        show=_vouches,
    ),
)
