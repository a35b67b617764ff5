from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from goodword.crypto.address import to_address
from goodword.node.reading import Misunderstood, NotFound
from goodword.protocol.errors import BadField
from tests.make import ANN, BEN, CHEN, DAI, NOW, fresh, listing, moderator, profile, vouch
from tests.world import Shown, Trader, gossip, traders

EVE = fresh("Eve")
KEYS = [
    each.public_key
    for each in (ANN, BEN, CHEN, DAI, EVE, *map(fresh, ("stranger", "near", "far", "dear", "one")))
]


@pytest.fixture
def ann(tmp_path: Path) -> Generator[Trader]:
    """Ann, who is about to buy from Ben."""
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(profile(BEN, name="Ben"), profile(CHEN, name="Chen"), listing(BEN))
        yield ann


async def suggested(ann: Trader, **wanted: str) -> list[tuple[bytes, int | None, int | None]]:
    """For each candidate his key and the steps from both sides."""
    told: Any = (await ann.moderation.list(**wanted))["moderators"]
    keys = {to_address(each): each for each in KEYS}
    return [
        (
            keys[each["person"]["address"]],
            each["from_me"] and each["from_me"]["steps"],
            each["from_other"] and each["from_other"]["steps"],
        )
        for each in told
    ]


# --- offering ----------------------------------------------------------------------------------


async def test_an_offer_is_seen_by_others_and_can_be_taken_back(tmp_path: Path) -> None:
    with traders(tmp_path, [ANN, CHEN]) as (ann, chen):
        mine: Shown = chen.moderation.offer(
            fee="1.5%", categories=["Ceramics", "slow food"], about=" I throw\nbowls "
        )
        assert (mine["fee"], mine["fee_basis_points"]) == ("1.5 %", 150)
        assert (mine["categories"], mine["about"]) == (["ceramics", "slow-food"], "I throw\nbowls")
        assert mine["made_at"] == NOW
        gossip(chen, ann)
        told: Any = await ann.moderation.list()
        assert (told["other"], told["mine"]) == (None, None)
        (seen,) = told["moderators"]
        assert seen.pop("trust")["word"] == "no opinion"
        assert seen == {**mine, "from_me": None, "from_other": None}
        assert (await chen.moderation.list()) == {"other": None, "mine": mine, "moderators": []}
        chen.watch.forward(1)
        revised: Shown = chen.moderation.offer(fee="0%")
        assert (revised["fee"], revised["categories"], revised["about"]) == ("0 %", [], "")
        gone = chen.moderation.withdraw()
        gossip(chen, ann)
        assert (await ann.moderation.list())["moderators"] == []
        with pytest.raises(NotFound, match="you do not offer to moderate"):
            chen.moderation.withdraw()
        again: Shown = chen.moderation.offer(fee="2%")
        assert again["record"] != gone["record"]


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ({"fee": "20.01%"}, Misunderstood, "a fee of 20.01 % is too much"),
        ({"fee": "1.5"}, Misunderstood, "'1.5' is not a share in percent"),
        ({"categories": ["!"]}, BadField, "categories: '!' is not"),
        ({"categories": list("abcdefghi")}, BadField, "categories: 9 items"),
        ({"about": "x" * 2_001}, BadField, "about: 2001 characters"),
        ({"about": "\x1b[2J"}, BadField, "about: contains the control character"),
    ],
)
async def test_an_offer_that_cannot_be_is_said_so(
    ann: Trader, said: dict[str, Any], error: type[Exception], words: str
) -> None:
    offer: dict[str, Any] = {"fee": "1%"} | said
    with pytest.raises(error, match=words):
        ann.moderation.offer(**offer)
    assert (await ann.moderation.list())["mine"] is None


# --- finding one -------------------------------------------------------------------------------


async def test_a_common_contact_comes_first_and_says_through_whom(ann: Trader) -> None:
    ann.admit(
        *(vouch(giver, CHEN.public_key) for giver in (ANN, BEN)),
        vouch(CHEN, DAI.public_key),
        vouch(BEN, DAI.public_key),
        vouch(BEN, EVE.public_key),
        moderator(EVE, fee=0),
        moderator(DAI, fee=10),
        moderator(CHEN, fee=2_000),
        moderator(fresh("stranger"), fee=0),
        moderator(ANN, fee=0),
        moderator(BEN, fee=0),
    )
    assert (await suggested(ann, other=to_address(BEN.public_key))) == [
        (CHEN.public_key, 1, 1),
        (DAI.public_key, 2, 1),
        (EVE.public_key, None, 1),
        (fresh("stranger").public_key, None, None),
    ]
    told: Any = await ann.moderation.list(other=listing(BEN).slot.hex()[:8])
    assert told["other"]["name"] == "Ben"
    assert [each["from_me"] and each["from_me"]["through"]["name"] for each in told["moderators"]][
        :2
    ] == ["Chen", "Chen"]
    assert told["mine"]["fee_basis_points"] == 0


