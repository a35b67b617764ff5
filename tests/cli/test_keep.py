"""`goodword keep`: what is kept is said in words that anybody understands, and who will know it."""

from __future__ import annotations

from goodword.cli.failure import USAGE
from tests.cli.conftest import Street
from tests.make import BEN, CHEN, listing, profile


async def test_it_says_what_is_kept_and_why(street: Street) -> None:
    street.ann_hears(profile(BEN), profile(CHEN))
    done = await street.ann("keep", "show")
    assert done.out.startswith("everything is kept, as long as there is room\n")
    assert "you, and whom you vouch for or follow" in done.out
    assert "within 3 steps of vouches" in done.out
    assert "everything else  " in done.out
    assert "budget, for what strangers say: " in done.out
    assert "of 256 MB, as in settings.toml" in done.out


async def test_a_narrowed_node_says_that_peers_are_told(street: Street) -> None:
    street.ann_hears(listing(BEN, categories=["ceramics"]), listing(CHEN))
    done = await street.ann("keep", "set", "--category", "ceramics", "--region", "DE")
    assert done.out.startswith("a part of the market is kept\n")
    assert "category ceramics" in done.out
    assert "region de…" in done.out
    assert "leaves, but for what orders" in done.out
    assert "Peers are told this list" in done.out
    assert "Your names, notes and blocks never are." in " ".join(done.out.split())
    answer = await street.ann.ask("keep", "show")
    assert [each["part"] for each in answer["parts"]] == ["friends", "near", "category", "region"]


async def test_one_step_is_not_called_steps(street: Street) -> None:
    done = await street.ann("keep", "set", "--hops", "1")
    assert "within 1 step of vouches" in done.out


async def test_a_community_is_named_as_people_are(street: Street) -> None:
    await street.ann("person", "name", street.addresses[1], "Brand")
    done = await street.ann("keep", "set", "--community", "Brand", "--hops", "0")
    assert "the community around Brand" in done.out


async def test_what_cannot_be_kept_is_a_mistake(street: Street) -> None:
    done = await street.ann("keep", "set", "--hops", "9")
    assert (done.status, done.out) == (USAGE, "")
    assert done.err == ("goodword: 9 steps of vouches\ngoodword: hint: it is 0 to 3\n")
