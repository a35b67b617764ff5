from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodword.protocol.contract import OrderId
from goodword.protocol.entry import Event, Role
from goodword.protocol.record import Record
from goodword.protocol.scope import Part
from goodword.storage import chapters, orders, records, views
from goodword.storage.database import Database
from goodword.storage.listings import Filter
from tests.make import (
    ANN,
    BEN,
    CHEN,
    DAI,
    NOW,
    chain,
    contract,
    deal,
    listing,
    mailbox,
    moderator,
    presence,
    profile,
    propose,
    review,
    say,
    vouch,
    warning,
    withdrawal,
    write,
)
from tests.storage import dump
from tests.storage.memory import Memory, memory

APPLES: Final = listing(title="apples 苹果", text="fresh apples", categories=["fruit"])
PUBLIC: Final = [
    APPLES,
    listing(title="red apples", revision=1),
    listing(title="green apples", revision=1),
    listing(title="old apples", revision=2, price="80 JPY", region="DE"),
    listing(title="dried apples", revision=2),
    withdrawal(APPLES, BEN, revision=1),
    withdrawal(APPLES, BEN, revision=4),
    listing(ANN, title="pears", nonce=b"p" * 16),
    listing(ANN, title="pears and apples", nonce=b"p" * 16, revision=1, now=NOW + 1),
    profile(ANN, name="Ann"),
    profile(ANN, name="Anna", revision=1),
    profile(ANN, name="Annie", revision=1),
    withdrawal(profile(ANN), ANN, revision=2),
    profile(ANN, name="Ann again", revision=3),
    profile(CHEN, name="Chen", about="手艺人", region="台北"),
    presence(ANN),
    presence(ANN, addresses=["/ip4/192.0.2.7/tcp/1"], revision=1),
    presence(ANN, peer=b"p" * 34),
    vouch(CHEN, ANN.public_key),
    vouch(CHEN, ANN.public_key, how="we still sing", now=NOW + 1),
    withdrawal(vouch(CHEN, ANN.public_key), CHEN, revision=NOW + 2),
    warning(CHEN, ANN.public_key, part=Part.BUYER, deal=deal(ANN, CHEN, count=0)),
    vouch(CHEN, ANN.public_key, part=Part.SELLER, category="fruit"),
    vouch(ANN, CHEN.public_key),
    vouch(ANN, BEN.public_key, part=Part.SELLER, now=NOW + 1),
    warning(ANN, BEN.public_key, part=Part.AGENT),
    warning(ANN, BEN.public_key, part=Part.SELLER, category="fruit", now=NOW + 2),
    vouch(BEN, ANN.public_key, how="one way"),
    vouch(BEN, ANN.public_key, how="or another"),
    moderator(DAI),
    moderator(DAI, fee=0, categories=["fruit"], revision=1),
    moderator(DAI, about="for love", revision=1),
    withdrawal(moderator(DAI), DAI, revision=2),
    moderator(ANN, categories=["bread", "fruit"]),
    review(ANN, BEN, text="crisp"),
    review(ANN, BEN, text="crisp, at first", rating=None, revision=1),
    review(ANN, BEN, text="and cheap", revision=1),
    withdrawal(review(ANN, BEN), ANN, revision=2),
    review(ANN, BEN, order="second", count=1, rating=None),
    review(CHEN, BEN, order="third", count=4),
    review(BEN, ANN, order="second", role=Role.SELLER, revision=3),
    mailbox(BEN),
    mailbox(BEN, [ANN.public_key, CHEN.public_key], revision=1),
    withdrawal(mailbox(BEN), BEN, revision=2),
    mailbox(ANN, [CHEN.public_key], revision=3),
    mailbox(ANN, [BEN.public_key], revision=3),
]
"""Revisions, forks and withdrawals of everything that everybody may see."""

BREAD: Final = listing(BEN, title="bread", nonce=b"b" * 16, quantity=3)


