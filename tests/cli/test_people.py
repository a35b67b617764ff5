"""People, profiles, notes and blocks, as somebody sees them who types commands."""

from __future__ import annotations

from goodword.cli.commands.people import COMMANDS
from goodword.cli.failure import OK
from goodword.cli.page import plain
from tests.cli.conftest import Street
from tests.cli.desk import Answer


async def test_people_are_named_and_forgotten(street: Street) -> None:
    _, ben = street.addresses
    assert (await street.ann("person", "list")).out.startswith("nobody yet")
    assert (await street.ann("person", "name", ben, "Ben")).out == f"Ben is {ben}\n"
    assert (await street.ann("person", "list")).out.splitlines()[1].startswith(f"Ben     {ben}")
    assert (await street.ann("person", "forget", "Ben")).status == OK


async def test_a_person_is_shown_with_what_she_claims(street: Street) -> None:
    _, ben = street.addresses
    await street.ben(
        *("profile", "set", "--name", "Ben", "--about", "I mend bicycles.", "--region", "Berlin"),
        *("--role", "seller", "--role", "agent"),
    )
    await street.ben("listing", "new", "--title", "a", "--price", "1 EUR")
    street.gossip()
    lines = (await street.ann("person", "show", ben[:10])).out.splitlines()
    assert lines[0] == f"“Ben” ({ben[:12]}…)"
    assert lines[1] == "I mend bicycles."
    assert "claims to be  Ben" in lines
    assert "offers to be  agent, seller" in lines
    assert (await street.ben("person", "show", ben)).out.startswith("you\n")
    shown = (await street.ann("profile", "show", ben)).out
    assert "name          Ben" in shown
    assert "offers to be  agent, seller" in shown
    assert (await street.ann("profile", "show")).out.startswith("no profile yet")


async def test_a_note_is_kept_shown_and_forgotten(street: Street) -> None:
    _, ben = street.addresses
    done = await street.ann("person", "note", ben, "pays late,\nbut pays")
    assert done.out.startswith("your note on ")
    assert "which nobody else sees:\n    pays late,\n    but pays\n" in done.out
    shown = (await street.ann("person", "show", ben)).out
    assert "your note:\n    pays late,\n    but pays\n" in shown
    street.gossip()
    assert "note" not in (await street.ben("person", "show", ben)).out
    assert (await street.ann("person", "note", ben, "")).out.startswith("no note on gw1")


async def test_somebody_is_blocked_and_unblocked(street: Street) -> None:
    _, ben = street.addresses
    done = await street.ann("person", "block", ben)
    assert done.out.startswith(f"no new order of {ben[:12]}… comes in; nobody is told\n")
    assert "blocked by you" in (await street.ann("person", "show", ben)).out
    assert (await street.ann("person", "list")).out.splitlines()[1].endswith("blocked")
    done = await street.ann("person", "unblock", ben)
    assert done.out == f"new orders of {ben[:12]}… come in again\n"
    assert "blocked" not in (await street.ann("person", "show", ben)).out


def test_a_friend_of_a_friend_and_a_liar_are_shown() -> None:
    who = {"address": "gw1qqqqqqqqqqqqq", "did": "did:key:z", "petname": None, "name": None}
    eve = {**who, "petname": "Eve"}
    as_seller = {"role": "seller", "category": "tea"}
    said = {"role": None, "category": None, "order": None, "how": "x", "expires_at": 0}
    answer: Answer = {
        "person": who,
        "about": "",
        "region": "",
        "roles": [],
        "is_me": False,
        "note": "",
        "is_blocked": False,
        "is_vouched_by_me": True,
        "said_by_me": [{**said, "strength": "trust"}],
        "vouched_by": [{**said, "rater": eve, "strength": "know", "how": "met"}],
        "vouchers": 5,
        "warned_by": [{**said, **as_seller, "rater": eve, "strength": "warn", "order": "cc" * 32}],
        "warners": 3,
        "listings": 0,
        "reviews": [],
        "reviews_by_others": 0,
        "receipts": {
            "as_seller": {
                "orders": 0,
                "count_up_to": 0,
                "twice": [],
                "missing": [],
                "missing_count": 0,
            },
            "as_buyer": {"orders": 0},
        },
        "broken_orders": [
            {"what": "never_paid", "text": "agreed to buy and never paid", "order": "cc" * 32}
        ],
        "said_two_things_at_once": [{"one": "aa" * 32, "other": "bb" * 32}],
    }
    show = next(each for each in COMMANDS if (each.noun, each.verb) == ("person", "show"))
    text = "\n".join(line for each in show.show(answer, 0) for line in plain(each))
    assert "vouched for by Eve (know, until 1 Jan 0" in text
    assert "vouched for by you (trust, until 1 Jan 0" in text
    assert "vouched for by 3 others, whom you do not vouch for" in text
    assert "Eve warns as seller of tea, dealt in order cccccccc (until 1 Jan 0" in text
    assert "2 others, whom you do not vouch for, warn of them" in text
    assert "goodword record show aaaaaaaa and bbbbbbbb" in text
    assert "agreed to buy and never paid: goodword order show cccccccc" in text
