"""Endorsements: vouching for people and warning of them, from one's own node."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import pytest

from goodword.node.reading import Misunderstood, NotFound
from goodword.protocol.errors import AboutOneself, BadField
from goodword.protocol.limits import DAY
from tests.make import ANN, BEN, CHEN, NOW, profile
from tests.node.deal import Deal
from tests.world import Shown, Trader, Watch, gossip, traders

NOTHING: Final[dict[str, list[object]]] = {
    name: [] for name in ("given", "received", "notices", "warnings_given", "warnings_received")
}


@pytest.fixture
def three(tmp_path: Path) -> Generator[tuple[Trader, Trader, Trader]]:
    """Ann, Ben and Chen; each has heard the other two's profiles."""
    with traders(tmp_path, [ANN, BEN, CHEN]) as (ann, ben, chen):
        for each in (ann, ben, chen):
            each.admit(profile(ANN, name="Ann"), profile(BEN, name="Ben"), profile(CHEN))
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


@pytest.fixture
def deal(ann: Trader, ben: Trader) -> Deal:
    """Ann has asked to buy from Ben."""
    deal = Deal(ann, ben)
    deal.place()
    return deal


# --- vouches -----------------------------------------------------------------------------------


def test_a_vouch_is_heard_one_step_away(ann: Trader, ben: Trader, chen: Trader) -> None:
    chen.endorsing.vouch(person=ben.address, strength="trust", how="lent him my boat")
    gossip(chen, ann, ben)
    before: Shown = ann.reputation.show(person=ben.address)
    assert (before["vouched_by"], before["vouchers"]) == ([], 1)
    given: Shown = ann.endorsing.vouch(person=chen.address, strength="know", how="we sang")
    assert (given["strength"], given["how"], given["expires_at"]) == (
        "know",
        "we sang",
        NOW + 2 * 365 * DAY,
    )
    after: Shown = ann.reputation.show(person=ben.address)
    (voucher,) = after["vouched_by"]
    assert (voucher["how"], voucher["strength"]) == ("lent him my boat", "trust")
    assert voucher["rater"]["address"] == chen.address
    assert (after["is_me"], after["is_vouched_by_me"]) == (False, False)
    assert ann.reputation.show(person=chen.address)["is_vouched_by_me"]


def test_a_vouch_can_be_changed_revoked_and_given_again(ann: Trader, ben: Trader) -> None:
    for strength, how in (("know", "met once"), ("trust", "trade every week")):
        ann.endorsing.vouch(person=ben.address, strength=strength, how=how)
    given: Any = ann.endorsing.list()["given"]
    assert [each["how"] for each in given] == ["trade every week"]
    revoked = ann.endorsing.revoke(person=ben.address)
    assert revoked["about"] == ann.reputation.show(person=ben.address)["person"]
    assert ann.endorsing.list() == NOTHING
    with pytest.raises(NotFound, match="you do not vouch for this person"):
        ann.endorsing.revoke(person=ben.address)
    again: Shown = ann.endorsing.vouch(person=ben.address, strength="know", how="well")
    assert again["how"] == "well"


def test_a_vouch_is_received_and_expires(ann: Trader, ben: Trader) -> None:
    ann.endorsing.vouch(person=ben.address, strength="know", how="well", expires="1w")
    gossip(ann, ben)
    received: Any = ben.endorsing.list()["received"]
    assert [each["rater"]["name"] for each in received] == ["Ann"]
    ben.watch.forward(7 * DAY)
    assert ben.endorsing.list() == NOTHING
    with pytest.raises(NotFound):
        ann.endorsing.revoke(person=ben.address)


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ({"strength": "adore"}, Misunderstood, "'adore' is no strength"),
        ({"how": ""}, BadField, "how: 0 characters"),
        ({"how": "x" * 281}, BadField, "how: 281 characters"),
        ({"expires": "6y"}, BadField, "expires_at: must be within five years"),
        ({"expires": "0d"}, BadField, "expires_at: must be within five years"),
        ({"role": "friend"}, Misunderstood, "'friend' is no role"),
        ({"category": "a--b"}, BadField, "category: 'a--b' is not lower-case words"),
        ({"category": "x" * 41}, BadField, "category: 41 characters"),
        ({"strength": "warn"}, Misunderstood, "'warn' is no strength"),
        ({"expires": "never"}, Misunderstood, "'never' is not a duration"),
        ({"person": "Zoe"}, NotFound, "nobody is called 'Zoe' here"),
        ({"person": ""}, NotFound, "nobody is called '' here"),
    ],
)
def test_a_vouch_that_cannot_be_is_said_so(
    ann: Trader, ben: Trader, said: dict[str, Any], error: type[Exception], words: str
) -> None:
    vouch = {"person": ben.address, "strength": "know", "how": "well"} | said
    with pytest.raises(error, match=words):
        ann.endorsing.vouch(**vouch)
    assert ann.endorsing.list() == NOTHING


