"""Drawings of views: panels as Vega-Lite has them, put under each other in one SVG.

What belongs here: how bars, series and networks look, and what may stand in a drawing that is put into a page. What
does not: what they show, which is `views_rows` and `views_series`.

Text and lines have `currentColor` and marks `var(--chart-1, …)`, so that the page decides what is light and dark. Places
are reckoned here and not from the widths of letters, so the bytes do not depend on the fonts of the machine.
"""

import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from xml.etree import ElementTree as ET

Spec = dict[str, Any]
Placed = tuple[float, float, list[str], str | None]
"""A text: x, in lines around y, and the path that it leads to."""

MOST_DRAWN = 60
"""Bars, series, or ends on one side, above which a drawing is read no more and is not made."""

WIDTH = 680
"""Width of every drawing, in pixels; a page may scale it."""
_LINE, _SIZE = 16, 13
"""Height of a line of text and size of its letters, in pixels."""
_WRAP, _MOST_LINES = 34, 3
"""Letters of a label in a line, and lines of a label; what is longer ends in `…`, and stands whole in the data."""
_LABELS = 250
"""Width of a column of labels, in pixels: that of `_WRAP` letters."""
_LEFT, _BELOW = 80, 50
"""Room beside and below a series for its axes, in pixels."""
_INK, _FIRST, _SECOND = "currentColor", "var(--chart-1, #1f4e79)", "var(--chart-2, #8a4b08)"

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_HERE = "https://here.invalid"
"""Stands before the paths of links while they are drawn: a path alone would be led to somebody's host."""
_ELEMENTS = frozenset({"g", "path", "line", "text", "tspan", "a"})
_ATTRIBUTES = frozenset({"d", "transform", "x", "y", "x1", "x2", "y1", "y2", "dx", "dy", "text-anchor"}) | {
    *("fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-linecap"),
    *("font-family", "font-size", "font-weight"),
}
_NOT_IN_XML = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff]")


@dataclass(frozen=True)
class Dot:
    """A figure of a series: its days (the last one included), its bounds, and how it reads."""

    first: date
    last: date
    value: float
    upper: float | None
    text: str


@dataclass(frozen=True)
class End:
    """One end of the links of a network. `path`: where it leads."""

    text: str
    path: str | None


def bars(labels: Sequence[str], counts: Sequence[int], read: Sequence[str]) -> Spec:
    """Horizontal bars from zero, each with its label before it and its count, as it is `read`, after it."""
    lines = [_lines(label) for label in labels]
    step = max(28, _LINE * max(map(len, lines)) + 12)
    data: list[Spec] = [
        {
            "n": n,
            "read": text,
            "y": step * i + step / 2,
            "top": step * i + step / 2 - 9,
            "bottom": step * i + step / 2 + 9,
        }
        for i, (n, text) in enumerate(zip(counts, read, strict=True))
    ]
    length: Spec = {"field": "n", "type": "quantitative", "axis": None}
    length["scale"] = {"domain": [0, max(counts)], "range": [_LABELS + 10, WIDTH - 70]}
    return _panel(
        step * len(labels),
        [
            {
                "data": {"values": data},
                "mark": {"type": "rect", "fill": _FIRST},
                "encoding": {"x": length, "x2": {"datum": 0}, "y": _at("top"), "y2": {"field": "bottom"}},
            },
            {
                "data": {"values": data},
                "mark": {"type": "text", "align": "left", "baseline": "middle", "dx": 6},
                "encoding": {"x": length, "y": _at("y"), "text": {"field": "read"}},
            },
            _texts(((_LABELS, row["y"], text, None) for row, text in zip(data, lines, strict=True)), "right"),
        ],
    )


