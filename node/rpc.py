"""One request line to one response line: JSON-RPC 2.0, and what each error is called in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn, cast

import trio

from goodword.protocol.errors import Refusal
from goodword.storage.database import StorageFailed

from .home import HomeError
from .methods import Methods, UnknownMethod
from .reading import Misunderstood, NotFound
from .transport import TransportError

# Section 5.1 of the specification; its range for servers begins at -32000.
UNREADABLE: Final = -32700
NOT_A_REQUEST: Final = -32600
UNKNOWN: Final = -32601
MISUNDERSTOOD: Final = -32602
BROKEN: Final = -32603
REFUSED: Final = -32000
NOT_FOUND: Final = -32001
NO_NETWORK: Final = -32003
NO_DISK: Final = -32004

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    line: bytes
    """Empty for a notification, which JSON-RPC leaves unanswered."""
    method: str = ""
    """What was called and has succeeded; else empty."""
    id: object = None
    failure: StorageFailed | None = None
    """What the node must stop for, once the client has its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    method: str
    params: Mapping[str, object]
    id: object
    is_notification: bool


class _NotARequest(Exception):
    def __init__(self, code: int, text: str, request_id: object = None) -> None:
        super().__init__(text)
        self.code = code
        self.request_id = request_id


async def answer(request_line: bytes, methods: Methods) -> Answer:
    """One request line to one response line. Never raises for what a client can send."""
    try:
        request = _read(request_line)
    except _NotARequest as error:
        data = {"code": "usage", "hint": "one JSON-RPC 2.0 request a line"}
        return Answer(line=write_error(error.request_id, error.code, str(error), data))
    failure: StorageFailed | None = None
    done = ""
    try:
        result = await methods.call(request.method, request.params)
        said = write_line({"jsonrpc": "2.0", "id": request.id, "result": result})
        done = request.method
    except Exception as error:  # noqa: BLE001  # _explain logs what is not expected
        failure = error if isinstance(error, StorageFailed) else None
        said = _explain(request, error)
    line = b"" if request.is_notification else said
    return Answer(line=line, method=done, id=request.id, failure=failure)


def _read(line: bytes) -> _Request:
    try:
        # Decoded here, for json would guess UTF-16 and UTF-32 too.
        found: object = json.loads(line.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _NotARequest(UNREADABLE, "the line is not JSON") from error
    if not isinstance(found, dict):
        raise _NotARequest(NOT_A_REQUEST, "a request is a JSON object")
    fields = cast("dict[str, object]", found)
    request_id = fields.get("id")
    if not isinstance(request_id, str | int | None) or isinstance(request_id, bool):
        raise _NotARequest(NOT_A_REQUEST, "an id is a string or an integer")
    if fields.get("jsonrpc") != "2.0":
        raise _NotARequest(NOT_A_REQUEST, 'a request says "jsonrpc": "2.0"', request_id)
    method, params = fields.get("method"), fields.get("params", {})
    if not isinstance(method, str):
        raise _NotARequest(NOT_A_REQUEST, "a request names its method", request_id)
    if not isinstance(params, dict):
        raise _NotARequest(MISUNDERSTOOD, "params are an object: by name", request_id)
    return _Request(
        method=method,
        params=cast("dict[str, object]", params),
        id=request_id,
        is_notification="id" not in fields,
    )


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _explain(request: _Request, error: Exception) -> bytes:
    match error:
        case Misunderstood():
            code, name, text, hint = MISUNDERSTOOD, "usage", str(error), error.hint
        case UnknownMethod():
            code, name, text, hint = UNKNOWN, "usage", str(error), error.hint
        case NotFound():
            code, name, text, hint = NOT_FOUND, error.code, str(error), error.hint
        case Refusal():
            code, name, text, hint = REFUSED, error.code, str(error), error.hint
        case HomeError():
            code, name, text, hint = REFUSED, "home", str(error), error.hint
        case TransportError() | trio.TooSlowError():
            text = str(error) or "the network did not answer in time"
            code, name, hint = NO_NETWORK, "network", "`goodword peers` shows who is connected"
        case StorageFailed():
            code, name, text, hint = NO_DISK, "disk", str(error), error.hint
        case OSError():  # a file that a method was asked to write; sockets are the transport's
            code, name, text, hint = NO_DISK, "disk", str(error), ""
        case _:
            log.error("%s failed", request.method, exc_info=error)
            code, name, text = BROKEN, "bug", "a bug of ours"
            hint = "the node's log has the details"
    return write_error(request.id, code, text, {"code": name, "hint": hint})


def write_error(request_id: object, code: int, message: str, data: Mapping[str, str]) -> bytes:
    """`data` is {code, hint}: the code is for scripts and stays, the words are for people."""
    error = {"code": code, "message": message, "data": data}
    return write_line({"jsonrpc": "2.0", "id": request_id, "error": error})


def write_line(message: Mapping[str, object]) -> bytes:
    return json.dumps(message, allow_nan=False).encode() + b"\n"
