"""Endorsements: what of whom, by when, and what proves that the two dealt."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.crypto.keys import PublicKey
from goodword.protocol import endorsement, kinds, record, slots
from goodword.protocol.endorsement import Deal, Endorsement, Strength
from goodword.protocol.errors import (
    AboutOneself,
    BackDated,
    BadField,
    Expired,
    NoLicence,
    Refusal,
    StaleRevision,
)
from goodword.protocol.kinds import KINDS
from goodword.protocol.limits import DAY, ENDORSEMENT_SECONDS_MAX
from goodword.protocol.record import Record
from goodword.protocol.scope import Part, Scope
from goodword.protocol.slots import Standing
from tests.make import ANN, BEN, CHEN, NOW, altered, checked, deal, vouch, warning, withdrawal

SCOPES = [Scope(part, category) for part in (None, *Part) for category in (None, "tea", "seller")]


def refused(made: Record, error: type[Refusal], why: str = ".", now: int = NOW) -> Refusal:
    with pytest.raises(error, match=why) as found:
        kinds.check(made, now)
    return found.value


@pytest.mark.parametrize("strength", Strength)
@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("dealt", [None, deal(count=1), deal(count=0)])
def test_one_is_read_as_it_was_written(
    strength: Strength, scope: Scope, dealt: Deal | None
) -> None:
    said = Endorsement(
        about=ANN.public_key,
        scope=scope,
        strength=strength,
        how="we sang in one choir",
        expires_at=NOW + DAY,
        deal=dealt,
    )
    made = record.make(
        CHEN.identity,
        "endorsement",
        said.to_body(),
        slot=endorsement.slot(ANN.public_key, scope),
        revision=NOW,
        now=NOW,
    )
    if dealt and scope.part in (Part.SELLER, Part.BUYER) and scope.part is not dealt.part:
        refused(made, BadField, f"deal: in this order she was the {dealt.part}")
    else:
        assert endorsement.read(checked(made)) == said
    assert said.is_vouch is (strength is not Strength.WARN)


def test_each_person_and_scope_has_a_slot_of_its_own() -> None:
    found = [endorsement.slot(who.public_key, scope) for who in (ANN, BEN) for scope in SCOPES]
    assert all(one != other for one, other in combinations(found, 2))
    assert {len(each) for each in found} == {endorsement.SLOT_BYTES}
    assert all(each.startswith((ANN.public_key, BEN.public_key)) for each in found)


@pytest.mark.parametrize(
    "body", [{"about": BEN.public_key}, {"role": "seller"}, {"category": "tea"}]
)
def test_one_is_about_its_slot(body: dict[str, str | bytes]) -> None:
    refused(altered(vouch(), CHEN, **body), BadField, "slot: must be the key of the person")


def test_nobody_endorses_herself() -> None:
    found = refused(vouch(CHEN, CHEN.public_key), AboutOneself, "nobody endorses herself")
    assert found.is_fault
    assert found.hint


def test_nobody_endorses_a_key_that_nobody_holds() -> None:
    refused(vouch(CHEN, PublicKey(bytes(32))), BadField, "about: is nobody's key")


@pytest.mark.parametrize("seconds", [0, -1, ENDORSEMENT_SECONDS_MAX + 1])
def test_one_ends_within_five_years(seconds: int) -> None:
    refused(vouch(seconds=seconds), BadField, "expires_at: must be within five years")
    assert checked(vouch(seconds=ENDORSEMENT_SECONDS_MAX))


def test_one_that_is_over_when_it_comes_is_refused_without_blame() -> None:
    made = vouch(seconds=100)
    assert kinds.check(made, NOW + 99)
    found = refused(made, Expired, "it was over 0 seconds ago", NOW + 100)
    assert not found.is_fault
    assert found.hint
    assert kinds.check(withdrawal(made, CHEN), NOW + 10_000)


@pytest.mark.parametrize("revision", [0, NOW - 1, NOW + 1])
def test_the_revision_is_the_time(revision: int) -> None:
    made = vouch(revision=revision)
    found = refused(made, BackDated, f"signed at {NOW} as revision {revision}")
    assert found.is_fault
    assert found.hint
    gone = record.make(
        CHEN.identity, "endorsement", None, slot=made.slot, revision=revision, now=NOW
    )
    refused(gone, BackDated)


def test_the_latest_signed_stands_and_scopes_are_apart() -> None:
    kind, first, later = KINDS["endorsement"], vouch(), warning(now=NOW + 1)
    stands = Standing(later.id, later.revision, False, False)
    with pytest.raises(StaleRevision):
        slots.takes(kind, stands, first)
    assert slots.takes(kind, Standing(first.id, first.revision, False, False), later)
    assert warning(part=Part.SELLER).slot != later.slot == first.slot


@pytest.mark.parametrize(
    "dealt",
    [
        deal(BEN),
        deal(ANN, BEN),
        replace(deal(), count=2),
        replace(deal(), count=0),
        replace(deal(), order=deal(order="second").order),
    ],
)
@pytest.mark.parametrize("strength", Strength)
def test_a_deal_is_proved_by_the_licence_of_the_other(dealt: Deal, strength: Strength) -> None:
    refused(vouch(strength=strength, deal=dealt), NoLicence)
    assert checked(vouch(strength=strength, deal=deal()))


@given(st.integers(0, 7), st.integers(0, 63))
def test_a_flipped_bit_in_a_licence_is_found(bit: int, at: int) -> None:
    good = deal()
    wrong = bytearray(good.licence)
    wrong[at] ^= 1 << bit
    order: list[bytes | int] = [good.order, good.count, bytes(wrong)]
    refused(altered(warning(deal=good), CHEN, deal=list(order)), NoLicence)