def series(title: str, below: str, dots: Sequence[Dot], ticks: Sequence[tuple[float, str]]) -> Spec:
    """One series over true time: each figure as long as its days are, a thin line between them.

    `ticks`: values on the upright axis and how they read. Of more than eight figures only the first, the last, the
    least and the greatest are written out.
    """
    years = range(min(d.first.year for d in dots), max(d.last.year for d in dots) + 2)
    head = [*_lines(title, 80), *_lines(below, 80)]
    top = _LINE * len(head) + 30
    high = top + 150
    upper = [d.value if d.upper is None else d.upper for d in dots]
    low, most = min(0.0, *(d.value for d in dots)), max(*upper, 0.0)
    when = {"domain": [_ms(date(years[0], 1, 1)), _ms(date(min(years[-1], 9999), 1, 1))], "range": [_LEFT, WIDTH - 30]}
    size = {"domain": [low, most if most > low else low + 1], "range": [high, top]}
    y: Spec = {"field": "value", "type": "quantitative", "scale": {**size, "nice": False}}
    y["axis"] = {**_axis(ticks), "grid": True, "gridOpacity": 0.2, "domain": False, "ticks": False, "offset": -_LEFT}
    every = years[:: max(1, -(-len(years) // 12))]
    x: Spec = {"field": "first", "type": "quantitative", "scale": {**when, "nice": False}}
    x["axis"] = {
        **_axis([(_ms(date(min(year, 9999), 1, 1)), str(year)) for year in every]),
        "grid": False,
        "offset": -_BELOW,
    }
    told = _told(dots)
    data: list[Spec] = [
        {"first": _ms(d.first), "last": _ms(d.last) + _DAY, "mid": (_ms(d.first) + _ms(d.last) + _DAY) / 2}
        | {"value": d.value, "upper": up, "text": d.text if i in told else ""}
        for i, (d, up) in enumerate(zip(dots, upper, strict=True))
    ]
    mid = {**x, "field": "mid"}
    layers: list[Spec] = [
        {
            "mark": {"type": "line", "stroke": _FIRST, "strokeWidth": 1},
            "encoding": {"x": mid, "y": y, "order": _order()},
        },
        {
            "mark": {"type": "rule", "stroke": _FIRST, "strokeWidth": 1},
            "encoding": {"x": mid, "y": y, "y2": {"field": "upper"}},
        },
        {
            "mark": {"type": "rule", "stroke": _FIRST, "strokeWidth": 5, "strokeCap": "round"},
            "encoding": {"x": x, "x2": {"field": "last"}, "y": y},
        },
        {
            "mark": {"type": "text", "align": "center", "baseline": "bottom", "dy": -7},
            "encoding": {"x": mid, "y": {**y, "field": "upper"}, "text": {"field": "text"}},
        },
    ]
    if all(d.upper is None for d in dots):
        del layers[1]
    heading = [(4, 14 + _LINE * i, [line], None) for i, line in enumerate(head)]
    layers = [{"data": {"values": data}, **layer} for layer in layers]
    return _panel(high + _BELOW, [_texts(heading[:1], "left", "bold"), *([_texts(heading[1:], "left")]), *layers])


def network(left: Sequence[End], right: Sequence[End], links: Iterable[tuple[int, int]]) -> Spec:
    """Ends on two sides, and a line for each of `links`, which are places in `left` and `right`."""
    named = [[_lines(end.text) for end in side] for side in (left, right)]
    step = _LINE * max(len(lines) for side in named for lines in side) + 18
    height = step * max(len(left), len(right))
    places = [[height / len(side) * (i + 0.5) for i in range(len(side))] for side in named]
    inner = (_LABELS + 12, WIDTH - _LABELS - 12)
    joins = [{"y": places[0][a], "y2": places[1][b]} for a, b in links]
    dots = [{"x": x, "y": y} for x, ys in zip(inner, places, strict=True) for y in ys]
    sides = zip((left, right), named, places, (_LABELS, WIDTH - _LABELS), ("right", "left"), strict=True)
    return _panel(
        height,
        [
            {
                "data": {"values": joins},
                "mark": {"type": "rule", "stroke": _FIRST, "strokeWidth": 1.5},
                "encoding": {"x": {"value": inner[0]}, "x2": {"value": inner[1]}, "y": _at("y"), "y2": {"field": "y2"}},
            },
            {
                "data": {"values": dots},
                "mark": {"type": "point", "filled": True, "opacity": 1, "size": 60, "fill": _SECOND},
                "encoding": {"x": _at("x"), "y": _at("y")},
            },
            *(
                _texts(placed, align)
                for ends, lines, ys, x, align in sides
                for placed in _by_link((x, y, text, end.path) for end, text, y in zip(ends, lines, ys, strict=True))
            ),
        ],
    )


def drawing(panels: Sequence[Spec], title: str, alternative: str) -> bytes:
    """The SVG of the panels, one below the other, with `title` and `alternative` for who does not see it.

    It holds no id, no style, no script and nothing of another host, so it can stand in any page. With links it is a
    group, for what is an image has no links. Raises `ValueError` if the library draws what no drawing should hold.
    """
    # Takes 0.2 s, and most runs draw nothing.
    import vl_convert

    ET.register_namespace("", _SVG)
    root = ET.Element(f"{{{_SVG}}}svg")
    for name, text in (("title", title), ("desc", alternative)):
        ET.SubElement(root, f"{{{_SVG}}}{name}").text = _clean(text)
    height = 0
    for panel in panels:
        # Made by a library of ours from data of ours: no stranger's XML.
        drawn = ET.fromstring(vl_convert.vegalite_to_svg(panel))  # noqa: S314
        group = ET.SubElement(root, f"{{{_SVG}}}g", {"transform": f"translate(0,{height})"})
        for child in drawn:
            group.extend(_kept(child))
        height += panel["height"]
    root.attrib.update(viewBox=f"0 0 {WIDTH} {height}", width=str(WIDTH), height=str(height))
    linked = root.find(f".//{{{_SVG}}}a") is not None
    root.set("role", "group" if linked else "img")
    return f"{ET.tostring(root, encoding='unicode')}\n".encode()


def _kept(element: ET.Element) -> list[ET.Element]:
    """What stays of an element: itself without what nobody sees, its children if it is an empty group, or nothing."""
    name = element.tag.removeprefix(f"{{{_SVG}}}")
    if name not in _ELEMENTS:
        raise ValueError(f"a drawing with <{name}>")
    if element.get("opacity") == "0" or element.get("display") == "none" or element.get("class") == "background":
        return []
    inside = [kept for child in element for kept in _kept(child)]
    out = ET.Element(element.tag, {k: v for k, v in element.attrib.items() if k in _ATTRIBUTES})
    out.text = element.text
    out.extend(inside)
    if name == "g":
        return [out] if inside and out.attrib else inside
    if name == "a":
        out.set("href", _own_path(element.attrib[f"{{{_XLINK}}}href"]))
        for text in out:
            text.set("text-decoration", "underline")
    return [out]


def _own_path(address: str) -> str:
    """The path that a link leads to. Raises `ValueError` for a link to another host."""
    path = address.removeprefix(_HERE)
    if path == address or not path.startswith("/") or path.startswith("//"):
        raise ValueError(f"a drawing with a link to {address}")
    return path


def _panel(height: float, layers: list[Spec]) -> Spec:
    text = {"font": "sans-serif", "fontSize": _SIZE, "fill": _INK, "lineHeight": _LINE, "lineBreak": "\n"}
    config = {"text": text, "view": {"stroke": None}, "aria": False, "background": None, "font": "sans-serif"}
    return {
        "width": WIDTH,
        "height": int(height),
        "padding": 0,
        "autosize": {"type": "none"},
        "config": config,
        "layer": layers,
        "resolve": {"scale": {"x": "shared", "y": "shared"}},
    }


def _at(field: str) -> Spec:
    """A place in pixels from the upper left."""
    return {"field": field, "type": "quantitative", "scale": None, "axis": None}


def _by_link(placed: Iterable[Placed]) -> list[list[Placed]]:
    """Those that lead somewhere, and those that do not: beside a link the library would make one of everything."""
    every = list(placed)
    parted = [one for one in every if one[3]], [one for one in every if not one[3]]
    return [part for part in parted if part]


def _texts(placed: Iterable[Placed], align: str, weight: str = "normal") -> Spec:
    """Texts at their places; all of them lead somewhere, or none."""
    values = [
        {"x": x, "y": y - _LINE * (len(lines) - 1) / 2, "text": "\n".join(lines)}
        | ({"href": f"{_HERE}{path}"} if path else {})
        for x, y, lines, path in placed
    ]
    encoding: Spec = {"x": _at("x"), "y": _at("y"), "text": {"field": "text"}}
    if any("href" in value for value in values):
        encoding["href"] = {"field": "href"}
    mark = {"type": "text", "align": align, "baseline": "middle", "fontWeight": weight}
    return {"data": {"values": values}, "mark": mark, "encoding": encoding}


def _axis(ticks: Sequence[tuple[float, str]]) -> Spec:
    # What stands in an expression are numbers of ours, and how they read: nothing that anybody wrote.
    values = [value for value, _ in ticks]
    return {
        "values": values,
        "labelExpr": f"{json.dumps([text for _, text in ticks])}[indexof({json.dumps(values)}, datum.value)]",
        "title": None,
        "labelFontSize": _SIZE - 1,
        "labelPadding": 6,
        "labelOverlap": False,
        "labelFlush": False,
        **{f"{part}Color": _INK for part in ("label", "domain", "tick", "grid")},
    }


def _order() -> Spec:
    return {"field": "mid", "type": "quantitative"}


def _told(dots: Sequence[Dot]) -> set[int]:
    """The places of the figures that are written out."""
    every = range(len(dots))
    if len(dots) <= 8:
        return set(every)
    return {0, len(dots) - 1, min(every, key=lambda i: dots[i].value), max(every, key=lambda i: dots[i].value)}


_DAY = 86_400_000


def _ms(day: date) -> int:
    """Milliseconds since 1970 until `day` begins."""
    return (day - date(1970, 1, 1)).days * _DAY


def _lines(text: str, wide: int = _WRAP) -> list[str]:
    return textwrap.wrap(_clean(text), wide, max_lines=_MOST_LINES, placeholder="…") or [""]


def _clean(text: str) -> str:
    return " ".join(_NOT_IN_XML.sub(" ", text).split())
