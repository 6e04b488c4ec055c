"""The metadata gate: whether the description of a release is complete and can be true.

What belongs here: questions that the typed metadata answer by themselves. What does not: the rules of
RDF profiles, which are in `shapes`, and the lists of codes, which are given.

What the model's own types hold (both languages present, hashes in hexadecimal, no size below zero) is
not asked again.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from pipelines.check.catalogue.codes import Codes
from pipelines.check.catalogue.conventions import PUBLISHER
from pipelines.check.catalogue.hvd import LICENCES
from pipelines.contracts.findings import Finding, Severity, finding
from pipelines.contracts.frequency import MADRID
from pipelines.contracts.metadata import Dataset, Distribution, TableFacts
from pipelines.contracts.store import TABLE_FORMATS, table_file
from pipelines.contracts.text import Text
from pipelines.describe import iris
from pipelines.describe.formats import FORMATS

SHORTEST_TITLE = 3
SHORTEST_DESCRIPTION = 15
"""Shortest texts that can say something, in characters."""

_MAILBOX = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+")
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
_CODE = re.compile(r"[A-Z0-9]+(_[A-Z0-9]+)*")
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}\.[1-9]\d*")
_SCHEMA_VERSION = re.compile(r"\d+\.\d+\.\d+")
_BASE = re.compile(r"https?://[^/\s]+")


def check_metadata(meta: Dataset, codes: Codes) -> list[Finding]:
    """Findings about the metadata of one release; empty when it is complete.

    `codes`: the lists that themes and sectors are looked up in.

    The rules: DCAT-AP-ES 1.0.0 for what is mandatory (publisher by DIR3, an NTI sector, Spanish, a
    licence, distributions) and its convention 08 for dates (changed on or after issued, nothing in the
    future); the project's own for texts in both languages, coverage and the last day described.
    """
    gates = (_texts, _bodies, _codes, _coverage, _periods, _files, _dates, _identity, _versions)
    return [*(found for gate in gates for found in gate(meta)), *_themes(meta, codes)]


def _texts(meta: Dataset) -> Iterator[Finding]:
    yield from _pair(meta, None, meta.titles, meta.descriptions)
    for table in meta.tables:
        yield from _pair(meta, table.name, table.titles, table.descriptions)
        for column in table.fields:
            name = f"{column.name}.descriptions"
            yield from _same(meta, table.name, name, column.descriptions, is_title=False)
    if any(not word.strip() for word in (*meta.keywords.es, *meta.keywords.en)):
        yield finding("meta-keyword-empty", dataset=meta.id, field="keywords")


def _pair(meta: Dataset, table: str | None, titles: Text, descriptions: Text) -> Iterator[Finding]:
    for title, words in ((titles.es, descriptions.es), (titles.en, descriptions.en)):
        if len(title.strip()) < SHORTEST_TITLE:
            yield finding("meta-text-short", value=title, **_where(meta, table, "titles"))
        if len(words.strip()) < SHORTEST_DESCRIPTION or words.strip() == title.strip():
            yield finding("meta-text-short", value=words, **_where(meta, table, "descriptions"))
    yield from _same(meta, table, "titles", titles, is_title=True)
    yield from _same(meta, table, "descriptions", descriptions, is_title=False)


def _same(meta: Dataset, table: str | None, field: str, text: Text, is_title: bool) -> Iterator[Finding]:
    if text.es.strip().casefold() == text.en.strip().casefold():
        # Some titles do read the same in both languages; a description never does.
        severity: Severity = "warning" if is_title else "error"
        yield finding("meta-text-same", severity=severity, value=text.es[:80], **_where(meta, table, field))


def _where(meta: Dataset, table: str | None, field: str) -> dict[str, Any]:
    name = f"{meta.id}/{table}" if table else meta.id
    return {"dataset": meta.id, "table": table, "field": field, "params": {"name": name}}


def _bodies(meta: Dataset) -> Iterator[Finding]:
    if not PUBLISHER.fullmatch(meta.publisher.iri):
        yield finding("meta-publisher", dataset=meta.id, field="publisher", value=meta.publisher.iri)
    if not _MAILBOX.fullmatch(meta.contact.email):
        yield finding("meta-contact", dataset=meta.id, field="contact")
    for licence in sorted({meta.licence, *(d.licence for d in meta.distributions)}):
        if not _ADDRESS.fullmatch(licence):
            yield finding("meta-licence", dataset=meta.id, field="licence", value=licence)
        elif not licence.startswith(LICENCES):
            yield finding("meta-licence-unlisted", dataset=meta.id, field="licence", value=licence)


def _themes(meta: Dataset, codes: Codes) -> Iterator[Finding]:
    for field, given, name in (("themes", meta.themes, "data-theme"), ("sectors", meta.sectors, "sector")):
        table = codes.tables[name]
        wrong = {code for code in given if table.state(code) != "known"}
        for code in sorted(wrong) or ([] if given else [""]):
            expected = {"expected": ", ".join(sorted(table.codes))}
            yield finding("meta-theme-unknown", dataset=meta.id, field=field, value=code, params=expected)


def _codes(meta: Dataset) -> Iterator[Finding]:
    coded = [("frequency", meta.frequency), ("access_rights", meta.access_rights)]
    for field, code in coded + [("languages", code) for code in meta.languages]:
        if not _CODE.fullmatch(code):
            yield finding("meta-code-form", dataset=meta.id, field=field, value=code)
    if "SPA" not in meta.languages:
        yield finding("meta-language", dataset=meta.id, field="languages")


def _coverage(meta: Dataset) -> Iterator[Finding]:
    if not meta.spatial:
        yield finding("meta-spatial-missing", dataset=meta.id, field="spatial")
    if meta.temporal is None:
        yield finding("meta-period-missing", dataset=meta.id, field="temporal")
    for table in meta.tables:
        if not table.coverage:
            yield finding("meta-coverage-missing", dataset=meta.id, table=table.name, field="coverage")
        # One finding for one cause: a dataset without any period has been told so already.
        if meta.temporal and table.describes_from is None and table.describes_until is None:
            yield finding("meta-until-missing", dataset=meta.id, table=table.name, field="temporal_column")


def _periods(meta: Dataset) -> Iterator[Finding]:
    periods: list[tuple[str | None, date | None, date | None]] = [
        (t.name, t.describes_from, t.describes_until) for t in meta.tables
    ]
    if meta.temporal:
        periods.append((None, meta.temporal.start, meta.temporal.end))
    for table, start, end in periods:
        if start and end and start > end:
            where = _where(meta, table, "temporal")
            where["params"] |= {"start": start, "end": end}
            yield finding("meta-period-order", **where)


def _files(meta: Dataset) -> Iterator[Finding]:
    there = {d.file for d in meta.distributions}
    for table in meta.tables:
        yield from _missing(meta, table, there)
    formats = {(f.code, f.media_type) for f in FORMATS.values()}
    for file in meta.distributions:
        if file.byte_size == 0 and file.rows:
            yield finding("meta-file-empty", dataset=meta.id, table=file.table, field="byte_size", value=file.file)
        if (file.format, file.media_type) not in formats:
            yield _unknown_format(meta, file)


def _missing(meta: Dataset, table: TableFacts, there: set[str]) -> Iterator[Finding]:
    for name in (table_file(table.name, extension) for extension in TABLE_FORMATS):
        if name not in there:
            yield finding("meta-file-missing", dataset=meta.id, table=table.name, field="distributions", value=name)


def _unknown_format(meta: Dataset, file: Distribution) -> Finding:
    shown = {"format": f"{file.format}, {file.media_type}"}
    return finding(
        "meta-format-unknown", dataset=meta.id, table=file.table, field="format", value=file.file, params=shown
    )


def _dates(meta: Dataset) -> Iterator[Finding]:
    moments = {
        "published": meta.published,
        "data_changed": meta.data_changed,
        "metadata_changed": meta.metadata_changed,
        **{f"{d.file}.issued": d.issued for d in meta.distributions},
        **{f"{d.file}.modified": d.modified for d in meta.distributions},
    }
    vague = [(name, moment) for name, moment in moments.items() if moment.tzinfo is None]
    for name, moment in vague:
        yield finding("meta-date-zone", dataset=meta.id, field=name, value=moment.isoformat())
    if vague:
        return
    for name, moment in moments.items():
        if moment > meta.published:
            yield _late(meta, name, moment, "published", meta.published)
    for name in ("data_changed", "metadata_changed"):
        # `issued` is a day that somebody wrote down here, so it is held against the day here.
        if meta.issued > moments[name].astimezone(MADRID).date():
            yield _late(meta, "issued", meta.issued, name, moments[name])


def _late(meta: Dataset, field: str, value: date | datetime, other: str, limit: datetime) -> Finding:
    params = {"other": other, "limit": limit.isoformat()}
    return finding("meta-date-order", dataset=meta.id, field=field, value=value.isoformat(), params=params)


def _identity(meta: Dataset) -> Iterator[Finding]:
    found = _BASE.match(meta.iri)
    base = found[0] if found else ""
    expected = {
        "iri": (meta.iri, iris.dataset(base, meta.id)),
        "identifier": (meta.identifier, iris.identifier(iris.dataset(base, meta.id))),
        "version_iri": (meta.version_iri, iris.version(base, meta.id, meta.version)),
        "contact": (meta.contact.iri, iris.contact(base)),
        **{d.file: (d.iri, iris.distribution(base, meta.id, d.file)) for d in meta.distributions},
    }
    if meta.series:
        expected["series"] = (meta.series.iri, iris.series(base, meta.id))
    if meta.temporal:
        expected["temporal"] = (meta.temporal.iri, iris.period(base, meta.id))
    for field, (given, right) in expected.items():
        if given != right:
            yield finding("meta-identity", dataset=meta.id, field=field, value=given, params={"expected": right})


def _versions(meta: Dataset) -> Iterator[Finding]:
    forms = [("version", meta.version, _VERSION), ("schema_version", meta.schema_version, _SCHEMA_VERSION)]
    if meta.previous_version is not None:
        forms.append(("previous_version", meta.previous_version, _VERSION))
    for field, value, form in forms:
        if not form.fullmatch(value) or (field == "previous_version" and value == meta.version):
            yield finding("meta-version", dataset=meta.id, field=field, value=value)
