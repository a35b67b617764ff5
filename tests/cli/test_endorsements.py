"""Vouches and warnings, as somebody sees them who types commands."""

from __future__ import annotations

import pytest

from goodword.cli.failure import OK, REFUSED, USAGE
from tests.cli.conftest import Street
from tests.cli.desk import Done, goodword


async def agreed(street: Street) -> str:
    """An order of Ann's, which Ben has accepted."""
    sale = await street.ben.ask("listing", "new", "--title", "bowl", "--price", "20 EUR")
    street.gossip()
    order = str((await street.ann.ask("order", "place", str(sale["listing"])))["order"])
    street.deliver()
    assert (await street.ben("order", "accept", order)).status == OK
    street.deliver()
    return order


async def vouch(street: Street, *arguments: str) -> Done:
    _, ben = street.addresses
    done = await street.ann("vouch", "for", ben, "--how", "met at the market", *arguments)
    assert done.status == OK
    return done


async def test_vouches_are_given_listed_and_revoked(street: Street) -> None:
    ann, ben = street.addresses
    assert (await street.ann("vouch", "list")).out.startswith("no vouches yet")
    done = await vouch(street, "--expires", "1y")
    assert done.out.startswith(f"you vouch for {ben[:12]}… (know) until ")
    street.gossip()
    assert "met at the market" in (await street.ann("vouch", "list")).out
    done = await street.ben("vouch", "list")
    assert done.out.startswith("who vouches for you\n")
    assert ann[:12] in done.out
    done = await street.ben("person", "show", ben)
    assert "vouched for by 1 other, whom you do not vouch for" in done.out
    assert "vouched for by you" in (await street.ann("person", "show", ben)).out
    assert (await street.ann("vouch", "revoke", ben)).status == OK
    assert (await street.ann("vouch", "revoke", ben)).status == REFUSED


async def test_a_vouch_has_a_scope_and_of_several_one_is_named(street: Street) -> None:
    _, ben = street.addresses
    scope = ("--for", "seller", "--category", "Ceramics")
    done = await vouch(street, *scope, "--strength", "trust")
    assert done.out.startswith(f"you vouch for {ben[:12]}… as seller of ceramics (trust) until ")
    await vouch(street, "--category", "tea")
    rows = (await street.ann("vouch", "list")).out.splitlines()
    assert rows[0] == "you vouch for"
    assert rows[1].split() == ["person", "role", "category", "strength", "until", "how"]
    assert {tuple(row.split()[1:3]) for row in rows[2:]} == {
        ("seller", "ceramics"),
        ("tea", "know"),
    }
    done = await street.ann("vouch", "revoke", ben)
    assert (done.status, done.out) == (USAGE, "")
    assert "there are 2 vouches: " in done.err
    assert "--for seller --category ceramics" in done.err
    done = await street.ann("vouch", "revoke", ben, *scope)
    assert done.out == f"you do not vouch for {ben[:12]}… as seller of ceramics any more\n"
    done = await street.ann("vouch", "revoke", ben)
    assert done.out == f"you do not vouch for {ben[:12]}… in tea any more\n"


async def test_a_warning_is_given_with_an_order_listed_apart_and_revoked(street: Street) -> None:
    ann, ben = street.addresses
    order = await agreed(street)
    warning = ("warn", "about", ben, "--order", order[:8], "--because", "nothing came")
    lines = (await street.ann(*warning)).out.splitlines()
    assert lines[0].startswith(f"you warn of {ben[:12]}… as seller until ")
    assert lines[1] == f"order {order[:8]} proves that you dealt"
    street.gossip()
    rows = (await street.ann("vouch", "list")).out.splitlines()
    assert rows[0] == "you warn of"
    assert rows[1].split() == ["person", "role", "category", "order", "until", "why"]
    assert rows[2].split()[1:3] == ["seller", order[:8]]
    done = await street.ben("vouch", "list")
    assert done.out.startswith("who warns of you\n")
    assert ann[:12] in done.out
    shown = await street.ann("person", "show", ben)
    assert f"you warn as seller, dealt in order {order[:8]} (until " in shown.out
    done = await street.ann("warn", "revoke", ben)
    assert done.out == f"you do not warn of {ben[:12]}… as seller any more\n"
    done = await street.ann("warn", "revoke", ben)
    assert (done.status, done.out) == (REFUSED, "")
    assert "you do not warn of this person" in done.err


async def test_a_warning_needs_an_order_that_is_with_her_and_agreed(street: Street) -> None:
    ann, ben = street.addresses
    sale = await street.ben.ask("listing", "new", "--title", "bowl", "--price", "20 EUR")
    street.gossip()
    order = str((await street.ann.ask("order", "place", str(sale["listing"])))["order"])
    done = await street.ann("warn", "about", ben, "--order", order, "--because", "x")
    assert (done.status, done.out) == (REFUSED, "")
    assert "was not agreed to" in done.err
    assert "without --order" in done.err
    done = await street.ann("warn", "about", ann, "--order", order, "--because", "x")
    assert (done.status, done.out) == (USAGE, "")
    assert "is not between you and this person" in done.err


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["vouch", "for", "Zoe", "--how", "met"], REFUSED, "nobody is called"),
        (["vouch", "for", "Ben", "--how", ""], REFUSED, "how: 0 characters"),
        (["vouch", "for", "Ben", "--how", "met", "--category", "a--b"], REFUSED, "category: "),
        (["vouch", "for", "Ben", "--how", "met", "--expires", "soon"], USAGE, "not a duration"),
        (["vouch", "for", "Ben", "--how", "met", "--expires", "9y"], REFUSED, "within five years"),
        (["vouch", "revoke", "Ben", "--for", "seller"], REFUSED, "you do not vouch for this"),
        (["warn", "about", "Ben", "--because", "x" * 281], REFUSED, "how: 281 characters"),
        (["warn", "about", "Ben", "--because", "x", "--order", "12"], USAGE, "too short"),
        (["warn", "about", "Ben", "--because", "x", "--order", "1234"], REFUSED, "no order 1234"),
        (["warn", "revoke", "Ben"], REFUSED, "you do not warn of this person"),
        (["warn", "revoke", "Zoe"], REFUSED, "nobody is called"),
        (["person", "note", "Ben", "x" * 2_001], USAGE, "note: 2001 characters"),
        (["person", "note", "Zoe", "x"], REFUSED, "nobody is called"),
        (["person", "block", "Zoe"], REFUSED, "nobody is called"),
    ],
)
async def test_a_wrong_word_is_told_in_words(
    street: Street, arguments: list[str], status: int, words: str
) -> None:
    _, ben = street.addresses
    await street.ann("person", "name", ben, "Ben")
    done = await street.ann(*arguments)
    assert (done.status, done.out) == (status, "")
    assert words in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["vouch", "for", "Ben"],
        ["vouch", "for", "Ben", "--how", "met", "--for", "friend"],
        ["vouch", "for", "Ben", "--how", "met", "--strength", "warn"],
        ["warn", "Ben"],
        ["warn", "about", "Ben"],
        ["warn", "about", "Ben", "--because", "x", "--for", "king"],
        ["person", "note", "Ben"],
        ["person", "block"],
    ],
)
def test_a_mistake_is_one_line_and_a_hint(arguments: list[str]) -> None:
    done = goodword(*arguments)
    assert (done.status, done.out) == (USAGE, "")
    first, second = done.err.splitlines()
    assert first.startswith("goodword: ")
    assert second.startswith("goodword: hint: ")
