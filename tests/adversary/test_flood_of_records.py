"""Open markets: a hundred thousand records, of keys made a minute ago, drown all the others.

What stands against it: room by distance. Strangers share a pot, from which their oldest records
leave; what friends, and friends of friends, have said stays. `make bench` floods with 100,000.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import pytest

from goodword.crypto.person import Person
from goodword.node.crier import Crier
from goodword.node.intake import Intake
from goodword.node.nearness import Distance
from goodword.node.quotas import QUOTAS, STRANGER_RECORDS_A_MINUTE_MAX
from goodword.node.transport import Transport
from goodword.protocol import gossip
from goodword.protocol.entry import Event
from goodword.protocol.errors import AuthorQuota, NoRoom, Refusal
from goodword.protocol.record import Record
from goodword.storage import listings, meta, people, records, soundness, views
from goodword.storage.database import Database, Transaction
from tests.make import (
    ANN,
    BEN,
    CHEN,
    DAI,
    NOW,
    contract,
    fresh,
    listing,
    mailbox,
    presence,
    profile,
    propose,
    say,
    vouch,
    withdrawal,
)
from tests.storage.memory import Memory, memory

FLOOD: Final = 3_000
POT: Final = 200_000
"""Bytes: some 700 listings of the flood."""

MALLORY: Final = Transport(b"\x66" * 32, []).peer_id
KEYS: Final = [fresh(f"flood {n}") for n in range(FLOOD // 10)]

FRIENDS: Final = [
    vouch(ANN, BEN.public_key),
    vouch(BEN, CHEN.public_key),
    *(listing(BEN, title=f"bowl {n}", nonce=bytes([n]) * 16) for n in range(20)),
    *(listing(CHEN, title=f"cup {n}", nonce=bytes([n]) * 16) for n in range(20)),
    *(listing(ANN, title=f"mine {n}", nonce=bytes([n]) * 16) for n in range(20)),
    profile(BEN, name="Ben"),
]
"""Ann vouches for Ben, who vouches for Chen; all three sell."""


def flood(count: int = FLOOD, start: int = 0) -> Iterator[Record]:
    """Listings of new keys, ten of each; a second passes with every ten."""
    for n in range(start, start + count):
        nonce = n.to_bytes(16, "big")
        yield listing(KEYS[n // 10 % len(KEYS)], title=f"junk {n}", nonce=nonce, now=NOW + n // 10)


def pour(of: Memory, made: Sequence[Record]) -> list[str]:
    """Bring records in pages, as catch-up does; what became of each."""
    codes: list[str] = []
    for start in range(0, len(made), 200):
        page = made[start : start + 200]
        of.now = max(of.now, *(each.made_at for each in page))
        outcomes = of.intake.admit_public([each.to_bytes() for each in page])
        codes += [each.code if isinstance(each, Refusal) else each.value for each in outcomes]
    return codes


def here(of: Memory, wanted: Sequence[Record]) -> list[bool]:
    with of.database.reading() as db:
        return [records.has(db, each.id) for each in wanted]


def bytes_of_strangers(of: Memory) -> int:
    with of.database.reading() as db:
        return of.intake.room.shares(db)["strangers"].bytes


def is_sound(of: Memory) -> bool:
    """What `goodword doctor` looks for: views against the heap, and references."""
    with of.database.transaction() as db:
        before = soundness.fingerprints(db)
        views.rebuild(db, of.owner)
        return before == soundness.fingerprints(db) and not soundness.broken_references(db)


@pytest.fixture(scope="module")
def junk() -> list[Record]:
    return list(flood())


def small(owner: Person = ANN, pot: int = POT) -> Memory:
    """A node whose strangers share little room."""
    made = Memory(owner)
    made.intake = Intake(made.database, made.owner, lambda: made.now, pot)
    return made


def test_a_flood_evicts_nothing_of_mine_nor_of_those_near(junk: list[Record]) -> None:
    ann = small()
    assert ann.learn(FRIENDS) == ["new"] * len(FRIENDS)
    codes = pour(ann, junk)
    assert set(codes) == {"new"}
    assert all(here(ann, FRIENDS))
    assert [len(ann.found(word)) for word in ("bowl", "cup", "mine")] == [20] * 3
    assert bytes_of_strangers(ann) <= POT
    kept = here(ann, junk)
    assert 300 < sum(kept) < 1_000
    assert kept == sorted(kept), "the oldest went first"
    assert is_sound(ann)
    ann.database.close()


def test_what_left_is_gone_from_every_view(junk: list[Record]) -> None:
    ann = small()
    pour(ann, junk)
    left = sum(here(ann, junk))
    with ann.database.reading() as db:
        assert listings.count(db) == left
        assert listings.get(db, junk[0].slot) is None
    assert not {"junk 0", "junk 1"} & set(ann.found("junk", limit=200))
    assert is_sound(ann)
    ann.database.close()


def test_what_left_does_not_come_back_and_no_older_word_instead(junk: list[Record]) -> None:
    """A peer whose count begins anew offers it all again; a cheat, a price of last year."""
    ann = small()
    first = listing(DAI, title="rug", price="90.00 EUR", revision=1, now=NOW - 9)
    second = listing(DAI, title="rug", price="150.00 EUR", revision=2, now=NOW - 5)
    ann.learn([first, second])
    pour(ann, junk)
    assert here(ann, [second]) == [False]
    assert pour(ann, [first, second, *junk[:50]]) == [NoRoom.code] * 52
    assert not NoRoom.is_fault
    ann.intake = Intake(ann.database, ann.owner, lambda: ann.now, POT)  # a restart forgets nothing
    assert pour(ann, [first]) == [NoRoom.code]
    ann.database.close()


def test_no_number_of_an_arrival_is_given_twice(junk: list[Record]) -> None:
    """Views and debts name records by it: one given again would be taken for another record."""
    ann = small(pot=2_000)
    numbers: list[int] = []
    for each in junk[:100]:
        assert pour(ann, [each]) == ["new"]
        with ann.database.reading() as db:
            numbers.append(records.last(db))
    assert numbers == list(range(1, 101))
    ann.database.close()


def test_one_author_has_a_share_that_falls_with_distance() -> None:
    stranger = QUOTAS[Distance.STRANGER]
    many = [
        listing(DAI, title="x", nonce=n.to_bytes(16, "big")) for n in range(stranger.records + 5)
    ]
    with memory(ANN) as ann:
        assert pour(ann, many) == ["new"] * stranger.records + [AuthorQuota.code] * 5
        assert not AuthorQuota.is_fault
        assert pour(ann, many[:2]) == ["known"] * 2
        newer = listing(DAI, title="y", nonce=bytes(16), revision=1)
        assert pour(ann, [newer]) == ["new"], "what he has may change"
        with ann.database.transaction() as db:
            people.name(db, DAI.public_key, "Dai")
        assert pour(ann, many[stranger.records :]) == ["new"] * 5
        assert is_sound(ann)


def test_one_author_has_a_share_of_bytes() -> None:
    stranger = QUOTAS[Distance.STRANGER]
    large = [
        listing(DAI, text="x" * 8_000, nonce=n.to_bytes(16, "big"))
        for n in range(stranger.bytes // 8_000 + 1)
    ]
    with memory(ANN) as ann:
        codes = pour(ann, large)
        assert codes[0] == "new"
        assert codes[-1] == AuthorQuota.code
        with ann.database.reading() as db:
            assert ann.intake.room.shares(db)["strangers"].bytes <= stranger.bytes


def test_revisions_without_end_take_no_more_room() -> None:
    """What was superseded leaves, but for what an order is about, mine, and proofs of a lie."""
    many = [listing(DAI, title=f"rug {n}", revision=n) for n in range(50)]
    with memory(ANN, many) as ann:
        assert here(ann, many) == [False] * 49 + [True]
        assert is_sound(ann)
    with memory(ANN, [many[0], propose(contract(many[0])), *many[1:]]) as ann:
        assert here(ann, many) == [True] * 50
    with memory(DAI, many) as dai:
        assert here(dai, many) == [True] * 50


def test_what_an_order_of_mine_is_about_stays(junk: list[Record]) -> None:
    rug = listing(DAI, title="rug")
    told = [propose(contract(rug, moderator=ANN.public_key, buyer=CHEN.public_key), buyer=CHEN)]
    told.append(say(DAI, Event.ACCEPT, told))
    ann = small()
    ann.learn([rug])
    assert ann.intake.admit_letter([each.to_bytes() for each in told]) == ["new"] * 2
    pour(ann, junk)
    assert all(here(ann, [rug, *told]))
    assert is_sound(ann)
    ann.database.close()


def test_the_way_to_a_stranger_who_asked_to_buy_stays_while_he_waits(junk: list[Record]) -> None:
    """Else a flood would keep me from answering him."""
    bowl = listing(ANN, title="bowl")
    told = [presence(DAI), mailbox(DAI, [BEN.public_key]), profile(DAI, name="Dai")]
    asked = propose(contract(bowl, buyer=DAI.public_key), buyer=DAI)
    ann = small()
    ann.learn([bowl, *told])
    assert ann.intake.admit_letter([asked.to_bytes()]) == ["new"]
    pour(ann, junk)
    assert here(ann, told) == [True, True, False]
    assert is_sound(ann)
    ann.database.close()


def test_proofs_against_strangers_and_withdrawals_leave_as_a_whole(junk: list[Record]) -> None:
    said = [
        profile(DAI, name="Dai", revision=1, now=NOW - 9),
        profile(DAI, name="Not Dai", revision=1, now=NOW - 9),
        profile(DAI, name="Dai again", revision=2, now=NOW - 8),
        listing(CHEN, now=NOW - 9),
        withdrawal(listing(CHEN, now=NOW - 9), CHEN, now=NOW - 8),
    ]
    ann = small()
    ann.learn(said)
    with ann.database.reading() as db:
        assert len(records.forks(db, DAI.public_key)) == 1
    pour(ann, junk)
    assert not any(here(ann, said))
    with ann.database.reading() as db:
        assert records.forks(db, DAI.public_key) == []
    assert is_sound(ann)
    ann.database.close()


def test_who_comes_near_is_safe_from_then_on(junk: list[Record]) -> None:
    ann = small()
    cups = [listing(CHEN, title=f"cup {n}", nonce=bytes([n]) * 16) for n in range(20)]
    ann.learn([*cups, vouch(ANN, BEN.public_key), vouch(BEN, CHEN.public_key)])
    pour(ann, junk)
    assert all(here(ann, cups))
    ann.database.close()


def test_a_flood_by_gossip_is_held_to_a_pace_and_not_passed_on(junk: list[Record]) -> None:
    """And costs him who is near to it nothing: no mark; his friends' records pass."""
    with memory(ANN, FRIENDS[:2]) as ann:
        transport = Transport(b"\x11" * 32, [])
        crier = Crier(transport, ann.intake, ann.database, ann.owner, lambda: ann.now)
        passed = 0
        for start in range(0, STRANGER_RECORDS_A_MINUTE_MAX + 300, 100):
            page = junk[start : start + 100]
            for message in gossip.pack([each.to_bytes() for each in page]):
                passed += len(gossip.unpack(message)) * crier.hear(MALLORY, message)
        assert passed == sum(here(ann, junk)) <= STRANGER_RECORDS_A_MINUTE_MAX
        (mixed,) = gossip.pack([junk[-1].to_bytes(), FRIENDS[3].to_bytes()])
        assert not crier.hear(MALLORY, mixed), "not all of it is kept"
        assert here(ann, [junk[-1], FRIENDS[3]]) == [False, True]
        (alone,) = gossip.pack([FRIENDS[4].to_bytes()])
        assert crier.hear(MALLORY, alone)
        ann.now += 60
        (later,) = gossip.pack([junk[-1].to_bytes()])
        assert crier.hear(MALLORY, later)


