"""What most mutants die of at once: the vectors of orders, without pytest around them.

Everything that no target is part of is read here before a fork: a child only folds and judges.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeAlias

from goodword.protocol import entry, record
from goodword.protocol.entry import Entry
from goodword.protocol.errors import Refusal
from goodword.protocol.record import RecordId

ROOT: Final = Path(__file__).parents[2]
SPEC: Final = (ROOT / "protocol/SPEC.md").read_text(encoding="utf-8")
TABLES: Final = ("step_table", "window_table", "times_table")

Known: TypeAlias = dict[RecordId, Entry]


def _load(name: str) -> Any:
    return json.loads((ROOT / f"tests/vectors/{name}.json").read_text(encoding="ascii"))


def _entry(data: str) -> Entry:
    return entry.read(record.read(bytes.fromhex(data)))


def _known(entries: list[Entry]) -> Known:
    return {each.id: each for each in entries}


_STEPS: Final = _load("steps")
_SAID: Final = [_entry(each) for each in _STEPS["entries"]]
_WAYS: Final = {
    (each["state"], is_offered): _known([_SAID[int(place)] for place in each[name]])
    for each in _STEPS["states"]
    for is_offered, name in ((False, "entries"), (True, "offered"))
}
_ORDER: Final = _load("order")
_SALE: Final = [(_entry(each["hex"]), each["after"]) for each in _ORDER["sale"]]
_STORIES: Final = [
    ([_entry(each["hex"]) for each in story["entries"]], story["after"])
    for story in _ORDER["stories"]
]


def check() -> None:
    """Raises AssertionError, or whatever a broken rule raises, where something is not as told."""
    order: Any = import_module("goodword.protocol.order")
    known: Known = {}
    for said, after in _SALE:
        order.check(said, known)
        known[said.id] = said
        assert _told_of(order.fold(known.values())) == after
    _check_tables()
    for cell in _STEPS["cells"]:
        way = _WAYS[cell["state"], cell["offered"]]
        assert _judged(order, _SAID[int(cell["entry"])], way) == cell["then"]
    for story, after in _STORIES:
        assert _told_of(order.fold(story)) == after
        assert _told_of(order.fold(story[::-1])) == after
    for each in _STEPS["meetings"]:
        way = _WAYS[each["state"], each["offered"]]
        met = [*way.values(), *(_SAID[int(place)] for place in each["entries"])]
        assert _told_of(order.fold(met)) == each["after"]


def _check_tables() -> None:
    tables: Any = import_module("tests.protocol.tables")
    for name in TABLES:
        assert f"\n\n{getattr(tables, name)()}\n\n" in SPEC


def _judged(order: Any, said: Entry, known: Known) -> str:
    """The state that follows, or the code of the refusal."""
    try:
        order.check(said, known)
    except Refusal as refusal:
        return refusal.code
    return str(order.fold([*known.values(), said]).state)


def _told_of(made: Any) -> dict[str, object]:
    """The order in the words of the file."""
    decided = made.to_seller
    return {
        "state": made.state,
        "since": made.since,
        "deadline": made.deadline,
        "heads": sorted(each.hex() for each in made.heads),
        "history": [line.entry.id.hex() for line in made.history],
        "void": [void.entry.id.hex() for void in made.void],
        "forkers": sorted(role.value for role in made.forkers),
        "to_seller": None if decided is None else [decided.minor, decided.code],
    }
