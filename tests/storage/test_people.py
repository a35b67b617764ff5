from __future__ import annotations

from goodword.crypto.person import Person
from goodword.protocol.presence import Presence
from goodword.protocol.profile import Profile
from goodword.protocol.scope import Part
from goodword.storage import people
from goodword.storage.people import Contact
from tests.make import ANN, BEN, CHEN, DAI, NOW, PEER, listing, presence, profile, vouch, withdrawal
from tests.storage.memory import memory

HOME, ROAD = b"h" * 34, b"r" * 34


# --- profiles ----------------------------------------------------------------------------------


def test_a_profile_is_what_the_person_said_last() -> None:
    roles = (Part.BUYER, Part.SUPPORT)
    said = [
        profile(ANN, roles=[Part.SELLER]),
        profile(ANN, name="Anna", about="I buy", region="DE", roles=roles, revision=1),
    ]
    with memory(made=said) as kept, kept.database.reading() as db:
        assert people.profile(db, ANN.public_key) == Profile(
            name="Anna", about="I buy", region="DE", roles=roles
        )
        assert people.profile(db, BEN.public_key) is None


def test_a_withdrawn_profile_is_gone() -> None:
    said = [profile(ANN), withdrawal(profile(ANN), ANN)]
    with memory(made=said) as kept, kept.database.reading() as db:
        assert people.profile(db, ANN.public_key) is None


# --- presence ----------------------------------------------------------------------------------


def test_a_person_is_on_several_devices_until_they_expire() -> None:
    said = [
        presence(ANN, peer=HOME, addresses=["/ip4/192.0.2.1/tcp/1", "/ip6/::1/tcp/1"], seconds=100),
        presence(ANN, peer=ROAD, addresses=[], seconds=200),
    ]
    with memory(made=said) as kept, kept.database.reading() as db:
        home = Presence(
            peer=HOME, addresses=("/ip4/192.0.2.1/tcp/1", "/ip6/::1/tcp/1"), expires_at=NOW + 100
        )
        road = Presence(peer=ROAD, addresses=(), expires_at=NOW + 200)
        assert people.presence(db, ANN.public_key, NOW) == [road, home]
        assert people.presence(db, ANN.public_key, NOW + 100) == [road]
        assert people.presence(db, ANN.public_key, NOW + 200) == []
        assert people.addresses_of(db, HOME, NOW) == list(home.addresses)
        assert people.addresses_of(db, HOME, NOW + 100) == []
        assert people.at_peer(db, HOME, NOW) == [ANN.public_key]


def test_an_address_with_a_space_is_one_address() -> None:
    """Else one line of text would be a hundred addresses to try."""
    said = presence(ANN, addresses=["/ip4/192.0.2.1/tcp/1 /ip4/192.0.2.2/tcp/2", "a\u00a0b"])
    with memory(made=[said]) as kept, kept.database.reading() as db:
        (found,) = people.presence(db, ANN.public_key, NOW)
        assert len(found.addresses) == len(people.addresses_of(db, PEER, NOW)) == 2


def test_a_withdrawn_presence_is_gone() -> None:
    said = [presence(ANN), withdrawal(presence(ANN), ANN)]
    with memory(made=said) as kept, kept.database.reading() as db:
        assert people.presence(db, ANN.public_key, NOW) == []


def test_several_may_say_that_a_device_is_theirs() -> None:
    with memory(made=[presence(ANN), presence(BEN)]) as kept, kept.database.reading() as db:
        assert set(people.at_peer(db, PEER, NOW)) == {ANN.public_key, BEN.public_key}


# --- my names for people -----------------------------------------------------------------------


def test_a_petname_names_one_person_and_a_person_has_one() -> None:
    with memory() as kept, kept.database.transaction() as db:
        people.name(db, ANN.public_key, "Ann")
        people.name(db, BEN.public_key, "Ben")
        assert people.named(db, "Ann") == people.named(db, "aNN") == ANN.public_key
        people.name(db, ANN.public_key, "Sister")
        assert people.named(db, "Ann") is None
        assert people.petname(db, ANN.public_key) == "Sister"
        assert people.petname(db, CHEN.public_key) is None
        assert people.petnames(db) == [("Ben", BEN.public_key), ("Sister", ANN.public_key)]


def test_a_petname_may_change_its_case() -> None:
    with memory() as kept, kept.database.transaction() as db:
        people.name(db, ANN.public_key, "ann")
        people.name(db, ANN.public_key, "Ann")
        assert people.petname(db, ANN.public_key) == "Ann"


def test_a_forgotten_petname_is_free_again() -> None:
    with memory() as kept, kept.database.transaction() as db:
        people.name(db, ANN.public_key, "Ann")
        assert people.forget(db, "ANN")
        assert not people.forget(db, "Ann")
        people.name(db, BEN.public_key, "Ann")


def test_everybody_whom_we_heard_of_is_known_once() -> None:
    made = [profile(ANN), listing(BEN), vouch(CHEN, ANN.public_key), presence(DAI)]
    with memory(ANN, made) as kept:
        with kept.database.transaction() as db:
            people.name(db, ANN.public_key, "me")
        with kept.database.reading() as db:
            everybody = sorted(each.public_key for each in (ANN, BEN, CHEN, DAI))
            assert people.known(db) == everybody


def test_only_a_few_are_believed_that_a_device_is_theirs() -> None:
    """Anybody may say so, as often as he likes to sign."""
    crowd = [Person.from_root(bytes([n]) * 32) for n in range(10, 20)]
    said = [presence(each) for each in crowd]
    with memory(made=said) as kept, kept.database.reading() as db:
        assert len(people.at_peer(db, PEER, NOW)) == people.CLAIMS_MAX


# --- what I keep in mind -----------------------------------------------------------------------


def test_what_i_keep_in_mind_of_somebody_is_forgotten_when_it_is_empty() -> None:
    with memory() as kept, kept.database.transaction() as db:
        assert people.contact(db, ANN.public_key) == Contact()
        for each in (Contact(note="pays late"), Contact(is_blocked=True)):
            people.keep_in_mind(db, ANN.public_key, each)
            assert people.contact(db, ANN.public_key) == each
        people.keep_in_mind(db, BEN.public_key, Contact(note="well"))
        assert people.blocked(db) == [ANN.public_key]
        assert people.contacts(db) == sorted([ANN.public_key, BEN.public_key])
        assert people.known(db) == sorted([ANN.public_key, BEN.public_key])
        people.keep_in_mind(db, ANN.public_key, Contact())
        assert people.contacts(db) == [BEN.public_key]
