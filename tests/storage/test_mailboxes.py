from __future__ import annotations

from collections.abc import Generator

import pytest

from goodword.crypto.keys import PublicKey
from goodword.protocol.letter import EnvelopeId
from goodword.storage import mailboxes
from goodword.storage.database import Database
from tests.make import ANN, BEN, CHEN, NOW, mailbox, withdrawal
from tests.storage.memory import memory

ME, HER = ANN.public_key, BEN.public_key


@pytest.fixture
def database() -> Generator[Database]:
    """Of a host who keeps letters for Ann and Ben."""
    database = Database()
    with database.transaction() as db:
        mailboxes.welcome(db, ME, 1_000)
        mailboxes.welcome(db, HER, 1_000)
    yield database
    database.close()


def put(
    database: Database,
    number: int,
    *,
    size: int = 100,
    person: PublicKey = ME,
    is_stranger: bool = False,
    now: int = NOW,
) -> EnvelopeId:
    letter = EnvelopeId(number.to_bytes(32, "big"))
    with database.transaction() as db:
        mailboxes.keep(db, person, letter, bytes(size), "peer", now, is_stranger=is_stranger)
    return letter


def sizes(database: Database, person: PublicKey = ME) -> list[int]:
    with database.reading() as db:
        return [len(each) for each in mailboxes.page(db, person, 99, 9_999)[0]]


def test_the_hosts_that_a_person_names_last_are_hers() -> None:
    first = mailbox(BEN, [CHEN.public_key])
    later = mailbox(BEN, [ANN.public_key, CHEN.public_key], revision=1)
    with memory(ANN, [later, first]) as ann:
        with ann.database.reading() as db:
            assert mailboxes.hosts(db, BEN.public_key) == [ANN.public_key, CHEN.public_key]
        ann.learn([withdrawal(later, BEN)])
        with ann.database.reading() as db:
            assert mailboxes.hosts(db, BEN.public_key) == []


def test_a_page_holds_the_oldest_and_tells_whether_it_is_all(database: Database) -> None:
    for number, size in enumerate([10, 20, 30]):
        put(database, number, size=size)
    with database.reading() as db:
        assert mailboxes.page(db, ME, 9, 99) == ([bytes(10), bytes(20), bytes(30)], True)
        assert mailboxes.page(db, ME, 9, 30) == ([bytes(10), bytes(20)], False)
        assert mailboxes.page(db, ME, 1, 99) == ([bytes(10)], False)
        assert mailboxes.page(db, ME, 9, 5) == ([bytes(10)], False)
        assert mailboxes.page(db, HER, 9, 99) == ([], True)


def test_nobody_discards_the_letters_of_another(database: Database) -> None:
    mine, hers = put(database, 1), put(database, 2, person=HER)
    with database.transaction() as db:
        mailboxes.discard(db, ME, [mine, hers])
        assert not mailboxes.has(db, mine)
        assert mailboxes.has(db, hers)


def test_strangers_give_way_the_oldest_first(database: Database) -> None:
    put(database, 1, size=1)
    for number, size in enumerate([20, 30, 40], start=2):
        put(database, number, size=size, is_stranger=True)
    with database.transaction() as db:
        assert mailboxes.drop_strangers(db, ME, 21) == 50
    assert sizes(database) == [1, 40]
    with database.transaction() as db:
        assert mailboxes.drop_strangers(db, ME, 99) == 40
    assert sizes(database) == [1]


def test_who_is_evicted_leaves_nothing_behind(database: Database) -> None:
    put(database, 1)
    put(database, 2, person=HER)
    with database.transaction() as db:
        assert mailboxes.evict(db, ME)
        assert not mailboxes.evict(db, ME)
        (guest,) = mailboxes.guests(db)
        assert (guest.person, guest.letters, guest.bytes, guest.oldest_at) == (HER, 1, 100, NOW)
        assert mailboxes.quota(db, ME) is None
        (left,) = db.execute("SELECT count(*) FROM kept_letter").fetchone()
        assert left == 1


def test_what_is_too_old_is_dropped(database: Database) -> None:
    put(database, 1, size=1, now=NOW - 1)
    put(database, 2, size=2)
    with database.transaction() as db:
        mailboxes.expire(db, NOW)
    assert sizes(database) == [2]
