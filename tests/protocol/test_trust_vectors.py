"""trust.json replayed from its text alone, and the tables of SPEC 6 held to the code."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, ClassVar

import pytest

from goodword.crypto.keys import PublicKey
from goodword.protocol import opinion as opinions_module
from goodword.protocol import trust, voices, walk, word
from goodword.protocol.breaches import Wrong
from goodword.protocol.opinion import NEVER, Opinion, Reviewed, Said, opinions
from goodword.protocol.record import RecordId
from goodword.protocol.scope import Part, Scope
from goodword.protocol.trust import Found, judge, mix
from goodword.protocol.word import Word
from tests.vectors.make import path_of

from .test_spec import SPEC, section

FILE: Any = json.loads(path_of("trust").read_text(encoding="ascii"))
PEOPLE = {name: PublicKey(bytes.fromhex(key)) for name, key in FILE["people"].items()}
NAMES = {key: name for name, key in PEOPLE.items()}


def read(rater: str, subject: str, told: dict[str, Any]) -> Opinion:
    return Opinion(
        rater=PEOPLE[rater],
        subject=PEOPLE[subject],
        role=Part(told["role"]) if told["role"] else None,
        category=told["category"],
        strength=told["strength"],
        forward=told["forward"],
        made_at=told["made_at"],
        expires_at=NEVER if told["expires_at"] is None else told["expires_at"],
        sources=tuple(RecordId(bytes.fromhex(each)) for each in told["sources"]),
    )


class Told:
    """The opinions of the file, last first: their order must not matter."""

    said: ClassVar = [
        read(each["rater"], each["subject"], each) for each in reversed(FILE["opinions"])
    ]

    def by(self, rater: PublicKey, /) -> Sequence[Opinion]:
        return [each for each in self.said if each.rater == rater]

    def about(self, subject: PublicKey, /) -> Sequence[Opinion]:
        return [each for each in self.said if each.subject == subject]


def walked(told: dict[str, Any]) -> walk.Walk:
    blocked = frozenset(PEOPLE[each] for each in told["blocked"])
    return walk.walk(Told(), PEOPLE[told["me"]], told["now"], blocked)


def near(number: float) -> object:
    return pytest.approx(number, abs=1e-9)


@pytest.mark.parametrize("told", FILE["walks"], ids=lambda told: told["me"])
def test_a_walk_gives_the_weights_told(told: dict[str, Any]) -> None:
    found = walked(told)
    for name, key in PEOPLE.items():
        assert found.weight(key) == near(told["weights"].get(name, 0.0))


@pytest.mark.parametrize("told", FILE["judgements"], ids=lambda told: told["about"])
def test_a_judgement_is_as_told(told: dict[str, Any]) -> None:
    judged = judge(
        Told(),
        walked(told),
        PEOPLE[told["subject"]],
        Scope(Part(told["role"]) if told["role"] else None, told["category"]),
        [Found(**each) for each in told["found"]],
    )
    for each, expected in zip(judged.contributions, told["contributions"], strict=True):
        assert NAMES[each.rater] == expected["rater"]
        assert each.trust == near(expected["trust"])
        assert each.amount == near(expected["amount"])
        assert (each.weight, each.strength) == (expected["weight"], expected["strength"])
        assert each.found is None or each.found.what == expected["found"]
        assert (each.found is None) == (expected["found"] is None)
        assert each.left_out == expected["left_out"]
        assert [NAMES[step.by] for step in judged.path(each)] == expected["path"]
    for name in ("support", "against", "score", "reason"):
        assert getattr(judged, name) == near(told[name])
    assert judged.unreached == told["unreached"]
    heard = voices.voices(judged)
    assert [heard.support, heard.against] == told["voices"]
    through = [heard.only_support, heard.only_against]
    assert [NAMES[each] if each else None for each in through] == told["only"]
    assert word.word(judged, heard) == told["word"]


@pytest.mark.parametrize("told", FILE["statements"], ids=lambda told: told["about"])
def test_statements_make_the_opinions_told(told: dict[str, Any]) -> None:
    said = [Said(**_fields(each)) for each in told["said"]]
    reviewed = [Reviewed(**_fields(each)) for each in told["reviewed"]]
    made = opinions(PEOPLE["ann"], PEOPLE["ben"], said, reviewed)
    assert list(made) == [read("ann", "ben", each) for each in told["opinions"]]


def _fields(told: dict[str, Any]) -> dict[str, Any]:
    role = Part(told["role"]) if told["role"] else None
    return {**told, "role": role, "source": RecordId(bytes.fromhex(told["source"]))}


def test_a_place_in_a_list_is_as_told() -> None:
    for told in FILE["mixed"]:
        place = mix(told["relevance"], told["score"], is_avoided=told["is_avoided"])
        assert place == near(told["place"])


def test_the_file_says_every_word_and_breach_and_reason() -> None:
    judged = FILE["judgements"]
    shown = [each for told in judged for each in told["contributions"]]
    assert {told["word"] for told in judged} == set(Word)
    assert {each["found"] for each in shown} == {None, "blocked", *Wrong}
    assert {each["left_out"] for each in shown} == {None, *trust.Why}
    assert {told["role"] for told in judged} >= {None, *list(Part)[:2]}


# --- the words of the spec ---------------------------------------------------------------------


def table(number: str, heading: str) -> list[list[str]]:
    found = re.search(
        rf"^#+ {re.escape(number)} .*?^\| {heading} \|[^\n]*\n\|[-|]+\n(.*?)\n\n",
        SPEC,
        re.DOTALL | re.MULTILINE,
    )
    assert found
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in found[1].splitlines()]


def test_the_numbers_of_the_spec_are_those_of_the_code() -> None:
    for name, value, _ in table("6", "name"):
        (found,) = {
            getattr(module, name.strip("`"))
            for module in (trust, voices, walk, word)
            if hasattr(module, name.strip("`"))
        }
        assert found == float(value.replace(",", "")), name
    assert f"at most the {walk.FORWARDERS_MAX:,} of a level" in section("6.2")


def test_the_words_of_the_spec_are_those_of_the_code() -> None:
    assert {name.strip("`") for name, _ in table("6.5", "word")} == set(Word)


def test_the_strengths_of_the_spec_are_those_of_the_code() -> None:
    told = {
        name: (float(bare), float(dealt) if dealt else None)
        for statement, bare, dealt, _ in table("6.1", "statement")
        for name in re.findall(r"`(\w+)`", statement)
    }
    dealt = opinions_module.DEALT
    assert told == {
        **{
            name: (bare, dealt if bare > 0 else -dealt)
            for name, bare in opinions_module.STRENGTHS.items()
        },
        **{name: (bare, None) for name, bare in opinions_module.RATINGS.items()},
    }


def test_the_example_of_the_spec_is_that_of_the_vectors() -> None:
    told = FILE["judgements"][0]
    assert "SPEC 6.6" in told["about"]
    text = section("6.6")
    for each in told["contributions"]:
        assert f"{each['trust']:.9f}" in text
    for name in ("support", "against", "reason"):
        assert f"{told[name]:.9f}" in text
    assert f"\N{MINUS SIGN}{-told['score']:.9f}" in text
    assert f"`{told['word']}`" in text
