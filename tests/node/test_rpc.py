from __future__ import annotations

import json
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.node.rpc import answer
from tests.node.asked import ERRORS, make_methods, request

Message: TypeAlias = dict[str, Any]


async def asked(method: str, **params: object) -> Message:
    said = await answer(request(method, **params), make_methods())
    return dict(json.loads(said.line))


@pytest.mark.parametrize("name", ERRORS)
async def test_each_error_has_its_code(name: str) -> None:
    _, code, data_code = ERRORS[name]
    error = (await asked(f"test.{name}"))["error"]
    assert (error["code"], error["data"]["code"]) == (code, data_code)
    assert error["message"]


async def test_a_refusal_keeps_its_words_and_hint() -> None:
    error = (await asked("test.refuse"))["error"]
    assert error["message"] == "the order is shipped: withdraw is not possible now"
    assert "order show" in error["data"]["hint"]


async def test_a_bug_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    error = (await asked("test.break"))["error"]
    assert "1/0" not in json.dumps(error)
    assert "ZeroDivisionError" in caplog.text


async def test_an_answer_that_is_not_json_is_a_bug() -> None:
    assert (await asked("test.bad"))["error"]["code"] == -32603


async def test_an_unknown_method_is_named() -> None:
    error = (await asked("test.helo"))["error"]
    assert error["code"] == -32601
    assert error["data"]["hint"] == "perhaps test.hello?"


NOT_REQUESTS: list[tuple[bytes, int, object]] = [
    (b"hello", -32700, None),
    (b"{", -32700, None),
    (b"\xff\xfe", -32700, None),
    ('{"jsonrpc": "2.0"}'.encode("utf-16"), -32700, None),
    (b"[" * 100_000, -32700, None),
    (b'{"jsonrpc": "2.0", "id": NaN, "method": "test.hello"}', -32700, None),
    (b'{"jsonrpc": "2.0", "id": ' + b"9" * 5_000 + b"}", -32700, None),
    (b"[]", -32600, None),
    (b"1", -32600, None),
    (b"null", -32600, None),
    (b'[{"jsonrpc": "2.0", "id": 1, "method": "test.hello"}]', -32600, None),
    (b"{}", -32600, None),
    (b'{"jsonrpc": "1.0", "id": 1, "method": "test.hello"}', -32600, 1),
    (b'{"jsonrpc": "2.0", "id": 1}', -32600, 1),
    (b'{"jsonrpc": "2.0", "id": "a", "method": 1}', -32600, "a"),
    (b'{"jsonrpc": "2.0", "id": {}, "method": "test.hello"}', -32600, None),
    (b'{"jsonrpc": "2.0", "id": true, "method": "test.hello"}', -32600, None),
    (b'{"jsonrpc": "2.0", "id": 1.5, "method": "test.hello"}', -32600, None),
    (b'{"jsonrpc": "2.0", "id": 1e999, "method": "test.hello"}', -32600, None),
    (b'{"jsonrpc": "2.0", "id": 1, "method": "test.hello", "params": ["Ann"]}', -32602, 1),
    (b'{"jsonrpc": "2.0", "id": 1, "method": "test.hello", "params": null}', -32602, 1),
    (b'{"jsonrpc": "2.0", "id": 0, "method": "test.hello", "params": {"x": 1}}', -32602, 0),
]


@pytest.mark.parametrize(("line", "code", "request_id"), NOT_REQUESTS)
async def test_what_is_no_request_is_told_so(line: bytes, code: int, request_id: object) -> None:
    said = json.loads((await answer(line, make_methods())).line)
    assert (said["error"]["code"], said["id"]) == (code, request_id)


@given(st.binary())
async def test_any_line_is_answered(line: bytes) -> None:
    said = await answer(line, make_methods())
    assert json.loads(said.line)["error"]["code"] < 0


@given(
    st.dictionaries(
        st.sampled_from(["jsonrpc", "id", "method", "params"]),
        st.none()
        | st.integers()
        | st.text()
        | st.sampled_from(["2.0", "test.hello"])
        | st.lists(st.text())
        | st.dictionaries(st.sampled_from(["name", "x"]), st.text() | st.integers()),
    )
)
async def test_any_object_is_answered_unless_it_is_a_notification(message: Message) -> None:
    said = await answer(json.dumps(message).encode(), make_methods())
    if said.line:
        assert ("result" in json.loads(said.line)) != ("error" in json.loads(said.line))
    else:
        assert "id" not in message
