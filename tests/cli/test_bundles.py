"""Bundles, as somebody sees them who types commands."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from goodword.cli.commands import bundles
from goodword.cli.failure import OK, REFUSED
from goodword.node.bundles import SCOPES
from tests.cli.conftest import Street
from tests.cli.desk import goodword
from tests.make import CHEN, DAI, listing, vouch


def test_the_help_names_every_scope_that_the_node_knows() -> None:
    assert bundles.SCOPES == SCOPES
    shown = " ".join(goodword("bundle", "write", "--help").out.split())
    assert SCOPES in shown


async def test_what_is_written_here_is_read_there(
    street: Street, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is where the command is typed, not where the node runs."""
    monkeypatch.chdir(tmp_path)
    street.ann_hears(
        listing(CHEN, title="jar"), listing(DAI, title="cup"), vouch(CHEN, now=int(time.time()))
    )
    done = await street.ann("bundle", "write", "stick", "--scope", "all")
    assert (done.status, done.err) == (OK, "")
    size = (tmp_path / "stick").stat().st_size
    assert done.out.splitlines()[0] == (f"written: {tmp_path / 'stick'}, 3 records, {size} B")
    done = await street.ben("bundle", "read", "stick")
    assert (done.status, done.out) == (OK, "read: 3 kept, 0 known before, 0 refused\n")
    done = await street.ben("bundle", "read", "stick")
    assert done.out == "read: 0 kept, 3 known before, 0 refused\n"
    assert "jar" in (await street.ben("listing", "search", "jar")).out


async def test_what_is_refused_is_told_by_its_code(street: Street, tmp_path: Path) -> None:
    file = tmp_path / "stick"
    old = listing(CHEN, title="jar")
    street.ann_hears(old)
    assert (await street.ann("bundle", "write", str(file), "--scope", "all")).status == OK
    street.ann_hears(listing(CHEN, title="jug", revision=3))
    done = await street.ann("bundle", "read", str(file))
    assert done.status == OK
    assert done.out.splitlines() == [
        "read: 0 kept, 0 known before, 1 refused",
        "  record.stale_revision  1",
    ]


async def test_of_a_damaged_file_it_is_told_what_came_and_where_it_ends(
    street: Street, tmp_path: Path
) -> None:
    file = tmp_path / "stick"
    street.ann_hears(listing(CHEN, title="jar"), listing(DAI, title="cup"))
    await street.ann("bundle", "write", str(file), "--scope", "all")
    end = file.stat().st_size - 60
    os.truncate(file, end)
    done = await street.ben("bundle", "read", str(file))
    assert done.status == REFUSED
    assert done.out == "read: 1 kept, 0 known before, 0 refused\n"
    assert done.err.splitlines()[0] == (
        f"goodword: {file}: the bundle is damaged at byte {end}: the file ends here, before its end"
        " mark; what came before is kept"
    )
    done = await street.ben("bundle", "read", str(file), "--json")
    assert done.status == REFUSED
    assert json.loads(done.out)["damage"]["code"] == "bundle.damaged"
