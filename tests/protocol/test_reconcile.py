"""Reconciliation finds the difference of two sets, whatever they are, and however little fits."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodword.protocol.accumulator import Accumulator
from goodword.protocol.bounds import END, START, Bound, Gap, Place, id_of, place, varint
from goodword.protocol.errors import NotOfReconciliation, TooLarge, UnknownReconciliation
from goodword.protocol.limits import RECONCILE_BYTES_MAX
from goodword.protocol.ranges import Fingerprint, IdList, Page, Skip, read
from goodword.protocol.reconcile import (
    AS_PUBLISHED,
    FRAME_BYTES_MIN,
    THRIFTY,
    Reconciler,
    Splitting,
    Storage,
)
from goodword.protocol.record import RecordId
from tests.reconcile.plain import Counted, PlainVector, SqlTable

hexed = bytes.fromhex
ROUNDS_MAX: Final = 200


class Found(NamedTuple):
    have: list[RecordId]
    need: list[RecordId]
    messages: list[bytes]
    gaps: list[Gap]


def side(
    places: set[Place] | Sequence[Place],
    *,
    is_client: bool,
    limit: int = 0,
    looks_max: int = 0,
    splitting: Splitting = THRIFTY,
    is_gap: Callable[[Gap], bool] | None = None,
) -> Reconciler:
    return Reconciler(
        storage=Accumulator(sorted(places)),
        is_client=is_client,
        frame_bytes_max=limit,
        message_bytes_max=0,
        looks_max=looks_max,
        splitting=splitting,
        is_gap=is_gap,
    )


def reconciled(client: Reconciler, server: Reconciler) -> Found:
    found = Found([], [], [], [])
    message: bytes | None = client.initiate()
    while message is not None:
        assert len(found.messages) < 2 * ROUNDS_MAX
        answer = server.handle(message).message
        assert answer is not None, "a server always answers"
        found.messages.extend([message, answer])
        learned = client.handle(answer)
        found.have.extend(learned.have)
        found.need.extend(learned.need)
        found.gaps.extend(learned.gaps)
        message = learned.message
    return found


def ids_of(places: set[Place]) -> set[RecordId]:
    return {id_of(each) for each in places}


def crowd(count: int, seconds: int, salt: str = "") -> list[Place]:
    """So many records in so many seconds; the ids of some begin alike."""
    made: list[Place] = []
    for n in range(count):
        spread = hashlib.sha256(f"{salt}{n}".encode()).digest()
        record_id = bytes(n % 3 * 8) + spread[n % 3 * 8 :]
        made.append(place(1_700_000_000 + n * 7919 % seconds, RecordId(record_id)))
    return made


ALL: Final = {seconds: crowd(2_000, seconds) for seconds in (1, 40, 10_000_000)}
limits = st.sampled_from([0, FRAME_BYTES_MIN, 5_000, 20_000])
splittings = st.sampled_from(
    [
        AS_PUBLISHED,
        THRIFTY,
        Splitting(branches_min=2, branches_max=2, parts=2, ids_max=1),
        Splitting(branches_min=5, branches_max=64, parts=300, ids_max=9),
    ]
)


@given(
    st.sampled_from(sorted(ALL)),
    st.randoms(use_true_random=False),
    st.sampled_from([(1, 1, 98), (1, 0, 0), (0, 1, 0), (0, 0, 1), (2, 2, 7), (1, 1, 1)]),
    st.integers(0, 2_000),
    st.tuples(limits, limits),
    st.tuples(splittings, splittings),
)
@settings(max_examples=60, deadline=None)
def test_what_is_found_is_the_difference_of_the_sets(
    seconds: int,
    dice: random.Random,
    weights: tuple[int, int, int],
    count: int,
    limit: tuple[int, int],
    splitting: tuple[Splitting, Splitting],
) -> None:
    held = dice.choices(("client", "server", "both"), weights, k=count)
    known = list(zip(ALL[seconds], held, strict=False))
    ours = {each for each, holder in known if holder != "server"}
    theirs = {each for each, holder in known if holder != "client"}
    found = reconciled(
        side(ours, is_client=True, limit=limit[0], splitting=splitting[0]),
        side(theirs, is_client=False, limit=limit[1], splitting=splitting[1]),
    )
    assert set(found.have) == ids_of(ours - theirs)
    assert set(found.need) == ids_of(theirs - ours)
    if not any(limit):
        assert len(found.have) + len(found.need) == len(ours ^ theirs), "nothing is told twice"
    for number, message in enumerate(found.messages):
        assert not limit[number % 2] or len(message) <= limit[number % 2]


@given(
    st.sampled_from(sorted(ALL)),
    st.randoms(use_true_random=False),
    st.sampled_from(
        [(1, 1, 98), (1, 0, 0), (0, 1, 0), (0, 0, 1), (2, 2, 7), (1, 1, 1), (0, 99, 1)]
    ),
    st.integers(0, 2_000),
    st.tuples(limits, limits),
    splittings,
)
@settings(max_examples=60, deadline=None)
def test_who_fetches_gaps_finds_the_rest_by_ids(
    seconds: int,
    dice: random.Random,
    shares: tuple[int, int, int],
    count: int,
    frames: tuple[int, int],
    theirs: Splitting,
) -> None:
    """In a gap the client has nothing; all else that she lacks is told. Where there is no room for
    all, what is not fetched meanwhile may be told twice."""
    places = ALL[seconds][:count]
    held = dice.choices(("client", "server", "both"), weights=shares, k=len(places))
    client = {at for at, by in zip(places, held, strict=True) if by != "server"}
    server = {at for at, by in zip(places, held, strict=True) if by != "client"}
    refused = dice.random() * 100  # of some stretches she wants to know the ids all the same
    found = reconciled(
        side(client, is_client=True, limit=frames[0], is_gap=lambda gap: hash(gap) % 100 > refused),
        side(server, is_client=False, limit=frames[1], splitting=theirs),
    )
    in_gaps = [at for at in server for gap in found.gaps if gap.since <= at < gap.until]
    assert not any(gap.since <= at < gap.until for at in client for gap in found.gaps)
    assert set(found.have) == ids_of(client - server)
    assert set(found.need) | ids_of(set(in_gaps)) == ids_of(server - client)
    if not any(frames):
        assert len(found.need) + len(in_gaps) == len(server - client)


@pytest.mark.parametrize("mine", [0, 1, 2, 3])
def test_who_has_next_to_nothing_hears_no_list_of_all_ids(mine: int) -> None:
    places = ALL[10_000_000]
    found = reconciled(
        side(places[:mine], is_client=True, is_gap=lambda _: True), side(places, is_client=False)
    )
    assert sum(map(len, found.messages)) < 4_000
    assert not found.need


@pytest.mark.parametrize("limit", [0, FRAME_BYTES_MIN])
@pytest.mark.parametrize("kind", [PlainVector, SqlTable])
def test_any_storage_that_counts_and_looks_will_do(
    kind: Callable[[Sequence[Place]], Storage], limit: int
) -> None:
    ours, theirs = sorted(ALL[40][:300]), sorted(ALL[40][60:360])
    client = side(ours, is_client=True, limit=limit)
    server = side(theirs, is_client=False, limit=limit)
    plain = replace(client, storage=kind(ours)), replace(server, storage=kind(theirs))
    assert reconciled(*plain) == reconciled(client, server)


def test_who_agrees_says_one_message_each() -> None:
    known = ALL[10_000_000]
    found = reconciled(side(known, is_client=True), side(known, is_client=False))
    assert [len(each) for each in found.messages][1:] == [1]
    assert len(found.messages[0]) < 400


def test_a_hundred_differences_cost_no_full_scan() -> None:
    """Anywhere among 50,000: fewer records are looked at than there are, and little is said."""
    dice = random.Random(0)
    known = [place(dice.randrange(10_000_000), RecordId(dice.randbytes(32))) for _ in range(50_000)]
    ours, theirs = set(known[50:]), set(known[:-50])
    client, server = side(ours, is_client=True), side(theirs, is_client=False)
    counts = Counted(client.storage), Counted(server.storage)
    found = reconciled(replace(client, storage=counts[0]), replace(server, storage=counts[1]))
    assert set(found.have) == ids_of(ours - theirs)
    assert set(found.need) == ids_of(theirs - ours)
    assert sum(map(len, found.messages)) < 48 * 1024
    assert len(found.messages) <= 2 * 6
    assert max(each.questions for each in counts) < 10_000


def test_records_may_come_between_two_messages() -> None:
    """Nothing is remembered of what was said: so what is fetched meanwhile does no harm."""
    known = sorted(ALL[10_000_000])
    client, server = side(known[200:], is_client=True), side(known[:-200], is_client=False)
    message = client.initiate()
    need: set[RecordId] = set()
    have: set[RecordId] = set()
    for _ in range(ROUNDS_MAX):
        answer = server.handle(message).message
        assert answer is not None
        learned = client.handle(answer)
        need |= set(learned.need)
        have |= set(learned.have)
        if learned.message is None:
            break
        message = learned.message
        assert isinstance(client.storage, Accumulator)
        for each in known[:200]:
            if id_of(each) in need:
                client.storage.insert(each)
    assert have == ids_of(set(known[-200:]))
    assert need == ids_of(set(known[:200]))


def test_who_looks_at_few_learns_all_that_it_needs() -> None:
    ours, theirs = set(ALL[40][:1_500]), set(ALL[40][300:])
    found = reconciled(side(ours, is_client=True, looks_max=50), side(theirs, is_client=False))
    assert set(found.need) >= ids_of(theirs - ours)
    assert set(found.need) <= ids_of(theirs)
    assert set(found.have) <= ids_of(ours - theirs)


def test_an_empty_list_about_everything_costs_a_bounded_number_of_looks() -> None:
    client = side(ALL[40], is_client=True, looks_max=50)
    asked = Counted(client.storage)
    answer = replace(client, storage=asked).handle(hexed("6100000200"))
    assert len(answer.have) == 50
    assert asked.questions < 60
    assert answer.message is None


# --- versions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["60", "62", "6f"])
def test_a_server_answers_another_version_with_its_own(first: str) -> None:
    server = side(ALL[1], is_client=False)
    assert server.handle(hexed(first + "aabbccddeeff")).message == hexed("61")


def test_a_client_is_told_that_its_version_is_unknown() -> None:
    client = side(ALL[1], is_client=True)
    with pytest.raises(UnknownReconciliation, match="version 0 of"):
        client.handle(hexed("60"))


@pytest.mark.parametrize("is_client", [False, True])
@pytest.mark.parametrize("first", ["00", "5f", "70", "ff"])
def test_what_is_no_version_is_refused(first: str, is_client: bool) -> None:
    with pytest.raises(NotOfReconciliation, match="it begins with the byte"):
        side([], is_client=is_client).handle(hexed(first))


# --- what is hostile ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("", "ends early"),
        ("6100", "ends early"),
        ("610000", "ends early"),
        ("61000003", "a range of mode 3"),
        ("6100008100", "a range of mode 128"),
        ("61000001" + "00" * 15, "ends early"),
        ("6100000201" + "00" * 31, "ends early"),
        ("6100000281ffffffffffffffff7f", "ends early"),
        ("61000002ffffffffffffffffff7f", "more than 64 bits"),
        ("61800000", "more bytes than it needs"),
        ("610121" + "00" * 33 + "00", "33 bytes of an id"),
        ("610001aa00", "an end that has an id"),
        ("61000000010000", "a bound after the end"),
        ("610201ff000101fe00", "a bound below the one before"),
    ],
)
@pytest.mark.parametrize("is_client", [False, True])
def test_a_message_that_is_none_is_refused(message: str, why: str, is_client: bool) -> None:
    with pytest.raises(NotOfReconciliation, match=why):
        side(ALL[1], is_client=is_client).handle(hexed(message))


@given(st.binary(max_size=80), st.booleans(), limits)
def test_any_message_is_answered_within_bounds_or_refused(
    data: bytes, is_client: bool, limit: int
) -> None:
    hears = side(ALL[40][:100], is_client=is_client, limit=limit)
    try:
        answer = hears.handle(b"\x61" + data)
    except (NotOfReconciliation, TooLarge):
        return
    assert len(answer.need) <= len(data) // 32
    assert len(answer.have) <= 100
    assert answer.message is None or len(read(answer.message, limit)) <= 17 * (1 + len(data))


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_a_flipped_bit_is_refused_or_answered(at: int, bit: int) -> None:
    said = bytearray(side(ALL[40][:300], is_client=True).initiate())
    said[1 + at % (len(said) - 1)] ^= 1 << bit
    server = side(ALL[40][100:], is_client=False, limit=FRAME_BYTES_MIN)
    with suppress(NotOfReconciliation):
        answer = server.handle(bytes(said)).message
        assert answer is not None
        assert len(answer) <= FRAME_BYTES_MIN


def test_a_longer_message_is_refused_unread() -> None:
    hears = Reconciler(storage=Accumulator(), is_client=False)
    with pytest.raises(TooLarge, match="the limit is 65536"):
        hears.handle(b"\x61" + bytes(RECONCILE_BYTES_MAX))


HOSTILE: Final = {
    "skips": (b"\0\0\0", b""),
    "skips that lead nowhere": (b"\1\0\0", b""),
    "empty lists at the end": (b"\0\0\2\0", b""),
    "empty lists that lead nowhere": (b"\1\0\2\0", b""),
    "fingerprints at the end": (b"\0\0\1" + bytes(16), b""),
    "fingerprints that lead nowhere": (b"\1\0\1" + bytes(16), b""),
    "steps of a second": (b"\2\0\1" + bytes(16), varint(1_700_000_000) + b"\0\0"),
    "one id again and again": (bytes(32), b"\0\0\2" + varint(2_000)),
}


@pytest.mark.parametrize("is_client", [False, True])
@pytest.mark.parametrize("name", HOSTILE)
def test_endless_ranges_are_answered_within_bounds(name: str, is_client: bool) -> None:
    """The most that fits a message: what comes of it fits one too, with few questions."""
    part, start = HOSTILE[name]
    count = 2_000 if name.startswith("one id") else (RECONCILE_BYTES_MAX - 64) // len(part)
    hears = Reconciler(storage=Accumulator(sorted(ALL[40])), is_client=is_client)
    asked = Counted(hears.storage)
    answer = replace(hears, storage=asked).handle(b"\x61" + start + part * count)
    assert answer.message is None or len(answer.message) <= RECONCILE_BYTES_MAX
    assert len(answer.need) <= 1
    assert len(answer.have) <= len(ALL[40])
    assert asked.questions < 8 * RECONCILE_BYTES_MAX // 3


@pytest.mark.parametrize("limit", [-1, 1, FRAME_BYTES_MIN - 1])
def test_a_frame_in_which_no_split_fits_is_our_bug(limit: int) -> None:
    with pytest.raises(ValueError, match="a frame of less than"):
        side([], is_client=True, limit=limit)


def test_the_longest_split_fits_the_smallest_frame() -> None:
    """Ids that differ in the last byte alone, as nobody's do."""
    long = [place(2**63 + n // 2, RecordId(bytes(31) + bytes([n]))) for n in range(64)]
    client = side(long, is_client=True, limit=FRAME_BYTES_MIN, splitting=AS_PUBLISHED)
    first = read(client.initiate(), 0)
    assert [type(each) for each in first] == [Fingerprint] * 16
    assert first[-1].bound == END


# --- what is said ------------------------------------------------------------------------------


def test_what_was_skipped_is_said_before_a_page_ends() -> None:
    page = Page(FRAME_BYTES_MIN)
    page.skip(Bound(bytes(7) + b"\5"), 3)
    page.close(bytes(16))
    assert read(page.to_bytes(), 0) == [
        Skip(bound=Bound(bytes(7) + b"\5")),
        Fingerprint(bound=END, fingerprint=bytes(16)),
    ]


def test_a_full_page_takes_no_more_and_still_ends() -> None:
    page = Page(FRAME_BYTES_MIN)
    part = Fingerprint(bound=Bound(START), fingerprint=bytes(16))
    count = 0
    while page.add(part, count):
        count += 1
    assert page.reached == count - 1
    ids = [RecordId(bytes(32))]
    assert not page.add(IdList(bound=END, ids=ids * 4), 0)
    assert page.room_for_ids(5) == 0
    page.close(bytes(16))
    assert FRAME_BYTES_MIN - 100 < len(page.to_bytes()) <= FRAME_BYTES_MIN
    assert len(read(page.to_bytes(), FRAME_BYTES_MIN)) == count + 1
