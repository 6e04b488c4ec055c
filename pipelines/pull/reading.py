"""What one part is read with: its place, its dialect, the columns expected in it, and the limits.

What belongs here: the context that every reader and every check of a part is given, and the list in
which they put what they find. What does not: reading itself.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pipelines.contracts.findings import Finding, FindingError, finding
from pipelines.contracts.project import Project
from pipelines.contracts.records import HttpFacts
from pipelines.contracts.settings import Settings
from pipelines.contracts.source import Dialect, Feed, FileFormat, SourceFile

Row = tuple[int, list[str]]
"""The line of a part (1 is its first) and the text of its cells."""

_BY_SUFFIX: dict[str, FileFormat] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".ods": "ods",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
_BY_TYPE: dict[str, FileFormat] = {
    "text/csv": "csv",
    "text/plain": "csv",
    "text/tab-separated-values": "csv",
    "application/csv": "csv",
    "application/json": "json",
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
}


@dataclass(frozen=True)
class Expected:
    """The columns that a part should have, in the words of the source."""

    required: list[str]
    known: list[str]


@dataclass
class Reading:
    """One part, about to be read for one feed."""

    source: SourceFile
    feed: Feed
    part: str
    path: Path
    settings: Settings
    expected: Expected
    http: HttpFacts | None = None
    found: list[Finding] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)

    @cached_property
    def dialect(self) -> Dialect:
        """How the part is said to be written."""
        return self.source.dialect_of(self.feed)

    @cached_property
    def format(self) -> FileFormat:
        """The format of the part: declared, or from its name, its address or its content type.

        Raises `FindingError`.
        """
        if self.source.format:
            return self.source.format
        names = [self.part, self.http.url.split("#")[0] if self.http else ""]
        for name in names:
            if known := _BY_SUFFIX.get(Path(name).suffix.lower()):
                return known
        kind = (self.http.content_type or "").split(";")[0].strip().lower() if self.http else ""
        if kind in _BY_TYPE:
            return _BY_TYPE[kind]
        raise self.refused("source-format-unknown")

    def finding(self, code: str, **where: Any) -> Finding:
        """A finding of `code` about this part."""
        return finding(code, source=self.source.id, part=self.part, table=self.feed.table, **where)

    def refused(self, code: str, **where: Any) -> FindingError:
        """The exception that ends the reading: all that was found so far, and `code`."""
        return FindingError(*self.found, self.finding(code, **where))

    def note(self, code: str, **where: Any) -> None:
        """Keep a finding and go on; beyond `max_findings` of one code they are only counted."""
        self._counts[code] += 1
        if self._counts[code] <= self.settings.max_findings:
            self.found.append(self.finding(code, **where))

    def close(self) -> None:
        """Say how many findings were only counted, and raise `FindingError` if any is an error."""
        for code, count in self._counts.items():
            if (more := count - self.settings.max_findings) > 0:
                self.found.append(self.finding("source-findings-more", params={"count": more, "kind": code}))
        self._counts.clear()
        if any(f.blocks for f in self.found):
            raise FindingError(*self.found)


def reading(project: Project, source: SourceFile, feed: Feed, part: str, path: Path) -> Reading:
    """The context in which `part`, whose bytes are at `path`, is read for `feed`."""
    return Reading(source, feed, part, path, project.settings, expected_columns(project, source, feed))


def expected_columns(project: Project, source: SourceFile, feed: Feed) -> Expected:
    """Which columns a part of `feed` must have, and which it may have.

    It must have those that the source file maps or filters by, and those that fill a required column or
    the primary key. A table that no dataset has (the project says so in a finding) expects nothing more.
    """
    required = [*feed.columns.values(), *feed.keep]
    known = [*feed.ignore]
    try:
        _, resource = project.owner_of(feed.table)
    except KeyError:
        return Expected(_once(required), _once(required + known))
    given = {*feed.columns, *feed.constants}
    for column in resource.table_schema.fields:
        if column.name in given or column.derived_from:
            continue
        needed = column.constraints.required or column.name in resource.primary_key
        (required if needed else known).append(column.name)
    return Expected(_once(required), _once(required + known))


def _once(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))