def test_nobody_vouches_for_herself(ann: Trader) -> None:
    with pytest.raises(AboutOneself):
        ann.endorsing.vouch(person=ann.address, strength="trust", how="me")


def test_five_years_are_allowed(ann: Trader, ben: Trader) -> None:
    given = ann.endorsing.vouch(person=ben.address, strength="know", how="x", expires="5y")
    assert given["expires_at"] == NOW + 5 * 365 * DAY


# --- scopes ------------------------------------------------------------------------------------


def test_scopes_are_apart_and_of_several_one_is_named_to_take_it_back(
    ann: Trader, ben: Trader
) -> None:
    ben_is = {"person": ben.address, "strength": "know", "how": "well"}
    ann.endorsing.vouch(**ben_is, role="seller", category="Slow food")
    ann.endorsing.vouch(**ben_is, role="seller")
    ann.endorsing.vouch(**ben_is)
    with pytest.raises(Misunderstood, match="there are 3 vouches: ") as caught:
        ann.endorsing.revoke(person=ben.address)
    assert "--for seller --category slow-food" in str(caught.value)
    assert "as a whole" in str(caught.value)
    assert "goodword vouch revoke" in caught.value.hint
    with pytest.raises(NotFound, match="you do not vouch for this person so"):
        ann.endorsing.revoke(person=ben.address, role="buyer")
    gone: Shown = ann.endorsing.revoke(person=ben.address, role="seller")
    assert (gone["role"], gone["category"]) == ("seller", None)
    ann.endorsing.revoke(person=ben.address, role="seller", category="slow  food")
    ann.endorsing.revoke(person=ben.address)
    assert ann.endorsing.list() == NOTHING


def test_what_is_said_twice_in_one_second_is_dated_a_second_later(ann: Trader, ben: Trader) -> None:
    ben_is = {"person": ben.address, "strength": "know"}
    first = ann.endorsing.vouch(**ben_is, how="met once")
    second = ann.endorsing.vouch(**ben_is, how="met twice")
    assert (first["made_at"], second["made_at"]) == (NOW, NOW + 1)
    gossip(ann, ben)
    received: Any = ben.endorsing.list()["received"]
    assert [each["how"] for each in received] == ["met twice"]
    assert ben.reputation.show(person=ann.address)["said_two_things_at_once"] == []


def test_a_vouch_given_again_by_a_restored_home_stands(tmp_path: Path, ben: Trader) -> None:
    """It knows nothing of what it said, but its clock goes on."""
    (tmp_path / "new").mkdir()
    watch = Watch()
    with (
        traders(tmp_path / "new", [CHEN], watch) as (chen,),
    ):
        ben.watch.forward(60)
        watch.forward(60)
        chen.endorsing.vouch(person=ben.address, strength="know", how="again")
        gossip(chen, ben)
    assert len(ben.endorsing.list()["received"]) == 1  # type: ignore[arg-type]


# --- warnings ----------------------------------------------------------------------------------


