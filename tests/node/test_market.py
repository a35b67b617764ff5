from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, cast

import pytest

from goodword.node.reading import Misunderstood, NotFound
from goodword.protocol.errors import BadField
from goodword.protocol.limits import DAY
from tests.make import ANN, BEN, CHEN, DAI, NOW, profile, vouch
from tests.world import Shown, Trader, gossip, traders


@pytest.fixture
def both(tmp_path: Path) -> Generator[tuple[Trader, Trader]]:
    with traders(tmp_path, [ANN, BEN]) as (ann, ben):
        yield ann, ben


@pytest.fixture
def ben(both: tuple[Trader, Trader]) -> Trader:
    return both[1]


def publish(of: Trader, title: str = "bread", price: str = "4.50 EUR", **more: Any) -> Shown:
    return of.market.publish(title=title, price=price, **more)


async def titles(of: Trader, words: str = "", **more: Any) -> list[str]:
    answer = await of.market.search(words=words, **more)
    return [each["title"] for each in cast("list[Shown]", answer["listings"])]


# --- publish, revise, withdraw -----------------------------------------------------------------


async def test_a_published_listing_is_shown_as_it_was_signed(ben: Trader) -> None:
    ben.admit(profile(BEN, name="Ben the baker"))
    shown = publish(
        ben,
        title="  纯手工 wallet ",
        price="120 EUR",
        text="植鞣革\nhand stitched",
        quantity=3,
        categories=["Leather Goods", "wallet", "WALLET"],
        region="DE-BE",
        handling="36h",
        shipping="4 EUR",
        options=["size: S, L +2.50", "thread: silk"],
        questions=["Which name?"],
    )
    listing, record = shown.pop("listing"), shown.pop("record")
    assert len(bytes.fromhex(listing)) == len(bytes.fromhex(record)) == 32
    assert shown.pop("seller") | {"did": ""} == {
        "address": ben.address,
        "did": "",
        "petname": None,
        "name": "Ben the baker",
    }
    assert shown == {
        "shipping": {"minor": 400, "code": "EUR", "text": "4.00 EUR"},
        "options": [
            {
                "name": "size",
                "choices": [
                    {"choice": "S", "adds": {"minor": 0, "code": "EUR", "text": "0.00 EUR"}},
                    {"choice": "L", "adds": {"minor": 250, "code": "EUR", "text": "2.50 EUR"}},
                ],
            },
            {
                "name": "thread",
                "choices": [
                    {"choice": "silk", "adds": {"minor": 0, "code": "EUR", "text": "0.00 EUR"}}
                ],
            },
        ],
        "questions": ["Which name?"],
        "revision": 1,
        "title": "纯手工 wallet",
        "price": {"minor": 12_000, "code": "EUR", "text": "120.00 EUR"},
        "quantity": 3,
        "handling_seconds": 36 * 3_600,
        "region": "DE-BE",
        "categories": ["leather-goods", "wallet"],
        "text": "植鞣革\nhand stitched",
        "made_at": NOW,
        "is_mine": True,
    }
    assert (await ben.market.show(listing=listing[:4].upper()))["record"] == record


def test_what_is_not_said_has_a_default(ben: Trader) -> None:
    shown = publish(ben)
    assert (shown["quantity"], shown["handling_seconds"], shown["text"]) == (1, 3 * DAY, "")


def test_a_revision_changes_what_is_named_and_nothing_else(ben: Trader) -> None:
    before = publish(ben, text="rye", quantity=3, categories=["bread"])
    after: Shown = ben.market.revise(listing=before["listing"], price="5 EUR", categories=[])
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"record", "revision", "price", "categories"}
    assert (after["revision"], after["price"]["minor"]) == (2, 500)
    assert [each["title"] for each in ben.listings()] == ["bread"]


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"title": "rolls"}, {"title": "rolls"}),
        ({"text": ""}, {"text": ""}),
        ({"quantity": 0}, {"quantity": 0}),
        ({"region": "DE"}, {"region": "DE"}),
        ({"handling": "1h"}, {"handling_seconds": 3_600}),
        ({"categories": ["A b"]}, {"categories": ["a-b"]}),
    ],
)
def test_everything_can_be_revised(ben: Trader, change: dict[str, Any], shown: Shown) -> None:
    before = publish(ben, text="rye")
    after = ben.market.revise(listing=before["listing"], **change)
    assert after == before | shown | {"revision": 2, "record": after["record"]}


