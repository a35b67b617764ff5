"""A cheat sells under many more keys, each of which is found out, so that he himself is not.

What stands against it: whom a list is ordered by is asked for one by one, however many were found
out after him.
"""

from __future__ import annotations

from pathlib import Path

from goodword.protocol.scope import Part, Scope
from goodword.storage.findings import FINDINGS_MAX
from tests.make import ANN, BEN, NOW, fresh, profile
from tests.world import Watch, traders

CROWD = [fresh(f"key {n}") for n in range(FINDINGS_MAX)]


def test_many_who_were_found_out_later_do_not_clear_one(tmp_path: Path) -> None:
    watch = Watch()
    with traders(tmp_path, [ANN], watch) as (ann,):
        for each in (BEN, *CROWD):
            ann.admit(profile(each, name="one"), profile(each, name="other"))
            watch.now = NOW + 1
        sellers = [each.public_key for each in (BEN, *CROWD)]
        with ann.database.reading() as db:
            scores = ann.trusting.scores(db, sellers, Scope(Part.SELLER))
        assert set(scores) == set(sellers)
        assert scores[BEN.public_key] < -0.9
