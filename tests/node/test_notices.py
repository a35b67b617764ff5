"""Who vouched for somebody is told what he did."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from goodword.crypto.address import to_address
from goodword.crypto.person import Person
from goodword.node.events import Event as Told
from goodword.node.reading import Misunderstood, NotFound
from goodword.protocol import licence
from goodword.protocol.endorsement import Deal, Strength
from goodword.protocol.entry import Event
from goodword.protocol.limits import DAY
from goodword.protocol.record import Record
from tests.make import (
    ANN,
    BEN,
    CHEN,
    DAI,
    NOW,
    chain,
    contract,
    listing,
    order_of,
    profile,
    propose,
    say,
    vouch,
    withdrawal,
)
from tests.world import Shown, Trader, gossip, traders

TWICE = [profile(BEN, name=name, revision=7) for name in ("Ben", "Bob")]
SALE = listing()
OPENING = propose(contract(SALE))
PAID = chain(OPENING, (BEN, Event.ACCEPT), (BEN, Event.PAY_RECEIVED))
LATE = say(ANN, Event.TIMEOUT, PAID, now=PAID[-1].made_at + 3 * DAY)


@pytest.fixture
def ann(tmp_path: Path) -> Generator[Trader]:
    """Ann, who vouches for Ben."""
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(profile(BEN, name="Ben"), profile(CHEN, name="Chen"), SALE)
        ann.endorsing.vouch(person=to_address(BEN.public_key), strength="trust", how="met")
        ann.reputation.name(person=to_address(BEN.public_key), petname="Ben")
        yield ann


def standing(of: Trader) -> list[Shown]:
    shown: Any = of.notices.list()
    return list(shown["notices"])


def whats(of: Trader) -> list[str]:
    return [str(each["what"]) for each in standing(of)]


def warning(by: Person, *, with_deal: bool = False, now: int = NOW) -> Record:
    """`by` warns of Ben."""
    order = order_of("theirs")
    given = licence.give(BEN.identity, order, by.public_key, 3)
    return vouch(
        by,
        BEN.public_key,
        strength=Strength.WARN,
        how="he cheats",
        deal=Deal(order=order, count=3, licence=given) if with_deal else None,
        now=now,
    )


def robbed(ann: Trader) -> None:
    """Ben has Ann's money, and the time to ship is over."""
    ann.watch.now = LATE.made_at
    ann.admit(*PAID, LATE)


# --- what is told ------------------------------------------------------------------------------


def test_nothing_is_told_of_who_did_nothing(ann: Trader) -> None:
    assert ann.notices.look() == 0
    assert standing(ann) == []


def test_a_fork_is_told_once_and_shown_with_what_proves_it(ann: Trader) -> None:
    ann.admit(*TWICE)
    with ann.events.watched() as happening:
        assert ann.notices.look() == 1
        assert ann.notices.look() == 0
        told: Told = happening.receive_nowait()
        with pytest.raises(trio.WouldBlock):
            happening.receive_nowait()
    (notice,) = standing(ann)
    assert told == {"event": "notice", **notice}
    assert (notice["person"]["petname"], notice["what"]) == ("Ben", "two_versions")
    assert notice["text"] == "said two things at once"
    assert set(notice["records"]) == {each.id.hex() for each in TWICE}
    assert notice["commands"] == [f"goodword record show {id_[:8]}" for id_ in notice["records"]]


def test_a_broken_order_is_told_and_goes_when_it_is_made_good(ann: Trader) -> None:
    robbed(ann)
    assert ann.notices.look() == 1
    (notice,) = standing(ann)
    assert notice["order"] == OPENING.slot.hex()
    assert notice["commands"] == [f"goodword order show {OPENING.slot.hex()[:8]}"]
    assert ann.order(OPENING.slot.hex()[:8])["state"] == "disputed"
    ann.admit(say(BEN, Event.REFUND, [*PAID, LATE]))
    assert standing(ann) == []


def test_who_forks_in_an_order_of_mine_is_told(ann: Trader) -> None:
    accepted = PAID[:2]
    both = [say(BEN, event, accepted) for event in (Event.PAY_RECEIVED, Event.REJECT)]
    ann.watch.now = both[0].made_at
    ann.admit(*accepted, *both)
    ann.notices.look()
    assert whats(ann) == ["signed_both_ways"]


def test_only_of_those_for_whom_i_vouch(tmp_path: Path) -> None:
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(*TWICE)
        assert ann.notices.look() == 0
        ann.endorsing.vouch(person=to_address(BEN.public_key), strength="know", how="met")
        assert ann.notices.look() == 1
        ann.endorsing.revoke(person=to_address(BEN.public_key))
        assert standing(ann) == []


def test_a_notice_comes_first_in_the_feed(ann: Trader) -> None:
    ann.admit(*TWICE)
    assert ann.circle.feed(kind="review", limit=1)["notices"] == standing(ann) != []


def test_a_month_away_loses_nothing(ann: Trader) -> None:
    """It came while nobody looked: the node was killed before it told."""
    ann.admit(*TWICE)
    ann.restart()
    assert ann.notices.look() == 1
    ann.restart()
    assert ann.notices.look() == 0
    assert whats(ann) == ["two_versions"]


def test_what_friends_warn_of_is_told_and_what_strangers_say_is_not(ann: Trader) -> None:
    """A stranger can be one of a million keys of one who wants Ben to look bad."""
    ann.admit(warning(DAI))
    assert ann.notices.look() == 0
    ann.circle.follow(person=to_address(CHEN.public_key))
    ann.admit(warning(CHEN))
    assert ann.notices.look() == 1
    (notice,) = standing(ann)
    assert (notice["what"], notice["text"], notice["by"]["name"]) == ("warned", "he cheats", "Chen")
    assert notice["commands"] == [f"goodword record show {notice['records'][0][:8]}"]
    assert notice["records"] == [warning(CHEN).id.hex()]


