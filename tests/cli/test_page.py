from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from goodword.cli import page
from goodword.cli.page import Block, Facts, Line, Prose, Table, cells, clean, plain

any_block = st.one_of(
    st.builds(Line, st.text(), st.sampled_from(["", "bold"]), st.integers(0, 8)),
    st.builds(Prose, st.text(), st.integers(0, 8)),
    st.builds(Facts, st.lists(st.tuples(st.just("name"), st.text()), max_size=3)),
    st.builds(
        Table, st.just(["one", "two"]), st.lists(st.tuples(st.text(), st.text()), max_size=3)
    ),
)


def is_dangerous(text: str) -> bool:
    return any(
        unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") and each not in "\u200c\u200d"
        for each in text
    )


@given(any_block)
def test_nothing_that_controls_a_terminal_leaves(block: Block) -> None:
    assert not any(is_dangerous(line) for line in plain(block))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\ufffd[2J"),
        ("a\nb\tc\r\u2028d", "a b c  d"),
        ("\x9b31m", "\ufffd31m"),
        ("\u202egnp.exe", "\ufffdgnp.exe"),
        ("👩\u200d👧 自行车 नमस्ते", "👩\u200d👧 自行车 नमस्ते"),
    ],
)
def test_what_is_harmless_stays(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_columns_are_aligned_in_every_script() -> None:
    lines = plain(Table(["title", "price"], [["自行车", "1"], ["café", "2"], ["cafe\u0301", "3"]]))
    assert lines == ["title   price", "自行车  1    ", "café    2    ", "cafe\u0301    3    "]
    assert len({cells(line) for line in lines}) == 1


def test_facts_without_a_value_are_left_out() -> None:
    assert plain(Facts([("a", "1"), ("bcd", ""), ("ef", "2")], indent=1)) == [" a   1", " ef  2"]


def test_prose_keeps_the_lines_of_its_author() -> None:
    assert plain(Prose("one\ntwo\x07", indent=2)) == ["  one", "  two\ufffd"]


def test_not_on_a_terminal_there_is_no_colour(capsys: pytest.CaptureFixture[str]) -> None:
    page.show([Line("red", "red"), Line("", indent=3), Table(["a"], [["[bold]b"]])])
    assert capsys.readouterr().out == "red\n\na\n[bold]b\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@given(st.lists(any_block, max_size=4))
def test_on_a_terminal_others_cannot_write_escapes(blocks: list[Block]) -> None:
    out = io.StringIO()
    page.paint(blocks, Console(file=out, width=40, force_terminal=False, highlight=False))
    assert "\x1b" not in out.getvalue()
    assert not is_dangerous(out.getvalue().replace("\n", ""))


def test_on_a_terminal_there_is_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    page.show([Line("red", "red"), Line("[bold]not markup :smile:"), Facts([("a", "1")])])
    assert "\x1b[31mred" in terminal.getvalue()
    assert "[bold]not markup :smile:" in terminal.getvalue()
