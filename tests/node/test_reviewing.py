from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from goodword.crypto.address import to_address
from goodword.node.reading import Misunderstood, NotFound
from goodword.node.reviewing import BY_MINE_MAX, BY_OTHERS_MAX
from goodword.protocol import licence
from goodword.protocol.entry import Role
from goodword.protocol.errors import BadField, NoLicence
from goodword.protocol.review import Rating
from tests.make import ANN, BEN, CHEN, DAI, NOW, fresh, order_of, profile, review, vouch
from tests.world import Shown, Trader, gossip, traders

ORDER = order_of("first")
BEN_ADDRESS = to_address(BEN.public_key)


@pytest.fixture
def three(tmp_path: Path) -> Generator[tuple[Trader, Trader, Trader]]:
    """Ann, who bought from Ben, and Chen, who wonders whether he should."""
    with traders(tmp_path, [ANN, BEN, CHEN]) as (ann, ben, chen):
        for each in (ann, ben, chen):
            each.admit(profile(ANN, name="Ann"), profile(BEN, name="Ben"))
        yield ann, ben, chen


@pytest.fixture
def ann(three: tuple[Trader, Trader, Trader]) -> Trader:
    return three[0]


@pytest.fixture
def ben(three: tuple[Trader, Trader, Trader]) -> Trader:
    return three[1]


@pytest.fixture
def chen(three: tuple[Trader, Trader, Trader]) -> Trader:
    return three[2]


def publish(ann: Trader, count: int = 1, **said: Any) -> Shown:
    """As Ann, about Ben, with the licence that he gave with his part of the agreement."""
    return ann.reviewing.publish(
        ORDER,
        about=BEN.public_key,
        role=Role.BUYER,
        count=count,
        licence=licence.give(BEN.identity, ORDER, ann.me, count),
        **said,
    )


def of_ben(who: Trader) -> Shown:
    return who.reputation.show(person=BEN_ADDRESS)


# --- publishing --------------------------------------------------------------------------------


def test_a_review_is_read_by_everybody_and_held_back_by_nobody(
    ann: Trader, ben: Trader, chen: Trader
) -> None:
    said = publish(ann, count=3, rating="mixed", text=" late\nbut good ")
    assert (said["rating"], said["text"], said["count"]) == ("mixed", "late\nbut good", 3)
    assert (said["order"], said["role"], said["made_at"]) == (ORDER.hex(), "buyer", NOW)
    assert (said["is_mine"], said["is_vouched_by_me"]) == (True, False)
    gossip(ann, chen)
    (heard,) = of_ben(chen)["reviews"]
    assert heard == {**said, "is_mine": False}
    gossip(chen, ben)
    assert [each["record"] for each in of_ben(ben)["reviews"]] == [said["record"]]


def test_a_review_can_be_changed_withdrawn_and_written_again(ann: Trader, chen: Trader) -> None:
    publish(ann, rating="good")
    changed = publish(ann, rating="bad", text="it broke")
    assert [each["rating"] for each in of_ben(ann)["reviews"]] == ["bad"]
    gone = ann.reviewing.withdraw(order=ORDER.hex()[:8])
    assert gone["order"] == changed["order"]
    gossip(ann, chen)
    for each in (ann, chen):
        assert of_ben(each)["reviews"] == []
        assert of_ben(each)["receipts"]["as_seller"]["orders"] == 0
    with pytest.raises(NotFound, match=f"no review {ORDER.hex()[:8]} is here"):
        ann.reviewing.withdraw(order=ORDER.hex()[:8])
    publish(ann, rating="good")
    assert [each["rating"] for each in of_ben(ann)["reviews"]] == ["good"]


