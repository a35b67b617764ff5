from __future__ import annotations

import string
from collections.abc import Callable

import base58
import pytest
from embit.bech32 import Encoding, bech32_encode, convertbits
from hypothesis import given
from hypothesis import strategies as st

from goodword.crypto.address import (
    ADDRESS_CHARS,
    ALPHABET,
    DID_CHARS_MAX,
    DID_PREFIX,
    BadAddress,
    from_address,
    from_did,
    to_address,
    to_did,
)
from goodword.crypto.keys import Identity, PublicKey

ALICE = Identity.from_seed(bytes(range(32))).public_key
ADDRESS = to_address(ALICE)
DID = to_did(ALICE)

keys = st.binary(min_size=32, max_size=32).map(lambda seed: Identity.from_seed(seed).public_key)


def spell(data: bytes, *, hrp: str = "gw", encoding: int = Encoding.BECH32M) -> str:
    fives = convertbits(data, 8, 5)
    assert fives is not None
    return bech32_encode(encoding, hrp, fives)


@given(keys)
def test_an_address_is_read_back(key: PublicKey) -> None:
    address = to_address(key)
    assert address.startswith("gw1")
    assert len(address) == ADDRESS_CHARS
    assert from_address(address) == key
    assert from_address(address.upper()) == key


@given(st.integers(0, ADDRESS_CHARS - 1), st.characters(codec="utf-8"))
def test_any_one_changed_character_is_caught(position: int, character: str) -> None:
    changed = ADDRESS[:position] + character + ADDRESS[position + 1 :]
    if changed != ADDRESS:
        with pytest.raises(BadAddress):
            from_address(changed)


def test_every_change_to_another_character_of_ascii_is_caught() -> None:
    for position in range(ADDRESS_CHARS):
        for character in string.printable.replace(ADDRESS[position], ""):
            with pytest.raises(BadAddress):
                from_address(ADDRESS[:position] + character + ADDRESS[position + 1 :])


@given(
    st.lists(st.integers(3, ADDRESS_CHARS - 1), min_size=2, max_size=4, unique=True),
    st.lists(st.integers(1, 31), min_size=4, max_size=4),
)
def test_up_to_four_changed_characters_are_caught(places: list[int], shifts: list[int]) -> None:
    letters = list(ADDRESS)
    for place, shift in zip(places, shifts, strict=False):
        letters[place] = ALPHABET[(ALPHABET.index(letters[place]) + shift) % 32]
    with pytest.raises(BadAddress, match="checksum"):
        from_address("".join(letters))


@given(st.integers(0, ADDRESS_CHARS - 2))
def test_two_swapped_neighbours_are_caught(place: int) -> None:
    swapped = ADDRESS[:place] + ADDRESS[place + 1] + ADDRESS[place] + ADDRESS[place + 2 :]
    if swapped != ADDRESS:
        with pytest.raises(BadAddress):
            from_address(swapped)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "starts with gw1"),
        (spell(ALICE, hrp="bc"), "starts with gw1"),
        (spell(ALICE, hrp="gwx"), "starts with gw1"),
        ("gw1", "61 characters, this has 3"),
        (ADDRESS[:-1], "61 characters, this has 60"),
        (ADDRESS + "q", "61 characters, this has 62"),
        (ADDRESS + "q" * 10_000, "61 characters, this has 10061"),
        (spell(ALICE[:31]), "61 characters, this has 59"),
        (spell(ALICE + b"\0"), "61 characters, this has 62"),
        (ADDRESS[:9] + "o" + ADDRESS[10:], "character 10 is 'o'"),
        (ADDRESS + " ", "character 62 is ' '"),
        (ADDRESS[:-1] + ADDRESS[-1].upper(), "never mixed"),
        (spell(ALICE, encoding=Encoding.BECH32), "checksum"),
        (spell(bytes(32)), "nobody can hold the key"),
    ],
)
def test_a_wrong_address_says_what_is_wrong(address: str, why: str) -> None:
    with pytest.raises(BadAddress, match=why):
        from_address(address)


def test_an_address_with_another_end_is_refused() -> None:
    fives = convertbits(ALICE, 8, 5)
    assert fives is not None
    fives[-1] |= 1  # four bits after the key belong to nothing and are zero
    with pytest.raises(BadAddress, match="does not end"):
        from_address(bech32_encode(Encoding.BECH32M, "gw", fives))


@given(st.text(max_size=80) | st.text(ALPHABET, max_size=80).map("gw1".__add__))
def test_any_text_is_an_address_or_is_refused(text: str) -> None:
    with pytest.raises(BadAddress):
        from_address(text)


@pytest.mark.parametrize("write", [to_address, to_did])
def test_what_is_no_key_has_no_address(write: Callable[[PublicKey], str]) -> None:
    with pytest.raises(ValueError, match="not a public key"):
        write(PublicKey(bytes(32)))


def test_the_did_key_of_the_specification_is_read_and_written() -> None:
    """Source: The did:key Method v0.7, section "Ed25519", first example."""
    did = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
    key = from_did(did)
    assert key.hex() == "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"
    assert to_did(key) == did


@given(keys)
def test_a_did_is_read_back(key: PublicKey) -> None:
    did = to_did(key)
    assert did.startswith("did:key:z6Mk")
    assert len(did) <= DID_CHARS_MAX
    assert from_did(did) == key


@pytest.mark.parametrize(
    ("did", "why"),
    [
        ("", "starts with did:key:z"),
        (DID.replace("did:key", "did:web"), "starts with did:key:z"),
        (DID + "1" * 10_000, "longer than"),
        (DID[:-1] + "0", "base58 does not have"),
        (DID[:-1] + "ö", "base58 does not have"),
        (DID[:-3], "a key is 32 bytes, this has 30|not of an Ed25519 key"),
        (DID_PREFIX + base58.b58encode(b"\xec\x01" + ALICE).decode(), "not of an Ed25519"),
        (DID_PREFIX + base58.b58encode(b"\xed\x01" + ALICE[:31]).decode(), "this has 31"),
        (DID_PREFIX + base58.b58encode(b"\xed\x01" + bytes(32)).decode(), "nobody can hold"),
        (DID_PREFIX, "not of an Ed25519"),
    ],
)
def test_a_wrong_did_says_what_is_wrong(did: str, why: str) -> None:
    with pytest.raises(BadAddress, match=why):
        from_did(did)


def test_a_did_has_one_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("goodword.crypto.address.DID_CHARS_MAX", DID_CHARS_MAX + 1)
    with pytest.raises(BadAddress, match="something after its key"):
        from_did(DID + " ")


@given(st.text(max_size=60) | st.text(max_size=60).map(DID_PREFIX.__add__))
def test_any_text_is_a_did_or_is_refused(text: str) -> None:
    with pytest.raises(BadAddress):
        from_did(text)
