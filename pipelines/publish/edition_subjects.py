"""What the rows of one table are about: the entity that each defines, and the entities that it speaks of.

What belongs here: IRIs of a table made by its mapping, a column at a time, put into tables of the work database. What
does not: choosing among what several tables say, which is `edition_entities`.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.contracts.dataset import Resource
from pipelines.contracts.reading import CODES, SCOPE
from pipelines.contracts.tables import as_text, dtype_of, from_arrow, key_text
from pipelines.linked.cells import Cells
from pipelines.linked.mapping import Rules
from pipelines.linked.template import Template
from pipelines.publish.edition_roles import DEFINITIONS, OTHER_NAMES, columns_of, label_columns
from pipelines.publish.edition_tables import EditionTable

WORK_SCHEMA = """
CREATE TEMP TABLE defines (
  path TEXT, class TEXT, id TEXT, rank INTEGER, dataset TEXT, table_name TEXT, row INTEGER,
  label_es TEXT, label_en TEXT, scope TEXT, definition_es TEXT, definition_en TEXT
);
CREATE TEMP TABLE speaks (
  path TEXT, own INTEGER, dataset TEXT, table_name TEXT, row INTEGER, key TEXT, via TEXT,
  date_from TEXT, date_to TEXT, date TEXT
);
CREATE TEMP TABLE called (path TEXT, name TEXT);
"""
"""What the tables say before it is settled: each in the order of datasets, tables and rows."""

_BATCH = 50_000


@dataclass(frozen=True)
class Subject:
    """Where the entities of a table stand: `prefix` of their paths, up to the last `/` before the first cell."""

    prefix: str
    kind: str

    @classmethod
    def of(cls, template: Template, uri_base: str) -> "Subject | None":
        """Of the template of a table's subject; None if that does not stand under `uri_base`."""
        if not template.start.startswith(f"{uri_base}/") or not template.variables:
            return None
        prefix = template.start[len(uri_base) :].rpartition("/")[0] + "/"
        return cls(prefix, prefix.strip("/").rpartition("/")[2] or "resource")

    def named(self, path: str) -> tuple[str, str]:
        """Class and id of one of them: of a code its scheme and itself, else the last word of `prefix` and the rest."""
        rest = path[len(self.prefix) :]
        scheme, _, code = rest.rpartition("/")
        return (scheme, code) if self.prefix == f"{CODES}/" and scheme else (self.kind, rest)


def read_subjects(base: sqlite3.Connection, table: EditionTable, rules: Rules, rank: int) -> None:
    """Put what one table says into `defines`, `speaks` and `called`. `rank`: the smaller defines before the greater."""
    subject = Subject.of(rules.subject, rules.uri_base)
    with pq.ParquetFile(table.parquet) as file:
        first = 0
        for batch in file.iter_batches(_BATCH):
            frame = _whole(from_arrow(pa.Table.from_batches([batch])), rules.resource)
            part = _Part(table, rules, frame, first)
            if subject:
                _insert(base, "defines", 12, part.defines(subject, rank))
            _insert(base, "speaks", 10, part.speaks())
            _insert(base, "called", 2, part.called())
            first += len(frame)


def _insert(base: sqlite3.Connection, name: str, width: int, rows: Iterable[tuple[Any, ...]]) -> None:
    base.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * width)})", rows)  # noqa: S608


def _whole(frame: pd.DataFrame, resource: Resource) -> pd.DataFrame:
    """The rows with empty cells for columns that the release did not have yet."""
    for field in resource.public_fields:
        if field.name not in frame:
            frame[field.name] = pd.Series([pd.NA] * len(frame), dtype=dtype_of(field))  # type: ignore[call-overload]
    return frame


