"""Neighbours find each other, in a network namespace of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import os, trio
from goodword.node.lan import Lan
from goodword.node.transport import Transport

async def main():
    nodes = [Transport(os.urandom(32), ["/ip4/127.0.0.1/tcp/0"]) for _ in range(2)]
    met = trio.Event()
    nodes[1].on_peer(lambda _: met.set(), lambda _: None)
    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            for node in nodes:
                await nursery.start(node.run)
                await nursery.start(Lan(node).run)
            await met.wait()
            print("met", nodes[1].peers() == [nodes[0].peer_id])
            nursery.cancel_scope.cancel()

trio.run(main)
"""
NETWORK = "ip link set lo up multicast on && ip route add 224.0.0.0/4 dev lo"


@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")
def test_two_nodes_on_one_lan_find_each_other(tmp_path: Path) -> None:
    """With a loopback that knows multicast, cut off from every other network."""
    script = tmp_path / "neighbours.py"
    script.write_text(SCRIPT)
    own_network = ["-n"] if os.geteuid() == 0 else ["-Urn"]
    done = subprocess.run(
        ["unshare", *own_network, "sh", "-c", f'{NETWORK} && exec "{sys.executable}" "{script}"'],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "met True\n", done.stderr
