from __future__ import annotations

import time
from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.cli import words

ADDRESS = "gw1p3v93gdv8egmsddv6zsc7e68n2rg3pra9y0hjqkj4h08j3umcdqs0jccfd"
NOW = 1_767_700_800  # 6 January 2026, 12:00 UTC


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("petname", "name", "shown"),
    [
        ("Ben", None, "Ben"),
        ("Ben", "Benedict", "Ben"),
        (None, "Ben", "“Ben” (gw1p3v93gdv8…)"),
        (None, "Ben” (gw1qqqqqqqqqq…), “", "“Ben' (gw1qqqqqqqqqq…), '” (gw1p3v93gdv8…)"),
        (None, None, "gw1p3v93gdv8…"),
        (None, "", "gw1p3v93gdv8…"),
    ],
)
def test_a_claimed_name_never_looks_like_mine(
    petname: str | None, name: str | None, shown: str
) -> None:
    assert words.person({"address": ADDRESS, "petname": petname, "name": name}) == shown


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (NOW, "6 Jan 12:00"),
        (NOW + 7_500, "6 Jan 14:05"),
        (NOW + 365 * 86_400, "6 Jan 2027 12:00"),
        (NOW - 7 * 86_400, "30 Dec 2025 12:00"),
    ],
)
def test_a_time_has_its_year_only_where_it_is_another(moment: int, shown: str) -> None:
    assert words.when(moment, NOW) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (59, "59 s"), (90, "1 min 30 s"), (3 * 86_400, "3 d"), (90_061, "1 d 1 h")],
)
def test_a_duration_has_two_units(seconds: int, shown: str) -> None:
    assert words.duration(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-600, "now"),
        (0, "now"),
        (59, "59 s ago"),
        (7_500, "2 h ago"),
        (3 * 86_400 + 1, "3 d ago"),
        (800 * 86_400, "2 y ago"),
    ],
)
def test_an_age_has_one_unit(seconds: int, shown: str) -> None:
    assert words.age(NOW - seconds, NOW) == shown


@given(st.integers(0, 10**12))
def test_any_duration_can_be_said(seconds: int) -> None:
    assert 1 <= len(words.duration(seconds).split()) // 2 <= 2


def test_numbers_agree_with_their_nouns() -> None:
    assert words.count(1, "piece") == "1 piece"
    assert words.count(2, "piece") == "2 pieces"
    assert words.count(0, "other", "others") == "0 others"


def test_an_id_is_shown_by_its_first_digits() -> None:
    assert words.short("3fa2bc10" * 8) == "3fa2bc10"
