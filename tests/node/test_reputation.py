from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from goodword.crypto.address import to_address
from goodword.node.reading import Misunderstood, NotFound
from goodword.protocol.errors import BadField
from goodword.storage import records
from tests.make import ANN, BEN, CHEN, DAI, listing, profile, vouch
from tests.world import Shown, Trader, Watch, gossip, traders


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


# --- profiles ----------------------------------------------------------------------------------


def test_a_profile_is_read_by_others(ann: Trader, ben: Trader) -> None:
    mine: Shown = ann.reputation.set_profile(
        name=" Ann  ", about="I buy\nbread", region="DE", roles=["seller", "Agent", "seller"]
    )
    assert (mine["person"]["name"], mine["about"]) == ("Ann", "I buy\nbread")
    assert mine["roles"] == ["agent", "seller"]
    gossip(ann, ben)
    theirs = ben.reputation.show_profile(person=ann.address)
    assert theirs == mine
    assert ben.reputation.show(person=ann.address)["roles"] == ["agent", "seller"]
    assert ben.reputation.show_profile()["about"] == ""


def test_what_a_new_profile_does_not_name_is_left_out(ann: Trader) -> None:
    ann.reputation.set_profile(name="Ann", about="I buy", region="DE", roles=["seller"])
    again = ann.reputation.set_profile(name="Ann", region="FR")
    assert (again["about"], again["region"], again["roles"]) == ("", "FR", [])


def test_a_person_without_a_profile_is_still_shown(ann: Trader) -> None:
    with traders(ann.path.parent, [DAI]) as (dai,):
        shown: Shown = ann.reputation.show(person=dai.address)
    assert shown["person"] == {
        "address": dai.address,
        "did": shown["person"]["did"],
        "petname": None,
        "name": None,
    }
    assert shown["person"]["did"].startswith("did:key:z6Mk")
    assert (shown["about"], shown["region"], shown["vouchers"]) == ("", "", 0)


def test_a_role_that_nobody_has_is_said_so(ann: Trader) -> None:
    with pytest.raises(Misunderstood, match="'king' is no role") as caught:
        ann.reputation.set_profile(name="Ann", roles=["seller", "king"])
    assert caught.value.hint == "it is one of seller, buyer, agent, moderator, support"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"name": ""}, "name: 0 characters"),
        ({"name": "x" * 61}, "name: 61 characters"),
        ({"name": "\x1b[31mBen"}, "name: contains the control character"),
        ({"name": "Ann", "about": "x" * 2_001}, "about: 2001 characters"),
        ({"name": "Ann", "region": "x" * 81}, "region: 81 characters"),
    ],
)
def test_a_profile_that_cannot_be_is_said_so(ann: Trader, said: dict[str, Any], words: str) -> None:
    with pytest.raises(BadField, match=words):
        ann.reputation.set_profile(**said)


# --- petnames ----------------------------------------------------------------------------------


def test_a_petname_is_mine_and_commands_accept_it(ann: Trader, ben: Trader) -> None:
    named = ann.reputation.name(person=ben.address[:8], petname=" the baker ")
    assert (named["petname"], named["name"], named["address"]) == ("the baker", "Ben", ben.address)
    assert ann.reputation.show(person="THE BAKER")["person"] == named
    gossip(ann, ben)
    shown: Shown = ben.reputation.show(person=ben.address)
    assert shown["person"]["petname"] is None


def test_a_petname_typed_decomposed_is_the_same_name(ann: Trader, ben: Trader) -> None:
    ann.reputation.name(person=ben.address, petname="Bäcker")
    assert ann.reputation.show(person="Ba\u0308cker")["person"] == ann.reputation.name(
        person="Bäcker ", petname="Ba\u0308cker"
    )


def test_a_person_can_be_named_anew_and_a_name_freed(
    ann: Trader, ben: Trader, chen: Trader
) -> None:
    ann.reputation.name(person=ben.address, petname="Ben")
    ann.reputation.name(person="ben", petname="the baker")
    ann.reputation.name(person=chen.address, petname="Ben")
    with pytest.raises(Misunderstood, match="'the baker' is another person's petname") as caught:
        ann.reputation.name(person=chen.address, petname="the baker")
    assert "goodword person forget" in caught.value.hint
    assert ann.reputation.forget(petname="the baker") == {"petname": "the baker"}
    ann.reputation.name(person=chen.address, petname="the baker")
    with pytest.raises(NotFound, match="nobody is called 'Ben' here"):
        ann.reputation.forget(petname="Ben")


@pytest.mark.parametrize(
    ("petname", "words"),
    [
        ("", "petname: 0 characters"),
        ("x" * 61, "petname: 61 characters"),
        ("a\nb", "control character"),
        ("gw1ben", "must not look like an address"),
        ("GW1BEN", "must not look like an address"),
        ("\ud800", "is not Unicode text"),
    ],
)
def test_a_petname_that_cannot_be_is_said_so(ann: Trader, petname: str, words: str) -> None:
    with pytest.raises(Misunderstood, match=words):
        ann.reputation.name(person=ann.address, petname=petname)
    assert ann.reputation.list() == {"people": []}


