from __future__ import annotations

import select
import signal
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodword.crypto.keys import Signature
from goodword.node import questions, verify
from goodword.node.questions import SILENT_MAX, SOCKET_BYTES, Helper, Question
from goodword.node.verify import (
    BATCH_MIN,
    CHUNK_RECORDS,
    EXPECTED_MAX,
    LOAD_RECORDS,
    Read,
    checked,
)
from goodword.protocol.errors import BadField, BadSignature, FromTheFuture, Malformed, Refusal
from goodword.protocol.record import Record
from tests.make import ANN, NOW, profile

COUNT: Final = 3 * BATCH_MIN
RECORDS: Final = [profile(ANN, name=f"Ann {n}") for n in range(COUNT)]
GOOD: Final = [each.to_bytes() for each in RECORDS]

BAD: Final = {
    "forged": (replace(RECORDS[0], signature=Signature(bytes(64))).to_bytes(), BadSignature),
    "no record": (b"nothing", Malformed),
    "not allowed": (profile(ANN, name="").to_bytes(), BadField),
    "too early": (profile(ANN, now=NOW + 3_600).to_bytes(), FromTheFuture),
}


@pytest.fixture(autouse=True)
def _nobody_before_or_after() -> Generator[None]:
    _drop_all()
    yield
    _drop_all()


@pytest.fixture
def helper() -> Helper:
    """One that is ready."""
    return _ready()


def test_what_is_good_comes_back_in_order(helper: Helper) -> None:
    for count in (0, 1, CHUNK_RECORDS, BATCH_MIN - 1, BATCH_MIN, BATCH_MIN + 1, COUNT):
        assert read(GOOD[:count]) == RECORDS[:count]


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize(
    "at", [0, CHUNK_RECORDS - 1, CHUNK_RECORDS, COUNT // 2, COUNT - CHUNK_RECORDS, COUNT]
)
def test_what_is_bad_is_refused_wherever_it_is_and_nothing_else(
    helper: Helper, what: str, at: int
) -> None:
    data, why = BAD[what]
    found = read([*GOOD[:at], data, *GOOD[at:]])
    assert type(found[at]) is why
    assert found[:at] + found[at + 1 :] == RECORDS


@pytest.mark.parametrize("what", BAD)
def test_a_batch_in_which_all_is_bad_is_refused_as_a_whole(helper: Helper, what: str) -> None:
    data, why = BAD[what]
    assert [type(each) for each in read([data] * COUNT)] == [why] * COUNT


def test_the_helper_says_what_may_come_from_anybody(helper: Helper) -> None:
    """Its word alone decides what is not looked at here again."""
    asked = [GOOD[0], *(data for data, _ in BAD.values()), GOOD[1]]
    told = helper.ask(asked, NOW, is_public=True)
    hear(helper)
    assert told.answer == bytes([1, 0, 0, 0, 0, 1])


def test_records_of_any_size_fit(helper: Helper) -> None:
    """More than the socket holds: who would wait for it to be read would wait for ever."""
    large = [profile(ANN, about="x" * 2_000, revision=n) for n in range(500)]
    assert read([each.to_bytes() for each in large]) == large
    huge = [b"x" * SOCKET_BYTES] * COUNT
    assert {type(each) for each in read(huge)} != {Record}
    assert read(GOOD) == RECORDS


def test_a_batch_that_comes_before_the_helper_is_ready_does_not_wait_for_it() -> None:
    assert read(GOOD) == RECORDS
    (started,) = questions._running
    assert started.load == LOAD_RECORDS


def test_a_small_batch_starts_no_helper() -> None:
    assert read(GOOD[: BATCH_MIN - 1]) == RECORDS[: BATCH_MIN - 1]
    assert questions._running == []


def test_without_its_helper_a_batch_is_checked_all_the_same(helper: Helper) -> None:
    data, why = BAD["forged"]
    reading = checked([*GOOD, data], NOW, is_public=True)
    first = next(reading)
    helper._process.kill()
    helper._process.wait()
    *rest, last = [each for some in reading for each in some]
    assert first + rest == RECORDS
    assert type(last) is why
    assert helper not in questions._running
    assert read(GOOD) == RECORDS  # with its successor, which does not know of this


@pytest.mark.parametrize("when", [0, 1, 5])
def test_a_helper_that_is_stopped_makes_nobody_wait(helper: Helper, when: int) -> None:
    """Nor does one that answers when it likes: what is not there is checked here."""
    reading = checked(GOOD, NOW, is_public=True)
    first = [each for _ in range(when) for each in next(reading)]
    helper._process.send_signal(signal.SIGSTOP)
    assert first + [each for some in reading for each in some] == RECORDS
    for _ in range(3):
        assert read(GOOD) == RECORDS
    assert helper.load == LOAD_RECORDS  # asked nothing more


def test_a_helper_that_wakes_up_is_asked_again(helper: Helper) -> None:
    helper._process.send_signal(signal.SIGSTOP)
    assert read(GOOD) == RECORDS
    assert helper.load == LOAD_RECORDS
    helper._process.send_signal(signal.SIGCONT)
    hear(helper)
    asked = helper.load
    reading = checked(GOOD, NOW, is_public=True)
    found = next(reading)
    assert helper.load > asked == 0
    assert found + [each for some in reading for each in some] == RECORDS
    assert questions._running == [helper]


def test_a_helper_that_stays_stopped_gets_a_successor(helper: Helper) -> None:
    helper._process.send_signal(signal.SIGSTOP)
    assert read(GOOD) == RECORDS
    for _ in range(SILENT_MAX + 1):
        assert questions._running == [helper]
        assert read([b""] * BATCH_MIN) != []
    assert helper not in questions._running
    assert helper._process.returncode == -signal.SIGKILL
    assert len(questions._running) == 1


def test_nobody_gets_the_answers_of_a_batch_that_was_given_up(helper: Helper) -> None:
    data, why = BAD["forged"]
    given_up = checked([data] * COUNT, NOW, is_public=True)
    assert {type(each) for each in next(given_up)} == {why}
    assert read(GOOD) == RECORDS
    del given_up
    assert questions._running == [helper]
    assert helper.load <= LOAD_RECORDS


# Some of each, in any order: what the helper finds and what is found here come to the same.
@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([None, None, None, *BAD]), min_size=BATCH_MIN, max_size=COUNT))
def test_with_a_helper_or_without_one_a_batch_comes_to_the_same(kinds: list[str | None]) -> None:
    batch = [GOOD[n] if kind is None else BAD[kind][0] for n, kind in enumerate(kinds)]
    _ready()
    helped = read(batch)
    alone = [each for data in batch for each in read([data])]
    assert list(map(_shown, helped)) == list(map(_shown, alone))


