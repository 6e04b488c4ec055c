"""The notes of a dataset and of a resource: what a reader must know before using them, as CKAN's Markdown.

What belongs here: the words, in both languages. What does not: where they stand.

Coverage statements and declared totals are never shortened, and a total keeps its qualifier. Texts of the metadata
stand as they were written, but for what looks like HTML.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from pipelines.contracts.dataset import Coverage
from pipelines.contracts.metadata import Dataset, TableFacts
from pipelines.contracts.project import Project
from pipelines.contracts.records import Tombstone
from pipelines.contracts.text import LANGS, Lang, Text
from pipelines.contracts.wording import COVERAGE, EXAMPLE, day, declared, number
from pipelines.describe import apa
from pipelines.publish.pages import qualifiers

_BANDS = {
    "excellent": Text(es="excelente", en="excellent"),
    "good": Text(es="buena", en="good"),
    "sufficient": Text(es="suficiente", en="sufficient"),
    "bad": Text(es="mala", en="bad"),
}
"""How the bands of the score of data.europa.eu read."""
_HTML = re.compile(r"<(?!https?://)(?=[A-Za-z/!?])")
"""What begins a tag; an address in angle brackets is a link of Markdown."""


def dataset_notes(project: Project, meta: Dataset, score: dict[str, Any], page: str | None) -> Text:
    """The notes of a dataset. `score`: `mqa` of `quality.json`, which may be empty; `page`: its page on our portal."""
    return _both(partial(_paragraphs, project, meta, score, page))


def table_notes(project: Project, table: TableFacts, said: Text, schema: str | None) -> Text:
    """The description of a resource that holds a table: what it is, what it does not hold, its columns.

    `said`: what it is; it comes first, as in our feed. `schema`: address of its Table Schema.
    """

    def write(lang: Lang) -> Iterator[str]:
        yield said.get(lang)
        yield from _covers(project, table.coverage, lang)
        names = ", ".join(f"`{field.name}`" for field in table.fields)
        if names:
            yield f"{_say(lang, 'Columnas', 'Columns')}: {names}."
        if schema:
            yield f"{_say(lang, 'Esquema de la tabla', 'Schema of the table')}: <{schema}>"

    return _both(write)


def queryable(table: TableFacts) -> tuple[Text, Text]:
    """Name and description of the resource whose rows are in the DataStore."""
    name = Text(es=f"{table.titles.es} (tabla consultable)", en=f"{table.titles.en} (table to query)")
    how = Text(
        es="Filas con sus tipos en el DataStore de CKAN: se ven, se filtran y se piden por la API (`datastore_search`).",
        en="Typed rows in CKAN's DataStore: to look at, to filter and to ask for by the API (`datastore_search`).",
    )
    return name, Text(es=f"{table.descriptions.es} {how.es}", en=f"{table.descriptions.en} {how.en}")


def withdrawn_title(title: Text) -> Text:
    """The title of a dataset of which every version was withdrawn."""
    return Text(es=f"Retirado: {title.es}", en=f"Withdrawn: {title.en}")


def withdrawn_notes(project: Project, stones: list[Tombstone], page: str | None) -> Text:
    """What a dataset says whose every version was withdrawn: since when, why, and where that is told."""

    def write(lang: Lang) -> Iterator[str]:
        yield from _example(project, lang)
        yield _say(
            lang,
            "**Este conjunto de datos se ha retirado y ya no tiene ficheros.**",
            "**This dataset was withdrawn and has no files any more.**",
        )
        lines = [
            f"- {_say(lang, 'Versión', 'Version')} {s.version}, {_say(lang, 'retirada el', 'withdrawn on')} "
            f"{day(lang, s.withdrawn)}: {s.reason}"
            for s in stones
        ]
        yield "\n".join(lines)
        if page:
            yield f"{_say(lang, 'Lo que queda de él', 'What is left of it')}: <{page}>"

    return _both(write)


def _paragraphs(project: Project, meta: Dataset, score: dict[str, Any], page: str | None, lang: Lang) -> Iterator[str]:
    yield from _example(project, lang)
    yield meta.descriptions.get(lang)
    yield f"### {_say(lang, 'Qué contiene y qué no', 'What it holds and what it does not')}"
    for table in meta.tables:
        rows = _say(lang, "fila", "row") if table.rows == 1 else _say(lang, "filas", "rows")
        yield f"**{table.titles.get(lang)}** ({number(lang, table.rows)} {rows})"
        if table.coverage:
            yield "\n".join(f"- {one}" for one in _covers(project, table.coverage, lang))
    if score:
        band = _BANDS[score["band"]].get(lang)
        yield _say(
            lang,
            f"**Calidad de los metadatos**: {score['points']} de {score['of']} puntos ({band}), por el método de data.europa.eu.",
            f"**Quality of the metadata**: {score['points']} of {score['of']} points ({band}), by the method of data.europa.eu.",
        )
    yield f"**{_say(lang, 'Cómo citarlo', 'How to cite it')}**: {apa(meta, lang)}"
    if page:
        yield f"**{_say(lang, 'Todas las versiones', 'All versions')}**: <{page}>"


def _example(project: Project, lang: Lang) -> Iterator[str]:
    if project.catalogue.stage == "example":
        yield f"**{EXAMPLE.get(lang)}**"


def _covers(project: Project, coverage: list[Coverage], lang: Lang) -> Iterator[str]:
    for one in coverage:
        subject = f"`{one.subject}`: " if one.subject else ""
        total = ""
        if one.declared:
            figure = declared(lang, one.declared, qualifiers(project))
            total = f" {_say(lang, 'Total declarado', 'Declared total')}: {figure}."
        yield f"{subject}{COVERAGE[one.coverage].get(lang)} {one.statement.get(lang)}{total}"


def _both(write: Callable[[Lang], Iterator[str]]) -> Text:
    """The paragraphs in both languages. CKAN shows no HTML: it takes tags away, and `<no consta>` with them."""
    return Text(**{lang: _HTML.sub("&lt;", "\n\n".join(write(lang))) for lang in LANGS})


def _say(lang: Lang, es: str, en: str) -> str:
    return es if lang == "es" else en
