"""Ask the running node. Standard library only, so that a command answers at once."""

from __future__ import annotations

import json
import socket
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias, cast

from .failure import BUG, DISK, NO_NETWORK, NOT_RUNNING, REFUSED, USAGE, Failed

Json: TypeAlias = dict[str, Any]

ANSWER_SECONDS: Final = 60.0
"""For one answer; the node itself gives up on its peers earlier."""

ANSWER_BYTES_MAX: Final = 64 * 1024 * 1024
"""A line longer than this is not from a node of ours."""

STATUSES: Final = {
    -32000: REFUSED,
    -32001: REFUSED,
    -32003: NO_NETWORK,
    -32004: DISK,
    -32600: USAGE,
    -32601: REFUSED,
    -32602: USAGE,
    -32603: BUG,
}
"""JSON-RPC error codes of the node, as exit codes."""


class NodeNotRunning(Failed):
    """No node answers on the control socket."""

    def __init__(self, text: str, hint: str = "start one with `goodword start`") -> None:
        super().__init__(text, hint, status=NOT_RUNNING, code="not_running")


class NodeRefused(Failed):
    """The node answered with an error."""


class NodeSilent(Failed):
    """The node hung up, or said nothing for too long."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "`goodword watch` and node.log show what it does", status=NO_NETWORK)
        self.code = "no_answer"


def call(
    path: Path,
    method: str,
    /,
    *,
    timeout_seconds: float | None = ANSWER_SECONDS,
    **params: object,
) -> Json:
    """One request to the node whose socket is at `path`, one answer.

    Raises NodeNotRunning, NodeRefused or NodeSilent.
    """
    with _connected(path, timeout_seconds) as connection:
        _ask(connection, method, params)
        with connection.makefile("rb") as lines:
            return _result(_read(lines))


def watch(path: Path) -> Iterator[Json]:
    """What happens from now on, until the node stops. Raises as `call` does."""
    with _connected(path, ANSWER_SECONDS) as connection:
        _ask(connection, "watch", {})
        with connection.makefile("rb") as lines:
            yield _result(_read(lines))
            connection.settimeout(None)
            while True:
                try:
                    message = _read(lines)
                except NodeSilent as error:
                    text = "the node has stopped, or we read too slowly for it"
                    raise NodeNotRunning(text, "start it, or watch again") from error
                yield cast("Json", message["params"])


@contextmanager
def _connected(path: Path, timeout_seconds: float | None) -> Generator[socket.socket]:
    """All that can go wrong with the socket, in our words."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_seconds)
        try:
            connection.connect(str(path))
        except PermissionError as error:
            raise NodeNotRunning(f"{path} belongs to somebody else", "name your --home") from error
        except OSError as error:  # no such file, nobody listens, a path too long for a socket
            raise _not_running(path) from error
        try:
            yield connection
        except TimeoutError as error:
            raise NodeSilent("the node did not answer in time") from error
        except ConnectionError as error:
            raise NodeSilent("the node hung up") from error


def _not_running(path: Path) -> NodeNotRunning:
    home = path.parent
    if not (home / "identity.json").exists():
        return NodeNotRunning(
            f"no node is running, for nobody lives at {home}",
            "make an identity with `goodword init`, or name its --home",
        )
    return NodeNotRunning(f"no node is running in {home}")


def _ask(connection: socket.socket, method: str, params: Mapping[str, object]) -> None:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    with suppress(BrokenPipeError):  # the node may have said why before it hung up
        connection.sendall(json.dumps(request).encode() + b"\n")


def _read(lines: BinaryIO) -> Json:
    line = lines.readline(ANSWER_BYTES_MAX)
    if not line.endswith(b"\n"):
        raise NodeSilent("the node hung up")
    try:
        message: object = json.loads(line)
    except ValueError:
        message = None
    if not isinstance(message, dict):
        raise Failed("what answers is not a node of ours", status=BUG, code="bug")
    return cast("Json", message)


def _result(message: Json) -> Json:
    if "error" in message:
        problem = message["error"]
        data: Json = problem.get("data") or {}
        raise NodeRefused(
            str(problem["message"]),
            str(data.get("hint", "")),
            status=STATUSES.get(problem["code"], BUG),
            code=str(data.get("code", "")),
        )
    return cast("Json", message["result"])
