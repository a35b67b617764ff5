"""Moderators, as somebody sees them who types commands."""

from __future__ import annotations

from goodword.cli.commands.moderators import COMMANDS
from goodword.cli.failure import OK, REFUSED, USAGE
from goodword.cli.page import plain
from tests.cli.conftest import Street
from tests.cli.desk import Answer
from tests.cli.judged import judged, leg, voice


def who(petname: str) -> Answer:
    return {"address": "gw1qqqqqqqqqqqqq", "did": "", "petname": petname, "name": None}


def candidate(petname: str, mine: Answer | None, theirs: Answer | None, **more: object) -> Answer:
    return {
        "person": who(petname),
        "fee_basis_points": 150,
        "fee": "1.5 %",
        "categories": ["ceramics"],
        "about": "",
        "made_at": 0,
        "record": "aa" * 32,
        "from_me": mine,
        "from_other": theirs,
        "trust": judged("some reason", [voice("Dai", "trust", 0.1, leg("you", "Dai"))]),
        **more,
    }


def lines(verb: str, answer: Answer) -> list[str]:
    command = next(each for each in COMMANDS if each.verb == verb)
    return [line for each in command.show(answer, 0) for line in plain(each)]


async def test_an_offer_is_made_found_and_taken_back(street: Street) -> None:
    ann, ben = street.addresses
    done = await street.ben(
        "moderator", "offer", "--fee", "1.5%", "--category", "Ceramics", "--about", "I throw bowls."
    )
    assert done.out.splitlines()[:2] == [
        "you offer to moderate: fee 1.5 %; ceramics",
        "I throw bowls.",
    ]
    assert (await street.ben("moderator", "list")).out.splitlines() == [
        "you offer to moderate: fee 1.5 %; ceramics",
        "nobody else offers to moderate",
    ]
    street.gossip()
    done = await street.ann("moderator", "list", "--category", "ceramics")
    assert done.out.splitlines() == [
        f"{ben[:12]}…: not known to anybody you know; fee 1.5 %; ceramics",
        "    I throw bowls.",
    ]
    await street.ann("vouch", "for", ben, "--how", "met")
    assert "…: 1 step from you; fee" in (await street.ann("moderator", "list")).out
    done = await street.ann("moderator", "list", "--for", ben)
    assert done.out == "nobody else offers to moderate\n"
    assert (await street.ann("moderator", "list", "--for", ann)).status == USAGE
    done = await street.ben("moderator", "withdraw")
    assert (done.status, done.out[:34]) == (OK, "you do not offer to moderate any m")
    assert (await street.ben("moderator", "withdraw")).status == REFUSED
    assert (await street.ben("moderator", "offer", "--fee", "21%")).status == USAGE


def test_candidates_for_a_trade_are_shown_with_both_distances() -> None:
    one, two = ({"steps": 1, "through": who("Chen")}, {"steps": 2, "through": who("Dai")})
    answer: Answer = {
        "other": who("Ben"),
        "mine": None,
        "moderators": [
            candidate("Chen", one, one),
            candidate("Eve", two, one, categories=[], about="a\nb"),
            candidate("Fay", None, two),
            candidate("Gus", None, None),
        ],
    }
    word = "    some reason: Dai, whom you trust, vouches for them"
    assert lines("list", answer) == [
        "Chen: 1 step from you, 1 step from Ben; fee 1.5 %; ceramics",
        word,
        "Eve: 2 steps from you through Dai, 1 step from Ben; fee 1.5 %",
        word,
        "    a",
        "    b",
        "Fay: a stranger to you, 2 steps from Ben through Dai; fee 1.5 %; ceramics",
        word,
        "Gus: a stranger to you and to Ben; fee 1.5 %; ceramics",
        word,
    ]