class _Part:
    """Some rows of a table, of which the first has the number `first`."""

    def __init__(self, table: EditionTable, rules: Rules, frame: pd.DataFrame, first: int) -> None:
        self.table, self.rules, self.frame, self.first = table, rules, frame, first
        self.cells = Cells(frame, rules)
        self.own = self._paths(self.cells.subjects)

    def _paths(self, iris: pa.Array) -> pa.Array:
        """The paths of IRIs under `uri_base`; null for others."""
        base = self.rules.uri_base
        here = pc.starts_with(iris, f"{base}/")
        return pc.if_else(here, pc.utf8_slice_codeunits(iris, len(base)), pa.scalar(None, iris.type))

    def _texts(self, column: str | None) -> list[Any]:
        if column is None or column not in self.frame:
            return [None] * len(self.frame)
        return [None if pd.isna(v) else v for v in as_text(self.frame[column]).tolist()]

    def defines(self, subject: Subject, rank: int) -> Iterator[tuple[Any, ...]]:
        """The rows of `defines`."""
        es, en = label_columns(self.table, self.rules)
        coded = [f["name"] for f in self.table.fields if f.get("vocabulary") == SCOPE]
        said = {r.lang: r.field.name for r in reversed(columns_of(self.rules, DEFINITIONS)) if r.field}
        columns = [es, en, coded[0] if coded else None, said.get("es", said.get(None)), said.get("en", said.get(None))]
        texts = zip(*(self._texts(c) for c in columns), strict=True)
        for row, (path, told) in enumerate(zip(self.own.to_pylist(), texts, strict=True)):
            if path is not None:
                yield (path, *subject.named(path), rank, *self.table.place, self.first + row, *told)

    def speaks(self) -> Iterator[tuple[Any, ...]]:
        """The rows of `speaks`: of the own subject by the last cell of its IRI, then column by column."""
        keys = self._keys()
        dates = self._dates()
        for via, paths, rows in self._named():
            own = pc.fill_null(pc.equal(paths, self.own.take(rows)), False)
            for path, row, itself in zip(paths.to_pylist(), rows.to_pylist(), own.to_pylist(), strict=True):
                if path is not None:
                    yield (path, itself, *self.table.place, self.first + row, keys[row], via, *dates[row])

    def _named(self) -> Iterator[tuple[str, pa.Array, pa.Array]]:
        every = self.cells.all_rows
        if self.rules.subject.variables:
            yield self.rules.subject.variables[-1].name, self.own, every
        for about in dict.fromkeys(r.about for r in self.rules.rules if r.about and r.about.variables):
            if not about.of_subject:
                yield about.variables[-1].name, self._paths(self.cells.about(about)), every
        for rule in self.rules.rules:
            if rule.value is None or rule.value.of_subject or not rule.value.variables:
                continue
            terms = self.cells.terms(rule)
            iris = pc.utf8_slice_codeunits(terms.values, 1, -1)
            via = rule.field.name if rule.field else rule.value.variables[-1].name
            yield via, self._paths(iris), terms.rows

    def _keys(self) -> list[str]:
        if not self.table.key:
            return [str(self.first + row) for row in range(len(self.frame))]
        return ["" if pd.isna(k) else str(k) for k in key_text(self.frame, self.table.key)]

    def _dates(self) -> list[tuple[Any, Any, Any]]:
        column = self.table.resource.temporal_column if self.table.resource else None
        names = (f"{column}_from", f"{column}_to", column) if column else (None, None, None)
        return list(zip(*(self._texts(name) for name in names), strict=True))

    def called(self) -> Iterator[tuple[str, str]]:
        """The rows of `called`: other names of the subject, and of that which a label of its own is a name of."""
        for rule in columns_of(self.rules, OTHER_NAMES):
            owners = [self.own, *self._labelled()] if rule.predicate == "skosxl:literalForm" else [self.own]
            names = self._texts(rule.field.name if rule.field else None)
            for paths in owners:
                yield from ((p, n) for p, n in zip(paths.to_pylist(), names, strict=True) if p and n)

    def _labelled(self) -> list[pa.Array]:
        abouts = [r.about for r in self.rules.rules if r.about and r.predicate == "skosxl:altLabel"]
        return [self._paths(self.cells.about(a)) for a in abouts if not a.of_subject]
