"""`goodword status`, `peers`, `connect`, `record show`, `watch`, `api`: the node itself."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import Any, cast

from goodword.cli.client import Json, watch
from goodword.cli.command import Command, nothing, word
from goodword.cli.page import BLANK, Block, Facts, Line, Prose, Table, show
from goodword.cli.words import count, duration, person, size, when


def _status(answer: Json, _now: int) -> Iterator[Block]:
    yield Facts([(_label(name), _value(name, value)) for name, value in answer.items()])


def _room(room: Json) -> str:
    """Whose records take how much of the disk, and what strangers share."""

    def share(of: Json) -> str:
        return f"{size(of['bytes'])} ({count(of['records'], 'record')})"

    return (
        f"mine {share(room['mine'])}, of people near me {share(room['near'])},"
        f" of strangers {share(room['strangers'])} of {size(room['strangers_bytes_max'])}"
    )


def _peers(answer: Json, _now: int) -> Iterator[Block]:
    if not answer["peers"]:
        yield Line("not connected to anybody: `goodword connect ADDRESS` connects")
        return
    rows = [
        [each["peer"], ", ".join(person(who) for who in each.get("people", []))]
        for each in answer["peers"]
    ]
    yield Table(["peer", "people"], rows)


def _connected(answer: Json, _now: int) -> Iterator[Block]:
    yield Line(f"connected to {answer['peer']}")


def _record(answer: Json, now: int) -> Iterator[Block]:
    yield Facts(
        [
            ("record", answer["record"]),
            ("kind", answer["kind"]),
            ("author", person(answer["author"])),
            ("address", answer["author"]["address"]),
            ("made", when(answer["made_at"], now)),
            ("slot", answer["slot"]),
            ("revision", str(answer["revision"])),
            ("signature", answer["signature"]),
        ]
    )
    yield BLANK
    if answer["is_withdrawal"]:
        yield Line("a withdrawal: it says that what stood here is gone")
    else:
        yield Prose(json.dumps(answer["body"], indent=2, ensure_ascii=False))


def _api(answer: Json, _now: int) -> Iterator[Block]:
    for method in answer["methods"]:
        yield Line(method["method"], "bold")
        yield Line(method["summary"], indent=4)
        yield Facts(
            [
                (each["name"], each["type"] + (", required" if each["required"] else ""))
                for each in method["params"]
            ],
            indent=4,
        )


def _watch(options: Namespace) -> Json:
    """Print each event as it comes, one a line, until one side ends it."""
    happening = watch(options.home / "control.sock")
    next(happening)
    for event in happening:
        if options.json:
            print(json.dumps(event), flush=True)
        else:
            show([_event(event, int(time.time()))])
    raise AssertionError("watch ends with an exception only")


def _event(event: Json, now: int) -> Line:
    details = [
        f"{_label(name)} {_value(name, value)}"
        for name, value in event.items()
        if name != "event" and value not in (None, "")
    ]
    return Line(f"{when(now, now)}  {event.get('event', '')}: {', '.join(details)}")


def _label(name: str) -> str:
    return name.removeprefix("is_").removesuffix("_seconds").replace("_", " ")


def _value(name: str, value: Any) -> str:
    """Any value that the node may tell of itself, in a line."""
    match value:
        case {"address": _}:
            return f"{person(value)} {value['address']}"
        case bool():
            return "yes" if value else "no"
        case int() if name.endswith("_seconds"):
            return duration(value)
        case {"strangers_bytes_max": _}:
            return _room(cast("Json", value))
        case dict():
            fields = cast("Json", value)
            return ", ".join(f"{key} {_value(key, each)}" for key, each in fields.items())
        case str() | int():
            return str(value)
        case list() | tuple():
            return " ".join(_value(name, each) for each in cast("Sequence[Any]", value))
        case _:
            return "" if value is None else str(value)


COMMANDS = (
    Command(
        noun="status",
        help="who runs here, what is known, and what waits",
        example="status",
        method="node.status",
        show=_status,
    ),
    Command(
        noun="peers",
        help="the nodes that this one is connected to",
        example="peers",
        method="node.peers",
        show=_peers,
    ),
    Command(
        noun="connect",
        help="connect to a node, and stay connected with it from now on",
        example="connect /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…",
        arguments=(word("address", "a multiaddr that ends in /p2p/ and a peer id"),),
        method="node.connect",
        show=_connected,
    ),
    Command(
        noun="record",
        verb="show",
        help="a record as it was signed, so that anybody can check it",
        example="record show 3fa2bc10",
        arguments=(word("record", "the id of a record, or its first digits"),),
        method="record.show",
        show=_record,
    ),
    Command(
        noun="watch",
        help="print what happens, until Ctrl-C",
        example="watch --json",
        show=nothing,
        run=_watch,
    ),
    Command(
        noun="api",
        help="every method of the node's local API",
        example="api --json",
        method="node.api",
        show=_api,
    ),
)