def test_a_warning_is_heard_and_taken_back_and_is_no_vouch(
    ann: Trader, ben: Trader, chen: Trader
) -> None:
    told: Shown = chen.endorsing.warn(person=ben.address, because="nothing came", expires="1y")
    assert (told["strength"], told["how"], told["order"]) == ("warn", "nothing came", None)
    assert told["expires_at"] == NOW + 365 * DAY
    ann.endorsing.vouch(person=chen.address, strength="know", how="we sang")
    gossip(chen, ann, ben)
    shown: Shown = ann.reputation.show(person=ben.address)
    assert [each["how"] for each in shown["warned_by"]] == ["nothing came"]
    assert (shown["vouched_by"], shown["vouchers"], shown["warners"]) == ([], 0, 1)
    received: Any = ben.endorsing.list()
    assert [each["how"] for each in received["warnings_received"]] == ["nothing came"]
    assert received["received"] == []
    with pytest.raises(NotFound, match="you do not vouch for this person"):
        chen.endorsing.revoke(person=ben.address)
    chen.endorsing.unwarn(person=ben.address)
    assert chen.endorsing.list() == NOTHING
    with pytest.raises(NotFound, match="you do not warn of this person"):
        chen.endorsing.unwarn(person=ben.address)


def test_a_warning_takes_the_place_of_a_vouch_in_its_scope(ann: Trader, ben: Trader) -> None:
    ann.endorsing.vouch(person=ben.address, strength="trust", how="well", role="seller")
    ann.endorsing.warn(person=ben.address, because="not any more", role="seller")
    said: Shown = ann.endorsing.list()
    assert said["given"] == []
    assert [each["how"] for each in said["warnings_given"]] == ["not any more"]


def test_an_order_proves_that_they_dealt_and_tells_the_role(
    ann: Trader, ben: Trader, chen: Trader, deal: Deal
) -> None:
    deal.take(ben, "accept")
    of_ben: Shown = ann.endorsing.warn(
        person=ben.address, because="nothing came", order=deal.id[:8]
    )
    assert (of_ben["order"], of_ben["role"]) == (deal.id, "seller")
    of_ann: Shown = ben.endorsing.warn(person=ann.address, because="never paid", order=deal.id)
    assert (of_ann["order"], of_ann["role"]) == (deal.id, "buyer")
    other: Shown = ann.endorsing.warn(
        person=ben.address, because="rude", order=deal.id, role="support"
    )
    assert (other["order"], other["role"]) == (deal.id, "support")
    gossip(ann, chen)
    assert chen.reputation.show(person=ben.address)["warners"] == 1


def test_an_order_that_was_not_agreed_to_proves_nothing(
    ann: Trader, ben: Trader, deal: Deal
) -> None:
    for who, about in ((ann, ben), (ben, ann)):
        with pytest.raises(NotFound, match="was not agreed to: it proves nothing"):
            who.endorsing.warn(person=about.address, because="x", order=deal.id)
        assert who.endorsing.list() == NOTHING


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ({"person": "gw1", "order": ""}, Misunderstood, "fits several people"),
        ({"because": ""}, BadField, "how: 0 characters"),
        ({"because": "x" * 281}, BadField, "how: 281 characters"),
        ({"order": "ffffffff"}, NotFound, "no order ffffffff is here"),
        ({"order": "xyz"}, Misunderstood, "'xyz' is no id of an order"),
        ({"role": "friend"}, Misunderstood, "'friend' is no role"),
        ({"role": "buyer"}, BadField, "deal: in this order she was the seller"),
        ({"category": "A--b"}, BadField, "category: 'a--b' is not lower-case words"),
        ({"expires": "6y"}, BadField, "expires_at: must be within five years"),
        ({"expires": "soon"}, Misunderstood, "'soon' is not a duration"),
    ],
)
def test_a_warning_that_cannot_be_is_said_so(
    ann: Trader, ben: Trader, deal: Deal, said: dict[str, Any], error: type[Exception], words: str
) -> None:
    deal.take(ben, "accept")
    warning = {"person": ben.address, "because": "nothing came", "order": deal.id} | said
    with pytest.raises(error, match=words):
        ann.endorsing.warn(**warning)
    assert ann.endorsing.list() == NOTHING


def test_an_order_with_somebody_else_is_none_with_her(
    ann: Trader, ben: Trader, chen: Trader, deal: Deal
) -> None:
    deal.take(ben, "accept")
    for about in (chen, ann):
        with pytest.raises(Misunderstood, match="is not between you and this person"):
            ann.endorsing.warn(person=about.address, because="x", order=deal.id)


def test_nobody_warns_of_herself(ann: Trader) -> None:
    with pytest.raises(AboutOneself):
        ann.endorsing.warn(person=ann.address, because="me")
