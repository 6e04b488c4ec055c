"""The pages for people: the index in Spanish and in English, and the page of a withdrawn version.

What belongs here: filling the templates, and how sizes, dates, counts and codes read in each language.
What does not: the texts of the datasets, which come with their releases, and any script: there is none.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipelines.contracts.dataset import Declared
from pipelines.contracts.frequency import MADRID
from pipelines.contracts.metadata import Dataset, Distribution, TableFacts
from pipelines.contracts.project import Project
from pipelines.contracts.records import Tombstone
from pipelines.contracts.text import Lang, Text
from pipelines.describe.model import EXAMPLE
from pipelines.publish.labels import ABOUT, COVERAGE, FREQUENCIES, MONTHS
from pipelines.publish.linked import has_linked_data
from pipelines.publish.shown import QUALIFIER, Content, Shown, Version

_UNITS = ("kB", "MB", "GB", "TB")


@dataclass(frozen=True)
class TableView:
    """One table of a dataset as the page shows it."""

    facts: TableFacts
    downloads: list[Distribution]


@dataclass(frozen=True)
class FileView:
    """One file about a release as a whole."""

    file: str
    title: Text
    size: int


@dataclass(frozen=True)
class DatasetView:
    """One dataset as the page shows it; `version` is the pinned one, or else the newest."""

    shown: Shown
    version: Version
    meta: Dataset
    tables: list[TableView]
    about: list[FileView]

    @property
    def former(self) -> list[Version]:
        """The other published versions, the newest first."""
        return [v for v in reversed(self.shown.versions) if v is not self.version]

    @property
    def rows(self) -> int:
        """Rows of all its tables."""
        return sum(t.facts.rows for t in self.tables)

    @property
    def describes_until(self) -> date | None:
        """Last day that any of its tables describes."""
        return max((t.facts.describes_until for t in self.tables if t.facts.describes_until), default=None)


def index_page(project: Project, content: Content, lang: Lang) -> bytes:
    """The index in one language: the datasets of the edition, then those with earlier versions only."""
    views = [_view(shown, shown.newest) for shown in content.datasets if shown.newest]
    return _render(
        "index.html",
        project,
        lang,
        content=content,
        current=[v for v in views if v.shown.pinned],
        others=[v for v in views if not v.shown.pinned],
        gone=[d for d in content.datasets if not d.versions and d.withdrawn],
        linked=has_linked_data(project, content),
    )


def withdrawn_page(project: Project, tombstone: Tombstone) -> bytes:
    """The page of a withdrawn version, in both languages; it says why and nothing of what it was."""
    return _render("withdrawn.html", project, "es", tombstone=tombstone)


def pointer_page(project: Project, dataset: str) -> bytes:
    """The page at the address of a dataset, which the catalogue names: it sends to its place on the index."""
    return _render("pointer.html", project, "es", dataset=dataset)


def _view(shown: Shown, version: Version) -> DatasetView:
    meta = version.metadata
    tables = [TableView(t, [d for d in meta.distributions if d.table == t.name]) for t in meta.tables]
    listed = {d.file for t in tables for d in t.downloads}
    named = {d.file: d.titles for d in meta.distributions}
    sizes = {f.file: f.size for f in version.release.files}
    about = [
        FileView(name, named.get(name) or ABOUT.get(name) or Text(es=name, en=name), sizes[name])
        for name in sizes
        if name not in listed
    ]
    return DatasetView(shown, version, meta, tables, about)


def _render(template: str, project: Project, lang: Lang, **values: Any) -> bytes:
    def say(es: str, en: str) -> str:
        return es if lang == "es" else en

    page = _environment().get_template(template)
    text = page.render(
        lang=lang,
        say=say,
        catalogue=project.catalogue,
        declared=lambda total: declared(lang, total, qualifiers(project)),
        example=EXAMPLE if project.catalogue.stage == "example" else None,
        **{name: _in(lang, function) for name, function in _WORDING.items()},
        **values,
    )
    return text.encode()


def _in(lang: Lang, function: Callable[[Lang, Any], str]) -> Callable[[Any], str]:
    return lambda value: function(lang, value)


@cache
def _environment() -> Environment:
    out = Environment(
        loader=PackageLoader("pipelines.publish"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    out.filters["path"] = lambda text: quote(str(text), safe="")
    return out


def _text(lang: Lang, text: Text) -> str:
    return text.get(lang)


def number(lang: Lang, value: int) -> str:
    """A count: `1,234` in English; `1234` and `12 345` in Spanish, where four digits stand together."""
    if lang == "en":
        return f"{value:,}"
    return f"{value:,}".replace(",", "\u202f") if value >= 10_000 else str(value)


def qualifiers(project: Project) -> dict[str, Text]:
    """How the qualifiers of declared totals read, by code."""
    return project.vocabularies.labels.get(QUALIFIER, {})


def declared(lang: Lang, total: Declared, labels: dict[str, Text]) -> str:
    """A declared total with its qualifier, date and document: `más de 500 (2023, estrategia-2023)`."""
    words = labels[total.qualifier].get(lang) if total.qualifier in labels else total.qualifier
    qualifier = "" if total.qualifier == "exact" else f"{words[:1].lower()}{words[1:]} "
    broken = str(total.value).replace(".", "," if lang == "es" else ".")
    figure = number(lang, int(total.value)) if total.value == int(total.value) else broken
    said = ", ".join(part for part in (total.date, total.document) if part)
    return f"{qualifier}{figure} ({said})" if said else f"{qualifier}{figure}"


def size(lang: Lang, value: int) -> str:
    """A size in decimal units: `512 bytes`, `1,2 kB` in Spanish, `1.2 kB` in English."""
    if value < 1000:
        return f"{value}\u00a0bytes"
    power = 1
    while value / 1000**power >= 999.5 and power < len(_UNITS):
        power += 1
    scaled, unit = value / 1000**power, _UNITS[power - 1]
    figure = f"{scaled:.1f}" if scaled < 9.95 else f"{scaled:.0f}"
    return f"{figure.replace('.', ',') if lang == 'es' else figure}\u00a0{unit}"


def day(lang: Lang, value: date | datetime) -> str:
    """A day in words, `2 de enero de 2026` or `2 January 2026`; a moment is the day it was in Madrid."""
    here = value.astimezone(MADRID) if isinstance(value, datetime) else value
    month = MONTHS[here.month - 1].get(lang)
    return f"{here.day} de {month} de {here.year}" if lang == "es" else f"{here.day} {month} {here.year}"


def iso_day(value: date | datetime) -> str:
    """The same day as ISO 8601, for programs that read the page."""
    here = value.astimezone(MADRID).date() if isinstance(value, datetime) else value
    return here.isoformat()


def frequency(lang: Lang, code: str) -> str:
    """How often the dataset is renewed, from the EU table of frequencies; an unknown code stays as it is."""
    return FREQUENCIES[code].get(lang) if code in FREQUENCIES else code


def licence(iri: str) -> str:
    """The short name in the IRI of a licence: `CC BY 4.0`; the IRI itself where it has none."""
    creative = re.fullmatch(r"https?://creativecommons\.org/licenses/([a-z-]+)/([\d.]+)/?(?:deed\.\w+)?", iri)
    if creative:
        return f"CC {creative[1].upper()} {creative[2]}"
    authority = re.fullmatch(r"https?://publications\.europa\.eu/resource/authority/licence/(\w+)", iri)
    return re.sub(r"(\d) (?=\d)", r"\1.", authority[1].replace("_", " ")) if authority else iri


_WORDING: dict[str, Callable[[Lang, Any], str]] = {
    "text": _text,
    "number": number,
    "size": size,
    "day": day,
    "iso": lambda _, value: iso_day(value),
    "frequency": frequency,
    "covers": lambda lang, kind: COVERAGE[kind].get(lang),
    "licence": lambda _, iri: licence(iri),
}
