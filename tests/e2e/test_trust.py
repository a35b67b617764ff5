"""What a friend of a friend says, on three nodes: heard, proved, and taken back."""

from __future__ import annotations

import json
import re
from typing import Final

import pytest

from tests.e2e.street import Street
from tests.nodes import Json, Node

pytestmark = pytest.mark.xdist_group("trust")

SECONDS: Final = 10.0
"""In which a word crosses a node and is read: a person who looks again."""


def judged(by: Node, about: Node) -> Json:
    return by.ask("trust.show", person=about.person)


def test_a_word_of_a_friends_friend_is_told_proved_and_changed(street: Street) -> None:
    """Dai trusts Chen, and Chen trusts Ann, whose node Dai's never speaks to."""
    dai, chen, ann = street.live("dai", "chen", "ann")
    dai.until(lambda: dai.ask("profile.show", person=ann.person)["person"]["name"] is not None)
    for person, name in ((chen, "Chen"), (ann, "Ann")):
        dai.ask("person.name", person=person.person, petname=name)
    assert judged(dai, ann)["word"] == "no opinion"

    dai.ask("vouch.give", person=chen.person, strength="trust", how="my brother")
    chen.ask("vouch.give", person=ann.person, strength="trust", how="her bowls never break")
    dai.until(lambda: bool(judged(dai, ann)["evidence"]), SECONDS)
    shown = dai.cli("trust", "show", "Ann")
    assert shown.returncode == 0, shown.stderr
    first, *lines = shown.stdout.splitlines()
    assert first == "some reason: Chen, whom you trust, vouches for them; only through Chen"
    (way,) = (line for line in lines if line.startswith("  you -> "))
    found = re.fullmatch(r"  you -> ([0-9a-f]{8}) -> Chen -> ([0-9a-f]{8})", way)
    assert found, way
    of_dai, of_chen = (record(dai, each) for each in found.groups())
    assert (of_dai["author"]["address"], of_dai["body"]["strength"]) == (dai.person, "trust")
    assert (of_chen["author"]["address"], of_chen["body"]["how"]) == (
        chen.person,
        "her bowls never break",
    )

    chen.ask("warn.give", person=ann.person, because="the last one came in pieces")
    dai.until(lambda: judged(dai, ann)["word"] == "warned", SECONDS)
    shown = dai.cli("trust", "show", "Ann")
    assert shown.stdout.startswith(
        "warned: Chen, whom you trust, warns about them (“the last one came in pieces”);"
        " only through Chen\n"
    )
    chen.ask("warn.revoke", person=ann.person)
    dai.until(lambda: judged(dai, ann)["word"] == "no opinion", SECONDS)


def record(of: Node, beginning: str) -> Json:
    """What `record show` says of an id that was printed."""
    done = of.cli("record", "show", beginning, "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))
