"""The pages for people: the index in Spanish and in English, and the page of a withdrawn version.

What belongs here: filling the templates. What does not: how sizes, dates, counts and codes read, which is
`contracts.wording`; the texts of the datasets, which come with their releases; and any script: there is none.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipelines.contracts.metadata import Dataset, Distribution, TableFacts
from pipelines.contracts.project import Project
from pipelines.contracts.records import Tombstone
from pipelines.contracts.text import Lang, Text
from pipelines.contracts.wording import ABOUT, EXAMPLE, declared, wording
from pipelines.publish.linked import has_linked_data
from pipelines.publish.shown import QUALIFIER, Content, Shown, Version


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


def pointer_page(project: Project, dataset: str, version: str | None = None) -> bytes:
    """The page at the address of a dataset or version, which catalogue and feeds name: it sends to its place on the index."""
    place = f"{dataset}/{version}" if version else dataset
    return _render("pointer.html", project, "es", place=place, up="../" * (3 if version else 2))


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
        **wording(lang),
        **values,
    )
    return text.encode()


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


def qualifiers(project: Project) -> dict[str, Text]:
    """How the qualifiers of declared totals read, by code."""
    return project.vocabularies.labels.get(QUALIFIER, {})
