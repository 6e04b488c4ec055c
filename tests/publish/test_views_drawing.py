"""A drawing is sound, the same everywhere, and holds nothing but shapes, words and links of our own."""

import os
import re
import subprocess
import sys
from datetime import date
from xml.etree import ElementTree as ET

import pytest

from pipelines.publish.views_drawing import WIDTH, Dot, End, Spec, bars, drawing, network, series

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "<script>alert(1)</script>",
    "]]><svg onload=alert(1)>",
    "&lt; \" ' & \\ {signal} datum.x",
    "Ñandú, clúster y pingüino",
    "007",
    "null",
    "dos\nlíneas\ty \x00 un \x0b nulo \ufffe",
    "W" * 500,
]
ALLOWED = {"svg", "title", "desc", "g", "path", "line", "text", "tspan", "a"}


def panels() -> list[Spec]:
    """One of each kind, of hostile words."""
    dots = [
        Dot(date(2021, 1, 1), date(2021, 12, 31), 42, None, "42"),
        Dot(date(2022, 5, 1), date(2022, 5, 31), 65, 70, "<b>"),
        Dot(date(2024, 3, 19), date(2024, 3, 19), 0.5, None, "0,5"),
    ]
    ends = [End(text, f"/recurso/ciudad/x/{n}?a=1&b=<") for n, text in enumerate(HOSTILE)]
    return [
        bars(HOSTILE, range(1, 9), [str(n) for n in range(1, 9)]),
        series(HOSTILE[0], HOSTILE[7], dots, [(0, "0"), (20, "1\u202f000")]),
        network(ends, ends[:3], [(n, n % 3) for n in range(8)]),
    ]


def whole(drawn: bytes) -> ET.Element:
    return ET.fromstring(drawn)  # noqa: S314


@pytest.fixture(scope="module")
def drawn() -> bytes:
    return drawing(panels(), HOSTILE[0], HOSTILE[1])


def texts(root: ET.Element) -> list[str]:
    return ["".join(t.itertext()) for t in root.iter(f"{SVG}text")]


def test_hostile_words_stand_as_words(drawn: bytes) -> None:
    root = whole(drawn)
    assert (root[0].tag, root[0].text) == (f"{SVG}title", HOSTILE[0])
    assert (root[1].tag, root[1].text) == (f"{SVG}desc", HOSTILE[1])
    said = texts(root)
    assert {HOSTILE[0], HOSTILE[1], HOSTILE[3], "007", "null", "dos líneas y un nulo", "<b>", "1\u202f000"} <= set(said)
    assert any(text.endswith("W…") and len(text) < 120 for text in said)


def test_nothing_but_shapes_words_and_links_of_our_own(drawn: bytes) -> None:
    root = whole(drawn)
    assert {e.tag.removeprefix(SVG) for e in root.iter()} == ALLOWED
    names = {name for e in root.iter() for name in e.attrib}
    assert not [name for name in names if name in ("id", "class", "style") or name.startswith(("on", "{", "aria"))]
    values = [v for e in root.iter() for name, v in e.attrib.items() if name != "href"]
    assert not [v for v in values if "url(" in v or "//" in v or "script" in v]
    assert {a.get("href") for a in root.iter(f"{SVG}a")} == {f"/recurso/ciudad/x/{n}?a=1&b=<" for n in range(8)}
    assert b"<![CDATA[" not in drawn
    assert b"invalid" not in drawn


def test_page_decides_light_and_dark(drawn: bytes) -> None:
    colours = {e.get(name) for e in whole(drawn).iter() for name in ("fill", "stroke")} - {None, "none"}
    assert colours == {"currentColor", "var(--chart-1, #1f4e79)", "var(--chart-2, #8a4b08)"}


def test_drawing_scales_and_what_has_links_is_no_image(drawn: bytes) -> None:
    root = whole(drawn)
    assert root.get("viewBox") == f"0 0 {WIDTH} {root.get('height')}"
    assert root.get("role") == "group"
    assert whole(drawing(panels()[:2], "T", "A")).get("role") == "img"


def test_figure_is_as_long_as_its_days() -> None:
    lines = whole(drawing(panels()[1:2], "T", "A")).iter(f"{SVG}line")
    long = [float(e.get("x2", "0")) for e in lines if e.get("stroke-width") == "5"]
    year, month, day = long
    assert year / month == pytest.approx(365 / 31)
    assert month / day == pytest.approx(31)


def test_bars_begin_at_zero() -> None:
    shapes = [e.get("d", "") for e in whole(drawing(panels()[:1], "T", "A")).iter(f"{SVG}path")]
    long = [float(n) for d in shapes for n in re.findall(r"h([\d.]+)v", d)]
    assert [length / long[0] for length in long] == pytest.approx(range(1, 9))


def test_label_in_lines_has_a_line_each() -> None:
    root = whole(
        drawing([bars(["uno dos tres cuatro cinco seis siete ocho nueve diez once doce"], [1], ["1"])], "T", "A")
    )
    assert ["".join(t.itertext()) for t in root.iter(f"{SVG}tspan")] == [
        "uno dos tres cuatro cinco seis",
        "siete ocho nueve diez once doce",
    ]


def test_other_process_of_another_zone_draws_the_same_bytes(drawn: bytes) -> None:
    code = (
        "import sys; from tests.publish.test_views_drawing import *\n"
        "sys.stdout.buffer.write(drawing(panels(), HOSTILE[0], HOSTILE[1]))"
    )
    env = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Pacific/Apia", "LC_ALL": "C"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
    assert done.stdout == drawn


def test_end_that_leads_nowhere_has_no_link_beside_one_that_leads_somewhere() -> None:
    spec = network([End("uno", "/x/1"), End("dos", None)], [End("tres", None)], [(0, 0), (1, 0)])
    root = whole(drawing([spec], "a", "b"))
    assert [(a.get("href"), "".join(a.itertext())) for a in root.iter(f"{SVG}a")] == [("/x/1", "uno")]
    assert sorted(texts(root)) == ["dos", "tres", "uno"]


def test_link_to_another_host_is_refused() -> None:
    with pytest.raises(ValueError, match="link"):
        drawing([network([End("uno", "//other.example/")], [End("dos", None)], [(0, 0)])], "a", "b")