def orders_of_all_sorts() -> list[Record]:
    """One that goes well, one that is crossed by both, one that its buyer signs both ways."""
    good = chain(
        propose(contract(BREAD, nonce=b"1" * 32)),
        (BEN, Event.ACCEPT),
        (ANN, Event.PAY_SENT),
        (BEN, Event.PAY_RECEIVED),
        (BEN, Event.FULFIL),
        (ANN, Event.CONFIRM),
    )
    crossed = [propose(contract(BREAD, nonce=b"2" * 32))]
    crossed += [say(BEN, Event.ACCEPT, crossed), say(ANN, Event.WITHDRAW, crossed)]
    twofold = chain(propose(contract(BREAD, nonce=b"3" * 32)), (BEN, Event.ACCEPT))
    twofold += [say(ANN, event, twofold) for event in (Event.PAY_SENT, Event.WITHDRAW)]
    twofold.append(say(BEN, Event.PAY_RECEIVED, twofold[:3]))
    return [*good, *crossed, *twofold]


ORDERS: Final = orders_of_all_sorts()


def searches(of: Memory) -> list[list[str]]:
    wanted = [Filter(), Filter(category="fruit"), Filter(region="D"), Filter(seller=ANN.public_key)]
    return [of.found(words, each) for words in ("", "apples", "苹果", "pe") for each in wanted]


def learn_all(of: Memory, came: Sequence[Record]) -> None:
    """Until nothing new goes in: what lacks its past is sent again, as a postman would."""
    while "new" in of.learn(came):
        pass


def uncounted(meta: Sequence[dump.Row]) -> list[dump.Row]:
    return [row for row in meta if row[0] != "opinions"]


# --- rebuilt -----------------------------------------------------------------------------------


@given(st.lists(st.integers(0, len(PUBLIC + ORDERS) - 1), max_size=40), st.booleans())
@settings(max_examples=60)
def test_what_is_rebuilt_is_what_was_built(arrivals: list[int], has_bread: bool) -> None:
    came = [(PUBLIC + ORDERS)[n] for n in arrivals]
    with memory(BEN, [BREAD] * has_bread) as ben:
        ben.learn(came)
        before, found = dump.views(ben.database), searches(ben)
        with ben.database.transaction() as db:
            views.rebuild(db, ben.owner)
        assert dump.views(ben.database) == before
        assert searches(ben) == found
        kept = dump.everything(ben.database)  # people have other numbers than before
        with ben.database.transaction() as db:
            views.rebuild(db, ben.owner)
        again = dump.everything(ben.database)
        assert [again[name] for name in views.VIEWS] == [kept[name] for name in views.VIEWS]
        assert all(again[name] == kept[name] for name in ("record", "outbox"))
        # Each opinion is made anew, and is counted as such.
        assert uncounted(again["meta"]) == uncounted(kept["meta"])
        assert ben.database.problems() == []


def test_views_that_were_lost_come_back(tmp_path: Path) -> None:
    path = tmp_path / "goodword.sqlite"
    with memory(BEN, [BREAD, *PUBLIC, *ORDERS]) as ben:
        before, found = dump.views(ben.database), searches(ben)
        ben.database.copy_to(path)
    ben.database = Database(path)
    with ben.database.transaction() as db:
        for name in reversed(views.VIEWS):
            db.execute(f"DELETE FROM {name}")
        chapters.empty(db)
    assert dump.views(ben.database) == {name: [] for name in before}
    with ben.database.transaction() as db:
        views.rebuild(db, ben.owner)
    assert (dump.views(ben.database), searches(ben)) == (before, found)
    ben.database.close()


def test_every_view_is_named() -> None:
    """A table is the heap, a view, a promise or something that only we know."""
    own = {"record", "outbox", "receipt", "guest", "kept_letter", "petname", "peer", "meta"}
    own |= {"contact", "follow", "notice", "chapter", "moment"}
    with memory() as ben:
        tables = {name for name in dump.everything(ben.database) if not name.startswith(dump.WORDS)}
    assert tables == own | set(views.VIEWS)


# --- whatever arrives in whatever order --------------------------------------------------------

EVIDENCE: Final = {"fork", "standing", "holding"}
"""Which proof of two things at once is kept may differ, and so what room it takes: one is enough,
and the first stays."""


