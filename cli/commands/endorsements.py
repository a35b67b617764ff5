"""`goodword vouch …` and `warn …`: who stands for whom, and who warns of whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from goodword.cli.client import Json
from goodword.cli.command import Argument, Command, option, word
from goodword.cli.page import Block, Line, Table
from goodword.cli.words import count, person, short, when

from . import notices

PERSON = word("person", "a petname, an address, or the beginning of an address")

ROLES = ("seller", "buyer", "agent", "moderator", "support")


def _scope(whose: str) -> tuple[Argument, Argument]:
    return (
        option(
            "--for",
            f"the role {whose}: {', '.join(ROLES)}; as a whole, where none is named",
            choices=ROLES,
            dest="role",
            metavar="ROLE",
        ),
        option("--category", f"the category of goods {whose}", metavar="NAME"),
    )


EXPIRES = option("--expires", "how long it holds: 2y, the default", metavar="TIME")


def of_person(answer: Json, now: int) -> Iterator[Block]:
    """What her page shows of them: mine, my friends', and how many others there are."""
    for each in answer["said_by_me"]:
        yield _said(each, "you", now)
    for each in [*answer["warned_by"], *answer["vouched_by"]]:
        yield _said(each, person(each["rater"]), now)
    vouches = _others(answer, "vouched_by", "vouchers")
    if vouches > 0:
        yield Line(f"vouched for by {count(vouches, 'other', 'others')}, whom you do not vouch for")
    warnings = _others(answer, "warned_by", "warners")
    if warnings > 0:
        yield Line(f"{count(warnings, 'other', 'others')}, whom you do not vouch for, warn of them")


def _others(answer: Json, shown: str, number: str) -> int:
    """People who are counted in `number`, and are neither in `shown` nor I."""
    known = {each["rater"]["address"] for each in answer[shown]}
    is_mine = any(
        (each["strength"] == "warn") is (number == "warners") for each in answer["said_by_me"]
    )
    return int(answer[number]) - len(known) - is_mine


def _said(each: Json, who: str, now: int) -> Line:
    """`vouched for by Chen as seller of ceramics (know, until 6 Jan 14:00): …`."""
    until = when(each["expires_at"], now)
    if each["strength"] == "warn":
        dealt = f", dealt in order {short(each['order'])}" if each["order"] else ""
        return Line(
            f"{who} warn{'' if who == 'you' else 's'}{scope(each)}{dealt} (until {until}):"
            f" {each['how']}",
            "red",
        )
    return Line(
        f"vouched for by {who}{scope(each)} ({each['strength']}, until {until}): {each['how']}",
        "green",
    )


def scope(each: Json) -> str:
    """` as seller of ceramics`; nothing where it is about her as a whole."""
    role = f" as {each['role']}" if each["role"] else ""
    category = f" {'of' if role else 'in'} {each['category']}" if each["category"] else ""
    return role + category


def _vouched(answer: Json, now: int) -> Iterator[Block]:
    until = when(answer["expires_at"], now)
    yield Line(
        f"you vouch for {person(answer['about'])}{scope(answer)} ({answer['strength']})"
        f" until {until}"
    )


def _revoked(answer: Json, _now: int) -> Iterator[Block]:
    yield Line(f"you do not vouch for {person(answer['about'])}{scope(answer)} any more")


def _warned(answer: Json, now: int) -> Iterator[Block]:
    until = when(answer["expires_at"], now)
    yield Line(f"you warn of {person(answer['about'])}{scope(answer)} until {until}")
    if answer["order"]:
        yield Line(f"order {short(answer['order'])} proves that you dealt", "dim")
    yield Line("everybody can read it, and nobody but you can take it back", "dim")


def _unwarned(answer: Json, _now: int) -> Iterator[Block]:
    yield Line(f"you do not warn of {person(answer['about'])}{scope(answer)} any more")


def _list(answer: Json, now: int) -> Iterator[Block]:
    titles = {
        "given": ("you vouch for", "about"),
        "received": ("who vouches for you", "rater"),
        "warnings_given": ("you warn of", "about"),
        "warnings_received": ("who warns of you", "rater"),
    }
    if not any(answer[name] for name in titles):
        yield Line("no vouches yet: `goodword vouch for PERSON --how …` gives one")
    for name, (title, who) in titles.items():
        if answer[name]:
            yield Line(title, "bold")
            yield _table(answer[name], who, now, is_vouch=name in ("given", "received"))
        if name == "given":
            yield from notices.told(answer["notices"])


def _table(said: Sequence[Json], who: str, now: int, *, is_vouch: bool) -> Table:
    rows = [
        [
            person(each[who]),
            each["role"] or "",
            each["category"] or "",
            each["strength"] if is_vouch else short(each["order"] or ""),
            when(each["expires_at"], now),
            each["how"],
        ]
        for each in said
    ]
    last = ["strength", "until", "how"] if is_vouch else ["order", "until", "why"]
    return Table(["person", "role", "category", *last], rows)


COMMANDS = (
    Command(
        noun="vouch",
        verb="for",
        help="say that you know or trust somebody; everybody can read it",
        example='vouch for Ann --for seller --category ceramics --how "neighbours since 2011"',
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
            *_scope("you vouch for"),
            EXPIRES,
        ),
        method="vouch.give",
        show=_vouched,
    ),
    Command(
        noun="vouch",
        verb="revoke",
        help="take back a vouch of yours",
        example="vouch revoke Ann --for seller",
        arguments=(PERSON, *_scope("of the vouch")),
        method="vouch.revoke",
        show=_revoked,
    ),
    Command(
        noun="vouch",
        verb="list",
        help="whom you vouch for or warn of, and who vouches for you or warns of you",
        example="vouch list",
        method="vouch.list",
        show=_list,
    ),
    Command(
        noun="warn",
        verb="about",
        help="warn of somebody, and say why; everybody can read it",
        example='warn about Eve --order 3fa2bc10 --because "paid in June, nothing came"',
        arguments=(
            PERSON,
            option("--because", "what happened, in a sentence", required=True, metavar="TEXT"),
            option("--order", "an order of yours with them: it proves that you dealt"),
            *_scope("you warn of"),
            EXPIRES,
        ),
        method="warn.give",
        show=_warned,
    ),
    Command(
        noun="warn",
        verb="revoke",
        help="take back a warning of yours",
        example="warn revoke Eve",
        arguments=(PERSON, *_scope("of the warning")),
        method="warn.revoke",
        show=_unwarned,
    ),
)
