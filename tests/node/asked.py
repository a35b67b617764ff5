"""Methods to ask on a control socket: one for each way to answer."""

from __future__ import annotations

import json
from typing import Any

import trio

from goodword.node.home import HomeError
from goodword.node.methods import Methods
from goodword.node.reading import Misunderstood, NotFound
from goodword.node.show import Json
from goodword.node.transport import PeerUnreachable, RequestFailed
from goodword.protocol.errors import WrongTurn
from goodword.storage.database import StorageFailed


class DiskFailed(StorageFailed):
    def __init__(self) -> None:
        Exception.__init__(self, "cannot write to the database: disk is full")
        self.hint = "free some space"


ERRORS: dict[str, tuple[Exception, int, str]] = {
    "refuse": (WrongTurn(state="shipped", event="withdraw"), -32000, "order.wrong_turn"),
    "home": (HomeError("there is a file already"), -32000, "home"),
    "miss": (NotFound("no order is here"), -32001, "not_found"),
    "misunderstand": (Misunderstood("not a price"), -32602, "usage"),
    "unreachable": (PeerUnreachable("nobody there"), -32003, "network"),
    "failed": (RequestFailed("no whole answer"), -32003, "network"),
    "slow": (trio.TooSlowError(), -32003, "network"),
    "file": (PermissionError(13, "Permission denied"), -32004, "disk"),
    "break": (ZeroDivisionError("1/0"), -32603, "bug"),
}


def _raiser(error: Exception) -> Any:
    def method() -> Json:
        raise error

    return method


def make_methods() -> Methods:
    methods = Methods()

    async def hello(*, name: str) -> Json:
        """Say hello."""
        return {"hello": name}

    async def wait() -> Json:
        """Never answer."""
        await trio.sleep_forever()
        return {}

    def large() -> Json:
        """Answer at length."""
        return {"text": "x" * 8_000_000}

    def bad() -> Json:
        """Answer with what is not JSON."""
        return {"bytes": b""}

    for method in (hello, wait, large, bad):
        methods.expose(f"test.{method.__name__}", method)
    for name, (error, _, _) in ERRORS.items():
        methods.expose(f"test.{name}", _raiser(error))
    methods.expose("test.disk", _raiser(DiskFailed()))
    return methods


def request(method: str, **params: object) -> bytes:
    message = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}
    return json.dumps(message).encode() + b"\n"
