"""Who fills which gap: nothing twice, nothing left out, and a share for whoever is free."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from goodword.node.claims import SHARE_RECORDS_MIN, Claims, above, common, without
from goodword.protocol.bounds import END, START, TIME_BYTES, Bound, Gap, merged, time_of
from goodword.protocol.record import RecordId

TIMES = 40


def bound(time: int) -> Bound:
    return Bound(time.to_bytes(TIME_BYTES, "big"))


def gap(since: int, until: int) -> Gap:
    return Gap(bound(since), bound(until))


def seconds(gaps: Sequence[Gap]) -> set[int]:
    """Which seconds lie in them, each in one."""
    all_ = [each for gap in gaps for each in range(time_of(gap.since), time_of(gap.until))]
    assert len(all_) == len(set(all_)), "they are apart"
    return set(all_)


@st.composite
def stretches(draw: st.DrawFn) -> list[Gap]:
    ends = sorted(draw(st.sets(st.integers(0, TIMES), max_size=12)))
    pairs = zip(ends[::2], ends[1::2], strict=False)
    return [gap(since, until) for since, until in pairs]


@given(stretches(), stretches(), st.integers(0, TIMES))
def test_stretches_are_sets_of_seconds(ones: list[Gap], others: list[Gap], time: int) -> None:
    assert seconds(common(ones, others)) == seconds(ones) & seconds(others)
    assert seconds(without(ones, others)) == seconds(ones) - seconds(others)
    assert seconds(above(ones, bound(time))) == {each for each in seconds(ones) if each >= time}
    assert seconds(merged(ones)) == seconds(ones)


@given(stretches(), stretches(), stretches())
def test_nothing_is_claimed_by_two(first: list[Gap], second: list[Gap], third: list[Gap]) -> None:
    claims = Claims()
    with claims.of(first) as one, claims.of(second) as two, claims.of(third) as three:
        held = [seconds(each.gaps) for each in (one, two, three)]
        assert sum(map(len, held)) == len(set[int]().union(*held))
        assert set[int]().union(*held) == seconds(first) | seconds(second) | seconds(third)
        assert claims.untaken(first) == []
    assert claims.untaken(first) == first


def test_what_has_come_and_is_not_kept_yet_is_taken_all_the_same() -> None:
    """Else a peer that is compared with meanwhile would be asked for it once more."""
    claims = Claims()
    with claims.of([gap(0, 40)]) as claim:
        claim.reach(bound(10), came=500, left=1_500)
        assert claim.rest == [gap(10, 40)]
        assert claims.untaken([gap(0, 50)]) == [gap(40, 50)]
        claim.keep()
        assert claims.untaken([gap(0, 50)]) == [gap(0, 10), gap(40, 50)]


def test_who_is_free_takes_over_the_later_half() -> None:
    claims = Claims()
    with claims.of([Gap(START, END)]) as one:
        one.reach(bound(100), came=500, left=8_000)
        with claims.share([Gap(START, END)]) as share:
            assert share
            assert share.skip == 4_000
            assert share.gaps == [Gap(bound(100), END)]
            with claims.share([Gap(START, END)]) as nothing:
                assert nothing is None, "one at a time"
            with claims.taken_over(share, bound(700)) as other:
                assert (one.rest, other.rest) == ([gap(100, 700)], [Gap(bound(700), END)])
                assert one.left == 4_000
                one.reach(bound(200), came=500, left=7_500)  # he does not know of the other
                assert one.left == 3_500


def test_of_the_end_nobody_takes_over_a_part() -> None:
    claims = Claims()
    with claims.of([gap(0, 40)]) as one:
        for left in (0, SHARE_RECORDS_MIN - 1):
            one.reach(bound(10), came=500, left=left)
            with claims.share([gap(0, 40)]) as share:
                assert share is None
        one.reach(bound(10), came=500, left=SHARE_RECORDS_MIN)
        with claims.share([gap(0, 9)]) as elsewhere:
            assert elsewhere is None, "it has all come"
        with claims.share([gap(30, 50)]) as share:
            assert share
            assert share.gaps == [gap(30, 40)]


def test_an_id_is_asked_for_by_one() -> None:
    claims = Claims()
    one, two, three = (RecordId(bytes([n]) * 32) for n in range(3))
    with claims.ids([one, two]) as mine, claims.ids([two, three]) as other:
        assert (mine, other) == ([one, two], [three])
    with claims.ids([two]) as again:
        assert again == [two]
