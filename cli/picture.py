"""A picture of why: the ways from you to somebody, as SVG, of the numbers of `trust show`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from . import hearsay
from .client import Json
from .page import cells, clean
from .words import person

VOICES_MAX: Final = 12
"""Voices that are drawn, the heaviest: more lines are a thicket."""

COLUMN: Final = 230
ROW: Final = 76
MARGIN: Final = 40
BOX_WIDTH: Final = 138
BOX_HEIGHT: Final = 38
HEAD: Final = 88
FOOT: Final = 46
"""Lengths, in pixels of the picture at its natural size."""

NAME_CELLS: Final = 16
LINE_CELLS: Final = 100
"""Columns of text that fit in a box, or above the picture."""

INK, PAPER, FAINT, GOOD, BAD = "#23303a", "#fbfaf7", "#8a949b", "#2e7d52", "#b3392f"
FONT: Final = "system-ui, 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', sans-serif"

WIDTH_MIN, WIDTH_MAX = 1.4, 7.0
"""Of a line: the most that anybody weighs here is WIDTH_MAX."""


@dataclass(slots=True)
class _Place:
    name: str
    column: int
    weight: float = 0.0
    """How much of the sum goes through here: the heaviest is drawn in the middle of a column."""
    is_bend: bool = False
    """Nobody: where a line passes a column, so that it crosses no box there."""
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leg:
    start: str
    end: str
    label: str
    is_against: bool
    weight: float


@dataclass(slots=True)
class _Chart:
    places: dict[str, _Place] = field(default_factory=dict[str, _Place])
    """By address; a bend by the two addresses of its line, and its column."""
    legs: dict[tuple[str, str], _Leg] = field(default_factory=dict[tuple[str, str], _Leg])

    def way(self, leg: _Leg) -> list[_Place]:
        """The places that the line goes through, its ends included."""
        start, end = self.places[leg.start], self.places[leg.end]
        between = range(start.column + 1, end.column)
        return [start, *(self.places[_bend(leg, column)] for column in between), end]


def _bend(leg: _Leg, column: int) -> str:
    return f"{leg.start}>{leg.end}>{column}"


def draw(judged: Json) -> str:
    """The SVG, a text that stands for itself: no script, no font, nothing fetched."""
    chart = _chart(judged)
    width, height = _lay_out(chart)
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width} {height}",
            "width": str(width),
            "height": str(height),
            "font-family": FONT,
            "role": "img",
        },
    )
    sentence = hearsay.sentence(judged)
    SubElement(svg, "title").text = clean(sentence)
    SubElement(svg, "rect", {"width": "100%", "height": "100%", "fill": PAPER})
    _head(svg, judged, sentence)
    heaviest = max((leg.weight for leg in chart.legs.values()), default=1.0) or 1.0
    for leg in chart.legs.values():
        _draw_leg(svg, chart, leg, heaviest)
    for leg in chart.legs.values():
        _name_leg(svg, chart, leg)
    subject = judged["person"]["address"]
    for address, place in chart.places.items():
        if place.is_bend:
            continue
        colour = _colour(judged) if address == subject else INK
        _draw_place(svg, place, colour, is_bold=address in ("", subject))
    _foot(svg, judged, height)
    return tostring(svg, encoding="unicode") + "\n"


# --- what is drawn -----------------------------------------------------------------------------


def _chart(judged: Json) -> _Chart:
    """Places in columns by steps from you; the person in question stands last."""
    chart = _Chart({"": _Place("you", 0)})
    voices = [each for each in judged["evidence"] if each["is_counted"]]
    voices = sorted(voices, key=lambda each: -abs(each["amount"]))[:VOICES_MAX]
    last = max((each["steps"] for each in voices), default=0) + 1
    subject = judged["person"]
    chart.places[subject["address"]] = _Place(person(subject), last)
    for voice in voices:
        start, weight = "", abs(voice["amount"])
        for column, leg in enumerate(voice["path"], start=1):
            end = leg["to"]["address"]
            place = chart.places.setdefault(end, _Place(person(leg["to"]), column))
            place.weight += weight
            _join(chart, start, end, _kind(leg["says"]), weight, is_against=False)
            start = end
        is_against = voice["amount"] < 0
        _join(chart, start, subject["address"], _label(voice), weight, is_against=is_against)
    for leg in chart.legs.values():
        for column in range(chart.places[leg.start].column + 1, chart.places[leg.end].column):
            bend = _Place("", column, weight=leg.weight, is_bend=True)
            chart.places[_bend(leg, column)] = bend
    return chart


def _join(
    chart: _Chart, start: str, end: str, label: str, weight: float, *, is_against: bool
) -> None:
    """A leg that several voices share is as heavy as they are together."""
    before = chart.legs.get((start, end))
    chart.legs[start, end] = _Leg(
        start=start,
        end=end,
        label=before.label if before else label,
        is_against=is_against,
        weight=weight + (before.weight if before else 0.0),
    )


def _kind(says: str) -> str:
    return {"trust": "trusts", "know": "knows"}[says]


def _label(voice: Json) -> str:
    match voice["says"]:
        case "warn":
            return "warns"
        case "trust" | "know":
            dealt = f", {voice['orders']} orders" if voice["orders"] > 1 else ", dealt"
            return _kind(voice["says"]) + (dealt if voice["orders"] else "")
        case rating:
            verb = "sold" if voice["role"] == "buyer" else "bought"
            return f"{verb} {max(voice['orders'], 1)} x: {rating}"


def _lay_out(chart: _Chart) -> tuple[int, int]:
    """Give each place its x and y; the size of the whole."""
    columns: dict[int, list[_Place]] = {}
    for place in chart.places.values():
        columns.setdefault(place.column, []).append(place)
    rows = max(map(len, columns.values()))
    middle = HEAD + MARGIN + rows * ROW / 2
    for column, places in columns.items():
        # The heaviest in the middle, the others around it.
        ordered: list[_Place] = []
        for number, place in enumerate(sorted(places, key=lambda each: -each.weight)):
            ordered.insert(0 if number % 2 else len(ordered), place)
        for number, place in enumerate(ordered):
            place.x = MARGIN + BOX_WIDTH / 2 + column * COLUMN
            place.y = middle + (number - (len(ordered) - 1) / 2) * ROW
    width = 2 * MARGIN + BOX_WIDTH + max(columns) * COLUMN
    return max(round(width), 760), round(middle + rows * ROW / 2 + MARGIN + FOOT)


# --- how it is drawn ---------------------------------------------------------------------------


def _head(svg: Element, judged: Json, sentence: str) -> None:
    title = f"{person(judged['person'])}, seen from you"
    scope = hearsay.in_scope(judged["role"], judged["category"])
    _text(svg, MARGIN, 38, title + (f", {scope}" if scope else ""), size=19, weight="600")
    for number, line in enumerate(_lines(sentence)):
        _text(svg, MARGIN, 62 + 19 * number, line, size=13, fill=_colour(judged))


def _lines(sentence: str) -> list[str]:
    """In two lines, broken between words where there are some."""
    if cells(sentence) <= LINE_CELLS:
        return [sentence]
    at = len(_cut(sentence, LINE_CELLS)) - 1
    at = sentence.rfind(" ", 0, at) + 1 or at
    return [sentence[:at], _cut(sentence[at:], LINE_CELLS)]


def _foot(svg: Element, judged: Json, height: int) -> None:
    score = (
        f"score {judged['score']:+.2f}, reason strength {judged['reason']:.2f}: "
        f"{judged['voices']['for']} independent voices for, {judged['voices']['against']} against"
    )
    _text(svg, MARGIN, height - 22, score, size=12, fill=FAINT)


def _draw_leg(svg: Element, chart: _Chart, leg: _Leg, heaviest: float) -> None:
    points = _points(chart.way(leg))
    colour = BAD if leg.is_against else GOOD
    width = WIDTH_MIN + (WIDTH_MAX - WIDTH_MIN) * math.sqrt(leg.weight / heaviest)
    SubElement(
        svg,
        "path",
        {
            "d": _curve(points),
            "fill": "none",
            "stroke": colour,
            "stroke-width": f"{width:.1f}",
            "stroke-opacity": "0.75",
            **({"stroke-dasharray": "7 4"} if leg.is_against else {}),
        },
    )
    x, y = points[-1]
    tip = f"{x - 2:.1f},{y - 6:.1f} {x + 7:.1f},{y:.1f} {x - 2:.1f},{y + 6:.1f}"
    SubElement(svg, "polygon", {"points": tip, "fill": colour})


def _name_leg(svg: Element, chart: _Chart, leg: _Leg) -> None:
    """In the middle of its one stretch, or of the level one: where the fewest lines meet."""
    points = _points(chart.way(leg))
    (x1, y1), (x2, y2) = points[-3:-1] if len(points) > 2 else points
    x, y = x1 + (x2 - x1) * 0.46, y1 + (y2 - y1) * 0.44 + 4
    fill = BAD if leg.is_against else GOOD
    for around in ({"stroke": PAPER, "stroke-width": "4"}, dict[str, str]()):
        _text(svg, x, y, leg.label, size=11, fill=fill, anchor="middle", around=around)


def _points(way: list[_Place]) -> list[tuple[float, float]]:
    """From the right edge of the first box to the left edge of the last, and through each bend."""
    inner = [
        (x, each.y) for each in way[1:-1] for x in (each.x - BOX_WIDTH / 2, each.x + BOX_WIDTH / 2)
    ]
    start, end = way[0], way[-1]
    return [(start.x + BOX_WIDTH / 2, start.y), *inner, (end.x - BOX_WIDTH / 2 - 7, end.y)]


def _curve(points: list[tuple[float, float]]) -> str:
    """Level at each point, so that the stretches join without a corner."""
    parts = [f"M{points[0][0]:.1f},{points[0][1]:.1f}"]
    for (x1, y1), (x2, y2) in pairwise(points):
        bend = (x2 - x1) * 0.45
        parts.append(f"C{x1 + bend:.1f},{y1:.1f} {x2 - bend:.1f},{y2:.1f} {x2:.1f},{y2:.1f}")
    return " ".join(parts)


def _draw_place(svg: Element, place: _Place, colour: str, *, is_bold: bool) -> None:
    SubElement(
        svg,
        "rect",
        {
            "x": f"{place.x - BOX_WIDTH / 2:.1f}",
            "y": f"{place.y - BOX_HEIGHT / 2:.1f}",
            "width": str(BOX_WIDTH),
            "height": str(BOX_HEIGHT),
            "rx": "19",
            "fill": "#ffffff",
            "stroke": colour,
            "stroke-width": "2.4" if is_bold else "1.2",
        },
    )
    name = _cut(place.name, NAME_CELLS)
    weight = "600" if is_bold else "400"
    _text(svg, place.x, place.y + 5, name, size=13, fill=colour, anchor="middle", weight=weight)


def _text(
    svg: Element,
    x: float,
    y: float,
    text: str,
    *,
    size: int,
    fill: str = INK,
    anchor: str = "start",
    weight: str = "400",
    around: Mapping[str, str] = MappingProxyType({}),
) -> None:
    SubElement(
        svg,
        "text",
        {
            "x": f"{x:.1f}",
            "y": f"{y:.1f}",
            "font-size": str(size),
            "font-weight": weight,
            "fill": fill,
            "text-anchor": anchor,
            **around,
        },
    ).text = clean(text)  # a control character would be no XML


def _colour(judged: Json) -> str:
    match judged["word"]:
        case "known, good" | "some reason":
            return GOOD
        case "warned" | "avoid":
            return BAD
        case _:
            return INK


def _cut(text: str, most: int) -> str:
    if cells(text) <= most:
        return text
    while cells(text) > most - 1:
        text = text[:-1]
    return f"{text}…"
