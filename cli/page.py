"""What is printed, in blocks: aligned text, or tables and colour where a terminal shows them.

Rule 1: every text goes through `clean` here, in the one place where it leaves for a terminal, so
that no renderer can forget it: what others wrote cannot move the cursor or reverse a line.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from rich.console import Console

JOINERS: Final = "\u200c\u200d"
"""Format characters that scripts and emoji need, and that do no harm."""

REPLACEMENT: Final = "\ufffd"

GAP: Final = "  "


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    style: str = ""
    """Of rich: "bold", "dim", "red"; nothing without a terminal."""
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Prose:
    """A text of several lines, as its author broke them."""

    text: str
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values below each other; a value without text is left out."""

    pairs: Sequence[tuple[str, str]]
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


Block: TypeAlias = Line | Prose | Facts | Table

BLANK: Final = Line("")


def clean(text: str, *, keep: str = "") -> str:
    """`text` without what controls a terminal: escapes, bells, reversals of direction."""
    return "".join(each if each in keep or _is_harmless(each) else _stand_in(each) for each in text)


def show(blocks: Iterable[Block]) -> None:
    if sys.stdout.isatty():
        # Imported here: it takes longer than all else that a command does.
        from rich.console import Console

        paint(blocks, Console(highlight=False))
        return
    for block in blocks:
        for line in plain(block):
            print(line.rstrip())


def plain(block: Block) -> list[str]:
    """The lines of a block, without colour, columns aligned."""
    match block:
        case Line(text, _, indent):
            return [" " * indent + clean(text)]
        case Prose(text, indent):
            return [" " * indent + line for line in clean(text, keep="\n").split("\n")]
        case Facts(pairs, indent):
            shown = [(name, clean(value)) for name, value in pairs if value]
            width = max((cells(name) for name, _ in shown), default=0)
            return [f"{' ' * indent}{_pad(name, width)}{GAP}{value}" for name, value in shown]
        case Table(heads, rows):
            return _aligned([list(heads), *([clean(cell) for cell in row] for row in rows)])


def cells(text: str) -> int:
    """Columns that `text` takes: East Asian characters take two, combining ones none."""
    return sum(
        0
        if unicodedata.combining(each) or each in JOINERS
        else 2
        if unicodedata.east_asian_width(each) in "WF"
        else 1
        for each in text
    )


def _is_harmless(character: str) -> bool:
    category = unicodedata.category(character)
    return category not in ("Cc", "Cf", "Cs", "Zl", "Zp") or character in JOINERS


def _stand_in(character: str) -> str:
    return " " if character in "\n\t\r\u2028\u2029" else REPLACEMENT


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(cells(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        GAP.join(_pad(cell, width) for cell, width in zip(row, widths, strict=True)) for row in rows
    ]


def _pad(text: str, width: int) -> str:
    return text + " " * (width - cells(text))


def paint(blocks: Iterable[Block], console: Console) -> None:
    """On a terminal. Every text is a Text: rich reads no markup of its own in it."""
    from rich.padding import Padding
    from rich.table import Table as RichTable
    from rich.text import Text

    for block in blocks:
        match block:
            case Line(text, style, indent):
                console.print(Padding(Text(clean(text), style=style), (0, 0, 0, indent)))
            case Prose(text, indent):
                console.print(Padding(Text(clean(text, keep="\n")), (0, 0, 0, indent)))
            case Facts(pairs, indent):
                grid = RichTable.grid(padding=(0, 2))
                for name, value in pairs:
                    if value:
                        grid.add_row(Text(name, style="dim"), Text(clean(value)))
                console.print(Padding(grid, (0, 0, 0, indent)))
            case Table(heads, rows):
                table = RichTable(*heads, box=None, pad_edge=False, header_style="dim")
                for row in rows:
                    table.add_row(*(Text(clean(cell)) for cell in row))
                console.print(table)
