"""Whether the documents say what the rows say they do.

What belongs here: looking for each evidence term of each row in the named section of the copy of the
document. What does not: whether the row is right about what the term means.

A section begins at the line that is its heading, as the rows write it, and ends at the next line that
is the heading of a section that any row names, or at a Markdown heading of the same or a higher level.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from weakref import finalize

import pandas as pd

from pipelines.contracts.files import pretty_json, read_json, sha256_bytes, write_atomic
from pipelines.contracts.findings import Finding, FindingError, finding
from pipelines.contracts.project import Project
from pipelines.contracts.source import Evidence, SourceFile
from pipelines.contracts.tables import LINE, PART, SOURCE, key_text
from pipelines.pull.web import PassingError, Web

_BETWEEN = " | "
_ADDRESS = re.compile(r"https?://")
_SILENT = frozenset({"http-unreachable", "http-timeout"})
_ANY_HEADING = re.compile(r"^(#+)\s")
_BEFORE = re.compile(r"^\(.*\)$")
"""A section in brackets, `(cover)`, is what stands before the first heading."""


def verify_evidence(project: Project, source: SourceFile, tables: dict[str, pd.DataFrame]) -> list[Finding]:
    """The terms that the copies of the documents do not have in the section that a row names.

    `tables`: rows of `source` by table, raw or tidy, with the columns that its `evidence` names; a row of
    another source, and a row without section and terms, is passed over. Nothing is found where the
    settings name no folder or address of documents; a document whose copy is not there gives one warning.
    """
    if not project.settings.documents or source.evidence is None:
        return []
    rows = list(_rows(project, source, source.evidence, tables))
    found: list[Finding] = []
    for document in dict.fromkeys(row.document for row in rows):
        named = [row for row in rows if row.document == document]
        name = source.evidence.copies.get(document)
        text = _copy(project, source, name) if name else None
        if text is None:
            params = {"kind": document}
            found.append(finding("evidence-not-verified", source=source.id, params=params))
            continue
        parts = _sections(text, {row.section for row in named})
        found += [f for row in named for f in _missing(source, row, parts)]
    return found


@dataclass(frozen=True)
class _Row:
    """What one row says about where it stands."""

    table: str
    part: str | None
    line: int | None
    key: str | None
    document: str
    section: str
    terms: str
    columns: Evidence


def _rows(project: Project, source: SourceFile, evidence: Evidence, tables: dict[str, pd.DataFrame]) -> Iterator[_Row]:
    columns = [evidence.document, evidence.section, evidence.terms]
    for table, frame in tables.items():
        if not set(columns) <= set(frame.columns):
            continue
        own = frame[frame[SOURCE] == source.id] if SOURCE in frame else frame
        # Rows of which all three columns are empty or missing have an address instead.
        own = own[own[columns].notna().all(axis=1) & (own[columns] != "").any(axis=1)]
        keys = _keys(project, table, own)
        places = zip(own[PART], own[LINE], strict=True) if PART in own else [(None, None)] * len(own)
        said = zip(*(own[c] for c in columns), strict=True)
        for (part, line), key, (document, section, terms) in zip(places, keys, said, strict=True):
            if section or terms:
                number = None if line is None or pd.isna(line) else int(line)
                yield _Row(table, part, number, key, document, section, terms, evidence)


def _keys(project: Project, table: str, rows: pd.DataFrame) -> list[str | None]:
    try:
        _, resource = project.owner_of(table)
    except KeyError:
        return [None] * len(rows)
    if not set(resource.primary_key) <= set(rows.columns):
        return [None] * len(rows)
    return [None if pd.isna(key) else str(key) for key in key_text(rows, resource.primary_key)]


def _copy(project: Project, source: SourceFile, name: str) -> str | None:
    """The text of the copy; None if there is none, or none that is text where the settings say."""
    place = project.settings.documents or ""
    if _ADDRESS.match(place):
        path = _asked_once(project, source, f"{place.rstrip('/')}/{quote(name)}")
    else:
        folder = (project.root / place).resolve()
        path = (folder / name).resolve()
        path = path if path.is_relative_to(folder) and path.is_file() else None
    try:
        return path.read_text(encoding="utf-8") if path else None
    except UnicodeDecodeError:
        return None


class _Asked:
    """What the server of documents has answered to one project, which is read anew for each run."""

    def __init__(self) -> None:
        self.copies: dict[str, Path | None] = {}
        self.silent = False
        """Whether it could not be reached: then it is not asked again."""


_ASKED: dict[int, _Asked] = {}


def _asked_once(project: Project, source: SourceFile, url: str) -> Path | None:
    """The copy at an address, asked for once in a run; None if it cannot be had."""
    if id(project) not in _ASKED:
        _ASKED[id(project)] = _Asked()
        finalize(project, _ASKED.pop, id(project))
    asked = _ASKED[id(project)]
    if url not in asked.copies:
        asked.copies[url] = _fetched(project, source, url, asked)
    return asked.copies[url]


def _fetched(project: Project, source: SourceFile, url: str, asked: _Asked) -> Path | None:
    """The copy at an address, kept in the cache and fetched only where it has changed since.

    A server that does not answer leaves the copy that is kept; one that refuses it leaves none.
    """
    kept = project.store.cache / "documents" / sha256_bytes(url.encode())[:16]
    former = kept if kept.exists() else None
    if asked.silent:
        return former
    kept.parent.mkdir(parents=True, exist_ok=True)
    arriving, known = kept.with_name(f".{kept.name}.tmp"), kept.with_name(f"{kept.name}.json")
    validators = read_json(known) if former and known.exists() else {}
    try:
        with Web(project, source) as web:
            answer = web.download(url, arriving, validators)
    except FindingError as error:
        arriving.unlink(missing_ok=True)
        asked.silent = any(f.code in _SILENT for f in error.findings)
        return former if isinstance(error, PassingError) or asked.silent else None
    if not answer.unchanged:
        known.unlink(missing_ok=True)  # it is about the former copy
        arriving.replace(kept)
        headers = {"If-None-Match": answer.facts.etag, "If-Modified-Since": answer.facts.last_modified}
        write_atomic(known, pretty_json({name: value for name, value in headers.items() if value}))
    return kept


def _squeezed(text: str) -> str:
    """`text` as it is compared: no asterisks, single spaces (a non-breaking one is a space)."""
    return " ".join(text.replace("*", "").split())


def _sections(text: str, names: set[str]) -> dict[str, str]:
    """The text of each named section, its heading included; a heading that comes again adds to it."""
    wanted = {_squeezed(name): name for name in names if not _BEFORE.match(name)}
    before = next((name for name in names if _BEFORE.match(name)), None)
    lines: dict[str | None, list[str]] = defaultdict(list)
    current, level = before, 99
    for line in text.splitlines():
        marks = _ANY_HEADING.match(line.strip())
        heading = wanted.get(_squeezed(line.strip().lstrip("#")))
        if heading is not None:
            current, level = heading, len(marks[1]) if marks else 99
        elif marks and (current == before or len(marks[1]) <= level):
            current, level = None, len(marks[1])
        lines[current].append(line)
    return {name: _squeezed(" ".join(kept)) for name, kept in lines.items() if name is not None}


def _missing(source: SourceFile, row: _Row, parts: dict[str, str]) -> Iterator[Finding]:
    where: dict[str, Any] = {"source": source.id, "part": row.part, "table": row.table, "row": row.line, "key": row.key}
    named = ", ".join((row.columns.document, row.columns.section, row.columns.terms))
    place = {"document": row.document, "section": row.section, "columns": named}
    if row.section not in parts:
        yield finding("evidence-section-missing", field=row.columns.section, value=row.section, params=place, **where)
        return
    for term in row.terms.split(_BETWEEN):
        if not _squeezed(term) or _squeezed(term) not in parts[row.section]:
            yield finding("evidence-not-found", field=row.columns.terms, value=term, params=place, **where)
