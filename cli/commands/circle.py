"""`goodword follow`, `unfollow` and `feed`: what those say whom I follow or vouch for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from goodword.cli.client import Json
from goodword.cli.command import Command, option, word
from goodword.cli.page import BLANK, Block, Line, Prose, Table
from goodword.cli.words import age, money, person, short

from . import notices
from .endorsements import PERSON, scope

KINDS: Final = ("listing", "vouch", "warning", "review")


def _follows(answer: Json, now: int) -> Iterator[Block]:
    if answer["followed"]:
        yield Line(f"you follow {person(answer['followed'])}: `goodword feed` shows what they say")
    elif not answer["people"]:
        yield Line("you follow nobody yet: `goodword follow PERSON`")
    else:
        rows = [
            [person(each), each["address"], age(each["followed_at"], now)]
            for each in answer["people"]
        ]
        yield Table(["you follow", "address", "since"], rows)


def _unfollowed(answer: Json, _now: int) -> Iterator[Block]:
    yield Line(f"you do not follow {person(answer['person'])} any more")


def _feed(answer: Json, now: int) -> Iterator[Block]:
    if answer["notices"]:
        yield from notices.told(answer["notices"])
        yield Line("seen: goodword notice dismiss", "dim")
        yield BLANK
    if not answer["people"]:
        yield Line("nobody is in your circle yet: `goodword follow PERSON`, or vouch for somebody")
    elif not answer["items"]:
        yield Line("nothing new from your people")
    for item in answer["items"]:
        yield from _item(item, now)


def _item(item: Json, now: int) -> Iterator[Block]:
    """`3fa2bc10  2 h ago   Ben offers Red bicycle, 120.00 EUR`."""
    text, style = _TOLD[item["kind"]](item)
    yield Line(f"{short(_id(item))}  {age(item['made_at'], now):<10}  {text}", style)
    if item["kind"] == "review" and item["text"]:
        yield Prose(item["text"], indent=24)


def _id(item: Json) -> str:
    """What `listing show` or `record show` takes."""
    return str(item["listing"] if item["kind"] == "listing" else item["record"])


def _listing(item: Json) -> tuple[str, str]:
    price = f"{money(item['price'])}{' each' if item['quantity'] > 1 else ''}"
    what = f"{item['title']}, {price}"
    if item["quantity"] == 0:
        what = f"{item['title']}, sold out"
    return f"{person(item['by'])} {'revised' if item['is_revised'] else 'offers'} {what}", ""


def _vouch(item: Json) -> tuple[str, str]:
    who = f"{person(item['by'])} vouches for {person(item['about'])}"
    return f"{who}{scope(item)} ({item['strength']}): {item['how']}", "green"


def _warning(item: Json) -> tuple[str, str]:
    who = f"{person(item['by'])} warns of {person(item['about'])}"
    return f"{who}{scope(item)}: {item['how']}", "red"


def _review(item: Json) -> tuple[str, str]:
    did = "bought" if item["role"] == "buyer" else "sold"
    rating = item["rating"] or "no rating"
    style = {"good": "green", "bad": "red"}.get(rating, "")
    return f"{person(item['by'])}, who {did}, says of {person(item['about'])}: {rating}", style


_TOLD: Final = {
    "listing": _listing,
    "vouch": _vouch,
    "warning": _warning,
    "review": _review,
}


COMMANDS = (
    Command(
        noun="follow",
        help="see in your feed what somebody publishes; whom you follow, where nobody is named",
        example="follow Ben",
        arguments=(word("person", "a petname or an address; nobody else learns it", nargs="?"),),
        method="circle.follow",
        show=_follows,
    ),
    Command(
        noun="unfollow",
        help="follow somebody no longer",
        example="unfollow Ben",
        arguments=(PERSON,),
        method="circle.unfollow",
        show=_unfollowed,
    ),
    Command(
        noun="feed",
        help="what those publish whom you follow or vouch for, newest first",
        example="feed --since 7d --kind listing",
        arguments=(
            option("--limit", "at most so many", type=int, metavar="N"),
            option("--since", "not older than this: 7d", metavar="TIME"),
            option("--kind", "only this", choices=KINDS, metavar="|".join(KINDS)),
        ),
        method="circle.feed",
        show=_feed,
    ),
)
