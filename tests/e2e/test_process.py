"""The process: it starts once, says nothing needless, and leaves nothing when it ends."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from goodword.cli.failure import OK, REFUSED, USAGE
from tests.e2e.street import Street
from tests.nodes import Node

pytestmark = pytest.mark.xdist_group("process")

STOP_SECONDS = 3.0


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_at_once_and_cleanly(ann: Node, ben: Node, how: signal.Signals) -> None:
    """While others are connected, and somebody watches."""
    ben.ask("node.connect", address=ann.addresses[0])
    with ben.watching():
        began = time.monotonic()
        assert ben.stop(how) == OK
    assert time.monotonic() - began < STOP_SECONDS
    said = [line for line in ben.said.splitlines() if "listening on" not in line]
    assert said == [f"goodword: ready: {ben.person}"]
    assert not ben.socket.exists()
    assert not [line for line in _log(ben) if " WARNING " in line or " ERROR " in line]


def test_a_second_node_in_the_same_home_is_refused(ann: Node) -> None:
    second = ann.cli("start", "--listen", "/ip4/127.0.0.1/tcp/0")
    assert (second.returncode, second.stdout) == (REFUSED, "")
    assert second.stderr.splitlines() == [
        f"goodword: a node is already running in {ann.home}",
        "goodword: hint: stop it first",
    ]
    assert ann.ask("node.status")["person"]["address"] == ann.person


def test_a_node_that_was_killed_starts_again_over_what_it_left(ann: Node, ben: Node) -> None:
    ben.kill()
    assert ben.socket.exists()
    ben.start(*ann.addresses)
    assert ben.stop() == OK
    assert not ben.socket.exists()


def test_a_locked_home_opens_with_its_passphrase_alone(street: Street) -> None:
    right, wrong = (street.path / name for name in ("right", "wrong"))
    right.write_text("four words on paper")
    wrong.write_text("five words on paper")
    ann = street.house("ann", is_new=False)
    assert ann.cli("init", "--name", "Ann", "--passphrase-file", str(right)).returncode == OK
    code, text = _refusal(ann, wrong)
    assert (code, text.startswith("goodword: the passphrase is wrong")) == (REFUSED, True)
    assert _refusal(ann, None)[0] == REFUSED
    ann.begin(words=("--passphrase-file", str(right)))
    assert ann.ready().ask("node.status")["person"]["address"] == ann.person


def test_an_address_that_is_taken_is_named(ann: Node, ben: Node) -> None:
    taken = ann.addresses[0].partition("/p2p/")[0]
    ben.stop()
    done = ben.cli("start", "--listen", taken)
    assert done.returncode == USAGE
    assert taken in done.stderr


def _refusal(node: Node, passphrase: Path | None) -> tuple[int, str]:
    words = ("--passphrase-file", str(passphrase)) if passphrase else ()
    done = node.cli("start", *words)
    return done.returncode, done.stderr.splitlines()[0]


def _log(node: Node) -> list[str]:
    return (node.home / "node.log").read_text().splitlines()