async def test_a_withdrawn_listing_is_gone_for_good(ben: Trader) -> None:
    listing = publish(ben)["listing"]
    answer = ben.market.withdraw(listing=listing)
    assert answer["listing"] == listing
    assert ben.listings() == []
    with pytest.raises(NotFound, match="no listing"):
        await ben.market.show(listing=listing)
    for verb in (ben.market.withdraw, ben.market.revise):
        with pytest.raises(NotFound, match="no listing"):
            verb(listing=listing)


def test_only_the_seller_changes_a_listing(both: tuple[Trader, Trader]) -> None:
    ann, ben = both
    listing = publish(ben)["listing"]
    gossip(ben, ann)
    with pytest.raises(NotFound, match="is another person's listing"):
        ann.market.revise(listing=listing, price="0 EUR")
    with pytest.raises(NotFound, match="is another person's listing"):
        ann.market.withdraw(listing=listing)


def test_a_withdrawal_reaches_others_and_no_replay_undoes_it(both: tuple[Trader, Trader]) -> None:
    ann, ben = both
    listing = publish(ben)["listing"]
    gossip(ben, ann)
    assert [each["listing"] for each in ann.listings(ben.address)] == [listing]
    ben.market.withdraw(listing=listing)
    gossip(ben, ann)
    gossip(ann, ben)
    assert ann.listings(ben.address) == ben.listings() == []


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ({"title": ""}, BadField, "title: 0 characters, 1 to 140 are allowed"),
        ({"title": "x" * 141}, BadField, "title: 141 characters"),
        ({"title": "two\nlines"}, BadField, "title: contains the control character U\\+000A"),
        ({"title": "\u202egnp"}, BadField, "title: contains the control character U\\+202E"),
        ({"price": "4,50 EUR"}, Misunderstood, "'4,50' is not an amount"),
        ({"price": "4.505 EUR"}, Misunderstood, "more decimals than EUR has"),
        ({"price": "4.50"}, Misunderstood, "not an amount and a currency"),
        ({"price": "4.50 EURO"}, Misunderstood, "'EURO' is not a currency code"),
        ({"price": "-4.50 EUR"}, Misunderstood, "is not an amount"),
        ({"quantity": -1}, BadField, "quantity: -1 is not between 0 and 1000000"),
        ({"handling": "soon"}, Misunderstood, "'soon' is not a duration"),
        ({"shipping": "4 USD"}, Misunderstood, "the price is in EUR, the shipping in USD"),
        ({"options": ["size"]}, Misunderstood, "'size' is no option"),
        ({"options": ["size:"]}, Misunderstood, "'size:' is no option"),
        ({"options": ["size: S, S"]}, BadField, "options: a choice is there twice"),
        ({"options": ["size: S", "size: L"]}, BadField, "options: one is there twice"),
        ({"options": ["size: S +much"]}, Misunderstood, "is not an amount"),
        ({"questions": ["a?", "a?"]}, BadField, "questions: one is there twice"),
        ({"handling": "1min"}, BadField, "handling: 60 is not between"),
        ({"handling": "19d"}, BadField, "handling: .* is not between"),
        ({"categories": ["a/b"]}, BadField, "is not lower-case words joined by hyphens"),
        ({"categories": [""]}, BadField, "categories: 0 characters"),
        ({"categories": [f"c{n}" for n in range(9)]}, BadField, "9 items, the limit is 8"),
        ({"region": "x" * 81}, BadField, "region: 81 characters"),
        ({"text": "x" * 8_001}, BadField, "text: 8001 characters"),
    ],
)
def test_what_cannot_be_published_is_said_so(
    ben: Trader, said: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        publish(ben, **said)
    assert ben.listings() == []


def test_a_revision_must_change_something(ben: Trader) -> None:
    with pytest.raises(Misunderstood, match="nothing to revise") as caught:
        ben.market.revise(listing=publish(ben)["listing"])
    assert "--price" in caught.value.hint


def test_what_a_person_typed_decomposed_is_composed(ben: Trader) -> None:
    shown = publish(ben, title="Cafe\u0301", categories=["Ku\u0308che"], region="Ko\u0308ln")
    assert (shown["title"], shown["categories"], shown["region"]) == ("Café", ["küche"], "Köln")


# --- list and search ---------------------------------------------------------------------------


async def test_a_search_finds_what_others_published(both: tuple[Trader, Trader]) -> None:
    ann, ben = both
    publish(ben, title="纯手工钱包", price="120 EUR", region="DE-BE", categories=["hand made"])
    publish(ben, title="Wällét", price="9 EUR", region="DE-BY")
    publish(ben, title="purse", text="a wallet", price="900 JPY")
    gossip(ben, ann)
    assert await titles(ann, "手工 钱包") == ["纯手工钱包"]
    assert await titles(ann, "wallet") == ["Wällét", "purse"]
    assert await titles(ann, "wallet", limit=1) == ["Wällét"]
    assert await titles(ann, max_price="9 EUR") == ["Wällét"]
    assert await titles(ann, category="Hand  Made") == ["纯手工钱包"]
    assert await titles(ann, category="made") == []
    assert sorted(await titles(ann, region="DE")) == ["Wällét", "纯手工钱包"]
    assert len(await titles(ann, seller=ben.address[:8])) == 3
    assert await titles(ann, seller=ann.address) == []
    assert await titles(ann, "-- !") == []


async def test_a_search_says_what_it_does_not_understand(ben: Trader) -> None:
    with pytest.raises(Misunderstood, match="a limit of 0 shows nothing"):
        await ben.market.search(limit=0)
    with pytest.raises(Misunderstood, match="is not an amount"):
        await ben.market.search(max_price="cheap")
    with pytest.raises(NotFound, match="nobody is called 'Zoe' here"):
        await ben.market.search(seller="Zoe")


def test_a_list_is_mine_unless_a_seller_is_named(both: tuple[Trader, Trader]) -> None:
    ann, ben = both
    publish(ben)
    publish(ann, title="soap")
    gossip(ben, ann)
    ann.reputation.name(person=ben.address, petname="the baker")
    assert [each["title"] for each in ann.listings()] == ["soap"]
    assert [each["title"] for each in ann.listings("The Baker")] == ["bread"]
    assert ann.listings("the baker")[0]["seller"]["petname"] == "the baker"


# --- word of mouth -----------------------------------------------------------------------------


async def test_a_listing_tells_who_among_mine_vouches_for_its_seller(
    both: tuple[Trader, Trader],
) -> None:
    ann, ben = both
    listing = publish(ben)["listing"]
    gossip(ben, ann)
    ann.admit(
        vouch(ANN, CHEN.public_key),
        vouch(CHEN, BEN.public_key, how="ate his bread for years"),
        vouch(DAI, BEN.public_key, how="I am Ben's other name"),
    )
    shown: Shown = await ann.market.show(listing=listing)
    assert [each["text"] for each in shown["trust"]["evidence"]] == ["ate his bread for years"]
    assert (shown["trust"]["word"], shown["is_mine"]) == ("some reason", False)
    ann.endorsing.vouch(person=ben.address, strength="trust", how="we trade")
    (found,) = cast("list[Shown]", (await ann.market.search(words="bread"))["listings"])
    assert found["trust"]["word"] == "known, good"
    assert [each["is_me"] for each in found["trust"]["evidence"]] == [True, False]
    ann.watch.forward(800 * DAY)
    shown = cast("Shown", await ann.market.show(listing=listing))
    assert shown["trust"]["word"] == "no opinion"