def test_how_far_all_was_looked_at_is_remembered_on_disk(junk: list[Record]) -> None:
    ann = small()
    pour(ann, junk)
    with ann.database.reading() as db:
        hand, horizon = meta.hand(db)
    assert 0 < hand < len(junk)
    assert NOW <= horizon < NOW + len(junk)
    ann.database.close()


def test_each_reference_to_the_heap_has_an_index() -> None:
    """Or SQLite would read a whole table for each record that leaves."""
    database = Database()
    with database.reading() as db:
        tables = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        wanting: list[tuple[str, str]] = []
        for (table,) in tables:
            for _, _, parent, column, *_ in db.execute(f"PRAGMA foreign_key_list ({table})"):
                if parent == "record" and not _is_indexed(db, table, column):
                    wanting.append((table, column))
    assert wanting == []
    database.close()


def _is_indexed(db: Transaction, table: str, column: str) -> bool:
    """Whether an index, or the key that rows are kept by, begins with `column`."""
    first = [
        next(iter(db.execute(f"PRAGMA index_info ({index})")))[2]
        for _, index, *_ in db.execute(f"PRAGMA index_list ({table})")
    ]
    key = [name for _, name, *_, place in db.execute(f"PRAGMA table_info ({table})") if place == 1]
    return column in [*first, *key]


def test_what_is_revised_does_not_make_room_for_its_own_revision(junk: list[Record]) -> None:
    """It stood for the slot when the revision came: whoever had the oldest could stop a node."""
    ann, pot = small(pot=20_000), 20_000
    first = listing(DAI, title="rug")
    newer = listing(DAI, title="rug", text="x" * 2_000, revision=1, now=NOW + 500)
    count = next(
        n for n in range(len(junk)) if sum(len(each.to_bytes()) for each in junk[:n]) > pot - 900
    )
    assert set(pour(ann, [first, *junk[:count]])) == {"new"}
    assert here(ann, [first]) == [True]
    assert pour(ann, [newer]) == ["new"]
    assert here(ann, [newer, junk[0]]) == [True, False]
    assert bytes_of_strangers(ann) <= pot
    assert is_sound(ann)
    ann.database.close()
