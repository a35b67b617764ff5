"""People, profiles and vouches, as somebody sees them who types commands."""

from __future__ import annotations

from goodword.cli.commands.people import COMMANDS
from goodword.cli.failure import OK, REFUSED
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
        "profile", "set", "--name", "Ben", "--about", "I mend bicycles.", "--region", "Berlin"
    )
    await street.ben("listing", "new", "--title", "a", "--price", "1 EUR")
    street.gossip()
    lines = (await street.ann("person", "show", ben[:10])).out.splitlines()
    assert lines[0] == f"“Ben” ({ben[:12]}…)"
    assert lines[1] == "I mend bicycles."
    assert "claims to be  Ben" in lines
    assert (await street.ben("person", "show", ben)).out.startswith("you\n")
    assert "name     Ben" in (await street.ann("profile", "show", ben)).out
    assert (await street.ann("profile", "show")).out.startswith("no profile yet")


async def test_vouches_are_given_listed_and_revoked(street: Street) -> None:
    ann, ben = street.addresses
    assert (await street.ann("vouch", "list")).out.startswith("no vouches yet")
    done = await street.ann("vouch", "for", ben, "--how", "met at the market", "--expires", "1y")
    assert done.out.startswith(f"you vouch for {ben[:12]}… (know) until ")
    street.gossip()
    assert "met at the market" in (await street.ann("vouch", "list")).out
    done = await street.ben("vouch", "list")
    assert done.out.startswith("who vouches for you\n")
    assert ann[:12] in done.out
    done = await street.ben("person", "show", ben)
    assert "vouched for by 1 other, whom you do not vouch for" in done.out
    assert (await street.ann("vouch", "revoke", ben)).status == OK
    assert (await street.ann("vouch", "revoke", ben)).status == REFUSED


def test_a_friend_of_a_friend_and_a_liar_are_shown() -> None:
    who = {"address": "gw1qqqqqqqqqqqqq", "did": "did:key:z", "petname": None, "name": None}
    eve = {**who, "petname": "Eve"}
    answer: Answer = {
        "person": who,
        "about": "",
        "region": "",
        "is_me": False,
        "is_vouched_by_me": True,
        "vouched_by": [{"rater": eve, "strength": "know", "how": "met", "expires_at": 0}],
        "vouchers": 5,
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
        "said_two_things_at_once": [{"one": "aa" * 32, "other": "bb" * 32}],
    }
    show = next(each for each in COMMANDS if (each.noun, each.verb) == ("person", "show"))
    text = "\n".join(line for each in show.show(answer, 0) for line in plain(each))
    assert "vouched for by Eve (know, until 1 Jan 0" in text
    assert "vouched for by 3 others, whom you do not vouch for" in text
    assert "goodword record show aaaaaaaa and bbbbbbbb" in text
