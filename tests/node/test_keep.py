"""What a node keeps is declared, explained, and made of vouches, follows, and goods."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from goodword.crypto.address import to_address
from goodword.crypto.keys import PublicKey
from goodword.crypto.person import Person
from goodword.node import declared
from goodword.node.declared import Declared, Kept
from goodword.node.quotas import MB, POT_MEGABYTES
from goodword.node.reading import Misunderstood, NotFound
from goodword.protocol.errors import Malformed
from goodword.protocol.interest import EVERYTHING
from goodword.protocol.limits import DAY
from tests.make import ANN, BEN, CHEN, DAI, fresh, listing, mailbox, profile, vouch
from tests.world import Trader, traders

EVE = fresh("Eve")
FINN = fresh("Finn")


def parts(shown: object) -> dict[str, dict[str, Any]]:
    """Of an answer, by sort and name."""
    told = cast("dict[str, Any]", shown)["parts"]
    return {f"{each['part']} {each['name']}".strip(): each for each in told}


def keys(*people: Person) -> tuple[PublicKey, ...]:
    return tuple(sorted(each.public_key for each in people))


async def narrowed(ann: Trader, **said: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", await ann.keep.set(**said))


async def test_everything_is_kept_until_the_owner_says_otherwise(tmp_path: Path) -> None:
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(vouch(ANN, BEN.public_key), profile(BEN), profile(CHEN), profile(ANN))
        shown = cast("dict[str, Any]", await ann.keep.show())
        assert ann.keep.interest() is EVERYTHING
        assert (shown["is_everything"], shown["hops"]) == (True, 3)
        assert parts(shown)["friends"]["records"] == 3
        assert shown["rest"]["records"] == 1
        assert shown["budget"]["bytes_max"] == POT_MEGABYTES * MB
        assert not shown["budget"]["is_declared"]


async def test_friends_are_pinned_whatever_else_is_said(tmp_path: Path) -> None:
    """Whom I vouch for or follow, my hosts and guests, and me."""
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(vouch(ANN, BEN.public_key), mailbox(ANN, [DAI.public_key]))
        ann.circle.follow(person=_address(CHEN))
        ann.mailboxes.host(person=_address(EVE))
        shown = await narrowed(ann, hops=0)
        assert ann.keep.interest().people == keys(ANN, BEN, CHEN, DAI, EVE)
        assert parts(shown)["friends"]["people"] == 5
        ann.circle.unfollow(person=_address(CHEN))
        assert ann.keep.interest().people == keys(ANN, BEN, DAI, EVE)


async def test_who_is_blocked_is_not_kept_though_vouches_lead_there(tmp_path: Path) -> None:
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(vouch(ANN, BEN.public_key), vouch(BEN, CHEN.public_key))
        await narrowed(ann, hops=2)
        assert ann.keep.interest().people == keys(ANN, BEN, CHEN)
        ann.reputation.block(person=_address(CHEN))
        ann.watch.forward(60)
        assert ann.keep.interest().people == keys(ANN, BEN)


@pytest.mark.parametrize(("hops", "people"), [(1, [BEN]), (2, [BEN, CHEN]), (3, [BEN, CHEN, DAI])])
async def test_people_are_kept_as_far_as_vouches_lead(
    tmp_path: Path, hops: int, people: list[Person]
) -> None:
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(vouch(ANN, BEN.public_key), vouch(BEN, CHEN.public_key))
        ann.admit(vouch(CHEN, DAI.public_key), vouch(DAI, EVE.public_key))
        shown = await narrowed(ann, hops=hops)
        assert ann.keep.interest().people == keys(ANN, *people)
        assert parts(shown)["near"]["people"] == len(people) - 1


async def test_a_vouch_that_is_over_keeps_nobody(tmp_path: Path) -> None:
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(vouch(ANN, BEN.public_key, seconds=DAY))
        await narrowed(ann, hops=1)
        assert BEN.public_key in ann.keep.interest().people
        ann.watch.forward(DAY)
        assert BEN.public_key not in ann.keep.interest().people


async def test_a_community_is_whom_its_key_vouches_for(tmp_path: Path) -> None:
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(vouch(DAI, EVE.public_key), vouch(EVE, FINN.public_key), profile(EVE))
        shown = await narrowed(ann, communities=[_address(DAI)], hops=0)
        assert ann.keep.interest().people == keys(ANN, DAI, EVE)
        around = parts(shown)["community"]
        # What is said of her, by whomever, and what she says of others.
        assert (around["people"], around["records"]) == (2, 3)
        assert around["community"]["address"] == _address(DAI)


async def test_goods_are_kept_by_category_and_by_the_beginning_of_a_region(tmp_path: Path) -> None:
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(
            listing(BEN, categories=["ceramics"]),
            listing(CHEN, region="DE-BE"),
            listing(DAI),
            profile(BEN),
        )
        shown = await narrowed(ann, categories=["Ceramics", "ceramics"], regions=["DE"])
        found = ann.keep.interest()
        assert (found.categories, found.regions) == (("ceramics",), ("de",))
        assert parts(shown)["category ceramics"]["records"] == 2
        assert parts(shown)["region de"]["records"] == 1
        assert shown["rest"]["records"] == 1
        assert shown["hops"] == 2


async def test_a_record_is_counted_where_it_is_kept_first(tmp_path: Path) -> None:
    with traders(tmp_path, [ANN]) as (ann,):
        bowl = listing(BEN, categories=["ceramics"], region="DE")
        ann.admit(vouch(ANN, BEN.public_key), bowl)
        shown = await narrowed(ann, categories=["ceramics"], regions=["DE"])
        counts = {name: each["records"] for name, each in parts(shown).items()}
        assert counts == {"friends": 2, "near": 0, "category ceramics": 0, "region de": 0}
        assert parts(shown)["friends"]["bytes"] > len(bowl.to_bytes())


async def test_what_was_declared_survives_a_restart(tmp_path: Path) -> None:
    with traders(tmp_path, [ANN]) as (ann,):
        await narrowed(ann, categories=["ceramics"], communities=[_address(DAI)], budget="2MB")
        before = ann.keep.interest()
        ann.restart()
        assert ann.keep.interest() == before
        assert ann.intake.room.pot_bytes == 2 * MB


async def test_a_budget_alone_leaves_the_interest_as_it_is(tmp_path: Path) -> None:
    with traders(tmp_path, [ANN]) as (ann,):
        await narrowed(ann, categories=["ceramics"])
        shown = await narrowed(ann, budget="5MB")
        assert ann.keep.interest().categories == ("ceramics",)
        assert shown["budget"]["bytes_max"] == ann.intake.room.pot_bytes == 5 * MB
        assert shown["budget"]["is_declared"]
        await narrowed(ann, everything=True)
        assert ann.keep.interest() is EVERYTHING
        assert ann.intake.room.pot_bytes == 5 * MB


async def test_who_listens_is_told_at_once_and_only_of_changes(tmp_path: Path) -> None:
    with traders(tmp_path, [ANN]) as (ann,):
        told: list[Kept] = []
        ann.keep.on_change(told.append)
        await narrowed(ann, categories=["ceramics"])
        await narrowed(ann, categories=["ceramics"])
        ann.keep.interest()
        assert [each.interest.categories for each in told] == [(), ("ceramics",)]
        ann.circle.follow(person=_address(BEN))
        ann.keep.interest()
        assert told[-1].nearest == (ANN.public_key, BEN.public_key)


async def test_others_vouches_count_within_a_minute(tmp_path: Path) -> None:
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(vouch(ANN, BEN.public_key))
        await narrowed(ann, hops=2)
        ann.admit(vouch(BEN, CHEN.public_key))
        assert CHEN.public_key not in ann.keep.interest().people
        ann.watch.forward(60)
        assert CHEN.public_key in ann.keep.interest().people


async def test_the_furthest_are_left_out_of_a_full_scope(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(declared, "INTEREST_PEOPLE_MAX", 3)
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(vouch(ANN, BEN.public_key), vouch(BEN, CHEN.public_key))
        ann.admit(vouch(CHEN, DAI.public_key))
        shown = await narrowed(ann, hops=3)
        assert ann.keep.interest().people == keys(ANN, BEN, CHEN)
        assert shown["people_left_out"] == 1


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "nothing was said"),
        ({"everything": True, "hops": 1}, "only a part of it"),
        ({"everything": True, "categories": ["ceramics"]}, "only a part of it"),
        ({"hops": 4}, "4 steps of vouches"),
        ({"hops": -1}, "-1 steps of vouches"),
        ({"categories": ["a!"]}, "not lower-case words"),
        ({"categories": ["x" * 41]}, "41 characters"),
        ({"categories": [f"c{n}" for n in range(65)]}, "65 categories"),
        ({"regions": ["x" * 81]}, "81 characters"),
        ({"regions": [""]}, "0 characters"),
        ({"regions": [f"r{n}" for n in range(65)]}, "65 regions"),
        ({"budget": "big"}, "'big' is not a size"),
        ({"budget": "999kB"}, "a budget of 999kB"),
    ],
)
async def test_what_makes_no_sense_is_told_and_changes_nothing(
    tmp_path: Path, said: dict[str, Any], why: str
) -> None:
    with traders(tmp_path, [ANN]) as (ann,):
        before = await narrowed(ann, categories=["ceramics"], budget="3MB")
        with pytest.raises(Misunderstood, match=why):
            await ann.keep.set(**said)
        assert await ann.keep.show() == before


async def test_the_community_of_nobody_is_not_found(tmp_path: Path) -> None:
    with traders(tmp_path, [ANN]) as (ann,):
        with pytest.raises(NotFound, match="nobody is called 'Potter'"):
            await ann.keep.set(communities=["Potter"])
        too_many = [_address(fresh(f"brand {n}")) for n in range(17)]
        with pytest.raises(Misunderstood, match="17 communities"):
            await ann.keep.set(communities=too_many)
        assert ann.keep.interest() is EVERYTHING


def test_what_was_declared_is_read_again() -> None:
    said = Declared(
        is_everything=False,
        hops=3,
        categories=("a", "b"),
        regions=("de",),
        communities=(DAI.public_key, ANN.public_key),
        budget_bytes=7 * MB,
    )
    assert declared.read(said.to_bytes()) == said
    assert declared.read(Declared().to_bytes()) == Declared()
    with pytest.raises(Malformed):
        declared.read(said.to_bytes()[:-1])
    assert len(Declared(regions=("𠀀" * 80,) * 64).to_bytes()) < declared.DECLARED_BYTES_MAX


def _address(person: Person) -> str:
    return to_address(person.public_key)
