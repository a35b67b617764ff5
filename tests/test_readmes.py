"""A README's captions are the first lines of its files, and none is missing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| `([\w.]+\.py)` \| (.+) \|$", re.MULTILINE)
FOLDERS = [
    each.parent.name
    for each in sorted(ROOT.glob("*/README.md"))
    if ROW.search(each.read_text(encoding="utf-8"))
] + ["tests/adversary", "tests/scale"]


def captions(folder: str) -> dict[str, str]:
    return dict(ROW.findall((ROOT / folder / "README.md").read_text(encoding="utf-8")))


def first_line(path: Path) -> str:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    return (said or "").partition("\n")[0]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_caption_is_the_first_line_of_its_file(folder: str) -> None:
    for name, caption in captions(folder).items():
        assert first_line(ROOT / folder / name) == caption, name


@pytest.mark.parametrize("folder", [each for each in FOLDERS if each != "tests"])
def test_no_file_is_without_a_caption(folder: str) -> None:
    files = {each.name for each in (ROOT / folder).glob("*.py")} - {"__init__.py"}
    assert files == set(captions(folder))
