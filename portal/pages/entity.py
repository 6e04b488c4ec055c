"""The page of an entity: what defines it, and what is said of it in order of date.

What belongs here: what the page shows of an `EntityView`. What does not: finding the statements, which is `statements`.

Each date is drawn on one axis for the whole page, as long as it is precise: a day is a line, a month a short bar, a
year a long one. The drawing says nothing that the words beside it do not.
"""

from calendar import isleap
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from pipelines.contracts.reading import RowRole
from pipelines.contracts.text import Lang, Text
from portal.answer import Answer
from portal.entities import EntityView, view
from portal.figures import figures_about, words_of
from portal.pages.addresses import explorer, report
from portal.pages.called import called
from portal.pages.cells import Cell, address, cell
from portal.pages.figures import cards
from portal.pages.render import Here, page, render
from portal.site import Site
from portal.statements import Named, Row, StatementView, stored_table

PAGE = 50
"""Statements on one page; a code of a vocabulary may have thousands."""
FIGURES = 60
"""Figures that the page shows as cards; all are among the statements."""
WIDTH = 1000
"""Units of the drawing from the first year to the last."""
_TOLD_APART = frozenset({"document", "section", "evidence", "url", "basis", "caveat_es", "caveat_en", "date"})
"""Roles of columns that have a place of their own beside a statement."""

_IN_WORDS: frozenset[RowRole] = frozenset({"upper", "unit", "qualifier"})
"""Roles of columns that stand within the words of a figure."""


@dataclass(frozen=True)
class Said:
    """One column of a row: its title, and the cell or what the cell names."""

    title: Text
    cell: Cell
    names: list[Named]


@dataclass(frozen=True)
class Bar:
    """Where a date stands on the axis; `open` where one of its ends is not known."""

    x: int
    width: int
    open: bool


@dataclass(frozen=True)
class Axis:
    """The years of the axis, and where each begins."""

    first: int
    last: int
    ticks: list[int]


@dataclass(frozen=True)
class Line:
    """One statement as the page shows it. `name`: of the thing that its row defines, where that is another one.

    `called`: by what its row says, where that thing has no label or the row defines none.
    """

    statement: StatementView
    defines: bool
    name: Named | None
    called: str | None
    said: list[Said]
    bar: Bar | None
    row: str
    report: str


def entity_page(site: Site, lang: Lang, path: str, start: int = 0) -> Answer:
    """The page of the entity at `path`, with its statements from number `start` on. Raises `Problem` as `view`."""
    told = view(site, path, start, PAGE)
    axis = _axis(told.statements)
    rest = {"start": start} if start else {}
    figures, number_of_figures = ([], 0) if start else figures_about(site, path, told.row, FIGURES)
    body = render(
        site,
        lang,
        "entity.html",
        Here(*(f"{path}?{urlencode({'lang': each, **rest})}" for each in ("es", "en"))),
        entity=told,
        label=_label(site, lang, told),
        kind=told.row.title if told.row else Text(es=told.class_, en=told.class_),
        own=_said(site, lang, told.row, path, ()) if told.row else [],
        figures=cards(site, lang, figures, path),
        number_of_figures=number_of_figures,
        axis=axis,
        address=address,
        lines=[_line(site, lang, told, one, axis) for one in told.statements],
        more=start + len(told.statements) if start + len(told.statements) < told.total else None,
    )
    return page(body, lang, headers={"Vary": "Accept, Accept-Language"})


def _label(site: Site, lang: Lang, told: EntityView) -> str:
    """What the thing is called: by its label, and without one by what its row says."""
    label = told.labels.get(lang)
    return (called(site, lang, told.row) if told.row and label == told.id else None) or label


