"""`goodword sync`, as people read it."""

from __future__ import annotations

from goodword.cli.client import Json
from goodword.cli.commands.sync import COMMANDS, progress
from goodword.cli.page import Line, Table

(SYNC,) = COMMANDS


def peer(name: str = "12D3KooWabcdefgh", **fields: object) -> Json:
    return {
        "peer": name,
        "people": [],
        "stage": "fetches",
        "why": "",
        "new": 0,
        "known": 0,
        "declined": 0,
        "bytes": 0,
        "left": 0,
        "seconds": 1.0,
        **fields,
    }


def test_a_line_tells_records_bytes_rate_and_what_remains() -> None:
    before = {"peers": [peer("a", new=1_000), peer("b", new=50)]}
    now = {
        "peers": [
            peer("a", new=5_000, bytes=2_000_000, left=60_000),
            peer("b", new=50, bytes=25_000, stage="done"),
            peer("c", new=1_000, bytes=500_000, left=10_000),
        ]
    }
    line = progress(before, now, 2.0)
    assert line.text == "2 peers: 6,050 records, 2.5 MB, 2,500 records/s, 70,000 remaining"


def test_a_visit_that_began_anew_takes_nothing_back() -> None:
    before = {"peers": [peer("a", new=5_000)]}
    assert "0 records/s" in progress(before, {"peers": [peer("a", new=100)]}, 1.0).text


def test_the_end_tells_what_each_peer_brought_and_why_one_did_not() -> None:
    person = {"address": "gw1qqqqqqqqqqqqqqqqqqq", "petname": "Ann"}
    answer = {
        "peers": [
            peer(people=[person], stage="done", new=1_234, bytes=617_000, seconds=2.26),
            peer("12D3KooWhgfedcba", stage="failed", why="no response"),
        ]
    }
    (table,) = SYNC.show(answer, 0)
    assert isinstance(table, Table)
    assert table.rows == [
        ("…abcdefgh", "Ann", "1,234", "617 kB", "0", "2.3 s", "has nothing more for us"),
        ("…hgfedcba", "", "0", "0 B", "0", "1.0 s", "ended early: no response"),
    ]


def test_what_is_under_way_goes_on_by_itself() -> None:
    *_, hint = SYNC.show({"peers": [peer()]}, 0)
    assert isinstance(hint, Line)
    assert "--watch" in hint.text


def test_who_is_alone_is_told_how_to_connect() -> None:
    (line,) = SYNC.show({"peers": []}, 0)
    assert isinstance(line, Line)
    assert "goodword connect ADDRESS" in line.text
