"""Which record stands for a slot: the same for everybody, in whatever order records arrive."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.protocol import slots
from goodword.protocol.errors import StaleRevision, Withdrawn
from goodword.protocol.kinds import KINDS, Kind
from goodword.protocol.record import Record, RecordId
from goodword.protocol.slots import Standing
from tests.make import ANN, BEN, listing, profile, withdrawal


def said(kind: str, revision: int, variant: int, is_withdrawal: bool) -> Record:
    """One of several records of the same slot."""
    now = 1_700_000_000 + variant
    if kind == "listing":
        made = listing(revision=revision, now=now)
        return withdrawal(made, BEN, revision=revision, now=now) if is_withdrawal else made
    made = profile(revision=revision, now=now)
    return withdrawal(made, ANN, revision=revision, now=now) if is_withdrawal else made


def arrive(records: Iterable[Record], kind: Kind) -> Standing | None:
    """What stands after `records` have come, one after the other."""
    standing: Standing | None = None
    seen: set[RecordId] = set()
    for record in records:
        if record.id in seen:
            continue
        try:
            takes = slots.takes(kind, standing, record)
        except (StaleRevision, Withdrawn):
            continue
        seen.add(record.id)
        is_fork = slots.is_fork(kind, standing, record)
        if takes or standing is None:
            standing = Standing(record.id, record.revision, record.is_withdrawal, is_fork)
        elif is_fork:
            standing = standing._replace(is_forked=True)
    return standing


def without_evidence(standing: Standing | None) -> tuple[object, ...]:
    """What everybody must agree on; which forks one has seen depends on what came first."""
    return standing[:3] if standing else ()


statements = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.booleans()), max_size=5, unique=True
)


@pytest.mark.parametrize("kind", ["listing", "profile"])
@given(statements)
def test_arrival_order_does_not_matter(kind: str, these: list[tuple[int, int, bool]]) -> None:
    records = [said(kind, *each) for each in these]
    standings = {without_evidence(arrive(order, KINDS[kind])) for order in permutations(records)}
    assert len(standings) == 1


@pytest.mark.parametrize("kind", ["listing", "profile"])
@given(statements)
def test_repetition_does_not_matter(kind: str, these: list[tuple[int, int, bool]]) -> None:
    records = [said(kind, *each) for each in these]
    once = arrive(records, KINDS[kind])
    again = arrive([*records, *reversed(records)], KINDS[kind])
    assert without_evidence(again) == without_evidence(once)


@given(statements)
def test_the_highest_revision_of_lowest_id_stands(these: list[tuple[int, int, bool]]) -> None:
    records = [said("profile", *each) for each in these]
    best = min(records, key=lambda each: (-each.revision, each.id), default=None)
    standing = arrive(records, KINDS["profile"])
    assert (standing and standing.id) == (best and best.id)


@given(statements)
def test_a_withdrawn_listing_stays_withdrawn(these: list[tuple[int, int, bool]]) -> None:
    records = [said("listing", *each) for each in these]
    standing = arrive(records, KINDS["listing"])
    is_withdrawn = any(each.is_withdrawal for each in records)
    assert bool(standing and standing.is_withdrawn) is is_withdrawn


def test_a_withdrawn_profile_can_be_written_again() -> None:
    gone = withdrawal(profile(), ANN)
    back = profile(revision=2)
    standing = arrive([profile(), gone, back], KINDS["profile"])
    assert standing
    assert standing.id == back.id


def test_a_replay_does_not_bring_a_listing_back() -> None:
    kind, made = KINDS["listing"], listing(revision=9)
    standing = arrive([made, withdrawal(made, BEN, revision=1)], kind)
    with pytest.raises(Withdrawn, match="this listing was withdrawn by its author") as refused:
        slots.takes(kind, standing, made)
    assert not refused.value.is_fault


def test_an_older_revision_is_stale() -> None:
    kind = KINDS["profile"]
    standing = arrive([profile(revision=5)], kind)
    with pytest.raises(StaleRevision, match="revision 4 is not above 5, which we have"):
        slots.takes(kind, standing, profile(revision=4))


def test_two_records_at_one_revision_are_evidence_and_a_third_is_not() -> None:
    kind = KINDS["profile"]
    first, second, third = sorted(
        (said("profile", 1, variant, is_withdrawal=False) for variant in range(3)),
        key=lambda each: each.id,
    )
    standing = arrive([first], kind)
    assert not slots.takes(kind, standing, second)
    assert slots.is_fork(kind, standing, second)
    standing = arrive([first, second], kind)
    assert standing
    assert standing.is_forked
    with pytest.raises(StaleRevision):
        slots.takes(kind, standing, third)


def test_the_first_record_of_a_slot_forks_nothing() -> None:
    assert not slots.is_fork(KINDS["profile"], None, profile())
