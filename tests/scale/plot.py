"""A plot: four panels over the number of people, as one SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from .keeping import Policy
from .world import Result

WIDTH: Final = 980
HEIGHT: Final = 740
PANEL_WIDTH, PANEL_HEIGHT = 380, 230
LEFT, TOP, COLUMN, ROW = 70, 96, 480, 330
"""Lengths, in pixels of the picture at its natural size."""

INK, PAPER, FAINT = "#23303a", "#fbfaf7", "#c3c9cd"
COLOURS: Final = {
    "seller": "#b3392f",
    "friends": "#c98a1b",
    "circle": "#2e7d52",
    "categories": "#2b6cb0",
    "everything": "#8a949b",
}
FONT: Final = "system-ui, 'Noto Sans', sans-serif"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    title: str
    figure: Callable[[Result], float]
    dashed: Callable[[Result], float] | None = None
    is_share: bool = False
    """On a straight scale from 0 to 1; others are logarithms."""
    unit: str = ""


PANELS: Final = (
    Panel(
        title="shops within two hops that a person coming online can ask for",
        figure=lambda each: each.near,
        is_share=True,
        unit="dashed: or has on disk",
        dashed=lambda each: each.near_with_disk,
    ),
    Panel(
        title="bytes a day online, median",
        figure=lambda each: each.needed,
        dashed=lambda each: each.total,
        unit="dashed: with all that is repeated",
    ),
    Panel(
        title="hours until half of those who want it know a change",
        figure=lambda each: each.half,
        dashed=lambda each: each.half_floor,
        unit="dashed: until half have been online",
    ),
    Panel(title="records kept, median", figure=lambda each: each.records),
)


def draw(results: Sequence[Result]) -> str:
    """SVG text."""
    size = {"width": f"{WIDTH}", "height": f"{HEIGHT}", "viewBox": f"0 0 {WIDTH} {HEIGHT}"}
    svg = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "font-family": FONT, **size})
    SubElement(svg, "rect", {"width": "100%", "height": "100%", "fill": PAPER})
    _legend(svg, list(dict.fromkeys(each.policy for each in results)))
    for number, panel in enumerate(PANELS):
        x, y = LEFT + number % 2 * COLUMN, TOP + number // 2 * ROW
        frame = SubElement(svg, "g", {"transform": f"translate({x} {y})"})
        _draw_panel(frame, panel, results)
    return tostring(svg, encoding="unicode")


def _legend(svg: Element, policies: Sequence[Policy]) -> None:
    _text(
        svg,
        LEFT,
        26,
        "Simulated networks by the number of people, with the churn of a measured market",
        size=16,
    )
    for number, policy in enumerate(policies):
        x = LEFT + number * 184
        line = {"x1": f"{x}", "x2": f"{x + 20}", "y1": "46", "y2": "46", "stroke-width": "3"}
        SubElement(svg, "line", {**line, "stroke": COLOURS[policy.name]})
        _text(svg, x + 26, 50, policy.caption)


def _draw_panel(frame: Element, panel: Panel, results: Sequence[Result]) -> None:
    people = sorted({each.people for each in results})
    told = [panel.figure(each) for each in results]
    told += [panel.dashed(each) for each in results] if panel.dashed else []
    low, high = (0.0, 1.0) if panel.is_share else _decades(told)

    def place(n: int, figure: float) -> tuple[float, float] | None:
        if not math.isfinite(figure) or (figure <= 0 and not panel.is_share):
            return None
        value = figure if panel.is_share else math.log10(figure)
        across = math.log(n / people[0]) / (math.log(people[-1] / people[0]) or 1.0)
        x = PANEL_WIDTH * across
        return x, PANEL_HEIGHT * (1 - (value - low) / (high - low))

    _text(frame, 0, -12, panel.title, size=13)
    _text(frame, PANEL_WIDTH, PANEL_HEIGHT + 36, panel.unit, anchor="end")
    for mark, label in _marks(low, high, is_share=panel.is_share):
        y = PANEL_HEIGHT * (1 - (mark - low) / (high - low))
        _rule(frame, 0, y, PANEL_WIDTH, y)
        _text(frame, -8, y + 4, label, anchor="end")
    for n in people:
        x, _ = place(n, 1.0) or (0.0, 0.0)
        _rule(frame, x, 0, x, PANEL_HEIGHT)
        _text(frame, x, PANEL_HEIGHT + 18, f"{n:,}", anchor="middle")
    for policy in dict.fromkeys(each.policy for each in results):
        of = sorted((r for r in results if r.policy == policy), key=lambda each: each.people)
        for figure, dash in ((panel.dashed, "5 4"), (panel.figure, "")):
            if figure is not None:
                points = [place(each.people, figure(each)) for each in of]
                _curve(frame, [each for each in points if each], COLOURS[policy.name], dash)


def _curve(frame: Element, points: Sequence[tuple[float, float]], colour: str, dash: str) -> None:
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    line = {"points": way, "fill": "none", "stroke": colour, "stroke-width": "2"}
    SubElement(frame, "polyline", {**line, "stroke-dasharray": dash} if dash else line)
    for x, y in points if not dash else ():
        SubElement(frame, "circle", {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "3", "fill": colour})


def _decades(figures: Sequence[float]) -> tuple[float, float]:
    logs = [math.log10(each) for each in figures if math.isfinite(each) and each > 0]
    if not logs:
        return 0.0, 1.0
    return math.floor(min(logs)), max(math.ceil(max(logs)), math.floor(min(logs)) + 1)


def _marks(low: float, high: float, *, is_share: bool) -> list[tuple[float, str]]:
    if is_share:
        return [(each / 4, f"{each * 25} %") for each in range(5)]
    return [(float(each), _amount(10.0**each)) for each in range(int(low), int(high) + 1)]


def _amount(figure: float) -> str:
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if figure >= unit:
            return f"{figure / unit:g}{name}"
    return f"{figure:g}"


def _rule(frame: Element, x1: float, y1: float, x2: float, y2: float) -> None:
    ends = {"x1": f"{x1:.1f}", "y1": f"{y1:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}"}
    SubElement(frame, "line", {**ends, "stroke": FAINT, "stroke-width": "0.7"})


def _text(
    frame: Element, x: float, y: float, text: str, *, size: int = 12, anchor: str = "start"
) -> None:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "font-size": f"{size}", "fill": INK}
    SubElement(frame, "text", {**place, "text-anchor": anchor}).text = text
