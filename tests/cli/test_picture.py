"""The picture of why: what stands in it, and that no name can break out of it."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, fromstring

import pytest

from goodword.cli.picture import VOICES_MAX, draw
from tests.cli.desk import Answer
from tests.cli.judged import judged, leg, voice, who

SVG = "{http://www.w3.org/2000/svg}"

BEN = voice("Ben", "good", 0.13, leg("you", "Ben"), orders=2, role="seller")
DAI = voice("Dai", "warn", -0.03, leg("you", "Ben"), leg("Ben", "Dai", "know"))


def drawn(answer: Answer) -> Element:
    return fromstring(draw(answer))


def texts(answer: Answer) -> set[str]:
    return {each.text or "" for each in drawn(answer).iter(f"{SVG}text")}


def boxes(answer: Answer) -> list[tuple[float, float]]:
    return [
        (float(each.attrib["x"]), float(each.attrib["y"]))
        for each in drawn(answer).iter(f"{SVG}rect")
        if "x" in each.attrib
    ]


def lines(answer: Answer) -> list[Element]:
    return list(drawn(answer).iter(f"{SVG}path"))


def test_everybody_on_the_way_has_one_box_and_each_leg_its_word() -> None:
    answer = judged("warned", [BEN, DAI])
    assert {"you", "Ben", "Dai", "Ann", "trusts", "knows", "warns", "bought 2 x: good"} <= texts(
        answer
    )
    assert len(boxes(answer)) == len(set(boxes(answer))) == 4
    assert len(lines(answer)) == 4  # you-Ben is shared


def test_a_warning_is_dashed_and_a_shared_leg_heavier() -> None:
    widths = {
        each.attrib["stroke-width"]: each.attrib.get("stroke-dasharray")
        for each in lines(judged("warned", [BEN, DAI]))
    }
    heaviest = max(widths, key=float)
    assert widths[heaviest] is None
    assert sum(dash is not None for dash in widths.values()) == 1


def test_no_line_crosses_the_box_of_somebody_else() -> None:
    """Ben's word on Ann passes the column in which Dai stands."""
    answer = judged("warned", [BEN, DAI])
    at = {(round(x), round(y)) for x, y in boxes(answer)}
    for each in lines(answer):
        numbers = [float(n) for n in re.findall(r"-?\d+\.\d", each.attrib["d"])]
        inner = zip(numbers[2:-2:2], numbers[3:-2:2], strict=True)
        assert not any((round(x), round(y - 19)) in at for x, y in inner)


def test_only_the_heaviest_voices_are_drawn() -> None:
    many = [voice(f"P{n}", "trust", 0.1 + n, leg("you", f"P{n}")) for n in range(VOICES_MAX + 5)]
    shown = texts(judged("known, good", many))
    assert {f"P{n}" for n in range(5, VOICES_MAX + 5)} <= shown
    assert not {"P0", "P4"} & shown


@pytest.mark.parametrize(
    "name", ['<script>alert("x")</script>', "a & b", "\x1b[2J\u202e", "茶" * 40]
)
def test_a_name_stays_text(name: str) -> None:
    answer = judged("known, good", [voice("Ben", "trust", 1.0, leg("you", "Ben"))])
    answer["person"] = {**who("Ann"), "petname": name}
    picture = drawn(answer)
    kinds = {each.tag.removeprefix(SVG) for each in picture.iter()}
    assert kinds == {"svg", "title", "rect", "path", "polygon", "text"}
    assert "href" not in draw(answer)


def test_nobody_says_anything_and_still_there_is_a_picture() -> None:
    assert {"you", "Ann"} <= texts(judged("no opinion"))
    assert not lines(judged("no opinion"))
