from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.node import passphrase
from goodword.node.home import HomeError
from goodword.node.passphrase import VARIABLE


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def test_the_file_goes_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    assert passphrase.given(None) is None
    monkeypatch.setenv(VARIABLE, "from the environment")
    assert passphrase.given(None) == b"from the environment"
    file.write_text("from the file")
    assert passphrase.given(file) == b"from the file"


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_the_end_of_the_line_is_no_part_of_it(tmp_path: Path, end: str) -> None:
    file = tmp_path / "secret"
    file.write_bytes(f" a b {end}".encode())
    assert passphrase.given(file) == b" a b "


def test_two_spellings_of_one_letter_are_one_passphrase() -> None:
    assert passphrase.normal("caf\u00e9") == passphrase.normal("cafe\u0301") == b"caf\xc3\xa9"


@given(st.text(min_size=1))
def test_any_text_is_a_passphrase_once_and_for_all(text: str) -> None:
    once = passphrase.normal(text)
    assert passphrase.normal(once.decode()) == once


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff"])
def test_a_file_without_one_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(HomeError):
        passphrase.given(file)


@pytest.mark.parametrize("value", ["", "\udcff"])
def test_an_environment_without_one_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(HomeError):
        passphrase.given(None)
