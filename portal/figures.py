"""Figures: rows that give a value of something, each with its qualifier, unit, period, basis and formula.

What belongs here: rows whose table has the roles of an observation, made ready to be read. What does not: the row as a
statement, which is `statements`; how numbers read, which is `contracts.wording`.

A figure is shown as its source gives it: "more than 500" is never 500. Figures are put side by side, never added or
compared.
"""

import json
import re
from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

from pipelines.contracts.reading import LIVE, RowRole
from pipelines.contracts.text import LANGS, Strict, Text
from pipelines.contracts.wording import Coded, figure
from portal.site import Site
from portal.statements import Named, Row, StatementView, of_rows, stored_table

NONE = Text(es="sin cifra", en="no figure")
_ID = re.compile(r"(\w[\w.-]*)")
"""What may be an id in a formula; the space between two of them is signs."""
_ABOUT = """
SELECT DISTINCT s.dataset, s.table_name, s.row FROM statement AS s
JOIN role AS r ON r.dataset = s.dataset AND r.table_name = s.table_name AND r.column = s.via AND r.role = 'about'
WHERE s.entity = ? AND s.via NOT IN (
  SELECT column FROM role AS c WHERE c.dataset = s.dataset AND c.table_name = s.table_name AND c.role = 'code')
AND EXISTS (SELECT 1 FROM role AS v WHERE v.dataset = s.dataset AND v.table_name = s.table_name AND v.role = 'value')
ORDER BY coalesce(s.date_from, s.date_to) IS NULL, coalesce(s.date_from, s.date_to), s.date_to, s.dataset, s.table_name, s.row
"""
"""Rows of observations that are about an entity; not those that only have it as a code."""


class FigureView(Strict):
    """One figure. `words`: how it reads, with qualifier and unit. `about`: of whom. `terms`: the figures of the formula."""

    statement: StatementView
    indicator: Named | None
    about: list[Named]
    words: Text
    value: float | int | str | None
    upper: float | int | str | None
    unit: Named | None
    qualifier: Named | None
    formula: str | None
    terms: list[Named]

    @property
    def parts(self) -> list[str | Named]:
        """The formula in parts: its terms, and the signs and other words between them."""
        known = {term.id: term for term in self.terms}
        return [known.get(quote(part, safe=""), part) for part in _ID.split(self.formula or "") if part]


def has_figures(site: Site, dataset: str, table: str) -> bool:
    """Whether the rows of a table of the edition are figures."""
    try:
        return "value" in stored_table(site, dataset, table).roles
    except KeyError:
        return False


def figures_about(site: Site, path: str, row: Row | None, limit: int) -> tuple[list[FigureView], int]:
    """The figures about an entity in order of date, those without a date last, at the most `limit`; how many there are.

    `row`: the row that defines it, which may be a figure itself and then comes first.
    """
    own = [(row.dataset, row.table, row.number)] if row and has_figures(site, row.dataset, row.table) else []
    found = own + [(d, t, n) for d, t, n in site.database().execute(_ABOUT, (path,))]
    wanted: dict[tuple[str, str], list[int]] = {}
    for dataset, table, number in found[:limit]:
        wanted.setdefault((dataset, table), []).append(number)
    read = {
        (*place, told.statement.row.number): told
        for place, numbers in wanted.items()
        for told in figures_of(site, *place, numbers)
    }
    return [read[one] for one in found[:limit]], len(found)


def figures_of(site: Site, dataset: str, table: str, numbers: Sequence[int]) -> list[FigureView]:
    """Rows of a table of observations as figures, in the order of `numbers`."""
    return [_figure(site, one) for one in of_rows(site, dataset, table, numbers)]


def as_data(told: FigureView) -> dict[str, Any]:
    """A figure as an answer holds it: of its row only which one it is."""
    return told.model_dump(
        mode="json", exclude={"statement": {"row": {"title", "number", "cells", "names"}, "via": True, "own": True}}
    )


def words_of(site: Site, row: Row) -> Text:
    """How the figure of a row reads, with its qualifier and unit."""
    roles = stored_table(site, row.dataset, row.table).roles

    def coded(role: RowRole) -> Coded | None:
        code = row.cells.get(roles.get(role, ""))
        name = _named(row, roles.get(role))
        return None if code is None else (str(code), name.label if name else Text(es=str(code), en=str(code)))

    value = row.cells[roles["value"]]
    if value is None:
        return NONE
    if isinstance(value, str):
        return Text(es=value, en=value)
    upper = row.cells.get(roles.get("upper", ""))
    told = partial(figure, value=value, upper=upper, qualifier=coded("qualifier"), unit=coded("unit"))
    return Text(**{lang: told(lang) for lang in LANGS})


def _figure(site: Site, one: StatementView) -> FigureView:
    row = one.row
    table = stored_table(site, row.dataset, row.table)
    formula = row.cells.get(table.roles.get("formula", ""))
    return FigureView(
        statement=one,
        indicator=_named(row, table.roles.get("indicator")),
        about=[name for column in table.about for name in row.names.get(column, [])],
        words=words_of(site, row),
        value=row.cells[table.roles["value"]],
        upper=row.cells.get(table.roles.get("upper", "")),
        unit=_named(row, table.roles.get("unit")),
        qualifier=_named(row, table.roles.get("qualifier")),
        formula=formula,
        terms=_terms(site, row.dataset, row.table, formula) if formula else [],
    )


def _named(row: Row, column: str | None) -> Named | None:
    return next(iter(row.names.get(column or "", [])), None)


def _terms(site: Site, dataset: str, table: str, formula: str) -> list[Named]:
    """The rows of the same table whose ids stand in a formula."""
    ids = [quote(part, safe="") for part in _ID.findall(formula)]
    found = site.database().execute(
        "SELECT path, id, label_es, label_en FROM entity WHERE dataset = ? AND table_name = ? "  # noqa: S608
        f"AND {LIVE} AND id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (dataset, table, json.dumps(ids)),
    )
    return [Named(path=path, id=name, label=Text(es=es or name, en=en or es or name)) for path, name, es, en in found]