def _line(site: Site, lang: Lang, told: EntityView, one: StatementView, axis: Axis | None) -> Line:
    own = told.row
    defines = own is not None and (own.dataset, own.table, own.number) == (
        one.row.dataset,
        one.row.table,
        one.row.number,
    )
    name = None if defines else _name(site, one.row, told.path)
    said = [] if defines else _said(site, lang, one.row, told.path, one.via)
    return Line(
        one,
        defines,
        name,
        None
        if defines or _named(site, one.row, name, told, lang)
        else called(site, lang, one.row, told.path, dated=False),
        [s for s in said if name is None or s.cell.text != name.label.get(lang)],
        _bar(one, axis) if axis else None,
        explorer(site, lang, one.row),
        report(site, lang, one.row, told.path),
    )


def _named(site: Site, row: Row, name: Named | None, told: EntityView, lang: Lang) -> bool:
    """Whether its row needs no words of ours: it defines a thing with a label, or tells more of the very thing."""
    if name is not None:
        return name.label.get(lang) != name.id
    key = site.table(row.dataset, site.version(row.dataset, None), row.table).facts.key
    return len(key) == 1 and told.path in [n.path for n in row.names.get(key[0], [])]


def _name(site: Site, row: Row, path: str) -> Named | None:
    key = site.table(row.dataset, site.version(row.dataset, None), row.table).facts.key
    return next((n for n in row.names.get(key[0], []) if n.path != path), None) if len(key) == 1 else None


def _said(site: Site, lang: Lang, row: Row, path: str, via: Iterable[str]) -> list[Said]:
    """What the row says, without what has a place of its own, what is derived, and the other language.

    A figure is told in words: apart from its qualifier and unit it would be another one.
    """
    version = site.version(row.dataset, None)
    read = site.table(row.dataset, version, row.table).facts
    facts = next(t for t in site.metadata(row.dataset, version).tables if t.name == row.table)
    query = "SELECT column, role FROM role WHERE dataset = ? AND table_name = ?"
    apart = {c for c, role in site.database().execute(query, (row.dataset, row.table)) if role in _TOLD_APART}
    apart |= {f.name for f in facts.fields if f.derived_from}
    # What names this very entity says nothing of it, unless the column tells in which part it stands there.
    apart |= {c for c in via if [n.path for n in row.names.get(c, [])] == [path]} | set(read.key)
    roles = stored_table(site, row.dataset, row.table).roles
    value = roles.get("value")
    words = Cell(words_of(site, row).get(lang)) if value else None
    apart |= {roles[role] for role in _IN_WORDS & set(roles)} if value else set()
    names = {c.name for c in read.columns}
    mine, others = f"_{lang}", "_en" if lang == "es" else "_es"
    other = {c for c in names if others in c and c.replace(others, mine) in names - {c}}
    return [
        Said(
            c.titles,
            words if words and c.name == value else cell(c, row.cells[c.name], lang),
            row.names.get(c.name, []),
        )
        for c in read.columns
        if c.name not in apart | other and row.cells[c.name] is not None
    ]


def _axis(statements: list[StatementView]) -> Axis | None:
    """The years that the dates of the statements span; None where none has a bound."""
    bounds = [b for s in statements if s.date for b in (s.date.first, s.date.last) if b]
    if not bounds:
        return None
    first, last = int(min(bounds)[:4]), int(max(bounds)[:4])
    years = last + 1 - first
    # A tick for each year would be a grey wall over a long time.
    step = -(-years // 20)
    return Axis(first, last, [round(n * WIDTH / years) for n in range(0, years + 1, step)])


def _bar(statement: StatementView, axis: Axis) -> Bar | None:
    when = statement.date
    if when is None or not (when.first or when.last):
        return None
    begin = _place(when.first, axis, 0) if when.first else 0
    end = _place(when.last, axis, 1) if when.last else WIDTH
    width = max(end - begin, 8)
    return Bar(min(begin, WIDTH - width), width, not (when.first and when.last))


def _place(day: str, axis: Axis, more: int) -> int:
    """Where a day stands on the axis; with `more` 1 where it ends."""
    at = date.fromisoformat(day)
    days = at.timetuple().tm_yday - 1 + more
    share = days / (366 if isleap(at.year) else 365)
    return round((at.year - axis.first + share) * WIDTH / (axis.last + 1 - axis.first))