@settings(max_examples=10, deadline=None)
@given(st.lists(st.booleans(), min_size=COUNT // CHUNK_RECORDS, max_size=COUNT // CHUNK_RECORDS))
def test_whenever_the_helper_answers_a_batch_comes_to_the_same(stops: list[bool]) -> None:
    """It is stopped here and goes on there, as on a busy machine."""
    data, why = BAD["forged"]
    helper = _ready()
    reading = checked([*GOOD[:40], data, *GOOD[41:]], NOW, is_public=True)
    found: list[Read] = []
    for is_stopped in stops:
        helper._process.send_signal(signal.SIGSTOP if is_stopped else signal.SIGCONT)
        found += next(reading)
    helper._process.send_signal(signal.SIGCONT)
    assert type(found[40]) is why
    assert found[:40] + found[41:] == RECORDS[:40] + RECORDS[41:]
    assert list(reading) == []


# --- the next batch ----------------------------------------------------------------------------


def test_the_helper_checks_a_part_of_the_next_batch_before_its_turn(helper: Helper) -> None:
    coming = [*GOOD]
    assert read([*GOOD], coming) == RECORDS
    (expected,) = verify._expected
    hear(helper)
    assert {each.answer for each in expected._asked} == {bytes([1]) * CHUNK_RECORDS}
    assert read(coming) == RECORDS
    assert questions._running == [helper]


def test_the_helper_is_asked_nothing_more_about_what_was_read_here(helper: Helper) -> None:
    """Three chunks were answered, and all others read here; then they are handed out."""
    shared = verify._Shared(GOOD, NOW, helper, is_public=True)
    shared._keep_busy()
    asked = len(shared._asked)
    while shared._end > asked:
        shared._end -= 1
        shared._ours.append([shared._read(each) for each in shared._chunks[shared._end]])
    hear(helper)
    assert [each for some in shared.all() for each in some] == RECORDS
    assert len(shared._asked) == asked
    assert helper.load == 0


def test_batches_of_several_peers_by_turns_are_each_expected(helper: Helper) -> None:
    data, why = BAD["forged"]
    peers = [[*GOOD] for _ in range(EXPECTED_MAX - 1)] + [[data] * COUNT]
    for coming in peers:
        assert read([*GOOD], coming) == RECORDS
    hear(helper)
    assert len(verify._expected) == EXPECTED_MAX
    assert {each.answer for each in verify._expected[0]._asked} == {bytes([1]) * CHUNK_RECORDS}
    for batch in peers[:-1]:
        assert read(batch) == RECORDS
    assert {type(each) for each in read(peers[-1])} == {why}
    assert verify._expected == []


def test_a_batch_that_was_expected_and_does_not_come_is_forgotten(helper: Helper) -> None:
    data, why = BAD["forged"]
    assert read([*GOOD], [data] * COUNT) == RECORDS
    assert read(GOOD) == RECORDS  # others than were expected
    assert {type(each) for each in read([data] * COUNT)} == {why}
    for _ in range(2 * EXPECTED_MAX):
        assert read(GOOD, [*GOOD]) == RECORDS
    assert len(verify._expected) == EXPECTED_MAX


def test_a_helper_that_dies_between_two_batches_is_replaced(helper: Helper) -> None:
    coming = [*GOOD]
    assert read([*GOOD], coming) == RECORDS
    helper._process.kill()
    helper._process.wait()
    assert read(coming) == RECORDS
    assert helper not in questions._running


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([1, CHUNK_RECORDS, BATCH_MIN, BATCH_MIN + 7, COUNT]),
            st.sampled_from([None, *BAD]),
            st.integers(0, COUNT),
            st.booleans(),
        ),
        min_size=2,
        max_size=5,
    )
)
def test_batches_that_were_expected_come_to_the_same(
    shapes: list[tuple[int, str | None, int, bool]],
) -> None:
    """Of any length, with something bad anywhere, and with a helper that stops and goes on."""
    helper = _ready()
    batches: list[list[bytes]] = []
    for count, bad, at, _ in shapes:
        batch = GOOD[:count]
        batches.append(batch if bad is None else [*batch[:at], BAD[bad][0], *batch[at:]])
    found: list[list[Read]] = []
    for n, (batch, (*_, is_stopped)) in enumerate(zip(batches, shapes, strict=True)):
        helper._process.send_signal(signal.SIGSTOP if is_stopped else signal.SIGCONT)
        found.append(read(batch, batches[n + 1] if n + 1 < len(batches) else ()))
    helper._process.send_signal(signal.SIGCONT)
    for batch, reads in zip(batches, found, strict=True):
        alone = [each for data in batch for each in read([data])]
        assert list(map(_shown, reads)) == list(map(_shown, alone))


