"""The page about the API of one table: its columns as parameters, and questions that were asked of the very table.

What belongs here: which questions show what the API can do with a table, and what it answered. What does not: the
answers themselves, which are those of `records` and `groups`, and the description for programs, which is `openapi`.

Each example is asked when the page is made, so what stands there is what the API answers.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from pipelines.contracts.reading import ReadColumn, words
from pipelines.contracts.text import Lang, Text
from portal.answer import Answer
from portal.filters import FORMS, operators
from portal.groups import groups
from portal.pages.render import Here, page, render, segment
from portal.records import page as records
from portal.records import row
from portal.site import Site
from portal.table import Table

CODES = 12
"""Codes of a column that are listed; of more their number is said."""
_COLUMNS = 3
"""Columns besides the key that an example shows."""
_SMALL = frozenset({"integer", "number", "year", "date", "datetime"})


@dataclass(frozen=True)
class Example:
    """A question in words, its address, and the answer as JSON that can be read."""

    words: Text
    address: str
    answer: str


@dataclass(frozen=True)
class Parameter:
    """A column as it is asked for: its operators and how a value is written."""

    column: ReadColumn
    operators: list[str]
    forms: list[str]
    codes: list[tuple[str, Text]]


def table_api(site: Site, lang: Lang, dataset: str, table: str) -> Answer:
    """The page about the API of a table of the pinned version. Raises `Problem` 404 and 410."""
    version = site.version(dataset, None)
    opened = site.table(dataset, version, table)
    meta = site.metadata(dataset, version)
    api = f"/v1/datasets/{segment(dataset)}/tables/{segment(table)}"
    explorer = f"/datasets/{segment(dataset)}/{segment(table)}"
    body = render(
        site,
        lang,
        "table_api.html",
        Here.both(f"{explorer}/api"),
        meta=meta,
        read=opened.facts,
        api=api,
        explorer=f"/{lang}{explorer}",
        parameters=[_parameter(c) for c in opened.facts.columns],
        most_codes=CODES,
        examples=list(_examples(site, dataset, opened, api)),
    )
    return page(body, lang)


def _parameter(column: ReadColumn) -> Parameter:
    codes = list(column.codes.items())
    return Parameter(column, list(operators(column)), FORMS[column.type], codes if len(codes) <= CODES else [])


def _examples(site: Site, dataset: str, table: Table, api: str) -> Iterator[Example]:
    """The questions that this table can be asked; of one without rows only the first."""
    shown = _shown(table)
    place = (dataset, table.facts.name)
    for said, asked in _filters(table):
        query = urlencode({**asked, "select": ",".join(shown), "limit": 2}, safe=",")
        yield Example(said, f"{api}?{query}", _pretty(records(site, *place, query)))
    if not table.rows:
        return
    if counted := _coded(table) or _repeated(table):
        query = urlencode({"by": counted.name, "limit": 3})
        said = Text(
            es=f"Cuántas filas hay de cada valor de «{counted.titles.es}».",
            en=f"How many rows there are of each value of '{counted.titles.en}'.",
        )
        yield Example(said, f"{api}/groups?{query}", _pretty(groups(site, *place, query)))
    key = table.keys.keys[0].as_py()
    said = Text(es="Una fila por su clave.", en="One row by its key.")
    yield Example(said, f"{api}/rows/{quote(key)}", _pretty(row(site, *place, key, "")))


def _filters(table: Table) -> Iterator[tuple[Text, dict[str, str]]]:
    yield Text(es="Las primeras filas, con algunas columnas.", en="The first rows, with some columns."), {}
    if not table.rows:
        return
    if (coded := _coded(table)) and coded.codes:
        code, label = next(iter(coded.codes.items()))
        said = Text(
            es=f"Solo las filas en que «{coded.titles.es}» es «{label.es}».",
            en=f"Only the rows whose '{coded.titles.en}' is '{label.en}'.",
        )
        yield said, {coded.name: code}
    if bounded := next((c for c in table.facts.columns if c.type in _SMALL and c.most is not None), None):
        said = Text(
            es=f"Las filas en que «{bounded.titles.es}» llega a {bounded.most}, en su orden.",
            en=f"The rows whose '{bounded.titles.en}' reaches {bounded.most}, in its order.",
        )
        yield said, {f"{bounded.name}__gte": str(bounded.most), "order": bounded.name}
    if word := _word(table):
        said = Text(
            es=f"Las filas que dicen «{word}», con acentos o sin ellos.",
            en=f"The rows that say '{word}', with or without accents.",
        )
        yield said, {"q": word}


def _shown(table: Table) -> list[str]:
    """The key, and the first columns that are filled in every row."""
    others = [c.name for c in table.facts.columns if not c.empty and c.name not in table.facts.key]
    return [*table.facts.key, *others[:_COLUMNS]]


def _coded(table: Table) -> ReadColumn | None:
    """The first column with codes of which several occur; else the first one with codes."""
    found = [c for c in table.facts.columns if c.codes]
    return next((c for c in found if c.distinct > 1), found[0] if found else None)


def _repeated(table: Table) -> ReadColumn | None:
    """The first column of which values occur more than once."""
    return next((c for c in table.facts.columns if 0 < c.distinct < table.rows - c.empty), None)


def _word(table: Table) -> str | None:
    """A word that stands in a row: the longest of a value of the first column with text of its own."""
    for name in table.facts.searched:
        place = table.places[name]
        if name not in table.facts.key and not table.column(place).vocabulary and table.values(place).count:
            said = words(json.loads(table.values(place).json(table.codes[place][:1].clip(min=1))[0]))
            if said:
                return max(said, key=len)
    return None


def _pretty(answer: Answer) -> str:
    # These answers are made whole and are no streams.
    body: bytes = answer.body  # type: ignore[assignment]
    return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
