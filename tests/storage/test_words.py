from __future__ import annotations

import re
import sqlite3
from collections.abc import Generator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from goodword.storage.words import QUERY_WORDS_MAX, query, spaced


@pytest.fixture(scope="module")
def index() -> Generator[sqlite3.Connection]:
    """The index as the schema makes it, with one text."""
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE words USING fts5"
        " (text, content = '', tokenize = 'unicode61 remove_diacritics 2')"
    )
    connection.execute("INSERT INTO words (text) VALUES (?)", (spaced("纯手工 wallet"),))
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("typed", "looked_up"),
    [
        ("", ""),
        ("wallet", '"wallet"*'),
        ("  brown\twallet\n", '"brown"* AND "wallet"*'),
        ("a wallet", '"a" AND "wallet"*'),
        ("手工钱包", '"手 工 钱 包"'),
        ("手工 钱包", '"手 工" AND "钱 包"'),
        ("iPhone手机壳", '"iPhone"* AND "手 机 壳"'),
        ("ワイン・グラス", '"ワ イ ン" AND "グ ラ ス"'),
        ("지갑", '"지 갑"'),
        ("foo_bar", '"foo"* AND "bar"*'),
        ("wallet _", '"wallet"*'),
        ("wallet ・", '"wallet"*'),
        ('wal"let', '"wal"* AND "let"*'),
        ("NOT wallet OR (NEAR/2 ^x) -y: *", '"NOT"* AND "wallet"* AND "OR"* AND "NEAR"*'
         ' AND "2" AND "x" AND "y"'),
        ("Wa\u0308llet", '"Wället"*'),
        ("o\u0323\u0300re\u0323\u0301", '"ọ̀rẹ́"*'),
        ("हिन्दी", '"हिन्दी"*'),
        ("!?… — «»", ""),
        ("\0\ud800🙂", ""),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_a_query(typed: str, looked_up: str) -> None:
    assert query(typed) == looked_up


def test_a_query_has_few_words() -> None:
    assert query(" ".join(f"word{n}" for n in range(1_000))).count('"') == 2 * QUERY_WORDS_MAX


@given(st.text(st.characters()))
@example('"')
@example("'; DROP TABLE words; --")
@example("{text} : wallet")
@example("\0")
@example("_")
def test_whatever_is_typed_is_a_query(index: sqlite3.Connection, typed: str) -> None:
    if looked_up := query(typed):
        index.execute("SELECT rowid FROM words WHERE words MATCH ?", (looked_up,)).fetchall()


@given(st.text(st.characters(categories=["L", "Nd", "Zs"]) | st.sampled_from("手工钱包")))
def test_spacing_adds_spaces_and_nothing_else(text: str) -> None:
    assert re.sub(r"\s", "", spaced(text)) == re.sub(r"\s", "", text)


@given(st.text(st.sampled_from("手工钱包かなハンドㄅ한글"), min_size=1))
def test_any_part_of_a_cjk_text_finds_it(text: str) -> None:
    assert spaced(text).split() == list(text)
    assert query(text) == f'"{" ".join(text)}"'


def test_other_text_is_left_as_it_is() -> None:
    text = "Übergröße, naïve café, Ελλάδα, Москва"
    assert spaced(text) == text
