"""The page of a dataset, in one of its versions.

What belongs here: what the page tells of a dataset. What does not: filtering its tables, which is `pages.table`.
"""

import json
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from pipelines.contracts.metadata import Dataset, Distribution, TableFacts
from pipelines.contracts.reading import SCOPE, ReadTable
from pipelines.contracts.store import CHANGES_FILE, CITATION_FILES, FINDINGS_FILE, QUALITY_FILE, table_file
from pipelines.contracts.text import Lang, Text
from pipelines.contracts.wording import ABOUT
from portal.answer import Answer
from portal.figures import has_figures
from portal.pages.cells import Cell, cells
from portal.pages.coverage import said_of_coverage
from portal.pages.facts import freshness, labels, network, network_filter, until, version_lines
from portal.pages.links import things
from portal.pages.render import Here, page, render, segment
from portal.site import Site
from portal.views import views

PREVIEW = 10
"""Rows that the page shows of each table."""
SCHEMA_ORG = "dataset.jsonld"
"""Name in the tree of the dataset as schema.org has it."""


@dataclass(frozen=True)
class TableView:
    """One table: facts, columns and the first rows; `explore` is what its explorer is first asked for."""

    facts: TableFacts
    read: ReadTable
    preview: list[list[Cell]]
    downloads: list[Distribution]
    explore: str


@dataclass(frozen=True)
class AboutFile:
    """One file about a release as a whole."""

    file: str
    title: Text
    size: int
    sha256: str


@dataclass(frozen=True)
class FindingLine:
    """One finding of the release: its code, where it is, and what it says."""

    code: str
    where: str
    what: Text


def dataset(site: Site, lang: Lang, name: str, version: str | None = None) -> Answer:
    """The page of a dataset: of the pinned version, or of `version`. Raises `Problem` 404 and 410."""
    chosen = site.version(name, version)
    shown = site.shown(name)
    meta = site.metadata(name, chosen)
    folder = site.folder(name, chosen)
    place = f"/datasets/{segment(name)}"
    of_network = network(labels(site, SCOPE))
    body = render(
        site,
        lang,
        "dataset.html",
        Here.both(place + (f"?version={quote(chosen)}" if version else "")),
        meta=meta,
        newest=chosen == shown.pinned,
        views=views(site, name) if chosen == shown.pinned else [],
        figures={t.name for t in meta.tables if chosen == shown.pinned and has_figures(site, name, t.name)},
        tables=[_table(site, meta, facts, folder, lang, of_network) for facts in meta.tables],
        about=_about(site, meta),
        **said_of_coverage(site, lang, meta),
        fresh=freshness(meta) if chosen == shown.pinned else None,
        until=until(meta),
        quality=json.loads((folder / QUALITY_FILE).read_bytes()),
        findings=[_finding(json.loads(line)) for line in (folder / FINDINGS_FILE).read_bytes().splitlines()],
        citation=_citation(folder, lang),
        versions=version_lines(site, [name], 6),
        files=f"{place}/{segment(chosen)}",
        latest=f"{site.base_url}{place}/{'latest' if chosen == shown.pinned else segment(chosen)}",
        report=_report(meta, lang, f"{site.base_url}/{lang}{place}"),
        schema_org=_schema_org(site, name) if chosen == shown.pinned else None,
    )
    return page(body, lang)


def _table(site: Site, meta: Dataset, facts: TableFacts, folder: Path, lang: Lang, of_network: str | None) -> TableView:
    read = next(t for t in site.reading(meta.id, meta.version).tables if t.name == facts.name)
    with (folder / table_file(facts.name, "jsonl")).open("rb") as lines:
        rows: list[dict[str, Any]] = [json.loads(line) for line in islice(lines, PREVIEW)]
    downloads = [d for d in meta.distributions if d.table == facts.name]
    pinned = meta.version == site.shown(meta.id).pinned
    told = things(site, lang, (meta.id, facts.name), rows, range(len(rows))) if pinned else [{}] * len(rows)
    preview = [cells(read, row, lang, names=own) for row, own in zip(rows, told, strict=True)]
    asked = ({} if pinned else {"version": meta.version}) | network_filter(of_network, read)
    return TableView(facts, read, preview, downloads, f"?{urlencode(asked)}" if asked else "")


def _about(site: Site, meta: Dataset) -> list[AboutFile]:
    listed = {d.file for d in meta.distributions if d.table}
    named = {d.file: d.titles for d in meta.distributions}
    return [
        AboutFile(f.file, named.get(f.file) or ABOUT.get(f.file) or Text(es=f.file, en=f.file), f.size, f.sha256)
        for f in site.release(meta.id, meta.version).files
        if f.file not in listed and f.file not in CITATION_FILES and f.file != CHANGES_FILE
    ]


def _finding(line: dict[str, Any]) -> FindingLine:
    where = " · ".join(str(line[k]) for k in ("table", "key", "field") if line.get(k))
    return FindingLine(line["code"], where or "—", Text(es=line["message_es"], en=line["message_en"]))


def _citation(folder: Path, lang: Lang) -> str | None:
    """The citation in `lang`; None of a release of format 1. The file has a block for each language, headed by its name."""
    path = folder / CITATION_FILES[0]
    if not path.is_file():
        return None
    blocks = path.read_text(encoding="utf-8").strip().split("\n\n")
    return blocks[0 if lang == "es" else 1].partition("\n")[2]


def _report(meta: Dataset, lang: Lang, address: str) -> str:
    """The address that begins a mail about a problem, with dataset and version filled in."""
    title = meta.titles.get(lang)
    words = {
        "es": (f"Problema en «{title}» {meta.version}", "Tabla y registro", "Qué está mal"),
        "en": (f"Problem in '{title}' {meta.version}", "Table and record", "What is wrong"),
    }[lang]
    body = f"{meta.id} {meta.version}\n{address}\n\n{words[1]}:\n\n{words[2]}:\n"
    return f"mailto:{meta.contact.email}?" + urlencode({"subject": words[0], "body": body}, quote_via=quote)


def _schema_org(site: Site, name: str) -> str | None:
    path = site.tree / "datasets" / name / SCHEMA_ORG
    if not path.is_file():
        return None
    # In a script element only `</script` and `<!--` could end or hide anything: no `<` stays.
    plain = json.dumps(json.loads(path.read_bytes()), ensure_ascii=False).replace("`", "")
    return plain.replace("<", "\\u003c")
