"""Letters, gossip and catch-up: read as written, or refused; and no larger than agreed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.crypto.keys import PublicKey
from goodword.crypto.sealing import SEAL_BYTES
from goodword.node.guards.limits import FRAME_BYTES_MAX
from goodword.protocol import exchange, gossip, letter
from goodword.protocol.codec import Value, encode
from goodword.protocol.errors import Malformed, Refusal, TooLarge
from goodword.protocol.exchange import AskIds, AskRecords, Ids, Message, Records
from goodword.protocol.letter import Envelope, Fate, Letter, Receipt
from goodword.protocol.limits import (
    GOSSIP_BYTES_MAX,
    LETTER_BYTES_MAX,
    PAGE_BYTES_MAX,
    PAGE_IDS_MAX,
    RECORD_BYTES_MAX,
    REVISION_MAX,
    TOKEN_BYTES,
    WANT_IDS_MAX,
)
from goodword.protocol.record import RecordId
from tests.make import ANN, listing, profile

TOKEN = bytes(TOKEN_BYTES)

READERS: dict[str, Callable[[bytes], object]] = {
    "letter": letter.read_letter,
    "envelope": letter.read_envelope,
    "receipt": letter.read_receipt,
    "exchange": exchange.read,
    "gossip": gossip.unpack,
}

ids = st.lists(st.binary(min_size=32, max_size=32).map(RecordId), max_size=5)
epochs = st.binary(min_size=16, max_size=16)
marks = st.integers(0, REVISION_MAX)
messages: st.SearchStrategy[Message] = (
    st.builds(AskIds, epoch=epochs | st.just(b""), after=marks)
    | st.builds(Ids, epoch=epochs, ids=ids, after=marks, is_end=st.booleans())
    | st.builds(AskRecords, ids=ids)
    | st.builds(Records, records=st.lists(st.binary(max_size=20), max_size=5))
)
atoms = st.sampled_from(["ask-ids", "ids", "ask-records", "records", "kept", 0, 1, True, None, b""])


@pytest.mark.parametrize("reader", READERS)
@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(reader: str, data: bytes) -> None:
    with suppress(Refusal):
        READERS[reader](data)


@pytest.mark.parametrize("reader", READERS)
@given(st.lists(atoms | st.binary(max_size=40) | st.lists(st.binary()), max_size=6))
def test_any_list_is_read_or_refused(reader: str, members: Sequence[Value]) -> None:
    with suppress(Refusal):
        READERS[reader](encode([1, *members]))


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("version", [0, 2, True, "1", None])
def test_a_message_of_another_version_is_refused(reader: str, version: Value) -> None:
    for members in (
        [TOKEN, b"record"],
        [bytes(ANN.public_key), b"sealed"],
        ["kept", TOKEN, ""],
        ["ask-ids", b"", 0],
    ):
        with pytest.raises(Malformed):
            READERS[reader](encode([version, *members]))


# --- letters -----------------------------------------------------------------------------------


@given(st.binary(min_size=TOKEN_BYTES, max_size=TOKEN_BYTES), st.binary(max_size=50))
def test_a_letter_is_read_as_it_was_written(token: bytes, record: bytes) -> None:
    made = Letter(token=token, record=record)
    assert letter.read_letter(made.to_bytes()) == made


@given(st.binary(max_size=50))
def test_an_envelope_is_read_as_it_was_written(sealed: bytes) -> None:
    made = Envelope(to=ANN.public_key, sealed=sealed)
    assert letter.read_envelope(made.to_bytes()) == made


@given(st.sampled_from(Fate), st.sampled_from([TOKEN, b""]), st.text(max_size=280))
def test_a_receipt_is_read_as_it_was_written(fate: Fate, token: bytes, code: str) -> None:
    made = Receipt(fate=fate, token=token, code=code)
    assert letter.read_receipt(made.to_bytes()) == made


@pytest.mark.parametrize("token", [b"", bytes(31), bytes(33)])
def test_a_token_has_32_bytes(token: bytes) -> None:
    with pytest.raises(Malformed, match="expected a letter"):
        letter.read_letter(encode([1, token, b""]))


def test_a_recipient_has_32_bytes() -> None:
    with pytest.raises(Malformed, match="expected an envelope"):
        letter.read_envelope(Envelope(to=PublicKey(bytes(31)), sealed=b"").to_bytes())


@pytest.mark.parametrize("members", [["lost", b"", ""], ["kept", b"", "a" * 281], ["kept", "", ""]])
def test_a_receipt_of_another_form_is_refused(members: Sequence[Value]) -> None:
    with pytest.raises(Malformed, match="expected a receipt"):
        letter.read_receipt(encode([1, *members]))


def test_the_largest_record_fits_a_letter() -> None:
    inside = Letter(token=TOKEN, record=bytes(RECORD_BYTES_MAX)).to_bytes()
    envelope = Envelope(to=ANN.public_key, sealed=bytes(len(inside) + SEAL_BYTES)).to_bytes()
    assert letter.read_envelope(envelope)
    assert len(envelope) <= LETTER_BYTES_MAX <= FRAME_BYTES_MAX
    assert len(letter.read_letter(inside).record) == RECORD_BYTES_MAX


# --- catch-up ----------------------------------------------------------------------------------


@given(messages)
def test_a_message_of_catch_up_is_read_as_it_was_written(message: Message) -> None:
    assert exchange.read(message.to_bytes()) == message


@pytest.mark.parametrize(
    "members",
    [
        [],
        ["ask-sums", b""],
        ["ask-ids", bytes(15), 0],
        ["ask-ids", b"", -1],
        ["ask-ids", b"", REVISION_MAX + 1],
        ["ask-ids", b"", True],
        ["ask-ids", b"", 0, 0],
        ["ids", b"", b"", 0, True],
        ["ids", bytes(16), b"", 0, 1],
        ["ids", bytes(16), bytes(31), 0, True],
        ["ids", bytes(16), bytes(32 * (PAGE_IDS_MAX + 1)), 0, True],
        ["ask-records", bytes(33)],
        ["ask-records", bytes(32 * (WANT_IDS_MAX + 1))],
        ["records", ["text"]],
        ["records", [b""] * (WANT_IDS_MAX + 1)],
        ["records", b""],
    ],
)
def test_a_message_out_of_bounds_is_refused(members: Sequence[Value]) -> None:
    with pytest.raises(Malformed):
        exchange.read(encode([1, *members]))


def test_the_largest_pages_fit_a_message() -> None:
    id_page = Ids(
        epoch=bytes(16), ids=[RecordId(bytes(32))] * PAGE_IDS_MAX, after=REVISION_MAX, is_end=False
    )
    record_page = Records(records=[bytes(PAGE_BYTES_MAX // WANT_IDS_MAX)] * WANT_IDS_MAX)
    for page in (id_page, record_page):
        assert exchange.read(page.to_bytes()) == page
        assert len(page.to_bytes()) <= FRAME_BYTES_MAX


def test_a_larger_message_is_refused_unread() -> None:
    with pytest.raises(TooLarge):
        exchange.read(Records(records=[bytes(PAGE_BYTES_MAX + 64 * 1024)]).to_bytes())


# --- gossip ------------------------------------------------------------------------------------


@given(st.lists(st.binary(min_size=100, max_size=RECORD_BYTES_MAX // 4), max_size=60))
def test_gossip_brings_all_records_in_their_order(records: list[bytes]) -> None:
    packed = list(gossip.pack(records))
    assert [each for message in packed for each in gossip.unpack(message)] == records
    assert all(len(message) <= GOSSIP_BYTES_MAX for message in packed)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_the_largest_records_are_gossiped(count: int) -> None:
    records = [bytes(RECORD_BYTES_MAX)] * count
    packed = list(gossip.pack(records))
    assert [each for message in packed for each in gossip.unpack(message)] == records


def test_the_smallest_records_are_gossiped() -> None:
    """More of them fit the bytes of a message than values would be allowed, were they smaller."""
    records = [profile(name="A", now=0).to_bytes()] * 3_000
    packed = list(gossip.pack(records))
    assert sum(len(gossip.unpack(message)) for message in packed) == len(records)


def test_nothing_is_gossiped_as_no_message() -> None:
    assert list(gossip.pack([])) == []


@pytest.mark.parametrize(
    "message", [[], {}, None, b"", "", [1], ["a"], [listing().to_bytes(), None]]
)
def test_only_a_list_of_records_is_a_gossip_message(message: Value) -> None:
    with pytest.raises(Malformed, match="expected a list of records"):
        gossip.unpack(encode(message))


def test_a_larger_gossip_message_is_refused_unread() -> None:
    with pytest.raises(TooLarge):
        gossip.unpack(encode([bytes(GOSSIP_BYTES_MAX)]))