@pytest.mark.parametrize("asked", [b"", b"\0\0", b"\0\0\0\xff", b"\0\0\0\xffhalf a question"])
def test_the_helper_ends_with_its_node_and_says_nothing(asked: bytes) -> None:
    script = (
        "from goodword.node import questions; helper = questions.running();"
        f" print(helper._process.pid, flush=True); helper._socket.send({asked!r});"
        " import os; os.kill(os.getpid(), 9)"
    )
    node = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert node.stderr == b""  # which the helper, too, had
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(node.stdout)).wait(10)


def read(batch: Sequence[bytes], coming: Sequence[bytes] = ()) -> list[Read]:
    reading = checked(batch, NOW, is_public=True, coming=coming)
    return [each for some in reading for each in some]


def hear(helper: Helper) -> None:
    """All that it has to answer."""
    while helper.load:
        assert select.select([helper._socket], [], [], 30)[0]
        helper.listen()


def _ready() -> Helper:
    started = questions.running()
    assert started is not None
    told: Question = started.ask(GOOD[:1], NOW, is_public=True)
    hear(started)
    assert told.answer == b"\1"
    return started


def _drop_all() -> None:
    verify._expected.clear()
    for each in list(questions._running):
        questions.drop(each)


def _shown(each: Read) -> tuple[str, str] | Record:
    return (each.code, str(each)) if isinstance(each, Refusal) else each