async def test_nearer_to_the_farther_side_comes_first_then_the_sum_then_the_fee(
    ann: Trader,
) -> None:
    near, far, dear, one = (fresh(name) for name in ("near", "far", "dear", "one"))
    ann.admit(
        vouch(ANN, CHEN.public_key),
        vouch(BEN, DAI.public_key),
        *(vouch(CHEN, each.public_key) for each in (near, dear)),
        *(vouch(DAI, each.public_key) for each in (near, dear)),
        vouch(ANN, far.public_key),
        vouch(DAI, EVE.public_key),
        vouch(EVE, far.public_key),
        vouch(BEN, one.public_key),
        vouch(CHEN, one.public_key),
        *(moderator(each, fee=100) for each in (near, far, one)),
        moderator(dear, fee=101),
    )
    assert (await suggested(ann, other=to_address(BEN.public_key))) == [
        (one.public_key, 2, 1),
        (near.public_key, 2, 2),
        (dear.public_key, 2, 2),
        (far.public_key, 1, 3),
    ]


async def test_the_word_of_the_other_party_alone_makes_nobody_known_to_me(ann: Trader) -> None:
    """Else a seller could name his own man, to everybody who vouches for the seller."""
    ann.admit(
        vouch(ANN, BEN.public_key),
        vouch(BEN, ANN.public_key),
        vouch(BEN, DAI.public_key),
        vouch(ANN, CHEN.public_key),
        moderator(DAI, fee=0),
        moderator(CHEN, fee=0),
    )
    both = await suggested(ann, other=to_address(BEN.public_key))
    assert both == sorted(
        [(DAI.public_key, None, 1), (CHEN.public_key, 1, None)], key=lambda each: each[0]
    )
    assert (DAI.public_key, 2, None) in (await suggested(ann))


async def test_without_a_trade_they_are_sorted_by_how_near_they_are_to_me(ann: Trader) -> None:
    ann.admit(
        vouch(ANN, CHEN.public_key),
        vouch(CHEN, DAI.public_key),
        moderator(CHEN, fee=500),
        moderator(DAI, fee=50),
        moderator(EVE, fee=5),
    )
    assert (await suggested(ann)) == [
        (CHEN.public_key, 1, None),
        (DAI.public_key, 2, None),
        (EVE.public_key, None, None),
    ]


async def test_only_who_takes_the_category_is_suggested(ann: Trader) -> None:
    ann.admit(
        vouch(ANN, CHEN.public_key),
        moderator(CHEN, categories=["tea"]),
        moderator(DAI, categories=["ceramics"], fee=1),
        moderator(EVE, fee=2),
    )
    assert [key for key, *_ in (await suggested(ann, category="Ceramics "))] == [
        DAI.public_key,
        EVE.public_key,
    ]


async def test_cheap_strangers_do_not_crowd_out_whom_both_know(ann: Trader) -> None:
    crowd = [fresh(f"cheap {n}") for n in range(300)]
    ann.admit(
        *(moderator(each, fee=0) for each in crowd),
        vouch(ANN, CHEN.public_key),
        vouch(BEN, CHEN.public_key),
        moderator(CHEN, fee=2_000),
    )
    told: Any = (await ann.moderation.list(other=to_address(BEN.public_key)))["moderators"]
    assert (told[0]["person"]["name"], len(told)) == ("Chen", 50)


@pytest.mark.parametrize(
    ("other", "error", "words"),
    [
        (to_address(ANN.public_key), Misunderstood, "a trade is with somebody else"),
        ("Zoe", NotFound, "nobody is called 'Zoe' here"),
        ("dead" * 8, NotFound, "no listing dead"),
        ("abc", Misunderstood, "too short for a listing"),
    ],
)
async def test_a_party_that_is_none_is_said_so(
    ann: Trader, other: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        (await ann.moderation.list(other=other))


async def test_a_petname_of_hex_digits_is_a_petname(ann: Trader) -> None:
    ann.reputation.name(person=to_address(BEN.public_key), petname="Beef")
    told: Any = await ann.moderation.list(other="beef")
    assert told["other"]["petname"] == "Beef"
