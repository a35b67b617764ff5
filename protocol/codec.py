"""One value, one spelling: canonical msgpack with bounded size and depth.

Two nodes must hash a record alike, so every value has exactly one encoding: integers
shortest-first (msgpack's own rule), map keys are strings sorted by their UTF-8 bytes, no
floats, no extension types. `decode` refuses any other spelling by encoding again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias, cast

import msgpack

from .errors import Malformed, NotCanonical, TooDeep, TooLarge
from .limits import DEPTH_MAX, RECORD_BYTES_MAX, VALUES_MAX

Value: TypeAlias = "bool | int | str | bytes | Sequence[Value] | Mapping[str, Value] | None"


def encode(value: Value) -> bytes:
    """Canonical bytes of `value`. Raises NotCanonical, TooDeep or TooLarge outside the subset."""
    ordered = _ordered(value, DEPTH_MAX)
    _check(ordered, VALUES_MAX)
    try:
        return msgpack.packb(ordered, use_bin_type=True)
    except UnicodeEncodeError as error:
        raise NotCanonical(why="text that is not Unicode") from error
    except OverflowError as error:
        raise NotCanonical(why="an integer that does not fit in 64 bits") from error


def decode(data: bytes, *, size_max: int = RECORD_BYTES_MAX, values_max: int = VALUES_MAX) -> Value:
    """The value whose canonical bytes are `data`, at most `size_max` bytes of them.

    Raises:
        TooLarge: more bytes, or more values than `values_max`.
        TooDeep: nested deeper than DEPTH_MAX.
        NotCanonical: msgpack, but not in its one spelling.
        Malformed: not msgpack at all.
    """
    if len(data) > size_max:
        raise TooLarge(size=len(data), limit=size_max)
    value = _parse(data)
    _check(value, values_max)
    # Unpacking keeps the order of the keys, which `_check` has seen: so packing the value
    # again differs from `data` for every other spelling of an integer, a length or a key.
    if msgpack.packb(value, use_bin_type=True) != data:
        raise NotCanonical(why="not the shortest spelling")
    return value


def decode_again(data: bytes) -> Value:
    """The value of bytes that `decode` has taken before: a third of its work."""
    return _parse(data)


def decode_message(data: bytes, version: int, *, size_max: int) -> list[Value]:
    """What follows `version` in a message, which is a list that starts with it.

    Raises Malformed on another version, for which there is another protocol; or as `decode`.
    """
    match decode(data, size_max=size_max):
        # By type too: Python's True equals 1, and then one message would have two spellings.
        case [int() as found, *members] if type(found) is int and found == version:
            return members
        case _:
            pass
    raise Malformed(why=f"expected a list that starts with {version}")


def _parse(data: bytes) -> Value:
    try:
        return cast("Value", msgpack.unpackb(data, raw=False, strict_map_key=False))
    except msgpack.StackError as error:
        raise TooDeep(limit=DEPTH_MAX) from error
    except UnicodeDecodeError as error:
        raise Malformed(why="text that is not UTF-8") from error
    except TypeError as error:  # a list or a map cannot be a key of Python's
        raise NotCanonical(why="a map key that is not text") from error
    except (ValueError, msgpack.UnpackException) as error:
        raise Malformed(why="not one whole msgpack value") from error


def _check(value: Value, values_max: int) -> None:
    """Walk `value` level by level: allowed types, sorted keys, bounded depth and number."""
    level: list[Value] = [value]
    count = 1
    for _ in range(DEPTH_MAX + 1):
        below: list[Value] = []
        for item in level:
            kind = type(item)
            if kind is dict:
                below += _members(cast("dict[str, Value]", item))
            elif kind is list:
                below += cast("list[Value]", item)
            elif kind not in _SCALARS:
                raise NotCanonical(why=f"{kind.__name__} is not allowed")
        count += len(below)
        if count > values_max:
            raise TooLarge(size=count, limit=values_max, unit="values")
        if not below:
            return
        level = below
    raise TooDeep(limit=DEPTH_MAX)


_SCALARS: Final = frozenset({bool, int, str, bytes, type(None)})


def _members(value: dict[str, Value]) -> Iterable[Value]:
    before: str | None = None
    for key in value:
        if type(key) is not str:
            raise NotCanonical(why="a map key that is not text")
        # Code points sort as their UTF-8 bytes do.
        if before is not None and key <= before:
            raise NotCanonical(why="map keys out of order")
        before = key
    return value.values()


def _ordered(value: Value, depth: int) -> Value:
    """`value` as plain dicts and lists, keys sorted; other types are left for `_check`."""
    if isinstance(value, (str, bytes)):
        return value
    if depth < 0:
        raise TooDeep(limit=DEPTH_MAX)
    if isinstance(value, Mapping):
        if not all(type(key) is str for key in value):
            raise NotCanonical(why="a map key that is not text")
        return {key: _ordered(value[key], depth - 1) for key in sorted(value)}
    if isinstance(value, Sequence):
        return [_ordered(item, depth - 1) for item in value]
    return value
