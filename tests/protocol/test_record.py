"""A record is authentic, or it is refused."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from goodword.crypto.keys import PublicKey, Signature
from goodword.protocol import kinds, record
from goodword.protocol.codec import Value, decode, encode
from goodword.protocol.errors import (
    BadField,
    BadKey,
    BadSignature,
    Malformed,
    Refusal,
    TooLarge,
    UnknownVersion,
)
from goodword.protocol.limits import RECORD_BYTES_MAX, REVISION_MAX, SLOT_BYTES_MAX
from goodword.protocol.record import DOMAIN, Record, make, read
from tests.make import ANN, BEN, NOW, PEER, listing, presence, profile, propose, vouch

ALL = {each.kind: each for each in (profile(), presence(), listing(), vouch(), propose())}
EVERY_KIND = pytest.mark.parametrize("kind", ALL)

slots = st.binary(max_size=SLOT_BYTES_MAX)
numbers = st.integers(0, REVISION_MAX)
bodies = st.none() | st.dictionaries(
    st.text(max_size=8), st.integers(0, 2**64 - 1) | st.text(max_size=8), max_size=4
)


def signed_by_ann(*header: Value) -> bytes:
    signed = encode(header)
    return encode([signed, ANN.identity.sign(DOMAIN + b"\0" + signed)])


@given(st.text(max_size=10), bodies, slots, numbers, numbers)
def test_what_is_written_is_read(
    kind: str, body: record.Body | None, slot: bytes, revision: int, now: int
) -> None:
    made = make(ANN.identity, kind, body, slot=slot, revision=revision, now=now)
    assert read(made.to_bytes()) == record.parse_again(made.to_bytes()) == made
    assert made.is_withdrawal is (body is None)


@EVERY_KIND
def test_each_kind_comes_back_as_it_went(kind: str) -> None:
    made = ALL[kind]
    assert kind in kinds.KINDS
    assert read(made.to_bytes()) == record.parse_again(made.to_bytes()) == made
    assert read(made.to_bytes()).to_bytes() == made.to_bytes()


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(Refusal):
        read(data)


@given(bodies, st.binary(max_size=70), st.binary(max_size=70))
def test_any_header_is_read_or_refused(
    body: record.Body | None, author: bytes, signature: bytes
) -> None:
    signed = encode([1, "profile", author, NOW, b"", 0, body])
    with pytest.raises((BadKey, BadSignature, Malformed)):
        read(encode([signed, signature]))


@EVERY_KIND
def test_any_flipped_bit_is_refused(kind: str) -> None:
    """Every eighth bit of every byte in turn: all bits would take a minute."""
    good = ALL[kind].to_bytes()
    for at in range(len(good)):
        bad = bytearray(good)
        bad[at] ^= 1 << at % 8
        with pytest.raises(Refusal):
            read(bytes(bad))


@given(st.integers(0, len(ALL["listing"].to_bytes()) * 8 - 1))
def test_a_flipped_bit_anywhere_is_refused(at: int) -> None:
    bad = bytearray(ALL["listing"].to_bytes())
    bad[at // 8] ^= 1 << at % 8
    with pytest.raises(Refusal):
        read(bytes(bad))


@EVERY_KIND
def test_any_cut_is_refused(kind: str) -> None:
    good = ALL[kind].to_bytes()
    for length in range(len(good)):
        with pytest.raises(Malformed):
            read(good[:length])


def test_the_id_is_of_what_was_signed() -> None:
    made = profile()
    other = replace(made, signature=Signature(bytes(64)))
    assert record.parse(other.to_bytes()).id == made.id
    assert profile(name="Bea").id != made.id


def test_parsing_does_not_verify() -> None:
    forged = replace(profile(), signature=Signature(bytes(64)))
    assert record.parse(forged.to_bytes()).body == {"name": "Ann"}
    with pytest.raises(BadSignature):
        record.verify(forged)


@pytest.mark.parametrize("version", [0, 2, -1, 2**64 - 1])
def test_a_record_of_another_version_is_refused_without_blame(version: int) -> None:
    with pytest.raises(UnknownVersion, match=f"version {version} is not known") as refused:
        read(signed_by_ann(version, "whatever", "comes", "later"))
    assert not refused.value.is_fault


@pytest.mark.parametrize(
    "header",
    [
        (),
        (1,),
        (True, "profile", ANN.public_key, NOW, b"", 0, None),
        ("1", "profile", ANN.public_key, NOW, b"", 0, None),
        (1, b"profile", ANN.public_key, NOW, b"", 0, None),
        (1, "profile", "ann", NOW, b"", 0, None),
        (1, "profile", ANN.public_key, "now", b"", 0, None),
        (1, "profile", ANN.public_key, NOW, "", 0, None),
        (1, "profile", ANN.public_key, True, b"", 0, None),
        (1, "profile", ANN.public_key, NOW, b"", None, None),
        (1, "profile", ANN.public_key, NOW, b"", False, None),
        (1, "profile", ANN.public_key, NOW, b"", 0, "body"),
        (1, "profile", ANN.public_key, NOW, b"", 0, []),
        (1, "profile", ANN.public_key, NOW, b"", 0),
        (1, "profile", ANN.public_key, NOW, b"", 0, None, None),
    ],
)
def test_a_header_of_another_form_is_malformed(header: tuple[Value, ...]) -> None:
    with pytest.raises(Malformed, match="expected"):
        read(signed_by_ann(*header))


@pytest.mark.parametrize("form", [{}, "text", 1, [], [b""], [b"", "a"], [b"", bytes(63)]])
def test_bytes_of_another_form_are_malformed(form: Value) -> None:
    with pytest.raises(Malformed):
        read(encode(form))


@pytest.mark.parametrize("number", [-1, REVISION_MAX + 1])
def test_a_number_of_the_header_is_bounded(number: int) -> None:
    with pytest.raises(BadField, match="made_at"):
        read(signed_by_ann(1, "profile", ANN.public_key, number, b"", 0, None))
    with pytest.raises(BadField, match="revision"):
        read(signed_by_ann(1, "profile", ANN.public_key, NOW, b"", number, None))


def test_a_slot_is_bounded() -> None:
    with pytest.raises(BadField, match="slot: 65 bytes, the limit is 64"):
        make(ANN.identity, "profile", None, slot=bytes(65), revision=0, now=NOW)


@pytest.mark.parametrize("author", [b"", bytes(31), bytes(33), bytes(32), b"\xff" * 32])
def test_an_author_who_cannot_exist_is_refused(author: bytes) -> None:
    data = signed_by_ann(1, "profile", author, NOW, b"", 0, None)
    with pytest.raises(BadKey):
        read(data)
    if len(author) != 32:  # even out of our own database
        with pytest.raises(BadKey):
            record.parse(data)


def test_a_record_of_another_author_is_refused() -> None:
    with pytest.raises(BadSignature):
        read(signed_by_ann(1, "profile", BEN.public_key, NOW, b"", 0, {"name": "Ben"}))


def test_a_signature_in_another_domain_is_refused() -> None:
    signed = profile().signed
    with pytest.raises(BadSignature):
        read(encode([signed, ANN.identity.sign(b"goodword/record/2\0" + signed)]))


def test_a_record_over_the_limit_is_refused_unread() -> None:
    room = RECORD_BYTES_MAX - len(profile(name="").to_bytes())
    fits, too_large = (
        make(ANN.identity, "profile", {"name": "a" * size}, slot=b"", revision=0, now=NOW)
        for size in (room - 6, room + 1)
    )
    assert read(fits.to_bytes()) == fits
    with pytest.raises(TooLarge):
        read(too_large.to_bytes())


@example(bytes(32))
@given(st.binary(min_size=32, max_size=32))
def test_nobody_signs_for_a_key_that_is_not_theirs(author: bytes) -> None:
    made: Record = replace(profile(), author=PublicKey(author))
    with pytest.raises((BadKey, BadSignature)):
        record.verify(made)


def test_the_body_is_read_from_what_was_signed() -> None:
    made = presence(peer=PEER)
    match decode(made.signed):
        case [*_, body]:
            assert body == made.body
        case _:
            pytest.fail("the signed part is a list")
