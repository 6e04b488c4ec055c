"""Observations over time: which of them make a series, and what is said of the others.

What belongs here: the rule that a line needs so many figures of one kind, stated by a source and dated. What does not:
how a series looks, which is `views_drawing`.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pipelines.contracts.reading import RowRole
from pipelines.contracts.text import LANGS, Lang, Text
from pipelines.contracts.views import LEAST_POINTS, View, ViewCell
from pipelines.contracts.wording import Coded, amount, figure, number
from pipelines.publish.views_drawing import MOST_DRAWN, Dot, Spec, series
from pipelines.publish.views_rows import STATED, TOO_MANY, Told, day_of, sentences
from pipelines.publish.views_table import Cell, ViewTable, with_caveats

LINE_ROLES: tuple[RowRole, ...] = ("about", "indicator", "unit", "qualifier", "basis", "value", "date")
"""What the columns of a table must tell for a line to be drawn of it."""


@dataclass(frozen=True)
class _Point:
    """One observation: its cells (subject, indicator, unit, qualifier), its figure, and its date."""

    kind: tuple[Cell, ...]
    value: float
    upper: float | None
    date: str
    first: str
    last: str
    caveats: tuple[str | None, ...]

    def read(self, lang: Lang) -> str:
        """The figure in words."""
        return figure(lang, self.value, self.upper, _coded(self.kind[3]), _coded(self.kind[2]))

    @property
    def cells(self) -> list[ViewCell]:
        """Its row in the data of the view."""
        said = Text(es=self.read("es"), en=self.read("en"))
        plain = Text(es=self.date, en=self.date)
        return [self.kind[0].shown, self.kind[1].shown, ViewCell(text=plain), ViewCell(text=said)]


def line_of(table: ViewTable, view: View, titles: dict[str, Text]) -> Told | None:
    """The series of a table of observations, each of one subject, indicator, unit and qualifier; None if there is none.

    A figure is drawn if its source states it (basis), if its period has a first and a last day, and if there are
    `LEAST_POINTS` of its kind at different periods. The table has all of `LINE_ROLES`.
    """
    column = {role: str(table.column(role)) for role in get_args(RowRole)}
    kinds = [column[role] for role in ("about", "indicator", "unit", "qualifier", "basis")]
    upper = table.column("upper")
    day = column["date"]
    plain = [column["value"], upper or column["value"], day, f"{day}_from", f"{day}_to", *table.caveats]
    rows = [_point(row, upper is not None) for row in table.rows(kinds, view, plain)]
    points = [row for row in rows if isinstance(row, _Point)]
    lines = _series(points)
    if not lines:
        return None
    drawn = sum(len(line) for line in lines)
    left = Counter(row for row in rows if isinstance(row, str))
    few = Counter({"few": len(points) - drawn}) if drawn < len(points) else Counter[str]()
    many = len(lines) > MOST_DRAWN
    told = [
        Text(
            es=f"Series de {LEAST_POINTS} o más cifras de una misma clase, afirmadas por las fuentes: {len(lines)}.",
            en=f"Series of {LEAST_POINTS} or more figures of one kind that sources state: {len(lines)}.",
        ),
        *([TOO_MANY] if many else map(_told, lines)),
        *_left_out(len(rows), left + few),
    ]
    header = [titles[kinds[0]], titles[kinds[1]], titles[day], titles[column["value"]]]

    def panels(lang: Lang) -> list[Spec]:
        return [_panel(line, lang) for line in lines]

    shown = [point for line in lines for point in line]
    cells = [point.cells for point in shown]
    with_caveats(header, cells, [point.caveats for point in shown])
    return Told(header, cells, sentences(told), None if many else panels)


def _point(row: tuple[Any, ...], ranged: bool) -> _Point | str:
    """An observation, or why it is not drawn."""
    *kind, basis = row[:5]
    value, upper, date, first, last, *caveats = row[5:]
    if basis.code != STATED:
        return "not-stated"
    if not first or not last:
        return "undated"
    if value is None:
        return "empty"
    return _Point(tuple(kind), float(value), upper if ranged else None, date, first, last, tuple(caveats))


def _series(points: list[_Point]) -> list[list[_Point]]:
    """The kinds with enough periods, in the order of their labels, each by time."""
    kinds: dict[tuple[str, ...], list[_Point]] = {}
    for point in points:
        kinds.setdefault(tuple(cell.identity for cell in point.kind), []).append(point)
    enough = [line for line in kinds.values() if len({(p.first, p.last) for p in line}) >= LEAST_POINTS]
    enough.sort(key=lambda line: [cell.order for cell in line[0].kind])
    return [sorted(line, key=lambda p: (p.first, p.last)) for line in enough]


def _panel(line: Sequence[_Point], lang: Lang) -> Spec:
    subject, indicator, unit, qualifier = (cell.text.get(lang) for cell in line[0].kind)
    dots = [Dot(day_of(p.first), day_of(p.last), p.value, p.upper, p.read(lang)) for p in line]
    most = max(0.0, *(p.value if p.upper is None else p.upper for p in line))
    ticks = [(value, amount(lang, value)) for value in _ticks(min(0.0, *(p.value for p in line)), most)]
    return series(f"{subject}: {indicator}", f"{unit} · {qualifier}", dots, ticks)


def _ticks(low: float, high: float) -> list[float]:
    """Three to six round values between the bounds: steps of 1, 2 or 5 times a power of ten."""
    room = (high - low) or 1.0
    power = 10.0 ** math.floor(math.log10(room / 3))
    # A logarithm may round up to the next power, of which not even one is small enough then.
    step = next(power * n for n in (5, 2, 1, 0.5) if power * n <= room / 3)
    return [float(f"{step * n:.12g}") for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _told(line: Sequence[_Point]) -> Text:
    """A series in a sentence: from which figure to which, the least and the greatest."""
    least, most = min(line, key=lambda p: p.value), max(line, key=lambda p: p.value)
    out = {}
    for lang in LANGS:
        subject, indicator = (cell.text.get(lang) for cell in line[0].kind[:2])
        ends = [f"{p.read(lang)} ({p.date})" for p in (line[0], line[-1], least, most)]
        n = number(lang, len(line))
        out[lang] = (
            f"{subject}, {indicator}: {n} cifras, de {ends[0]} a {ends[1]}; la menor, {ends[2]}, y la mayor, {ends[3]}."
            if lang == "es"
            else f"{subject}, {indicator}: {n} figures, from {ends[0]} to {ends[1]}; least {ends[2]}, greatest {ends[3]}."
        )
    return Text(es=out["es"], en=out["en"])


_REASONS = {
    "not-stated": Text(es="deducidas o calculadas: {}", en="inferred or calculated: {}"),
    "undated": Text(es="sin un periodo con principio y fin: {}", en="without a period that begins and ends: {}"),
    "empty": Text(es="sin cifra: {}", en="without a figure: {}"),
    "few": Text(
        es=f"de clases con menos de {LEAST_POINTS} periodos: {{}}",
        en=f"of kinds with fewer than {LEAST_POINTS} periods: {{}}",
    ),
}


def _left_out(every: int, left: Counter[str]) -> list[Text]:
    if not left:
        return []
    total, reasons = sum(left.values()), [(text, left[reason]) for reason, text in _REASONS.items() if left[reason]]
    es = "; ".join(text.es.format(number("es", n)) for text, n in reasons)
    en = "; ".join(text.en.format(number("en", n)) for text, n in reasons)
    return [
        Text(
            es=f"No se dibujan {number('es', total)} de {number('es', every)} observaciones ({es}).",
            en=f"{number('en', total)} of {number('en', every)} observations are not drawn ({en}).",
        )
    ]


def _coded(cell: Cell) -> Coded | None:
    return (cell.code, cell.text) if cell.code else None
