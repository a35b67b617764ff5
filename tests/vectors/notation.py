"""Values in JSON without loss: each says its type, so that any language reads the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias, cast

from goodword.protocol.codec import Value
from goodword.protocol.errors import Refusal

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
Document: TypeAlias = dict[str, Json]


def to_json(value: Value) -> Json:
    """nil, true and false as they are; {"int": "-1"}, {"text": "a"}, {"bytes": "0a"},
    {"list": […]}, {"map": [[key, value], …]}. Integers are text: JSON loses those above 2^53.
    """
    match value:
        case None | bool():
            return value
        case int():
            return {"int": str(value)}
        case str():
            return {"text": value}
        case bytes():
            return {"bytes": value.hex()}
        case Mapping():
            return {"map": [[key, to_json(value[key])] for key in sorted(value)]}
        case _:
            return {"list": [to_json(each) for each in value]}


def from_json(said: Json) -> Value:
    """The value that `to_json` wrote as `said`."""
    if not isinstance(said, dict):
        assert said is None or isinstance(said, bool)
        return said
    ((name, inner),) = said.items()
    match name:
        case "int":
            return int(cast("str", inner))
        case "text":
            return cast("str", inner)
        case "bytes":
            return bytes.fromhex(cast("str", inner))
        case "list":
            return [from_json(each) for each in cast("list[Json]", inner)]
        case "map":
            pairs = cast("list[tuple[str, Json]]", inner)
            return {key: from_json(each) for key, each in pairs}
        case _:
            raise AssertionError(f"no such type: {name}")


def code_of(reads: Callable[[bytes], object], data: bytes) -> str:
    """The code of the refusal with which `reads` answers `data`."""
    try:
        reads(data)
    except Refusal as refusal:
        return refusal.code
    raise AssertionError(f"it is read: {data[:40].hex()}")