def standing(of: Memory) -> list[tuple[object, ...]]:
    """(kind, slot, author, id, revision, whether withdrawn) of what stands."""
    with of.database.reading() as db:
        return db.execute(
            "SELECT standing.kind, standing.slot, standing.author, id, standing.revision,"
            " is_withdrawn FROM standing JOIN record USING (seq) ORDER BY 1, 2, 3"
        ).fetchall()


def shown(of: Memory) -> dump.Dump:
    found = dump.views(of.database)
    return {name: rows for name, rows in found.items() if name not in EVIDENCE} | {
        "stands": standing(of)
    }


@given(st.permutations(range(len(PUBLIC))), st.integers(0, len(PUBLIC)))
@settings(max_examples=80)
def test_arrival_order_does_not_matter(arrivals: list[int], count: int) -> None:
    """Only among equally good search results the latest to come is shown first."""
    came = [PUBLIC[n] for n in arrivals[:count]]
    in_order = [PUBLIC[n] for n in sorted(arrivals[:count])]
    with memory(DAI, came) as one, memory(DAI, in_order) as other:
        assert shown(one) == shown(other)
        assert [*map(sorted, searches(one))] == [*map(sorted, searches(other))]


@given(st.permutations(range(len(ORDERS))))
@settings(max_examples=40)
def test_the_order_in_which_entries_arrive_does_not_matter(arrivals: list[int]) -> None:
    came = [ORDERS[n] for n in arrivals]
    with memory(BEN, [BREAD]) as ben, memory(BEN, [BREAD]) as sorted_ben:
        learn_all(ben, came)
        learn_all(sorted_ben, ORDERS)
        assert shown(ben)["trade"] == shown(sorted_ben)["trade"]
        with ben.database.reading() as db, sorted_ben.database.reading() as other:
            for each in orders.every(db):
                assert orders.load(db, each.id) == orders.load(other, each.id)
            assert len(orders.every(db)) == 3


@given(st.permutations([1, 2, 2, 2, 3, 3]))
def test_two_things_said_at_the_highest_revision_are_proved_in_any_order(
    revisions: list[int],
) -> None:
    said = [profile(name=f"Ann {n} {at}", revision=at) for n, at in enumerate(revisions)]
    with memory(DAI, said) as dai, dai.database.reading() as db:
        proved = [{one, other} for one, other in records.forks(db, ANN.public_key)]
    assert {each.id for each in said if each.revision == 3} in proved


@pytest.mark.parametrize("swapped", [False, True])
def test_an_entry_whose_author_signed_both_ways_does_not_change_who_computes(swapped: bool) -> None:
    """The two parties see one order, each from his side."""
    agreed = contract(BREAD, nonce=b"3" * 32)
    fork = [ORDERS[-3], ORDERS[-2]]
    came = [each for each in ORDERS if OrderId(each.slot) == agreed.id and each not in fork]
    came[2:2] = reversed(fork) if swapped else fork
    states: list[object] = []
    for person in (ANN, BEN):
        with memory(person, [BREAD]) as party:
            learn_all(party, came)
            with party.database.reading() as db:
                (trade,) = orders.every(db)
                loaded = orders.load(db, trade.id)
            assert loaded is not None
            assert loaded.forkers == {Role.BUYER}
            states.append(loaded)
    assert states[0] == states[1]


def test_another_persons_record_under_the_same_slot_changes_nothing() -> None:
    """Slots of profiles and endorsements are not secret: an author's are his own all the same."""
    mine, theirs = vouch(CHEN, ANN.public_key), vouch(DAI, ANN.public_key, now=NOW + 9)
    with memory(BEN, [mine, theirs, withdrawal(theirs, DAI)]) as ben:
        assert sorted(str(row[5]) for row in standing(ben)) == ["0", "1"]
        assert len(dump.views(ben.database)["endorsement"]) == 1


def test_a_refused_entry_leaves_the_view_as_it_was() -> None:
    terms = contract(BREAD)
    forged = write(DAI, terms, Event.ACCEPT, role=Role.SELLER, seen=frozenset({propose(terms).id}))
    with memory(BEN, [BREAD, propose(terms)]) as ben:
        before = dump.everything(ben.database)
        ben.learn([forged])
        assert dump.everything(ben.database) == before
