"""Letters, gossip and catch-up: read as written, or refused; and no larger than agreed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.crypto.keys import PublicKey
from goodword.crypto.sealing import SEAL_BYTES, NotForUs, seal
from goodword.node.guards.limits import FRAME_BYTES_MAX
from goodword.protocol import comparison, exchange, gossip, letter, mailroom, work
from goodword.protocol.bounds import END, Bound, Gap, whole
from goodword.protocol.codec import Value, encode
from goodword.protocol.comparison import Compare, Compared
from goodword.protocol.errors import Malformed, Refusal, TooLarge
from goodword.protocol.exchange import (
    AskGaps,
    AskNewer,
    AskRecords,
    Filling,
    Message,
    Records,
    UnknownScope,
)
from goodword.protocol.letter import Envelope, EnvelopeId, Fate, Letter, Receipt
from goodword.protocol.limits import (
    GAPS_MAX,
    GOSSIP_BYTES_MAX,
    INTEREST_BYTES_MAX,
    KNOWN_LISTINGS_MAX,
    LETTER_BYTES_MAX,
    LETTER_RECORDS_MAX,
    PAGE_BYTES_MAX,
    PAGE_LETTERS_MAX,
    RECONCILE_BYTES_MAX,
    RECORD_BYTES_MAX,
    REVISION_MAX,
    TOKEN_BYTES,
    WANT_IDS_MAX,
)
from goodword.protocol.mailroom import (
    Answer,
    Deposit,
    Discard,
    Done,
    Fetch,
    Knock,
    Question,
    Refused,
)
from goodword.protocol.mailroom import Letters as LettersPage
from goodword.protocol.record import RecordId, Slot
from tests.make import ANN, BEN, NOW, PEER, listing, profile

TOKEN = bytes(TOKEN_BYTES)

READERS: dict[str, Callable[[bytes], object]] = {
    "letter": letter.read_letter,
    "envelope": letter.read_envelope,
    "receipt": letter.read_receipt,
    "content": letter.read_content,
    "question": mailroom.read_question,
    "answer": mailroom.read_answer,
    "exchange": exchange.read,
    "comparison": comparison.read,
    "gossip": gossip.unpack,
}

ids = st.lists(st.binary(min_size=32, max_size=32).map(RecordId), max_size=5)
pages = st.lists(st.binary(max_size=20), max_size=5)
numbers = st.integers(0, REVISION_MAX)
bounds = st.binary(min_size=8, max_size=40).filter(lambda data: data <= END).map(Bound)
scopes = st.sampled_from([b"", bytes(32)])
gaps = st.lists(bounds, min_size=2, max_size=8, unique_by=whole).map(
    lambda found: [
        Gap(since, until)
        for since, until in zip(*[iter(sorted(found, key=whole))] * 2, strict=False)
    ]
)
messages: st.SearchStrategy[Message] = (
    st.builds(AskRecords, ids=ids)
    | st.builds(AskGaps, scope=scopes, gaps=gaps, skip=numbers)
    | st.builds(
        AskNewer,
        known=st.lists(st.tuples(st.binary(max_size=64).map(Slot), numbers), max_size=5),
    )
    | st.builds(Records, records=pages)
    | st.builds(Filling, records=pages, begun=bounds, settled=bounds, left=numbers)
    | st.just(UnknownScope())
)
comparisons: st.SearchStrategy[comparison.Message] = (
    st.builds(
        Compare,
        scope=st.just(bytes(32)),
        told=st.none() | st.binary(max_size=50),
        message=st.binary(max_size=50),
    )
    | st.builds(Compare, scope=st.just(b""), told=st.none(), message=st.binary(max_size=50))
    | st.builds(Compared, message=st.binary(max_size=50))
    | st.just(UnknownScope())
)
NAMES = ("ask-records", "ask-gaps", "ask-newer", "records", "filling", "compare", "compared")
atoms = st.sampled_from([*NAMES, "unknown-scope", "kept", 0, 1, True, None, b"", bytes(32)])


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
        [bytes(ANN.public_key), TOKEN, [b"record"]],
        [bytes(ANN.public_key), b"sealed", b""],
        ["kept", TOKEN, "", b""],
        ["knock"],
        ["done"],
        ["ask-ids", b"", 0],
    ):
        with pytest.raises(Malformed):
            READERS[reader](encode([version, *members]))


# --- letters -----------------------------------------------------------------------------------


letters = st.builds(
    Letter,
    sender=st.just(ANN.public_key),
    token=st.binary(min_size=TOKEN_BYTES, max_size=TOKEN_BYTES),
    records=st.lists(st.binary(max_size=50), min_size=1, max_size=LETTER_RECORDS_MAX),
)
receipts = st.builds(
    Receipt,
    fate=st.sampled_from(Fate),
    token=st.sampled_from([TOKEN, b""]),
    code=st.text(max_size=280),
    ids=ids,
)


@given(letters | receipts)
def test_what_is_sealed_is_read_as_it_was_written(made: Letter | Receipt) -> None:
    assert letter.read_content(made.to_bytes()) == made
    read = letter.read_letter if isinstance(made, Letter) else letter.read_receipt
    assert read(made.to_bytes()) == made


@given(st.binary(max_size=50), st.sampled_from([b"", bytes(8)]))
def test_an_envelope_is_read_as_it_was_written(sealed: bytes, nonce: bytes) -> None:
    made = Envelope(to=ANN.public_key, sealed=sealed, work=nonce)
    assert letter.read_envelope(made.to_bytes()) == made


@given(st.integers(0, 8 * 400 - 1))
def test_a_flipped_bit_in_a_seal_opens_nothing(bit: int) -> None:
    inside = Letter(sender=BEN.public_key, token=TOKEN, records=[bytes(400)]).to_bytes()
    sealed = bytearray(seal(ANN.public_key, inside))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NotForUs):
        ANN.open_sealed(bytes(sealed))


@pytest.mark.parametrize("token", [b"", bytes(31), bytes(33)])
def test_a_token_has_32_bytes(token: bytes) -> None:
    with pytest.raises(Malformed, match="expected a letter"):
        letter.read_letter(encode([1, bytes(ANN.public_key), token, [b""]]))


def test_a_recipient_has_32_bytes() -> None:
    with pytest.raises(Malformed, match="expected an envelope"):
        letter.read_envelope(Envelope(to=PublicKey(bytes(31)), sealed=b"").to_bytes())


@pytest.mark.parametrize("count", [0, LETTER_RECORDS_MAX + 1])
def test_a_letter_holds_a_bounded_number_of_records(count: int) -> None:
    with pytest.raises(Malformed, match="expected a letter"):
        letter.read_letter(encode([1, bytes(ANN.public_key), TOKEN, [b""] * count]))


@pytest.mark.parametrize(
    "members",
    [
        ["lost", b"", "", b""],
        ["kept", b"", "a" * 281, b""],
        ["kept", "", "", b""],
        ["kept", b"", "", bytes(31)],
        ["kept", b"", "", bytes(32 * (LETTER_RECORDS_MAX + 1))],
    ],
)
def test_a_receipt_of_another_form_is_refused(members: Sequence[Value]) -> None:
    with pytest.raises(Malformed, match="expected a receipt"):
        letter.read_receipt(encode([1, *members]))


@given(st.lists(st.integers(1, RECORD_BYTES_MAX), min_size=1, max_size=120))
def test_what_fits_a_letter_is_sent_and_read(sizes: list[int]) -> None:
    records = [bytes(size) for size in sizes]
    taken = letter.fitting(records)
    assert taken == records[: len(taken)]
    assert len(taken) >= min(len(records), 2)
    inside = Letter(sender=ANN.public_key, token=TOKEN, records=taken).to_bytes()
    sealed = bytes(len(inside) + SEAL_BYTES)
    envelope = Envelope(to=ANN.public_key, sealed=sealed, work=bytes(8)).to_bytes()
    assert letter.read_envelope(envelope)
    assert letter.read_letter(inside).records == taken
    assert len(envelope) <= LETTER_BYTES_MAX <= FRAME_BYTES_MAX


# --- work --------------------------------------------------------------------------------------


def test_work_is_for_one_envelope_and_no_other() -> None:
    nonce = work.find(ANN.public_key, b"sealed")
    assert work.is_enough(ANN.public_key, b"sealed", nonce)
    assert not work.is_enough(ANN.public_key, b"sealed!", nonce)
    assert not work.is_enough(BEN.public_key, b"sealed", nonce)
    assert not work.is_enough(ANN.public_key, b"sealed", b"")
    assert not work.is_enough(ANN.public_key, b"sealed", nonce + b"\0")


# --- mailboxes ---------------------------------------------------------------------------------

ENVELOPE = Envelope(to=ANN.public_key, sealed=b"sealed")
PAPERS = [EnvelopeId(bytes([n]) * 32) for n in range(3)]
questions: st.SearchStrategy[Question] = st.sampled_from(
    [
        Deposit(envelope=ENVELOPE),
        Fetch(proof=mailroom.prove(ANN.identity, mailroom.FETCH, PEER, NOW)),
        Discard(
            proof=mailroom.prove(ANN.identity, mailroom.DISCARD, PEER, NOW, PAPERS), ids=PAPERS
        ),
        Knock(),
    ]
)
answers: st.SearchStrategy[Answer] = (
    st.builds(
        LettersPage, envelopes=st.lists(st.binary(max_size=40), max_size=5), is_end=st.booleans()
    )
    | st.just(Done())
    | st.builds(Refused, code=st.text(max_size=280))
)


@given(questions, answers)
def test_what_is_said_at_a_mailbox_is_read_as_it_was_written(
    question: Question, answer: Answer
) -> None:
    assert mailroom.read_question(question.to_bytes()) == question
    assert mailroom.read_answer(answer.to_bytes()) == answer


@given(questions, st.integers(0), st.integers(0, 7))
def test_a_flipped_bit_in_a_question_is_refused_or_proves_nothing(
    question: Question, at: int, bit: int
) -> None:
    data = bytearray(question.to_bytes())
    data[at % len(data)] ^= 1 << bit
    with suppress(Refusal):
        read = mailroom.read_question(bytes(data))
        assert read != question
        if isinstance(read, Fetch | Discard):
            with pytest.raises(Refusal):
                mailroom.check_proof(read, PEER, NOW)


def test_the_largest_page_of_letters_fits_a_message() -> None:
    page = LettersPage(envelopes=[bytes(512)] * PAGE_LETTERS_MAX, is_end=False)
    assert mailroom.read_answer(page.to_bytes()) == page
    assert len(page.to_bytes()) <= FRAME_BYTES_MAX


def test_the_largest_letter_can_be_deposited() -> None:
    sealed = bytes(LETTER_BYTES_MAX - 43)
    largest = Envelope(to=ANN.public_key, sealed=sealed)
    assert len(largest.to_bytes()) == LETTER_BYTES_MAX
    question = Deposit(envelope=largest)
    assert mailroom.read_question(question.to_bytes()) == question


# --- catch-up ----------------------------------------------------------------------------------


@given(messages)
def test_a_message_of_catch_up_is_read_as_it_was_written(message: Message) -> None:
    assert exchange.read(message.to_bytes()) == message


@pytest.mark.parametrize(
    "members",
    [
        [],
        ["ask-sums", b""],
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


def test_the_largest_page_fits_a_message() -> None:
    page = Records(records=[bytes(PAGE_BYTES_MAX // WANT_IDS_MAX)] * WANT_IDS_MAX)
    assert exchange.read(page.to_bytes()) == page
    assert len(page.to_bytes()) <= FRAME_BYTES_MAX


def test_the_longest_questions_fit_a_message() -> None:
    listings = [(Slot(n.to_bytes(64, "big")), REVISION_MAX) for n in range(KNOWN_LISTINGS_MAX)]
    times = [Bound(n.to_bytes(40, "big")) for n in range(2 * GAPS_MAX)]
    gaps = [Gap(since, until) for since, until in zip(times[::2], times[1::2], strict=True)]
    for message in (
        AskNewer(known=listings),
        AskGaps(scope=bytes(32), gaps=gaps, skip=REVISION_MAX),
        AskRecords(ids=[RecordId(bytes(32))] * WANT_IDS_MAX),
    ):
        assert exchange.read(message.to_bytes()) == message


def test_a_larger_message_is_refused_unread() -> None:
    with pytest.raises(TooLarge):
        exchange.read(Records(records=[bytes(PAGE_BYTES_MAX + 64 * 1024)]).to_bytes())


@given(comparisons)
def test_a_message_of_comparison_is_read_as_it_was_written(message: comparison.Message) -> None:
    assert comparison.read(message.to_bytes()) == message


def test_the_largest_scope_and_message_fit_a_comparison_and_a_frame() -> None:
    message = Compare(
        scope=bytes(32), told=bytes(INTEREST_BYTES_MAX), message=bytes(RECONCILE_BYTES_MAX)
    )
    assert comparison.read(message.to_bytes()) == message
    assert len(message.to_bytes()) <= FRAME_BYTES_MAX


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
