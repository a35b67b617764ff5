"""What is said of somebody, as a person reads it."""

from __future__ import annotations

import pytest

from goodword.cli import hearsay
from goodword.cli.page import plain
from tests.cli.desk import Answer
from tests.cli.judged import finding, judged, leg, voice, who

BEN = voice("Ben", "good", 0.13, leg("you", "Ben"), orders=2, role="seller")
CHEN = voice("Chen", "trust", 0.07, leg("you", "Chen", "know"), role="seller", category="ceramics")
DAI = voice("Dai", "warn", -0.03, leg("you", "Ben"), leg("Ben", "Dai", "know"), text="no bowl")

TWO_VERSIONS = finding("said two things at once", -0.25, records=["cc" * 32, "dd" * 32])
NOT_DELIVERED = finding("did not ship", -1.0, order="ee" * 32)
BLOCK = finding("is blocked by you", -1.0)


def text(answer: Answer) -> str:
    return "\n".join(line for each in hearsay.whole(answer) for line in plain(each))


def test_the_sentence_says_who_says_what_and_how_you_know_him() -> None:
    assert hearsay.sentence(judged("known, good", [BEN, CHEN])) == (
        "known, good: Ben, whom you trust, bought from them twice: good;"
        " Chen, whom you know, vouches for their ceramics"
    )


@pytest.mark.parametrize(
    ("said", "clause"),
    [
        (DAI, "Dai, whom Ben knows, warns about them (“no bowl”)"),
        (voice("you", "trust", 0.5), "you vouch for them"),
        (voice("you", "warn", -0.5, role="buyer"), "you warn about them as a buyer"),
        (voice("you", "bad", -1.0, role="buyer", orders=1), "you sold to them once: bad"),
        (
            voice("Ben", "trust", 0.1, leg("you", "Ben"), orders=3, role="seller"),
            "Ben, whom you trust, bought from them 3 times and vouches for them as a seller",
        ),
        (
            voice("Ben", "know", 0.1, leg("you", "Ben"), orders=1),
            "Ben, whom you trust, traded with them once and vouches for them",
        ),
        (
            voice("Ben", "know", 0.1, leg("you", "Ben"), role="agent", category="tea"),
            "Ben, whom you trust, vouches for them as an agent in tea",
        ),
        (
            voice("Ben", "warn", -0.1, leg("you", "Ben"), text="x" * 100),
            f"Ben, whom you trust, warns about them (“{'x' * 59}…”)",
        ),
    ],
)
def test_each_clause(said: Answer, clause: str) -> None:
    assert hearsay.sentence(judged("warned", [said])) == f"warned: {clause}"


def test_nobody_says_anything() -> None:
    assert hearsay.sentence(judged("no opinion")) == (
        "no opinion: nobody whom you trust, up to three steps away, says anything of them"
    )


def test_what_hangs_on_one_person_is_said() -> None:
    voices = {"for": 1, "against": 0, "for_through": who("Bob"), "against_through": None}
    assert hearsay.sentence(judged("some reason", [BEN], voices=voices)).endswith(
        "; only through Bob"
    )
    voices = {"for": 2, "against": 1, "for_through": None, "against_through": who("Ben")}
    assert hearsay.sentence(judged("warned", [BEN, DAI], voices=voices)).endswith(
        "; against them only through Ben"
    )


def test_more_than_three_are_counted() -> None:
    many = [BEN, CHEN, BEN, CHEN]
    rest = {"people": 4, "support": 0.01, "against": 0.0}
    assert hearsay.sentence(judged("known, good", many, rest=rest)).endswith("; 5 others too")


def test_blocked_is_said_and_nothing_else() -> None:
    answer = judged("avoid", [{**BEN, "is_counted": False}], findings=[BLOCK], is_blocked=True)
    assert hearsay.sentence(answer) == "avoid: Ann is blocked by you"
    assert text(answer).endswith("  your node -> goodword person unblock takes it back")


def test_the_table_adds_up_to_the_score() -> None:
    rest = {"people": 2, "support": 0.01, "against": 0.0}
    shown = text(judged("some reason", [BEN, CHEN, DAI], rest=rest, support=0.21, against=0.03))
    told = [line.split() for line in shown.splitlines()]
    assert ["0.130000", "Ben", "bought"] in [each[:3] for each in told]
    assert ["0.030000", "Dai", "warns"] in [each[:3] for each in told]
    assert ["0.010000", "0.000000", "2", "others"] in told
    assert "(0.210000 - 4x0.030000) / (0.210000 + 4x0.030000 + 0.02)" in shown


def test_each_way_is_proved_by_records() -> None:
    assert "you -> aaaaaaaa -> Ben -> aaaaaaaa -> Dai -> bbbbbbbb" in text(judged("warned", [DAI]))


def test_own_experience_sets_the_others_aside() -> None:
    mine = voice("you", "warn", -0.5, text="lied")
    shown = text(judged("avoid", [mine, {**BEN, "is_counted": False}]))
    assert "avoid: you warn about them (“lied”)\n" in shown
    assert f"{hearsay.RULE}\n  Ben, whom you trust, bought" in shown


def test_whom_you_distrust_is_shown_and_not_counted() -> None:
    said = {**voice("Dai", "good", 0.0), "is_me": False, "is_counted": False}
    shown = text(judged("no opinion", [said]))
    assert shown.startswith("no opinion: nobody whom you trust")
    assert f"{hearsay.UNHEARD}\n  Dai, whom you distrust, traded with them" in shown
    assert hearsay.RULE not in shown
    assert shown.endswith("\n  Dai -> bbbbbbbb")


def test_a_finding_of_your_node_is_shown_with_its_proof() -> None:
    shown = text(judged("warned", findings=[TWO_VERSIONS, NOT_DELIVERED]))
    assert shown.startswith("warned: Ann said two things at once; Ann did not ship\n")
    assert "0.250000  your node  said two things at once" in shown
    assert "your node -> cccccccc, dddddddd\n" in shown
    assert shown.endswith("  your node -> goodword order show eeeeeeee")


def test_roles_are_shown_apart() -> None:
    apart = [
        {"role": "buyer", "category": None, "word": "warned", "score": -0.4},
        {"role": "seller", "category": "tea", "word": "known, good", "score": 0.8},
    ]
    shown = text(judged("some reason", [BEN], apart=apart))
    assert shown.endswith(
        "  as a buyer: warned (-0.400)\n  as a seller of tea: known, good (+0.800)"
    )
