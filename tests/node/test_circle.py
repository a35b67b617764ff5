"""Whom I follow, and the feed of what my people say."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from goodword.crypto.address import to_address
from goodword.node.reading import Misunderstood, NotFound
from goodword.protocol.endorsement import Strength
from goodword.protocol.limits import DAY, HOUR
from goodword.protocol.review import Rating
from goodword.protocol.scope import Part
from goodword.storage import circle
from tests.make import ANN, BEN, CHEN, DAI, NOW, listing, profile, review, vouch
from tests.world import Shown, Trader, Watch, gossip, traders


@pytest.fixture
def ann(tmp_path: Path) -> Generator[Trader]:
    """Ann, who has heard of everybody."""
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(profile(BEN, name="Ben"), profile(CHEN, name="Chen"), profile(DAI, name="Dai"))
        for person, name in ((BEN, "Ben"), (CHEN, "Chen"), (DAI, "Dai")):
            ann.reputation.name(person=to_address(person.public_key), petname=name)
        yield ann


def items(of: Trader, **asked: Any) -> list[Shown]:
    shown: Any = of.circle.feed(**asked)
    return list(shown["items"])


def followed(of: Trader) -> list[Shown]:
    shown: Any = of.circle.follow()
    return list(shown["people"])


def told(of: Trader, **asked: Any) -> list[tuple[str, str]]:
    """Who says what in the feed: his name, and the kind of thing."""
    return [(each["by"]["petname"], each["kind"]) for each in items(of, **asked)]


# --- following ---------------------------------------------------------------------------------


def test_who_is_followed_is_listed_until_unfollowed(ann: Trader) -> None:
    assert ann.circle.follow() == {"followed": None, "people": []}
    ann.circle.follow(person="Ben")
    ann.watch.forward(HOUR)
    done: Shown = ann.circle.follow(person="Chen")
    assert done["followed"]["petname"] == "Chen"
    assert [(each["petname"], each["followed_at"]) for each in done["people"]] == [
        ("Chen", NOW + HOUR),
        ("Ben", NOW),
    ]
    ann.circle.unfollow(person="Ben")
    assert [each["petname"] for each in followed(ann)] == ["Chen"]
    with pytest.raises(NotFound, match="you do not follow this person"):
        ann.circle.unfollow(person="Ben")


def test_nobody_learns_whom_i_follow(tmp_path: Path) -> None:
    with traders(tmp_path, [ANN, BEN]) as (ann, ben):
        ann.admit(profile(BEN))
        ann.circle.follow(person=ben.address)
        with ann.database.reading() as db:
            (kinds,) = db.execute("SELECT group_concat(DISTINCT kind) FROM record").fetchone()
        assert kinds == "profile"
        gossip(ann, ben)
        assert followed(ben) == []


def test_who_is_followed_stays_so_over_a_restart(ann: Trader) -> None:
    ann.circle.follow(person="Ben")
    ann.restart()
    assert [each["petname"] for each in followed(ann)] == ["Ben"]


def test_nobody_follows_herself(ann: Trader) -> None:
    with pytest.raises(Misunderstood, match="this is you"):
        ann.circle.follow(person=ann.address)


def test_there_is_a_bound_on_whom_one_follows(ann: Trader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circle, "FOLLOWS_MAX", 1)
    ann.circle.follow(person="Ben")
    ann.circle.follow(person="Ben")  # again is no more
    with pytest.raises(Misunderstood, match="you follow 1 people already"):
        ann.circle.follow(person="Chen")


def test_who_is_blocked_is_not_followed_nor_read(ann: Trader) -> None:
    ann.admit(listing(BEN))
    ann.circle.follow(person="Ben")
    ann.reputation.block(person="Ben")
    ann.reputation.block(person="Chen")
    assert told(ann) == []
    with pytest.raises(Misunderstood, match="you blocked this person"):
        ann.circle.follow(person="Chen")
    ann.reputation.unblock(person="Ben")
    assert told(ann) == [("Ben", "listing")]


# --- the feed ----------------------------------------------------------------------------------


def test_the_feed_has_what_those_say_whom_i_follow_or_vouch_for_newest_first(ann: Trader) -> None:
    ann.admit(
        listing(BEN, title="bread", now=NOW - 3 * DAY),
        listing(CHEN, title="tea", now=NOW - DAY, nonce=b"t" * 16),
        listing(DAI, title="spam", nonce=b"s" * 16),
        review(CHEN, BEN, rating=Rating.BAD, text="stale", now=NOW - 2 * DAY),
        review(BEN, CHEN, order="bare", rating=None, now=NOW - HOUR),
    )
    assert told(ann) == []
    ann.circle.follow(person="Ben")
    assert told(ann) == [("Ben", "listing")]
    ann.endorsing.vouch(person="Chen", strength="know", how="we sang")
    assert told(ann) == [("Chen", "listing"), ("Chen", "review"), ("Ben", "listing")]
    ann.circle.unfollow(person="Ben")
    assert told(ann) == [("Chen", "listing"), ("Chen", "review")]


def test_vouches_and_warnings_are_told_apart_while_they_hold(ann: Trader) -> None:
    ann.circle.follow(person="Chen")
    as_baker: Any = {"part": Part.SELLER, "category": "bread"}
    ann.admit(
        vouch(CHEN, BEN.public_key, how="met", now=NOW - DAY, seconds=3 * DAY, **as_baker),
        vouch(CHEN, DAI.public_key, strength=Strength.WARN, how="paid in June, nothing came"),
        vouch(DAI, BEN.public_key),
    )
    assert told(ann) == [("Chen", "warning"), ("Chen", "vouch")]
    warning, given = items(ann)
    assert (warning["about"]["petname"], warning["how"]) == ("Dai", "paid in June, nothing came")
    assert (given["about"]["petname"], given["role"], given["category"], given["strength"]) == (
        *("Ben", "seller", "bread", "know"),
    )
    assert told(ann, kind="vouch") == [("Chen", "vouch")]
    assert told(ann, kind="warning") == [("Chen", "warning")]
    ann.watch.forward(2 * DAY)
    assert told(ann) == [("Chen", "warning")]


async def test_an_item_says_what_it_is_and_by_which_id_it_is_shown(ann: Trader) -> None:
    tea = listing(CHEN, title="tea", price="4 EUR", nonce=b"t" * 16)
    said = review(CHEN, BEN, rating=Rating.BAD, text="stale", now=NOW - DAY)
    ann.admit(tea, said)
    ann.circle.follow(person="Chen")
    one, two = items(ann)
    assert (one["title"], one["price"]["text"], one["is_revised"]) == ("tea", "4.00 EUR", False)
    assert (await ann.market.show(listing=one["listing"]))["title"] == "tea"
    assert (two["about"]["petname"], two["rating"], two["text"]) == ("Ben", "bad", "stale")
    assert two["record"] == said.id.hex()


def test_a_new_price_comes_again_with_it(ann: Trader) -> None:
    ann.circle.follow(person="Ben")
    ann.admit(
        listing(BEN, revision=1, now=NOW - DAY),
        listing(BEN, price="9 EUR", revision=2, now=NOW - HOUR),
    )
    (item,) = items(ann)
    assert (item["price"]["text"], item["is_revised"]) == ("9.00 EUR", True)
    assert item["made_at"] == NOW - HOUR


def test_the_feed_can_be_of_one_kind_of_some_days_and_short(ann: Trader) -> None:
    ann.circle.follow(person="Chen")
    ann.admit(
        *(listing(CHEN, nonce=bytes([n]) * 16, now=NOW - n * DAY) for n in range(1, 6)),
        review(CHEN, BEN, now=NOW - 2 * DAY),
    )
    assert told(ann, kind="review") == [("Chen", "review")]
    assert len(told(ann, kind="listing")) == 5
    assert len(told(ann, since="3d")) == 4
    assert len(told(ann, limit=2)) == 2


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"kind": "advert"}, "'advert' is never in a feed"),
        ({"since": "soon"}, "'soon' is not a duration"),
        ({"limit": 0}, "a limit of 0 shows nothing"),
    ],
)
def test_what_a_feed_cannot_be_is_said_so(ann: Trader, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(Misunderstood, match=words):
        ann.circle.feed(**asked)


def test_time_alone_ends_a_vouch_and_with_it_the_feed(tmp_path: Path) -> None:
    watch = Watch()
    with traders(tmp_path, [ANN], watch) as (ann,):
        ann.admit(profile(BEN), listing(BEN))
        ann.endorsing.vouch(
            person=to_address(BEN.public_key), strength="know", how="met", expires="1w"
        )
        assert len(told(ann)) == 1
        watch.forward(7 * DAY)
        assert told(ann) == []
