"""The views of an edition: which can be made, and their files in the tree.

What belongs here: from the views that dataset files declare, and the database of the edition, to the files under
`datasets/<id>/views/`; and the finding for a view that its pinned version has no columns for. What does not: what a
view shows, which is `views_rows` and `views_series`.
"""

import csv
import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pipelines.contracts.files import canonical_json
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.project import Project
from pipelines.contracts.text import LANGS, Text
from pipelines.contracts.views import VIEWS, DrawnView, View
from pipelines.linked.mapping import compile_rules
from pipelines.publish.edition_roles import roles_of
from pipelines.publish.edition_tables import EditionTable, edition_tables
from pipelines.publish.shown import Content, Shown, Version
from pipelines.publish.views_drawing import drawing
from pipelines.publish.views_rows import Told, bars_of, matrix_of, network_of
from pipelines.publish.views_series import LINE_ROLES, line_of
from pipelines.publish.views_table import ViewTable


@dataclass(frozen=True)
class _Wanted:
    """A view that a dataset file declares, the version that it would show, and what that lacks for it."""

    dataset: str
    version: Version
    view: View
    lacks: list[str]


def views_left_out(project: Project, content: Content) -> list[Finding]:
    """A warning for each view whose pinned version lacks what it shows; only small files are read.

    Raises `FindingError` when the metadata or the Data Package of a version cannot be read.
    """
    return [
        finding(
            "view-left-out",
            dataset=want.dataset,
            table=want.view.table,
            value=want.view.id,
            params={"version": want.version.release.version, "lacks": ", ".join(want.lacks)},
        )
        for want in _wanted(project, content)
        if want.lacks
    ]


def view_files(project: Project, content: Content, database: Path) -> dict[str, bytes]:
    """The files of all views by their path in the tree, made of `edition.sqlite`; the same bytes each time.

    A line without a series of enough figures has none.
    """
    wanted = [want for want in _wanted(project, content) if not want.lacks]
    files: dict[str, bytes] = {}
    if not wanted:
        return files
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as base:
        for want in wanted:
            told = _told(base, want)
            if told:
                files.update(_files(want, told))
    return files


def _wanted(project: Project, content: Content) -> list[_Wanted]:
    declared: list[tuple[Shown, Version, View]] = []
    for shown, version in content.pinned:
        file = project.datasets.get(shown.id)
        declared += [(shown, version, view) for view in (file.views if file else ())]
    tables = {t.place: t for t in edition_tables(project, content, set())} if declared else {}
    return [_Wanted(d.id, v, view, list(_lacking(project, tables, d.id, view))) for d, v, view in declared]


def _lacking(project: Project, tables: dict[tuple[str, str], EditionTable], dataset: str, view: View) -> Iterator[str]:
    """The tables, columns and roles of columns that a view needs and the edition does not have."""
    if view.among and tuple(view.among.split("/")) not in tables:
        yield view.among
    table = tables.get((dataset, view.table))
    if table is None:
        yield view.table
        return
    known = {f["name"] for f in table.fields}
    yield from (f"{view.table}.{c}" for c in sorted(view.columns - known))
    if view.kind in ("bars", "network"):
        return
    rules = compile_rules(table.resource, project) if table.resource and table.resource.rdf else None
    roles = {role: column for column, role, _ in roles_of(table, rules, project.ontology)}
    needed = LINE_ROLES if view.kind == "line" else ("date",)
    yield from (f"{view.table} ({role})" for role in needed if role not in roles)
    if day := roles.get("date"):
        yield from (f"{view.table}.{c}" for c in (f"{day}_from", f"{day}_to") if c not in known)


def _told(base: sqlite3.Connection, want: _Wanted) -> Told | None:
    view = want.view
    table = ViewTable(base, want.dataset, view.table)
    facts = next(t for t in want.version.metadata.tables if t.name == view.table)
    titles = {f.name: f.titles for f in facts.fields}
    if view.kind == "line":
        return line_of(table, view, titles)
    if view.kind == "matrix":
        return matrix_of(table, view, titles)
    if view.kind == "bars":
        return bars_of(table, view, titles)
    among = ViewTable(base, *_place(view.among)).described() if view.among else None
    return network_of(table, view, titles, among)


def _place(among: str) -> tuple[str, str]:
    dataset, table = among.split("/")
    return dataset, table


def _files(want: _Wanted, told: Told) -> Iterator[tuple[str, bytes]]:
    view, meta = want.view, want.version.metadata
    facts = next(t for t in meta.tables if t.name == view.table)
    drawn = DrawnView(
        id=view.id,
        kind=view.kind,
        dataset=want.dataset,
        version=meta.version,
        table=view.table,
        titles=view.titles,
        descriptions=view.descriptions,
        home=view.home,
        alternative=told.alternative,
        statements=[c.statement for c in facts.coverage],
        header=told.header,
        rows=told.rows,
        drawn=told.panels is not None,
    )
    place = f"datasets/{want.dataset}/{VIEWS}/{view.id}"
    yield f"{place}.json", f"{canonical_json(drawn.model_dump(mode='json'))}\n".encode()
    yield f"{place}.csv", _csv(drawn)
    if told.panels:
        for lang in LANGS:
            yield f"{place}.{lang}.svg", drawing(told.panels(lang), view.titles.get(lang), drawn.alternative.get(lang))


def _csv(view: DrawnView) -> bytes:
    """The rows as CSV (RFC 4180, UTF-8): two columns where the languages differ in any row, else one."""
    columns: list[list[str]] = []
    for n, title in enumerate(view.header):
        texts = [row[n].text for row in view.rows]
        if all(t.es == t.en for t in texts):
            columns.append([_both(title), *(t.es for t in texts)])
        else:
            columns += [[f"{title.get(lang)} ({lang})", *(t.get(lang) for t in texts)] for lang in LANGS]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(zip(*columns, strict=True))
    return out.getvalue().encode()


def _both(title: Text) -> str:
    return title.es if title.es == title.en else f"{title.es} / {title.en}"
