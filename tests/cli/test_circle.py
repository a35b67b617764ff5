"""Following, the feed and notices, as somebody sees them who types commands."""

from __future__ import annotations

import pytest

from goodword.cli.failure import OK, REFUSED, USAGE
from goodword.crypto.address import to_address
from tests.cli.conftest import Street
from tests.make import BEN, CHEN, profile


async def named(street: Street) -> str:
    """Ben's address; Ann calls him Ben."""
    _, ben = street.addresses
    assert (await street.ann("person", "name", ben, "Ben")).status == OK
    return ben


async def test_people_are_followed_listed_and_unfollowed(street: Street) -> None:
    ben = await named(street)
    assert (await street.ann("follow")).out == "you follow nobody yet: `goodword follow PERSON`\n"
    done = await street.ann("follow", "Ben")
    assert done.out == "you follow Ben: `goodword feed` shows what they say\n"
    head, row = (await street.ann("follow")).out.splitlines()
    assert head.split() == ["you", "follow", "address", "since"]
    assert row.split()[:2] == ["Ben", ben]
    done = await street.ann("unfollow", "Ben")
    assert done.out == "you do not follow Ben any more\n"
    done = await street.ann("unfollow", "Ben")
    assert (done.status, "you do not follow this person" in done.err) == (REFUSED, True)


async def test_the_feed_is_a_line_for_each_thing(street: Street) -> None:
    await named(street)
    assert (await street.ann("feed")).out.startswith("nobody is in your circle yet")
    await street.ann("follow", "Ben")
    assert (await street.ann("feed")).out == "nothing new from your people\n"
    made = await street.ben.ask(
        *("listing", "new", "--title", "Red bicycle", "--price", "120 EUR"),
    )
    street.gossip()
    (line,) = (await street.ann("feed")).out.splitlines()
    assert line.startswith(f"{made['listing'][:8]}  ")
    assert line.endswith("  Ben offers Red bicycle, 120.00 EUR")
    assert (await street.ann("listing", "show", line.split()[0])).status == OK
    await street.ben("listing", "revise", made["listing"], "--price", "99 EUR", "--quantity", "2")
    street.gossip()
    (line,) = (await street.ann("feed", "--kind", "listing", "--since", "1d")).out.splitlines()
    assert line.endswith("  Ben revised Red bicycle, 99.00 EUR each")
    await street.ben("listing", "revise", made["listing"], "--quantity", "0")
    street.gossip()
    assert "Ben revised Red bicycle, sold out" in (await street.ann("feed")).out
    assert (await street.ann("feed", "--kind", "review")).out == "nothing new from your people\n"


async def test_a_notice_is_shown_first_until_it_is_dismissed(street: Street) -> None:
    ben = await named(street)
    await street.ann("vouch", "for", ben, "--how", "met")
    assert (await street.ann("notice", "list")).out.startswith("nothing is known against anybody")
    made = [profile(BEN, name=name, revision=7) for name in ("Ben", "Bob")]
    street.ann_hears(*made)
    first, hint, *_ = (await street.ann("feed")).out.splitlines()
    assert first.startswith("Ben said two things at once: goodword record show ")
    assert hint == "seen: goodword notice dismiss"
    shown = first.split()[-1]
    assert {each.id.hex()[:8] for each in made} >= {shown}
    assert (await street.ann("notice", "list")).out == first + "\n"
    assert (await street.ann("notice", "dismiss", shown)).out == "1 notice dismissed\n"
    assert (await street.ann("notice", "dismiss")).out == "0 notices dismissed\n"
    assert (await street.ann("notice", "list")).out.startswith("nothing is known")


async def test_vouches_and_warnings_are_lines_of_the_feed(street: Street) -> None:
    await named(street)
    chen = to_address(CHEN.public_key)
    await street.ann("person", "name", chen, "Chen")
    await street.ann("follow", "Ben")
    await street.ben(
        *("vouch", "for", chen, "--for", "seller", "--category", "tea", "--how", "six bowls"),
    )
    street.gossip()
    (line,) = (await street.ann("feed", "--kind", "vouch")).out.splitlines()
    assert line.endswith("  Ben vouches for Chen as seller of tea (know): six bowls")
    assert (await street.ann("record", "show", line.split()[0])).status == OK
    await street.ben("warn", "about", chen, "--because", "the seventh was broken")
    street.gossip()
    (line,) = (await street.ann("feed", "--kind", "warning")).out.splitlines()
    assert line.endswith("  Ben warns of Chen: the seventh was broken")


async def test_what_is_warned_of_is_shown_beside_the_vouch(street: Street) -> None:
    await named(street)
    chen = to_address(CHEN.public_key)
    await street.ann("person", "name", chen, "Chen")
    await street.ann("follow", "Ben")
    await street.ann("vouch", "for", "Chen", "--how", "met")
    await street.ben("warn", "about", chen, "--because", "the seventh was broken")
    street.gossip()
    lines = (await street.ann("vouch", "list")).out.splitlines()
    (line,) = [each for each in lines if "warns of" in each]
    assert line.startswith("Ben warns of Chen: the seventh was broken: goodword record show ")
    assert lines[0] == "you vouch for"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["follow", "Nobody"], REFUSED, "nobody is called"),
        (["follow", "gw1qqqq"], REFUSED, "gw1qqqq"),
        (["unfollow", "Nobody"], REFUSED, "nobody is called"),
        (["feed", "--limit", "0"], USAGE, "a limit of 0 shows nothing"),
        (["feed", "--limit", "many"], USAGE, "invalid int value"),
        (["feed", "--since", "soon"], USAGE, "'soon' is not a duration"),
        (["feed", "--kind", "advert"], USAGE, "invalid choice"),
        (["notice", "dismiss", "zz"], USAGE, "'zz' is no id of a notice"),
        (["notice", "dismiss", "1234"], REFUSED, "no notice 1234"),
        (["profile", "set", "--name", "Ann", "--role", "king"], USAGE, "invalid choice"),
    ],
)
async def test_a_wrong_word_is_told_in_words(
    street: Street, arguments: list[str], status: int, words: str
) -> None:
    done = await street.ann(*arguments)
    assert (done.status, done.out) == (status, "")
    assert words in done.err
    assert "Traceback" not in done.err


async def test_following_oneself_is_a_mistake(street: Street) -> None:
    done = await street.ann("follow", street.addresses[0])
    assert (done.status, "this is you" in done.err) == (USAGE, True)