# --- notes and blocks --------------------------------------------------------------------------


def test_a_note_is_kept_until_it_is_empty_and_nobody_else_sees_it(
    ann: Trader, ben: Trader, chen: Trader
) -> None:
    noted = ann.reputation.note(person=chen.address, text=" pays late,\nbut pays ")
    assert noted["note"] == "pays late,\nbut pays"
    gossip(ann, ben, chen)
    for each in (ann, ben, chen):
        shown: Shown = each.reputation.show(person=chen.address)
        assert shown["note"] == ("pays late,\nbut pays" if each is ann else "")
    people: Any = ann.reputation.list()["people"]
    assert [each["address"] for each in people] == [chen.address]
    assert ann.reputation.note(person=chen.address, text="  ")["note"] == ""
    assert ann.reputation.list() == {"people": []}


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ({"text": "x" * 2_001}, Misunderstood, "note: 2001 characters"),
        ({"text": "\x1b[2J"}, Misunderstood, "control character"),
        ({"text": "\ud800"}, Misunderstood, "is not Unicode text"),
        ({"person": "Zoe"}, NotFound, "nobody is called 'Zoe' here"),
    ],
)
def test_a_note_that_cannot_be_is_said_so(
    ann: Trader, ben: Trader, said: dict[str, str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        ann.reputation.note(**{"person": ben.address, "text": "well"} | said)
    assert ann.reputation.list() == {"people": []}


def test_nobody_blocks_or_keeps_a_note_on_herself(ann: Trader) -> None:
    with pytest.raises(Misunderstood, match="this is you"):
        ann.reputation.block(person=ann.address)
    with pytest.raises(Misunderstood, match="this is you"):
        ann.reputation.note(person=ann.address, text="me")


def test_a_block_is_shown_and_lifted_and_leaves_the_note(ann: Trader, ben: Trader) -> None:
    ann.reputation.note(person=ben.address, text="never again")
    assert ann.reputation.block(person=ben.address)["is_blocked"]
    shown: Shown = ann.reputation.show(person=ben.address)
    assert (shown["note"], shown["is_blocked"]) == ("never again", True)
    assert not ann.reputation.unblock(person=ben.address)["is_blocked"]
    assert ann.reputation.show(person=ben.address)["note"] == "never again"


def test_nothing_of_notes_and_blocks_leaves_the_node(ann: Trader, ben: Trader) -> None:
    """Neither as a record nor in what is handed to others."""
    with ann.database.reading() as db:
        before = records.count(db), records.offered(db)
    ann.reputation.note(person=ben.address, text="never again")
    ann.reputation.block(person=ben.address)
    with ann.database.reading() as db:
        assert (records.count(db), records.offered(db)) == before
    assert ann.debts(ben) == []
    gossip(ann, ben)
    shown: Shown = ben.reputation.show(person=ann.address)
    assert (shown["note"], shown["is_blocked"]) == ("", False)


# --- people ------------------------------------------------------------------------------------


def test_the_list_has_everybody_that_i_named_or_vouch_for_once(
    ann: Trader, ben: Trader, chen: Trader
) -> None:
    ann.reputation.name(person=ben.address, petname="Ben")
    ann.endorsing.vouch(person=ben.address, strength="know", how="well")
    ann.endorsing.vouch(person=chen.address, strength="know", how="well")
    chen.endorsing.vouch(person=ben.address, strength="know", how="well")
    gossip(chen, ann)
    people: Any = ann.reputation.list()["people"]
    assert [
        (each["address"], each["petname"], each["is_vouched_by_me"], each["vouched_by_mine"])
        for each in people
    ] == [(ben.address, "Ben", True, 1), (chen.address, None, True, 0)]


def test_what_speaks_against_a_person_is_shown(ann: Trader) -> None:
    said = [profile(BEN, name=name, revision=7) for name in ("Ben", "Not Ben")]
    ann.admit(*said, listing(BEN), vouch(CHEN, BEN.public_key))
    shown: Shown = ann.reputation.show(person=to_address(BEN.public_key))
    assert shown["said_two_things_at_once"] == [
        {"one": said[0].id.hex(), "other": said[1].id.hex()}
    ]
    assert (shown["listings"], shown["vouchers"]) == (1, 1)
    assert ann.reputation.show(person=ann.address)["said_two_things_at_once"] == []


def test_a_name_said_again_by_a_restored_home_is_no_fork(tmp_path: Path) -> None:
    """From her words a home knows nothing of what it said: not how often, either."""
    (tmp_path / "new").mkdir()
    watch = Watch()
    with (
        traders(tmp_path, [ANN, BEN], watch) as (ann, ben),
        traders(tmp_path / "new", [ANN], watch) as (again,),
    ):
        ann.reputation.set_profile(name="Ann")
        gossip(ann, ben)
        watch.forward(60)
        again.reputation.set_profile(name="Anna")
        gossip(again, ben)
        shown = ben.reputation.show(person=ann.address)
        assert shown["said_two_things_at_once"] == []
        told: Shown = shown
        assert told["person"]["name"] == "Anna"
