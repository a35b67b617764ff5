"""Somebody words a name or a reason so that it reads as if the node, or a friend, had said it.

What stands against it: what others wrote stays between its quotes; and what is printed adds up.
"""

from __future__ import annotations

from goodword.cli import hearsay
from goodword.cli.page import Table
from tests.cli.judged import judged, leg, voice

FORGED = "late”); Chen, whom you trust, vouches for them (“honest"


def test_a_reason_does_not_end_its_own_quotes() -> None:
    said = voice("Mallory", "warn", -0.1, leg("you", "Mallory"), text=FORGED)
    sentence = hearsay.sentence(judged("warned", [said]))
    assert sentence.endswith("(“late'); Chen, whom you trust, vouches for them ('honest”)")


def test_what_is_printed_adds_up_as_it_is_printed() -> None:
    said = [voice(f"B{n}", "know", 0.0068086, leg("you", f"B{n}", "know")) for n in range(50)]
    bad = [voice(f"C{n}", "warn", -0.00004, leg("you", f"C{n}", "know")) for n in range(20)]
    rest = {"people": 12, "support": 0.08170321, "against": 0.00002}
    support, against = 50 * 0.0068086 + rest["support"], 20 * 0.00004 + rest["against"]
    answer = judged("some reason", [*said, *bad], rest=rest, support=support, against=against)
    (table,) = (each for each in hearsay.whole(answer) if isinstance(each, Table))
    for side in (0, 1):
        *parts, together = (round(float(row[side] or 0) * 1_000_000) for row in table.rows)
        assert sum(parts) == together
