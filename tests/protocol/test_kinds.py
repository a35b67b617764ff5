"""What each kind may say, and where."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.crypto.keys import PublicKey, Signature
from goodword.protocol import (
    kinds,
    licence,
    mailbox,
    moderator,
    presence,
    profile,
    record,
    review,
)
from goodword.protocol import listing as listings
from goodword.protocol.codec import Value
from goodword.protocol.entry import Role
from goodword.protocol.errors import (
    BadField,
    BadSignature,
    ForeignSlot,
    FromTheFuture,
    Malformed,
    NoLicence,
    Refusal,
    UnknownKind,
)
from goodword.protocol.kinds import KINDS, PUBLIC_KINDS
from goodword.protocol.limits import (
    DAY,
    FEE_BASIS_POINTS_MAX,
    FUTURE_SECONDS_MAX,
    MINOR_MAX,
    PRESENCE_SECONDS_MAX,
    REVISION_MAX,
)
from goodword.protocol.listing import Listing
from goodword.protocol.moderator import Moderator
from goodword.protocol.money import Money
from goodword.protocol.record import Record
from goodword.protocol.review import Rating
from goodword.protocol.scope import Part
from tests import make
from tests.make import ANN, BEN, CHEN, DAI, NOW, PEER, altered, checked, withdrawal

PUBLIC = {
    "profile": (make.profile(), ANN),
    "presence": (make.presence(), ANN),
    "listing": (make.listing(), BEN),
    "endorsement": (make.vouch(), CHEN),
    "moderator": (make.moderator(), DAI),
    "review": (make.review(), ANN),
    "mailbox": (make.mailbox(), BEN),
}


def refused(made: Record, why: str, now: int = NOW) -> Refusal:
    with pytest.raises(Refusal, match=why) as found:
        kinds.check(made, now)
    return found.value


def elsewhere(of: Record, slot: bytes, **body: Value) -> Record:
    """`of` in another slot."""
    assert of.body is not None
    signer = {each.author: person for each, person in PUBLIC.values()}[of.author]
    changed = {**of.body, **body}
    return record.make(signer.identity, of.kind, changed, slot=slot, revision=of.revision, now=NOW)


def test_all_but_orders_are_public() -> None:
    assert set(PUBLIC_KINDS) == set(PUBLIC) == set(KINDS) - {"order"}


@pytest.mark.parametrize("kind", PUBLIC)
def test_a_good_record_passes_and_so_does_its_withdrawal(kind: str) -> None:
    made, author = PUBLIC[kind]
    assert kinds.check(made, NOW) is KINDS[kind]
    assert kinds.check(withdrawal(made, author), NOW) is KINDS[kind]


@pytest.mark.parametrize("kind", PUBLIC)
@pytest.mark.parametrize("value", [None, -1, "", [], {}, b"", True])
def test_no_field_takes_just_anything(kind: str, value: Value) -> None:
    made, author = PUBLIC[kind]
    assert made.body is not None
    for name in made.body:
        if (name, value) != ("addresses", []):  # a device may hide where it is
            refused(altered(made, author, **{name: value}), name)


@pytest.mark.parametrize("kind", PUBLIC)
def test_a_field_that_is_not_listed_is_refused(kind: str) -> None:
    made, author = PUBLIC[kind]
    refused(altered(made, author, extra=1), "'extra': there is no such field")


@pytest.mark.parametrize("kind", PUBLIC)
def test_a_required_field_is_required(kind: str) -> None:
    made, author = PUBLIC[kind]
    assert made.body is not None
    for name, field in KINDS[kind].schema.items():
        less = {key: value for key, value in made.body.items() if key != name}
        without = record.make(
            author.identity, kind, less, slot=made.slot, revision=made.revision, now=NOW
        )
        if field.required:
            refused(without, f"{name}: is missing")
        else:
            kinds.check(without, NOW)


@given(
    st.sampled_from(sorted(KINDS)),
    st.none() | st.dictionaries(st.text(max_size=5), st.integers(0, 9) | st.text(), max_size=3),
    st.binary(max_size=64),
)
def test_any_body_is_read_or_refused(
    kind: str, body: Mapping[str, Value] | None, slot: bytes
) -> None:
    with suppress(Refusal):
        kinds.check(record.make(ANN.identity, kind, body, slot=slot, revision=0, now=NOW), NOW)


@pytest.mark.parametrize("kind", PUBLIC)
def test_of_many_wrongs_the_first_is_told(kind: str) -> None:
    """As SPEC 2.6 orders them: form, signature, then what the kind says."""
    made = altered(*PUBLIC[kind], extra=1)
    with pytest.raises(BadField, match="there is no such field"):
        kinds.read(made.to_bytes(), NOW)
    early = NOW - FUTURE_SECONDS_MAX - 3_600
    with pytest.raises(FromTheFuture):
        kinds.read(made.to_bytes(), early)
    forged = replace(made, signature=Signature(bytes(64))).to_bytes()
    with pytest.raises(BadSignature):
        kinds.read(forged, early)
    with pytest.raises(Malformed):
        kinds.read(forged[:-1], early)


def test_where_only_what_is_public_is_welcome_an_entry_is_of_no_kind() -> None:
    """Whoever signed it: a forger of orders is not told that he might have been believed."""
    entry = make.propose()
    forged = replace(entry, signature=Signature(bytes(64)))
    for each in (entry, forged):
        with pytest.raises(UnknownKind):
            kinds.read(each.to_bytes(), NOW, is_public=True)
    assert kinds.read(entry.to_bytes(), NOW) == entry
    with pytest.raises(BadSignature):
        kinds.read(forged.to_bytes(), NOW)


def test_a_kind_of_later_is_refused_without_blame() -> None:
    made = record.make(ANN.identity, "b" * 99, {}, slot=b"", revision=0, now=NOW)
    found = refused(made, f"^kind '{'b' * 40}' is not known here$")
    assert isinstance(found, UnknownKind)
    assert not found.is_fault


def test_a_clock_may_be_ten_minutes_ahead() -> None:
    assert kinds.check(make.profile(now=NOW + FUTURE_SECONDS_MAX), NOW)
    found = refused(make.profile(now=NOW + FUTURE_SECONDS_MAX + 1), "signed 601 seconds ahead")
    assert isinstance(found, FromTheFuture)
    assert not found.is_fault


def test_a_record_may_be_as_old_as_it_says() -> None:
    assert kinds.check(make.profile(now=0), NOW)


# --- profile -----------------------------------------------------------------------------------


def test_a_profile_is_read_as_it_was_written() -> None:
    roles = (Part.AGENT, Part.SELLER)
    made = checked(make.profile(name="安", about="a\nb", region="台北", roles=roles))
    assert profile.read(made) == profile.Profile(
        name="安", about="a\nb", region="台北", roles=roles
    )


def test_what_a_profile_leaves_out_is_empty() -> None:
    assert profile.read(checked(make.profile())) == profile.Profile(name="Ann")


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        (["seller", "agent"], "sorted"),
        (["seller", "seller"], "sorted"),
        (["king"], "'king' is none of seller, buyer, agent, moderator, support"),
        ([b"seller"], "is none of"),
        ("seller", "must be a list"),
        (["agent"] * 6, "6 items, the limit is 5"),
    ],
)
def test_roles_are_of_the_five_each_once(roles: Value, words: str) -> None:
    refused(make.altered(make.profile(), ANN, roles=roles), words)


def test_a_person_has_one_profile() -> None:
    refused(elsewhere(make.profile(), b"2"), "slot: 1 bytes, 0 to 0 are allowed")


# --- presence ----------------------------------------------------------------------------------


def test_a_presence_is_read_as_it_was_written() -> None:
    made = checked(make.presence(addresses=("/ip4/192.0.2.1/tcp/1", "/dns/b/tcp/2")))
    assert presence.read(made) == presence.Presence(
        peer=PEER,
        addresses=("/ip4/192.0.2.1/tcp/1", "/dns/b/tcp/2"),
        expires_at=NOW + PRESENCE_SECONDS_MAX,
    )


def test_a_presence_is_about_one_device() -> None:
    refused(elsewhere(make.presence(), bytes(38)), "slot: must be the peer id")


@pytest.mark.parametrize("seconds", [0, -1, PRESENCE_SECONDS_MAX + 1])
def test_a_presence_ends_within_30_days(seconds: int) -> None:
    refused(make.presence(seconds=seconds), "expires_at: must be within 30 days")
    assert checked(make.presence(seconds=1))


# --- listing -----------------------------------------------------------------------------------


def test_a_listing_is_read_as_it_was_written() -> None:
    said = Listing(
        title="一箱苹果",
        price=Money(1_250, "EUR"),
        quantity=0,
        handling=18 * DAY,
        text="ripe\non Friday",
        region="台北",
        categories=("fruit", "slow-food"),
    )
    slot = listings.slot(BEN.public_key, bytes(16))
    made = record.make(BEN.identity, "listing", said.to_body(), slot=slot, revision=0, now=NOW)
    assert listings.read(checked(made)) == said


def test_what_a_listing_leaves_out_is_empty() -> None:
    found = listings.read(checked(make.listing()))
    assert (found.text, found.region, found.categories) == ("", "", ())


@given(st.binary(min_size=16, max_size=16))
def test_a_slot_belongs_to_one_author(nonce: bytes) -> None:
    slot = listings.slot(BEN.public_key, nonce)
    assert len(slot) == listings.SLOT_BYTES
    assert slot != listings.slot(ANN.public_key, nonce)
    listings.check_owner(make.listing(nonce=nonce))


def test_nobody_lists_or_withdraws_in_a_foreign_slot() -> None:
    found = refused(elsewhere(make.listing(), listings.slot(ANN.public_key, b"n" * 16)), "another")
    assert isinstance(found, ForeignSlot)
    assert isinstance(refused(withdrawal(make.listing(), ANN), "another author"), ForeignSlot)


# --- moderator ---------------------------------------------------------------------------------


def test_an_offer_to_moderate_is_read_as_it_was_written() -> None:
    made = make.moderator(fee=150, categories=("ceramics", "tea"), about="I throw\nbowls")
    assert moderator.read(checked(made)) == Moderator(
        fee=150, categories=("ceramics", "tea"), about="I throw\nbowls"
    )


def test_what_an_offer_leaves_out_is_empty() -> None:
    assert moderator.read(checked(make.moderator(fee=0))) == Moderator(fee=0)


def test_a_person_offers_to_moderate_once() -> None:
    refused(elsewhere(make.moderator(), b"2"), "slot: 1 bytes, 0 to 0 are allowed")


def test_a_moderator_asks_for_a_fifth_at_most() -> None:
    assert checked(make.moderator(fee=FEE_BASIS_POINTS_MAX))
    refused(make.moderator(fee=FEE_BASIS_POINTS_MAX + 1), "fee: 2001 is not between 0 and 2000")


@pytest.mark.parametrize(
    ("total", "basis_points", "fee"),
    [
        (Money(10_000, "EUR"), 150, Money(150, "EUR")),
        (Money(66, "EUR"), 150, Money(0, "EUR")),
        (Money(67, "EUR"), 150, Money(1, "EUR")),
        (Money(1_999, "JPY"), 1, Money(0, "JPY")),
        (Money(0, "BTC"), 2_000, Money(0, "BTC")),
        (Money(MINOR_MAX, "CNY"), 2_000, Money(MINOR_MAX // 5, "CNY")),
    ],
)
def test_a_fee_is_rounded_down(total: Money, basis_points: int, fee: Money) -> None:
    assert moderator.fee(total, basis_points) == fee


@given(st.integers(0, MINOR_MAX), st.integers(0, FEE_BASIS_POINTS_MAX))
def test_a_fee_is_the_largest_that_is_not_above_the_share(total: int, basis_points: int) -> None:
    made = moderator.fee(Money(total, "EUR"), basis_points)
    assert made.minor * 10_000 <= total * basis_points < (made.minor + 1) * 10_000


# --- review ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rating", [*Rating, None])
def test_a_review_is_read_as_it_was_written(rating: Rating | None) -> None:
    made = checked(make.review(ANN, BEN, count=7, rating=rating, text="a\nb"))
    order_id = make.order_of("first")
    assert (review.read(made), bytes(made.slot)) == (
        review.Review(
            about=BEN.public_key,
            role=Role.BUYER,
            count=7,
            licence=licence.give(BEN.identity, order_id, ANN.public_key, 7),
            rating=rating,
            text="a\nb",
        ),
        order_id,
    )


@pytest.mark.parametrize(
    ("rating", "text", "is_bare"),
    [(None, "", True), (Rating.BAD, "", False), (None, "hm", False), (Rating.GOOD, "yes", False)],
)
def test_without_rating_and_text_it_is_a_bare_receipt(
    rating: Rating | None, text: str, is_bare: bool
) -> None:
    assert review.read(checked(make.review(rating=rating, text=text))).is_bare is is_bare


def test_a_seller_reviews_his_buyer_who_does_not_count() -> None:
    made = checked(make.review(BEN, ANN, role=Role.SELLER))
    assert review.read(made).count == 0
    refused(make.review(BEN, ANN, role=Role.SELLER, count=1), "count: must be 0 about a buyer")
    refused(make.review(ANN, BEN, count=0), "count: must be 0 about a buyer")


def test_nobody_reviews_herself() -> None:
    refused(make.review(ANN, ANN), "about: nobody reviews herself")


def test_a_third_person_has_no_role_to_review_in() -> None:
    refused(altered(make.review(), ANN, role="moderator"), "role: 'moderator' is none of buyer,")


def test_a_review_needs_the_licence_of_whom_it_is_about() -> None:
    good = make.review(ANN, BEN, count=3)
    of_chen = review.read(make.review(ANN, CHEN, count=3)).licence
    for wrong in (
        altered(good, ANN, licence=of_chen),
        altered(good, ANN, licence=bytes(64)),
        altered(good, ANN, count=4),
        altered(good, ANN, about=CHEN.public_key),
        altered(good, CHEN),
        record.make(
            ANN.identity, good.kind, good.body, slot=make.order_of("other"), revision=0, now=NOW
        ),
    ):
        found = refused(wrong, "gave its author no licence")
        assert isinstance(found, NoLicence)
        assert found.is_fault


def test_a_review_is_of_one_order() -> None:
    refused(elsewhere(make.review(text="a"), bytes(31)), "slot: 31 bytes, 32 to 32 are allowed")


# --- order -------------------------------------------------------------------------------------


@pytest.mark.parametrize("revision", [1, REVISION_MAX])
def test_an_entry_is_not_revised(revision: int) -> None:
    made = make.propose()
    key = ANN.order_identity(b"o" * 32)
    again = record.make(key, "order", made.body, slot=made.slot, revision=revision, now=NOW)
    assert isinstance(refused(again, "revision: must be 0"), BadField)


def test_an_entry_is_not_withdrawn() -> None:
    made = make.propose()
    key = ANN.order_identity(b"o" * 32)
    gone = record.make(key, "order", None, slot=made.slot, revision=0, now=NOW)
    refused(gone, "body: this kind is not withdrawn")


# --- mailboxes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hosts", [[], [CHEN.public_key] * 2, [BEN.public_key], [CHEN.public_key, BEN.public_key]]
)
def test_a_mailbox_is_at_others_each_named_once(hosts: list[PublicKey]) -> None:
    refused(make.mailbox(BEN, hosts), "^hosts: ")


def test_a_mailbox_names_its_hosts_in_the_order_of_asking() -> None:
    hosts = (CHEN.public_key, ANN.public_key)
    assert mailbox.read(checked(make.mailbox(BEN, hosts))).hosts == hosts