def test_a_bare_receipt_counts_but_is_no_review(ann: Trader) -> None:
    said = publish(ann)
    assert (said["rating"], said["text"]) == (None, "")
    shown = of_ben(ann)
    assert (shown["reviews"], shown["reviews_by_others"]) == ([], 0)
    assert shown["receipts"]["as_seller"]["orders"] == 1


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ({"rating": "great"}, Misunderstood, "'great' is no rating"),
        ({"text": "x" * 2_001}, BadField, "text: 2001 characters"),
        ({"text": "\x1b[2J"}, BadField, "text: contains the control character"),
        ({"count": 0}, BadField, "count: must be 0 about a buyer"),
    ],
)
def test_a_review_that_cannot_be_is_said_so(
    ann: Trader, said: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        publish(ann, **said)
    assert ann.reviewing.list() == {
        "person": ann.reputation.show(person=ann.address)["person"],
        "is_me": True,
        "by": [],
        "about": [],
    }


def test_my_own_node_refuses_a_review_without_a_licence(ann: Trader) -> None:
    with pytest.raises(NoLicence):
        ann.reviewing.publish(
            ORDER,
            about=BEN.public_key,
            role=Role.BUYER,
            count=1,
            licence=licence.give(CHEN.identity, ORDER, ann.me, 1),
        )


# --- a person's page ---------------------------------------------------------------------------


def test_what_friends_say_comes_first_and_others_are_a_number_and_the_newest_few(
    chen: Trader,
) -> None:
    crowd = [fresh(f"praise {n}") for n in range(BY_OTHERS_MAX + 3)]
    praise = [
        review(each, BEN, order=f"{n}", count=n + 2, text="!", now=NOW - n)
        for n, each in enumerate(crowd)
    ]
    friend = review(ANN, BEN, order="friend", rating=Rating.BAD, now=NOW - 99)
    chen.admit(*praise, friend, vouch(CHEN, ANN.public_key))
    shown = of_ben(chen)
    newest = [each.id.hex() for each in praise[:BY_OTHERS_MAX]]
    assert [each["record"] for each in shown["reviews"]] == [friend.id.hex(), *newest]
    assert [each["is_vouched_by_me"] for each in shown["reviews"]] == [True] + [False] * 5
    assert shown["reviews_by_others"] == len(crowd)


def test_only_so_many_friends_are_shown(chen: Trader) -> None:
    friends = [fresh(f"friend {n}") for n in range(BY_MINE_MAX + 1)]
    chen.admit(
        *(vouch(CHEN, each.public_key) for each in friends),
        *(review(each, BEN, order=f"{n}", count=n + 1) for n, each in enumerate(friends)),
    )
    shown = of_ben(chen)
    assert (len(shown["reviews"]), shown["reviews_by_others"]) == (BY_MINE_MAX, 0)


def test_receipts_are_counted_for_both_roles(chen: Trader) -> None:
    made = [review(ANN, BEN, order=f"{n}", count=n, rating=None) for n in (1, 2, 4)]
    twice = review(DAI, BEN, order="other", count=4)
    chen.admit(*made, twice, review(DAI, BEN, order="bought", role=Role.SELLER))
    sold = of_ben(chen)["receipts"]["as_seller"]
    proof = {made[-1].id.hex(), twice.id.hex()}
    assert {sold["twice"][0].pop("one"), sold["twice"][0].pop("other")} == proof
    assert of_ben(chen)["receipts"]["as_buyer"] == {"orders": 1}
    assert sold == {
        "orders": 4,
        "count_up_to": 4,
        "twice": [{"count": 4}],
        "missing": [3],
        "missing_count": 1,
    }


def test_the_list_has_both_ways(ann: Trader) -> None:
    mine = publish(ann, rating="good")
    back = review(BEN, ANN, role=Role.SELLER, rating=None)
    ann.admit(back)
    told: Shown = ann.reviewing.list()
    assert ([each["record"] for each in told["by"]], told["is_me"]) == ([mine["record"]], True)
    assert [each["record"] for each in told["about"]] == [back.id.hex()]
    theirs: Shown = ann.reviewing.list(person=BEN_ADDRESS)
    assert theirs["by"] == told["about"]
    assert (theirs["about"], theirs["is_me"]) == (told["by"], False)
    with pytest.raises(NotFound, match="nobody is called 'Zoe' here"):
        ann.reviewing.list(person="Zoe")


def test_a_review_said_again_by_a_restored_home_is_no_fork(tmp_path: Path, ann: Trader) -> None:
    (tmp_path / "new").mkdir()
    publish(ann, rating="good")
    with traders(tmp_path / "new", [ANN], ann.watch) as (again,):
        ann.watch.forward(60)
        publish(again, rating="mixed")
        gossip(again, ann)
    assert ann.reputation.show(person=ann.address)["said_two_things_at_once"] == []
    assert [each["rating"] for each in of_ben(ann)["reviews"]] == ["mixed"]