def test_a_stranger_who_has_dealt_with_him_is_heard(ann: Trader) -> None:
    ann.admit(warning(DAI, with_deal=True))
    assert ann.notices.look() == 1
    (notice,) = standing(ann)
    assert (notice["what"], notice["by"]["address"]) == ("warned", to_address(DAI.public_key))
    ann.reputation.block(person=to_address(DAI.public_key))
    assert standing(ann) == []


def test_a_warning_that_is_taken_back_or_runs_out_is_told_no_longer(ann: Trader) -> None:
    ann.circle.follow(person=to_address(CHEN.public_key))
    ann.admit(warning(CHEN))
    assert whats(ann) == ["warned"]
    ann.watch.forward(DAY)
    ann.admit(withdrawal(warning(CHEN), CHEN, revision=NOW + DAY, now=NOW + DAY))
    assert standing(ann) == []
    ann.admit(warning(CHEN, now=NOW + DAY + 1))
    assert whats(ann) == ["warned"]
    ann.watch.forward(366 * DAY)
    assert standing(ann) == []


def test_my_own_warning_is_no_notice(ann: Trader) -> None:
    """I vouch for Ben as a whole, and warn of him as a buyer."""
    ann.endorsing.warn(person="Ben", because="pays late", role="buyer")
    assert ann.notices.look() == 0


def test_a_notice_is_beside_the_vouch_and_a_broken_order_on_his_page(ann: Trader) -> None:
    robbed(ann)
    assert ann.endorsing.list()["notices"] == standing(ann) != []
    assert ann.reputation.show(person="Ben")["broken_orders"] == [
        {
            "what": "not_delivered",
            "text": "had the money and did not ship in time",
            "made_at": LATE.made_at,
            "order": OPENING.slot.hex(),
        }
    ]


# --- how it comes here -------------------------------------------------------------------------


def test_the_voucher_of_a_forker_is_told_on_another_node(tmp_path: Path) -> None:
    """Ben tells Chen one thing and Ann's friend another; no node but theirs has seen both."""
    with traders(tmp_path, [ANN, CHEN]) as (ann, chen):
        ann.admit(TWICE[0])
        chen.admit(TWICE[1])
        ann.endorsing.vouch(person=to_address(BEN.public_key), strength="trust", how="met")
        assert ann.notices.look() == 0
        gossip(chen, ann)
        assert ann.notices.look() == 1
        gossip(ann, chen)  # the proof goes on to who has only one of the two
        chen.endorsing.vouch(person=to_address(BEN.public_key), strength="know", how="met")
        assert chen.notices.look() == 1


async def test_whoever_watches_is_told_at_once(ann: Trader, nursery: trio.Nursery) -> None:
    with ann.events.watched() as happening:
        await nursery.start(ann.notices.run)
        await trio.testing.wait_all_tasks_blocked()
        ann.admit(*TWICE)
        with trio.fail_after(5):
            told = await happening.receive()
    assert (told["event"], told["what"]) == ("notice", "two_versions")


async def test_what_cannot_matter_wakes_nobody(ann: Trader, nursery: trio.Nursery) -> None:
    await nursery.start(ann.notices.run)
    await trio.testing.wait_all_tasks_blocked()
    ann.admit(listing(CHEN, nonce=b"c" * 16))
    assert not ann.notices._has_changed.is_set()
    ann.admit(listing(BEN, nonce=b"b" * 16))
    assert ann.notices._has_changed.is_set()


# --- until it is dismissed ---------------------------------------------------------------------


def test_a_notice_stays_until_it_is_dismissed(ann: Trader) -> None:
    ann.admit(*TWICE)
    robbed(ann)
    ann.notices.look()
    assert whats(ann) == ["not_delivered", "two_versions"]
    assert ann.notices.dismiss(notice=TWICE[1].id.hex()[:8]) == {"dismissed": 1}
    assert whats(ann) == ["not_delivered"]
    assert ann.notices.dismiss(notice=OPENING.slot.hex()) == {"dismissed": 1}
    ann.restart()
    assert (standing(ann), ann.notices.look()) == ([], 0)


def test_all_can_be_dismissed_at_once_told_or_not(ann: Trader) -> None:
    ann.admit(*TWICE)
    robbed(ann)
    assert ann.notices.dismiss() == {"dismissed": 2}
    assert (standing(ann), ann.notices.look()) == ([], 0)
    assert ann.notices.dismiss() == {"dismissed": 0}


@pytest.mark.parametrize(
    ("notice", "error", "words"),
    [
        ("Ben", Misunderstood, "'Ben' is no id of a notice"),
        ("ab", Misunderstood, "'ab' is too short for a notice"),
        ("abcd" * 16, NotFound, "no notice abcd"),
    ],
)
def test_a_notice_that_is_not_there_is_said_so(
    ann: Trader, notice: str, error: type[Exception], words: str
) -> None:
    ann.admit(*TWICE)
    with pytest.raises(error, match=words):
        ann.notices.dismiss(notice=notice)
    assert whats(ann) == ["two_versions"]


def test_of_a_dismissed_fork_the_next_is_told_again(ann: Trader) -> None:
    ann.admit(*TWICE)
    ann.notices.dismiss()
    ann.watch.forward(DAY)
    ann.admit(*(profile(BEN, name=name, revision=8, now=NOW + DAY) for name in ("B", "C")))
    assert ann.notices.look() == 1
