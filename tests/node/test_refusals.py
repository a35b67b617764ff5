from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.crypto.keys import PublicKey, Signature
from goodword.node.intake import Came
from goodword.protocol import errors, record
from goodword.protocol.codec import Value, encode
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import Refusal
from goodword.protocol.limits import (
    FUTURE_SECONDS_MAX,
    RECORD_BYTES_MAX,
    REVISION_MAX,
    ROLE_ENTRIES_MAX,
    TITLE_CHARS_MAX,
    VALUES_MAX,
)
from tests.crypto.points import SMALL_ORDER
from tests.make import (
    ANN,
    BEN,
    CHEN,
    DAI,
    NOW,
    altered,
    chain,
    contract,
    deal,
    listing,
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

APPLES = listing()
GONE = listing(title="gone", nonce=b"g" * 16)
FORKED = sorted(
    (profile(CHEN, name=name, revision=5) for name in ("Chen", "Chan", "Chun")),
    key=lambda each: each.id,
)
ORDER = chain(propose(contract(APPLES)), (BEN, Event.ACCEPT))
TERMS = contract(APPLES)
BEWARE = warning(CHEN, BEN.public_key, now=NOW + 60)
KNOWN = [APPLES, GONE, withdrawal(GONE, BEN), profile(ANN, revision=3), *FORKED[:2], *ORDER, BEWARE]
"""What Ben has learned before he is told what he must refuse."""


@pytest.fixture
def ben() -> Generator[Memory]:
    with memory(BEN) as ben:
        ben.now = NOW + 120
        assert {str(each) for each in ben.learn(KNOWN)} == {"new"}
        yield ben


# --- what is kept out --------------------------------------------------------------------------


def wire(signed: bytes, person: PublicKey | None = None) -> bytes:
    """A signed part with a good signature of Ann's over it."""
    return encode([signed, ANN.identity.sign(record.DOMAIN + b"\0" + signed)])


def header(*changes: tuple[int, Value]) -> bytes:
    """The signed part of a good profile, with some of its fields set otherwise."""
    fields: list[Value] = [1, "profile", ANN.public_key, NOW, b"", 4, {"name": "Ann"}]
    for place, value in changes:
        fields[place] = value
    return encode(fields)


def body(spelled: bytes) -> bytes:
    """The signed part of a profile whose body is spelled so: our encoder would refuse it."""
    return header((6, None))[:-1] + spelled


def under_key(key: bytes) -> bytes:
    return encode([header((2, key)), bytes(64)])


REFUSED: dict[str, tuple[bytes, type[Refusal]]] = {
    "nothing at all": (b"", errors.Malformed),
    "no msgpack": (b"\xc1", errors.Malformed),
    "not a record": (encode({"a": 1}), errors.Malformed),
    "a short signature": (encode([header(), bytes(63)]), errors.Malformed),
    "text that is not UTF-8": (wire(body(b"\x81\xa4name\xa1\xff")), errors.Malformed),
    "bytes after the end": (APPLES.to_bytes() + b"\0", errors.Malformed),
    "an integer in a longer spelling": (
        wire(header().replace(b"\x97\x01", b"\x97\xcc\x01", 1)),
        errors.NotCanonical,
    ),
    "keys out of order": (wire(body(b"\x82\xa4name\xa1x\xa1a\xa1y")), errors.NotCanonical),
    "a float": (wire(body(b"\x81\xa4name\xca\0\0\0\0")), errors.NotCanonical),
    "too many bytes": (bytes(RECORD_BYTES_MAX + 1), errors.TooLarge),
    "too many values": (wire(body(b"\x81\xa1a\xdc\x04\0" + bytes(VALUES_MAX))), errors.TooLarge),
    "too deep": (wire(body(b"\x81\xa4name" + b"\x91" * 8 + b"\1")), errors.TooDeep),
    "a bomb": (wire(body(b"\x81\xa4name" + b"\x91" * 9_999 + b"\1")), errors.TooDeep),
    "an unknown version": (wire(header((0, 2))), errors.UnknownVersion),
    "a signature of somebody else": (wire(header((2, DAI.public_key))), errors.BadSignature),
    "a changed body": (
        encode([header((6, {"name": "Eve"})), record.read(wire(header())).signature]),
        errors.BadSignature,
    ),
    "a key of another length": (under_key(b"k" * 31), errors.BadKey),
    "a key that is no point": (under_key(b"\x02" + bytes(31)), errors.BadKey),
    "a revision over the bound": (wire(header((5, REVISION_MAX + 1))), errors.BadField),
    "a slot over the bound": (wire(header((4, bytes(65)))), errors.BadField),
    "from the future": (
        profile(now=NOW + 120 + FUTURE_SECONDS_MAX + 1, revision=4).to_bytes(),
        errors.FromTheFuture,
    ),
    "an unknown kind": (wire(header((1, "carrier-pigeon"))), errors.UnknownKind),
    "a lower revision": (profile(ANN, name="Anna", revision=2).to_bytes(), errors.StaleRevision),
    "a third thing at one revision": (
        FORKED[2].to_bytes(),
        errors.StaleRevision,
    ),
    "a withdrawn slot": (
        listing(title="gone", nonce=b"g" * 16, revision=9).to_bytes(),
        errors.Withdrawn,
    ),
    "another author's slot": (
        record.make(
            DAI.identity, "listing", APPLES.body, slot=APPLES.slot, revision=9, now=NOW
        ).to_bytes(),
        errors.ForeignSlot,
    ),
    "the withdrawal of another author's slot": (
        withdrawal(APPLES, DAI).to_bytes(),
        errors.ForeignSlot,
    ),
    "a title over the bound": (
        listing(title="x" * (TITLE_CHARS_MAX + 1), revision=1).to_bytes(),
        errors.BadField,
    ),
    "a field that is missing": (wire(header((6, {"about": "x"}))), errors.BadField),
    "a field that nobody listed": (wire(header((6, {"name": "A", "x": 1}))), errors.BadField),
    "a vouch for herself": (vouch(ANN, ANN.public_key).to_bytes(), errors.AboutOneself),
    "a vouch that is dated back": (vouch(revision=NOW + 9).to_bytes(), errors.BackDated),
    "a vouch that is over": (vouch(seconds=120).to_bytes(), errors.Expired),
    "a vouch below a warning": (vouch(CHEN, BEN.public_key).to_bytes(), errors.StaleRevision),
    "a warning with somebody else's licence": (
        warning(deal=deal(BEN)).to_bytes(),
        errors.NoLicence,
    ),
    "a review of herself": (review(ANN, ANN).to_bytes(), errors.BadField),
    "a review with the count of no licence": (
        altered(review(ANN, BEN), ANN, count=2).to_bytes(),
        errors.NoLicence,
    ),
    "an entry that follows what never came": (
        write(
            ANN,
            TERMS,
            Event.PAY_SENT,
            role=Role.BUYER,
            seen=frozenset({APPLES.id}),
        ).to_bytes(),
        errors.MissingEntries,
    ),
    "a step out of turn": (say(ANN, Event.CONFIRM, ORDER).to_bytes(), errors.WrongTurn),
    "a step of the other role": (say(ANN, Event.ON_DELIVERY, ORDER).to_bytes(), errors.NotYours),
    "a stranger's entry": (
        say(DAI, Event.PAY_SENT, ORDER, role=Role.BUYER).to_bytes(),
        errors.BadBinding,
    ),
    "an entry older than what it follows": (
        say(ANN, Event.PAY_SENT, ORDER, now=NOW - 1).to_bytes(),
        errors.BeforeItsPast,
    ),
    "a deadline that has not passed": (
        say(ANN, Event.TIMEOUT, ORDER, now=NOW + 100).to_bytes(),
        errors.TooEarly,
    ),
    "an entry of an order that nobody proposed": (
        say(BEN, Event.ACCEPT, [propose(contract(APPLES, nonce=b"?" * 32))]).to_bytes(),
        errors.UnknownOrder,
    ),
    "an order of a listing that is not here": (
        propose(contract(listing(nonce=b"?" * 16))).to_bytes(),
        errors.ListingGone,
    ),
    "an order of a withdrawn listing": (propose(contract(GONE)).to_bytes(), errors.ListingGone),
    "an order between others": (
        propose(contract(listing(CHEN, nonce=b"c" * 16))).to_bytes(),
        errors.NotAParty,
    ),
    "an order with options that there are not": (
        propose(contract(APPLES, options=(("size", "L"),), nonce=b"?" * 32)).to_bytes(),
        errors.BadContract,
    ),
    "an order that licenses nobody": (
        write(
            ANN,
            contract(APPLES, nonce=b"?" * 32),
            Event.PROPOSE,
            role=Role.BUYER,
            details={"licence": bytes(64)},
        ).to_bytes(),
        errors.BadLicence,
    ),
    "an order of more than there is": (
        propose(contract(APPLES, quantity=6, nonce=b"?" * 32)).to_bytes(),
        errors.BadContract,
    ),
    "an order revised": (
        record.make(
            ANN.order_identity(TERMS.nonce),
            "order",
            ORDER[0].body,
            slot=ORDER[0].slot,
            revision=1,
            now=NOW,
        ).to_bytes(),
        errors.BadField,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_has_its_own_class_and_leaves_no_trace(ben: Memory, name: str) -> None:
    data, refusal = REFUSED[name]
    before = dump.everything(ben.database)
    with pytest.raises(refusal) as caught:
        ben.intake.admit(data)
    assert type(caught.value) is refusal
    assert str(caught.value)
    assert dump.everything(ben.database) == before
    assert ben.intake.refused == {caught.value.code: 1}


def test_every_refusal_of_the_protocol_is_met_here() -> None:
    own_tests = {
        *(errors.OutOfStock, errors.OrderFull, errors.HoldsTooMuch, errors.NotSettled),
        *(errors.TooOften, errors.NoOffer, errors.TooManyEndorsements),
        *(errors.AuthorQuota, errors.NoRoom, errors.OutOfInterest),
    }
    every = {each for each in vars(errors).values() if _is_refusal(each)}
    elsewhere = ("letter.", "mailbox.", "sync.", "bundle.")
    of_messages = {each for each in every if each.code.startswith(elsewhere)}
    assert every - own_tests - of_messages == {refusal for _, refusal in REFUSED.values()}
    assert len({each.code for each in every}) == len(every)


def _is_refusal(each: object) -> bool:
    return isinstance(each, type) and issubclass(each, Refusal) and each is not Refusal


@pytest.mark.parametrize("key", SMALL_ORDER.values())
def test_a_key_of_small_order_is_refused(ben: Memory, key: str) -> None:
    """Under such a key one signature fits every message."""
    with pytest.raises(errors.BadKey):
        ben.intake.admit(under_key(bytes.fromhex(key)))


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    with memory() as ben:
        (outcome,) = ben.intake.admit_many([data])
        assert isinstance(outcome, Refusal)
        assert ben.intake.refused == {outcome.code: 1}


@given(st.integers(0, 8 * len(APPLES.to_bytes()) - 1))
def test_one_flipped_bit_is_refused(bit: int) -> None:
    data = bytearray(APPLES.to_bytes())
    data[bit // 8] ^= 1 << bit % 8
    with memory() as ben, pytest.raises(Refusal):
        ben.intake.admit(bytes(data))


def test_ten_minutes_ahead_is_not_the_future(ben: Memory) -> None:
    ahead = profile(DAI, now=ben.now + FUTURE_SECONDS_MAX)
    assert ben.intake.admit(ahead.to_bytes()) is Came.NEW


def test_another_signature_of_the_same_words_is_known(ben: Memory) -> None:
    """The id is of what was signed: nobody can flood us with signatures."""
    assert ben.intake.admit(APPLES.to_bytes()) is Came.KNOWN
    bad = replace(APPLES, signature=Signature(bytes(64)))
    with pytest.raises(errors.BadSignature):
        ben.intake.admit(bad.to_bytes())


def test_a_seller_cannot_keep_more_than_was_paid(ben: Memory) -> None:
    paid = chain(ORDER[0], (BEN, Event.ACCEPT), (BEN, Event.ON_DELIVERY))
    more = say(BEN, Event.OFFER, paid, details={"to_seller": TERMS.terms.total.minor + 1})
    assert ben.learn([paid[2]]) == [Came.NEW]
    with pytest.raises(errors.BadField, match="to_seller: is more than the total"):
        ben.intake.admit(more.to_bytes())


def test_nobody_can_fill_an_order(ben: Memory) -> None:
    paid = [
        say(ANN, Event.PAY_SENT, ORDER, details={"note": f"{n}"}) for n in range(ROLE_ENTRIES_MAX)
    ]
    outcomes = ben.learn(paid)
    assert outcomes[:-1] == [Came.NEW] * (ROLE_ENTRIES_MAX - 1)  # one of hers was the proposal
    assert isinstance(outcomes[-1], errors.OrderFull)
    assert ben.learn([say(BEN, Event.PAY_RECEIVED, [*ORDER, paid[0]])]) == [Came.NEW]


def test_altered_listings_of_the_same_slot_are_refused_by_name(ben: Memory) -> None:
    worse = altered(listing(revision=1), BEN, quantity=-1)
    with pytest.raises(errors.BadField, match="quantity: -1 is not between 0 and"):
        ben.intake.admit(worse.to_bytes())
