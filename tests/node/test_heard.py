"""A record that comes by another topic goes on there once, and only while it is young."""

from __future__ import annotations

import pytest

from goodword.node import heard
from goodword.node.heard import HEARD_SECONDS, Heard
from goodword.protocol.record import RecordId
from tests.make import NOW

ONE, OTHER = RecordId(bytes(32)), RecordId(bytes(31) + b"\1")


def test_what_was_new_on_one_topic_goes_on_once_on_each_other() -> None:
    young = Heard()
    young.new(ONE, "people", NOW)
    assert not young.goes_on(ONE, "people", NOW)
    assert young.goes_on(ONE, "fruit", NOW + 1)
    assert not young.goes_on(ONE, "fruit", NOW + 1)
    assert young.goes_on(ONE, "region", NOW + HEARD_SECONDS)


def test_what_is_old_or_never_was_new_goes_no_further() -> None:
    young = Heard()
    young.new(ONE, "people", NOW)
    assert not young.goes_on(ONE, "fruit", NOW + HEARD_SECONDS + 1)
    assert not young.goes_on(OTHER, "fruit", NOW)


def test_the_oldest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heard, "HEARD_MAX", 1)
    young = Heard()
    young.new(ONE, "people", NOW)
    young.new(OTHER, "people", NOW)
    assert not young.goes_on(ONE, "fruit", NOW)
    assert young.goes_on(OTHER, "fruit", NOW)
